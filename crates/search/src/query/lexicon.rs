//! The words that the index knows: what a word may have been meant for, and how it may go on.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, TantivyError, Term};

use super::terms::Terms;
use crate::error::Error;
use crate::limits::{FEW_HITS, MAX_GUESSED_WORDS, MAX_GUESSES, MAX_GUESSES_SCANNED};
use crate::schema::Fields;
use crate::text::{CONCEPT_MARK, STEM_MARK, is_latin, pinyin_key, shapes};

/// The shortest word that another one is taken for, in letters.
const MIN_MEANT_CHARS: usize = 3;

/// How the unfinished end of a query may go on.
#[derive(Debug, Default)]
pub(super) struct Begun {
    /// The last word.
    pub of: Option<String>,
    /// The words that it begins.
    pub word: Vec<String>,
    /// Those that the last piece begins, taken for one word.
    pub whole: Vec<String>,
}

/// What the words of a query that finds little may have been meant for.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    /// For an English word, the words of the index that are one edit away.
    pub near: BTreeMap<String, Vec<String>>,
    /// For Chinese words in a row, the shapes in the index that they share with what is one edit away.
    pub shapes: BTreeMap<String, Vec<String>>,
    /// For a word, the spellings in pinyin that it is or begins.
    pub pinyin: BTreeMap<String, Vec<String>>,
    /// The same for the whole text.
    pub pinyin_whole: Vec<String>,
}

impl Guesses {
    pub(super) fn is_empty(&self) -> bool {
        self.near.is_empty()
            && self.shapes.is_empty()
            && self.pinyin.is_empty()
            && self.pinyin_whole.is_empty()
    }
}

/// The dictionaries of the index.
pub(super) struct Lexicon<'a> {
    pub searcher: &'a Searcher,
    pub fields: &'a Fields,
}

impl Lexicon<'_> {
    /// How the unfinished end of a query may go on in titles and keywords.
    pub(super) fn begun(&self, terms: &Terms) -> Result<Begun, Error> {
        let Some(word) = &terms.begun else { return Ok(Begun::default()) };
        let places = [self.fields.title, self.fields.keywords];
        let whole = terms.pieces.last().and_then(|piece| piece.whole.as_ref()).filter(|whole| *whole != word);
        Ok(Begun {
            of: Some(word.clone()),
            word: self.beginning(word, &places)?,
            whole: whole.map(|whole| self.beginning(whole, &places)).transpose()?.unwrap_or_default(),
        })
    }

    /// What the words that the index hardly knows may have been meant for.
    pub(super) fn guesses(&self, terms: &Terms) -> Result<Guesses, Error> {
        let mut guesses = Guesses::default();
        for row in terms.doubtful_rows() {
            let mut known = Vec::new();
            // Where the query lacks a character it is a shape itself.
            for shape in shapes(&row).into_iter().chain([row.clone()]) {
                if self.held(self.fields.shape, &shape)? > 0 {
                    known.push(shape);
                }
            }
            if !known.is_empty() {
                guesses.shapes.insert(row, known);
            }
        }
        for word in terms.doubtful_words() {
            if self.is_rare(word)? {
                let near = self.near(word)?;
                if !near.is_empty() {
                    guesses.near.insert(word.to_owned(), near);
                }
            }
        }
        for word in terms.words().into_iter().filter(|word| is_latin(word)).take(MAX_GUESSED_WORDS) {
            if self.is_rare(word)? {
                let spelt = self.spelt(pinyin_key(word), terms.begun.as_deref() == Some(word))?;
                if !spelt.is_empty() {
                    guesses.pinyin.insert(word.to_owned(), spelt);
                }
            }
        }
        guesses.pinyin_whole = self.spelt(terms.pinyin.clone(), terms.begun.is_some())?;
        Ok(guesses)
    }

    /// Whether fewer documents hold a word than make a search worth while.
    fn is_rare(&self, word: &str) -> Result<bool, Error> {
        let fields = self.fields;
        let mut held = 0;
        for field in [fields.title, fields.keywords, fields.summary, fields.body] {
            held += self.held(field, word)?;
        }
        Ok(held < FEW_HITS as u64)
    }

    /// How many documents hold a word in a field.
    fn held(&self, field: Field, word: &str) -> Result<u64, Error> {
        self.searcher.doc_freq(&Term::from_field_text(field, word)).map_err(Error::reading)
    }

    /// The spellings in the index that `key` is; or that it begins, while it is typed.
    fn spelt(&self, key: Option<String>, begun: bool) -> Result<Vec<String>, Error> {
        let Some(key) = key else { return Ok(Vec::new()) };
        if begun {
            return self.beginning(&key, &[self.fields.pinyin]);
        }
        Ok(if self.held(self.fields.pinyin, &key)? > 0 { vec![key] } else { Vec::new() })
    }

    /// English words one edit away from `word`: a letter replaced, left out, put in, or two exchanged. Those of the body, which is
    /// of every kind, are no help.
    fn near(&self, word: &str) -> Result<Vec<String>, Error> {
        let mut found = Found::default();
        for field in [self.fields.title, self.fields.keywords, self.fields.summary] {
            let query = FuzzyTermQuery::new(Term::from_field_text(field, word), 1, true);
            let automaton = query.automaton().map_err(Error::reading)?;
            for segment in self.searcher.segment_readers() {
                let index = segment.inverted_index(field).map_err(Error::reading)?;
                // Without the bounds it would walk through all Chinese words as well.
                let near = index.terms().search(&automaton).ge("a").lt("{");
                let mut near = near.into_stream().map_err(reading)?;
                for _ in 0..MAX_GUESSES_SCANNED {
                    if !near.advance() {
                        break;
                    }
                    found.add(near.key(), near.value().doc_freq);
                }
            }
        }
        found.held.retain(|near, _| near != word && near.len() >= MIN_MEANT_CHARS);
        Ok(found.most_frequent())
    }

    /// Words that begin with `start`, itself among them.
    fn beginning(&self, start: &str, places: &[Field]) -> Result<Vec<String>, Error> {
        let mut found = Found::default();
        for field in places {
            for segment in self.searcher.segment_readers() {
                let index = segment.inverted_index(*field).map_err(Error::reading)?;
                let mut words = index.terms().range().ge(start).into_stream().map_err(reading)?;
                for _ in 0..MAX_GUESSES_SCANNED {
                    if !words.advance() || !words.key().starts_with(start.as_bytes()) {
                        break;
                    }
                    found.add(words.key(), words.value().doc_freq);
                }
            }
        }
        Ok(found.most_frequent())
    }
}

fn reading(source: std::io::Error) -> Error {
    Error::reading(TantivyError::from(source))
}

/// Words of the index, and how many documents hold them.
#[derive(Default)]
struct Found {
    held: BTreeMap<String, u64>,
}

impl Found {
    /// Counts a word of one dictionary; stems and concepts are no words.
    fn add(&mut self, key: &[u8], held: u32) {
        if let Ok(word) = std::str::from_utf8(key)
            && !word.starts_with([STEM_MARK, CONCEPT_MARK])
        {
            *self.held.entry(word.to_owned()).or_default() += u64::from(held);
        }
    }

    fn most_frequent(self) -> Vec<String> {
        let mut words: Vec<(String, u64)> = self.held.into_iter().collect();
        words.sort_by_key(|(_, held)| Reverse(*held));
        words.truncate(MAX_GUESSES);
        words.into_iter().map(|(word, _)| word).collect()
    }
}
