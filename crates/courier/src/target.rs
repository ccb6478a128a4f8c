//! An address on the web, read and judged as far as it can be before its name is resolved.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{Error, Kind};

/// Longest address, bytes: tokens with which a list is continued stand in it.
pub const MAX_ADDRESS: usize = 8 << 10;

/// Whether an address can be one of the web, as far as that can be told without asking anyone; returns it in its usual form.
///
/// # Errors
/// When it is none, or holds credentials.
pub fn check(address: &str) -> Result<String, Error> {
    Target::parse(address).map(|target| target.url.into())
}

/// An address with arguments beside those that it has.
///
/// # Errors
/// As [`check`].
pub fn with_query(address: &str, arguments: &[(&str, &str)]) -> Result<String, Error> {
    let mut target = Target::parse(address)?;
    target.url.query_pairs_mut().extend_pairs(arguments);
    Ok(target.url.into())
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) port: u16,
    /// The host when it is a name.
    pub(crate) name: Option<String>,
    /// The host when it is an address.
    pub(crate) address: Option<IpAddr>,
}

impl Target {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let failed = |kind| Error::new(text, kind);
        if text.len() > MAX_ADDRESS {
            return Err(failed(Kind::Address { why: format!("it is longer than {MAX_ADDRESS} bytes") }));
        }
        let url = Url::parse(text.trim()).map_err(|e| failed(Kind::Address { why: e.to_string() }))?;
        Self::of(url)
    }

    fn of(mut url: Url) -> Result<Self, Error> {
        url.set_fragment(None);
        let failed = |kind| Error::new(url.as_str(), kind);
        if !matches!(url.scheme(), "http" | "https") {
            return Err(failed(Kind::Scheme));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(failed(Kind::Credentials));
        }
        let no_host = || failed(Kind::Address { why: "it names no host".to_owned() });
        let (name, address) = match url.host().ok_or_else(no_host)? {
            Host::Domain(name) => (Some(name.trim_end_matches('.').to_owned()), None),
            Host::Ipv4(v4) => (None, Some(IpAddr::V4(v4))),
            Host::Ipv6(v6) => (None, Some(IpAddr::V6(v6))),
        };
        let port = url.port_or_known_default().ok_or_else(no_host)?;
        if name.as_ref().is_some_and(String::is_empty) {
            return Err(no_host());
        }
        Ok(Self { port, name, address, url })
    }

    /// Where a redirect leads to.
    pub(crate) fn moved(&self, location: &str) -> Result<Self, Error> {
        let failed = |kind| Error::new(self.url.as_str(), kind);
        if location.len() > MAX_ADDRESS {
            return Err(failed(Kind::Address {
                why: format!("it leads to one longer than {MAX_ADDRESS} bytes"),
            }));
        }
        let url = self.url.join(location).map_err(|e| failed(Kind::Address { why: e.to_string() }))?;
        if self.is_secure() && url.scheme() == "http" {
            return Err(failed(Kind::Downgrade));
        }
        Self::of(url)
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(crate) fn same_place(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }

    /// The host as a header names it.
    pub(crate) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The host and port, always both.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.url.host_str().unwrap_or_default(), self.port)
    }

    /// What is asked for: path and query.
    pub(crate) fn path(&self) -> String {
        let path = self.url.path();
        self.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Kind {
        Target::parse(text).unwrap_err().kind
    }

    #[test]
    fn only_plain_web_addresses_are_taken() {
        assert!(matches!(kind("ftp://example.cn/"), Kind::Scheme));
        assert!(matches!(kind("file:///etc/passwd"), Kind::Scheme));
        assert!(matches!(kind("gopher://example.cn:70/"), Kind::Scheme));
        assert!(matches!(kind("https://user:word@example.cn/"), Kind::Credentials));
        assert!(matches!(kind("example.cn/oai"), Kind::Address { .. }));
        assert!(matches!(kind("https:///"), Kind::Address { .. }));
        assert!(matches!(kind(&format!("https://a.cn/{}", "x".repeat(MAX_ADDRESS))), Kind::Address { .. }));
        let target = Target::parse(" HTTPS://Example.CN:8443/a?b=c#d ").unwrap();
        assert_eq!((target.authority().as_str(), target.path().as_str()), ("example.cn:8443", "/a?b=c"));
    }

    #[test]
    fn arguments_are_put_beside_those_that_are_there() {
        let with =
            |address: &str| with_query(address, &[("verb", "Identify"), ("token", "a+b&c=中")]).unwrap();
        assert_eq!(with("http://A.cn/oai"), "http://a.cn/oai?verb=Identify&token=a%2Bb%26c%3D%E4%B8%AD");
        assert_eq!(
            with("http://a.cn/oai?x=1#y").split("&token").next(),
            Some("http://a.cn/oai?x=1&verb=Identify")
        );
        assert!(
            check("ftp://a.cn").is_err() && check("http://a.cn").is_ok_and(|found| found == "http://a.cn/")
        );
    }

    #[test]
    fn an_address_in_odd_clothes_is_an_address() {
        for text in [
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.01/",
            "http://127。0。0。1/",
        ] {
            assert_eq!(Target::parse(text).unwrap().address, Some(IpAddr::from([127, 0, 0, 1])), "{text}");
        }
    }

    #[test]
    fn a_redirect_is_read_where_it_stands() {
        let target = Target::parse("https://a.cn/x/y").unwrap();
        assert_eq!(target.moved("../z?q=1").unwrap().url.as_str(), "https://a.cn/z?q=1");
        assert_eq!(target.moved("//b.cn/z").unwrap().url.as_str(), "https://b.cn/z");
        assert!(matches!(target.moved("http://a.cn/").unwrap_err().kind, Kind::Downgrade));
        assert!(matches!(target.moved("file:///etc/passwd").unwrap_err().kind, Kind::Scheme));
        assert!(!target.same_place(&target.moved("https://a.cn:8443/").unwrap()));
    }
}
