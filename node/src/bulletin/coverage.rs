//! 应挂尽挂 in a bulletin: what an institution's own register came to, when one was compared.

use catalog::words::{fill, say};
use catalog::{Kind, Lang};
use exchange::workbook::{Cell, Sheet};
use paper::report::{Column, Row, Section};
use serde_json::Value as Json;

use super::{rate, share, thousands};

/// The lines of the table, each with what it is called.
const LINES: [(&str, &str); 7] = [
    ("due", "bulletin.coverage.due"),
    ("listed", "bulletin.coverage.listed"),
    ("missing", "cli.coverage.missing"),
    ("withdrawn", "cli.coverage.withdrawn"),
    ("hidden", "cli.coverage.hidden"),
    ("members", "cli.coverage.members"),
    ("passed", "cli.coverage.passed"),
];

struct Table<'a> {
    told: &'a Json,
    lang: Lang,
}

impl<'a> Table<'a> {
    fn of(told: &'a Json, lang: Lang) -> Option<Self> {
        let told = &told["coverage"];
        told.is_object().then_some(Self { told, lang })
    }

    fn count(&self, key: &str) -> u64 {
        self.told[key].as_u64().unwrap_or_default()
    }

    /// Name, count, and whether it is a part of what is due. A line of nothing is left out, but for the first two.
    fn lines(&self) -> impl Iterator<Item = (&'static str, u64, bool)> {
        let lines = LINES.iter().enumerate().map(|(n, (key, name))| (n, *key, *name, self.count(key)));
        lines
            .filter(|(n, _, _, count)| *n < 2 || *count > 0)
            .map(|(_, key, name, count)| (say(self.lang, name), count, key != "passed"))
    }

    fn title(&self) -> String {
        let institution = self.told["institution"].as_str().unwrap_or_default();
        fill(self.lang, "bulletin.coverage", &[("institution", institution)])
    }

    fn note(&self) -> String {
        let kind = Kind::from_id(self.told["kind"].as_str().unwrap_or_default());
        let places = [
            ("kind", kind.map(|kind| kind.label(self.lang).to_owned()).unwrap_or_default()),
            ("rows", thousands(self.count("rows"))),
            ("register", self.told["register"].as_str().unwrap_or_default().to_owned()),
        ];
        let places: Vec<(&str, &str)> = places.iter().map(|(key, text)| (*key, text.as_str())).collect();
        fill(self.lang, "bulletin.coverage.note", &places)
    }
}

/// The section on paper.
pub(super) fn on_paper(told: &Json, lang: Lang) -> Option<Section> {
    let table = Table::of(told, lang)?;
    let due = table.count("due");
    let column = |key: &str, number, part| Column { heading: say(lang, key).to_owned(), number, part };
    let row = |(name, count, part): (&str, u64, bool)| Row {
        cells: vec![
            name.to_owned(),
            thousands(count),
            if part { rate(count, due) } else { String::new() },
            String::new(),
        ],
        depth: 0,
        bar: part.then(|| share(count, due) as f32),
    };
    Some(Section {
        title: table.title(),
        note: table.note(),
        columns: vec![
            column("bulletin.column.name", false, 4.0),
            column("bulletin.coverage.rows", true, 1.2),
            column("bulletin.column.share", true, 1.1),
            Column { heading: String::new(), number: false, part: 3.2 },
        ],
        rows: table.lines().map(row).collect(),
    })
}

/// The sheet in a workbook.
pub(super) fn sheet(told: &Json, lang: Lang) -> Option<Sheet> {
    let table = Table::of(told, lang)?;
    let due = table.count("due");
    let row = |(name, count, part): (&str, u64, bool)| {
        let mut cells = vec![Cell::Text(name.to_owned()), Cell::Number(count)];
        cells.extend(part.then(|| Cell::Share(share(count, due))));
        (0, cells)
    };
    Some(Sheet {
        name: say(lang, "bulletin.coverage.sheet").to_owned(),
        over: vec![table.title(), table.note()],
        columns: vec![
            (say(lang, "bulletin.column.name").to_owned(), 40.0),
            (say(lang, "bulletin.coverage.rows").to_owned(), 12.0),
            (say(lang, "bulletin.column.share").to_owned(), 10.0),
        ],
        rows: table.lines().map(row).collect(),
        charted: false,
    })
}
