//! Cutting folded text into words.

use std::sync::OnceLock;

use jieba_rs::Jieba;

use super::fold;
use crate::limits::{MAX_QUERY_CHARS, MAX_QUERY_WORDS, MAX_WORD_CHARS};
use crate::schema::first_chars;

/// jieba's hidden Markov model guesses words that the dictionary lacks. Off: the guess depends on the neighbours, so that a
/// name cut one way inside a title is cut another way in the query. Measured over 500 real titles without both ends: 498 are
/// found without guessing, 497 with; of torn-out fragments 382 and 376.
const GUESS_WORDS: bool = false;

/// The dictionary, about 34 MiB, is loaded at the first use and shared by everyone.
fn jieba() -> &'static Jieba {
    static JIEBA: OnceLock<Jieba> = OnceLock::new();
    JIEBA.get_or_init(Jieba::new)
}

/// A word and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The folded word.
    pub text: String,
    /// Position of its first character, counting only the characters that belong to words: punctuation does not tear a phrase.
    pub at: usize,
}

/// How finely to cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Long words and the words inside them, for the index.
    Fine,
    /// One word per place, for the query.
    Plain,
}

/// What a character is to the cutter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Han,
    Letter,
    Gap,
}

fn class(c: char) -> Class {
    match c {
        '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Class::Han,
        '々' | '〇' => Class::Han,
        c if c.is_alphanumeric() => Class::Letter,
        _ => Class::Gap,
    }
}

/// Whether a character is a Chinese one.
pub(crate) fn is_han(c: char) -> bool {
    class(c) == Class::Han
}

/// Cuts folded text into words, ordered by position, shorter words first.
pub(crate) fn cut(folded: &str, how: Cut) -> Vec<Word> {
    let mut words = Vec::with_capacity(folded.len() / 4);
    let mut at = 0;
    let mut rest = folded;
    while let Some(first) = rest.chars().next() {
        let kind = class(first);
        let end = run_end(rest, kind);
        let (run, tail) = rest.split_at(end);
        match kind {
            Class::Han => cut_han(run, at, how, &mut words),
            Class::Letter => words.push(Word { text: limited(run), at }),
            Class::Gap => {}
        }
        if kind != Class::Gap {
            at += run.chars().count();
        }
        rest = tail;
    }
    words
}

/// Byte length of the run of `kind` that `text` begins with. A point between digits belongs to the number.
fn run_end(text: &str, kind: Class) -> usize {
    let mut before = '\0';
    let mut chars = text.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        let point_in_number = kind == Class::Letter
            && c == '.'
            && before.is_ascii_digit()
            && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if class(c) != kind && !point_in_number {
            return index;
        }
        before = c;
    }
    text.len()
}

fn cut_han(run: &str, base: usize, how: Cut, words: &mut Vec<Word>) {
    let tokens = match how {
        Cut::Plain => jieba().cut(run, GUESS_WORDS),
        Cut::Fine => jieba().cut_for_search(run, GUESS_WORDS),
    };
    let first = words.len();
    words.extend(tokens.into_iter().map(|token| Word { text: limited(token.word), at: base + token.start }));
    // Search mode names the parts of a word before the word; the index wants positions that never go back.
    if let Some(added) = words.get_mut(first..) {
        added.sort_by_key(|word| (word.at, word.text.len()));
    }
}

fn limited(word: &str) -> String {
    first_chars(word, MAX_WORD_CHARS).to_owned()
}

/// Of finely cut words, those that stand one after the other, as [`Cut::Plain`] would have given them.
pub(crate) fn plain(fine: &[Word]) -> Vec<&Word> {
    let mut plain: Vec<&Word> = Vec::with_capacity(fine.len());
    let mut end = 0;
    for word in fine {
        match plain.last_mut() {
            // The parts of a word come before it, those that begin with it too: the longest is the word.
            Some(last) if last.at == word.at => *last = word,
            _ if word.at < end => continue,
            _ => plain.push(word),
        }
        end = word.at + word.text.chars().count();
    }
    plain
}

/// The words inside a word that the index knows too, without the word itself.
pub(crate) fn parts(word: &str) -> Vec<String> {
    cut(word, Cut::Fine).into_iter().map(|part| part.text).filter(|part| part != word).collect()
}

/// Function words that say nothing about what is looked for. The query drops them when other words remain; the index keeps them.
pub(crate) fn is_stop_word(word: &str) -> bool {
    const STOP_WORDS: &[&str] = &[
        "的", "了", "和", "与", "及", "在", "是", "等", "对", "之", "或", "为", "以", "于", "其", "把", "被",
        "让", "吗", "呢", "一种", "以及", "the", "of", "and", "a", "an", "in", "for", "to", "on", "with",
        "by",
    ];
    STOP_WORDS.contains(&word)
}

/// The words that a query is searched by, folded and in order, each once: what a page may mark in the texts it shows.
#[must_use]
pub fn query_words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(MAX_QUERY_CHARS).collect();
    let mut words: Vec<String> = Vec::new();
    for word in cut(&fold(&text), Cut::Plain).into_iter().take(MAX_QUERY_WORDS) {
        if !is_stop_word(&word.text) && !words.contains(&word.text) {
            words.push(word.text);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, how: Cut) -> Vec<String> {
        cut(&fold(text), how).into_iter().map(|word| word.text).collect()
    }

    /// These bytes are in every index on disk: when this test changes, so must `SCHEMA_VERSION`.
    #[test]
    fn cutting_is_pinned() {
        assert_eq!(
            texts("基於PLC的水輪機調速係統（WES-5.4.5）", Cut::Fine),
            ["基于", "plc", "的", "水轮", "水轮机", "轮机", "调速", "系统", "wes", "5.4.5"]
        );
        assert_eq!(texts("石墨烯/CO₂ 5G通信", Cut::Plain), ["石墨", "烯", "co2", "5g", "通信"]);
        assert_eq!(texts("机器学习", Cut::Plain), ["机器", "学习"]);
    }

    #[test]
    fn positions_count_word_characters_only() {
        let words = cut("水轮机，plc。调速", Cut::Plain);
        let at: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.at)).collect();
        assert_eq!(at, [("水轮机", 0), ("plc", 3), ("调速", 6)]);
    }

    #[test]
    fn positions_never_go_back() {
        let words = cut(&fold("中华人民共和国国家科学技术委员会关于印发的通知"), Cut::Fine);
        assert!(words.len() > 10);
        assert!(words.is_sorted_by_key(|word| word.at));
    }

    #[test]
    fn plain_words_are_found_among_the_fine_ones() {
        for text in [
            "基于PLC的水轮机调速系统（WES-5.4.5）",
            "中华人民共和国国家科学技术委员会关于印发的通知",
            "x 人工智能 lithium-ion 电池",
            "",
        ] {
            let fine = cut(text, Cut::Fine);
            let found: Vec<Word> = plain(&fine).into_iter().cloned().collect();
            assert_eq!(found, cut(text, Cut::Plain), "{text}");
        }
    }

    #[test]
    fn long_runs_are_bounded() {
        assert_eq!(texts(&"a".repeat(100_000), Cut::Fine), ["a".repeat(MAX_WORD_CHARS)]);
        assert_eq!(texts(&"龘".repeat(10_000), Cut::Fine).len(), 10_000);
        assert!(query_words(&"量子通信，".repeat(10_000)).len() <= MAX_QUERY_WORDS);
    }

    #[test]
    fn nothing_but_gaps_gives_no_words() {
        for text in ["", "  ", "？！…", "\u{301}\u{302}", "👩‍🔬", "\u{0}"] {
            assert_eq!(texts(text, Cut::Fine), Vec::<String>::new(), "{text:?}");
        }
    }
}
