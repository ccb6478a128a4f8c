//! From words and filters to the query tree of the library beneath. Built by hand from terms, never parsed from text.

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery,
    Query as Tree, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::Query;
use super::terms::{Piece, Terms};
use crate::schema::{Fields, PUBLIC, is_code, region_prefix, trl_levels};
use crate::text::parts;

/// How much a word counts in each place.
const TITLE_WEIGHT: f32 = 4.0;
const KEYWORDS_WEIGHT: f32 = 3.0;
const SUMMARY_WEIGHT: f32 = 1.5;
const BODY_WEIGHT: f32 = 1.0;
/// Of a word found in several places, the best counts whole and the others this share.
const OTHER_PLACES: f32 = 0.2;
/// How much the words count extra when they stand in the title in the same order without a gap.
const PHRASE_WEIGHT: f32 = 3.0;
/// How much a word inside a word of the query counts when not all words need to be found.
const PART_WEIGHT: f32 = 0.5;
/// A number that matches as a whole, a title that matches as a whole: above what words can add up to (about 1,000).
const IDENTIFIER_SCORE: f32 = 4_000.0;
const WHOLE_TITLE_SCORE: f32 = 2_000.0;
/// All words found, where some would do: above everything else that a partial match can reach.
const COMPLETE_SCORE: f32 = 8_000.0;

type Node = Box<dyn Tree>;
type Clause = (Occur, Node);

/// Builds trees over the fields of the index.
pub(super) struct Builder<'a> {
    pub fields: &'a Fields,
}

/// Conditions that every result meets, or must not meet, and that do not count in its score.
pub(super) struct Filters(Vec<Clause>);

impl Filters {
    fn clauses(&self) -> Vec<Clause> {
        self.0.iter().map(|(occur, filter)| (*occur, filter.box_clone())).collect()
    }
}

impl Builder<'_> {
    /// The filters of a query; nothing if no document can meet them.
    pub(super) fn filters(&self, query: &Query) -> Option<Filters> {
        let fields = self.fields;
        let codes = [
            (fields.kind, &query.kind),
            (fields.field, &query.field),
            (fields.cooperation, &query.cooperation),
            (fields.institution, &query.institution),
            (fields.lang, &query.lang),
        ];
        let mut filters: Vec<Clause> = Vec::new();
        let mut must = |filter: Node| filters.push((Occur::Must, constant(filter, 0.0)));
        for (field, code) in codes {
            if let Some(code) = code {
                if !is_code(code) {
                    return None;
                }
                must(term(field, code));
            }
        }
        if query.public_only {
            must(term(fields.public, PUBLIC));
        }
        match query.region_prefix.as_deref().map(region_prefix) {
            None | Some("") => {}
            Some(prefix) if is_code(prefix) => must(term(fields.region, prefix)),
            Some(_) => return None,
        }
        if query.trl.is_some() {
            let levels = trl_levels(query.trl);
            let levels: Vec<Node> = levels.iter().map(|level| term(fields.trl, level)).collect();
            if levels.is_empty() {
                return None;
            }
            must(Box::new(BooleanQuery::union(levels)));
        }
        let without = [
            (fields.institution, &query.without_institutions),
            (fields.id, &query.without_ids),
            (fields.objected_by, &query.without_objected_by),
        ];
        for (field, codes) in without.into_iter().filter(|(_, codes)| !codes.is_empty()) {
            let codes = codes.iter().map(|code| Term::from_field_text(field, code));
            filters.push((Occur::MustNot, Box::new(TermSetQuery::new(codes))));
        }
        Some(Filters(filters))
    }

    /// Everything that meets the filters.
    pub(super) fn everything(&self, filters: &Filters) -> BooleanQuery {
        let mut clauses = filters.clauses();
        clauses.push((Occur::Must, Box::new(AllQuery)));
        BooleanQuery::new(clauses)
    }

    /// What holds every word, somewhere.
    pub(super) fn strict(&self, terms: &Terms, filters: &Filters) -> BooleanQuery {
        let mut clauses = filters.clauses();
        clauses.push((Occur::Must, self.all_words(terms)));
        clauses.extend(self.bonuses(terms));
        BooleanQuery::new(clauses)
    }

    /// What holds about half of the words, or of the pieces between blanks; what holds all of them comes first.
    pub(super) fn relaxed(&self, terms: &Terms, filters: &Filters) -> BooleanQuery {
        let words = terms.words();
        let enough = if words.len() < 3 { 1 } else { words.len().div_ceil(2) };
        let words: Vec<Node> = words.into_iter().map(|word| self.word_or_parts(word)).collect();
        let some = BooleanQuery::union_with_minimum_required_clauses(words, enough);
        let pieces: Vec<Node> = terms.pieces.iter().map(|piece| self.piece(piece)).collect();
        let enough = pieces.len().div_ceil(2);
        let pieces = BooleanQuery::union_with_minimum_required_clauses(pieces, enough);
        // A piece by itself may be fewer than half of the words, and a number shares no word at all: any of these will do.
        let complete = constant(self.all_words(terms), COMPLETE_SCORE);
        let either = BooleanQuery::union(vec![Box::new(some), Box::new(pieces), complete]);
        let mut clauses = filters.clauses();
        clauses.push((Occur::Must, Box::new(either)));
        clauses.extend(self.bonuses(terms));
        BooleanQuery::new(clauses)
    }

    fn all_words(&self, terms: &Terms) -> Node {
        let pieces: Vec<Node> = terms.pieces.iter().map(|piece| self.piece(piece)).collect();
        let all: Node = Box::new(BooleanQuery::intersection(pieces));
        self.or_identifier(all, terms.identifier.as_deref())
    }

    fn piece(&self, piece: &Piece) -> Node {
        let words: Vec<Node> = piece.words.iter().map(|word| self.word(word)).collect();
        let all: Node = Box::new(BooleanQuery::intersection(words));
        self.or_identifier(all, piece.identifier.as_deref())
    }

    fn or_identifier(&self, words: Node, identifier: Option<&str>) -> Node {
        let Some(identifier) = identifier else { return words };
        let number = constant(term(self.fields.identifier, identifier), IDENTIFIER_SCORE);
        Box::new(BooleanQuery::union(vec![words, number]))
    }

    /// A word, wherever it stands.
    fn word(&self, word: &str) -> Node {
        let fields = self.fields;
        let places = [
            (fields.title, TITLE_WEIGHT),
            (fields.keywords, KEYWORDS_WEIGHT),
            (fields.summary, SUMMARY_WEIGHT),
            (fields.body, BODY_WEIGHT),
        ];
        let places = places.into_iter().map(|(field, weight)| boosted(ranked(field, word), weight)).collect();
        Box::new(DisjunctionMaxQuery::with_tie_breaker(places, OTHER_PLACES))
    }

    fn word_or_parts(&self, word: &str) -> Node {
        let mut choices = vec![self.word(word)];
        choices.extend(parts(word).iter().map(|part| boosted(self.word(part), PART_WEIGHT)));
        Box::new(DisjunctionMaxQuery::with_tie_breaker(choices, OTHER_PLACES))
    }

    /// What lifts a document above others that hold the same words.
    fn bonuses(&self, terms: &Terms) -> Vec<Clause> {
        let title = term(self.fields.title_key, &terms.title_key);
        let mut bonuses = vec![(Occur::Should, constant(title, WHOLE_TITLE_SCORE))];
        if terms.phrase.len() > 1 {
            let title = self.fields.title;
            let words =
                terms.phrase.iter().map(|word| (word.at, Term::from_field_text(title, &word.text))).collect();
            let phrase = PhraseQuery::new_with_offset(words);
            bonuses.push((Occur::Should, boosted(Box::new(phrase), PHRASE_WEIGHT)));
        }
        bonuses
    }
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
