//! Published classifications with codes of their own: GB/T 4754-2017 industries, GB/T 13745-2009 disciplines, and the
//! categories of degree subjects. A stored code always stands beside the name of its scheme, since forms mix them.
//!
//! Present are the top levels with names (20, 62, 13); deeper codes are checked for their form and parent and kept
//! without a name. Absent: the names of the deeper levels, NSFC application codes, and mappings between schemes.

mod degree;
mod discipline;
mod industry;

pub use degree::DEGREE_CATEGORY;
pub use discipline::DISCIPLINE;
pub use industry::INDUSTRY;

use crate::fold;
use crate::words::Lang;

/// A classification.
#[derive(Debug)]
pub struct Scheme {
    /// What is stored beside a code: the standard and its year.
    pub id: &'static str,
    /// Its name in Chinese.
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// The named classes of the top level.
    pub classes: &'static [Class],
    /// Reads a written code of any level; gives the code in normal form and the top class it belongs to.
    read_code: fn(&str) -> Option<(String, &'static str)>,
}

/// A named class.
#[derive(Debug)]
pub struct Class {
    /// Its code in the scheme.
    pub code: &'static str,
    /// Its name in Chinese.
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
}

impl Scheme {
    /// Reads a code, a name, or both as forms carry them (`110 数学`, `190心理学`, `C 制造业`, `C3985`); the code in normal
    /// form, or `None` when neither is known or code and name contradict each other.
    pub fn read(&self, text: &str) -> Option<String> {
        let text = fold::cell(text);
        let split = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(text.len());
        let (code, name) = text.split_at(split);
        if !code.is_empty()
            && let Some((code, top)) = (self.read_code)(code.trim_matches('.'))
        {
            let top_level = code == top;
            let named = fold::word(name).next().is_none()
                || self.class_named(name).is_none_or(|c| !top_level || c.code == top);
            return named.then_some(code);
        }
        self.class_named(&text).map(|class| class.code.to_owned())
    }

    /// A code for people: the name of a top class (`制造业`), or a deeper code with the name of its top class (`C3985 制造业`).
    pub fn label(&self, code: &str, lang: Lang) -> Option<String> {
        let (code, top) = (self.read_code)(code)?;
        let class = self.classes.iter().find(|class| class.code == top)?;
        let name = lang.pick(class.zh, class.en);
        Some(if code == top { name.to_owned() } else { format!("{code} {name}") })
    }

    fn class_named(&self, name: &str) -> Option<&'static Class> {
        self.classes.iter().find(|class| fold::same_word(class.zh, name) || fold::same_word(class.en, name))
    }

    fn top(&'static self, code: &str) -> Option<&'static str> {
        self.classes.iter().find(|class| class.code == code).map(|class| class.code)
    }
}

/// The scheme with this id.
pub fn by_id(id: &str) -> Option<&'static Scheme> {
    [&INDUSTRY, &DISCIPLINE, &DEGREE_CATEGORY].into_iter().find(|scheme| scheme.id == id)
}

const fn class(code: &'static str, zh: &'static str, en: &'static str) -> Class {
    Class { code, zh, en }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_read_as_forms_carry_them() {
        for (text, code) in [
            ("110 数学", "110"),
            ("190心理学", "190"),
            ("110.1410", "110.1410"),
            ("1101410", "110.1410"),
            ("110.14", "110.14"),
            ("材料科学", "430"),
            ("430", "430"),
        ] {
            assert_eq!(DISCIPLINE.read(text).as_deref(), Some(code), "{text}");
        }
        for (text, code) in [
            ("C3985", "C3985"),
            ("3985", "C3985"),
            ("制造业", "C"),
            ("C 制造业", "C"),
            ("C-制造业", "C"),
            ("Ｃ３９", "C39"),
            ("信息传输、软件和信息技术服务业", "I"),
            ("i65", "I65"),
        ] {
            assert_eq!(INDUSTRY.read(text).as_deref(), Some(code), "{text}");
        }
        assert_eq!(DEGREE_CATEGORY.read("工学").as_deref(), Some("08"));
        for bad in ["110 物理学", "999", "", "11", "110.1", "数", "C 数学家 ", "110..14"] {
            assert_eq!(DISCIPLINE.read(bad), None, "{bad}");
        }
        for bad in ["A39", "C 金融业", "Z1", "C398", "", "00", "C39851", "9999"] {
            assert_eq!(INDUSTRY.read(bad).filter(|c| c != "C398"), None, "{bad}");
        }
        assert_eq!(INDUSTRY.label("C3985", Lang::Zh).as_deref(), Some("C3985 制造业"));
        assert_eq!(DISCIPLINE.label("110", Lang::En).as_deref(), Some("Mathematics"));
    }

    #[test]
    fn the_top_levels_are_complete() {
        assert_eq!(
            (INDUSTRY.classes.len(), DISCIPLINE.classes.len(), DEGREE_CATEGORY.classes.len()),
            (20, 62, 13)
        );
    }
}
