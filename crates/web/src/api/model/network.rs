//! The node, its peers, and the institutions of its network.

use super::catalogue::both;
use super::lists::Card;
use super::{Bucket, Names, Role, Statement, page};
use crate::text::instant;
use crate::view;
use serde::Serialize;
use utoipa::ToSchema;

/// How this node is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Node {
    name: Names,
    role: Role,
    /// GB/T 2260 code.
    region: String,
    network: Names,
    network_id: String,
    /// Public key.
    node_key: String,
    /// Version of the program.
    version: String,
    #[schema(format = "date-time")]
    started: String,
    #[schema(format = "date-time")]
    now: String,
    /// Public listings that it shows.
    listings: u64,
    institutions: u64,
    nodes: u64,
    entries: u64,
    logs: u64,
    /// Equal on two nodes that hold the same entries.
    view_hash: String,
    /// Under which peers reach it.
    addresses: Vec<String>,
    peers: Vec<Peer>,
}

/// Another node, as this one sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Peer {
    name: String,
    key: String,
    address: String,
    state: PeerState,
    reason: String,
    /// When entries last passed.
    #[schema(format = "date-time")]
    last_success: Option<String>,
}

/// State of a peer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum PeerState {
    InStep,
    Syncing,
    Closed,
    Connecting,
    Waiting,
    Paused,
    Refused,
}

impl From<&view::StatusView> for Node {
    fn from(view: &view::StatusView) -> Self {
        let node = &view.node;
        Self {
            name: Names::from(&node.name),
            role: node.role.into(),
            region: node.region.clone(),
            network: Names::from(&node.network),
            network_id: view.network_id.clone(),
            node_key: view.node_key.clone(),
            version: view.version.clone(),
            started: instant(view.started_ms),
            now: instant(view.now_ms),
            listings: node.listings,
            institutions: node.institutions,
            nodes: node.nodes,
            entries: view.entries,
            logs: view.logs,
            view_hash: view.view_hash.clone(),
            addresses: view.addresses.clone(),
            peers: view.peers.iter().take(crate::limits::PEERS_SHOWN).map(Peer::from).collect(),
        }
    }
}

impl From<&view::PeerView> for Peer {
    fn from(peer: &view::PeerView) -> Self {
        Self {
            name: peer.name.clone(),
            key: peer.key.clone(),
            address: peer.address.clone(),
            state: match peer.state {
                view::PeerState::InStep => PeerState::InStep,
                view::PeerState::Syncing => PeerState::Syncing,
                view::PeerState::Closed => PeerState::Closed,
                view::PeerState::Connecting => PeerState::Connecting,
                view::PeerState::Waiting => PeerState::Waiting,
                view::PeerState::Paused => PeerState::Paused,
                view::PeerState::Refused => PeerState::Refused,
            },
            reason: peer.reason.clone(),
            last_success: peer.last_success_ms.map(instant),
        }
    }
}

/// The four unifications: brand, management rules, data standard, service rules.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Profile {
    parts: Vec<Part>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Part {
    /// `brand`, `rules`, `data` or `service`.
    id: String,
    name: Names,
    /// The one that stands first.
    versions: Vec<Version>,
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Version {
    version: String,
    /// Hash of its text; null where none is fixed.
    text: Option<String>,
    /// Whether the text is here.
    held: bool,
    /// The governors' step that brought it; null for the charter.
    step: Option<String>,
    /// When its text was published, by the clock of who did.
    #[schema(format = "date-time")]
    published: Option<String>,
}

impl From<&view::ProfileView> for Profile {
    fn from(view: &view::ProfileView) -> Self {
        let told = |text: &String| (!text.is_empty()).then(|| text.clone());
        let version = |known: &view::VersionView| Version {
            version: known.version.clone(),
            text: told(&known.text),
            held: known.held.is_some(),
            step: told(&known.step),
            published: known.held.as_ref().map(|held| instant(held.at_ms)),
        };
        let part = |part: &view::PartView| Part {
            id: part.id.to_owned(),
            name: both(|lang| crate::labels::unified(lang, part.id).0),
            versions: part.versions.iter().take(crate::limits::PROFILE_VERSIONS_SHOWN).map(version).collect(),
        };
        Self { parts: view.parts.iter().map(part).collect() }
    }
}

/// Institutions of the network, by id.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InstitutionPage {
    /// How many are on the roster.
    pub(in crate::api) total: u64,
    pub(in crate::api) items: Vec<InstitutionLine>,
    /// Cursor of the next page; null on the last.
    pub(in crate::api) next: Option<String>,
}

/// An institution in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InstitutionLine {
    /// Hash of its first root key.
    id: String,
    name: String,
    /// 统一社会信用代码; empty when it gave none.
    credit_code: String,
    /// GB/T 2260 code.
    region: String,
    role: Role,
    standing: Membership,
    /// Whether it is one of the network's governors.
    governs: bool,
}

/// Whether an institution is in good standing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum Membership {
    Active,
    Suspended,
    Exited,
}

impl From<&view::Membership> for Membership {
    fn from(membership: &view::Membership) -> Self {
        match membership {
            view::Membership::Active => Self::Active,
            view::Membership::Suspended(_) => Self::Suspended,
            view::Membership::Exited(_) => Self::Exited,
        }
    }
}

impl From<&view::OrgLine> for InstitutionLine {
    fn from(line: &view::OrgLine) -> Self {
        Self {
            id: line.id.clone(),
            name: line.name.clone(),
            credit_code: line.credit_code.clone(),
            region: line.region.clone(),
            role: line.role.into(),
            standing: Membership::from(&line.membership),
            governs: line.governs,
        }
    }
}

/// An institution.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Institution {
    id: String,
    name: String,
    credit_code: String,
    region: String,
    role: Role,
    standing: Membership,
    /// Why it is suspended or has left; may be empty.
    reason: String,
    governs: bool,
    network: Names,
    /// Its nodes that this one holds anything of.
    nodes: Vec<InstitutionNode>,
    /// Its listings by kind.
    kinds: Vec<Bucket>,
    /// The newest of them.
    newest: Vec<Card>,
    /// What it says of others' listings.
    said: Vec<Said>,
    /// Address of its page.
    #[schema(format = "uri-reference")]
    page: String,
}

/// A node of an institution.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InstitutionNode {
    key: String,
    role: Role,
    region: String,
    logs: u64,
    revoked: bool,
}

/// A statement and the listing that it is about.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Said {
    about: String,
    title: String,
    statement: Statement,
}

impl Institution {
    pub(in crate::api) fn of(origin: &str, view: &view::OrgView) -> Self {
        let node = |node: &view::OrgNode| InstitutionNode {
            key: node.key.clone(),
            role: node.role.into(),
            region: node.region.clone(),
            logs: node.logs,
            revoked: node.revoked,
        };
        let said = |word: &view::OrgWord| Said {
            about: word.about.clone(),
            title: word.title.clone(),
            statement: Statement::from(&word.word),
        };
        let reason = match &view.membership {
            view::Membership::Active => "",
            view::Membership::Suspended(why) | view::Membership::Exited(why) => why,
        };
        Self {
            id: view.id.clone(),
            name: view.name.clone(),
            credit_code: view.credit_code.clone(),
            region: view.region.clone(),
            role: view.role.into(),
            standing: Membership::from(&view.membership),
            reason: reason.to_owned(),
            governs: view.governs,
            network: Names::from(&view.network),
            nodes: view.nodes.iter().map(node).collect(),
            kinds: Bucket::all(&view.kinds),
            newest: Card::all(origin, &view.newest),
            said: view.said.iter().map(said).collect(),
            page: page(origin, &format!("/org/{}", view.id)),
        }
    }
}
