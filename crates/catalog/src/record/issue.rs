//! Why a value was refused or deserves a second look.

use crate::limits::MAX_QUOTED_CHARS;
use crate::words::{self, Lang};
use crate::{Field, Kind, display, fold};

/// One remark on a record: a sentence that says what, why, and what to do next, naming the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The field id, or the document key for fields that are not known; empty when the whole record is meant.
    pub field: String,
    /// A stable short name of the rule, for programs.
    pub code: &'static str,
    /// The sentence in Chinese.
    pub reason_zh: String,
    /// The sentence in English.
    pub reason_en: String,
}

impl Issue {
    /// The sentence in a language.
    pub fn reason(&self, lang: Lang) -> &str {
        lang.pick(&self.reason_zh, &self.reason_en)
    }

    /// An issue of a known field with its value; `more` fills further places of the text `issue.<code>`.
    pub(crate) fn of(field: &Field, code: &'static str, value: &str, more: &[(&str, &str)]) -> Issue {
        Issue::build(field.id, (field.label_zh, field.label_en), code, value, more)
    }

    /// An issue of a key that may be unknown, or of the whole record (empty key).
    pub(crate) fn of_key(key: &str, code: &'static str, value: &str, more: &[(&str, &str)]) -> Issue {
        let named = fold::clip(key, MAX_QUOTED_CHARS);
        Issue::build(&named, (&named, &named), code, value, more)
    }

    /// An issue of a document key under the name that people know it by.
    pub(crate) fn of_entry(kind: Kind, key: &str, code: &'static str, value: &str) -> Issue {
        let label = |lang: Lang| fold::clip(&display::entry_label(kind, key, lang), MAX_QUOTED_CHARS);
        let (mut zh, mut en) = (label(Lang::Zh), label(Lang::En));
        if key.is_empty() {
            (zh, en) = ("列名".to_owned(), "The name of a column".to_owned());
        }
        Issue::build(&fold::clip(key, MAX_QUOTED_CHARS), (&zh, &en), code, value, &[])
    }

    fn build(
        field: &str,
        labels: (&str, &str),
        code: &'static str,
        value: &str,
        more: &[(&str, &str)],
    ) -> Issue {
        let value = fold::clip(&fold::line(value), MAX_QUOTED_CHARS);
        let key = format!("issue.{code}");
        let say = |lang: Lang| {
            let mut places = vec![("label", lang.pick(labels.0, labels.1)), ("value", value.as_str())];
            places.extend_from_slice(more);
            words::fill(lang, &key, &places)
        };
        Issue { field: field.to_owned(), code, reason_zh: say(Lang::Zh), reason_en: say(Lang::En) }
    }
}
