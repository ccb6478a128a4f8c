//! Lists of terms: each has an id that is stored, a name in both languages, and the words by which offices mean it.
//!
//! An id is never reused for another meaning. Absent: published classifications with codes of their own (`scheme`).

mod offers;
mod people;
mod results;

pub use offers::{ACTIVITY_TYPE, ATTENDANCE, COOPERATION, DEMAND_CATEGORY, SERVICE_TYPE, SOLUTION};
pub use people::{EXPERT_OFFER, LANGUAGE, LEGAL_FORM, ORGANIZATION_TYPE, PERSON_ROLE};
pub use results::{
    EMERGING_INDUSTRY, FIELD, HIGH_TECH_FIELD, IP_STATUS, IP_TYPE, LEVEL, NOVELTY, RESULT_CATEGORY,
    RESULT_PROPERTY,
};

use crate::fold;
use crate::words::Lang;

/// A list of terms.
#[derive(Debug)]
pub struct Vocabulary {
    /// The list's id.
    pub id: &'static str,
    /// Where the list comes from: a standard's or form's name.
    pub source: &'static str,
    /// The terms in reading order.
    pub terms: &'static [Term],
}

/// One term of a list.
#[derive(Debug)]
pub struct Term {
    /// What is stored.
    pub id: &'static str,
    /// Its name in Chinese.
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// Other words for it.
    pub synonyms: &'static [&'static str],
}

impl Vocabulary {
    /// The term with this id.
    pub fn term(&self, id: &str) -> Option<&'static Term> {
        self.terms.iter().find(|term| term.id == id)
    }

    /// The term that a written word means: its id, a name in either language, or a synonym; width, case, spaces and
    /// punctuation do not matter.
    pub fn read(&self, word: &str) -> Option<&'static Term> {
        fold::word(word).next()?;
        self.terms.iter().find(|term| {
            [term.id, term.zh, term.en].iter().chain(term.synonyms).any(|name| fold::same_word(name, word))
        })
    }
}

impl Term {
    /// Its name in a language.
    pub fn label(&self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.en)
    }
}

const fn term(
    id: &'static str,
    zh: &'static str,
    en: &'static str,
    synonyms: &'static [&'static str],
) -> Term {
    Term { id, zh, en, synonyms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const ALL: &[&Vocabulary] = &[
        &ACTIVITY_TYPE,
        &ATTENDANCE,
        &COOPERATION,
        &DEMAND_CATEGORY,
        &SERVICE_TYPE,
        &SOLUTION,
        &EXPERT_OFFER,
        &LANGUAGE,
        &LEGAL_FORM,
        &ORGANIZATION_TYPE,
        &PERSON_ROLE,
        &EMERGING_INDUSTRY,
        &FIELD,
        &HIGH_TECH_FIELD,
        &IP_STATUS,
        &IP_TYPE,
        &LEVEL,
        &NOVELTY,
        &RESULT_CATEGORY,
        &RESULT_PROPERTY,
    ];

    #[test]
    fn a_word_means_one_term() {
        for list in ALL {
            let mut seen: BTreeMap<String, &str> = BTreeMap::new();
            for term in list.terms {
                assert!(
                    term.id.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()),
                    "{}",
                    term.id
                );
                for name in [term.id, term.zh, term.en].iter().chain(term.synonyms) {
                    let owner = seen.entry(fold::word(name).collect()).or_insert(term.id);
                    assert_eq!(*owner, term.id, "{name} in {}", list.id);
                    assert_eq!(list.read(name).map(|t| t.id), Some(term.id), "{name} in {}", list.id);
                }
            }
        }
    }

    #[test]
    fn the_published_lists_have_their_published_lengths() {
        assert_eq!(FIELD.terms.len(), 11);
        assert_eq!(HIGH_TECH_FIELD.terms.len(), 8);
        assert_eq!(EMERGING_INDUSTRY.terms.len(), 9);
        assert_eq!(LEVEL.terms.len(), 5);
        assert!(FIELD.read("").is_none() && FIELD.read("、").is_none() && FIELD.read("占星").is_none());
        assert_eq!(COOPERATION.read("独家许可").map(|t| t.id), Some("sole_license"));
        assert_eq!(COOPERATION.read("独占许可").map(|t| t.id), Some("exclusive_license"));
    }
}
