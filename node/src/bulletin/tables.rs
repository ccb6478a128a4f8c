//! The tables, row by row, in words.

use catalog::Lang;
use catalog::statistics::Dimension;
use catalog::words::{fill, say};
use serde_json::Value as Json;

/// A row of what is counted by a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How deep it stands below others, whose sums include it.
    pub depth: usize,
    /// What it counts.
    pub key: String,
    /// The same in words.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// The rows of a dimension.
pub fn counted(told: &Json, dimension: Dimension, lang: Lang) -> Vec<Line> {
    let counts = told["figures"]["by"][dimension.id()].as_object();
    let count = |(key, n): (&String, &Json)| (key.clone(), n.as_u64().unwrap_or_default());
    let counts: Vec<(String, u64)> = counts.into_iter().flatten().map(count).collect();
    let line = |row: catalog::statistics::Row| {
        // Below others the last name of the path says enough.
        let last = catalog::region::name_of(&row.key).filter(|_| dimension == Dimension::Region);
        let name = last.map_or_else(|| dimension.name(&row.key, lang), str::to_owned);
        Line { depth: row.depth, name, key: row.key, count: row.count }
    };
    dimension.rows(&counts).into_iter().map(line).collect()
}

/// Of how many listings the rows of a dimension are shares.
pub fn sum(told: &Json, dimension: Dimension) -> u64 {
    let key = if dimension == Dimension::Month { "standing" } else { "listings" };
    told["figures"][key].as_u64().unwrap_or_default()
}

/// What is to be said of a dimension; may be empty.
pub(super) fn note(dimension: Dimension, lang: Lang) -> &'static str {
    match dimension {
        Dimension::Region => say(lang, "bulletin.note.region"),
        Dimension::Field => say(lang, "bulletin.note.field"),
        Dimension::Readiness => say(lang, "bulletin.note.readiness"),
        Dimension::Cooperation => say(lang, "bulletin.note.cooperation"),
        Dimension::Month => say(lang, "bulletin.note.month"),
        Dimension::Kind => "",
    }
}

/// A step from a demand to a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// What it is.
    pub name: String,
    /// How many.
    pub said: String,
    /// Who can confirm it.
    pub whose: String,
}

/// The steps, each with who can confirm it.
pub fn funnel(told: &Json, lang: Lang) -> Vec<Funnel> {
    let (demands, own) = (&told["figures"]["demands"], &told["this_node_alone"]);
    let number = |json: &Json| thousands(json.as_u64().unwrap_or_default());
    let whose = |key: &str| say(lang, key).to_owned();
    let step = |key: &str, said: String, of: &str| Funnel {
        name: say(lang, key).to_owned(),
        said,
        whose: whose(of),
    };
    let all = "bulletin.whose.all";
    let alone = "bulletin.whose.alone";
    let mut steps = vec![
        step("bulletin.funnel.listed", number(&demands["listed"]), all),
        step("bulletin.funnel.looked", number(&demands["looked_at"]), all),
    ];
    match own["fewer_than"].as_u64() {
        Some(n) => steps.push(step(
            "bulletin.funnel.received",
            fill(lang, "stats.few", &[("n", &n.to_string())]),
            alone,
        )),
        None => steps.extend([
            step("bulletin.funnel.received", number(&own["received"]), alone),
            step("bulletin.funnel.answered", number(&own["answered"]), alone),
            step("bulletin.funnel.in-time", number(&own["in_time"]), alone),
        ]),
    }
    if let Some(ms) = own["median_ms"].as_u64() {
        steps.push(step("bulletin.funnel.median", hours(ms, lang), alone));
    }
    steps.push(step("bulletin.funnel.matched", number(&demands["matched"]), all));
    steps.push(step("bulletin.funnel.contract", number(&demands["contracted"]), all));
    steps
}

/// A span of time in hours.
pub fn hours(ms: u64, lang: Lang) -> String {
    let tenths = ms / 360_000;
    fill(lang, "bulletin.hours", &[("n", &format!("{}.{}", tenths / 10, tenths % 10))])
}

/// Headings of the table of institutions.
pub const WORK: [&str; 9] = [
    "bulletin.work.name",
    "bulletin.work.listings",
    "bulletin.work.withdrawn",
    "bulletin.work.evaluated",
    "bulletin.work.honoured",
    "bulletin.work.contracts",
    "bulletin.work.rejected",
    "bulletin.work.matches",
    "bulletin.work.given",
];

/// The rows of the table of institutions: id, and cells as [`WORK`] names them.
pub fn work(told: &Json, lang: Lang) -> Vec<(String, Vec<String>)> {
    let row = |one: &Json| {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        let number = |json: &Json| json.as_u64().unwrap_or_default();
        let received = |key: &str| number(&one["received"][key]);
        let given = one["given"].as_object().map_or(0, |given| given.values().map(number).sum());
        let name = match text("name") {
            "" => text("id").chars().take(12).collect(),
            name => name.to_owned(),
        };
        let name = match text("state") {
            "active" => name,
            "suspended" => fill(lang, "bulletin.work.suspended", &[("name", &name)]),
            _ => fill(lang, "bulletin.work.gone", &[("name", &name)]),
        };
        let counts = [
            number(&one["listings"]),
            number(&one["withdrawn"]),
            received("evaluation"),
            received("recognition") + received("certificate"),
            received("contract"),
            received("rejected"),
            number(&one["given"]["match"]),
            given,
        ];
        (text("id").to_owned(), std::iter::once(name).chain(counts.map(thousands)).collect())
    };
    told["figures"]["institutions"].as_array().into_iter().flatten().map(row).collect()
}

/// By which rules all is counted.
pub fn rules(lang: Lang) -> impl Iterator<Item = &'static str> {
    let rules = [
        "bulletin.rule.once",
        "bulletin.rule.moved",
        "bulletin.rule.month",
        "bulletin.rule.values",
        "bulletin.rule.said",
    ];
    rules.into_iter().map(move |key| say(lang, key))
}

/// `12,408`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `66.1%`; nothing of nothing.
pub fn rate(part: u64, all: u64) -> String {
    if all == 0 {
        return String::new();
    }
    let tenths = (u128::from(part) * 1_000 + u128::from(all) / 2) / u128::from(all);
    format!("{}.{}%", tenths / 10, tenths % 10)
}
