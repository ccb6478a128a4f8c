//! Lists in one cell: separated by punctuation, or JSON (and Python) array text.

use crate::fold;
use crate::limits::MAX_LIST_ITEMS;

/// Separators that always part members.
const STRONG: [char; 8] = [';', '；', ',', '，', '|', '\n', '\r', '\t'];
/// Separators that also stand inside names (生物、医药和医疗器械).
const WEAK: [char; 3] = ['、', '/', '／'];

/// Free words: all separators but `/`, which stands inside words (CO/N₂).
pub(super) fn words(text: &str) -> Vec<String> {
    match array(text) {
        Some(items) => tidy(items.iter().map(String::as_str)),
        None => tidy(text.split(|c| STRONG.contains(&c) || c == '、')),
    }
}

/// Terms of a vocabulary: the whole cell when it is known, else its parts, else the parts of those.
pub(super) fn terms(text: &str, known: impl Fn(&str) -> bool) -> Vec<String> {
    if known(text) {
        return tidy([text]);
    }
    let strong = match array(text) {
        Some(items) => items,
        None => text.split(STRONG).map(str::to_owned).collect(),
    };
    let mut found = Vec::new();
    for part in tidy(strong.iter().map(String::as_str)) {
        let weak = tidy(part.split(WEAK));
        if !known(&part) && weak.iter().any(|piece| known(piece)) {
            found.extend(weak);
        } else {
            found.push(part);
        }
    }
    tidy(found.iter().map(String::as_str))
}

/// Numbers of patents: a comma between groups of three digits belongs to the number (`13/033,085`).
pub(super) fn numbers(text: &str) -> Vec<String> {
    if let Some(items) = array(text) {
        return tidy(items.iter().map(String::as_str));
    }
    let chars: Vec<char> = text.chars().filter_map(fold::narrow).collect();
    let mut parts = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        let parting = match c {
            ';' | '；' | '|' | '\n' | '\r' | '\t' | '、' | '，' => true,
            ',' => !groups_thousands(&chars, at),
            _ => false,
        };
        if parting {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(*c);
        }
    }
    let spaced: Vec<&str> = parts.iter().flat_map(|part| apart(part)).collect();
    tidy(spaced)
}

/// Whether the comma at `at` has a digit before and exactly three behind it.
fn groups_thousands(chars: &[char], at: usize) -> bool {
    let digit = |index: Option<usize>| index.and_then(|i| chars.get(i)).is_some_and(char::is_ascii_digit);
    digit(at.checked_sub(1)) && (1..=3).all(|n| digit(at.checked_add(n))) && !digit(at.checked_add(4))
}

/// `ZL2012… ZL2013…`: whole numbers with nothing but spaces between them.
fn apart(part: &str) -> Vec<&str> {
    let pieces: Vec<&str> = part.split_whitespace().collect();
    let whole = |piece: &&str| piece.chars().filter(char::is_ascii_digit).count() >= 7;
    if pieces.len() > 1 && pieces.iter().all(whole) { pieces } else { vec![part] }
}

/// Trimmed, not empty, each once, in order, at most [`MAX_LIST_ITEMS`] and one, so that the caller sees the excess.
fn tidy<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    parts
        .into_iter()
        .map(|part| fold::line(part).trim_matches(['。', '.', ' ']).to_owned())
        .filter(|part| !part.is_empty() && seen.insert(part.clone()))
        .take(MAX_LIST_ITEMS + 1)
        .collect()
}

/// Members as the array text that [`words`] and its kin read as these members, whatever separators they hold.
pub(crate) fn written(members: &[&str]) -> String {
    let quoted = |member: &&str| format!("\"{}\"", member.replace('\\', "\\\\").replace('"', "\\\""));
    format!("[{}]", members.iter().map(quoted).collect::<Vec<_>>().join(","))
}

/// The strings of `["a", "b"]` or `['a', 'b']`; `None` when the text is no such array.
fn array(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut items = Vec::new();
    let mut item = String::new();
    let mut quote = None;
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', Some(_)) => item.extend(chars.next()),
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => item.push(c),
            ('"' | '\'', None) if item.trim().is_empty() => quote = Some(c),
            (',', None) => items.push(std::mem::take(&mut item)),
            (c, None) => item.push(c),
        }
    }
    items.push(item);
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_are_parted_where_people_part_them() {
        assert_eq!(
            words("高温合金；涂层;热障, 陶瓷、CO/N2|疲劳\n寿命。"),
            ["高温合金", "涂层", "热障", "陶瓷", "CO/N2", "疲劳", "寿命"]
        );
        assert_eq!(words(r#"["a, b", "c \"d\"", ""]"#), ["a, b", "c \"d\""]);
        assert_eq!(words(r"['nlp', 'it\'s']"), ["nlp", "it's"]);
        assert_eq!(words(" ；、, "), Vec::<String>::new());
        assert_eq!(words("a;a;b"), ["a", "b"]);
        let known = |text: &str| ["生物、医药", "新材料", "农业"].contains(&text);
        assert_eq!(terms("生物、医药", known), ["生物、医药"]);
        assert_eq!(terms("新材料、农业；生物、医药", known), ["新材料", "农业", "生物、医药"]);
        assert_eq!(terms("占星、炼金", known), ["占星、炼金"]);
        assert_eq!(numbers("13/033,085"), ["13/033,085"]);
        assert_eq!(numbers("5,694,939, 6,109,270"), ["5,694,939", "6,109,270"]);
        assert_eq!(numbers("CN201220249767.4，CN202121635235.X"), ["CN201220249767.4", "CN202121635235.X"]);
        assert_eq!(numbers("ZL201220249767.4 ZL202121635235.X"), ["ZL201220249767.4", "ZL202121635235.X"]);
        assert_eq!(numbers("ZL 2012 2 0249767.4"), ["ZL 2012 2 0249767.4"]);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*|[\\[\\]\"',a; ]{0,20}") {
            prop_assert!(words(&text).len() <= MAX_LIST_ITEMS + 1);
            let _ = numbers(&text);
            let _ = terms(&text, |piece| piece.len() == 2);
        }
    }
}
