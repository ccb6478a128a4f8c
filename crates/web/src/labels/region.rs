//! Administrative divisions (GB/T 2260) by their codes. Names are Chinese in both languages: they are proper names.

use crate::limits::NAME_CHARS;
use crate::text::tidy_line;
use catalog::{Lang, region as divisions};

/// Where something is, short: the last two names of the path, `武汉市武昌区`; an unknown code as it is.
pub(crate) fn region(lang: Lang, code: &str) -> String {
    let Some(code) = full(code) else { return tidy_line(code, NAME_CHARS) };
    let path = divisions::path(&code);
    let from = path.len().saturating_sub(2);
    match path.get(from..) {
        Some(last) if !last.is_empty() => last.join(lang.pick("", " ")),
        _ => code,
    }
}

/// The whole path with the code: `湖北省武汉市武昌区（420106）`.
pub(crate) fn region_with_code(lang: Lang, code: &str) -> String {
    let Some(full) = full(code) else { return tidy_line(code, NAME_CHARS) };
    let path = divisions::path(&full).join(lang.pick("", " "));
    if path.is_empty() { full } else { lang.pick(format!("{path}（{full}）"), format!("{path} ({full})")) }
}

/// The name of one division by its code or prefix; an unknown one as it is.
pub(crate) fn region_name(code: &str) -> String {
    let name = full(code).and_then(|code| divisions::name_of(&code));
    name.map_or_else(|| tidy_line(code, NAME_CHARS), str::to_owned)
}

/// The divisions that a code lies in, from the province down to itself: filter prefix and name.
pub(crate) fn region_chain(code: &str) -> Vec<(String, String)> {
    let mut chain = Vec::new();
    let mut next = full(code);
    while let Some(code) = next.filter(|_| chain.len() < 3) {
        if let Some(name) = divisions::name_of(&code) {
            chain.push((divisions::prefix(&code).to_owned(), name.to_owned()));
        }
        next = divisions::parent(&code);
    }
    chain.reverse();
    chain
}

/// Six digits from a code or a prefix of two or four; `None` for anything else.
fn full(code: &str) -> Option<String> {
    let digits = matches!(code.len(), 2 | 4 | 6) && code.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{code:0<6}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_names_at_every_level() {
        assert_eq!(region(Lang::Zh, "420106"), "武汉市武昌区");
        assert_eq!(region(Lang::Zh, "429004"), "湖北省仙桃市");
        assert_eq!(region_name("42"), "湖北省");
        assert_eq!(region_name("4201"), "武汉市");
        assert_eq!(region_with_code(Lang::Zh, "420106"), "湖北省武汉市武昌区（420106）");
        let prefixes: Vec<String> = region_chain("420106").into_iter().map(|(prefix, _)| prefix).collect();
        assert_eq!(prefixes, ["42", "4201", "420106"]);
    }

    #[test]
    fn what_is_no_code_stays_text() {
        for odd in ["", "武汉", "<b>", "420", "42010６", "999999"] {
            assert_eq!(region(Lang::Zh, odd), odd);
            assert_eq!(region_name(odd), odd);
            assert!(region_chain(odd).is_empty());
        }
    }
}
