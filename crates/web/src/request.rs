//! What a reader asks for: the query string, read with bounds, and written back into links.
//!
//! Nothing here can fail: a parameter that makes no sense is as good as absent, since a reader who mistypes an address
//! is helped more by a page of results than by an error.

use crate::limits::{FILTER_CHARS, LAST_PAGE, PAGE_SIZE, QUERY_CHARS, QUERY_PAIRS};
use crate::text::tidy_line;
use axum::extract::Query;
use axum::http::Uri;
use catalog::{Hall, Kind, facets};
use std::fmt::Write as _;

/// Order of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Best match first; newest first when there is no text to match.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
    /// What costs least first.
    Cheapest,
    /// What costs most first.
    Dearest,
    /// What is nearest to production first.
    Ripest,
}

impl Sort {
    /// All orders, in that of the page.
    pub(crate) const ALL: [Sort; 5] =
        [Sort::Relevance, Sort::Newest, Sort::Cheapest, Sort::Dearest, Sort::Ripest];

    /// The word in addresses; empty for the default.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Sort::Relevance => "",
            Sort::Newest => "new",
            Sort::Cheapest => "price",
            Sort::Dearest => "price-down",
            Sort::Ripest => "trl",
        }
    }

    fn from_id(id: &str) -> Sort {
        Sort::ALL.into_iter().find(|sort| sort.id() == id).unwrap_or_default()
    }
}

/// A search with filters: all bounded, none trusted to name something that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// Words to look for; at most [`QUERY_CHARS`] characters; empty lists everything.
    pub text: String,
    /// The hall looked through; all listings where it is `None`.
    pub hall: Option<Hall>,
    /// Kind id, one that the hall has.
    pub kind: Option<String>,
    /// GB/T 2260 code or 2-/4-digit prefix, or a country's name.
    pub region: Option<String>,
    /// Technology field: vocabulary id or text.
    pub field: Option<String>,
    /// Readiness range that a listing's own range must overlap, within 1–9.
    pub trl: Option<(u8, u8)>,
    /// Mode of cooperation: vocabulary id.
    pub cooperation: Option<String>,
    /// Price band, or `negotiable`.
    pub price: Option<String>,
    /// Institution id, hex.
    pub institution: Option<String>,
    /// Page, from 1 to [`LAST_PAGE`].
    pub page: u32,
    /// Order.
    pub sort: Sort,
}

impl SearchRequest {
    /// Everything in a hall, or everything.
    pub(crate) fn of_hall(hall: Option<Hall>) -> Self {
        SearchRequest { hall, page: 1, ..Self::default() }
    }

    /// Reads `/hall/demand?q=…&kind=…&region=…&field=…&trl=…&mode=…&price=…&org=…&sort=…&page=…`, or the same of `/list`; where
    /// the path names no hall, `hall=…` may.
    pub fn from_uri(uri: &Uri) -> Self {
        let pairs = pairs(uri);
        let named = pairs.iter().find(|(name, _)| name == "hall").map(|(_, id)| id.as_str());
        let hall = uri.path().strip_prefix("/hall/").or(named).and_then(Hall::from_id);
        let mut request = Self::of_hall(hall);
        for (name, value) in pairs {
            match name.as_str() {
                "q" => request.text = tidy_line(&value, QUERY_CHARS),
                "kind" => request.kind = filter(&value),
                "region" => request.region = filter(&value).filter(|code| is_region(code)),
                "field" => request.field = filter(&value),
                "trl" => request.trl = parse_trl(&value),
                "mode" => request.cooperation = filter(&value),
                "price" => request.price = filter(&value).filter(|id| is_price(id)),
                "org" => request.institution = filter(&value).filter(|id| is_hex(id)),
                "page" => request.page = value.parse().unwrap_or(1).clamp(1, LAST_PAGE),
                "sort" => request.sort = Sort::from_id(&value),
                _ => {}
            }
        }
        let kinds = request.hall.map_or(&[][..], Hall::kinds);
        let stands_there = |kind: &Kind| kinds.is_empty() || (kinds.len() > 1 && kinds.contains(kind));
        if !kinds.is_empty() {
            request.kind = request.kind.filter(|id| Kind::from_id(id).as_ref().is_some_and(stands_there));
        }
        request
    }

    /// Reads what [`SearchRequest::parameters`] wrote, or the parameters of any list.
    pub fn from_parameters(parameters: &str) -> Self {
        let uri: Result<Uri, _> = format!("/list?{parameters}").parse();
        uri.map_or_else(|_| Self::of_hall(None), |uri| Self::from_uri(&uri))
    }

    /// How many results come before this page.
    pub fn offset(&self) -> u32 {
        self.page.saturating_sub(1).saturating_mul(PAGE_SIZE)
    }

    /// How many results a page holds.
    pub fn limit(&self) -> u32 {
        PAGE_SIZE
    }

    /// Whether it asks for everything.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty() && !self.is_filtered()
    }

    /// Whether a filter is set. The hall is none: it is where one is.
    pub fn is_filtered(&self) -> bool {
        let texts =
            [&self.kind, &self.region, &self.field, &self.cooperation, &self.price, &self.institution];
        texts.into_iter().any(Option::is_some) || self.trl.is_some()
    }

    /// The same words in the same hall without any filter.
    pub(crate) fn unfiltered(&self) -> Self {
        let (text, sort) = (self.text.clone(), self.sort);
        SearchRequest { text, sort, ..Self::of_hall(self.hall) }
    }

    /// Names and values of what is not at its default, but for the words and the page.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let all = [
            ("kind", text(&self.kind)),
            ("region", text(&self.region)),
            ("field", text(&self.field)),
            ("trl", self.trl.map(trl_id).unwrap_or_default()),
            ("mode", text(&self.cooperation)),
            ("price", text(&self.price)),
            ("org", text(&self.institution)),
            ("sort", self.sort.id().to_owned()),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The path that a search form of this hall leads to.
    pub(crate) fn path(&self) -> String {
        self.hall.map_or_else(|| "/list".to_owned(), |hall| format!("/hall/{}", hall.id()))
    }

    /// The address of this search: `/list?…` or `/hall/…?…`, what has its default left out.
    pub fn href(&self) -> String {
        let mut query = String::new();
        push(&mut query, "q", &self.text);
        for (name, value) in self.settings() {
            push(&mut query, name, &value);
        }
        push(&mut query, "page", &if self.page > 1 { self.page.to_string() } else { String::new() });
        if query.is_empty() { self.path() } else { format!("{}?{query}", self.path()) }
    }

    /// The same as parameters of an address whose path names no hall: `hall=…&q=…`.
    pub fn parameters(&self) -> String {
        let href = self.href();
        let query = href.split_once('?').map_or("", |(_, query)| query);
        match self.hall {
            Some(hall) if query.is_empty() => format!("hall={}", hall.id()),
            Some(hall) => format!("hall={}&{query}", hall.id()),
            None => query.to_owned(),
        }
    }

    /// The same search from its first page on, changed by `change`.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = SearchRequest { page: 1, ..self.clone() };
        change(&mut other);
        other
    }
}

/// The parameters of a query string, decoded; at most [`QUERY_PAIRS`].
pub(crate) fn pairs(uri: &Uri) -> Vec<(String, String)> {
    let Ok(Query(mut pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else { return Vec::new() };
    pairs.truncate(QUERY_PAIRS);
    pairs
}

/// A query string of these parameters, percent-encoded; what is empty is left out.
pub(crate) fn query<'p>(parameters: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut query = String::new();
    parameters.for_each(|(name, value)| push(&mut query, name, value));
    query
}

/// This address with the parameter `set` saying `value`, and everything else kept.
pub(crate) fn href_with(uri: &Uri, set: &str, value: &str) -> String {
    let mut query = String::new();
    for (name, value) in pairs(uri).iter().filter(|(name, _)| name != set) {
        push(&mut query, name, value);
    }
    push(&mut query, set, value);
    // A path that starts with two slashes would lead to another host.
    let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
    format!("{path}?{query}")
}

/// Reads `5` or `4-6`, both within 1–9 and in order.
pub(crate) fn parse_trl(value: &str) -> Option<(u8, u8)> {
    let (low, high) = value.split_once('-').unwrap_or((value, value));
    let (low, high) = (low.parse::<u8>().ok()?, high.parse::<u8>().ok()?);
    ((1..=9).contains(&low) && (low..=9).contains(&high)).then_some((low, high))
}

/// Writes what [`parse_trl`] reads.
pub(crate) fn trl_id((low, high): (u8, u8)) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

fn filter(value: &str) -> Option<String> {
    let value = tidy_line(value, FILTER_CHARS);
    (!value.is_empty()).then_some(value)
}

/// Digits of a division, or a name without any.
fn is_region(code: &str) -> bool {
    let digits = matches!(code.len(), 2 | 4 | 6) && code.bytes().all(|byte| byte.is_ascii_digit());
    digits
        || code.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '·' | '(' | ')' | '（' | '）'))
}

fn is_price(id: &str) -> bool {
    id == facets::NEGOTIABLE || facets::price_band(id).is_some()
}

fn is_hex(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Appends `name=value`, percent-encoded; nothing for an empty value.
fn push(query: &mut String, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    if !query.is_empty() {
        query.push('&');
    }
    encode(query, name);
    query.push('=');
    encode(query, value);
}

/// RFC 3986 percent-encoding of everything but unreserved characters.
pub(crate) fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(target: &str) -> SearchRequest {
        SearchRequest::from_uri(&target.parse().unwrap())
    }

    #[test]
    fn a_search_survives_being_written_as_an_address() {
        let target = "/list?q=%E5%9B%BA%E6%80%81%20a%26b%3D%22&kind=demand&region=4201&field=%23x&trl=4-6&sort=new&page=7";
        let request = read(target);
        assert_eq!(request.text, "固态 a&b=\"");
        assert_eq!(request.trl, Some((4, 6)));
        assert_eq!(request.offset(), 120);
        assert_eq!(read(&request.href()), request);
        assert_eq!(read("/list").href(), "/list");
        let org = "0123456789abcdef".repeat(4);
        for target in [
            "/hall/service?kind=expert&sort=trl".to_owned(),
            "/hall/beyond?region=%E5%BE%B7%E5%9B%BD".to_owned(),
            format!("/hall/trade?mode=transfer&price=1000-&org={org}&sort=price-down&page=2"),
            "/list?price=negotiable&sort=price".to_owned(),
        ] {
            assert_eq!(read(&target).href(), target);
        }
        assert_eq!(read("/suggest?q=a&hall=demand").hall, Some(Hall::Demand));
    }

    #[test]
    fn senseless_parameters_are_as_good_as_absent() {
        for target in [
            "/list?page=0",
            "/list?page=-1",
            "/list?page=x",
            "/list?trl=0-3",
            "/list?trl=6-4",
            "/list?trl=10",
            "/list?region=42'--",
            "/list?region=423",
            "/list?kind=&q=%20%20",
            "/list?sort=%00",
            "/list?price=7-8",
            "/list?org=abc",
            "/hall/nowhere",
            "/list?&&&==&%zz=%f",
        ] {
            assert_eq!(read(target), SearchRequest { page: 1, ..SearchRequest::default() }, "{target}");
        }
        assert_eq!(read("/list?page=4294967295").page, LAST_PAGE);
        // A hall of one kind needs no word for it, and has no other.
        assert_eq!(read("/hall/demand?kind=demand").href(), "/hall/demand");
        assert_eq!(read("/hall/service?kind=demand").href(), "/hall/service");
    }

    #[test]
    fn long_values_are_cut_and_many_pairs_ignored() {
        let long = format!("/list?q={}", "a".repeat(9000));
        assert_eq!(read(&long).text.len(), QUERY_CHARS);
        let many = format!("/list?{}q=x", "a=b&".repeat(QUERY_PAIRS));
        assert_eq!(read(&many).text, "");
    }

    #[test]
    fn a_link_that_sets_something_keeps_the_rest_and_stays_on_this_host() {
        let href = |target: &str| href_with(&target.parse().unwrap(), "lang", "en");
        assert_eq!(href("/list?q=a%20b&lang=zh&page=2"), "/list?q=a%20b&page=2&lang=en");
        assert_eq!(href("//evil.example/x"), "/evil.example/x?lang=en");
    }
}
