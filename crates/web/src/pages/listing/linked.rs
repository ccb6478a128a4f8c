//! A listing for machines: JSON-LD in the words of schema.org, for search engines and whoever gathers catalogues.
//!
//! It stands in the page, and by itself at `/listing/{id}.jsonld`. What tells how to reach a person is left out: a page is read by people, this is harvested. Absent: listings that do not
//! stand, and values that nobody has chosen between.

use crate::labels;
use crate::limits::{NAME_CHARS, VALUE_CHARS, VALUES_SHOWN};
use crate::text::{stamp, tidy, tidy_line};
use crate::view::{Fed, FieldView, ListingView};
use catalog::Lang;
use serde_json::{Map, Value, json};
use std::fmt;

/// Digits of a tag.
const TAG_DIGITS: usize = 16;

/// A JSON text that can stand between `<script type="application/ld+json">` and its end tag whatever it says: it has no
/// `<`, `>` or `&` in it, nor the line separators that JavaScript took for the end of a line.
pub(crate) struct LinkedData(String);

impl LinkedData {
    fn new(value: &Value) -> Self {
        let mut out = String::new();
        // Outside of strings JSON has none of these, and inside of them the escape says the same.
        for c in value.to_string().chars() {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    out.push_str(&format!("\\u{:04x}", u32::from(c)))
                }
                other => out.push(other),
            }
        }
        LinkedData(out)
    }

    /// By itself, with a tag of what it says.
    pub(super) fn alone(self) -> Fed {
        let tag = protocol::hash("linked", &[self.0.as_bytes()]).to_string();
        Fed { bytes: self.0.into_bytes(), tag: tag.chars().take(TAG_DIGITS).collect(), since_s: 0 }
    }

    /// What a listing says of itself, as far as schema.org has words for it. Addresses begin with `base`: empty within a page,
    /// which they are relative to.
    pub(super) fn of(lang: Lang, view: &ListingView, title: &str, base: &str) -> Self {
        let known = Known(&view.fields);
        let mut out = Map::new();
        let kind = match view.kind.as_str() {
            "achievement" => "Product",
            "demand" => "Demand",
            "expert" => "Person",
            "organization" => "Organization",
            "service" => "Service",
            "activity" => "Event",
            _ => "Thing",
        };
        out.insert("@context".into(), "https://schema.org".into());
        out.insert("@type".into(), kind.into());
        out.insert("name".into(), title.into());
        let provenance = &view.provenance;
        let publisher = json!({
            "@type": "Organization",
            "name": tidy_line(&provenance.institution, NAME_CHARS),
            "taxID": tidy_line(&provenance.credit_code, NAME_CHARS),
            "url": at(base, super::super::org::org_href(&provenance.institution_id)),
        });
        let place = known.one("region").map(|code| labels::region_with_code(lang, &code));
        let address = at(base, super::super::card::listing_href(&view.id));
        let texts = [
            ("description", known.one("summary")),
            ("identifier", Some(view.id.clone())),
            ("@id", Some(address.clone())),
            ("url", Some(address)),
            ("inLanguage", known.one("language")),
        ];
        out.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))));
        let keywords = known.members("keyword");
        if !keywords.is_empty() {
            out.insert("keywords".into(), keywords.into());
        }
        own(&view.kind, &known, place.as_deref(), &publisher, &mut out);
        let page = json!({ "@type": "WebPage", "dateModified": stamp(provenance.signed_ms), "publisher": publisher });
        out.insert("mainEntityOfPage".into(), page);
        let mut value = Value::Object(out);
        prune(&mut value);
        LinkedData::new(&value)
    }
}

impl fmt::Display for LinkedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The one text that templates put in as it is: see [`LinkedData`] for why it may be.
impl askama::filters::HtmlSafe for LinkedData {}

/// What only one kind has.
fn own(kind: &str, known: &Known<'_>, place: Option<&str>, publisher: &Value, out: &mut Map<String, Value>) {
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    match kind {
        "achievement" => {
            put("category", known.members("field").into());
            put("offers", offer(known, "price", publisher));
            put("manufacturer", named("Organization", known.one("organization")));
        }
        "demand" => {
            put("priceSpecification", price(known, "budget"));
            put("availabilityEnds", known.one("deadline").into());
            put("areaServed", place.into());
        }
        "expert" => {
            put("jobTitle", known.one("position").into());
            put("affiliation", named("Organization", known.one("organization")));
            put("knowsAbout", known.one("research").into());
            put("workLocation", named("Place", place.map(str::to_owned)));
        }
        "organization" => {
            put("taxID", known.one("credit_code").into());
            put("foundingDate", known.one("founded_on").into());
            put("location", named("Place", place.map(str::to_owned)));
        }
        "service" => {
            put("serviceType", known.members("service_type").into());
            put("provider", publisher.clone());
            put("offers", offer(known, "price", publisher));
            put("areaServed", place.into());
        }
        "activity" => {
            put("startDate", known.one("starts_on").into());
            put("endDate", known.one("ends_on").into());
            let venue = known.one("venue").or_else(|| place.map(str::to_owned));
            put("location", named("Place", venue));
            put("organizer", publisher.clone());
        }
        _ => {}
    }
}

/// The keys of a listing, each as far as it has one value.
struct Known<'a>(&'a [FieldView]);

impl Known<'_> {
    fn one(&self, key: &str) -> Option<String> {
        let field = self.0.iter().find(|field| field.key == key)?;
        match field.values.as_slice() {
            [value] => Some(tidy(value, VALUE_CHARS)).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    fn members(&self, prefix: &str) -> Vec<String> {
        let member = |field: &FieldView| {
            let member = field.key.strip_prefix(prefix)?.strip_prefix('/')?;
            (field.values == ["true"]).then(|| tidy_line(member, NAME_CHARS))
        };
        self.0.iter().filter_map(member).filter(|text| !text.is_empty()).take(VALUES_SHOWN).collect()
    }

    fn number(&self, key: &str) -> Option<i64> {
        self.one(key)?.parse().ok()
    }
}

/// An address below `base`; none where there is no place for it.
fn at(base: &str, path: String) -> String {
    if path.is_empty() { path } else { format!("{base}{path}") }
}

fn named(kind: &str, name: Option<String>) -> Value {
    name.map_or(Value::Null, |name| json!({ "@type": kind, "name": name }))
}

fn offer(known: &Known<'_>, money: &str, by: &Value) -> Value {
    match price(known, money) {
        Value::Null => Value::Null,
        price => json!({ "@type": "Offer", "priceSpecification": price, "seller": by }),
    }
}

/// Whole yuan; nothing where no number is named.
fn price(known: &Known<'_>, money: &str) -> Value {
    let (low, high) = (known.number(&format!("{money}_min")), known.number(&format!("{money}_max")));
    if low.is_none() && high.is_none() {
        return Value::Null;
    }
    json!({ "@type": "PriceSpecification", "priceCurrency": "CNY", "minPrice": low, "maxPrice": high })
}

/// Takes out what says nothing.
fn prune(value: &mut Value) {
    if let Value::Object(map) = value {
        map.values_mut().for_each(prune);
        map.retain(|_, value| {
            !(value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_it_ends_its_script_and_it_still_says_the_same() {
        for text in
            ["</script><script>alert(1)</script>", "<!--<script>", "]]>&amp;\u{2028}\"\\", "\u{0}\u{7f}"]
        {
            let value = json!({ "name": text, "list": [text] });
            let written = LinkedData::new(&value).to_string();
            assert!(!written.contains(['<', '>', '&', '\u{2028}']), "{written}");
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        }
    }

    #[test]
    fn what_is_disputed_or_empty_is_left_out() {
        let fields = [
            FieldView::new("price_min", ["1", "2"]),
            FieldView::new("price_max", ["30000"]),
            FieldView::new("keyword/钢", ["true"]),
            FieldView::new("keyword/铁", ["false"]),
        ];
        let known = Known(&fields);
        assert_eq!(known.members("keyword"), ["钢"]);
        let mut price = price(&known, "price");
        prune(&mut price);
        assert_eq!(
            price,
            json!({ "@type": "PriceSpecification", "priceCurrency": "CNY", "maxPrice": 30_000 })
        );
        assert_eq!(super::price(&known, "budget"), Value::Null);
    }
}
