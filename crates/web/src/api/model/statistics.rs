//! Figures, whether they are confirmed, and how much of a register is listed.

use super::{Names, page};
use crate::desk::figures::CoverView;
use crate::labels::hex;
use crate::limits::{BULLETINS_LISTED, LEAST_TOLD, WORK_LISTED};
use crate::view::{ApartLog, ApartView, StatisticsAsk, StatisticsView, VerdictView, WorkView};
use catalog::Lang;
use catalog::statistics::{Dimension, Month};
use serde::Serialize;
use utoipa::ToSchema;

/// Figures, with what they follow from: of two nodes that hold the same entries both give the same figures and the same digest.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Statistics {
    asked: StatisticsAsked,
    /// Digest of the figures, 64 hexadecimal digits.
    digest: String,
    entries: StatisticsEntries,
    /// Listings that stand, of what was asked.
    listings: u64,
    /// Listings that stand, of whatever month.
    standing: u64,
    /// Listings that were withdrawn.
    withdrawn: u64,
    tables: Vec<StatisticsTable>,
    /// Who does what, the most listings first.
    institutions: Vec<StatisticsWork>,
    /// How many institutions there are beyond these.
    more_institutions: u64,
    demands: StatisticsDemands,
    enquiries: StatisticsEnquiries,
    /// The page of these figures.
    #[schema(format = "uri-reference")]
    page: String,
    /// The same as paper.
    #[schema(format = "uri-reference")]
    pdf: String,
    /// The same as a workbook.
    #[schema(format = "uri-reference")]
    xlsx: String,
    /// Monthly bulletins, the newest first.
    bulletins: Vec<StatisticsBulletin>,
}

/// What was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsAsked {
    /// GB/T 2260 code, 6 digits; null for all.
    region: Option<String>,
    /// `2026-11`; null for all.
    month: Option<String>,
}

/// The entries that figures follow from.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsEntries {
    /// 64 hexadecimal digits.
    digest: String,
    logs: u64,
    count: u64,
}

/// Listings by something.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsTable {
    /// `kind`, `region`, `field`, `readiness`, `cooperation` or `month`; more may follow.
    by: String,
    title: Names,
    rows: Vec<StatisticsRow>,
}

/// A row of a table.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsRow {
    key: String,
    name: Names,
    /// 0 at the top; a row counts what stands below it too.
    depth: u64,
    listings: u64,
}

/// What an institution does.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsWork {
    id: String,
    name: String,
    /// Whether it is a member in good standing.
    active: bool,
    listings: u64,
    withdrawn: u64,
    /// Evaluations of its listings by others.
    evaluated: u64,
    /// Recognitions and certificates by others.
    honoured: u64,
    /// Contracts of its listings that others registered.
    contracts: u64,
    /// Screenings by others that object.
    rejected: u64,
    /// Others' listings that it brought together.
    matches: u64,
    /// What it says of others' listings.
    given: u64,
}

/// Public demands, and how far they came as third parties say by signed statements.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsDemands {
    listed: u64,
    looked_at: u64,
    matched: u64,
    contracted: u64,
}

/// How this node alone answers enquiries; no other node can confirm it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsEnquiries {
    /// Null where they are so few that the number alone would say too much.
    received: Option<u64>,
    answered: Option<u64>,
    /// Answered within 24 hours.
    in_time: Option<u64>,
    /// Where they are few: fewer than this.
    fewer_than: Option<u64>,
}

/// A bulletin.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatisticsBulletin {
    month: String,
    /// Its address here.
    #[schema(format = "uri-reference")]
    href: String,
}

impl Statistics {
    pub(in crate::api) fn of(origin: &str, view: &StatisticsView) -> Self {
        let asked = &view.asked;
        let file = |ending: &str| {
            let month = asked.month.map_or_else(|| "all".to_owned(), |month| month.to_string());
            page(origin, &of_area(&format!("/stats/{month}{ending}"), asked))
        };
        Self {
            asked: StatisticsAsked {
                region: asked.region.clone(),
                month: asked.month.map(|month| month.to_string()),
            },
            digest: hex(&view.digest),
            entries: StatisticsEntries {
                digest: hex(&view.entry_digest),
                logs: view.logs,
                count: view.entries,
            },
            listings: view.listings,
            standing: view.standing,
            withdrawn: view.withdrawn,
            tables: view.by.iter().map(|(by, counts)| StatisticsTable::of(*by, counts)).collect(),
            institutions: view.institutions.iter().take(WORK_LISTED).map(StatisticsWork::from).collect(),
            more_institutions: view.institutions.len().saturating_sub(WORK_LISTED) as u64,
            demands: StatisticsDemands {
                listed: view.demands.listed,
                looked_at: view.demands.looked_at,
                matched: view.demands.matched,
                contracted: view.demands.contracted,
            },
            enquiries: StatisticsEnquiries::of(view),
            page: match asked.month {
                Some(_) => file(""),
                None => page(origin, &of_area("/stats", asked)),
            },
            pdf: file(".pdf"),
            xlsx: file(".xlsx"),
            bulletins: bulletins(origin, view),
        }
    }
}

/// The address of something of the same area.
fn of_area(path: &str, asked: &StatisticsAsk) -> String {
    match &asked.region {
        Some(code) => format!("{path}?region={code}"),
        None => path.to_owned(),
    }
}

fn bulletins(origin: &str, view: &StatisticsView) -> Vec<StatisticsBulletin> {
    let counts = view.by.iter().filter(|(by, _)| *by == Dimension::Month).flat_map(|(_, counts)| counts);
    let mut months: Vec<Month> = counts.filter_map(|(month, _)| month.parse().ok()).collect();
    months.sort_unstable();
    let one = |month: &Month| {
        let path = format!("{}/statistics/bulletins/{month}", crate::api::ROOT);
        StatisticsBulletin { month: month.to_string(), href: page(origin, &of_area(&path, &view.asked)) }
    };
    months.iter().rev().take(BULLETINS_LISTED).map(one).collect()
}

impl StatisticsTable {
    fn of(by: Dimension, counts: &[(String, u64)]) -> Self {
        let names = |key: &str| Names::new(by.name(key, Lang::Zh), by.name(key, Lang::En));
        let row = |row: catalog::statistics::Row| StatisticsRow {
            name: names(&row.key),
            depth: row.depth as u64,
            listings: row.count,
            key: row.key,
        };
        Self {
            by: by.id().to_owned(),
            title: Names::new(by.title(Lang::Zh), by.title(Lang::En)),
            rows: by.rows(counts).into_iter().map(row).collect(),
        }
    }
}

impl From<&WorkView> for StatisticsWork {
    fn from(work: &WorkView) -> Self {
        Self {
            id: work.id.clone(),
            name: work.name.clone(),
            active: work.active,
            listings: work.listings,
            withdrawn: work.withdrawn,
            evaluated: work.evaluated,
            honoured: work.honoured,
            contracts: work.contracts,
            rejected: work.rejected,
            matches: work.matches,
            given: work.given,
        }
    }
}

impl StatisticsEnquiries {
    /// As the page tells it: of very few the number alone may tell a rival that someone asked.
    fn of(view: &StatisticsView) -> Self {
        let own = view.answered;
        match own.received {
            1..LEAST_TOLD => {
                Self { received: None, answered: None, in_time: None, fewer_than: Some(LEAST_TOLD) }
            }
            received => Self {
                received: Some(received),
                answered: few(received, own.answered),
                in_time: few(received, own.in_time),
                fewer_than: None,
            },
        }
    }
}

/// A number of enquiries, where it says not too much.
fn few(received: u64, number: u64) -> Option<u64> {
    (received == 0 || number == 0 || number >= LEAST_TOLD).then_some(number)
}

/// Whether figures of another node follow from what is held here.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Verdict {
    /// `confirmed`. Refuted: `figures` do not follow from the same entries, the file contradicts `itself`, it is of another
    /// `network`. Not to be said here: other entries are held (`apart`), other `rules` made them.
    verdict: String,
    confirmed: bool,
    refuted: bool,
    /// The digest that was claimed.
    claimed: String,
    /// The digest of the same figures here.
    digest: String,
    /// The entries held here.
    entries: StatisticsEntries,
    apart: Option<Apart>,
    /// Nodes that are connected and not in step: more may come from them.
    out_of_step: Vec<OutOfStep>,
}

/// Where the entries held here and there differ.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Apart {
    /// Some of the logs that differ.
    logs: Vec<LogApart>,
    /// How many differ.
    count: u64,
    /// Entries that are missing here.
    behind: u64,
    /// Entries that are missing there.
    ahead: u64,
    /// Whether the rosters differ.
    roster: bool,
}

/// A log of which different entries are held.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct LogApart {
    /// `behind`, `ahead` or `forked`.
    how: String,
    entries: u64,
    /// Key of the node that writes it.
    node: String,
    institution: String,
    kind: String,
    region: String,
}

/// A node that is connected and not in step.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OutOfStep {
    node: String,
    name: String,
    /// Logs that are behind.
    logs: u64,
}

impl From<&VerdictView> for Verdict {
    fn from(view: &VerdictView) -> Self {
        let peer = |(node, name, logs): &(String, String, u64)| OutOfStep {
            node: node.clone(),
            name: name.clone(),
            logs: *logs,
        };
        Self {
            verdict: view.verdict.clone(),
            confirmed: view.confirmed,
            refuted: view.refuted,
            claimed: view.claimed.clone(),
            digest: view.digest.clone(),
            entries: StatisticsEntries {
                digest: view.entry_digest.clone(),
                logs: view.logs,
                count: view.entries,
            },
            apart: view.apart.as_ref().map(Apart::from),
            out_of_step: view.out_of_step.iter().map(peer).collect(),
        }
    }
}

impl From<&ApartView> for Apart {
    fn from(view: &ApartView) -> Self {
        let log = |log: &ApartLog| LogApart {
            how: log.how.clone(),
            entries: log.entries,
            node: log.node.clone(),
            institution: log.institution.clone(),
            kind: log.kind.clone(),
            region: log.region.clone(),
        };
        Self {
            logs: view.logs.iter().map(log).collect(),
            count: view.count,
            behind: view.behind,
            ahead: view.ahead,
            roster: view.roster,
        }
    }
}

/// How much of a register is listed (应挂尽挂).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Coverage {
    /// Rows read.
    rows: u64,
    /// Rows that should be listed.
    due: u64,
    /// That everyone sees.
    listed: u64,
    /// That members alone see.
    members: u64,
    withdrawn: u64,
    /// That something hides.
    hidden: u64,
    /// That are nowhere.
    missing: u64,
    /// That could not be read, or stood in the register before.
    passed: u64,
    /// Rows that not everyone sees.
    not_listed: Vec<NotListed>,
    /// What is to be said of the file.
    notes: Vec<Names>,
}

/// A row that not everyone sees.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct NotListed {
    /// The row, as the table counts it.
    row: u64,
    title: String,
    /// `missing`, `withdrawn`, `hidden`, `members`, or why it was passed over.
    why: String,
}

impl From<CoverView> for Coverage {
    fn from(view: CoverView) -> Self {
        Self {
            rows: view.rows,
            due: view.due,
            listed: view.listed,
            members: view.members,
            withdrawn: view.withdrawn,
            hidden: view.hidden,
            missing: view.missing,
            passed: view.passed,
            not_listed: view
                .rest
                .into_iter()
                .map(|(row, title, why)| NotListed { row, title, why })
                .collect(),
            notes: view.notes.into_iter().map(|(zh, en)| Names::new(zh, en)).collect(),
        }
    }
}
