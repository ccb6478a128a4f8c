//! The cutter, in the form in which the index beneath asks for it.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::{Cut, Word, cut, fold};

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
        Words { words: cut(&fold(text), Cut::Fine).into_iter(), token: Token::default() }
    }
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
