//! The check-up: what is wrong with a node, why it matters, and what to do, whether it runs or not.

mod harvests;

use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::time::UNIX_EPOCH;

use market::{Identity, RootFile};
use serde_json::{Value as Json, json};

use super::{Answerer, Context, Outcome, print_json, print_line, print_note, show, text};
use crate::core::{AGENT, now_ms};
use crate::harvest::HarvestAsk;
use crate::health::Level::{self, Notice, Problem};
use crate::health::{self, CLOCK_SLACK_MS, DAY_MS, LONELY_MS};
use crate::office::{Ask, Failure, Request, exit, time_text};
use harvests::harvests;

/// An agreement that ends within so long is to be renewed: the governors of two networks have to meet for that.
const AGREEMENT_WARNING_MS: i64 = 30 * DAY_MS;
/// Characters of a date.
const DATE_CHARS: usize = 10;
/// A node that has run for less may not have been found yet.
const FOUND_WITHIN_MS: i64 = 10 * 60 * 1000;
/// Characters of a title that a finding shows.
const NAME_CHARS: usize = 40;
/// Characters of an id that a finding shows.
const SHORT_ID: usize = 14;

/// Everything that a check-up can find.
pub const FINDINGS: &[(&str, Level)] = &[
    ("alone", Notice),
    ("allowance", Notice),
    ("audit", Problem),
    ("audit-failing", Problem),
    ("backup-old", Notice),
    ("certificate", Notice),
    ("certificate-ended", Problem),
    ("clock-behind", Problem),
    ("clock-set-back", Problem),
    ("disk-full", Problem),
    ("disk-low", Notice),
    ("exited", Problem),
    ("files-absent", Problem),
    ("files-spoiled", Problem),
    ("forked", Problem),
    ("forks", Notice),
    ("harvest-compare", Notice),
    ("harvest-failing", Problem),
    ("harvest-held", Notice),
    ("harvest-old", Notice),
    ("index", Problem),
    ("journal", Problem),
    ("listen", Problem),
    ("lonely", Notice),
    ("market-away", Notice),
    ("market-ended", Notice),
    ("market-ending", Notice),
    ("market-hidden", Notice),
    ("mended", Problem),
    ("no-backup", Notice),
    ("not-admitted", Notice),
    ("not-reached", Notice),
    ("paused", Notice),
    ("peer", Problem),
    ("permissions", Problem),
    ("port-in-use", Notice),
    ("recovery", Notice),
    ("root-plain", Notice),
    ("root-waiting", Notice),
    ("root-waiting-plain", Notice),
    ("roster-allowance", Problem),
    ("screener", Notice),
    ("scrub", Notice),
    ("stopped", Notice),
    ("suspended", Problem),
    ("unpurged", Problem),
    ("versions", Notice),
];

/// What was found.
#[derive(Default)]
struct Findings(Vec<Finding>);

struct Finding {
    id: &'static str,
    places: Vec<(&'static str, String)>,
}

impl Findings {
    fn add(&mut self, id: &'static str, places: &[(&'static str, String)]) {
        self.0.push(Finding { id, places: places.to_vec() });
    }

    fn note(&mut self, id: &'static str, what: impl Into<String>) {
        self.add(id, &[("what", what.into())]);
    }
}

impl Finding {
    fn level(&self) -> Level {
        FINDINGS.iter().find(|(id, _)| *id == self.id).map_or(Problem, |(_, level)| *level)
    }

    fn say(&self, context: &Context, part: &str) -> String {
        let places: Vec<(&str, &str)> =
            self.places.iter().map(|(name, value)| (*name, value.as_str())).collect();
        context.fill(&format!("cli.doctor.{}{part}", self.id), &places)
    }
}

pub fn run(context: &Context) -> Outcome {
    let mut answerer = context.desk()?;
    let mut found = Findings::default();
    let status = answerer.ask(&Request::Status)?;
    let examined = answerer.ask(&Request::Examine)?;
    let identity = Identity::read(&context.home)?;
    let running = matches!(answerer, Answerer::Running(_));
    if !running {
        found.note("stopped", "");
        ports(context, &mut found)?;
    }
    disk(&examined, &mut found);
    data(&status, &examined, &mut found);
    audit(context, &examined["audit"], &mut found);
    files(context, &examined, &mut found);
    roster(&mut answerer, &status, &identity, &mut found)?;
    if status["paused"].is_object() {
        found.note("paused", show::paused(context, &status["paused"]));
    }
    peers(&status, &examined, &mut found);
    harvests(context, &answerer.ask(&Request::Harvest { ask: HarvestAsk::List })?, running, &mut found);
    markets(context, &examined, running, &mut found);
    clocks(context, &examined, &mut found);
    keys(context, &identity, &mut found);
    backups(context, &mut found);
    found.0.sort_by_key(Finding::level);
    Ok(report(context, &found.0))
}

fn report(context: &Context, found: &[Finding]) -> u8 {
    let problems = found.iter().filter(|finding| finding.level() == Problem).count();
    if context.json {
        let level = |finding: &Finding| if finding.level() == Problem { "problem" } else { "notice" };
        let list: Vec<Json> = found
            .iter()
            .map(|finding| {
                let detail = finding.places.first().map(|(_, value)| value.as_str()).unwrap_or_default();
                json!({
                    "finding": finding.id, "level": level(finding), "detail": detail, "what": finding.say(context, ""),
                    "why": finding.say(context, ".why"), "do": finding.say(context, ".do"),
                })
            })
            .collect();
        print_json(&json!({ "v": 1, "degraded": problems > 0, "findings": list }));
    } else if found.is_empty() {
        print_line(context.say("cli.checkup.well"));
    } else {
        for finding in found {
            let problem = finding.level() == Problem;
            let label = context.say(if problem { "cli.checkup.problem" } else { "cli.checkup.notice" });
            print_line(&format!("{}{}", show::pad(label, 9), finding.say(context, "")));
            for (label, part) in [("cli.checkup.why", ".why"), ("cli.checkup.do", ".do")] {
                print_line(&format!("{}{}{}", " ".repeat(9), context.say(label), finding.say(context, part)));
            }
        }
        let notices = (found.len() - problems).to_string();
        let places = [("problems", &*problems.to_string()), ("notices", &*notices)];
        print_note(&context.fill("cli.checkup.summary", &places));
    }
    if problems > 0 { exit::DEGRADED } else { 0 }
}

fn disk(examined: &Json, found: &mut Findings) {
    let of = |key: &str| examined["disk"][key].as_u64().unwrap_or_default();
    let (free, floor) = (of("free"), of("floor"));
    let places = [("free", (free >> 20).to_string()), ("floor", (floor >> 20).to_string())];
    if let Some(id) = health::disk(free, floor) {
        found.add(id, &places);
    }
}

/// The audit log.
fn audit(context: &Context, examined: &Json, found: &mut Findings) {
    if let Some(what) = super::audit::fault_in_words(context, &examined["fault"]) {
        found.note("audit", what);
    }
    if let Some(why) = examined["failing"]["why"].as_str() {
        found.note("audit-failing", why);
    }
}

/// Store, journal, index, forks.
fn data(status: &Json, examined: &Json, found: &mut Findings) {
    for (id, what) in [
        ("mended", &status["mended"]),
        ("unpurged", &status["unpurged"]),
        ("journal", &examined["journal"]),
        ("index", &examined["index"]),
    ] {
        if let Some(what) = what.as_str() {
            found.note(id, what);
        }
    }
    if status["scrub_due"] == json!(true) {
        found.note("scrub", "");
    }
    if status["forks"]["own"] != json!(0) {
        found.note("forked", status["forks"]["own"].to_string());
    } else if status["forks"]["open"] != json!(0) {
        found.note("forks", status["forks"]["open"].to_string());
    }
    for name in status["unknown_screeners"].as_array().into_iter().flatten() {
        found.note("screener", show::plain(name));
    }
    for over in status["over_allowance"].as_array().into_iter().flatten() {
        for (id, used_up, mib) in
            [("allowance", "entries", "mib"), ("roster-allowance", "roster", "roster_mib")]
        {
            if over[used_up] == json!(true) {
                found.note(id, format!("{} {} MiB", text(over, "name"), over[mib]));
            }
        }
    }
}

/// Files of listings that are this institution's to keep.
fn files(context: &Context, examined: &Json, found: &mut Findings) {
    for (id, which) in [("files-absent", "absent"), ("files-spoiled", "spoiled")] {
        let seen = &examined["files"][which];
        let count = seen["count"].as_u64().unwrap_or_default();
        if count == 0 {
            continue;
        }
        let named = seen["named"].as_array().map_or(&[][..], Vec::as_slice);
        let mut names: Vec<String> = named.iter().map(|file| file_in_words(context, file)).collect();
        let others = count.saturating_sub(names.len() as u64);
        if others > 0 {
            names.push(context.fill("cli.checkup.files.others", &[("n", &others.to_string())]));
        }
        found.add(id, &[("what", context.list(&names)), ("n", count.to_string())]);
    }
}

/// Which file of which listing.
fn file_in_words(context: &Context, file: &Json) -> String {
    let clipped = |key: &str, most: usize| catalog::fold::clip(&catalog::fold::line(text(file, key)), most);
    let name = Some(clipped("name", NAME_CHARS)).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| clipped("file", SHORT_ID));
    let [title, id] = [clipped("title", NAME_CHARS), clipped("id", SHORT_ID)];
    context.fill("cli.checkup.files.one", &[("name", &name), ("title", &title), ("id", &id)])
}

/// What the roster says of this institution that it should know.
fn roster(
    answerer: &mut Answerer,
    status: &Json,
    identity: &Identity,
    found: &mut Findings,
) -> Result<(), Failure> {
    if status["admitted"] != json!(true) {
        found.note("not-admitted", "");
    }
    let roster = answerer.ask(&Request::Roster { ask: Ask::Show { name: None } })?;
    let own = json!(identity.institution.id().to_string());
    let members = roster["members"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(member) = members.iter().find(|member| member["id"] == own) else { return Ok(()) };
    match text(member, "state") {
        "suspended" => found.note("suspended", text(member, "reason")),
        "exited" => found.note("exited", text(member, "reason")),
        _ if roster["governs_alone"] == true && member["governor"] == true => found.note("alone", ""),
        _ => {}
    }
    Ok(())
}

fn peers(status: &Json, examined: &Json, found: &mut Findings) {
    let peers = status["peers"].as_array().map_or(&[][..], Vec::as_slice);
    let mut versions: Vec<&str> = Vec::new();
    for peer in peers {
        if matches!(text(peer, "state"), "unreachable" | "refused") {
            found.note("peer", format!("{} {}", text(peer, "address"), text(peer, "reason")));
        }
        let agent = text(peer, "agent");
        if !agent.is_empty() && agent != AGENT && !versions.contains(&agent) {
            versions.push(agent);
        }
    }
    if !versions.is_empty() {
        found.add("versions", &[("what", versions.join(", ")), ("own", AGENT.to_owned())]);
    }
    for failed in examined["listen_failed"].as_array().into_iter().flatten() {
        found.note("listen", format!("{} {}", text(failed, "address"), text(failed, "why")));
    }
    let others = status["network"]["institutions"].as_u64().is_some_and(|count| count > 1);
    let since = |key: &str| examined[key].as_i64().map(|ms| now_ms().saturating_sub(ms));
    let lonely = health::lonely(examined["seen_ms"].as_i64(), now_ms()).filter(|_| others);
    if let Some((id, ago)) = lonely.zip(since("seen_ms")) {
        found.note(id, (ago / DAY_MS).to_string());
    }
    let invites = matches!(text(status, "role"), "hub" | "sub-market");
    let long = since("started_ms").is_some_and(|ago| ago > FOUND_WITHIN_MS);
    if status["running"] == true && invites && others && long && examined["reached"] == false {
        found.note("not-reached", "");
    }
}

/// Peer markets: an agreement that ends soon or has ended, one that the other network does not have in force, whom nobody has been
/// heard of.
fn markets(context: &Context, examined: &Json, running: bool, found: &mut Findings) {
    let now = now_ms();
    let long = examined["started_ms"].as_i64().is_some_and(|ms| now.saturating_sub(ms) > FOUND_WITHIN_MS);
    for market in examined["markets"].as_array().into_iter().flatten() {
        let (zh, en) = (text(&market["name"], "zh"), text(&market["name"], "en"));
        let name = catalog::fold::line(if en.is_empty() { zh } else { context.lang.pick(zh, en) });
        let until = market["until_ms"].as_i64().unwrap_or_default();
        let mut last_day = time_text(until.saturating_sub(1));
        last_day.truncate(DATE_CHARS);
        let places = [("what", name.clone()), ("until", last_day)];
        if until <= now {
            found.add("market-ended", &places);
            continue;
        }
        if until.saturating_sub(now) < AGREEMENT_WARNING_MS {
            found.add("market-ending", &places);
        }
        if !(running && long) {
            continue;
        }
        let seen = market["seen_ms"].as_i64().map(|ms| now.saturating_sub(ms));
        if market["held"] != json!(true) {
            found.add("market-hidden", &places);
        } else if let Some(ago) = seen.filter(|ago| *ago > LONELY_MS) {
            found.add("market-away", &[("what", name), ("days", (ago / DAY_MS).to_string())]);
        }
    }
}

/// A slow clock is seen by what others have signed already, a clock that was set back by what this computer has written.
fn clocks(context: &Context, examined: &Json, found: &mut Findings) {
    let now = now_ms();
    let signed = examined["signed_ms"].as_array().map_or(&[][..], Vec::as_slice);
    let signed: Vec<i64> = signed.iter().filter_map(Json::as_i64).collect();
    if let Some(id) = health::clock(health::clock_behind(&signed, now)) {
        let ahead = signed.iter().filter(|ms| **ms > now.saturating_add(CLOCK_SLACK_MS)).count();
        found.note(id, ahead.to_string());
    }
    let newest =
        [Path::new("config.toml"), Path::new("data/sidecar.json"), Path::new("identity/certificate")]
            .into_iter()
            .filter_map(|name| Some((name, modified_ms(&context.home.join(name))?)))
            .max_by_key(|(_, ms)| *ms);
    if let Some((name, _)) = newest.filter(|(_, ms)| *ms > now.saturating_add(CLOCK_SLACK_MS)) {
        found.note("clock-set-back", name.display().to_string());
    }
}

fn modified_ms(path: &Path) -> Option<i64> {
    let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

fn keys(context: &Context, identity: &Identity, found: &mut Findings) {
    let home = &context.home;
    let ends = identity.certificate.body.not_after_ms;
    if let Some(id) = health::certificate(ends, now_ms()) {
        found.note(id, time_text(ends));
    }
    if home.join("recovery.key").exists() {
        found.note("recovery", home.join("recovery.key").display().to_string());
    }
    if super::keys::root_state(home) == "plain" {
        found.note("root-plain", Identity::root_path(home).display().to_string());
    }
    if let Some(waiting) = super::keys::waiting_root(home) {
        found.note("root-waiting", waiting.public().to_string());
        if matches!(waiting, RootFile::Plain(_)) {
            found.note("root-waiting-plain", super::keys::next_root(home).display().to_string());
        }
    }
    let open = readable_by_others(home);
    if !open.is_empty() {
        found.add("permissions", &[("what", context.list(&open)), ("home", home.display().to_string())]);
    }
}

/// Names of files with keys whose mode lets others read them. A folder that is closed closes what is in it.
fn readable_by_others(home: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let open = |path: &Path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0);
    if !open(home) {
        return Vec::new();
    }
    let identity =
        fs::read_dir(home.join("identity")).into_iter().flatten().flatten().map(|item| item.path());
    let mut names: Vec<String> = identity
        .chain([home.join("recovery.key")])
        .filter(|path| path.extension().is_some_and(|end| end == "key" || end == "next") && open(path))
        .filter_map(|path| Some(path.strip_prefix(home).ok()?.display().to_string()))
        .collect();
    names.sort();
    names
}

fn backups(context: &Context, found: &mut Findings) {
    let made = super::backup::last_backup_ms(&context.home);
    if let Some(id) = health::backup(made, now_ms()) {
        found.note(id, made.map(time_text).unwrap_or_default());
    }
}

/// Tries the addresses that a stopped node would listen at.
fn ports(context: &Context, found: &mut Findings) -> Result<(), Failure> {
    let config = context.config()?;
    let mut taken = Vec::new();
    if let Ok(web) = config.web.listen.parse::<SocketAddr>() {
        taken.extend(is_taken(TcpListener::bind(web)).then(|| config.web.listen.clone()));
    }
    for address in &config.network.listen {
        let parts: Vec<&str> = address.split('/').collect();
        let [_, "ip4" | "ip6", host, kind, port, ..] = parts.as_slice() else { continue };
        let (Ok(host), Ok(port)) = (host.parse(), port.parse()) else { continue };
        let place = SocketAddr::new(host, port);
        let is_taken = match *kind {
            "tcp" => is_taken(TcpListener::bind(place)),
            "udp" => is_taken(UdpSocket::bind(place)),
            _ => false,
        };
        taken.extend(is_taken.then(|| address.clone()));
    }
    if !taken.is_empty() {
        found.note("port-in-use", context.list(&taken));
    }
    Ok(())
}

fn is_taken<T>(bound: std::io::Result<T>) -> bool {
    bound.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests;
