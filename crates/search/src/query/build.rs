//! From words and filters to the query tree of the library beneath. Built by hand from terms, never parsed from text.

use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query as Tree,
    TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::lexicon::{Begun, Guesses};
use super::terms::{Piece, Terms, Unit};
use crate::schema::Fields;
use crate::text::{parts, stem};

/// How much a word counts in each place.
const TITLE_WEIGHT: f32 = 4.0;
const KEYWORDS_WEIGHT: f32 = 3.0;
pub(super) const SUMMARY_WEIGHT: f32 = 1.5;
pub(super) const BODY_WEIGHT: f32 = 1.0;
/// Of a word found in several places or ways, the best counts whole and the others this share.
const OTHER_PLACES: f32 = 0.2;
/// How much another form of an English word counts, another name of the same concept, and the end that the last word may have.
const STEM_WEIGHT: f32 = 0.5;
const CONCEPT_WEIGHT: f32 = 0.3;
const BEGUN_WEIGHT: f32 = 0.5;
/// How much a word inside a word of the query counts when not all words need to be found.
const PART_WEIGHT: f32 = 0.5;
/// How much a word counts that one of the query may have been meant for.
const NEAR_WEIGHT: f32 = 0.5;
/// What pinyin is worth: less than any word that is found.
const PINYIN_SCORE: f32 = 0.01;
/// All words in the title in the same order without a gap; all words found as they may have been meant; a title that matches as a
/// whole; a number that matches as a whole: each above what words can add up to (some hundreds).
const PHRASE_SCORE: f32 = 1_000.0;
const MEANT_SCORE: f32 = 1_000.0;
const WHOLE_TITLE_SCORE: f32 = 2_000.0;
const IDENTIFIER_SCORE: f32 = 4_000.0;
/// All words found, where some would do: above everything else that a partial match can reach.
const COMPLETE_SCORE: f32 = 8_000.0;

type Node = Box<dyn Tree>;
type Clause = (Occur, Node);

/// Builds trees over the fields of the index.
pub(super) struct Builder<'a> {
    pub fields: &'a Fields,
    pub begun: Begun,
}

/// How words are looked for: as they were said, or as they may have been meant.
#[derive(Clone, Copy)]
enum How<'a> {
    Said,
    Meant(&'a Guesses),
}

impl Builder<'_> {
    /// What holds every word, somewhere; whatever its score.
    pub(super) fn said(&self, terms: &Terms) -> Node {
        self.all_words(terms, How::Said)
    }

    /// What holds about half of the words, or of the pieces between blanks, or of what was meant by them; what holds all of them
    /// comes first, then what holds all that may have been meant.
    pub(super) fn some(&self, terms: &Terms, guesses: &Guesses) -> Node {
        let meant = How::Meant(guesses);
        let units = terms.units();
        let enough = if units.len() < 3 { 1 } else { units.len().div_ceil(2) };
        let units: Vec<Node> = units.into_iter().map(|unit| self.unit_or_parts(unit, meant)).collect();
        let some = BooleanQuery::union_with_minimum_required_clauses(units, enough);
        let pieces: Vec<Node> = terms.pieces.iter().map(|piece| self.piece(piece, meant)).collect();
        let enough = pieces.len().div_ceil(2);
        let pieces = BooleanQuery::union_with_minimum_required_clauses(pieces, enough);
        // A piece by itself may be fewer than half of the words, and a number shares no word at all: any of these will do.
        let complete = constant(self.all_words(terms, How::Said), COMPLETE_SCORE);
        let mut either: Vec<Node> = vec![Box::new(some), Box::new(pieces), complete];
        if !guesses.is_empty() {
            either.push(constant(self.all_words(terms, meant), MEANT_SCORE));
            either.extend(guesses.shapes.values().map(|shapes| self.shaped(shapes)));
            either.extend(guesses.pinyin_whole.iter().map(|spelt| self.pinyin(spelt)));
        }
        Box::new(BooleanQuery::union(either))
    }

    /// What matches, in the order of how well.
    pub(super) fn ranked(&self, matching: Node, terms: &Terms) -> BooleanQuery {
        let mut clauses = vec![(Occur::Must, matching)];
        clauses.extend(self.bonuses(terms));
        BooleanQuery::new(clauses)
    }

    fn all_words(&self, terms: &Terms, how: How) -> Node {
        let last = terms.pieces.len().saturating_sub(1);
        let pieces = terms.pieces.iter().enumerate().map(|(place, piece)| {
            let node = self.piece(piece, how);
            if place == last { self.or_continued(node) } else { node }
        });
        let all: Node = Box::new(BooleanQuery::intersection(pieces.collect()));
        self.or_identifier(all, terms.identifier.as_deref())
    }

    /// The last piece, or a longer word that it begins as a whole.
    fn or_continued(&self, piece: Node) -> Node {
        if self.begun.whole.is_empty() {
            return piece;
        }
        let mut choices = vec![piece];
        choices.extend(self.begun.whole.iter().flat_map(|word| self.places(word, BEGUN_WEIGHT)));
        best_of(choices)
    }

    fn piece(&self, piece: &Piece, how: How) -> Node {
        let units: Vec<Node> = piece.units.iter().map(|unit| self.unit(unit, how)).collect();
        let mut all: Node = Box::new(BooleanQuery::intersection(units));
        if let (How::Meant(guesses), Some(whole)) = (how, &piece.whole) {
            let mut choices = vec![all];
            choices.extend(guesses.shapes.get(whole).map(|shapes| self.shaped(shapes)));
            all = best_of(choices);
        }
        self.or_identifier(all, piece.identifier.as_deref())
    }

    fn or_identifier(&self, words: Node, identifier: Option<&str>) -> Node {
        let Some(identifier) = identifier else { return words };
        let number = constant(term(self.fields.identifier, identifier), IDENTIFIER_SCORE);
        Box::new(BooleanQuery::union(vec![words, number]))
    }

    /// A word, or the concept that words name: in the very words or in others.
    fn unit(&self, unit: &Unit, how: How) -> Node {
        let words: Vec<Node> = unit.words.iter().map(|word| best_of(self.word(word, how))).collect();
        let said: Node = Box::new(BooleanQuery::intersection(words));
        let Some(concept) = unit.concept else { return said };
        let mut choices = vec![said];
        choices.extend(self.places(concept, CONCEPT_WEIGHT));
        best_of(choices)
    }

    /// A unit, or one of the words in it.
    fn unit_or_parts(&self, unit: &Unit, how: How) -> Node {
        let mut choices = vec![self.unit(unit, how)];
        for word in &unit.words {
            let inside = parts(word);
            // A unit of several words has these as its parts.
            let whole = (unit.words.len() > 1).then_some(word);
            for part in whole.into_iter().chain(&inside) {
                choices.push(boosted(best_of(self.word(part, How::Said)), PART_WEIGHT));
            }
        }
        best_of(choices)
    }

    /// The ways to find a word. Whoever holds the word itself holds its stem too, and so never ranks below who has another form.
    fn word(&self, word: &str, how: How) -> Vec<Node> {
        let mut choices = self.places(word, 1.0);
        if let Some(stem) = stem(word) {
            choices.extend(self.places(&stem, STEM_WEIGHT));
        }
        if self.begun.of.as_deref() == Some(word) {
            choices.extend(self.begun.word.iter().flat_map(|word| self.places(word, BEGUN_WEIGHT)));
        }
        if let How::Meant(guesses) = how {
            let near = guesses.near.get(word).into_iter().flatten();
            choices.extend(near.flat_map(|near| self.places(near, NEAR_WEIGHT)));
            choices.extend(guesses.pinyin.get(word).into_iter().flatten().map(|spelt| self.pinyin(spelt)));
        }
        choices
    }

    /// A word of the index wherever it stands.
    fn places(&self, word: &str, weight: f32) -> Vec<Node> {
        let fields = self.fields;
        let places = [
            (fields.title, TITLE_WEIGHT),
            (fields.keywords, KEYWORDS_WEIGHT),
            (fields.summary, SUMMARY_WEIGHT),
            (fields.body, BODY_WEIGHT),
        ];
        places.into_iter().map(|(field, place)| boosted(ranked(field, word), place * weight)).collect()
    }

    fn pinyin(&self, spelt: &str) -> Node {
        constant(term(self.fields.pinyin, spelt), PINYIN_SCORE)
    }

    /// Chinese words one edit away from some of the query, in titles and keywords.
    fn shaped(&self, shapes: &[String]) -> Node {
        let weight = TITLE_WEIGHT * NEAR_WEIGHT;
        best_of(shapes.iter().map(|shape| boosted(ranked(self.fields.shape, shape), weight)).collect())
    }

    /// What lifts a document above others that hold the same words.
    fn bonuses(&self, terms: &Terms) -> Vec<Clause> {
        let whole = term(self.fields.title_key, &terms.title_key);
        let title = self.fields.title;
        let phrase: Node = match terms.phrase.as_slice() {
            [word] => term(title, &word.text),
            words => Box::new(PhraseQuery::new_with_offset(
                words.iter().map(|word| (word.at, Term::from_field_text(title, &word.text))).collect(),
            )),
        };
        vec![
            (Occur::Should, constant(whole, WHOLE_TITLE_SCORE)),
            (Occur::Should, constant(phrase, PHRASE_SCORE)),
        ]
    }
}

/// Of what is found in several ways, the best counts whole and the others a share.
fn best_of(choices: Vec<Node>) -> Node {
    Box::new(DisjunctionMaxQuery::with_tie_breaker(choices, OTHER_PLACES))
}

fn term(field: Field, text: &str) -> Node {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn ranked(field: Field, text: &str) -> Node {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

fn boosted(node: Node, weight: f32) -> Node {
    Box::new(BoostQuery::new(node, weight))
}

fn constant(node: Node, score: f32) -> Node {
    Box::new(ConstScoreQuery::new(node, score))
}
