//! The rule of where a node may go, and an operator's exceptions from it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::address::{Special, contains, special};
use crate::error::Kind;

/// Ports of public addresses that may be gone to: those that web servers stand on. A node is not made to speak to mail
/// servers, databases or control panels by an address in a form.
pub const PORTS: [u16; 10] = [80, 443, 8000, 8008, 8080, 8081, 8088, 8443, 8888, 9443];
/// Names that mean a place in one's own network (RFC 6761, RFC 6762, RFC 9476, and the clouds' own).
const LOCAL_NAMES: [&str; 6] = ["localhost", "local", "internal", "intranet", "lan", "home.arpa"];

/// A place that may be gone to although the rule says no: `127.0.0.1:8080`, `10.20.0.0/16`, `[fd00::1]:8080`,
/// `oai.intranet.cn`, `*.intranet.cn:8080`. Without a port every port of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    place: Place,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Network(IpAddr, u32),
    Name(String),
    /// Names that end with this, the dot included.
    Under(String),
}

impl FromStr for Exception {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no place such as 127.0.0.1:8080, 10.20.0.0/16, [fd00::1]:8080, oai.example.cn or *.example.cn"
            )
        };
        let text = text.trim();
        let (place, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (inside, after) = rest.split_once(']').ok_or_else(wrong)?;
                (
                    inside,
                    if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or_else(wrong)?) },
                )
            }
            None if text.matches(':').count() > 1 => (text, None),
            None => text.split_once(':').map_or((text, None), |(place, port)| (place, Some(port))),
        };
        let port = port.map(|port| port.parse::<u16>().map_err(|_| wrong())).transpose()?;
        Ok(Self { place: Place::parse(place).ok_or_else(wrong)?, port })
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Network(address @ IpAddr::V6(_), bits) => write!(f, "[{address}/{bits}]")?,
            Place::Network(address, bits) => write!(f, "{address}/{bits}")?,
            Place::Name(name) => write!(f, "{name}")?,
            Place::Under(name) => write!(f, "*{name}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Network(address, if address.is_ipv4() { 32 } else { 128 }));
        }
        if let Some((address, bits)) = text.split_once('/') {
            let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok()?);
            return (bits <= if address.is_ipv4() { 32 } else { 128 })
                .then_some(Self::Network(address, bits));
        }
        let (under, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
        // As addresses are read: lower case, other scripts in their ASCII form.
        let plain = |name: &String| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        match url::Host::parse(name).ok()? {
            url::Host::Domain(name) if !plain(&name) => None,
            url::Host::Domain(name) if under => Some(Self::Under(format!(".{name}"))),
            url::Host::Domain(name) => Some(Self::Name(name)),
            _ => None,
        }
    }
}

/// An operator's exceptions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule(pub(crate) Vec<Exception>);

impl Rule {
    /// Whether an address may be connected to, under the name that led to it.
    pub(crate) fn judge(&self, name: Option<&str>, address: IpAddr, port: u16) -> Result<(), Kind> {
        let real = address.to_canonical();
        if self.0.iter().any(|e| e.port.is_none_or(|p| p == port) && e.place.covers(name, real)) {
            return Ok(());
        }
        match special(address) {
            Some(why) => Err(Kind::Forbidden { place: format!("{real}:{port}"), why }),
            None if PORTS.contains(&port) => Ok(()),
            None => Err(Kind::Port { port }),
        }
    }

    /// The same where a proxy resolves the name: all there is to judge by.
    pub(crate) fn judge_name(&self, name: &str, port: u16) -> Result<(), Kind> {
        let last = |local: &&str| {
            name.strip_suffix(*local).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        if LOCAL_NAMES.iter().any(last) {
            return Err(Kind::Forbidden { place: format!("{name}:{port}"), why: Special::Private });
        }
        if PORTS.contains(&port) { Ok(()) } else { Err(Kind::Port { port }) }
    }

    /// Whether an exception names this place itself: it stands in one's own network, and no proxy leads there.
    pub(crate) fn names(&self, name: Option<&str>, address: Option<IpAddr>, port: u16) -> bool {
        let named =
            |place: &Place| name.is_some_and(|n| place.is(n)) || address.is_some_and(|a| place.holds(a));
        self.0.iter().any(|e| e.port.is_none_or(|p| p == port) && named(&e.place))
    }
}

impl Place {
    fn holds(&self, address: IpAddr) -> bool {
        matches!(*self, Self::Network(network, bits) if contains(network, bits, address.to_canonical()))
    }

    fn is(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Under(end) => name.ends_with(end.as_str()),
            Self::Network(..) => false,
        }
    }

    /// A name that is trusted may mean a machine of the office, never what clouds keep their secrets under.
    fn covers(&self, name: Option<&str>, address: IpAddr) -> bool {
        let named = name.is_some_and(|name| self.is(name))
            && !matches!(special(address), Some(Special::LinkLocal | Special::Multicast));
        named || self.holds(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(exceptions: &[&str]) -> Rule {
        Rule(exceptions.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn may(rule: &Rule, name: Option<&str>, address: &str, port: u16) -> bool {
        rule.judge(name, address.parse().unwrap(), port).is_ok()
    }

    #[test]
    fn without_exceptions_only_web_servers_of_the_internet_are_gone_to() {
        let rule = rule(&[]);
        assert!(may(&rule, Some("example.cn"), "8.8.8.8", 443));
        assert!(may(&rule, None, "8.8.8.8", 8080));
        assert!(!may(&rule, Some("example.cn"), "8.8.8.8", 25));
        assert!(!may(&rule, Some("example.cn"), "8.8.8.8", 6379));
        assert!(!may(&rule, Some("example.cn"), "127.0.0.1", 443));
    }

    #[test]
    fn an_exception_reaches_as_far_as_it_says() {
        let rule =
            rule(&["127.0.0.1:8080", "10.20.0.0/16", "[fd00::/8]:9000", "oai.office.cn:81", "*.Sites.cn"]);
        for (name, address, port, yes) in [
            (None, "127.0.0.1", 8080, true),
            (None, "127.0.0.1", 8081, false),
            (None, "127.0.0.2", 8080, false),
            (None, "::ffff:127.0.0.1", 8080, true),
            (Some("any.cn"), "10.20.3.4", 6000, true),
            (Some("any.cn"), "10.21.3.4", 80, false),
            (None, "fd12::1", 9000, true),
            (None, "fd12::1", 80, false),
            (Some("oai.office.cn"), "192.168.1.1", 81, true),
            (Some("oai.office.cn"), "192.168.1.1", 80, false),
            (Some("other.office.cn"), "192.168.1.1", 81, false),
            (Some("a.sites.cn"), "192.168.1.1", 1234, true),
            (Some("sites.cn"), "192.168.1.1", 1234, false),
            (Some("evilsites.cn"), "192.168.1.1", 1234, false),
            // A trusted name does not open the cloud's own service.
            (Some("a.sites.cn"), "169.254.169.254", 80, false),
            (Some("a.sites.cn"), "8.8.8.8", 1234, true),
        ] {
            assert_eq!(may(&rule, name, address, port), yes, "{name:?} {address} {port}");
        }
    }

    #[test]
    fn exceptions_are_read_and_written_alike() {
        for text in [
            "127.0.0.1/32:8080",
            "10.0.0.0/8",
            "[fd00::/8]:9000",
            "[::1/128]",
            "oai.cn:81",
            "*.oai.cn",
            "xn--fiqs8s",
        ] {
            assert_eq!(text.parse::<Exception>().unwrap().to_string(), text);
        }
        assert_eq!("中国".parse::<Exception>().unwrap().to_string(), "xn--fiqs8s");
        for wrong in [
            "",
            ":80",
            "10.0.0.0/33",
            "a b",
            "http://a.cn",
            "1.2.3.4:x",
            "[::1",
            "[::1]80",
            "*",
            "a.cn:70000",
        ] {
            assert!(wrong.parse::<Exception>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_proxy_is_sent_to_no_place_of_its_own_network_by_name() {
        let rule = rule(&[]);
        for name in ["localhost", "printer.local", "metadata.google.internal", "a.localhost", "x.home.arpa"] {
            assert!(rule.judge_name(name, 80).is_err(), "{name}");
        }
        assert!(rule.judge_name("notlocal.cn", 80).is_ok());
        assert!(rule.judge_name("example.cn", 22).is_err());
    }
}
