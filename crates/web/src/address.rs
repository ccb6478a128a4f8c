//! Where the pages are reached from elsewhere, for what leaves the screen: a code on paper leads back here.

use crate::app::Options;
use crate::limits::NAME_CHARS;
use crate::text::tidy_line;
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, Uri, header};
use std::net::IpAddr;

/// Scheme, host and port under which visitors reach the pages: `https://market.example.cn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    host: String,
}

impl Address {
    /// Reads `https://market.example.cn` or `http://192.0.2.7:7480`; a slash may end it, nothing may follow.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim().parse().ok()?;
        let scheme = uri.scheme().filter(|scheme| [&Scheme::HTTPS, &Scheme::HTTP].contains(scheme))?;
        let authority = plain(uri.authority()?.as_str())?;
        let bare = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
        bare.then(|| Address {
            text: format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()),
            host: authority.host().trim_matches(['[', ']']).to_ascii_lowercase(),
        })
    }

    /// The host alone, without its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// What a code about a listing carries: the address of its verification page. Without an address it is an id that no telephone follows: one
/// that leads to the telephone itself would be worse. `mark` is the version that the paper shows; may be empty.
pub fn paper_address(address: Option<&Address>, id: &str, mark: &str) -> String {
    let path = if mark.is_empty() { format!("v/{id}") } else { format!("v/{id}/{mark}") };
    match address {
        Some(address) => format!("{}/{path}", address.text),
        None => format!("lianshi:{path}"),
    }
}

/// Where the pages are reached: as the configuration has it, else as this request came; `None` when that was under this computer's own name
/// for itself.
pub(crate) fn reached(options: &Options, uri: &Uri, headers: &HeaderMap) -> Option<Address> {
    if options.address.is_some() {
        return options.address.clone();
    }
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = plain(uri.authority().map_or(named, Authority::as_str))?;
    let host = authority.host().trim_matches(['[', ']', '.']).to_ascii_lowercase();
    let own = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    if own { None } else { Address::parse(&format!("http://{authority}")) }
}

/// Scheme, host and port that documents for machines name themselves by: as the configuration has it, else as this request came,
/// under whatever name that was.
pub(crate) fn origin(options: &Options, uri: &Uri, headers: &HeaderMap) -> String {
    if let Some(address) = &options.address {
        return address.as_str().to_owned();
    }
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = uri.authority().map_or(named, Authority::as_str);
    format!("http://{}", tidy_line(authority, NAME_CHARS))
}

/// A host and a port, and no user whose name could pose as the host.
fn plain(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    (!text.contains('@') && !authority.host().is_empty()).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port() {
        let read = |text: &str| Address::parse(text).map(|address| (address.text.clone(), address.host));
        let made = |text: &str, host: &str| Some((text.to_owned(), host.to_owned()));
        assert_eq!(
            read(" https://Market.Example.cn/ "),
            made("https://market.example.cn", "market.example.cn")
        );
        assert_eq!(read("http://192.0.2.7:7480"), made("http://192.0.2.7:7480", "192.0.2.7"));
        assert_eq!(read("https://[2001:db8::1]:8443"), made("https://[2001:db8::1]:8443", "2001:db8::1"));
        for wrong in
            ["", "market.example.cn", "ftp://a", "https://", "https://a/market", "https://a?b", "https://u@a"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_leads_to_the_configured_address_else_to_where_the_page_was_read() {
        let carried = |address: Option<&str>, host: &'static str| {
            let options = Options { address: address.and_then(Address::parse), ..Options::default() };
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            let address = reached(&options, &Uri::from_static("/listing/ab"), &headers);
            paper_address(address.as_ref(), "ab", "2-cd")
        };
        assert_eq!(carried(Some("https://a.cn"), "10.0.0.1:7480"), "https://a.cn/v/ab/2-cd");
        assert_eq!(carried(None, "10.0.0.1:7480"), "http://10.0.0.1:7480/v/ab/2-cd");
        for own in [
            "localhost:7480",
            "127.0.0.1",
            "[::1]:80",
            "node.localhost",
            "10.0.0.1:80@evil.example",
            "0.0.0.0",
            "",
        ] {
            assert_eq!(carried(None, own), "lianshi:v/ab/2-cd", "{own}");
        }
    }
}
