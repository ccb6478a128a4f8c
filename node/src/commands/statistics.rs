//! Statistics in a terminal: tables with bars, the digest that another node confirms, the bulletin, the coverage of a register.

mod coverage;

use std::path::Path;

use catalog::statistics::Dimension;
use serde_json::{Value as Json, json};

use super::{
    Context, Outcome, file_in, print_json, print_line, print_note, read_file, show, text, write_file,
};
use crate::bulletin::{self, counted, funnel, rate, sum, thousands, work};
use crate::cli::{By, Coverage, Stats, StatsAction};
use crate::office::{Asked, Failure, Request, claim_in, exit};

/// Columns of names and numbers, and letters of the longest bar.
const NAME: usize = 30;
const NUMBER: usize = 12;
const BAR: usize = 24;
/// Institutions in the overview, and divisions: `--by` shows all of them.
const FEW: usize = 10;

pub fn run(context: &Context, args: Stats) -> Outcome {
    match args.action {
        Some(StatsAction::Bulletin { month, region, out, register, kind, map, sheet }) => {
            let register = register.map(|register| Coverage { register, kind, map, sheet, out: None });
            save_bulletin(context, Asked { region, month }, &out, register.as_ref())
        }
        Some(StatsAction::Coverage(args)) => coverage::run(context, &args),
        None => {
            let asked = Asked { region: args.region, month: args.month };
            match args.verify {
                Some(claim) => verify(context, asked, &claim),
                None => tell(context, asked, args.by, args.digest, args.out.as_deref()),
            }
        }
    }
}

fn tell(context: &Context, asked: Asked, by: Option<By>, digest: bool, out: Option<&Path>) -> Outcome {
    let told = context.ask(&Request::Statistics { asked, heads: out.is_some() })?;
    if let Some(file) = out {
        write_file(file, &bulletin::claim(&told))?;
        print_note(&context.fill("cli.stats.saved", &[("file", &file.display().to_string())]));
    }
    match (context.json, digest) {
        (_, true) => print_line(text(&told, "digest")),
        (true, false) => print_json(&told),
        // Who asks for a file has it; who asks for a table too gets both.
        (false, false) if out.is_some() && by.is_none() => {}
        (false, false) => show(context, &told, by),
    }
    Ok(0)
}

fn show(context: &Context, told: &Json, by: Option<By>) {
    let lang = context.lang;
    let head = [bulletin::network(told, lang), &bulletin::heading(told, lang), &bulletin::area(told, lang)]
        .join(" · ");
    print_line(&head);
    let facts = bulletin::facts(told, lang);
    let facts: Vec<String> =
        facts.iter().map(|(label, count)| format!("{label} {}", thousands(*count))).collect();
    print_line(&format!("  {}", facts.join("   ")));
    match by {
        Some(By::Institution) => institutions(context, told, usize::MAX),
        Some(by) => table(context, told, dimension(by), usize::MAX),
        None => {
            for dimension in Dimension::ALL {
                table(context, told, dimension, FEW);
            }
            steps(context, told);
            institutions(context, told, FEW);
        }
    }
    print_line("");
    for line in bulletin::provenance(told, lang) {
        print_line(&line);
    }
}

fn dimension(by: By) -> Dimension {
    match by {
        By::Region => Dimension::Region,
        By::Field => Dimension::Field,
        By::Readiness => Dimension::Readiness,
        By::Cooperation => Dimension::Cooperation,
        By::Month => Dimension::Month,
        By::Kind | By::Institution => Dimension::Kind,
    }
}

/// A bar of blocks, to an eighth of a letter.
fn bar(part: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (u128::from(part) * (BAR as u128) * 8).div_ceil(u128::from(most.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or_default();
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS.get(eighths % 8).copied().unwrap_or_default())
}

fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(text.chars().count())))
}

fn table(context: &Context, told: &Json, dimension: Dimension, limit: usize) {
    let lines = counted(told, dimension, context.lang);
    let (all, most) = (sum(told, dimension), lines.iter().map(|line| line.count).max().unwrap_or_default());
    print_line("");
    print_line(dimension.title(context.lang));
    // Of months the last ones are what is asked for.
    let from = if dimension == Dimension::Month { lines.len().saturating_sub(limit) } else { 0 };
    for line in lines.iter().skip(from).take(limit) {
        let name = show::pad(&format!("{}{}", "  ".repeat(line.depth + 1), line.name), NAME);
        let (count, share) = (right(&thousands(line.count), NUMBER), right(&rate(line.count, all), 8));
        print_line(format!("{name}{count}{share}  {}", bar(line.count, most)).trim_end());
    }
    rest(context, lines.len(), limit, dimension.id());
}

fn rest(context: &Context, all: usize, limit: usize, by: &str) {
    if let Some(more) = all.checked_sub(limit).filter(|more| *more > 0) {
        let places = [("n", more.to_string()), ("by", by.to_owned())];
        let places: Vec<(&str, &str)> = places.iter().map(|(key, text)| (*key, text.as_str())).collect();
        print_line(&format!("  {}", context.fill("cli.stats.more", &places)));
    }
}

fn steps(context: &Context, told: &Json) {
    print_line("");
    print_line(context.say("bulletin.funnel"));
    for step in funnel(told, context.lang) {
        let name = show::pad(&format!("  {}", step.name), NAME);
        print_line(format!("{name}{}  {}", right(&step.said, NUMBER), step.whose).trim_end());
    }
}

fn institutions(context: &Context, told: &Json, limit: usize) {
    let rows = work(told, context.lang);
    let headings: Vec<&str> = bulletin::WORK.iter().map(|key| context.say(key)).collect();
    let columns =
        headings.iter().enumerate().map(|(n, heading)| crate::demo::table::Column { heading, number: n > 0 });
    let columns: Vec<_> = columns.collect();
    let shown: Vec<Vec<String>> = rows.iter().take(limit).map(|(_, cells)| cells.clone()).collect();
    print_line("");
    print_line(context.say("bulletin.work"));
    for line in crate::demo::table::lines(&columns, &shown) {
        print_line(&format!("  {line}"));
    }
    rest(context, rows.len(), limit, "institution");
}

fn save_bulletin(context: &Context, asked: Asked, out: &Path, register: Option<&Coverage>) -> Outcome {
    let form = out.extension().and_then(|form| form.to_str()).unwrap_or_default().to_ascii_lowercase();
    let file = out.display().to_string();
    if !["pdf", "xlsx"].contains(&form.as_str()) {
        return Err(Failure::said(exit::USAGE, "cli.failure.bulletin.form", &[("file", &file)]));
    }
    let lang = context.lang.id().to_owned();
    let mut desk = context.desk()?;
    let covered = register.map(|register| coverage::covered(context, &mut desk, register)).transpose()?;
    let reply = desk.ask(&Request::Bulletin { asked, form: form.clone(), lang, covered })?;
    write_file(out, &file_in(&reply)?)?;
    if context.json {
        print_json(&json!({ "v": 1, "file": file, "form": form }));
    } else {
        print_line(&context.fill("cli.stats.bulletin", &[("file", &file)]));
    }
    Ok(0)
}

/// Whether figures of another node follow from what is held here. 0 when they do; 3 when they do not follow from the same entries; 6
/// when this node holds other entries, or another version of the rules made them, so that it cannot say.
fn verify(context: &Context, asked: Asked, given: &str) -> Outcome {
    let is_digest = given.len() == 64 && given.bytes().all(|byte| byte.is_ascii_hexdigit());
    let claim = match is_digest {
        true => None,
        false => {
            let read = claim_in(&read_file(Path::new(given))?);
            Some(read.ok_or_else(|| Failure::said(exit::REJECTED, "cli.failure.figures", &[]))?)
        }
    };
    let digest = claim.as_ref().map_or(given, |claim| text(claim, "digest")).to_owned();
    let reply = context.ask(&Request::Confirm { asked, digest, claim: claim.clone() })?;
    let code = match (reply["confirmed"] == true, reply["refuted"] == true) {
        (true, _) => 0,
        (false, true) => exit::REJECTED,
        (false, false) => exit::DEGRADED,
    };
    if context.json {
        print_json(&reply);
        return Ok(code);
    }
    print_line(context.say(&format!("cli.stats.verdict.{}", text(&reply, "verdict"))));
    for (label, count) in bulletin::facts(&reply["here"], context.lang) {
        print_line(&format!("  {}{}", show::pad(&label, NAME), right(&thousands(count), NUMBER)));
    }
    if code == exit::DEGRADED {
        missing(context, &reply, claim.is_some());
    }
    Ok(code)
}

/// What is missing here, log by log, as far as that is known.
fn missing(context: &Context, reply: &Json, has_file: bool) {
    let apart = &reply["apart"];
    for log in apart["logs"].as_array().into_iter().flatten() {
        let node: String = text(log, "node").chars().take(8).collect();
        let kind = catalog::Kind::from_id(text(log, "kind")).map(|kind| kind.label(context.lang));
        let name = if text(log, "institution").is_empty() {
            context.say("cli.stats.apart.unknown")
        } else {
            text(log, "institution")
        };
        let region =
            catalog::region::path_text(text(log, "region")).unwrap_or_else(|| text(log, "region").to_owned());
        let entries = log["entries"].as_u64().unwrap_or_default().to_string();
        let places = [
            ("entries", entries.as_str()),
            ("institution", name),
            ("kind", kind.unwrap_or_else(|| context.say("cli.stats.apart.statements"))),
            ("region", &region),
            ("node", &node),
        ];
        print_line(&format!("  {}", context.fill(&format!("cli.stats.apart.{}", text(log, "how")), &places)));
    }
    let told = apart["logs"].as_array().map_or(0, Vec::len) as u64;
    let more = apart["count"].as_u64().unwrap_or_default().saturating_sub(told);
    if more > 0 {
        print_line(&format!("  {}", context.fill("cli.stats.apart.more", &[("n", &more.to_string())])));
    }
    if apart["roster"] == true {
        print_line(&format!("  {}", context.say("cli.stats.apart.roster")));
    }
    for peer in reply["peers"]["out_of_step"].as_array().into_iter().flatten() {
        let logs = peer["logs"].as_u64().unwrap_or_default().to_string();
        let places = [("name", text(peer, "name")), ("logs", &logs)];
        print_line(&format!("  {}", context.fill("cli.stats.apart.peer", &places)));
    }
    if !has_file && text(reply, "verdict") == "apart" {
        print_note(context.say("cli.stats.apart.file"));
    }
}
