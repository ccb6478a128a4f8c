//! What a proof shows, in the words of a certificate: Chinese, with English labels.

use std::collections::BTreeMap;

use catalog::words::{fill, say};
use catalog::{Kind, Lang, Record, display, labels};
use market::Versions;
use paper::certificate::{Certificate, Fact, Two};
use protocol::{Attachment, Charter, Stated, Value};

use super::Made;
use crate::proven::Shown;

/// Characters of a text in the table; longer ones stand below it.
const SHORT: usize = 90;
/// Characters of one text: about a third of a page. The proof inside has all of it, and the page says so.
const LONG: usize = 1_200;
/// Facts, texts and statements: more stand in the proof.
const MOST: usize = 60;
const MOST_STATEMENTS: usize = 16;

fn minute(ms: i64) -> String {
    web::minute(ms, Lang::Zh)
}

fn two(key: &str) -> Two {
    Two::new(say(Lang::Zh, key), say(Lang::En, key))
}

fn fact(key: &str, value: impl Into<String>) -> Fact {
    Fact { label: two(key), value: value.into() }
}

/// All that stands on the page but the files.
pub fn of(shown: &Shown, charter: &Charter, made: &Made) -> Certificate {
    let (facts, parts) = contents(shown);
    let english = if charter.name_en.is_empty() { &charter.name_zh } else { &charter.name_en };
    let mut notes = vec![two("certificate.note.proof"), two("certificate.note.later")];
    let made_at = [("time", minute(made.at_ms)), ("program", made.program.clone())];
    let places: Vec<(&str, &str)> = made_at.iter().map(|(key, text)| (*key, text.as_str())).collect();
    notes.push(Two::new(
        fill(Lang::Zh, "certificate.note.made", &places),
        fill(Lang::En, "certificate.note.made", &places),
    ));
    Certificate {
        over: Two::new(&charter.name_zh, english),
        heading: two("certificate.heading"),
        claim: two("certificate.claim"),
        title: title(shown),
        facts,
        parts,
        marks: marks(shown, charter),
        code: made.code(shown),
        code_note: two(if made.address.is_some() { "certificate.code" } else { "certificate.code.number" }),
        notes,
        missing: two("certificate.missing"),
        page: two("certificate.page"),
        made_ms: made.at_ms,
        files: Vec::new(),
    }
}

fn title(shown: &Shown) -> String {
    let titles = shown.state.fields.get("title").map_or(&[][..], Vec::as_slice);
    let titles: Vec<String> = titles.iter().map(plain).filter(|title| !title.trim().is_empty()).collect();
    match titles.as_slice() {
        [] => say(Lang::Zh, "label.untitled").to_owned(),
        several => several.join(" ‖ "),
    }
}

fn marks(shown: &Shown, charter: &Charter) -> Vec<Fact> {
    let (number, hash) = shown.mark.split_once('-').unwrap_or_default();
    let digits: Vec<char> = hash.chars().collect();
    let hash = digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    let version = fill(Lang::Zh, "verification.mark", &[("n", number), ("hash", &hash)]);
    let signed = fill(Lang::Zh, "proof.signed.note", &[("time", &minute(shown.signed_ms))]);
    vec![
        fact("proof.id", shown.id.to_string()),
        fact("verification.version", version),
        fact("proof.signed", signed),
        fact("proof.node_key", shown.node.map(|node| node.to_string()).unwrap_or_default()),
        fact("proof.network_id", charter.id().to_string()),
    ]
}

/// The table, and the texts that do not fit into it.
fn contents(shown: &Shown) -> (Vec<Fact>, Vec<Fact>) {
    let (mut facts, mut parts) = (whose(shown), Vec::new());
    let (mut all, disputed) = (Vec::new(), disputed(shown));
    let kind = Kind::from_code(shown.kind);
    let agreed = shown.state.fields.iter().filter(|(key, values)| !key.starts_with('_') && values.len() == 1);
    let agreed: BTreeMap<String, Value> =
        agreed.filter_map(|(key, values)| Some((key.clone(), values.first()?.clone()))).collect();
    match kind {
        Some(kind) => {
            let record = Record::new(agreed);
            let english = display::all(kind, &record, Lang::En);
            for chinese in
                display::all(kind, &record, Lang::Zh).into_iter().filter(|field| field.id != "title")
            {
                let label =
                    english.iter().find(|field| field.id == chinese.id).map(|field| field.label.clone());
                all.push(Fact {
                    label: Two::new(chinese.label, label.unwrap_or_default()),
                    value: chinese.value,
                });
            }
        }
        None => all
            .extend(agreed.iter().map(|(key, value)| Fact { label: Two::new(key, ""), value: plain(value) })),
    }
    all.extend(disputed);
    let left_out = all.len().saturating_sub(MOST);
    for mut field in all.into_iter().take(MOST) {
        let long = field.value.chars().count() > SHORT || field.value.contains('\n');
        field.value = cut(&field.value);
        if long { parts.push(field) } else { facts.push(field) }
    }
    if left_out > 0 {
        facts.push(fact(
            "certificate.more",
            fill(Lang::Zh, "certificate.more.fields", &[("n", &left_out.to_string())]),
        ));
    }
    parts.extend(attachments(shown));
    parts.extend(said(shown));
    (facts, parts)
}

/// Who answers for it, and who let them in.
fn whose(shown: &Shown) -> Vec<Fact> {
    let kind = Kind::from_code(shown.kind).map_or("", |kind| kind.label(Lang::Zh));
    let author = shown.author.as_ref();
    let mut facts = vec![
        fact("verification.kind", kind),
        fact("proof.institution", author.map(|a| a.name.clone()).unwrap_or_default()),
        fact("proof.credit_code", author.map(|a| a.credit_code.clone()).unwrap_or_default()),
        fact("proof.admitted_by", shown.governors.join("、")),
    ];
    if shown.members_only {
        facts.push(fact("certificate.seen", say(Lang::Zh, "cli.listing.members")));
    }
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

/// Fields of which several values stand side by side.
fn disputed(shown: &Shown) -> Vec<Fact> {
    let kind = Kind::from_code(shown.kind);
    let several = shown
        .state
        .fields
        .iter()
        .filter(|(key, values)| values.len() > 1 && !key.starts_with('_') && key.as_str() != "title");
    let one = |(key, values): (&String, &Vec<Value>)| {
        let label = |lang| kind.map_or_else(|| key.clone(), |kind| display::entry_label(kind, key, lang));
        let value = |value: &Value| match kind {
            Some(kind) => display::entry_value(kind, key, value, Lang::Zh),
            None => plain(value),
        };
        let values: Vec<String> = values.iter().map(value).collect();
        let value = fill(Lang::Zh, "certificate.disputed", &[("values", &values.join(" ‖ "))]);
        Fact { label: Two::new(label(Lang::Zh), label(Lang::En)), value }
    };
    several.map(one).collect()
}

/// Its files by their hashes, which anyone can compare with a file in hand.
fn attachments(shown: &Shown) -> Option<Fact> {
    let files = Attachment::all(&shown.state.fields);
    let line = |file: &Attachment| format!("{} · {} · SHA-256 {}", file.title, file.media.id(), file.file);
    let lines: Vec<String> = files.iter().map(line).collect();
    (!lines.is_empty()).then(|| fact("certificate.attachments", lines.join("\n")))
}

/// What others state of it: one text, a statement a paragraph.
fn said(shown: &Shown) -> Option<Fact> {
    if shown.statements.is_empty() {
        return None;
    }
    let versions = Versions::of(Some(&shown.document));
    let mut lines: Vec<String> = shown
        .statements
        .iter()
        .rev()
        .take(MOST_STATEMENTS)
        .map(|stated| statement(shown, &versions, stated))
        .collect();
    let more = shown.statements.len().saturating_sub(MOST_STATEMENTS);
    if more > 0 {
        lines.push(fill(Lang::Zh, "certificate.more.statements", &[("n", &more.to_string())]));
    }
    Some(fact("said.title", lines.join("\n")))
}

fn statement(shown: &Shown, versions: &Versions, stated: &Stated) -> String {
    let said = &stated.statement;
    let (label, value) =
        (labels::label_text(Lang::Zh, &said.label), labels::value_text(Lang::Zh, &said.label, &said.value));
    let word = if value.is_empty() {
        label.to_string()
    } else {
        fill(Lang::Zh, "said.word", &[("label", &label), ("value", &value)])
    };
    let present = said.about == shown.id && versions.is_present(&said.version);
    let about = say(Lang::Zh, if present { "said.present" } else { "said.earlier" });
    let time = minute(stated.time_ms);
    let parts = [word.as_str(), &said.reason, &stated.institution.name, &time, about];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    cut(&parts.join("　"))
}

/// At most [`LONG`] characters; what is left out is said.
fn cut(text: &str) -> String {
    let kept: String = text.chars().take(LONG).collect();
    if kept.len() == text.len() { kept } else { fill(Lang::Zh, "certificate.cut", &[("text", &kept)]) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) | Value::Time(number) => number.to_string(),
        Value::Bool(flag) => say(Lang::Zh, if *flag { "flag.yes" } else { "flag.no" }).to_owned(),
    }
}
