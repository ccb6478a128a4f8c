//! Chinese words of titles, keywords and names, as people write them from memory: by their sound, or with a wrong character.

use std::ops::RangeInclusive;

use super::{Cut, cut, fold, is_han, is_stop_word};
use crate::limits::{MAX_SPELT_CHARS, MAX_TITLE_KEY_CHARS};
use crate::schema::first_chars;

/// Characters of a word that may be misspelt: with two, half would be left; longer ones hold words that are right.
pub(crate) const SHAPED_CHARS: RangeInclusive<usize> = 3..=4;
/// Characters of two words in a row that are taken for one the dictionary lacks (石墨烯).
const MAX_PAIR_CHARS: usize = 3;

/// Words by themselves, and what belongs together: whole keywords and names, and two short words in a row one of which is a single
/// character, since there the dictionary often lacks the word. With each, whether it is known to be one whole.
pub(crate) fn rows<'a>(title: &str, terms: impl Iterator<Item = &'a str>) -> Vec<(String, bool)> {
    let mut rows: Vec<(String, bool)> = Vec::new();
    let mut add = |row: String, whole: bool| {
        if (2..=MAX_SPELT_CHARS).contains(&row.chars().count()) {
            rows.push((row, whole));
        }
    };
    for run in han_runs(&fold(first_chars(title, MAX_TITLE_KEY_CHARS))) {
        let words: Vec<String> = cut(run, Cut::Plain).into_iter().map(|word| word.text).collect();
        for pair in words.windows(2) {
            let row = pair.concat();
            let short = row.chars().count() <= MAX_PAIR_CHARS && pair.iter().any(|word| is_single(word));
            if short && !pair.iter().any(|word| is_stop_word(word)) {
                add(row, false);
            }
        }
        words.into_iter().for_each(|word| add(word, true));
    }
    for term in terms {
        han_runs(&fold(first_chars(term, MAX_TITLE_KEY_CHARS))).for_each(|run| add(run.to_owned(), true));
    }
    // Of the same row the one that is a whole stays.
    rows.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    rows.dedup_by(|later, first| later.0 == first.0);
    rows
}

fn is_single(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// The stretches of Chinese characters in a folded text.
fn han_runs(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !is_han(c)).filter(|run| !run.is_empty())
}

/// What is left of a word without one of its characters; nothing unless its length is one of [`SHAPED_CHARS`]. Of two words with
/// one character replaced, or two beside each other exchanged, one shape is the same; of a word that lacks a character, the word
/// itself is a shape of the other.
pub(crate) fn shapes(word: &str) -> Vec<String> {
    let count = word.chars().count();
    if !SHAPED_CHARS.contains(&count) {
        return Vec::new();
    }
    let without =
        |left_out| word.chars().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| c).collect();
    (0..count).map(without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_list(title: &str, terms: &[&str]) -> Vec<String> {
        rows(title, terms.iter().copied()).into_iter().map(|(row, _)| row).collect()
    }

    #[test]
    fn words_stand_alone_and_beside_single_characters() {
        assert_eq!(row_list("一种石墨烯锂电池", &[]), ["一种", "石墨", "石墨烯", "锂电池"]);
        assert_eq!(row_list("", &["武漢大學（分校）"]), ["分校", "武汉大学"]);
        assert_eq!(row_list("飞行器的控制", &["PLC", ""]), ["控制", "飞行器"]);
    }

    #[test]
    fn rows_are_bounded() {
        assert!(rows(&"重行长调".repeat(1_000), std::iter::once("龘".repeat(1_000).as_str())).len() < 300);
    }

    #[test]
    fn words_one_edit_apart_share_a_shape() {
        let meet = |a, b| shapes(a).iter().any(|shape| shapes(b).contains(shape));
        for near in ["传敢器", "感感器", "传感囂", "感传器"] {
            assert!(meet(near, "传感器"), "{near}");
        }
        assert!(shapes("人工智能").contains(&"人智能".to_owned()));
        assert!(!meet("传敢囂", "传感器"));
        assert!(shapes("传感").is_empty());
        assert!(shapes(&"传".repeat(1_000)).is_empty());
    }
}
