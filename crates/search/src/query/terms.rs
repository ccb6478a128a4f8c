//! A query's text, taken apart.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::limits::{MAX_GUESSED_WORDS, MAX_QUERY_CHARS, MAX_QUERY_WORDS, MAX_SPELT_CHARS};
use crate::schema::first_chars;
use crate::text::{
    Cut, SHAPED_CHARS, Word, concepts, cut, fold, form, identifier_key, is_han, is_latin, is_stop_word,
    parts, pinyin_key, title_key,
};

/// The shortest text that is taken for a number or source id, in characters.
const MIN_IDENTIFIER_CHARS: usize = 4;
/// The shortest English word that may be misspelt, in letters: shorter ones are all near each other.
const MIN_MISSPELT_LETTERS: usize = 4;

/// A word, or the words that name a concept together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// At least one.
    pub words: Vec<String>,
    /// The concept that they name, as the index holds it.
    pub concept: Option<&'static str>,
}

/// What is written between two blanks; more than that where a concept's name has blanks in it.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its words, without those that say nothing (unless nothing else is there).
    pub units: Vec<Unit>,
    /// The piece as a number or source id, if it can be one.
    pub identifier: Option<String>,
    /// The piece as one Chinese word, if it can be one that was cut for a typing error or for its missing end.
    pub whole: Option<String>,
}

/// A query's text, taken apart.
#[derive(Debug)]
pub(super) struct Terms {
    /// At least one, each with at least one word.
    pub pieces: Vec<Piece>,
    /// All words in order with their positions, for the phrase.
    pub phrase: Vec<Word>,
    /// The whole text as a title.
    pub title_key: String,
    /// The whole text as a number or source id, if it can be one.
    pub identifier: Option<String>,
    /// The whole text as pinyin, if it can be that.
    pub pinyin: Option<String>,
    /// The last word, if it may be the beginning of a longer one.
    pub begun: Option<String>,
}

impl Terms {
    /// Takes `text` apart; nothing if there is no word in it. While it is being `typed`, its last word may be unfinished.
    pub(super) fn parse(text: &str, typed: bool) -> Option<Self> {
        let text = first_chars(text, MAX_QUERY_CHARS);
        let folded = fold(text);
        let mut phrase = cut(&folded, Cut::Plain);
        phrase.truncate(MAX_QUERY_WORDS);
        let pieces = pieces(&folded);
        let unfinished = typed && folded.chars().next_back().is_some_and(char::is_alphanumeric);
        let begun = phrase.last().filter(|_| unfinished).map(|word| word.text.clone());
        let terms = Self {
            pieces,
            phrase,
            title_key: title_key(text),
            identifier: as_identifier(text),
            pinyin: pinyin_key(&folded),
            begun,
        };
        (!terms.pieces.is_empty()).then_some(terms)
    }

    /// All words and named concepts, each once.
    pub(super) fn units(&self) -> Vec<&Unit> {
        let mut units: Vec<&Unit> = Vec::new();
        for unit in self.pieces.iter().flat_map(|piece| &piece.units) {
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        units
    }

    /// All words, each once.
    pub(super) fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for word in self.units().into_iter().flat_map(|unit| &unit.words) {
            if !words.contains(&word.as_str()) {
                words.push(word);
            }
        }
        words
    }

    /// Whether asking for less than all words can find more.
    pub(super) fn can_relax(&self) -> bool {
        let words = self.words();
        words.len() > 1 || words.first().is_some_and(|word| !parts(word).is_empty())
    }

    /// English words that may be misspelt, at most [`MAX_GUESSED_WORDS`].
    pub(super) fn doubtful_words(&self) -> Vec<&str> {
        let long = |word: &&str| is_latin(word) && word.len() >= MIN_MISSPELT_LETTERS;
        self.words().into_iter().filter(long).take(MAX_GUESSED_WORDS).collect()
    }

    /// Chinese words that a wrong character may have made fall apart: two and more words in a row, the most shattered first, at
    /// most [`MAX_GUESSED_WORDS`].
    pub(super) fn doubtful_rows(&self) -> Vec<String> {
        let mut rows: Vec<(usize, String)> = Vec::new();
        for first in 0..self.phrase.len() {
            let words = self.phrase.iter().skip(first).take_while(|word| word.text.chars().all(is_han));
            let (mut row, mut single) = (String::new(), 0);
            for (count, word) in (1..).zip(words) {
                row.push_str(&word.text);
                single += usize::from(word.text.chars().nth(1).is_none());
                let chars = row.chars().count();
                if chars > *SHAPED_CHARS.end() {
                    break;
                }
                if count > 1 && SHAPED_CHARS.contains(&chars) && rows.iter().all(|(_, other)| *other != row) {
                    rows.push((single, row.clone()));
                }
            }
        }
        rows.sort_by_key(|(single, _)| Reverse(*single));
        rows.into_iter().map(|(_, row)| row).take(MAX_GUESSED_WORDS).collect()
    }
}

/// Takes folded text apart at its blanks, and joins again what names a concept together.
fn pieces(folded: &str) -> Vec<Piece> {
    let texts: Vec<&str> = folded.split_whitespace().collect();
    let mut words: Vec<(usize, Word)> = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let room = MAX_QUERY_WORDS - words.len();
        words.extend(cut(text, Cut::Plain).into_iter().take(room).map(|word| (place, word)));
    }
    let forms: Vec<Cow<str>> = words.iter().map(|(_, word)| form(&word.text)).collect();
    let mut named = concepts(&forms.iter().map(AsRef::as_ref).collect::<Vec<&str>>()).into_iter().peekable();
    let meaningful = words.iter().any(|(_, word)| !is_stop_word(&word.text));
    let mut pieces: Vec<Piece> = Vec::new();
    // The blank-separated texts that the last piece is made of.
    let mut covered = 0..0;
    let mut at = 0;
    while let Some((place, word)) = words.get(at) {
        let met = named.next_if(|named| named.first == at);
        let count = met.as_ref().map_or(1, |named| named.count);
        let members: Vec<String> =
            words.iter().skip(at).take(count).map(|(_, word)| word.text.clone()).collect();
        let last = words.get(at + count - 1).map_or(*place, |(place, _)| *place);
        let says_nothing = met.is_none() && meaningful && is_stop_word(&word.text);
        at += count;
        if says_nothing {
            continue;
        }
        let unit = Unit { words: members, concept: met.map(|named| named.concept) };
        if pieces.is_empty() || *place >= covered.end {
            covered = *place..*place;
            pieces.push(Piece { units: Vec::new(), identifier: None, whole: None });
        }
        covered.end = covered.end.max(last + 1);
        let Some(piece) = pieces.last_mut() else { continue };
        if !piece.units.contains(&unit) {
            piece.units.push(unit);
        }
        let text = texts.get(covered.clone()).unwrap_or_default().concat();
        piece.identifier = as_identifier(&text);
        let fits = (2..=MAX_SPELT_CHARS).contains(&text.chars().count()) && text.chars().all(is_han);
        piece.whole = fits.then_some(text);
    }
    pieces
}

/// A text with a digit in it and long enough may be a number.
fn as_identifier(text: &str) -> Option<String> {
    let key = identifier_key(text);
    let fits = key.bytes().any(|b| b.is_ascii_digit()) && key.chars().count() >= MIN_IDENTIFIER_CHARS;
    fits.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Terms {
        Terms::parse(text, false).unwrap()
    }

    #[test]
    fn words_that_say_nothing_are_dropped_unless_alone() {
        let terms = parse("飞行器的控制 及 飞行器");
        assert_eq!(terms.words(), ["飞行器", "控制"]);
        assert_eq!(terms.pieces.len(), 2);
        assert_eq!(parse("的").words(), ["的"]);
    }

    #[test]
    fn numbers_are_recognised_in_pieces_and_whole() {
        let terms = parse("石墨粉 ZL201910123456.7");
        assert_eq!(terms.pieces[0].identifier, None);
        assert_eq!(terms.pieces[1].identifier.as_deref(), Some("2019101234567"));
        assert_eq!(parse("ZL 2019 1 0123456.7").identifier.as_deref(), Some("2019101234567"));
    }

    #[test]
    fn text_without_words_is_nothing_and_long_text_is_bounded() {
        assert!(Terms::parse(" …？ ", true).is_none());
        let long: String = ('一'..='龥').collect();
        assert!(parse(&long).words().len() <= MAX_QUERY_WORDS);
        assert!(parse(&long).doubtful_rows().len() <= MAX_GUESSED_WORDS);
        assert!(parse(&"battery ".repeat(1_000)).pieces.len() <= MAX_QUERY_WORDS);
    }

    #[test]
    fn a_concept_with_blanks_in_its_name_is_one_piece() {
        let terms = parse("artificial intelligence 诊断 internet of things");
        let concepts: Vec<_> = terms.units().iter().map(|unit| unit.concept).collect();
        assert_eq!(concepts, [Some("=人工智能"), None, Some("=物联网")]);
        assert_eq!(terms.pieces.len(), 3);
        assert_eq!(terms.pieces[2].units[0].words, ["internet", "of", "things"]);
    }

    #[test]
    fn what_may_be_misspelt_is_long_enough_and_in_pieces() {
        assert_eq!(parse("lithum bms 5g").doubtful_words(), ["lithum"]);
        assert_eq!(parse("传敢器").doubtful_rows(), ["传敢器"]);
        assert!(parse("桥梁传敢器").doubtful_rows().contains(&"传敢器".to_owned()));
        assert!(parse("传感器").doubtful_rows().is_empty());
    }

    #[test]
    fn only_the_last_word_is_unfinished_and_only_while_typed() {
        assert_eq!(Terms::parse("锂电池 recy", true).unwrap().begun.as_deref(), Some("recy"));
        assert_eq!(Terms::parse("锂电池 recy ", true).unwrap().begun, None);
        assert_eq!(parse("recy").begun, None);
    }
}
