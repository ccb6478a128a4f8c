//! Stems of English words, so that `batteries` and `battery` find each other.

use std::sync::OnceLock;

use frostem::{Algorithm, Stemmer};

use crate::limits::MAX_WORD_CHARS;

/// What a stem begins with in the index, so that it is never taken for a word: no word holds this character.
pub(crate) const STEM_MARK: char = '~';

/// Words of fewer letters have no forms.
const MIN_STEMMED_CHARS: usize = 3;

fn stemmer() -> &'static Stemmer {
    static STEMMER: OnceLock<Stemmer> = OnceLock::new();
    STEMMER.get_or_init(|| Stemmer::new(Algorithm::English))
}

/// The stem of a folded word as the index holds it, if the word is one of plain Latin letters. Every form of a word has one, the
/// basic form too: whoever holds the form that is asked for then holds the stem as well, and never ranks below who only has that.
pub(crate) fn stem(word: &str) -> Option<String> {
    let fits = is_latin(word) && (MIN_STEMMED_CHARS..=MAX_WORD_CHARS).contains(&word.len());
    fits.then(|| format!("{STEM_MARK}{}", stemmer().stem(word)))
}

/// Whether a folded word is made of the letters a to z alone.
pub(crate) fn is_latin(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        for forms in [
            ["battery", "batteries"],
            ["catalyst", "catalysts"],
            ["recycle", "recycling"],
            ["coat", "coated"],
            ["detect", "detection"],
        ] {
            let [one, other] = forms.map(stem);
            assert!(one.is_some());
            assert_eq!(one, other, "{forms:?}");
        }
        assert_ne!(stem("battery"), stem("bacteria"));
    }

    #[test]
    fn what_is_no_english_word_has_none() {
        for word in ["5g", "co2", "ai", "水轮机", "größe", "", &"a".repeat(65)] {
            assert_eq!(stem(word), None, "{word}");
        }
    }
}
