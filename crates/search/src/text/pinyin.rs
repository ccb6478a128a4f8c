//! Pinyin without tones, as a weak extra: `lidianchi` and `ldc` for 锂电池, `huazhongkejidaxue` for 华中科技大学.
//!
//! Only the [`rows`](super::rows) of titles, keywords and names have spellings in the index, and only what is known to be one
//! whole has its initials there: those of any two words in a row are the initials of something else too.

use pinyin::ToPinyin;

use super::is_latin;
use crate::limits::MAX_SPELT_CHARS;

/// Letters of the shortest pinyin that is looked for.
const MIN_PINYIN_CHARS: usize = 3;
/// Characters of the shortest text that its initials stand for: two letters could be anything.
const MIN_INITIALS: usize = 3;
/// Ways to spell one text, at most: each character with two common readings doubles them.
const MAX_WAYS: usize = 4;

/// The other common reading of characters of the field, beside the first that the library gives.
fn other_reading(c: char) -> Option<&'static str> {
    Some(match c {
        '重' => "chong",
        '行' => "hang",
        '长' => "chang",
        '调' => "tiao",
        '薄' => "bo",
        '厦' => "xia",
        '参' => "shen",
        '模' => "mu",
        '壳' => "qiao",
        '率' => "shuai",
        '乐' => "yue",
        '弹' => "tan",
        '藏' => "zang",
        '校' => "jiao",
        '泊' => "bo",
        '便' => "pian",
        '还' => "huan",
        '都' => "du",
        '朝' => "zhao",
        '蚌' => "beng",
        '六' => "lu",
        _ => return None,
    })
}

/// How a character is read: letters alone, `v` for ü. The second place is empty for most.
fn readings(c: char) -> [Option<&'static str>; 2] {
    let first = c.to_pinyin().map(|reading| reading.plain());
    // The only letter beside a to z that is common.
    let first = match first {
        Some("lü") => Some("lv"),
        Some("nü") => Some("nv"),
        Some("lüe") => Some("lve"),
        Some("nüe") => Some("nve"),
        other => other,
    };
    [first.filter(|reading| is_latin(reading)), other_reading(c)]
}

/// Adds the ways to spell `text`, and its initials too.
fn spell(text: &str, initials: bool, spellings: &mut Vec<String>) {
    let mut ways = vec![(String::with_capacity(text.len() * 2), String::new())];
    for c in text.chars() {
        let [Some(first), second] = readings(c) else { return };
        if let Some(second) = second
            && ways.len() < MAX_WAYS
        {
            let mut others = ways.clone();
            others.iter_mut().for_each(|way| read(way, second));
            ways.iter_mut().for_each(|way| read(way, first));
            ways.append(&mut others);
        } else {
            ways.iter_mut().for_each(|way| read(way, first));
        }
    }
    for (full, short) in ways {
        spellings.push(full);
        if initials && short.len() >= MIN_INITIALS {
            spellings.push(short);
        }
    }
}

fn read((full, short): &mut (String, String), reading: &str) {
    full.push_str(reading);
    short.push_str(reading.get(..1).unwrap_or_default());
}

/// How the rows of a document are spelt.
pub(crate) fn spellings(rows: &[(String, bool)]) -> Vec<String> {
    let mut spellings = Vec::new();
    for (row, whole) in rows {
        spell(row, *whole, &mut spellings);
    }
    spellings
}

/// What may be pinyin: a folded text of Latin letters, whatever stands between them.
pub(crate) fn pinyin_key(folded: &str) -> Option<String> {
    let letters: String =
        folded.chars().filter(|c| c.is_alphanumeric()).map(|c| if c == 'ü' { 'v' } else { c }).collect();
    let longest = MAX_SPELT_CHARS * "zhuang".len();
    (is_latin(&letters) && (MIN_PINYIN_CHARS..=longest).contains(&letters.len())).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(rows: &[(&str, bool)]) -> Vec<String> {
        let rows: Vec<_> = rows.iter().map(|(row, whole)| ((*row).to_owned(), *whole)).collect();
        let mut spellings = spellings(&rows);
        spellings.sort();
        spellings
    }

    #[test]
    fn wholes_have_initials_and_characters_their_common_readings() {
        assert_eq!(spelt(&[("锂电池", true), ("石墨烯", false)]), ["ldc", "lidianchi", "shimoxi"]);
        assert_eq!(spelt(&[("绿色", true)]), ["lvse"]);
        assert_eq!(spelt(&[("重庆", true)]), ["chongqing", "zhongqing"]);
        assert_eq!(spelt(&[("重行长调", false)]).len(), MAX_WAYS);
        assert!(spelt(&[("々々", true), ("abc", true)]).is_empty());
    }

    #[test]
    fn pinyin_is_recognised_however_it_is_spaced() {
        assert_eq!(pinyin_key("li dian chi").as_deref(), Some("lidianchi"));
        assert_eq!(pinyin_key("xi'an").as_deref(), Some("xian"));
        assert_eq!(pinyin_key("lüse").as_deref(), Some("lvse"));
        for text in ["", "ab", "co2", "锂dianchi", &"a".repeat(1_000)] {
            assert_eq!(pinyin_key(text), None, "{text}");
        }
    }
}
