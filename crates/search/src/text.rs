//! From text to words, the same way for the index and for the query.
//!
//! NFKC, lower case, Traditional to Simplified ([`fold`]), then words: runs of Han characters are cut by jieba, runs of other
//! letters and digits are words as they stand. Punctuation and blanks vanish. Beside the words the index holds the stems of
//! English ones ([`stem`]) and the [`concepts`] that they name; the Chinese words of titles, keywords and names ([`rows`]) also
//! by their pinyin ([`spellings`]) and with one character missing ([`shapes`]). Nothing depends on a document's language: every text is taken for a mixture.

mod fold;
mod pinyin;
mod rows;
mod stem;
mod synonyms;
mod tokenizer;
mod words;

pub use fold::fold;
pub(crate) use pinyin::{pinyin_key, spellings};
pub(crate) use rows::{SHAPED_CHARS, rows, shapes};
pub(crate) use stem::{STEM_MARK, is_latin, stem};
pub(crate) use synonyms::{CONCEPT_MARK, concepts, form};
pub(crate) use tokenizer::{ANALYZER, Analyzer};
pub use words::query_words;
pub(crate) use words::{Cut, Word, cut, is_han, is_stop_word, parts, plain};

use crate::limits::{MAX_CODE_CHARS, MAX_TITLE_KEY_CHARS};

/// A whole title reduced to its folded letters and digits, so that a query that is the title is recognised whatever its
/// punctuation.
pub(crate) fn title_key(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).take(MAX_TITLE_KEY_CHARS).collect()
}

/// A patent number, registration number or source id in the form in which two spellings of it are equal.
///
/// Folded, without blanks and punctuation, and without the prefix `CN` or `ZL` before a digit: `ZL 2019 1 0123456.7`,
/// `CN201910123456.7` and `2019101234567` are one number. Empty when nothing is left, or when it is longer than
/// [`MAX_CODE_CHARS`].
#[must_use]
pub fn identifier_key(text: &str) -> String {
    let text: String = text.chars().take(MAX_CODE_CHARS * 2).collect();
    let key: String = fold(&text).chars().filter(|c| c.is_alphanumeric()).collect();
    let key = match key.strip_prefix("cn").or_else(|| key.strip_prefix("zl")) {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        _ => key,
    };
    if key.chars().count() > MAX_CODE_CHARS { String::new() } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_patent_number_are_equal() {
        for spelling in ["ZL 2019 1 0123456.7", "CN201910123456.7", "ｚｌ201910123456.7", "2019101234567"] {
            assert_eq!(identifier_key(spelling), "2019101234567", "{spelling}");
        }
        assert_eq!(identifier_key("CN112345678A"), "112345678a");
        assert_eq!(identifier_key("鄂科鑑字[2019]第001號"), "鄂科鉴字2019第001号");
        assert_eq!(identifier_key("CNC-7"), "cnc7");
        assert_eq!(identifier_key(&"9".repeat(1 << 20)), "");
    }

    #[test]
    fn a_title_key_ignores_punctuation_script_and_case() {
        assert_eq!(title_key("《基于PLC的控制系统》（二）"), title_key("基於ＰＬＣ的控制係統 二"));
    }
}
