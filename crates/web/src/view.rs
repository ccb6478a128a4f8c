//! What the pages show, as plain data, and the trait through which the node hands it over.
//!
//! Views carry raw values: ids of kinds, fields and vocabularies, GB/T 2260 codes, milliseconds since 1970-01-01 UTC. The
//! words for them come from `catalog` when a page is drawn, in the reader's language. Every text is taken as hostile.
//! Absent: how any of this is stored, searched or verified.

mod api;
mod failed;
mod feed;
mod files;
mod history;
mod lists;
mod network;
mod nodes;
mod org;
mod profile;
mod statistics;
mod status;
mod table;

use std::io::Write;

use protocol::Hash;

use crate::address::Address;
use crate::request::SearchRequest;

pub use api::{After, ChangeView, ChangesAsk, ChangesPage, ListAsk, ListPage, OrgLine};
pub use failed::SourceError;
pub use feed::{Fed, FeedAsk, FeedForm};
pub(crate) use files::file_in;
pub use files::{AttachmentView, FileView};
pub use history::{HistoryStep, HistoryView, Step, Version};
pub use lists::{Bucket, Card, HomeView, NamedBucket, SearchView};
pub use network::{MarketView, MemberSaid, MemberView, NetworkView, PeerMarketView};
pub use nodes::{NodeHealth, NodeSaid, NodeSeen, NodeWord, NodesView};
pub use org::{Membership, OrgNode, OrgView, OrgWord};
pub use profile::{PartView, ProfileView, TextLine, VersionView};
pub use statistics::{
    AnsweredView, ApartLog, ApartView, BulletinForm, DemandsView, StatisticsAsk, StatisticsView, VerdictView,
    WorkView,
};
pub use status::{PeerState, PeerView, StatusView};
pub use table::TableForm;

/// Where pages get their data. Calls may block; the router runs them off the async threads, bounded and with a time limit.
///
/// A source is read only. It shows what its node may show to anyone who reaches the page: fields of narrower visibility
/// are simply not in the view.
pub trait Source: Send + Sync + 'static {
    /// The first page.
    fn home(&self) -> Result<HomeView, SourceError>;
    /// One page of results with the facets of the whole result.
    fn search(&self, request: &SearchRequest) -> Result<SearchView, SourceError>;
    /// What a search that is still being typed may be about, best first; at most [`crate::limits::SUGGESTIONS`] are drawn.
    fn suggest(&self, request: &SearchRequest) -> Result<Vec<Card>, SourceError>;
    /// One listing by its document id (lower-case hex, or a unique prefix of it if the source resolves those).
    fn listing(&self, id: &str) -> Result<Option<ListingView>, SourceError>;
    /// Steps of a listing that come before the one numbered `before` (the newest where nothing is said), newest first, at
    /// most `limit`.
    fn history(
        &self,
        id: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<HistoryView>, SourceError>;
    /// One institution by its id (lower-case hex, or a unique prefix of it).
    fn org(&self, id: &str) -> Result<Option<OrgView>, SourceError>;
    /// A file that belongs to a listing; one that is not here is fetched from now on. `None` when there is none to show.
    fn file(&self, id: &str, file: &Hash) -> Result<Option<FileView>, SourceError>;
    /// The certificate of a listing as PDF, whose code leads to `address`; `None` of one that is not shown or is withdrawn.
    fn certificate(&self, id: &str, address: Option<&Address>) -> Result<Option<Vec<u8>>, SourceError>;
    /// A page of what a search finds, the newest first, as a feed to follow; `None` where there are none.
    fn feed(&self, request: &SearchRequest, ask: FeedAsk<'_>) -> Result<Option<Fed>, SourceError> {
        let _ = (request, ask);
        Ok(None)
    }
    /// What somebody's saved search found, as a feed, for whoever knows its token (32 hexadecimal digits); `None` where it opens none.
    fn watch_feed(&self, token: &str, ask: FeedAsk<'_>) -> Result<Option<Fed>, SourceError> {
        let _ = (token, ask);
        Ok(None)
    }
    /// What the node offers, for catalogues (DCAT 3), under the address `base` of its pages; `None` where it offers nothing.
    fn catalogue(&self, base: &str) -> Result<Option<Fed>, SourceError> {
        let _ = base;
        Ok(None)
    }
    /// The answer, in XML, to a harvester's request (OAI-PMH 2.0) with these arguments, under the address of the repository; `None`
    /// where nobody may harvest.
    fn harvest(&self, asked: &[(String, String)], base: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let _ = (asked, base);
        Ok(None)
    }
    /// Part of a list, from a place on.
    fn listings(&self, ask: &ListAsk) -> Result<ListPage, SourceError> {
        let _ = ask;
        Ok(ListPage::default())
    }
    /// What changed behind a place; `None` where that place is of another list, made before this one.
    fn changes(&self, ask: &ChangesAsk) -> Result<Option<ChangesPage>, SourceError> {
        let _ = ask;
        Ok(Some(ChangesPage::default()))
    }
    /// Institutions on the roster by their ids, those behind the one named `after`, at most `limit`; and how many there are.
    fn institutions(&self, after: Option<&str>, limit: usize) -> Result<(u64, Vec<OrgLine>), SourceError> {
        let _ = (after, limit);
        Ok((0, Vec::new()))
    }
    /// The file that proves a listing; `None` of one that is not shown.
    fn proof(&self, id: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let _ = id;
        Ok(None)
    }
    /// The node in numbers, for monitoring.
    fn figures(&self) -> Result<Vec<Figure>, SourceError> {
        Ok(Vec::new())
    }
    /// Whether it answers searches from an index that is not far behind; else why not.
    fn ready(&self) -> Result<(), SourceError> {
        Ok(())
    }
    /// The XML Schema of the full form in which records are harvested; empty where nobody may harvest.
    fn harvest_schema(&self) -> &'static str {
        ""
    }
    /// Statistics, and what they follow from.
    fn statistics(&self, asked: &StatisticsAsk) -> Result<StatisticsView, SourceError> {
        let _ = asked;
        Err(SourceError::Failed("this source counts nothing".to_owned()))
    }
    /// The same as the file by which another node confirms it.
    fn figures_file(&self, asked: &StatisticsAsk) -> Result<Vec<u8>, SourceError> {
        let _ = asked;
        Err(SourceError::Failed("this source counts nothing".to_owned()))
    }
    /// Whether a digest of figures is what follows here.
    fn confirm(&self, asked: &StatisticsAsk, digest: &str) -> Result<VerdictView, SourceError> {
        let _ = (asked, digest);
        Err(SourceError::Failed("this source counts nothing".to_owned()))
    }
    /// The same as a file, in Chinese or English.
    fn bulletin(&self, asked: &StatisticsAsk, form: BulletinForm, zh: bool) -> Result<Vec<u8>, SourceError> {
        let _ = (asked, form, zh);
        Err(SourceError::Failed("this source counts nothing".to_owned()))
    }
    /// The four unifications, their versions, and which texts are here.
    fn profile(&self) -> Result<ProfileView, SourceError> {
        Ok(ProfileView::default())
    }
    /// A text that one of their versions names, or a PNG picture; `None` of one that is not here.
    fn profile_text(&self, text: &Hash) -> Result<Option<Vec<u8>>, SourceError> {
        let _ = text;
        Ok(None)
    }
    /// How the node and its peers are.
    fn status(&self) -> Result<StatusView, SourceError>;
    /// Everyone in the network, as far as this node sees them.
    fn network(&self) -> Result<NetworkView, SourceError>;
    /// Writes what a search finds as a table, in Chinese or English, as far as `out` takes it. The search names one kind; the page
    /// that it asks for does not matter.
    fn table(
        &self,
        request: &SearchRequest,
        form: TableForm,
        zh: bool,
        out: &mut dyn Write,
    ) -> Result<(), SourceError>;
}

/// A number for monitoring.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name without the prefix `lianshi_`, in the form of Prometheus.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// What sets it apart from others of its name.
    pub labels: Vec<(&'static str, String)>,
    /// Its value.
    pub value: f64,
    /// Whether it only ever grows; the name then gets `_total`.
    pub counts: bool,
}

/// A proper name in Chinese and, where there is one, in English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// 中文名.
    pub zh: String,
    /// English name; may be empty.
    pub en: String,
}

impl Names {
    /// Both names at once.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Names { zh: zh.into(), en: en.into() }
    }

    /// The name for a language; the other one where that is empty.
    pub fn pick(&self, lang: catalog::Lang) -> &str {
        let (first, second) = lang.pick((&self.zh, &self.en), (&self.en, &self.zh));
        if first.is_empty() { second } else { first }
    }
}

/// What a node is in the 1+N network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 枢纽.
    Hub,
    /// 分市场.
    SubMarket,
    /// 资源分站.
    ResourceStation,
    /// 基层站点.
    GrassrootsSite,
}

/// The node that serves the page and the network it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeView {
    /// The node's name.
    pub name: Names,
    /// Its role.
    pub role: Role,
    /// GB/T 2260 code, 6 digits or a 2- or 4-digit prefix; empty when it has none.
    pub region: String,
    /// The network's name.
    pub network: Names,
    /// Listings that this node can show now.
    pub listings: u64,
    /// Institutions admitted to the network.
    pub institutions: u64,
    /// Nodes known in the network, this one included.
    pub nodes: u64,
}

/// One listing, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingView {
    /// Document id, hex.
    pub id: String,
    /// Kind id.
    pub kind: String,
    /// The title to head the page with; concurrent titles also stand in `fields`.
    pub title: String,
    /// Whether it stands, and if not why.
    pub standing: Standing,
    /// The present version, as codes on paper carry it: how many there are, and the first 16 digits of the hash of the last
    /// entry, `3-9c4e5a6b7c8d9e0f`; empty when none is valid.
    pub mark: String,
    /// The peer market that it comes from, where it is not of this network.
    pub market: Option<MarketView>,
    /// Whether it was asked for by the id of a document that it continues.
    pub moved: bool,
    /// Names of other institutions that may edit it.
    pub editors: Vec<String>,
    /// Whether its institution tells more of it, under seal, to members who ask.
    pub has_more: bool,
    /// All keys that may be shown, contact fields only if they may; any order.
    pub fields: Vec<FieldView>,
    /// Its files, in the order to show; at most [`crate::limits::FILES_SHOWN`] are drawn.
    pub attachments: Vec<AttachmentView>,
    /// What third parties say of it, in the order to show; at most [`crate::limits::STATEMENTS_SHOWN`] are drawn.
    pub statements: Vec<StatementView>,
    /// Who says so, and how that was checked.
    pub provenance: Provenance,
    /// Listings about the same matter, best first; at most [`crate::limits::RELATED`] are drawn.
    pub alike: Vec<Card>,
    /// What else its institution offers, where that says something of it: of experts, services and organizations. As many.
    pub beside: Vec<Card>,
}

/// Whether a listing stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    /// Published.
    #[default]
    Published,
    /// Withdrawn by its own institution.
    Withdrawn {
        /// Author's time, ms.
        at_ms: i64,
        /// Reason as given; may be empty.
        reason: String,
    },
    /// The roster hides it.
    Hidden {
        /// What stands on the roster.
        by: HiddenBy,
        /// Reason as given; may be empty.
        reason: String,
    },
    /// A screening label that this node heeds objects to it.
    Screened {
        /// Whose label.
        by: String,
        /// Reason as given.
        reason: String,
    },
}

/// What on the roster hides a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenBy {
    /// Its institution is not on it.
    Unknown,
    /// Its institution is suspended.
    Suspension,
    /// Its institution has left.
    Exit,
    /// It was taken down.
    TakeDown,
    /// Its contents were removed.
    Purge,
    /// Its contents were removed by a purge that counts no more.
    Loss,
}

/// What a third party says of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementView {
    /// The network of who says so, where that is another one than the listing's.
    pub network: Option<Names>,
    /// Label as it came: `screening`, `evaluation`, … or anything else.
    pub label: String,
    /// Value as it came.
    pub value: String,
    /// Reason as given; may be empty.
    pub reason: String,
    /// Name of the institution that says so.
    pub institution: String,
    /// When, by the author's clock, ms.
    pub signed_ms: i64,
    /// Whether it is about the present version.
    pub present: bool,
    /// Whether its signature verifies.
    pub verified: bool,
}

/// One key of the document's flat root map, as `catalog::Kind::key` reads it: `title`, `price_min`, `keyword/新材料`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    /// The document key.
    pub key: String,
    /// Raw values: texts as written, whole numbers in decimal, flags `true`/`false`. More than one are concurrent edits
    /// that nobody has chosen between yet; the page shows them side by side.
    pub values: Vec<String>,
    /// Of each of several values, who wrote it; empty where there is one value.
    pub writers: Vec<Writer>,
}

/// Who wrote one of several concurrent values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writer {
    /// Name of the institution; may be empty.
    pub institution: String,
    /// When, by the author's clock, ms.
    pub signed_ms: i64,
}

impl FieldView {
    /// A key with its values.
    pub fn new<V: Into<String>>(key: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        FieldView { key: key.into(), values, writers: Vec::new() }
    }

    /// The same with who wrote each of its values, in their order.
    pub fn written_by(self, writers: Vec<Writer>) -> Self {
        FieldView { writers, ..self }
    }
}

/// Who says what a listing says, and what a check of that found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The institution's name.
    pub institution: String,
    /// Its 统一社会信用代码 (GB 32100-2015); empty when unknown.
    pub credit_code: String,
    /// Its id: hash of its first root key, hex.
    pub institution_id: String,
    /// Name of the node that signed the last version; may be empty.
    pub node: String,
    /// That node's public key, hex.
    pub node_key: String,
    /// When, by the author's clock, ms.
    pub signed_ms: i64,
    /// The network's name.
    pub network: Names,
    /// The network's id, hex.
    pub network_id: String,
    /// Names of the governors that co-signed the admission.
    pub admitted_by: Vec<String>,
    /// Nodes that hold the last version safely, as far as this one knows; `None` when it cannot tell now.
    pub held_by: Option<Holders>,
    /// What was checked on this node, in the order to show.
    pub checks: Vec<Check>,
    /// Number of versions in all.
    pub versions_total: u64,
    /// Versions, newest first; at most [`crate::limits::VERSIONS_SHOWN`] are drawn.
    pub versions: Vec<Version>,
}

/// How many nodes say that they hold a listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holders {
    /// Nodes connected now that say so.
    pub nodes: u64,
    /// Nodes connected now.
    pub connected: u64,
}

/// One thing that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: CheckKind,
    /// With which result.
    pub result: CheckResult,
}

/// What can be verified about a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    /// The node's ed25519 signature over the entry.
    Signature,
    /// The hash chain of the log up to the entry.
    Chain,
    /// The content's hash is the signed one.
    Content,
    /// The institution's certificate for the node.
    Certificate,
    /// The institution's admission in the roster.
    Admission,
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckResult {
    /// It holds.
    Passed,
    /// It does not, and why.
    Failed(String),
    /// It was not done, and why.
    Skipped(String),
}
