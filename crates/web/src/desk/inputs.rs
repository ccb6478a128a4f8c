//! A draft's fields as the inputs of a form, with what is wrong beside each.

use std::collections::BTreeMap;

use catalog::{Field, FieldType, Kind, Lang, Need};

use super::view::{DraftView, Remark};
use crate::text::tidy;

/// Characters of a text shown in a form: all that a record may hold.
const SHOWN_CHARS: usize = 65_536;

/// Inputs that belong together.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) inputs: Vec<Input>,
    /// Whether it is folded away until someone opens it.
    pub(super) folded: bool,
}

/// One field of the form.
pub(super) struct Input {
    pub(super) id: &'static str,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) required: bool,
    pub(super) starred: bool,
    pub(super) form: Form,
    pub(super) value: String,
    pub(super) options: Vec<Choice>,
    pub(super) wrong: Vec<String>,
    pub(super) advice: Vec<String>,
    /// What somebody else has saved in it meanwhile, where that is not what stands here.
    pub(super) theirs: Option<String>,
}

/// What an input looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Line,
    Area,
    One,
    Several,
}

/// A term to choose.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

impl Input {
    pub(super) fn is_area(&self) -> bool {
        self.form == Form::Area
    }

    pub(super) fn is_one(&self) -> bool {
        self.form == Form::One
    }

    pub(super) fn is_several(&self) -> bool {
        self.form == Form::Several
    }

    /// The ids of what describes it, for those who hear the page: remarks come and go.
    pub(super) fn described(&self) -> String {
        let help = if self.help.is_empty() { String::new() } else { format!("{}-help ", self.id) };
        format!("{help}{}-remarks", self.id)
    }
}

/// The form of a draft: what is wanted first, ways to reach a person by themselves, the rest folded away unless it holds
/// something. Beside what stands in `draft`, it shows the saved texts `theirs` that differ from it.
pub(super) fn groups(lang: Lang, draft: &DraftView, theirs: Option<&BTreeMap<String, String>>) -> Vec<Group> {
    let Some(kind) = Kind::from_id(&draft.line.kind) else { return Vec::new() };
    let (mut wanted, mut more, mut contact) = (Vec::new(), Vec::new(), Vec::new());
    for field in kind.fields() {
        let input = input(lang, kind, field, (draft, theirs));
        match (field.contact, field.need) {
            (true, _) => contact.push(input),
            (_, Need::Optional) if field.id != "summary" => more.push(input),
            _ => wanted.push(input),
        }
    }
    let is_used = more.iter().any(|input: &Input| !input.wrong.is_empty() || input.theirs.is_some());
    let group = |title, inputs, folded| Group { title, inputs, folded };
    let all = [
        group("desk.group.wanted", wanted, false),
        group("desk.group.contact", contact, false),
        group("desk.group.more", more, !is_used),
    ];
    all.into_iter().filter(|group| !group.inputs.is_empty()).collect()
}

fn input(
    lang: Lang,
    kind: Kind,
    field: &'static Field,
    (draft, theirs): (&DraftView, Option<&BTreeMap<String, String>>),
) -> Input {
    let text = draft.texts.get(field.id).map(String::as_str).unwrap_or_default();
    let said = |remarks: &[Remark]| -> Vec<String> {
        let about = |remark: &&Remark| {
            remark.field == field.id || kind.key(&remark.field).is_some_and(|(of, _)| of.id == field.id)
        };
        remarks.iter().filter(about).map(|remark| lang.pick(&remark.text.0, &remark.text.1).clone()).collect()
    };
    let (form, value, options) = shape(lang, field, text);
    let saved = theirs.map(|texts| texts.get(field.id).map(String::as_str).unwrap_or_default());
    Input {
        theirs: saved.filter(|saved| *saved != text).map(|saved| in_words(lang, field, saved)),
        id: field.id,
        label: field.label(lang).to_owned(),
        help: field.help_in(lang).to_owned(),
        required: field.need == Need::Required,
        starred: field.need != Need::Optional,
        form,
        value: tidy(&value, SHOWN_CHARS),
        options,
        wrong: said(&draft.refused),
        advice: said(&draft.advice),
    }
}

fn shape(lang: Lang, field: &Field, text: &str) -> (Form, String, Vec<Choice>) {
    match field.ty {
        FieldType::LongText => (Form::Area, text.to_owned(), Vec::new()),
        FieldType::Vocabulary(list) => {
            let term = list.read(text).map(|term| term.id);
            let mut options =
                vec![Choice { id: String::new(), label: String::new(), chosen: text.is_empty() }];
            options.extend(list.terms.iter().map(|of| Choice {
                id: of.id.to_owned(),
                label: of.label(lang).to_owned(),
                chosen: term == Some(of.id),
            }));
            if term.is_none() && !text.is_empty() {
                options.push(Choice { id: text.to_owned(), label: text.to_owned(), chosen: true });
            }
            (Form::One, text.to_owned(), options)
        }
        FieldType::VocabularySet(list) => {
            let members: Vec<&str> =
                text.split(['；', ';', '、']).map(str::trim).filter(|m| !m.is_empty()).collect();
            let terms: Vec<&str> = members.iter().filter_map(|m| list.read(m).map(|term| term.id)).collect();
            let options = list.terms.iter().map(|of| Choice {
                id: of.id.to_owned(),
                label: of.label(lang).to_owned(),
                chosen: terms.contains(&of.id),
            });
            let other: Vec<&str> = members.iter().filter(|m| list.read(m).is_none()).copied().collect();
            (Form::Several, other.join(catalog::form::BETWEEN), options.collect())
        }
        FieldType::Flag => {
            let option = |id: &str, label: &str| Choice {
                id: id.to_owned(),
                label: label.to_owned(),
                chosen: id == text,
            };
            let say = |key| catalog::words::say(lang, key);
            let options =
                vec![option("", ""), option("yes", say("value.yes")), option("no", say("value.no"))];
            (Form::One, text.to_owned(), options)
        }
        _ => (Form::Line, text.to_owned(), Vec::new()),
    }
}

/// A text of the form as a reader wants it: terms by their names.
fn in_words(lang: Lang, field: &Field, text: &str) -> String {
    let (form, value, options) = shape(lang, field, text);
    let chosen = options.into_iter().filter(|option| option.chosen).map(|option| option.label);
    let words: Vec<String> = match form {
        Form::One => chosen.collect(),
        Form::Several => chosen.chain(Some(value)).filter(|word| !word.is_empty()).collect(),
        Form::Line | Form::Area => vec![value],
    };
    tidy(&words.join(lang.pick("、", ", ")), SHOWN_CHARS)
}

/// The texts of a sent form by field: what was ticked and typed for one field, put together.
pub(super) fn texts<'f>(kind: Kind, all: impl Fn(&'static str) -> Vec<&'f str>) -> BTreeMap<String, String> {
    let text = |field: &'static Field| {
        let parts = all(field.id).into_iter().map(str::trim).filter(|part| !part.is_empty());
        let between = if field.is_set() { catalog::form::BETWEEN } else { "\n" };
        (field.id.to_owned(), parts.collect::<Vec<_>>().join(between))
    };
    kind.fields().iter().map(text).collect()
}
