//! Rows of the tables: what is counted, with a bar beside it; the way from a demand to a contract; the institutions.

use catalog::Lang;
use catalog::statistics::{Dimension, NONE, OTHER};
use catalog::words::{fill, say};

use crate::limits::{LEAST_TOLD, NAME_CHARS, STATISTICS_ROWS};
use crate::pages::org::org_href;
use crate::request::SearchRequest;
use crate::text::{count, short_id, tidy_line};
use crate::view::{StatisticsView, WorkView};

/// Units of a bar's width.
const BAR: u64 = 1_000;
/// Steps that rows stand in at the most.
const DEEPEST: usize = 2;

/// A table of one dimension.
pub(super) struct Table {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) note: &'static str,
    pub(super) rows: Vec<Row>,
    pub(super) more: String,
}

/// A row with its bar.
pub(super) struct Row {
    pub(super) depth: usize,
    pub(super) name: String,
    /// The list of these listings; empty where there is none.
    pub(super) href: String,
    pub(super) count: String,
    pub(super) share: String,
    /// Of [`BAR`].
    pub(super) bar: u64,
}

impl Table {
    /// The table of a dimension; `None` of months, which are drawn, and where nothing is counted.
    pub(super) fn new(lang: Lang, view: &StatisticsView, by: Dimension) -> Option<Self> {
        let (_, counts) = view.by.iter().find(|(of, _)| *of == by && by != Dimension::Month)?;
        let rows = by.rows(counts);
        let most = rows.iter().map(|row| row.count).max().filter(|most| *most > 0)?;
        let row = |row: &catalog::statistics::Row| Row {
            depth: row.depth.min(DEEPEST),
            name: name(lang, by, row),
            href: href(view, by, &row.key),
            count: count(row.count),
            share: share(row.count, view.listings),
            bar: row.count.saturating_mul(BAR) / most,
        };
        let more = rows.len().saturating_sub(STATISTICS_ROWS);
        let note = match by {
            Dimension::Region => say(lang, "bulletin.note.region"),
            Dimension::Field => say(lang, "bulletin.note.field"),
            Dimension::Readiness => say(lang, "bulletin.note.readiness"),
            Dimension::Cooperation => say(lang, "bulletin.note.cooperation"),
            Dimension::Kind | Dimension::Month => "",
        };
        Some(Self {
            id: by.id(),
            title: by.title(lang),
            note,
            rows: rows.iter().take(STATISTICS_ROWS).map(row).collect(),
            more: if more == 0 {
                String::new()
            } else {
                fill(lang, "stats.more", &[("n", &more.to_string())])
            },
        })
    }
}

fn name(lang: Lang, by: Dimension, row: &catalog::statistics::Row) -> String {
    // Below others the last name of the path says enough.
    let last = catalog::region::name_of(&row.key).filter(|_| by == Dimension::Region);
    tidy_line(&last.map_or_else(|| by.name(&row.key, lang), str::to_owned), NAME_CHARS)
}

/// The list that holds what a row counts: lists know no months, nor what is not stated.
fn href(view: &StatisticsView, by: Dimension, key: &str) -> String {
    if view.asked.month.is_some() || [NONE, OTHER].contains(&key) {
        return String::new();
    }
    let area = view.asked.region.as_ref().map(|code| catalog::region::prefix(code).to_owned());
    let of_area = SearchRequest { region: area, ..SearchRequest::of_hall(None) };
    let request = of_area.with(|request| match by {
        Dimension::Kind => request.kind = Some(key.to_owned()),
        Dimension::Region => request.region = Some(catalog::region::prefix(key).to_owned()),
        Dimension::Field => request.field = Some(key.to_owned()),
        Dimension::Cooperation => request.cooperation = Some(key.to_owned()),
        Dimension::Readiness | Dimension::Month => {}
    });
    if by == Dimension::Readiness { String::new() } else { request.href() }
}

/// `66.1%`; nothing of nothing.
fn share(part: u64, all: u64) -> String {
    if all == 0 {
        return String::new();
    }
    let tenths = (u128::from(part) * 1_000 + u128::from(all) / 2) / u128::from(all);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// A step from a demand to a contract.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) said: String,
    pub(super) whose: &'static str,
}

/// The steps, each with whose word it is.
pub(super) fn funnel(lang: Lang, view: &StatisticsView) -> Vec<Step> {
    let step = |key, said: String, whose| Step { name: say(lang, key), said, whose: say(lang, whose) };
    let all = |key, number| step(key, count(number), "bulletin.whose.all");
    // Numbers about very few enquiries say more than numbers.
    let few = |number: u64| match number {
        1..LEAST_TOLD => fill(lang, "stats.few", &[("n", &LEAST_TOLD.to_string())]),
        number => count(number),
    };
    let own = |key, number| step(key, few(number), "bulletin.whose.alone");
    let answered = view.answered;
    let mut steps = vec![
        all("bulletin.funnel.listed", view.demands.listed),
        all("bulletin.funnel.looked", view.demands.looked_at),
        own("bulletin.funnel.received", answered.received),
    ];
    if answered.received >= LEAST_TOLD {
        steps.push(own("bulletin.funnel.answered", answered.answered));
        steps.push(own("bulletin.funnel.in-time", answered.in_time));
    }
    steps.push(all("bulletin.funnel.matched", view.demands.matched));
    steps.push(all("bulletin.funnel.contract", view.demands.contracted));
    steps
}

/// An institution in the table of their work.
pub(super) struct Work {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) inactive: bool,
    /// Listings, withdrawn, evaluated, honoured, contracts, rejected, matches, given.
    pub(super) counts: [String; 8],
}

impl Work {
    pub(super) fn new(work: &WorkView) -> Self {
        let name = tidy_line(&work.name, NAME_CHARS);
        let counts = [
            work.listings,
            work.withdrawn,
            work.evaluated,
            work.honoured,
            work.contracts,
            work.rejected,
            work.matches,
            work.given,
        ];
        Self {
            href: org_href(&work.id),
            name: if name.is_empty() { short_id(&work.id) } else { name },
            inactive: !work.active,
            counts: counts.map(count),
        }
    }
}
