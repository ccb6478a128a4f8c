//! What is looked for, as a formula over the words of the index. It is made twice into something that finds: into sets of
//! documents, which say who matches, and into a tree of the library beneath, which says how well.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, PhraseQuery, Query as Tree, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{SegmentReader, Term};

use crate::limits::MAX_READ_BYTES;
use crate::sets::{Bits, each_of};

/// Of a word found in several places or ways, the best counts whole and the others this share.
const OTHER_PLACES: f32 = 0.2;

/// A condition on a document, and what meeting it is worth.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    /// Holds a word in a field.
    Term(Term),
    /// Holds these words in a field at these distances.
    Phrase(Vec<(usize, Term)>),
    /// Meets all of them; worth their sum.
    All(Vec<Formula>),
    /// Meets at least so many of them; worth the sum of those that it meets.
    AtLeast(usize, Vec<Formula>),
    /// Meets one of them; worth the best, and a share of the others.
    BestOf(Vec<Formula>),
    /// Worth so many times as much.
    Times(f32, Box<Formula>),
    /// Worth this, however it is met.
    Constant(f32, Box<Formula>),
}

/// The words of the index in one segment, for one search: those that many documents hold are read once.
pub(super) struct Words<'a> {
    segment: &'a SegmentReader,
    read: RefCell<BTreeMap<Term, Rc<Bits>>>,
}

impl<'a> Words<'a> {
    pub(super) fn of(segment: &'a SegmentReader) -> Self {
        Self { segment, read: RefCell::default() }
    }

    /// No document of the segment.
    pub(super) fn none(&self) -> Bits {
        Bits::of(self.segment.max_doc())
    }

    fn add(&self, term: &Term, to: &mut Bits) -> tantivy::Result<()> {
        if let Some(known) = self.read.borrow().get(term) {
            to.add(known);
            return Ok(());
        }
        let mut own = self.none();
        let count = each_of(self.segment, term, |doc| own.insert(doc))?;
        to.add(&own);
        let mut read = self.read.borrow_mut();
        if count >= own.words() && (read.len() + 1) * own.words() * size_of::<u64>() <= MAX_READ_BYTES {
            read.insert(term.clone(), Rc::new(own));
        }
        Ok(())
    }
}

impl Formula {
    /// Meets any of them; worth the sum of those that it meets.
    pub(super) fn any(of: Vec<Self>) -> Self {
        Self::AtLeast(1, of)
    }

    pub(super) fn times(self, weight: f32) -> Self {
        Self::Times(weight, Box::new(self))
    }

    pub(super) fn worth(self, score: f32) -> Self {
        Self::Constant(score, Box::new(self))
    }

    /// Who meets it. Of a phrase, who holds its first word: that may be more.
    pub(super) fn met(&self, words: &Words<'_>) -> tantivy::Result<Bits> {
        let mut met = words.none();
        self.add_met(words, &mut met)?;
        Ok(met)
    }

    fn add_met(&self, words: &Words<'_>, to: &mut Bits) -> tantivy::Result<()> {
        match self {
            Self::Term(term) => words.add(term, to)?,
            Self::Phrase(of) => of.first().map_or(Ok(()), |(_, term)| words.add(term, to))?,
            Self::BestOf(of) | Self::AtLeast(1, of) => {
                of.iter().try_for_each(|one| one.add_met(words, to))?
            }
            Self::Times(_, of) | Self::Constant(_, of) => of.add_met(words, to)?,
            Self::All(of) => {
                let mut all: Option<Bits> = None;
                for one in of {
                    let met = one.met(words)?;
                    match &mut all {
                        None => all = Some(met),
                        Some(all) => all.keep(&met),
                    }
                    if all.as_ref().is_some_and(Bits::is_empty) {
                        break;
                    }
                }
                if let Some(all) = all {
                    to.add(&all);
                }
            }
            Self::AtLeast(enough, of) => {
                let met = of.iter().map(|one| one.met(words)).collect::<tantivy::Result<Vec<_>>>()?;
                if let Some(met) = Bits::at_least(*enough, &met) {
                    to.add(&met);
                }
            }
        }
        Ok(())
    }

    /// Who meets something in it that is worth more than [`most`](Self::most) says; `common` says of which words the frequency
    /// counts there.
    pub(super) fn add_better(
        &self,
        words: &Words<'_>,
        common: &BTreeMap<Term, f32>,
        to: &mut Bits,
    ) -> tantivy::Result<()> {
        match self {
            Self::Term(term) if common.contains_key(term) => Ok(()),
            Self::Term(_) | Self::Phrase(_) | Self::Constant(..) => self.add_met(words, to),
            Self::All(of) | Self::AtLeast(_, of) | Self::BestOf(of) => {
                of.iter().try_for_each(|one| one.add_better(words, common, to))
            }
            Self::Times(_, of) => of.add_better(words, common, to),
        }
    }

    /// What it can be worth, at the most, to a document that holds none of its words but these, each worth no more than is said.
    pub(super) fn most(&self, common: &BTreeMap<Term, f32>) -> f32 {
        let each = |of: &[Self]| of.iter().map(|one| one.most(common)).collect::<Vec<f32>>();
        match self {
            Self::Term(term) => common.get(term).copied().unwrap_or_default(),
            Self::Phrase(_) | Self::Constant(..) => 0.0,
            Self::All(of) | Self::AtLeast(_, of) => each(of).iter().sum(),
            Self::BestOf(of) => {
                let each = each(of);
                let best = each.iter().copied().fold(0.0, f32::max);
                best + OTHER_PLACES * (each.iter().sum::<f32>() - best)
            }
            Self::Times(weight, of) => weight * of.most(common),
        }
    }

    /// Calls `found` with each word that how often it is held counts for.
    pub(super) fn each_counted<'a>(&'a self, found: &mut impl FnMut(&'a Term)) {
        match self {
            Self::Term(term) => found(term),
            Self::Phrase(_) | Self::Constant(..) => {}
            Self::All(of) | Self::AtLeast(_, of) | Self::BestOf(of) => {
                of.iter().for_each(|one| one.each_counted(found));
            }
            Self::Times(_, of) => of.each_counted(found),
        }
    }

    /// As a query of the library beneath.
    pub(super) fn tree(&self) -> Box<dyn Tree> {
        self.planted(IndexRecordOption::WithFreqs)
    }

    fn planted(&self, option: IndexRecordOption) -> Box<dyn Tree> {
        let each = |of: &[Self]| of.iter().map(|one| one.planted(option)).collect::<Vec<_>>();
        match self {
            Self::Term(term) => Box::new(TermQuery::new(term.clone(), option)),
            Self::Phrase(words) => Box::new(PhraseQuery::new_with_offset(words.clone())),
            Self::All(of) => Box::new(BooleanQuery::intersection(each(of))),
            Self::AtLeast(1, of) => Box::new(BooleanQuery::union(each(of))),
            Self::AtLeast(enough, of) => {
                Box::new(BooleanQuery::union_with_minimum_required_clauses(each(of), *enough))
            }
            Self::BestOf(of) => Box::new(DisjunctionMaxQuery::with_tie_breaker(each(of), OTHER_PLACES)),
            Self::Times(weight, of) => Box::new(BoostQuery::new(of.planted(option), *weight)),
            Self::Constant(score, of) => {
                Box::new(ConstScoreQuery::new(of.planted(IndexRecordOption::Basic), *score))
            }
        }
    }
}
