//! A query's text, taken apart.

use crate::limits::{MAX_QUERY_CHARS, MAX_QUERY_WORDS};
use crate::schema::first_chars;
use crate::text::{Cut, Word, cut, fold, identifier_key, is_stop_word, parts, title_key};

/// The shortest text that is taken for a number or source id, in characters.
const MIN_IDENTIFIER_CHARS: usize = 4;

/// What is written between two blanks.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its words, without those that say nothing (unless nothing else is there).
    pub words: Vec<String>,
    /// The piece as a number or source id, if it can be one.
    pub identifier: Option<String>,
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
}

impl Terms {
    /// Takes `text` apart; nothing if there is no word in it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = first_chars(text, MAX_QUERY_CHARS);
        let folded = fold(text);
        let phrase = limited(cut(&folded, Cut::Plain));
        let meaningful = phrase.iter().any(|word| !is_stop_word(&word.text));
        let mut room = MAX_QUERY_WORDS;
        let mut pieces = Vec::new();
        for piece in folded.split_whitespace() {
            let mut words = Vec::new();
            for word in cut(piece, Cut::Plain) {
                if room > 0 && !(meaningful && is_stop_word(&word.text)) && !words.contains(&word.text) {
                    words.push(word.text);
                    room -= 1;
                }
            }
            if !words.is_empty() {
                pieces.push(Piece { words, identifier: as_identifier(piece) });
            }
        }
        let terms = Self { pieces, phrase, title_key: title_key(text), identifier: as_identifier(text) };
        (!terms.pieces.is_empty()).then_some(terms)
    }

    /// All words, each once.
    pub(super) fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for word in self.pieces.iter().flat_map(|piece| &piece.words) {
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
}

fn limited(mut words: Vec<Word>) -> Vec<Word> {
    words.truncate(MAX_QUERY_WORDS);
    words
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

    #[test]
    fn words_that_say_nothing_are_dropped_unless_alone() {
        let terms = Terms::parse("飞行器的控制 及 飞行器").unwrap();
        assert_eq!(terms.words(), ["飞行器", "控制"]);
        assert_eq!(terms.pieces.len(), 2);
        assert_eq!(Terms::parse("的").unwrap().words(), ["的"]);
    }

    #[test]
    fn numbers_are_recognised_in_pieces_and_whole() {
        let terms = Terms::parse("石墨烯 ZL201910123456.7").unwrap();
        assert_eq!(terms.pieces[0].identifier, None);
        assert_eq!(terms.pieces[1].identifier.as_deref(), Some("2019101234567"));
        assert_eq!(Terms::parse("ZL 2019 1 0123456.7").unwrap().identifier.as_deref(), Some("2019101234567"));
    }

    #[test]
    fn text_without_words_is_nothing_and_long_text_is_bounded() {
        assert!(Terms::parse(" …？ ").is_none());
        let long: String = ('一'..='龥').collect();
        assert!(Terms::parse(&long).unwrap().words().len() <= MAX_QUERY_WORDS);
    }
}
