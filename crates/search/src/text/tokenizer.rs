//! The cutter, in the form in which the index beneath asks for it.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::{Cut, Word, concepts, cut, fold, plain, stem};

/// The name under which the schema finds the [`Analyzer`].
pub(crate) const ANALYZER: &str = "lianshi_zh";

/// Folds and cuts a field's text.
#[derive(Clone)]
pub(crate) struct Analyzer;

/// The words of one text, cut beforehand. Byte offsets are not given: they would be those of the folded text, and nothing
/// that shows text reads them.
pub(crate) struct Words {
    words: std::vec::IntoIter<Word>,
    token: Token,
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        Words { words: indexed(&fold(text)).into_iter(), token: Token::default() }
    }
}

/// What the index holds of a folded text: its words, the stems of the English ones, the concepts that they name.
fn indexed(folded: &str) -> Vec<Word> {
    let mut words = cut(folded, Cut::Fine);
    let plain = plain(&words);
    let stems: Vec<Option<String>> = plain.iter().map(|word| stem(&word.text)).collect();
    let forms = stems.iter().zip(&plain).map(|(stem, word)| stem.as_deref().unwrap_or(&word.text));
    let named = concepts(&forms.collect::<Vec<&str>>());
    let named = named
        .into_iter()
        .filter_map(|named| Some(Word { text: named.concept.to_owned(), at: plain.get(named.first)?.at }));
    let stems =
        stems.into_iter().zip(&plain).filter_map(|(stem, word)| Some(Word { text: stem?, at: word.at }));
    let mut beside: Vec<Word> = stems.chain(named).collect();
    if !beside.is_empty() {
        words.append(&mut beside);
        words.sort_by_key(|word| word.at);
    }
    words
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.position = word.at;
        self.token.text = word.text;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These bytes are in every index on disk: when this test changes, so must `SCHEMA_VERSION`.
    #[test]
    fn what_is_indexed_is_pinned() {
        let texts: Vec<String> = indexed("植保 drones，水轮机").into_iter().map(|word| word.text).collect();
        assert_eq!(texts, ["植保", "drones", "~drone", "=无人机", "水轮", "水轮机", "轮机"]);
    }
}
