//! The audit log: who did what at this node. For administrators.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};

use super::{Trouble, asked, shell};
use crate::desk::Bench;
use crate::desk::audit::{AuditAsk, AuditLine, AuditView, COLUMNS, csv_line};
use crate::desk::gate::{Away, administrator, signed_in};
use crate::limits::{AUDIT_AT_ONCE, DESK_PAGE, FILTER_CHARS, NAME_CHARS};
use crate::pages::draw;
use crate::request::{pairs, query};
use crate::shell::{Place, Shell};
use crate::text::{count, instant, minute, stamp, tidy_line};
use crate::view::{SourceError, TableForm};

/// Days of the forms are days in China, as all times of the pages.
const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Kinds of acts, by how their ids begin, with their words under `audit.group.…`.
pub(super) const GROUPS: [&str; 20] = [
    "session",
    "accounts",
    "tokens",
    "drafts",
    "listings",
    "imports",
    "enquiries",
    "disclosures",
    "statements",
    "govern",
    "profile",
    "line",
    "bundles",
    "harvest",
    "watches",
    "keys",
    "backup",
    "peers",
    "node",
    "audit",
];

#[derive(Template)]
#[template(path = "desk/audit.html")]
struct Page {
    shell: Shell,
    form: Form,
    groups: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    head: String,
    digest: String,
    csv: String,
    newest: String,
    older: String,
    troubles: Vec<Trouble>,
}

/// What the form says.
#[derive(Default)]
struct Form {
    since: String,
    until: String,
    by: String,
    act: String,
    subject: String,
}

/// A record in words.
struct Line {
    number: String,
    act: String,
    act_id: String,
    done: bool,
    outcome: String,
    time: String,
    stamp: String,
    who: String,
    door: &'static str,
    subject: Vec<String>,
}

impl Form {
    fn of(pairs: &[(String, String)]) -> Self {
        let text = |name: &str| tidy_line(asked(pairs, name), FILTER_CHARS).trim().to_owned();
        Self {
            since: text("since"),
            until: text("until"),
            by: text("by"),
            act: text("act"),
            subject: text("subject"),
        }
    }

    fn ask(&self, before: Option<u64>, limit: usize) -> AuditAsk {
        let day = |text: &str| catalog::date::midnight_ms(text).map(|ms| ms - CHINA_OFFSET_MS);
        AuditAsk {
            since_ms: day(&self.since),
            until_ms: day(&self.until).map(|ms| ms + DAY_MS),
            by: self.by.clone(),
            act: self.act.clone(),
            subject: self.subject.clone(),
            before,
            limit,
        }
    }

    fn href(&self, path: &str, before: &str) -> String {
        let all = [
            ("since", self.since.as_str()),
            ("until", &self.until),
            ("by", &self.by),
            ("act", &self.act),
            ("subject", &self.subject),
            ("before", before),
        ];
        let query = query(all.into_iter().filter(|(_, value)| !value.is_empty()));
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = administrator(signed_in(&bench, &headers).await?)?;
        let given = pairs(&uri);
        let (form, before) = (Form::of(&given), asked(&given, "before").parse().ok());
        let (clerk, ask) = (who.clerk.clone(), form.ask(before, DESK_PAGE));
        let found = bench.ask(move |desk| desk.audit(&clerk, &ask)).await?;
        let (view, troubles) = match found {
            Ok(view) => (view, Vec::new()),
            Err(said) => (AuditView::default(), vec![Trouble::of(place.lang, &said)]),
        };
        let shell = shell(&bench.app, &place, "audit.title", Some(&who));
        let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        Ok(draw(status, &page(shell, place.lang, form, before, view, troubles), place.lang))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn page(
    shell: Shell,
    lang: Lang,
    form: Form,
    before: Option<u64>,
    view: AuditView,
    troubles: Vec<Trouble>,
) -> Page {
    let older = view.next.map(|next| form.href("/desk/audit", &next.to_string())).unwrap_or_default();
    Page {
        groups: GROUPS
            .iter()
            .map(|group| (*group, say(lang, &format!("audit.group.{group}")).to_owned()))
            .collect(),
        lines: view.lines.iter().map(|record| line(lang, record)).collect(),
        head: fill(lang, "audit.head", &[("n", &count(view.last))]),
        digest: view.head,
        csv: form.href("/desk/audit.csv", ""),
        newest: if before.is_some() { form.href("/desk/audit", "") } else { String::new() },
        older,
        troubles,
        shell,
        form,
    }
}

fn line(lang: Lang, record: &AuditLine) -> Line {
    let key = format!("audit.act.{}", record.act);
    let known = say(lang, &key);
    let act_id = tidy_line(&record.act, NAME_CHARS);
    let door = match record.door {
        "page" => "audit.door.page",
        "api" => "audit.door.api",
        "command-line" => "audit.door.command-line",
        _ => "audit.door.node",
    };
    Line {
        number: count(record.number),
        // Of a later version it is called by its id.
        act: if known == key { act_id.clone() } else { known.to_owned() },
        act_id,
        done: record.outcome == "done",
        outcome: match record.outcome {
            "done" => say(lang, "audit.done").to_owned(),
            _ => fill(lang, "audit.refused", &[("why", &tidy_line(&record.why, NAME_CHARS))]),
        },
        time: minute(record.time_ms, lang),
        stamp: stamp(record.time_ms),
        who: who(lang, record),
        door: say(lang, door),
        subject: record
            .subject
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| tidy_line(word, NAME_CHARS))
            .collect(),
    }
}

fn who(lang: Lang, record: &AuditLine) -> String {
    let name = tidy_line(&record.name, NAME_CHARS);
    let id = tidy_line(&record.id, NAME_CHARS);
    match record.kind {
        "account" => name,
        "token" => fill(lang, "audit.who.token", &[("name", &name), ("id", &id)]),
        "system" => fill(lang, "audit.who.system", &[("name", &name)]),
        "node" => say(lang, "audit.who.node").to_owned(),
        _ => say(lang, "audit.who.nobody").to_owned(),
    }
}

/// The same as a table, whole.
pub(in crate::desk) async fn table(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let clerk = administrator(signed_in(&bench, &headers).await?)?.clerk;
        let form = Form::of(&pairs(&uri));
        let desk = Arc::clone(&bench.desk);
        let body = bench.app.write(move |out| {
            let mut ask = form.ask(None, AUDIT_AT_ONCE);
            let failed = |error: std::io::Error| SourceError::Failed(error.to_string());
            // The mark by which spreadsheet programs know UTF-8.
            out.write_all(format!("\u{feff}{}", csv_line(COLUMNS)).as_bytes()).map_err(failed)?;
            loop {
                let page = desk.audit(&clerk, &ask)?;
                let page = page.map_err(|said| SourceError::Failed(said.message.1))?;
                for record in &page.lines {
                    out.write_all(row(record).as_bytes()).map_err(failed)?;
                }
                ask.before = page.next;
                if ask.before.is_none() {
                    return Ok(());
                }
            }
        })?;
        Ok(crate::pages::table::kept(body, TableForm::Csv, "audit.csv"))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn row(record: &AuditLine) -> String {
    let (number, time) = (record.number.to_string(), instant(record.time_ms));
    csv_line([
        &*number,
        &time,
        record.door,
        record.kind,
        &record.name,
        &record.id,
        &record.act,
        &record.subject,
        record.outcome,
        &record.why,
        &record.before,
        &record.hash,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(act: &str, subject: &str) -> AuditLine {
        AuditLine {
            number: 1_234,
            time_ms: 1_772_604_300_000,
            door: "api",
            kind: "token",
            name: "王芳".to_owned(),
            id: "0123456789abcdef".to_owned(),
            act: act.to_owned(),
            subject: subject.to_owned(),
            outcome: "refused",
            why: "not-theirs".to_owned(),
            ..AuditLine::default()
        }
    }

    #[test]
    fn a_record_is_told_in_words() {
        let told = line(Lang::En, &record("drafts.publish", "ab cd"));
        assert_eq!((told.act.as_str(), told.done, told.subject.len()), ("Publish a draft", false, 2));
        assert!(
            told.outcome.contains("not-theirs") && told.who.contains("王芳"),
            "{} {}",
            told.outcome,
            told.who
        );
        let later = line(Lang::En, &record("of.a-later-version", "\u{202e}x\ny"));
        assert_eq!(later.act, "of.a-later-version");
        assert!(!later.subject.concat().contains(['\u{202e}', '\n']));
    }

    #[test]
    fn the_form_survives_as_an_address_and_days_are_chinese() {
        let form = Form {
            since: "2026-03-04".into(),
            until: "2026-03-04".into(),
            by: "王 芳&".into(),
            ..Form::default()
        };
        let ask = form.ask(None, 5);
        assert_eq!((ask.since_ms, ask.until_ms), (Some(1_772_553_600_000), Some(1_772_640_000_000)));
        let href = form.href("/desk/audit", "7");
        let back = Form::of(&pairs(&href.parse().unwrap()));
        assert_eq!((back.by.as_str(), back.since.as_str()), ("王 芳&", "2026-03-04"));
        assert!(href.ends_with("before=7"), "{href}");
        assert_eq!(Form::default().href("/desk/audit.csv", ""), "/desk/audit.csv");
        assert_eq!(Form { since: "2026-02-30".into(), ..Form::default() }.ask(None, 1).since_ms, None);
    }

    #[test]
    fn every_group_has_words() {
        for group in GROUPS {
            let key = format!("audit.group.{group}");
            assert_ne!(say(Lang::Zh, &key), key, "{group}");
        }
    }
}
