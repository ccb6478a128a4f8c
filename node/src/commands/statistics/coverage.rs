//! 应挂尽挂 in a terminal, and for a bulletin: an institution's own register beside what it lists (`import::coverage`).

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use catalog::words::fill;
use exchange::mapping::Choices;
use exchange::read::{Input, ReadOptions};
use exchange::workbook::{Cell, Sheet, sheets};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::bulletin::{rate, thousands};
use crate::cli::Coverage;
use crate::commands::{
    Answerer, Context, Outcome, file_failure, print_json, print_line, print_note, show, text, write_file,
};
use crate::import::coverage::{Tally, compare};
use crate::import::{Order, Taker};
use crate::office::{Covered, Failure, Request, Row, RowOutcome, TableAsk, exit, kind_of};

/// Rows that are not listed and are named in a terminal; a file has all of them.
const TOLD: usize = 50;
/// Bytes of a register that are hashed at a time.
const PIECE: usize = 64 << 10;

/// Asks which rows are listed, in place of taking them in.
struct Register<'a>(&'a mut Answerer);

impl Taker for Register<'_> {
    fn take(
        &mut self,
        kind: catalog::Kind,
        rows: Vec<Row>,
        _: &TableAsk,
    ) -> Result<Vec<RowOutcome>, Failure> {
        let reply = self.0.ask(&Request::Cover { kind: kind.id().to_owned(), rows })?;
        serde_json::from_value(reply["rows"].clone()).map_err(|error| {
            Failure::said(exit::FAILED, "cli.failure.reply", &[("what", &error.to_string())])
        })
    }
}

pub fn run(context: &Context, args: &Coverage) -> Outcome {
    let mut desk = context.desk()?;
    let tally = compared(context, &mut desk, args)?;
    if let Some(out) = &args.out {
        write_file(out, &list(context, &tally)?)?;
    }
    tell(context, args, &tally);
    Ok(0)
}

/// The figures of a register as a bulletin tells them, with the digest of the file that they were counted from.
pub fn covered(context: &Context, desk: &mut Answerer, args: &Coverage) -> Result<Covered, Failure> {
    let before = digest(&args.register)?;
    let tally = compared(context, desk, args)?;
    if digest(&args.register)? != before {
        let file = args.register.display().to_string();
        return Err(Failure::said(exit::FAILED, "cli.failure.register.changed", &[("file", &file)]));
    }
    Ok(Covered {
        kind: args.kind.clone(),
        register: before,
        rows: tally.rows,
        listed: tally.listed,
        members: tally.members,
        withdrawn: tally.withdrawn,
        hidden: tally.hidden,
        missing: tally.missing,
        passed: tally.passed,
    })
}

/// SHA-256 of a file, as `sha256sum` says it.
fn digest(file: &Path) -> Result<String, Failure> {
    let read = || {
        let (mut sha, mut open, mut piece) = (Sha256::new(), File::open(file)?, vec![0; PIECE]);
        loop {
            match open.read(&mut piece)? {
                0 => return Ok(sha.finalize()),
                read => sha.update(&piece[..read]),
            }
        }
    };
    let sha = read().map_err(|error: std::io::Error| file_failure(file, &error))?;
    Ok(data_encoding::HEXLOWER.encode(&sha))
}

/// What became of the rows of a register.
fn compared(context: &Context, desk: &mut Answerer, args: &Coverage) -> Result<Tally, Failure> {
    if let Err(error) = std::fs::metadata(&args.register) {
        return Err(file_failure(&args.register, &error));
    }
    let kind = kind_of(&args.kind)?;
    let options =
        ReadOptions { sheet: args.sheet.clone(), helper: crate::apart::helper(), ..ReadOptions::default() };
    let order = Order {
        input: Input::from(args.register.as_path()),
        options,
        stated: args.map.clone().unwrap_or_default(),
        chosen: Choices::default(),
        remembered: Choices::default(),
    };
    let region = text(&desk.ask(&Request::Status)?, "region").to_owned();
    // Whoever types it waits as long as it takes, and ends it with the command.
    let bounds = (u64::MAX, &AtomicBool::new(false));
    let tally = compare(&order, (kind, region), &mut Register(desk), bounds)?;
    for (zh, en) in &tally.notes {
        print_note(context.lang.pick(zh, en));
    }
    Ok(tally)
}

fn tell(context: &Context, args: &Coverage, tally: &Tally) {
    let due = tally.due();
    if context.json {
        let rest =
            tally.rest.iter().map(|(row, title, why)| json!({ "row": row, "title": title, "why": why }));
        let rest: Vec<Json> = rest.collect();
        return print_json(&json!({
            "v": 1, "rows": tally.rows, "due": due, "listed": tally.listed, "members": tally.members, "withdrawn": tally.withdrawn,
            "hidden": tally.hidden, "missing": tally.missing, "passed": tally.passed, "not_listed": rest,
        }));
    }
    let places =
        [("listed", thousands(tally.listed)), ("due", thousands(due)), ("rate", rate(tally.listed, due))];
    let places: Vec<(&str, &str)> = places.iter().map(|(key, text)| (*key, text.as_str())).collect();
    print_line(&context.fill("cli.coverage.rate", &places));
    let counts = [
        ("missing", tally.missing),
        ("withdrawn", tally.withdrawn),
        ("hidden", tally.hidden),
        ("members", tally.members),
        ("passed", tally.passed),
    ];
    for (word, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        print_line(&format!("  {}{}", show::pad(why(context, word), 30), thousands(count)));
    }
    for (row, title, word) in tally.rest.iter().take(TOLD) {
        let row = context.fill("cli.coverage.row", &[("row", &row.to_string())]);
        print_line(&format!("    {}{title}  {}", show::pad(&row, 12), why(context, word)));
    }
    let more = tally.rest.len().saturating_sub(TOLD);
    match &args.out {
        Some(out) => print_note(&context.fill("cli.coverage.out", &[("file", &out.display().to_string())])),
        None if more > 0 => print_note(&context.fill("cli.coverage.more", &[("n", &more.to_string())])),
        None => {}
    }
}

/// Why a row is not seen, in words.
fn why(context: &Context, word: &str) -> &'static str {
    let key = match word {
        "missing" => "cli.coverage.missing",
        "withdrawn" => "cli.coverage.withdrawn",
        "hidden" => "cli.coverage.hidden",
        "members" => "cli.coverage.members",
        _ => "cli.coverage.passed",
    };
    catalog::words::say(context.lang, key)
}

/// The rows that nobody sees, as a workbook.
fn list(context: &Context, tally: &Tally) -> Result<Vec<u8>, Failure> {
    let heading = |key: &str, width: f64| (context.say(key).to_owned(), width);
    let row = |(row, title, word): &(u64, String, String)| {
        (0, vec![Cell::Text(title.clone()), Cell::Number(*row), Cell::Text(why(context, word).to_owned())])
    };
    let due = tally.due();
    let rate =
        [("listed", thousands(tally.listed)), ("due", thousands(due)), ("rate", rate(tally.listed, due))];
    let rate: Vec<(&str, &str)> = rate.iter().map(|(key, text)| (*key, text.as_str())).collect();
    let sheet = Sheet {
        name: context.say("cli.coverage.sheet").to_owned(),
        over: vec![
            context.say("cli.coverage.sheet").to_owned(),
            fill(context.lang, "cli.coverage.rate", &rate),
        ],
        columns: vec![
            heading("cli.coverage.column.title", 60.0),
            heading("cli.coverage.column.row", 10.0),
            heading("cli.coverage.column.why", 34.0),
        ],
        rows: tally.rest.iter().map(row).collect(),
        charted: false,
    };
    sheets(&[sheet]).map_err(|fault| Failure::of_fault(&fault))
}
