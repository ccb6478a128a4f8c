//! What an operator says of going out.

use std::str::FromStr;
use std::time::Duration;

use crate::allow::Exception;

/// What an operator says of going out.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Places that may be gone to although the rule says no: servers of the office, and those of tests.
    pub allow: Vec<Exception>,
    /// Through which proxy the public internet is reached; what an exception names is reached without it.
    pub proxy: Option<Proxy>,
    /// Certificates (PEM, one or several) that are believed beside those of the system, such as an office's own authority.
    pub certificates: Vec<u8>,
    /// Who asks (`User-Agent`), with an address where its operator can be written to if there is one.
    pub agent: String,
    /// How long and how much at most.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            proxy: None,
            certificates: Vec::new(),
            agent: concat!("lianshi/", env!("CARGO_PKG_VERSION")).to_owned(),
            limits: Limits::default(),
        }
    }
}

/// How long and how much at most. A body's bound is named by whoever reads it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Finding out what a name means, and connecting to one address of it.
    pub connect: Duration,
    /// Without a byte: servers that make up a list of records first need the better part of a minute.
    pub silence: Duration,
    /// A request in all, redirects and body included; a request may name less.
    pub whole: Duration,
    /// Headers of an answer, bytes.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(60),
            whole: Duration::from_secs(300),
            headers: 64 << 10,
        }
    }
}

/// An HTTP proxy, such as `http://10.0.0.1:3128`: secure pages are reached through it by `CONNECT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for Proxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no proxy such as http://10.0.0.1:3128");
        let url = url::Url::parse(text.trim()).map_err(|_| wrong())?;
        let plain = url.scheme() == "http"
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none();
        let host = url.host_str().filter(|_| plain).ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port_or_known_default().ok_or_else(wrong)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_scheme_a_host_and_a_port() {
        let proxy: Proxy = "http://10.0.0.1:3128".parse().unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("10.0.0.1", 3128));
        assert_eq!("http://[::1]/".parse::<Proxy>().unwrap(), Proxy { host: "::1".to_owned(), port: 80 });
        for wrong in
            ["10.0.0.1:3128", "https://a.cn", "socks5://a.cn", "http://u:p@a.cn", "http://a.cn/x", ""]
        {
            assert!(wrong.parse::<Proxy>().is_err(), "{wrong}");
        }
    }
}
