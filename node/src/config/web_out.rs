//! `[web-out]`: where this node may go by itself.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Longest file of certificates, bytes: all authorities that there are take a quarter of it.
const MAX_CERTIFICATES: u64 = 1 << 20;
/// A request in all, redirects and body included: a page of a large repository over a poor line.
const WHOLE: Duration = Duration::from_secs(180);

/// What this node asks of other places on the web.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct WebOutSection {
    /// Places that may be gone to although they are not on the internet, or not at a usual port.
    pub allow: Vec<String>,
    /// The proxy; empty for none.
    pub proxy: String,
    /// A file of certificates (PEM) that are believed beside those of the system; empty for none.
    pub certificates: String,
}

impl WebOutSection {
    /// The settings of the client; `contact` is where the operator can be reached.
    ///
    /// # Errors
    /// When an exception or the proxy is none, or the file of certificates cannot be read.
    pub fn settings(&self, contact: &str) -> Result<courier::Settings> {
        let wrong = |key: &'static str| move |why: String| anyhow::anyhow!("[web-out] {key}: {why}");
        let allow =
            self.allow.iter().map(|text| text.parse().map_err(wrong("allow"))).collect::<Result<_>>()?;
        let proxy = Some(self.proxy.trim()).filter(|proxy| !proxy.is_empty());
        let proxy = proxy.map(|proxy| proxy.parse().map_err(wrong("proxy"))).transpose()?;
        let certificates = match self.certificates.trim() {
            "" => Vec::new(),
            file => {
                let about = || format!("[web-out] certificates: {file} cannot be read");
                let size = std::fs::metadata(file).with_context(about)?.len();
                anyhow::ensure!(
                    size <= MAX_CERTIFICATES,
                    "[web-out] certificates: {file} has more than {MAX_CERTIFICATES} bytes"
                );
                std::fs::read(file).with_context(about)?
            }
        };
        let own = courier::Settings::default();
        let plain = contact.bytes().all(|b| b.is_ascii_graphic());
        let agent =
            if contact.is_empty() || !plain { own.agent } else { format!("{} (+{contact})", own.agent) };
        let limits = courier::Limits { whole: WHOLE, ..own.limits };
        Ok(courier::Settings { allow, proxy, certificates, agent, limits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let section = |allow: &str, proxy: &str, certificates: &str| WebOutSection {
            allow: Some(allow.to_owned()).filter(|text| !text.is_empty()).into_iter().collect(),
            proxy: proxy.to_owned(),
            certificates: certificates.to_owned(),
        };
        assert_eq!(section("10.0.0.0/8", "http://a.cn:3128", "").settings("x@y.cn").unwrap().allow.len(), 1);
        for (wrong, key) in [
            (section("10.0.0.0/99", "", ""), "[web-out] allow"),
            (section("", "socks://a", ""), "[web-out] proxy"),
            (section("", "", "/nowhere/at/all.pem"), "[web-out] certificates"),
        ] {
            let error = wrong.settings("").unwrap_err();
            assert!(format!("{error:#}").contains(key), "{error:#}");
        }
    }
}
