//! Peers: what moves between each and this node, with buttons to meet, stop, pause and resume; and of one all that is known, what
//! it did and the proof of it.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use catalog::Lang;
use catalog::words::{fill, say};

use super::{Trouble, shell};
use crate::desk::Bench;
use crate::desk::gate::{Away, SignedIn, administrator, posted, see, signed_in};
use crate::desk::peers::{
    ConductSeen, ForkSeen, MisdeedSeen, Paused, PeerAct, PeerTask, PeersView, TaskState,
};
use crate::desk::view::Why;
use crate::labels;
use crate::limits::{NAME_CHARS, PEERS_SHOWN};
use crate::pages::draw;
use crate::refusal::Refusal;
use crate::request::pairs;
use crate::shell::{Place, Shell};
use crate::text::{ago, count, minute, short_id, size, tidy_line};

/// How long a pause may be chosen to be, beside until it is resumed.
const LENGTHS: [&str; 4] = ["1h", "2h", "8h", "1d"];

#[derive(Template)]
#[template(path = "desk/peers.html")]
struct Page {
    shell: Shell,
    form_key: String,
    paused: String,
    lines: Vec<Line>,
    lengths: Vec<(&'static str, String)>,
    more: String,
    done: String,
    troubles: Vec<Trouble>,
}

#[derive(Template)]
#[template(path = "desk/peer.html")]
struct OnePage {
    shell: Shell,
    form_key: String,
    line: Line,
    facts: Vec<(&'static str, String)>,
    all_paused: bool,
    lengths: Vec<(&'static str, String)>,
    conduct: Option<Conduct>,
    forks: Vec<Fork>,
    done: String,
    troubles: Vec<Trouble>,
}

/// One peer.
struct Line {
    key: String,
    title: String,
    about: String,
    state: &'static str,
    class: &'static str,
    reason: String,
    /// Moved and in all, where anything is left.
    bar: Option<(u64, u64)>,
    moved: String,
    times: String,
    faults: String,
    /// What can be done: a button each.
    acts: Vec<(&'static str, &'static str)>,
    may_pause: bool,
}

/// What a peer did.
struct Conduct {
    sums: Vec<String>,
    misdeeds: Vec<Misdeed>,
}

struct Misdeed {
    at: String,
    kind: String,
    what: String,
    frame: String,
}

struct Fork {
    log: String,
    text: String,
    heads: [String; 2],
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = administrator(signed_in(&bench, &headers).await?)?;
        page(&bench, &place, &who, (done(place.lang, &uri), Vec::new())).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

pub(in crate::desk) async fn show_one(
    State(bench): State<Arc<Bench>>,
    Path(node): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = administrator(signed_in(&bench, &headers).await?)?;
        one(&bench, &place, &who, &node, (done(place.lang, &uri), Vec::new())).await
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// The file that proves a fork.
pub(in crate::desk) async fn fork(
    State(bench): State<Arc<Bench>>,
    Path(log): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = administrator(signed_in(&bench, &headers).await?)?;
        let (clerk, asked) = (who.clerk.clone(), log.clone());
        let found = bench.ask(move |desk| desk.fork_proof(&clerk, &asked)).await?;
        let bytes = found.map_err(|_| Away::Refused(Refusal::NoPage(tidy_line(uri.path(), NAME_CHARS))))?;
        let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response();
        crate::download::named(&mut response, &format!("fork-{}.lianshi", short_id(&log)));
        Ok(response)
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// What is done with all of them.
pub(in crate::desk) async fn act(
    State(bench): State<Arc<Bench>>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let who = administrator(who)?;
        let typed = fields.get("act").to_owned();
        let Some(act @ (PeerAct::Pause(_) | PeerAct::Resume)) = PeerAct::from_id(&typed, fields.get("for"))
        else {
            return Ok(see("/desk/peers"));
        };
        let clerk = who.clerk.clone();
        match bench.ask(move |desk| desk.change_peer(&clerk, None, &act)).await? {
            Ok(()) => Ok(see(&format!("/desk/peers?{typed}=1"))),
            Err(said) => {
                page(&bench, &place, &who, (String::new(), vec![Trouble::of(place.lang, &said)])).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

/// What is done with one.
pub(in crate::desk) async fn act_on_one(
    State(bench): State<Arc<Bench>>,
    Path(node): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Form(given): Form<Vec<(String, String)>>,
) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let (who, fields) = posted(&bench, &headers, given).await?;
        let who = administrator(who)?;
        let typed = fields.get("act").to_owned();
        let back = if fields.get("back") == "list" {
            "/desk/peers".to_owned()
        } else {
            format!("/desk/peers/{node}")
        };
        let Some(act) = PeerAct::from_id(&typed, fields.get("for")) else { return Ok(see(&back)) };
        let (clerk, asked) = (who.clerk.clone(), node.clone());
        match bench.ask(move |desk| desk.change_peer(&clerk, Some(&asked), &act)).await? {
            // Of one that was forgiven nothing may be left to show.
            Ok(()) if typed == "forgive" => Ok(see("/desk/peers?forgive=1")),
            Ok(()) => Ok(see(&format!("{back}?{typed}=1"))),
            Err(said) => {
                let troubles = vec![Trouble::of(place.lang, &said)];
                one(&bench, &place, &who, &node, (String::new(), troubles)).await
            }
        }
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn done(lang: Lang, uri: &Uri) -> String {
    let key = pairs(uri).into_iter().find_map(|(name, _)| PeerAct::from_id(&name, ""));
    key.map(|act| say(lang, &format!("peer.done.{}", act.id())).to_owned()).unwrap_or_default()
}

async fn view(bench: &Bench, who: &SignedIn) -> Result<PeersView, Away> {
    let clerk = who.clerk.clone();
    let found = bench.ask(move |desk| desk.peers(&clerk)).await?;
    Ok(found.map_err(|said| match said.why {
        Why::NotTheirs => Refusal::NotAdministrator,
        _ => Refusal::Busy,
    })?)
}

async fn page(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    (done, troubles): (String, Vec<Trouble>),
) -> Result<Response, Away> {
    let (lang, view) = (place.lang, view(bench, who).await?);
    let mut shell = shell(&bench.app, place, "peers.title", Some(who));
    // A page without scripts looks again by itself.
    shell.again = troubles.is_empty() && view.peers.iter().any(moves);
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        shell,
        form_key: who.form_key.clone(),
        paused: view.paused.as_ref().map(|paused| paused_in_words(lang, paused)).unwrap_or_default(),
        lines: view.peers.iter().take(PEERS_SHOWN).map(|task| line(lang, &view, task)).collect(),
        lengths: lengths(lang),
        more: match view.peers.len().saturating_sub(PEERS_SHOWN) {
            0 => String::new(),
            more => fill(lang, "node.more", &[("n", &count(more as u64))]),
        },
        done,
        troubles,
    };
    Ok(draw(status, &page, lang))
}

async fn one(
    bench: &Bench,
    place: &Place,
    who: &SignedIn,
    node: &str,
    (done, troubles): (String, Vec<Trouble>),
) -> Result<Response, Away> {
    let (lang, view) = (place.lang, view(bench, who).await?);
    let missing = || Away::Refused(Refusal::NoPage(format!("/desk/peers/{}", tidy_line(node, NAME_CHARS))));
    let task = view.peers.iter().find(|task| !node.is_empty() && task.key == node).ok_or_else(missing)?;
    let line = line(lang, &view, task);
    let mut shell = shell(&bench.app, place, "peers.title", Some(who));
    shell.title = format!("{} – {}", line.title, shell.title);
    shell.again = troubles.is_empty() && moves(task);
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = OnePage {
        shell,
        form_key: who.form_key.clone(),
        facts: facts(lang, view.now_ms, task),
        line,
        all_paused: view.paused.is_some(),
        lengths: lengths(lang),
        conduct: task.conduct.as_ref().map(|seen| conduct(lang, seen)),
        forks: task.forks.iter().map(|seen| fork_in_words(lang, seen)).collect(),
        done,
        troubles,
    };
    Ok(draw(status, &page, lang))
}

fn moves(task: &PeerTask) -> bool {
    matches!(task.state, TaskState::Syncing | TaskState::Connecting)
}

fn lengths(lang: Lang) -> Vec<(&'static str, String)> {
    let mut lengths = vec![("", say(lang, "peers.until-resumed").to_owned())];
    lengths.extend(LENGTHS.map(|length| (length, say(lang, &format!("peers.for.{length}")).to_owned())));
    lengths
}

fn paused_in_words(lang: Lang, paused: &Paused) -> String {
    match paused.until_ms {
        Some(until) => fill(lang, "peers.paused.until", &[("until", &minute(until, lang))]),
        None => say(lang, "peers.paused.open").to_owned(),
    }
}

fn line(lang: Lang, view: &PeersView, task: &PeerTask) -> Line {
    let (state, class) = match task.state {
        TaskState::InStep => ("peer.in_step", "state-good"),
        TaskState::Syncing => ("peer.syncing", "state-busy"),
        TaskState::Closed => ("peer.closed", "state-wait"),
        TaskState::Connecting => ("peer.connecting", "state-busy"),
        TaskState::Waiting => ("peer.waiting", "state-wait"),
        TaskState::Stopped => ("peer.stopped", "state-wait"),
        TaskState::Paused => ("peer.paused", "state-wait"),
        TaskState::Refused => ("peer.refused", "state-bad"),
    };
    let title = [&task.name, &task.key].into_iter().chain(&task.addresses).find(|name| !name.is_empty());
    let role = task.role.map(|role| labels::role(lang, role).to_owned());
    let region = Some(labels::region(lang, &task.region)).filter(|_| !task.region.is_empty());
    let (moved, total) = task.progress();
    let paused = matches!(task.state, TaskState::Paused);
    let named = !task.key.is_empty();
    let mut acts = Vec::new();
    if named && !paused {
        acts.push(("sync", "peers.act.sync"));
    }
    if named && task.since_ms.is_some() && !paused && task.state != TaskState::Refused {
        acts.push(("stop", "peers.act.stop"));
    }
    // Where all are paused that is lifted for all.
    if named && paused && view.paused.is_none() {
        acts.push(("resume", "peers.act.resume"));
    }
    let times = task.conduct.as_ref().map_or(0, |seen| seen.times);
    Line {
        title: tidy_line(title.map_or("", |title| title), NAME_CHARS),
        about: role
            .into_iter()
            .chain(region)
            .chain(named.then(|| short_id(&task.key)))
            .collect::<Vec<_>>()
            .join(" · "),
        state: say(lang, state),
        class,
        reason: tidy_line(&task.reason, NAME_CHARS * 4),
        bar: (task.state == TaskState::Syncing && total > 0).then_some((moved, total)),
        moved: task.since_ms.map(|_| moved_in_words(lang, task)).unwrap_or_default(),
        times: times_in_words(lang, view.now_ms, task),
        faults: match (times, task.forks.iter().filter(|fork| !fork.settled).count()) {
            (0, 0) => String::new(),
            (times, forks) => {
                fill(lang, "peers.faults", &[("times", &count(times)), ("forks", &count(forks as u64))])
            }
        },
        acts,
        may_pause: named && !paused,
        key: task.key.clone(),
    }
}

fn moved_in_words(lang: Lang, task: &PeerTask) -> String {
    let places = [
        ("in", count(task.entries.0)),
        ("out", count(task.entries.1)),
        ("left", count(task.left.0)),
        ("go", count(task.left.1)),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fill(lang, "cli.peer.moved", &places)
}

fn times_in_words(lang: Lang, now_ms: i64, task: &PeerTask) -> String {
    let mut words = Vec::new();
    if let Some(last) = task.last_success_ms {
        words.push(fill(lang, "peers.last", &[("ago", &ago(now_ms, last, lang))]));
    }
    if let Some(paused) = task.paused.filter(|_| task.state == TaskState::Paused) {
        words.push(paused_in_words(lang, &paused));
    } else if let Some(next) = task.next_ms.filter(|next| *next > now_ms) {
        words.push(fill(lang, "peers.next", &[("seconds", &count(next.abs_diff(now_ms).div_ceil(1_000)))]));
    }
    words.join(" · ")
}

fn facts(lang: Lang, now_ms: i64, task: &PeerTask) -> Vec<(&'static str, String)> {
    let pair =
        |key: &str, (come, gone): (u64, u64)| fill(lang, key, &[("in", &size(come)), ("out", &size(gone))]);
    let mut facts = Vec::new();
    let way = task.outbound.map(|outbound| if outbound { "cli.peer.out" } else { "cli.peer.in" });
    facts.extend(way.map(|way| ("cli.peer.label.way", say(lang, way).to_owned())));
    if let Some(since) = task.since_ms {
        let since_words = [minute(since, lang), ago(now_ms, since, lang)].join(" · ");
        facts.push(("cli.peer.label.since", since_words));
        facts.push(("cli.peer.label.moved", moved_in_words(lang, task)));
        facts.push(("cli.peer.label.bytes", pair("cli.peer.bytes", task.bytes)));
        facts.push(("cli.peer.label.rate", pair("cli.peer.rate", task.rate)));
        facts.push(("cli.peer.label.logs", count(task.logs_behind)));
    }
    let never = || say(lang, "peer.never").to_owned();
    facts.push(("cli.peer.label.success", task.last_success_ms.map_or_else(never, |ms| minute(ms, lang))));
    if let Some((at, why)) = &task.last_failure {
        let at = at.map(|ms| format!("{} · ", minute(ms, lang))).unwrap_or_default();
        facts.push(("cli.peer.label.failure", format!("{at}{}", tidy_line(why, NAME_CHARS * 4))));
    }
    if let Some(next) = task.next_ms.filter(|_| task.since_ms.is_none() || task.paused.is_some()) {
        facts.push(("cli.peer.label.next", minute(next.max(now_ms), lang)));
    }
    if !task.addresses.is_empty() {
        let addresses: Vec<String> =
            task.addresses.iter().map(|one| tidy_line(one, NAME_CHARS * 2)).collect();
        facts.push(("cli.peer.label.addresses", addresses.join(" ")));
    }
    facts.push(("cli.peer.label.node", task.key.clone()));
    facts.into_iter().map(|(key, value)| (say(lang, key), value)).collect()
}

fn conduct(lang: Lang, seen: &ConductSeen) -> Conduct {
    let (score, most) = (seen.score.0.to_string(), seen.score.1.to_string());
    let until = seen.refused_until_ms.map(|ms| minute(ms, lang)).unwrap_or_default();
    let key = if until.is_empty() { "cli.peer.conduct.score" } else { "cli.peer.conduct.refused" };
    let (times, first) = (count(seen.times), minute(seen.first_ms, lang));
    let misdeed = |one: &MisdeedSeen| Misdeed {
        at: minute(one.at_ms, lang),
        kind: say(lang, &format!("peer.misdeed.{}", one.kind)).to_owned(),
        what: tidy_line(&one.what, NAME_CHARS * 4),
        frame: one.frame.as_ref().map(|frame| frame_in_words(lang, frame)).unwrap_or_default(),
    };
    Conduct {
        sums: vec![
            fill(lang, key, &[("score", &score), ("most", &most), ("until", &until)]),
            fill(lang, "cli.peer.conduct.times", &[("times", &times), ("first", &first)]),
        ],
        misdeeds: seen.misdeeds.iter().rev().map(misdeed).collect(),
    }
}

fn frame_in_words(lang: Lang, (kind, length, digest): &(Option<u8>, u64, String)) -> String {
    let kind = kind.map_or_else(|| "–".to_owned(), |kind| kind.to_string());
    fill(lang, "cli.peer.conduct.frame", &[("kind", &kind), ("length", &count(*length)), ("digest", digest)])
}

fn fork_in_words(lang: Lang, seen: &ForkSeen) -> Fork {
    let key = if seen.settled { "peers.fork.settled" } else { "peers.fork.open" };
    Fork {
        text: fill(lang, key, &[("log", &short_id(&seen.log)), ("seq", &count(seen.seq))]),
        log: seen.log.clone(),
        heads: seen.heads.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_772_604_300_000;

    fn task(state: TaskState) -> PeerTask {
        PeerTask {
            key: "ab".repeat(32),
            name: "宜昌\u{202e}站\n二".to_owned(),
            state,
            since_ms: Some(NOW - 60_000),
            entries: (30, 10),
            left: (50, 10),
            next_ms: Some(NOW + 1_500),
            ..PeerTask::default()
        }
    }

    fn drawn(task: &PeerTask, paused: Option<Paused>) -> Line {
        line(Lang::En, &PeersView { peers: Vec::new(), paused, now_ms: NOW }, task)
    }

    #[test]
    fn progress_is_what_has_moved_of_what_is_known() {
        let syncing = drawn(&task(TaskState::Syncing), None);
        assert_eq!(syncing.bar, Some((40, 100)));
        assert!(!syncing.title.contains('\n') && !syncing.title.contains('\u{202e}'), "{:?}", syncing.title);
        assert!(syncing.times.contains("2 s"), "{}", syncing.times);
        assert_eq!(drawn(&task(TaskState::InStep), None).bar, None);
    }

    #[test]
    fn only_what_can_be_done_is_offered() {
        let ids = |line: &Line| line.acts.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        assert_eq!(ids(&drawn(&task(TaskState::Syncing), None)), ["sync", "stop"]);
        assert_eq!(ids(&drawn(&task(TaskState::Paused), None)), ["resume"]);
        let all = Paused { since_ms: NOW, until_ms: None };
        assert!(ids(&drawn(&task(TaskState::Paused), Some(all))).is_empty(), "it is lifted for all");
        let nobody = PeerTask { key: String::new(), ..task(TaskState::Waiting) };
        assert!(ids(&drawn(&nobody, None)).is_empty() && !drawn(&nobody, None).may_pause);
    }

    #[test]
    fn every_kind_of_misdeed_and_every_act_has_words() {
        for lang in [Lang::Zh, Lang::En] {
            for kind in ["bad-frame", "bad-run", "too-often", "asked-again", "light"] {
                let key = format!("peer.misdeed.{kind}");
                assert_ne!(say(lang, &key), key);
            }
            for act in ["sync", "stop", "pause", "resume", "forgive"] {
                let uri: Uri = format!("/desk/peers?{act}=1").parse().unwrap();
                assert!(!done(lang, &uri).is_empty() && !done(lang, &uri).contains("peer.done."), "{act}");
            }
        }
    }
}
