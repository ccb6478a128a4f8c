//! Web and mail addresses, checked for what pages may link and print. Absent: whether anyone answers there.

use crate::fold;
use crate::limits::{MAX_EMAIL_CHARS, MAX_URL_CHARS};

/// Whether a text is an http or https address that a page may link: a host with a dot or `localhost`-free name, nothing
/// that could end an attribute, no user part.
pub fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.parse::<u16>().is_ok() { name } else { host });
    let harmless = |c: char| {
        !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\' | '{' | '}')
    };
    text.chars().count() <= MAX_URL_CHARS && text.chars().all(harmless) && is_host(name)
}

/// Reads a mail address: narrowed, `mailto:` taken off, the domain in small letters.
pub fn email(text: &str) -> Option<String> {
    let folded = fold::cell(text);
    let address = folded.trim_start_matches("mailto:").trim_end_matches(['.', ';']);
    let (local, domain) = address.split_once('@')?;
    let plain = |c: char| c.is_alphanumeric() || "!#$%&*+-/=?^_.~'".contains(c);
    let fits = !local.is_empty()
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && is_host(domain)
        && address.chars().count() <= MAX_EMAIL_CHARS;
    fits.then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// Names with at least one dot, each label of letters, digits and inner dashes.
fn is_host(name: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    name.contains('.') && name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_told_from_what_only_looks_like_them() {
        for url in
            ["http://www.whu.edu.cn", "https://a.b/c?d=e#f", "HTTP://A.CN:8080/x", "https://中国.cn/成果"]
        {
            assert!(is_url(url), "{url}");
        }
        for bad in [
            "javascript:alert(1)",
            "http://",
            "http://localhost",
            "ftp://a.b",
            "http://a.b/\"onclick=",
            "http://a b.c",
            "https://u@a.b",
            "http://a.b:x/",
            "",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
        assert_eq!(email(" Li.Si＠WHU.edu.cn "), Some("Li.Si@whu.edu.cn".into()));
        assert_eq!(email("mailto:a@b.cn"), Some("a@b.cn".into()));
        for bad in ["", "a@b", "a b@c.cn", "a@b@c.cn", "@b.cn", "a@.cn", "a@b.cn;c@d.cn", "<a@b.cn>"] {
            assert_eq!(email(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*|[a-z.@:/-]{0,30}") {
            let _ = is_url(&text);
            if let Some(address) = email(&text) {
                prop_assert_eq!(email(&address), Some(address.clone()));
            }
        }
    }
}
