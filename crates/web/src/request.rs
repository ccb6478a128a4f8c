//! What a reader asks for: the query string, read with bounds, and written back into links.
//!
//! Nothing here can fail: a parameter that makes no sense is as good as absent, since a reader who mistypes an address
//! is helped more by a page of results than by an error.

use crate::limits::{FILTER_CHARS, LAST_PAGE, PAGE_SIZE, QUERY_CHARS, QUERY_PAIRS};
use crate::text::tidy_line;
use axum::extract::Query;
use axum::http::Uri;
use std::fmt::Write as _;

/// Order of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Best match first; newest first when there is no text to match.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
}

/// A search with filters: all bounded, none trusted to name something that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// Words to look for; at most [`QUERY_CHARS`] characters; empty lists everything.
    pub text: String,
    /// Kind id.
    pub kind: Option<String>,
    /// GB/T 2260 code or 2-/4-digit prefix: digits only.
    pub region: Option<String>,
    /// Technology field: vocabulary id or text.
    pub field: Option<String>,
    /// Readiness range that a listing's own range must overlap, within 1–9.
    pub trl: Option<(u8, u8)>,
    /// Page, from 1 to [`LAST_PAGE`].
    pub page: u32,
    /// Order.
    pub sort: Sort,
}

impl SearchRequest {
    /// Reads `/list?q=…&kind=…&region=…&field=…&trl=…&page=…&sort=…`.
    pub fn from_uri(uri: &Uri) -> Self {
        let mut request = SearchRequest { page: 1, ..Self::default() };
        for (name, value) in pairs(uri) {
            match name.as_str() {
                "q" => request.text = tidy_line(&value, QUERY_CHARS),
                "kind" => request.kind = filter(&value),
                "region" => request.region = filter(&value).filter(|code| is_region(code)),
                "field" => request.field = filter(&value),
                "trl" => request.trl = parse_trl(&value),
                "page" => request.page = value.parse().unwrap_or(1).clamp(1, LAST_PAGE),
                "sort" if value == "new" => request.sort = Sort::Newest,
                _ => {}
            }
        }
        request
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

    /// Whether a filter is set.
    pub fn is_filtered(&self) -> bool {
        self.kind.is_some() || self.region.is_some() || self.field.is_some() || self.trl.is_some()
    }

    /// The address of this search: `/list?…`, what has its default left out.
    pub fn href(&self) -> String {
        let mut query = String::new();
        push(&mut query, "q", &self.text);
        push(&mut query, "kind", self.kind.as_deref().unwrap_or_default());
        push(&mut query, "region", self.region.as_deref().unwrap_or_default());
        push(&mut query, "field", self.field.as_deref().unwrap_or_default());
        push(&mut query, "trl", &self.trl.map(trl_id).unwrap_or_default());
        push(&mut query, "sort", if self.sort == Sort::Newest { "new" } else { "" });
        push(&mut query, "page", &if self.page > 1 { self.page.to_string() } else { String::new() });
        if query.is_empty() { "/list".to_owned() } else { format!("/list?{query}") }
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

/// This address with `lang` set to `lang` and everything else kept.
pub(crate) fn href_in_language(uri: &Uri, lang: &str) -> String {
    let mut query = String::new();
    for (name, value) in pairs(uri).iter().filter(|(name, _)| name != "lang") {
        push(&mut query, name, value);
    }
    push(&mut query, "lang", lang);
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

fn is_region(code: &str) -> bool {
    matches!(code.len(), 2 | 4 | 6) && code.bytes().all(|byte| byte.is_ascii_digit())
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
fn encode(out: &mut String, text: &str) {
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
            "/list?&&&==&%zz=%f",
        ] {
            assert_eq!(read(target), SearchRequest { page: 1, ..SearchRequest::default() }, "{target}");
        }
        assert_eq!(read("/list?page=4294967295").page, LAST_PAGE);
    }

    #[test]
    fn long_values_are_cut_and_many_pairs_ignored() {
        let long = format!("/list?q={}", "a".repeat(9000));
        assert_eq!(read(&long).text.len(), QUERY_CHARS);
        let many = format!("/list?{}q=x", "a=b&".repeat(QUERY_PAIRS));
        assert_eq!(read(&many).text, "");
    }

    #[test]
    fn the_language_link_keeps_the_rest_and_stays_on_this_host() {
        let href = |target: &str| href_in_language(&target.parse().unwrap(), "en");
        assert_eq!(href("/list?q=a%20b&lang=zh&page=2"), "/list?q=a%20b&page=2&lang=en");
        assert_eq!(href("//evil.example/x"), "/evil.example/x?lang=en");
    }
}
