//! From Dublin Core to a listing: which element becomes which field, in whose words.
//!
//! [`Terms::default`] is the usual way. A file in TOML says it otherwise for one repository:
//!
//! ```toml
//! kind = "achievement"            # of records that the table `kinds` says nothing of
//! region = "420000"               # of records that name none
//! leave-out = ["format"]          # elements that are not kept
//!
//! [fields]                        # field = element, or several in order; "" for none
//! organization = ["publisher", "contributor"]
//! team = "creator"
//!
//! [constants]                     # the same in every record
//! source = "某大学机构知识库"
//!
//! [codes.subject]                 # their words = ours
//! "Physics" = "物理学"
//!
//! [kinds]                         # by the words of dc:type
//! "Event" = "activity"
//! ```
//!
//! What is mapped to no field, or does not fit its field, is kept under `dc_<element>`: nothing is dropped without a word.

use std::collections::BTreeMap;

use catalog::limits::{MAX_LONG_TEXT_CHARS, MAX_TERMS};
use catalog::{Context, FieldType, Issue, Kind, Record, fold};
use protocol::Value;
use serde::Deserialize;

use super::html;
use super::reading::Metadata;

/// Longest file of terms, bytes.
pub const MAX_FILE: usize = 256 << 10;
/// Characters kept of an element that has no field: abstracts in a second language, lists of references.
const MAX_KEPT_CHARS: usize = 4_000;
/// Characters of a long description that stand as its summary.
const BEGINNING_CHARS: usize = 300;
/// Values of one element that are looked at.
const MAX_VALUES: usize = 200;
/// The usual way: field and elements, where the kind has the field.
const USUAL: [(&str, &[&str]); 10] = [
    ("title", &["title"]),
    ("summary", &["description"]),
    ("body", &["description"]),
    ("keywords", &["subject"]),
    ("organization", &["publisher"]),
    ("team", &["creator"]),
    ("year", &["date"]),
    ("url", &["identifier"]),
    ("language", &["language"]),
    ("region", &["coverage"]),
];
/// Languages in three letters (ISO 639-2), as repositories write them.
const LANGUAGES: [(&str, &str); 12] = [
    ("eng", "en"),
    ("zho", "zh"),
    ("chi", "zh"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("deu", "de"),
    ("ger", "de"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("rus", "ru"),
    ("spa", "es"),
    ("por", "pt"),
];

/// Which element becomes which field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Terms {
    /// Kind id of records of which nothing else is said.
    pub kind: String,
    /// Division of records that name none, six digits.
    pub region: String,
    /// Elements that are not kept.
    pub leave_out: Vec<String>,
    fields: BTreeMap<String, Elements>,
    constants: BTreeMap<String, String>,
    codes: BTreeMap<String, BTreeMap<String, String>>,
    kinds: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Elements {
    One(String),
    Several(Vec<String>),
}

impl Elements {
    fn names(&self) -> Vec<&str> {
        match self {
            Self::One(name) => vec![name.as_str()],
            Self::Several(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// A record that was made of an element's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its kind.
    pub kind: Kind,
    /// Its fields.
    pub fields: BTreeMap<String, Value>,
    /// Elements that were shortened.
    pub shortened: Vec<String>,
}

impl Terms {
    /// Reads a file of terms.
    ///
    /// # Errors
    /// Where it is wrong, in Chinese and English.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let both = |zh: &str, en: &str, what: &str| (format!("{zh}：{what}"), format!("{en}: {what}"));
        if text.len() > MAX_FILE {
            return Err(both(
                "映射文件过大，最多字节数",
                "the file of terms is too large; most bytes",
                &MAX_FILE.to_string(),
            ));
        }
        let terms: Self = toml::from_str(text).map_err(|error| {
            both("映射文件有误", "the file of terms is wrong", &fold::line(&error.to_string()))
        })?;
        let kinds = terms.kinds.values().chain(Some(&terms.kind).filter(|kind| !kind.is_empty()));
        if let Some(kind) = kinds.clone().find(|kind| Kind::from_id(kind).is_none()) {
            return Err(both("没有这种类型", "there is no such kind", kind));
        }
        let named = terms.fields.keys().chain(terms.constants.keys());
        let unknown = |field: &&String| Kind::ALL.iter().all(|kind| kind.field(field).is_none());
        if let Some(field) = named.clone().find(unknown) {
            return Err(both("没有这个字段", "there is no such field", field));
        }
        if !terms.region.is_empty() && catalog::region::by_code(&terms.region).is_none() {
            return Err(both("没有这个区划代码", "there is no such division", &terms.region));
        }
        Ok(terms)
    }

    /// Makes a record of Dublin Core. `region` is the division of records that name none.
    ///
    /// # Errors
    /// Why it can be no listing: above all where it has no title.
    pub fn record(&self, metadata: &Metadata, region: &str) -> Result<Made, Vec<Issue>> {
        let values = self.values(metadata);
        let kind = self.kind_of(&values);
        let mut draft = Draft { kind, cells: Vec::new(), kept: values, shortened: Vec::new() };
        for (field, elements) in self.fields_of(kind) {
            draft.fill(&field, &elements);
        }
        for (field, text) in &self.constants {
            draft.cells.push((field.clone(), text.clone(), Vec::new()));
        }
        let region = if self.region.is_empty() { region } else { &self.region };
        draft.read(&Context { default_region: Some(region), ..Context::default() })
    }

    /// The texts of each element, cleaned and in our words.
    fn values(&self, metadata: &Metadata) -> BTreeMap<String, Vec<String>> {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut elements: Vec<_> = metadata.elements.iter().collect();
        // Where a repository says it in several languages, Chinese comes first.
        elements.sort_by_key(|element| !element.lang.starts_with("zh"));
        for element in elements {
            let name: String =
                element.name.to_ascii_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
            let text = html::plain(&element.text);
            let codes = self.codes.get(&name);
            let ours =
                codes.and_then(|codes| codes.iter().find(|(theirs, _)| fold::same_word(theirs, &text)));
            let text = ours.map_or(text, |(_, ours)| ours.clone());
            let own = values.entry(name.clone()).or_default();
            let skipped = name.is_empty() || text.is_empty() || self.leave_out.contains(&name);
            if !skipped && own.len() < MAX_VALUES && !own.contains(&text) {
                own.push(text);
            }
        }
        values.retain(|_, own| !own.is_empty());
        values
    }

    fn kind_of(&self, values: &BTreeMap<String, Vec<String>>) -> Kind {
        let types = values.get("type").into_iter().flatten();
        let said =
            types.filter_map(|said| self.kinds.iter().find(|(theirs, _)| fold::same_word(theirs, said)));
        let ids = said.map(|(_, kind)| kind.as_str()).chain([self.kind.as_str()]);
        let mut kinds = ids.filter_map(Kind::from_id);
        kinds.next().unwrap_or(Kind::Achievement)
    }

    /// Fields and their elements: those of the file, and the usual ones for which it says nothing.
    fn fields_of(&self, kind: Kind) -> Vec<(String, Vec<String>)> {
        let own = |names: Vec<&str>| names.into_iter().filter(|n| !n.is_empty()).map(str::to_owned).collect();
        let stated = self.fields.iter().map(|(field, elements)| (field.clone(), own(elements.names())));
        let usual = USUAL.iter().filter(|(field, _)| !self.fields.contains_key(*field));
        let usual = usual.map(|(field, elements)| ((*field).to_owned(), own(elements.to_vec())));
        stated.chain(usual).filter(|(field, _)| kind.field(field).is_some()).collect()
    }
}

/// A field, its text, and where that came from: elements and values.
type Cell = (String, String, Vec<(String, String)>);

/// A record on its way.
struct Draft {
    kind: Kind,
    /// What is said of fields.
    cells: Vec<Cell>,
    /// Values that have no field yet.
    kept: BTreeMap<String, Vec<String>>,
    shortened: Vec<String>,
}

impl Draft {
    /// Takes what a field is made of out of the elements.
    fn fill(&mut self, field: &str, elements: &[String]) {
        let Some(known) = self.kind.field(field) else { return };
        let all = elements.iter().flat_map(|element| {
            let values = self.kept.get(element).into_iter().flatten();
            values.map(|value| (element.clone(), value.clone()))
        });
        let all: Vec<(String, String)> = all.collect();
        let (text, taken) = match (field, known.ty) {
            ("year", _) => year(&all),
            ("language", _) => one(&all, language),
            ("region", _) => one(&all, |value| {
                let code = catalog::Record::from_cells(
                    self.kind,
                    &[("title", "x"), ("region", value)],
                    &Context::default(),
                );
                code.record.text("region").map(str::to_owned)
            }),
            (_, FieldType::Url) => one(&all, |value| {
                ["http://", "https://"].iter().any(|s| value.starts_with(s)).then(|| value.to_owned())
            }),
            ("summary", FieldType::Text { max_chars }) => summary(&all, max_chars),
            (_, FieldType::LongText) => self.long(field, &all),
            (_, FieldType::Set { max_items, max_chars }) => members(&all, max_items, max_chars),
            (_, FieldType::VocabularySet(_) | FieldType::PatentSet | FieldType::IpcSet) => {
                members(&all, MAX_TERMS, usize::MAX)
            }
            (_, FieldType::Text { max_chars }) => one(&all, |value| {
                let line = fold::line(value);
                if line.chars().count() > max_chars && field == "title" {
                    return Some(fold::clip(&line, max_chars.saturating_sub(1)));
                }
                (line.chars().count() <= max_chars).then_some(line)
            }),
            _ => one(&all, |value| Some(value.to_owned())),
        };
        if text.is_empty() {
            return;
        }
        // A title that was clipped, and days of which only the year is told, stay in full beside it.
        let whole = |(_, value): &&(String, String)| {
            text.contains(value.as_str()) || known.is_set() || field == "language" || field == "region"
        };
        for (element, value) in taken.iter().filter(whole) {
            if let Some(values) = self.kept.get_mut(element) {
                values.retain(|kept| kept != value);
            }
        }
        self.cells.push((field.to_owned(), text, taken));
    }

    fn long(&mut self, field: &str, all: &[(String, String)]) -> (String, Vec<(String, String)>) {
        let texts: Vec<&str> = all.iter().map(|(_, value)| value.as_str()).collect();
        let text = texts.join("\n\n");
        if text.chars().count() <= MAX_LONG_TEXT_CHARS {
            return (text, all.to_vec());
        }
        self.shortened.push(field.to_owned());
        for (element, value) in all {
            if let Some(values) = self.kept.get_mut(element) {
                values.retain(|kept| kept != value);
            }
        }
        (fold::clip(&text, MAX_LONG_TEXT_CHARS.saturating_sub(1)), all.to_vec())
    }

    /// Reads the cells; what the catalogue refuses of a field goes to what is kept, and the rest is read again.
    fn read(mut self, context: &Context<'_>) -> Result<Made, Vec<Issue>> {
        let mut most = MAX_KEPT_CHARS;
        loop {
            let kept = self.kept_cells(most);
            let cells = self.cells.iter().map(|(field, text, _)| (field.as_str(), text.as_str()));
            let cells: Vec<(&str, &str)> =
                cells.chain(kept.iter().map(|(k, v)| (k.as_str(), v.as_str()))).collect();
            let outcome = Record::from_cells(self.kind, &cells, context);
            if outcome.is_accepted() {
                let fields = outcome.record.into_entries();
                return Ok(Made { kind: self.kind, fields, shortened: self.shortened });
            }
            let too_large = outcome.refused.iter().any(|issue| issue.code == "too_large");
            if too_large && most > 0 {
                most /= 4;
                continue;
            }
            if !self.put_back(&outcome.refused) {
                return Err(outcome.refused);
            }
        }
    }

    /// Puts what was refused among what is kept. False where nothing could be.
    fn put_back(&mut self, refused: &[Issue]) -> bool {
        let field_of = |issue: &Issue| {
            let known = self.kind.field(&issue.field).or(self.kind.key(&issue.field).map(|(field, _)| field));
            known.map(|field| field.id)
        };
        let bad: Vec<&str> =
            refused.iter().filter(|issue| issue.code != "id_number").filter_map(field_of).collect();
        let (out, stay) = std::mem::take(&mut self.cells).into_iter().partition(|(field, _, from)| {
            field != "title" && !from.is_empty() && bad.contains(&field.as_str())
        });
        self.cells = stay;
        let out: Vec<Cell> = out;
        for (element, value) in out.iter().flat_map(|(_, _, from)| from) {
            let own = self.kept.entry(element.clone()).or_default();
            if !own.contains(value) {
                own.push(value.clone());
            }
        }
        !out.is_empty()
    }

    fn kept_cells(&mut self, most: usize) -> Vec<(String, String)> {
        let mut cells = Vec::new();
        for (element, values) in self.kept.iter().filter(|(_, values)| !values.is_empty()) {
            let text = values.join("\n");
            let short = fold::clip(&text, most);
            if short.len() < text.len() && !self.shortened.contains(element) {
                self.shortened.push(element.clone());
            }
            cells.push((format!("dc_{element}"), short));
        }
        cells.retain(|(_, text)| !text.is_empty());
        cells
    }
}

/// A description of one paragraph is the summary; of a longer one, and of several, the beginning is, and all stand in the details.
fn summary(all: &[(String, String)], max_chars: usize) -> Found {
    let Some(first) = all.first() else { return Found::default() };
    let line = fold::line(&first.1);
    if all.len() == 1 && !first.1.contains('\n') && line.chars().count() <= max_chars {
        return (line, vec![first.clone()]);
    }
    (fold::clip(&line, max_chars.min(BEGINNING_CHARS)), Vec::new())
}

type Found = (String, Vec<(String, String)>);

/// The first value that can be read as what the field holds.
fn one(all: &[(String, String)], read: impl Fn(&str) -> Option<String>) -> Found {
    let mut found = all.iter().filter_map(|from| Some((read(&from.1)?, vec![from.clone()])));
    found.next().unwrap_or_default()
}

/// The members of a set: lists in one value are parted where semicolons part them.
fn members(all: &[(String, String)], most: usize, max_chars: usize) -> Found {
    let (mut words, mut taken) = (Vec::<String>::new(), Vec::new());
    for from in all {
        let parts: Vec<String> =
            from.1.split([';', '；', '|', '\n']).map(fold::line).filter(|part| !part.is_empty()).collect();
        let new: Vec<String> = parts.iter().filter(|part| !words.contains(part)).cloned().collect();
        if words.len() + new.len() > most || parts.iter().any(|part| part.chars().count() > max_chars) {
            continue;
        }
        words.extend(new);
        taken.push(from.clone());
    }
    // As an array, so that no comma within one parts it.
    let text = if words.is_empty() { String::new() } else { serde_json::json!(words).to_string() };
    (text, taken)
}

/// The year of the least precise date, which is when it appeared: the others say when it was put into the repository.
fn year(all: &[(String, String)]) -> Found {
    let years = all.iter().filter_map(|from| {
        let digits = from.1.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        let next = from.1.get(4..5).is_none_or(|next| !next.bytes().all(|b| b.is_ascii_digit()));
        next.then(|| (from.1.len(), digits.to_owned(), from.clone()))
    });
    years.min().map(|(_, year, from)| (year, vec![from])).unwrap_or_default()
}

/// A language in two letters.
fn language(value: &str) -> Option<String> {
    let folded = value.trim().to_ascii_lowercase();
    let short = folded.split(['-', '_']).next().unwrap_or_default();
    let known = LANGUAGES.iter().find(|(three, _)| *three == short).map(|(_, two)| (*two).to_owned());
    known.or_else(|| (short.len() == 2).then(|| short.to_owned()))
}

#[cfg(test)]
mod tests;
