//! One listing, whole, and how it came to be so.

use super::lists::Card;
use super::{Field, File, Names, Statement, page};
use crate::text::instant;
use crate::view;
use serde::Serialize;
use utoipa::ToSchema;

/// A listing.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Listing {
    /// Document id.
    id: String,
    kind: String,
    /// Its title; where editors disagree, all titles stand among the fields.
    title: String,
    standing: Standing,
    /// The version that codes on paper carry: how many there are, and the first 16 digits of the last entry's hash.
    version: String,
    /// By what agreement it is shown, where it is not of this network.
    market: Option<Market>,
    /// Whether it was asked for by the id of a document that it continues.
    moved: bool,
    /// Other institutions that may edit it, by name.
    editors: Vec<String>,
    /// Whether its institution tells more of it, under seal, to members who ask.
    has_more: bool,
    fields: Vec<Field>,
    files: Vec<File>,
    statements: Vec<Statement>,
    provenance: Provenance,
    /// Listings about the same matter, best first.
    alike: Vec<Card>,
    /// What else its institution offers.
    beside: Vec<Card>,
    /// Address of its page.
    #[schema(format = "uri-reference")]
    page: String,
}

/// By what agreement a listing of another network is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Market {
    /// The other network.
    name: Names,
    /// The licence under which it is given; may be empty.
    licence: String,
    /// The last day of the agreement.
    #[schema(format = "date-time")]
    until: String,
    /// Whether values of some fields are shown as the agreement maps them.
    mapped: bool,
    /// Whether some fields are not shown by the agreement.
    partly: bool,
}

impl From<&view::MarketView> for Market {
    fn from(view: &view::MarketView) -> Self {
        Self {
            name: Names::from(&view.name),
            licence: view.licence.clone(),
            until: instant(view.until_ms),
            mapped: view.mapped,
            partly: view.partly,
        }
    }
}

/// Whether a listing stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Standing {
    state: State,
    /// Why not, as given; may be empty.
    reason: String,
    /// Whose label objects to it, or what on the roster hides it; may be empty.
    by: String,
    /// When it was withdrawn.
    #[schema(format = "date-time")]
    since: Option<String>,
}

/// How a listing stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum State {
    Published,
    Withdrawn,
    /// The roster hides it.
    Hidden,
    /// A label that this node heeds objects to it.
    Screened,
}

/// Who says what a listing says, and what checking that found.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Provenance {
    institution: String,
    /// Hash of its first root key.
    institution_id: String,
    /// 统一社会信用代码 (GB 32100-2015); empty when unknown.
    credit_code: String,
    /// Public key of the node that signed the last version.
    node_key: String,
    #[schema(format = "date-time")]
    signed: String,
    network: Names,
    network_id: String,
    /// Governors that co-signed the admission, by name.
    admitted_by: Vec<String>,
    /// How many connected nodes hold this version safely; null when this one cannot tell now.
    held_by: Option<Holders>,
    checks: Vec<Check>,
    /// How many versions there are.
    versions: u64,
}

/// Nodes that say that they hold a version.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Holders {
    nodes: u64,
    connected: u64,
}

/// One thing that was verified.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Check {
    what: CheckKind,
    result: CheckResult,
    /// Why it failed or was not done; may be empty.
    reason: String,
}

/// What can be verified.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum CheckKind {
    Signature,
    Chain,
    Content,
    Certificate,
    Admission,
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum CheckResult {
    Passed,
    Failed,
    Skipped,
}

/// What is stated of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StatementList {
    pub(in crate::api) items: Vec<Statement>,
}

/// Some steps of a listing, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct HistoryPage {
    pub(in crate::api) total: u64,
    pub(in crate::api) items: Vec<Step>,
    /// Cursor of earlier steps; null where there are none.
    pub(in crate::api) next: Option<String>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Step {
    /// From 1.
    number: u64,
    step: StepKind,
    /// By the clock of the node that signed it.
    #[schema(format = "date-time")]
    signed: String,
    institution: String,
    /// Public key of the node.
    node: String,
    /// Hash of the entry.
    hash: String,
    /// Changed fields as they were.
    before: Vec<Field>,
    /// The same fields afterwards.
    after: Vec<Field>,
}

/// What a step did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum StepKind {
    Published,
    Changed,
    Withdrawn,
    Restored,
    Moved,
}

impl From<&view::HistoryStep> for Step {
    fn from(step: &view::HistoryStep) -> Self {
        Self {
            number: step.number,
            step: match step.step {
                view::Step::Published => StepKind::Published,
                view::Step::Changed => StepKind::Changed,
                view::Step::Withdrawn => StepKind::Withdrawn,
                view::Step::Restored => StepKind::Restored,
                view::Step::Moved => StepKind::Moved,
            },
            signed: instant(step.signed_ms),
            institution: step.institution.clone(),
            node: step.node.clone(),
            hash: step.hash.clone(),
            before: Field::all(&step.before),
            after: Field::all(&step.after),
        }
    }
}

impl From<&view::Standing> for Standing {
    fn from(standing: &view::Standing) -> Self {
        let plain = |state| Self { state, reason: String::new(), by: String::new(), since: None };
        match standing {
            view::Standing::Published => plain(State::Published),
            view::Standing::Withdrawn { at_ms, reason } => {
                Self { reason: reason.clone(), since: Some(instant(*at_ms)), ..plain(State::Withdrawn) }
            }
            view::Standing::Hidden { by, reason } => {
                let by = match by {
                    view::HiddenBy::Unknown => "unknown",
                    view::HiddenBy::Suspension => "suspension",
                    view::HiddenBy::Exit => "exit",
                    view::HiddenBy::TakeDown => "take_down",
                    view::HiddenBy::Purge => "purge",
                    view::HiddenBy::Loss => "loss",
                };
                Self { by: by.to_owned(), reason: reason.clone(), ..plain(State::Hidden) }
            }
            view::Standing::Screened { by, reason } => {
                Self { by: by.clone(), reason: reason.clone(), ..plain(State::Screened) }
            }
        }
    }
}

impl From<&view::Check> for Check {
    fn from(check: &view::Check) -> Self {
        let (result, reason) = match &check.result {
            view::CheckResult::Passed => (CheckResult::Passed, String::new()),
            view::CheckResult::Failed(why) => (CheckResult::Failed, why.clone()),
            view::CheckResult::Skipped(why) => (CheckResult::Skipped, why.clone()),
        };
        let what = match check.what {
            view::CheckKind::Signature => CheckKind::Signature,
            view::CheckKind::Chain => CheckKind::Chain,
            view::CheckKind::Content => CheckKind::Content,
            view::CheckKind::Certificate => CheckKind::Certificate,
            view::CheckKind::Admission => CheckKind::Admission,
        };
        Self { what, result, reason }
    }
}

impl From<&view::Provenance> for Provenance {
    fn from(from: &view::Provenance) -> Self {
        Self {
            institution: from.institution.clone(),
            institution_id: from.institution_id.clone(),
            credit_code: from.credit_code.clone(),
            node_key: from.node_key.clone(),
            signed: instant(from.signed_ms),
            network: Names::from(&from.network),
            network_id: from.network_id.clone(),
            admitted_by: from.admitted_by.clone(),
            held_by: from.held_by.map(|held| Holders { nodes: held.nodes, connected: held.connected }),
            checks: from.checks.iter().map(Check::from).collect(),
            versions: from.versions_total,
        }
    }
}

impl Listing {
    pub(in crate::api) fn of(origin: &str, view: &view::ListingView) -> Self {
        Self {
            id: view.id.clone(),
            kind: view.kind.clone(),
            title: view.title.clone(),
            standing: Standing::from(&view.standing),
            version: view.mark.clone(),
            market: view.market.as_ref().map(Market::from),
            moved: view.moved,
            editors: view.editors.clone(),
            has_more: view.has_more,
            fields: Field::all(&view.fields),
            files: File::all(&view.attachments),
            statements: view.statements.iter().map(Statement::from).collect(),
            provenance: Provenance::from(&view.provenance),
            alike: Card::all(origin, &view.alike),
            beside: Card::all(origin, &view.beside),
            page: page(origin, &format!("/listing/{}", view.id)),
        }
    }
}
