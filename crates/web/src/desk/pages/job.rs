//! How far something that is done with a whole list has come, and what was refused.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::words::fill;

use super::{Acted, Trouble, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, posted, see, signed_in};
use crate::desk::jobs::{Job, Progress};
use crate::desk::view::Act;
use crate::limits::NAME_CHARS;
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::shell::{Place, Shell};
use crate::text::{count, tidy_line};

#[derive(Template)]
#[template(path = "desk/job.html")]
struct Page {
    shell: Shell,
    form_key: String,
    number: u64,
    title: &'static str,
    tried: usize,
    total: usize,
    progress: String,
    ended: bool,
    note: &'static str,
    done: String,
    refusals: String,
    troubles: Vec<Trouble>,
    more: String,
    back: &'static str,
}

pub(in crate::desk) async fn show(
    State(bench): State<Arc<Bench>>,
    Path(number): Path<u64>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = signed_in(&bench, &headers).await?;
        let job = bench.jobs.find(&who.clerk, number).ok_or_else(|| no_job(number))?;
        let shell = shell(&bench.app, &place, "desk.job.title", Some(&who));
        Ok(draw(StatusCode::OK, &page(&place, &job, shell, who.form_key), place.lang))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// Stops a job after what it is doing now.
pub(in crate::desk) async fn stop(
    State(bench): State<Arc<Bench>>,
    Path(number): Path<u64>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, _) = posted(&bench, &headers, given).await?;
        bench.jobs.find(&who.clerk, number).ok_or_else(|| no_job(number))?.stop();
        Ok(see(&format!("/desk/job/{number}")))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn no_job(number: u64) -> Away {
    Away::Refused(Refusal::NoJob(number.to_string()))
}

fn page(place: &Place, job: &Job, mut shell: Shell, form_key: String) -> Page {
    let lang = place.lang;
    let now: Progress = job.progress();
    // A page without scripts looks again by itself.
    shell.again = !now.ended;
    let outcomes: Vec<_> = now.done.iter().map(|(done, number)| (done, *number)).collect();
    let (tried, total) = (now.tried(), now.total);
    let places = [("n", &*count(tried as u64)), ("total", &*count(total as u64))];
    let troubles = now.refused.iter().map(|(title, said)| {
        let trouble = Trouble::of(lang, said);
        let title = tidy_line(title, NAME_CHARS);
        let title = if title.is_empty() { crate::labels::untitled(lang) } else { title };
        Trouble { message: format!("{title}{}{}", lang.pick("：", ": "), trouble.message), ..trouble }
    });
    Page {
        number: job.number,
        title: act_key(&job.act),
        progress: fill(lang, "desk.job.progress", &places),
        note: match (now.ended, now.stopped, now.broken) {
            (true, _, true) => "desk.job.broken",
            (true, true, _) if tried < total => "desk.job.stopped",
            (true, ..) => "desk.job.ended",
            _ => "desk.job.going",
        },
        done: Acted::counted(lang, outcomes.into_iter()),
        refusals: match now.refusals {
            0 => String::new(),
            n => fill(lang, "desk.job.refused", &[("n", &count(n as u64))]),
        },
        more: match now.refusals.saturating_sub(now.refused.len()) {
            0 => String::new(),
            n => fill(lang, "desk.job.more", &[("n", &count(n as u64))]),
        },
        troubles: troubles.collect(),
        back: match job.act {
            Act::Withdraw | Act::Show => "/desk/listings",
            _ => "/desk/drafts",
        },
        ended: now.ended,
        tried,
        total,
        shell,
        form_key,
    }
}

fn act_key(act: &Act) -> &'static str {
    match act {
        Act::Submit => "desk.act.submit",
        Act::Pass => "desk.act.pass",
        Act::Return(_) => "desk.act.return",
        Act::Publish => "desk.act.publish",
        Act::Discard => "desk.act.discard",
        Act::Withdraw => "desk.act.withdraw",
        Act::Show => "desk.act.show",
        Act::Revise | Act::Choose { .. } | Act::Purge(_) => "desk.job.title",
    }
}
