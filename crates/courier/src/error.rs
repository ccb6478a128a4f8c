//! Why nothing was brought: what happened, to what, and what to do next, in both languages.

use std::fmt;
use std::time::Duration;

use crate::address::Special;

/// Longest part of an address that a message repeats, characters: an address may hold kilobytes.
const SHOWN: usize = 120;

/// Why a request was not answered. Displayed in English; [`Error::zh`] is the same in Chinese.
#[derive(Debug)]
pub struct Error {
    url: String,
    /// What happened.
    pub kind: Kind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is no web address.
    Address {
        /// What is wrong with it.
        why: String,
    },
    /// Neither `http` nor `https`.
    Scheme,
    /// It holds a user's name or a password.
    Credentials,
    /// It leads where a node may not be sent.
    Forbidden {
        /// Address and port.
        place: String,
        /// What stands there.
        why: Special,
    },
    /// No web server stands on this port.
    Port {
        /// The port.
        port: u16,
    },
    /// The name is not known, or the name service does not answer.
    Unresolved {
        /// What the system said.
        why: String,
    },
    /// No connection.
    Unreachable {
        /// What the system said.
        why: String,
    },
    /// The proxy did not lead there.
    Proxy {
        /// What it said.
        why: String,
    },
    /// The server's certificate is not believed, or TLS failed.
    Tls {
        /// What is wrong.
        why: String,
    },
    /// This computer believes no certificate authority at all.
    NoRoots,
    /// More redirects than [`crate::MAX_REDIRECTS`].
    Redirects,
    /// What was to be told was answered by a redirect.
    Moved {
        /// Where to.
        to: String,
    },
    /// From `https` to `http`.
    Downgrade,
    /// Longer in all than was given.
    TooLong {
        /// What was given.
        within: Duration,
    },
    /// No byte came for so long.
    Silent {
        /// What was given.
        within: Duration,
    },
    /// The body is larger than its reader takes.
    TooLarge {
        /// What is taken, bytes.
        limit: usize,
    },
    /// It ended midway or is no HTTP.
    Broken {
        /// What is wrong.
        why: String,
    },
    /// A header that cannot be sent.
    Header {
        /// Its name.
        name: String,
    },
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.shown(), self.kind.en())
    }
}

impl Error {
    pub(crate) fn new(url: &str, kind: Kind) -> Self {
        Self { url: url.to_owned(), kind }
    }

    /// The same in Chinese.
    pub fn zh(&self) -> String {
        format!("{}：{}", self.shown(), self.kind.zh())
    }

    /// Whether it may be otherwise later, without anyone changing anything: worth trying again.
    pub fn is_passing(&self) -> bool {
        use Kind::{Broken, Proxy, Silent, TooLong, Unreachable, Unresolved};
        matches!(
            self.kind,
            Broken { .. }
                | Proxy { .. }
                | Silent { .. }
                | TooLong { .. }
                | Unreachable { .. }
                | Unresolved { .. }
        )
    }

    /// The address, short and without what could play tricks on a terminal.
    fn shown(&self) -> String {
        let plain = self.url.chars().filter(|c| !c.is_control()).take(SHOWN);
        let mut plain: String = plain.collect();
        if plain.len() < self.url.len() {
            plain.push('…');
        }
        plain
    }
}

impl Kind {
    fn en(&self) -> String {
        match self {
            Self::Address { why } => format!("this is no web address ({why}); it begins with http:// or https://"),
            Self::Scheme => "only addresses with http:// or https:// are gone to".to_owned(),
            Self::Credentials => "an address holds no user name and no password; leave them out".to_owned(),
            Self::Forbidden { place, why } => format!(
                "it leads to {place}, {}; if that is meant, add {place:?} to `allow` under [web-out] in config.toml",
                special_en(*why)
            ),
            Self::Port { port } => format!(
                "port {port} is not one of those that web servers stand on; if that is meant, add the host with this port to `allow` under [web-out] in config.toml"
            ),
            Self::Unresolved { why } => {
                format!("the name cannot be found ({why}); check the spelling and this computer's name service")
            }
            Self::Unreachable { why } => {
                format!("no connection ({why}); the server may be down, or a firewall stands between: try later")
            }
            Self::Proxy { why } => {
                format!("the proxy does not lead there ({why}); check `proxy` under [web-out] in config.toml")
            }
            Self::Tls { why } => format!(
                "the secure connection failed ({why}); its operator must mend the certificate, or, where your office has an authority of its own, name its file as `certificates` under [web-out] in config.toml"
            ),
            Self::NoRoots => "this computer believes no certificate authority; install the package ca-certificates, or name a file as `certificates` under [web-out] in config.toml".to_owned(),
            Self::Redirects => {
                format!("it leads on and on, more than {} times; enter the address it ends at", crate::MAX_REDIRECTS)
            }
            Self::Moved { to } => format!("it has moved to {to}; enter that address"),
            Self::Downgrade => "it leads from a secure page to one that is not; ask its operator".to_owned(),
            Self::TooLong { within } => {
                format!("it took longer than {} s; try later", within.as_secs())
            }
            Self::Silent { within } => format!("it sent nothing for {} s; try later", within.as_secs()),
            Self::TooLarge { limit } => format!("the answer is larger than {limit} bytes and was not read"),
            Self::Broken { why } => format!("the answer broke off or is no HTTP ({why}); try later"),
            Self::Header { name } => format!("the header {name:?} cannot be sent"),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Address { why } => format!("不是网址（{why}）；网址以 http:// 或 https:// 开头"),
            Self::Scheme => "只访问以 http:// 或 https:// 开头的网址".to_owned(),
            Self::Credentials => "网址中不得含用户名和密码，请去掉".to_owned(),
            Self::Forbidden { place, why } => format!(
                "指向 {place}，{}；如确需访问，请在 config.toml 的 [web-out] 一节 allow 中加入 {place:?}",
                special_zh(*why)
            ),
            Self::Port { port } => format!(
                "端口 {port} 不是网站常用端口；如确需访问，请在 config.toml 的 [web-out] 一节 allow 中加入该主机和端口"
            ),
            Self::Unresolved { why } => format!("找不到该域名（{why}）；请检查拼写和本机的域名服务"),
            Self::Unreachable { why } => format!("无法连接（{why}）；对方可能停机或被防火墙阻断，请稍后再试"),
            Self::Proxy { why } => {
                format!("代理服务器未能连通（{why}）；请检查 config.toml 的 [web-out] 一节 proxy")
            }
            Self::Tls { why } => format!(
                "安全连接失败（{why}）；须由对方修复证书；如本单位自建证书机构，请在 config.toml 的 [web-out] 一节用 certificates 指明其证书文件"
            ),
            Self::NoRoots => "本机不信任任何证书机构；请安装 ca-certificates 软件包，或在 config.toml 的 [web-out] 一节用 certificates 指明证书文件".to_owned(),
            Self::Redirects => format!("跳转超过 {} 次；请直接填写最终网址", crate::MAX_REDIRECTS),
            Self::Moved { to } => format!("已迁至 {to}；请改填该网址"),
            Self::Downgrade => "从安全网址跳转到不安全网址；请联系对方".to_owned(),
            Self::TooLong { within } => format!("用时超过 {} 秒；请稍后再试", within.as_secs()),
            Self::Silent { within } => format!("{} 秒内没有任何数据；请稍后再试", within.as_secs()),
            Self::TooLarge { limit } => format!("应答超过 {limit} 字节，未读取"),
            Self::Broken { why } => format!("应答中断或不是 HTTP（{why}）；请稍后再试"),
            Self::Header { name } => format!("报头 {name:?} 无法发送"),
        }
    }
}

fn special_en(why: Special) -> &'static str {
    match why {
        Special::Loopback => "this computer itself",
        Special::Private => "a network of an office, not the internet",
        Special::LinkLocal => "the line this computer hangs on",
        Special::Multicast => "many computers at once",
        Special::Reserved => "an address that no server has",
    }
}

fn special_zh(why: Special) -> &'static str {
    match why {
        Special::Loopback => "即本机自身",
        Special::Private => "属内部网络而非互联网",
        Special::LinkLocal => "属本机所连的链路",
        Special::Multicast => "属组播或广播地址",
        Special::Reserved => "是没有服务器使用的保留地址",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_speaks_both_languages_and_repeats_no_kilobytes() {
        let why = || "x".to_owned();
        let within = Duration::from_secs(3);
        for kind in [
            Kind::Address { why: why() },
            Kind::Scheme,
            Kind::Credentials,
            Kind::Forbidden { place: "10.0.0.1:80".to_owned(), why: Special::Private },
            Kind::Port { port: 25 },
            Kind::Unresolved { why: why() },
            Kind::Unreachable { why: why() },
            Kind::Proxy { why: why() },
            Kind::Tls { why: why() },
            Kind::NoRoots,
            Kind::Redirects,
            Kind::Moved { to: why() },
            Kind::Downgrade,
            Kind::TooLong { within },
            Kind::Silent { within },
            Kind::TooLarge { limit: 7 },
            Kind::Broken { why: why() },
            Kind::Header { name: why() },
        ] {
            let error = Error::new(&format!("http://a.cn/\u{1b}[31m{}", "y".repeat(5_000)), kind);
            assert!(error.to_string().is_ascii() || error.to_string().contains('…'), "{error}");
            assert!(error.zh().chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)), "{}", error.zh());
            for text in [error.to_string(), error.zh()] {
                assert!(text.len() < 600 && !text.contains('\u{1b}'), "{text}");
            }
        }
    }
}
