//! From words to what is looked for. Built by hand from terms, never parsed from text.

use tantivy::Term;
use tantivy::schema::Field;

use super::formula::Formula;
use super::lexicon::{Begun, Guesses};
use super::terms::{Piece, Terms, Unit};
use crate::schema::Fields;
use crate::text::{parts, stem};

/// How much a word counts in each place.
const TITLE_WEIGHT: f32 = 4.0;
const KEYWORDS_WEIGHT: f32 = 3.0;
const SUMMARY_WEIGHT: f32 = 1.5;
const BODY_WEIGHT: f32 = 1.0;
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

/// Builds formulas over the fields of the index.
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
    pub(super) fn said(&self, terms: &Terms) -> Formula {
        self.all_words(terms, How::Said)
    }

    /// What holds about half of the words, or of the pieces between blanks, or of what was meant by them; what holds all of them
    /// comes first, then what holds all that may have been meant.
    pub(super) fn some(&self, terms: &Terms, guesses: &Guesses) -> Formula {
        let meant = How::Meant(guesses);
        let units = terms.units();
        let enough = if units.len() < 3 { 1 } else { units.len().div_ceil(2) };
        let units: Vec<Formula> = units.into_iter().map(|unit| self.unit_or_parts(unit, meant)).collect();
        let some = Formula::AtLeast(enough, units);
        let pieces: Vec<Formula> = terms.pieces.iter().map(|piece| self.piece(piece, meant)).collect();
        let pieces = Formula::AtLeast(pieces.len().div_ceil(2), pieces);
        // A piece by itself may be fewer than half of the words, and a number shares no word at all: any of these will do.
        let complete = self.all_words(terms, How::Said).worth(COMPLETE_SCORE);
        let mut either = vec![some, pieces, complete];
        if !guesses.is_empty() {
            either.push(self.all_words(terms, meant).worth(MEANT_SCORE));
            either.extend(guesses.shapes.values().map(|shapes| self.shaped(shapes)));
            either.extend(guesses.pinyin_whole.iter().map(|spelt| self.pinyin(spelt)));
        }
        Formula::any(either)
    }

    fn all_words(&self, terms: &Terms, how: How) -> Formula {
        let last = terms.pieces.len().saturating_sub(1);
        let pieces = terms.pieces.iter().enumerate().map(|(place, piece)| {
            let node = self.piece(piece, how);
            if place == last { self.or_continued(node) } else { node }
        });
        let all = Formula::All(pieces.collect());
        self.or_identifier(all, terms.identifier.as_deref())
    }

    /// The last piece, or a longer word that it begins as a whole.
    fn or_continued(&self, piece: Formula) -> Formula {
        if self.begun.whole.is_empty() {
            return piece;
        }
        let mut choices = vec![piece];
        choices.extend(self.begun.whole.iter().flat_map(|word| self.places(word, BEGUN_WEIGHT)));
        Formula::BestOf(choices)
    }

    fn piece(&self, piece: &Piece, how: How) -> Formula {
        let mut all = Formula::All(piece.units.iter().map(|unit| self.unit(unit, how)).collect());
        if let (How::Meant(guesses), Some(whole)) = (how, &piece.whole) {
            let mut choices = vec![all];
            choices.extend(guesses.shapes.get(whole).map(|shapes| self.shaped(shapes)));
            all = Formula::BestOf(choices);
        }
        self.or_identifier(all, piece.identifier.as_deref())
    }

    fn or_identifier(&self, words: Formula, identifier: Option<&str>) -> Formula {
        let Some(identifier) = identifier else { return words };
        Formula::any(vec![words, term(self.fields.identifier, identifier).worth(IDENTIFIER_SCORE)])
    }

    /// A word, or the concept that words name: in the very words or in others.
    fn unit(&self, unit: &Unit, how: How) -> Formula {
        let words = unit.words.iter().map(|word| Formula::BestOf(self.word(word, how)));
        let said = Formula::All(words.collect());
        let Some(concept) = unit.concept else { return said };
        let mut choices = vec![said];
        choices.extend(self.places(concept, CONCEPT_WEIGHT));
        Formula::BestOf(choices)
    }

    /// A unit, or one of the words in it.
    fn unit_or_parts(&self, unit: &Unit, how: How) -> Formula {
        let mut choices = vec![self.unit(unit, how)];
        for word in &unit.words {
            let inside = parts(word);
            // A unit of several words has these as its parts.
            let whole = (unit.words.len() > 1).then_some(word);
            for part in whole.into_iter().chain(&inside) {
                choices.push(Formula::BestOf(self.word(part, How::Said)).times(PART_WEIGHT));
            }
        }
        Formula::BestOf(choices)
    }

    /// The ways to find a word. Whoever holds the word itself holds its stem too, and so never ranks below who has another form.
    fn word(&self, word: &str, how: How) -> Vec<Formula> {
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
    fn places(&self, word: &str, weight: f32) -> Vec<Formula> {
        let fields = self.fields;
        let places = [
            (fields.title, TITLE_WEIGHT),
            (fields.keywords, KEYWORDS_WEIGHT),
            (fields.summary, SUMMARY_WEIGHT),
            (fields.body, BODY_WEIGHT),
        ];
        places.into_iter().map(|(field, place)| term(field, word).times(place * weight)).collect()
    }

    fn pinyin(&self, spelt: &str) -> Formula {
        term(self.fields.pinyin, spelt).worth(PINYIN_SCORE)
    }

    /// Chinese words one edit away from some of the query, in titles and keywords.
    fn shaped(&self, shapes: &[String]) -> Formula {
        let weight = TITLE_WEIGHT * NEAR_WEIGHT;
        Formula::BestOf(shapes.iter().map(|shape| term(self.fields.shape, shape).times(weight)).collect())
    }

    /// What lifts a document above others that hold the same words.
    pub(super) fn bonuses(&self, terms: &Terms) -> Vec<Formula> {
        let title = self.fields.title;
        let phrase = match terms.phrase.as_slice() {
            [word] => term(title, &word.text),
            words => Formula::Phrase(
                words.iter().map(|word| (word.at, Term::from_field_text(title, &word.text))).collect(),
            ),
        };
        let whole = term(self.fields.title_key, &terms.title_key);
        vec![whole.worth(WHOLE_TITLE_SCORE), phrase.worth(PHRASE_SCORE)]
    }
}

fn term(field: Field, text: &str) -> Formula {
    Formula::Term(Term::from_field_text(field, text))
}
