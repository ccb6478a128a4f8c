//! One field: its id, its type, and what people call it.

use super::{Kind, Visibility};
use crate::fold;
use crate::scheme::Scheme;
use crate::vocabulary::Vocabulary;
use crate::words::Lang;

/// How much a field is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without it there is no listing.
    Required,
    /// Forms mark it ★; its absence is advice.
    Expected,
    /// Nice to have.
    Optional,
}

/// What a field holds and how it is stored.
#[derive(Clone, Copy, Debug)]
pub enum FieldType {
    /// One line, stored as text.
    Text {
        /// Most characters (not bytes).
        max_chars: usize,
    },
    /// Several paragraphs, stored as text of at most [`crate::limits::MAX_LONG_TEXT_CHARS`] characters.
    LongText,
    /// A whole number.
    Int {
        /// Smallest accepted.
        min: i64,
        /// Largest accepted.
        max: i64,
    },
    /// A calendar year, stored as a whole number.
    Year,
    /// A date, stored as text `yyyy`, `yyyy-mm` or `yyyy-mm-dd` (ISO 8601).
    Date,
    /// One term of a list, stored as text: the term's id.
    Vocabulary(&'static Vocabulary),
    /// Free words, one key per member.
    Set {
        /// Most members.
        max_items: usize,
        /// Most characters of a member.
        max_chars: usize,
    },
    /// Several terms of a list, one key per term id.
    VocabularySet(&'static Vocabulary),
    /// One class of a published classification, stored as text code with `<id>_scheme`.
    Classified(&'static [&'static Scheme]),
    /// A division of GB/T 2260, stored as six digits with `<id>_as_of`, the year in which the code is meant.
    Region,
    /// A 统一社会信用代码 (GB 32100-2015), stored in capitals.
    CreditCode,
    /// Chinese patent numbers in normal form under `patent/`, all other numbers as given under `foreign_patent/`.
    PatentSet,
    /// Symbols of the International Patent Classification, `ipc/H01L21/00`.
    IpcSet,
    /// An amount or a range in whole yuan: `<id>_min`, `<id>_max`, `<id>_negotiable`.
    Money,
    /// A range of readiness levels 1–9 (GB/T 22900): `trl_min`, `trl_max`, the office's word, and who mapped it.
    Trl,
    /// An http or https address.
    Url,
    /// A mail address.
    Email,
    /// One or more telephone numbers.
    Phone,
    /// Yes or no.
    Flag,
}

/// The role of a document key within its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value itself.
    Value,
    /// A member of a set.
    Member,
    /// A foreign patent number, kept as given.
    ForeignMember,
    /// The lower end of a range.
    Min,
    /// The upper end of a range.
    Max,
    /// `true`: 面议.
    Negotiable,
    /// The readiness word the office wrote.
    Word,
    /// Who turned the word into a range.
    MappedBy,
    /// The year in which a region code is meant.
    AsOf,
    /// The classification a code belongs to.
    Scheme,
    /// What was given and could not be read.
    AsGiven,
}

/// The prefix under which patent numbers of other countries stand.
pub const FOREIGN_PATENT: &str = "foreign_patent";

/// One field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The standard term, `snake_case`, the same in every kind.
    pub id: &'static str,
    /// What it holds.
    pub ty: FieldType,
    /// How much it is wanted.
    pub need: Need,
    /// Its name in Chinese.
    pub label_zh: &'static str,
    /// Its name in English.
    pub label_en: &'static str,
    /// Column headers as offices write them, without stars, units and brackets; both languages, the likeliest first.
    pub synonyms: &'static [&'static str],
    /// The key prefix of a set's members, without `/`; empty for a scalar.
    pub set_prefix: &'static str,
    /// Whether people filter by it.
    pub facet: bool,
    /// Whether it tells how to reach a person: narrower by default.
    pub contact: bool,
    /// What to write, in Chinese and in English.
    pub help: (&'static str, &'static str),
}

impl Field {
    /// A field without labels, optional, not a facet, not a contact; the methods below fill it in.
    pub(crate) const fn new(id: &'static str, ty: FieldType) -> Field {
        Field {
            id,
            ty,
            need: Need::Optional,
            label_zh: "",
            label_en: "",
            synonyms: &[],
            set_prefix: "",
            facet: false,
            contact: false,
            help: ("", ""),
        }
    }

    pub(crate) const fn named(mut self, zh: &'static str, en: &'static str) -> Field {
        self.label_zh = zh;
        self.label_en = en;
        self
    }

    pub(crate) const fn also(mut self, synonyms: &'static [&'static str]) -> Field {
        self.synonyms = synonyms;
        self
    }

    pub(crate) const fn set(mut self, prefix: &'static str) -> Field {
        self.set_prefix = prefix;
        self
    }

    pub(crate) const fn help(mut self, zh: &'static str, en: &'static str) -> Field {
        self.help = (zh, en);
        self
    }

    pub(crate) const fn faceted(mut self) -> Field {
        self.facet = true;
        self
    }

    pub(crate) const fn reaches_person(mut self) -> Field {
        self.contact = true;
        self
    }

    pub(crate) const fn expected(mut self) -> Field {
        self.need = Need::Expected;
        self
    }

    pub(crate) const fn optional(mut self) -> Field {
        self.need = Need::Optional;
        self
    }

    pub(crate) const fn required(mut self) -> Field {
        self.need = Need::Required;
        self
    }

    /// The field's name in a language.
    pub fn label(&self, lang: Lang) -> &'static str {
        lang.pick(self.label_zh, self.label_en)
    }

    /// What to write into it.
    pub fn help_in(&self, lang: Lang) -> &'static str {
        lang.pick(self.help.0, self.help.1)
    }

    /// Whether its values are members of a set.
    pub fn is_set(&self) -> bool {
        !self.set_prefix.is_empty()
    }

    /// Where the field goes unless the author says otherwise: contacts to members at most, the rest as its listing.
    pub fn default_visibility(&self, kind: Kind) -> Visibility {
        let whole = kind.default_visibility();
        if self.contact { whole.min(Visibility::Members) } else { whole }
    }

    /// The parts a document may hold of this field, in reading order; [`Field::key_of`] names their keys.
    pub fn parts(&self) -> &'static [Part] {
        match self.ty {
            FieldType::Money => &[Part::Min, Part::Max, Part::Negotiable, Part::AsGiven],
            FieldType::Trl => &[Part::Min, Part::Max, Part::Word, Part::MappedBy, Part::AsGiven],
            FieldType::Region => &[Part::Value, Part::AsOf, Part::AsGiven],
            FieldType::Classified(_) => &[Part::Value, Part::Scheme, Part::AsGiven],
            FieldType::PatentSet => &[Part::Member, Part::ForeignMember],
            FieldType::Set { .. } | FieldType::VocabularySet(_) | FieldType::IpcSet => {
                &[Part::Member, Part::AsGiven]
            }
            FieldType::Text { .. } | FieldType::LongText => &[Part::Value],
            _ => &[Part::Value, Part::AsGiven],
        }
    }

    /// The key of a part; for members the prefix with its `/`.
    pub fn key_of(&self, part: Part) -> String {
        let id = self.id;
        match part {
            Part::Value => id.to_owned(),
            Part::Member => format!("{}/", self.set_prefix),
            Part::ForeignMember => format!("{FOREIGN_PATENT}/"),
            other => format!("{id}{}", suffix(other)),
        }
    }

    /// As which part of this field a key stands, if it does.
    pub(crate) fn part_of(&self, key: &str) -> Option<Part> {
        if let Some((prefix, _)) = key.split_once('/') {
            return self.parts().iter().copied().find(|part| match part {
                Part::Member => prefix == self.set_prefix,
                Part::ForeignMember => prefix == FOREIGN_PATENT,
                _ => false,
            });
        }
        let rest = key.strip_prefix(self.id)?;
        self.parts().iter().copied().find(|part| match part {
            Part::Member | Part::ForeignMember => false,
            other => suffix(*other) == rest,
        })
    }

    /// Whether a column header means this field.
    pub fn is_headed(&self, header: &str) -> bool {
        let header = fold::header(header);
        !header.is_empty()
            && [self.id, self.label_zh, self.label_en]
                .iter()
                .chain(self.synonyms)
                .any(|name| fold::header(name) == header)
    }
}

fn suffix(part: Part) -> &'static str {
    match part {
        Part::Value | Part::Member | Part::ForeignMember => "",
        Part::Min => "_min",
        Part::Max => "_max",
        Part::Negotiable => "_negotiable",
        Part::Word => "_word",
        Part::MappedBy => "_mapped_by",
        Part::AsOf => "_as_of",
        Part::Scheme => "_scheme",
        Part::AsGiven => "_text",
    }
}
