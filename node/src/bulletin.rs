//! Figures in words: the tables that a terminal, a workbook and a paper show alike, and the monthly bulletin (月报) made of them.
//!
//! All is made from what the office tells of an answer, so that the command line, which is another process, shows the same.

mod coverage;
mod tables;

use catalog::Lang;
use catalog::statistics::{Dimension, Month};
use catalog::words::{fill, say};
use exchange::workbook::{Cell, Sheet, sheets};
use paper::certificate::File;
use paper::report::{Column, Report, Row, Section};
use serde_json::Value as Json;

use crate::office::{CLAIM, Failure, exit};

pub use tables::{Funnel, Line, WORK, counted, funnel, rate, rules, sum, thousands, work};

/// Institutions in a bulletin; its workbook has all of them.
const INSTITUTIONS: usize = 30;
/// Months in a bulletin: two years.
const MONTHS: usize = 24;
/// Divisions on paper: a province with its counties, and some more.
const DIVISIONS: usize = 160;

/// The heading: of a month, or of all.
pub fn heading(told: &Json, lang: Lang) -> String {
    match told["asked"]["month"].as_str() {
        Some(month) => fill(lang, "bulletin.heading.month", &[("month", &month_name(month, lang))]),
        None => say(lang, "bulletin.heading").to_owned(),
    }
}

/// The network's name.
pub fn network(told: &Json, lang: Lang) -> &str {
    let name = |key: &str| told["network"][key].as_str().unwrap_or_default();
    match lang {
        Lang::En if !name("name_en").is_empty() => name("name_en"),
        _ => name("name_zh"),
    }
}

/// Which area the figures are of.
pub fn area(told: &Json, lang: Lang) -> String {
    match told["asked"]["region"].as_str() {
        Some(code) => Dimension::Region.name(code, lang),
        None => say(lang, "bulletin.everywhere").to_owned(),
    }
}

fn month_name(month: &str, lang: Lang) -> String {
    month.parse().map_or_else(|_| month.to_owned(), |month: Month| month.name(lang))
}

/// The three numbers on top, with what they are.
pub fn facts(told: &Json, lang: Lang) -> Vec<(String, u64)> {
    let figures = &told["figures"];
    let number = |key: &str| figures[key].as_u64().unwrap_or_default();
    let active = figures["institutions"].as_array().map_or(0, |all| {
        all.iter().filter(|one| one["listings"].as_u64().is_some_and(|n| n > 0)).count() as u64
    });
    let mut facts = Vec::new();
    if told["asked"]["month"].is_string() {
        facts.push((say(lang, "bulletin.fact.new").to_owned(), number("listings")));
    }
    facts.push((say(lang, "bulletin.fact.standing").to_owned(), number("standing")));
    facts.push((say(lang, "bulletin.fact.institutions").to_owned(), active));
    facts.push((say(lang, "bulletin.fact.withdrawn").to_owned(), number("withdrawn")));
    facts
}

/// What says where the figures come from and how they are confirmed.
pub fn provenance(told: &Json, lang: Lang) -> Vec<String> {
    let entries = &told["entries"];
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let number = |json: &Json| thousands(json.as_u64().unwrap_or_default());
    let places = [
        ("digest", text(&told["digest"])),
        ("logs", number(&entries["logs"])),
        ("entries", number(&entries["count"])),
        ("set", text(&entries["digest"])),
        ("node", text(&told["node"]["name"])),
        ("made", text(&told["made"])),
        ("command", command(told)),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(key, text)| (*key, text.as_str())).collect();
    ["bulletin.from", "bulletin.confirm"].map(|key| fill(lang, key, &places)).to_vec()
}

/// The command with which another node confirms the figures.
pub fn command(told: &Json) -> String {
    let option =
        |name: &str| told["asked"][name].as_str().map(|text| format!(" --{name} {text}")).unwrap_or_default();
    let digest = told["digest"].as_str().unwrap_or_default();
    format!("lianshi stats{}{} --verify {digest}", option("month"), option("region"))
}

/// The file that carries figures with the entries that they follow from.
pub fn claim(told: &Json) -> Vec<u8> {
    [CLAIM, told.to_string().as_bytes()].concat()
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// The bulletin on paper.
///
/// # Errors
/// When it cannot be made.
pub fn paper(told: &Json, lang: Lang, made_ms: i64) -> Result<Vec<u8>, Failure> {
    let column = |key: &str, number, part| Column { heading: say(lang, key).to_owned(), number, part };
    let mut sections = Vec::new();
    for dimension in Dimension::ALL {
        let (lines, all) = (counted(told, dimension, lang), sum(told, dimension));
        let most = lines.iter().map(|line| line.count).max().unwrap_or(1).max(1);
        let from = if dimension == Dimension::Month { lines.len().saturating_sub(MONTHS) } else { 0 };
        let shown = lines.iter().skip(from).take(DIVISIONS);
        let row = |line: &Line| Row {
            cells: vec![line.name.clone(), thousands(line.count), rate(line.count, all), String::new()],
            depth: line.depth,
            bar: Some(line.count as f32 / most as f32),
        };
        sections.push(Section {
            title: dimension.title(lang).to_owned(),
            note: tables::note(dimension, lang).to_owned(),
            columns: vec![
                column("bulletin.column.name", false, 4.0),
                column("bulletin.column.count", true, 1.2),
                column("bulletin.column.share", true, 1.1),
                Column { heading: String::new(), number: false, part: 3.2 },
            ],
            rows: shown.map(row).collect(),
        });
    }
    sections.insert(1, funnel_on_paper(told, lang));
    sections.push(work_on_paper(told, lang));
    sections.extend(coverage::on_paper(told, lang));
    let mut notes = provenance(told, lang);
    notes.extend(rules(lang).map(str::to_owned));
    let report = Report {
        over: network(told, lang).to_owned(),
        heading: heading(told, lang),
        sub: format!(
            "{} · {}",
            area(told, lang),
            fill(lang, "bulletin.by", &[("node", told["node"]["name"].as_str().unwrap_or_default())])
        ),
        facts: facts(told, lang).into_iter().map(|(label, count)| (label, thousands(count))).collect(),
        sections,
        notes,
        missing: say(lang, "bulletin.missing").to_owned(),
        page: say(lang, "bulletin.page").to_owned(),
        english: lang == Lang::En,
        made_ms,
        files: vec![File {
            name: "figures.lianshi".to_owned(),
            description: say(lang, "bulletin.file").to_owned(),
            bytes: claim(told),
        }],
    };
    report
        .to_pdf()
        .map_err(|fault| Failure::said(exit::FAILED, "cli.failure.bulletin", &[("what", &fault.to_string())]))
}

fn funnel_on_paper(told: &Json, lang: Lang) -> Section {
    let row = |step: Funnel| Row { cells: vec![step.name, step.said, step.whose], ..Row::default() };
    let column = |key: &str, number, part| Column { heading: say(lang, key).to_owned(), number, part };
    Section {
        title: say(lang, "bulletin.funnel").to_owned(),
        note: say(lang, "bulletin.funnel.note").to_owned(),
        columns: vec![
            column("bulletin.column.step", false, 4.0),
            column("bulletin.column.count", true, 2.0),
            column("bulletin.column.whose", false, 3.0),
        ],
        rows: funnel(told, lang).into_iter().map(row).collect(),
    }
}

fn work_on_paper(told: &Json, lang: Lang) -> Section {
    let columns = WORK.iter().enumerate().map(|(n, key)| Column {
        heading: say(lang, key).to_owned(),
        number: n > 0,
        part: if n == 0 { 3.0 } else { 1.4 },
    });
    let row = |(_, cells): (String, Vec<String>)| Row { cells, ..Row::default() };
    Section {
        title: say(lang, "bulletin.work").to_owned(),
        note: say(lang, "bulletin.work.note").to_owned(),
        columns: columns.collect(),
        rows: work(told, lang).into_iter().take(INSTITUTIONS).map(row).collect(),
    }
}

/// The bulletin as a workbook.
///
/// # Errors
/// When it cannot be made.
pub fn workbook(told: &Json, lang: Lang) -> Result<Vec<u8>, Failure> {
    let mut book = vec![overview(told, lang)];
    for dimension in Dimension::ALL {
        let all = sum(told, dimension);
        let row = |line: Line| {
            let depth = u8::try_from(line.depth).unwrap_or_default();
            let code = if dimension == Dimension::Region { line.key } else { String::new() };
            let cells = [
                Cell::Text(line.name),
                Cell::Number(line.count),
                Cell::Share(share(line.count, all)),
                Cell::Text(code),
            ];
            (depth, cells.into_iter().filter(|cell| *cell != Cell::Text(String::new())).collect())
        };
        let mut over = vec![dimension.title(lang).to_owned()];
        over.extend(Some(tables::note(dimension, lang).to_owned()).filter(|note| !note.is_empty()));
        let mut columns = vec![
            (say(lang, "bulletin.column.name").to_owned(), 34.0),
            (say(lang, "bulletin.column.count").to_owned(), 12.0),
            (say(lang, "bulletin.column.share").to_owned(), 10.0),
        ];
        if dimension == Dimension::Region {
            columns.push((say(lang, "bulletin.column.code").to_owned(), 10.0));
        }
        book.push(Sheet {
            name: dimension.title(lang).to_owned(),
            over,
            columns,
            rows: counted(told, dimension, lang).into_iter().map(row).collect(),
            charted: true,
        });
    }
    let cell = |text: String| match text.replace(',', "").parse() {
        Ok(number) => Cell::Number(number),
        Err(_) => Cell::Text(text),
    };
    let step = |step: Funnel| (0, vec![Cell::Text(step.name), cell(step.said), Cell::Text(step.whose)]);
    let width = |key: &str, width: f64| (say(lang, key).to_owned(), width);
    book.push(Sheet {
        name: say(lang, "bulletin.funnel").to_owned(),
        over: vec![say(lang, "bulletin.funnel").to_owned(), say(lang, "bulletin.funnel.note").to_owned()],
        columns: vec![
            width("bulletin.column.step", 34.0),
            width("bulletin.column.count", 22.0),
            width("bulletin.column.whose", 30.0),
        ],
        rows: funnel(told, lang).into_iter().map(step).collect(),
        charted: false,
    });
    let line = |(_, cells): (String, Vec<String>)| {
        let mut cells = cells.into_iter();
        let name = cells.next().unwrap_or_default();
        (0, std::iter::once(Cell::Text(name)).chain(cells.map(cell)).collect())
    };
    book.push(Sheet {
        name: say(lang, "bulletin.work").to_owned(),
        over: vec![say(lang, "bulletin.work").to_owned(), say(lang, "bulletin.work.note").to_owned()],
        columns: WORK
            .iter()
            .enumerate()
            .map(|(n, key)| width(key, if n == 0 { 34.0 } else { 14.0 }))
            .collect(),
        rows: work(told, lang).into_iter().map(line).collect(),
        charted: false,
    });
    book.extend(coverage::sheet(told, lang));
    sheets(&book).map_err(|fault| Failure::of_fault(&fault))
}

fn overview(told: &Json, lang: Lang) -> Sheet {
    let fact = |(label, count): (String, u64)| (0, vec![Cell::Text(label), Cell::Number(count)]);
    let said = |line: String| (0, vec![Cell::Text(line)]);
    let mut rows: Vec<(u8, Vec<Cell>)> = facts(told, lang).into_iter().map(fact).collect();
    rows.push(said(String::new()));
    rows.extend(provenance(told, lang).into_iter().map(said));
    rows.extend(rules(lang).map(|rule| said(rule.to_owned())));
    Sheet {
        name: say(lang, "bulletin.overview").to_owned(),
        over: vec![heading(told, lang), format!("{} · {}", network(told, lang), area(told, lang))],
        columns: vec![
            (say(lang, "bulletin.column.name").to_owned(), 40.0),
            (say(lang, "bulletin.column.count").to_owned(), 14.0),
        ],
        rows,
        charted: false,
    }
}

#[cfg(test)]
mod tests;
