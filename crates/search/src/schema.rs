//! What is indexed of a document, and how it is laid out.

use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing,
    TextOptions,
};

use crate::limits::{MAX_BODY_CHARS, MAX_CODE_CHARS, MAX_SUMMARY_CHARS, MAX_TITLE_CHARS, MAX_VALUES};
use crate::text::{ANALYZER, identifier_key, rows, shapes, spellings, title_key};

/// Changes whenever the same document would be indexed differently: fields, folding, cutting, dictionary. An index of another
/// version is emptied when it is opened.
pub const SCHEMA_VERSION: u32 = 4;

/// A document as the index wants it. Texts and lists past the bounds of [`limits`](crate::limits) are cut short, codes that are
/// too long are left out; nothing but a bad id is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchDoc {
    /// The document id in hex; [`Writer::put`](crate::Writer::put) replaces by it.
    pub id: String,
    /// The kind's code, such as `achievement`.
    pub kind: String,
    /// Whether anyone may find it, or only who asks without [`Query::public_only`](crate::Query).
    pub public: bool,
    /// Region code of GB/T 2260, such as `420106`; zeros at the end stand for the whole (`420000` is the province). What is no
    /// such code, such as a country's name, is a region by itself.
    pub region: String,
    /// Codes of the technical fields.
    pub field: Vec<String>,
    /// Technology readiness, lowest and highest level (1–9, GB/T 22900).
    pub trl: Option<(u8, u8)>,
    /// Codes of the cooperation modes.
    pub cooperation: Vec<String>,
    /// Codes of what it costs: price bands, and whatever else the caller tells apart. Who has none names no price.
    pub price: Vec<String>,
    /// What it costs, for sorting, in whatever unit the caller counts.
    pub amount: Option<i64>,
    /// The institution's id.
    pub institution: String,
    /// Ids of institutions that object to it.
    pub objected_by: Vec<String>,
    /// Language tag of the texts, such as `zh`; may be empty.
    pub lang: String,
    /// The title.
    pub title: String,
    /// The summary.
    pub summary: String,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Names of who offers or wants it: searched like the body, and by their pinyin.
    pub names: Vec<String>,
    /// All other texts, joined.
    pub body: String,
    /// Patent numbers, registration numbers, source ids: matched as a whole (see [`identifier_key`]).
    pub identifiers: Vec<String>,
    /// When it was last changed, milliseconds since 1970-01-01 UTC, by whatever clock the caller trusts.
    pub updated_ms: i64,
}

impl SearchDoc {
    /// Bytes of its texts, for bounding what waits in memory.
    pub(crate) fn size(&self) -> usize {
        let lists =
            [&self.field, &self.cooperation, &self.price, &self.keywords, &self.names, &self.identifiers];
        let listed: usize = lists.iter().flat_map(|list| list.iter()).map(String::len).sum();
        self.title.len() + self.summary.len() + self.body.len() + listed
    }
}

/// What stands in the field `public` of a document that anyone may find.
pub(crate) const PUBLIC: &str = "1";

/// Names of the columns that facets are counted from.
pub(crate) mod columns {
    pub(crate) const KIND: &str = "kind";
    pub(crate) const REGION: &str = "region";
    pub(crate) const FIELD: &str = "field";
    pub(crate) const TRL: &str = "trl";
    pub(crate) const COOPERATION: &str = "cooperation";
    pub(crate) const PRICE: &str = "price";
    pub(crate) const INSTITUTION: &str = "institution";
    pub(crate) const AMOUNT: &str = "amount";
    pub(crate) const RIPENESS: &str = "ripeness";
    pub(crate) const UPDATED: &str = "updated";
    pub(crate) const ORDER: &str = "order";
}

/// The fields by handle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub id: Field,
    pub public: Field,
    pub kind: Field,
    pub region: Field,
    pub field: Field,
    pub trl: Field,
    pub cooperation: Field,
    pub price: Field,
    pub amount: Field,
    pub ripeness: Field,
    pub institution: Field,
    pub objected_by: Field,
    pub lang: Field,
    pub title_key: Field,
    pub identifier: Field,
    pub title: Field,
    pub summary: Field,
    pub keywords: Field,
    pub body: Field,
    pub pinyin: Field,
    pub shape: Field,
    pub updated: Field,
    pub order: Field,
}

/// The layout: codes as whole terms, the faceted ones also as columns; texts as words; the id alone is stored.
pub(crate) fn schema() -> (Schema, Fields) {
    let code = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic),
    );
    let facet = code.clone().set_fast("raw");
    let text = |option| {
        let indexing = TextFieldIndexing::default().set_tokenizer(ANALYZER).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let mut builder = SchemaBuilder::new();
    let fields = Fields {
        id: builder.add_text_field("id", STRING | STORED),
        public: builder.add_text_field("public", code.clone()),
        kind: builder.add_text_field(columns::KIND, facet.clone()),
        region: builder.add_text_field(columns::REGION, facet.clone()),
        field: builder.add_text_field(columns::FIELD, facet.clone()),
        trl: builder.add_text_field(columns::TRL, facet.clone()),
        cooperation: builder.add_text_field(columns::COOPERATION, facet.clone()),
        price: builder.add_text_field(columns::PRICE, facet.clone()),
        amount: builder.add_i64_field(columns::AMOUNT, FAST),
        ripeness: builder.add_u64_field(columns::RIPENESS, FAST),
        institution: builder.add_text_field(columns::INSTITUTION, facet),
        objected_by: builder.add_text_field("objected_by", code.clone()),
        lang: builder.add_text_field("lang", code.clone()),
        title_key: builder.add_text_field("title_key", code.clone()),
        identifier: builder.add_text_field("identifier", code.clone()),
        title: builder.add_text_field("title", text(IndexRecordOption::WithFreqsAndPositions)),
        summary: builder.add_text_field("summary", text(IndexRecordOption::WithFreqs)),
        keywords: builder.add_text_field("keywords", text(IndexRecordOption::WithFreqs)),
        body: builder.add_text_field("body", text(IndexRecordOption::WithFreqs)),
        pinyin: builder.add_text_field("pinyin", code.clone()),
        shape: builder.add_text_field("shape", code),
        updated: builder.add_i64_field(columns::UPDATED, FAST | INDEXED),
        order: builder.add_u64_field(columns::ORDER, FAST),
    };
    (builder.build(), fields)
}

impl Fields {
    /// Lays out one document.
    pub(crate) fn document(&self, doc: &SearchDoc) -> TantivyDocument {
        let mut out = TantivyDocument::new();
        out.add_text(self.id, &doc.id);
        if doc.public {
            out.add_text(self.public, PUBLIC);
        }
        add_codes(&mut out, self.kind, [&doc.kind]);
        for prefix in region_levels(&doc.region) {
            out.add_text(self.region, prefix);
        }
        add_codes(&mut out, self.field, &doc.field);
        let levels = trl_levels(doc.trl);
        for level in &levels {
            out.add_text(self.trl, level.to_string());
        }
        for band in trl_bands(&levels) {
            out.add_text(self.trl, band);
        }
        if let Some(highest) = levels.last() {
            out.add_u64(self.ripeness, u64::from(*highest));
        }
        add_codes(&mut out, self.cooperation, &doc.cooperation);
        add_codes(&mut out, self.price, &doc.price);
        if let Some(amount) = doc.amount {
            out.add_i64(self.amount, amount);
        }
        add_codes(&mut out, self.institution, [&doc.institution]);
        add_codes(&mut out, self.objected_by, &doc.objected_by);
        add_codes(&mut out, self.lang, [&doc.lang]);
        add_codes(&mut out, self.title_key, [&title_key(first_chars(&doc.title, MAX_TITLE_CHARS))]);
        let identifiers: Vec<String> =
            doc.identifiers.iter().take(MAX_VALUES).map(|id| identifier_key(id)).collect();
        add_codes(&mut out, self.identifier, &identifiers);
        out.add_text(self.title, first_chars(&doc.title, MAX_TITLE_CHARS));
        out.add_text(self.summary, first_chars(&doc.summary, MAX_SUMMARY_CHARS));
        let keywords =
            doc.keywords.iter().take(MAX_VALUES).map(String::as_str).collect::<Vec<_>>().join("；");
        out.add_text(self.keywords, first_chars(&keywords, MAX_SUMMARY_CHARS));
        let names = || doc.names.iter().take(MAX_VALUES).map(String::as_str);
        let body = names().chain([doc.body.as_str()]).collect::<Vec<_>>().join("\n");
        out.add_text(self.body, first_chars(&body, MAX_BODY_CHARS));
        let keywords = doc.keywords.iter().take(MAX_VALUES).map(String::as_str);
        let rows = rows(&doc.title, keywords.chain(names()));
        for spelling in spellings(&rows) {
            out.add_text(self.pinyin, spelling);
        }
        for (row, _) in rows.iter().filter(|(_, whole)| *whole) {
            for shape in shapes(row) {
                out.add_text(self.shape, shape);
            }
        }
        out.add_i64(self.updated, doc.updated_ms);
        out.add_u64(self.order, order(&doc.id));
        out
    }
}

/// The first 64 bits of an id, by which equals are put in order: of a hash in hex that is as good as the whole. Ids that are no hex
/// share the place at the end.
fn order(id: &str) -> u64 {
    id.get(..16).and_then(|start| u64::from_str_radix(start, 16).ok()).unwrap_or(u64::MAX)
}

/// Adds the codes that are fit to be one, each once.
fn add_codes<'a>(out: &mut TantivyDocument, field: Field, codes: impl IntoIterator<Item = &'a String>) {
    let mut added: Vec<&str> = Vec::new();
    for code in codes.into_iter().take(MAX_VALUES) {
        if is_code(code) && !added.contains(&code.as_str()) {
            out.add_text(field, code);
            added.push(code);
        }
    }
}

/// Whether a value is short enough to be a code, and not empty.
pub(crate) fn is_code(value: &str) -> bool {
    !value.is_empty() && first_chars(value, MAX_CODE_CHARS).len() == value.len()
}

/// The first `count` characters of `text`.
pub(crate) fn first_chars(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| text.split_at(end).0)
}

/// A region code without the zeros that stand for "the whole of": `420100` is `4201`, `000000` is the empty prefix. Codes that
/// are not digits, or longer than six, stay as they are.
pub(crate) fn region_prefix(code: &str) -> &str {
    let mut prefix = code.trim();
    if prefix.len() > 6 || !prefix.bytes().all(|b| b.is_ascii_digit()) {
        return prefix;
    }
    while prefix.len().is_multiple_of(2) && prefix.ends_with("00") {
        prefix = prefix.split_at(prefix.len() - 2).0;
    }
    prefix
}

/// The province, prefecture and county that a region code lies in, and itself: `420106` gives `42`, `4201`, `420106`.
fn region_levels(code: &str) -> Vec<&str> {
    let prefix = region_prefix(code);
    if !is_code(prefix) {
        return Vec::new();
    }
    if !prefix.bytes().all(|b| b.is_ascii_digit()) {
        return vec![prefix];
    }
    let mut levels: Vec<&str> = [2, 4, 6].into_iter().filter_map(|len| prefix.get(..len)).collect();
    if levels.last() != Some(&prefix) {
        levels.push(prefix);
    }
    levels
}

/// The readiness levels that a span covers, lowest first.
pub(crate) fn trl_levels(span: Option<(u8, u8)>) -> Vec<u8> {
    let Some((a, b)) = span else { return Vec::new() };
    (1..=9).filter(|level| (a.min(b)..=a.max(b)).contains(level)).collect()
}

/// The thirds of the scale that these levels touch, counted beside the levels: `1-3`, `4-6`, `7-9`.
fn trl_bands(levels: &[u8]) -> impl Iterator<Item = &'static str> {
    let touched = |(name, low): (&'static str, u8)| {
        levels.iter().any(|level| (low..low + 3).contains(level)).then_some(name)
    };
    [("1-3", 1), ("4-6", 4), ("7-9", 7)].into_iter().filter_map(touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_unfold_into_their_levels() {
        assert_eq!(region_levels("420106"), ["42", "4201", "420106"]);
        assert_eq!(region_levels("420100"), ["42", "4201"]);
        assert_eq!(region_levels("420000"), ["42"]);
        assert_eq!(region_levels("429004"), ["42", "4290", "429004"]);
        assert_eq!(region_levels("420106001"), ["42", "4201", "420106", "420106001"]);
        assert!(region_levels("000000").is_empty());
        assert!(region_levels("").is_empty());
        assert_eq!(region_levels("湖北"), ["湖北"]);
        assert!(region_levels(&"4".repeat(1_000)).is_empty());
    }

    #[test]
    fn ids_are_put_in_order_by_their_first_digits() {
        assert_eq!(order(&format!("{:064x}", 1)), 0);
        assert!(order(&"0f".repeat(32)) < order(&"10".repeat(32)));
        assert_eq!(order("é"), u64::MAX);
    }

    #[test]
    fn readiness_spans_are_clamped() {
        assert_eq!(trl_levels(Some((4, 6))), [4, 5, 6]);
        assert_eq!(trl_levels(Some((6, 4))), [4, 5, 6]);
        assert_eq!(trl_levels(Some((0, 255))).len(), 9);
        assert!(trl_levels(Some((10, 200))).is_empty());
        assert_eq!(trl_bands(&[3, 4]).collect::<Vec<_>>(), ["1-3", "4-6"]);
        assert_eq!(trl_bands(&[]).count(), 0);
    }
}
