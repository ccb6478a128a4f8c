//! The pages' view of this node: what `web` asks for, taken from the library, the index and the core.

use std::sync::Arc;

use catalog::Kind;
use market::{Hidden, HistoryItem, Listing, MarketError, Said};
use protocol::{DocumentId, Hash, MemberState, Role, Value, Visibility};
use replica::WITHDRAWN;
use web::view::{
    Card, FieldView, FileView, HiddenBy, HistoryView, HomeView, ListingView, MarketView, Names, NodeView,
    OrgView, PeerState, PeerView, SearchView, Standing, StatementView, StatusView, Writer,
};
use web::{SearchRequest, Source, SourceError};

use crate::abroad::Market;
use crate::core::now_ms;
use crate::office::{Office, Told, sets_status};

mod api;
mod feeds;
mod figures;
mod harvest;
mod kept;
mod lists;
mod network;
mod org;
mod profile;
mod provenance;
mod related;
mod statistics;
mod tables;

pub(crate) use feeds::{ENTRIES, entry_of, written};
pub(crate) use harvest::identifier;
pub(crate) use lists::{card, name_of};
pub(crate) use statistics::verdict;

/// The source of the pages.
pub struct Site {
    office: Arc<Office>,
    homes: kept::Kept<HomeView>,
    lists: kept::Kept<SearchView>,
    feeds: kept::Kept<web::view::Fed>,
    related: kept::Kept<related::Related>,
}

/// What every page carries.
///
/// # Errors
/// When the configuration names an address that is none.
pub fn options(office: &Office) -> anyhow::Result<web::Options> {
    let identity = office.identity();
    let charter = &identity.charter.charter;
    Ok(web::Options {
        network: Names::new(&charter.name_zh, &charter.name_en),
        node: Names::new(&office.identity().institution.name, ""),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        desk_anywhere: office.config().web.desk == crate::config::Door::Anywhere,
        metrics_anywhere: office.config().web.metrics == crate::config::Door::Anywhere,
        address: office.config().web.address()?,
        hosts: Vec::new(),
    })
}

fn failed(error: impl std::fmt::Display) -> SourceError {
    SourceError::Failed(error.to_string())
}

impl Site {
    /// Pages of an office.
    pub fn new(office: Arc<Office>) -> Self {
        Self {
            office,
            homes: kept::Kept::default(),
            lists: kept::Kept::default(),
            feeds: kept::Kept::default(),
            related: kept::Kept::default(),
        }
    }

    fn node(&self, listings: u64) -> NodeView {
        let identity = self.office.identity();
        let roster = self.office.library().roster();
        let charter = &identity.charter.charter;
        NodeView {
            name: Names::new(&identity.institution.name, ""),
            role: role(identity.certificate.body.role),
            region: format!("{:06}", identity.certificate.body.region),
            network: Names::new(&charter.name_zh, &charter.name_en),
            listings,
            institutions: roster.members.values().filter(|m| m.state == MemberState::Active).count() as u64,
            nodes: self.office.nodes().max(1) as u64,
        }
    }

    /// The pages of the peer market that an id belongs to, where nothing of this network is called so.
    fn elsewhere(&self, id: &str) -> Result<Option<(Site, Arc<Market>)>, SourceError> {
        let market = self.office.elsewhere(id).map_err(failed)?;
        Ok(market.map(|market| (Site::new(Arc::clone(&market.office)), market)))
    }

    /// The newest listing of the line that an id, or its first digits, stand in, with the document that they name; `None` when
    /// there is none for pages, which are open to anyone.
    fn shown(&self, id: &str) -> Result<Option<(DocumentId, Listing)>, SourceError> {
        let library = self.office.library();
        let asked = match library.find(id) {
            Ok(id) => id,
            Err(MarketError::NoSuchListing { .. } | MarketError::AmbiguousId { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let id = library.newest(&asked).map_err(failed)?;
        let listing = library.listing(&id).map_err(failed)?;
        Ok(listing.filter(|l| l.log.shelf.visibility == Visibility::Public).map(|listing| (asked, listing)))
    }
}

pub(crate) fn role(role: Role) -> web::view::Role {
    match role {
        Role::Hub => web::view::Role::Hub,
        Role::SubMarket => web::view::Role::SubMarket,
        Role::ResourceStation => web::view::Role::ResourceStation,
        Role::GrassrootsSite => web::view::Role::GrassrootsSite,
    }
}

fn kind_of(listing: &Listing) -> String {
    Kind::from_code(listing.log.shelf.kind.0).map(|k| k.id().to_owned()).unwrap_or_default()
}

impl Source for Site {
    fn home(&self) -> Result<HomeView, SourceError> {
        self.home_list()
    }

    fn search(&self, request: &SearchRequest) -> Result<SearchView, SourceError> {
        self.list(request)
    }

    fn suggest(&self, request: &SearchRequest) -> Result<Vec<Card>, SourceError> {
        self.suggestions(request)
    }

    fn table(
        &self,
        request: &SearchRequest,
        form: web::view::TableForm,
        zh: bool,
        out: &mut dyn std::io::Write,
    ) -> Result<(), SourceError> {
        self.write_table(request, form, zh, out)
    }

    fn listing(&self, id: &str) -> Result<Option<ListingView>, SourceError> {
        if let Some((site, market)) = self.elsewhere(id)? {
            let view = site.listing(id)?;
            return Ok(view.map(|view| ListingView { market: Some(agreed(&market)), ..view }));
        }
        let library = self.office.library();
        let Some((asked, listing)) = self.shown(id)? else { return Ok(None) };
        let id = listing.id;
        let history = library.history(&id).map_err(failed)?;
        let standing = self.standing(&listing, &history).map_err(failed)?;
        let shown = matches!(standing, Standing::Published | Standing::Withdrawn { .. });
        let said = if shown { self.office.told_of(&id).map_err(failed)? } else { Vec::new() };
        let roster = library.roster();
        let related = match standing {
            Standing::Published => self.related(&listing)?,
            _ => Arc::default(),
        };
        let names = listing.editors.iter().filter_map(|id| roster.members.get(id));
        Ok(Some(ListingView {
            id: listing.id.to_string(),
            kind: kind_of(&listing),
            title: if shown { listing.title().to_owned() } else { String::new() },
            mark: provenance::mark(&id, &history),
            market: None,
            moved: asked != id,
            has_more: listing.has_more(),
            editors: names.map(|member| member.institution.name.clone()).collect(),
            fields: if shown { self.fields(&listing).map_err(failed)? } else { Vec::new() },
            attachments: if shown { self.office.file_views(&listing.attachments()) } else { Vec::new() },
            statements: said.into_iter().map(told).collect(),
            provenance: self.provenance(&listing, &history),
            alike: related.alike.clone(),
            beside: related.beside.clone(),
            standing,
        }))
    }

    fn history(
        &self,
        id: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Option<HistoryView>, SourceError> {
        if let Some((site, _)) = self.elsewhere(id)? {
            return site.history(id, before, limit);
        }
        let Some((_, listing)) = self.shown(id)? else { return Ok(None) };
        let screened = self.office.screened(&listing).map_err(failed)?.is_some();
        let open = listing.hidden.is_none() && !screened;
        self.office.steps(&listing, (before, limit), (open, false)).map(Some).map_err(failed)
    }

    fn org(&self, id: &str) -> Result<Option<OrgView>, SourceError> {
        let markets = self.office.markets().into_iter();
        let abroad = || markets.map(|market| Site::new(Arc::clone(&market.office)).institution(id));
        match self.institution(id)? {
            None => abroad().find_map(Result::transpose).transpose(),
            found => Ok(found),
        }
    }

    fn file(&self, id: &str, file: &Hash) -> Result<Option<FileView>, SourceError> {
        if let Some((site, _)) = self.elsewhere(id)? {
            return site.file(id, file);
        }
        let Some((_, listing)) = self.shown(id)? else { return Ok(None) };
        let history = self.office.library().history(&listing.id).map_err(failed)?;
        let standing = self.standing(&listing, &history).map_err(failed)?;
        if !matches!(standing, Standing::Published | Standing::Withdrawn { .. }) {
            return Ok(None);
        }
        let Some(attachment) = listing.attachment(file) else { return Ok(None) };
        self.office.file_view(&attachment, Some(&listing)).map_err(failed).map(Some)
    }

    fn certificate(&self, id: &str, address: Option<&web::Address>) -> Result<Option<Vec<u8>>, SourceError> {
        if let Some((site, _)) = self.elsewhere(id)? {
            return site.certificate(id, address);
        }
        let library = self.office.library();
        let asked = match library.find(id) {
            Ok(id) => library.newest(&id).map_err(failed)?,
            Err(MarketError::NoSuchListing { .. } | MarketError::AmbiguousId { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let listing = library.listing(&asked).map_err(failed)?;
        let stands = |listing: &Listing| self.office.shows_publicly(listing) && !listing.state.is_withdrawn();
        let Some(listing) = listing.filter(stands) else { return Ok(None) };
        self.office.certificate_of(&listing, address.cloned()).map(Some).map_err(failed)
    }

    fn feed(
        &self,
        request: &SearchRequest,
        ask: web::view::FeedAsk<'_>,
    ) -> Result<Option<web::view::Fed>, SourceError> {
        self.fed(request, ask).map(Some)
    }

    fn watch_feed(
        &self,
        token: &str,
        ask: web::view::FeedAsk<'_>,
    ) -> Result<Option<web::view::Fed>, SourceError> {
        self.office.watch_feed(token, ask)
    }

    fn catalogue(&self, base: &str) -> Result<Option<web::view::Fed>, SourceError> {
        self.catalogued(base).map(Some)
    }

    fn harvest(&self, asked: &[(String, String)], base: &str) -> Result<Option<Vec<u8>>, SourceError> {
        self.harvested(asked, base).map(Some)
    }

    fn listings(&self, ask: &web::view::ListAsk) -> Result<web::view::ListPage, SourceError> {
        self.listings_from(ask)
    }

    fn changes(&self, ask: &web::view::ChangesAsk) -> Result<Option<web::view::ChangesPage>, SourceError> {
        self.changes_behind(ask)
    }

    fn institutions(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(u64, Vec<web::view::OrgLine>), SourceError> {
        self.roster_lines(after, limit)
    }

    fn proof(&self, id: &str) -> Result<Option<Vec<u8>>, SourceError> {
        self.proof_of(id)
    }

    fn figures(&self) -> Result<Vec<web::view::Figure>, SourceError> {
        Ok(self.monitored())
    }

    fn ready(&self) -> Result<(), SourceError> {
        self.readiness()
    }

    fn statistics(&self, asked: &web::view::StatisticsAsk) -> Result<web::view::StatisticsView, SourceError> {
        self.counted(asked)
    }

    fn figures_file(&self, asked: &web::view::StatisticsAsk) -> Result<Vec<u8>, SourceError> {
        self.claim(asked)
    }

    fn confirm(
        &self,
        asked: &web::view::StatisticsAsk,
        digest: &str,
    ) -> Result<web::view::VerdictView, SourceError> {
        self.confirmed(asked, digest)
    }

    fn bulletin(
        &self,
        asked: &web::view::StatisticsAsk,
        form: web::view::BulletinForm,
        zh: bool,
    ) -> Result<Vec<u8>, SourceError> {
        self.bulletin_file(asked, form, zh)
    }

    fn harvest_schema(&self) -> &'static str {
        exchange::oai::SCHEMA
    }

    fn network(&self) -> Result<web::view::NetworkView, SourceError> {
        self.whole_network()
    }

    fn profile(&self) -> Result<web::view::ProfileView, SourceError> {
        self.profile_view()
    }

    fn profile_text(&self, text: &protocol::Hash) -> Result<Option<Vec<u8>>, SourceError> {
        self.profile_text_of(text)
    }

    fn status(&self) -> Result<StatusView, SourceError> {
        let figures = self.office.figures();
        let (identity, roster) = (self.office.identity(), self.office.library().roster());
        let peers = figures.peers.iter().map(|peer| {
            let (state, reason) = peer_word(peer);
            let certificate = peer.certificate.as_ref();
            PeerView {
                name: match peer.guest_of.and_then(|network| roster.peers.get(&network)) {
                    // A gateway of a peer market is nobody of this network.
                    Some(market) => market.charter.name_zh.clone(),
                    None => {
                        certificate.and_then(|c| self.office.library().institution_of(c)).unwrap_or_default()
                    }
                },
                key: peer.peer.to_string(),
                address: String::new(),
                state,
                reason,
                last_success_ms: figures.last_success.get(&peer.peer).copied(),
            }
        });
        let unreachable = figures.unreachable.iter().map(|(address, why)| PeerView {
            name: String::new(),
            key: String::new(),
            address: address.clone(),
            state: PeerState::Waiting,
            reason: why.clone(),
            last_success_ms: None,
        });
        let peers = peers.chain(unreachable).collect();
        Ok(StatusView {
            node: self.node(self.public_listings()?),
            network_id: identity.network().to_string(),
            node_key: identity.node.public().to_string(),
            addresses: figures.addresses,
            view_hash: figures.view.to_string(),
            entries: figures.ledger.entries,
            logs: figures.ledger.logs as u64,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms: self.office.started_ms(),
            now_ms: now_ms(),
            peers,
        })
    }
}

/// How a connected peer is, and why it was refused.
pub(crate) fn peer_word(peer: &replica::PeerView) -> (PeerState, String) {
    let (word, reason) = crate::office::peer_state(peer);
    match word {
        "synced" => (PeerState::InStep, String::new()),
        "syncing" => (PeerState::Syncing, String::new()),
        "closed" => (PeerState::Closed, String::new()),
        "refused" => (PeerState::Refused, reason),
        _ => (PeerState::Connecting, String::new()),
    }
}

/// By what agreement a peer market's listings are shown.
fn agreed(market: &Market) -> MarketView {
    let gives = market.peer.gives();
    MarketView {
        name: lists::name_of(&market.peer),
        licence: gives.map(|side| side.licence.clone()).unwrap_or_default(),
        // The last day on which it holds.
        until_ms: market.peer.terms.until_ms.saturating_sub(1),
        mapped: gives.is_some_and(|side| !side.mappings.is_empty()),
        partly: gives.is_some_and(|side| !side.fields.is_empty()),
    }
}

fn told(told: Told) -> StatementView {
    let network = told.network.map(|network| Names::new(&network.name_zh, &network.name_en));
    StatementView { network, ..statement(told.said) }
}

fn statement(said: Said) -> StatementView {
    StatementView {
        network: None,
        label: said.statement.said_of().0.to_owned(),
        value: said.statement.value,
        reason: said.statement.reason,
        institution: said.institution_name,
        signed_ms: said.time_ms,
        present: said.present,
        verified: said.verified,
    }
}

impl Site {
    /// Listings that anyone may find here.
    fn public_listings(&self) -> Result<u64, SourceError> {
        let query = search::Query { public_only: true, limit: 0, ..search::Query::default() };
        Ok(self.office.find(query).map_err(failed)?.total as u64)
    }

    /// What a listing says, each of several values with who wrote it.
    fn fields(&self, listing: &Listing) -> market::Result<Vec<FieldView>> {
        let disputes = self.office.library().disputes(listing)?;
        let shown = listing.state.fields.iter().filter(|(key, _)| !key.starts_with('_'));
        let field = |(key, values): (&String, &Vec<Value>)| {
            let writers = disputes.iter().find(|dispute| dispute.key == *key);
            let first = |by: &[market::Writer]| {
                by.first().map_or_else(Writer::default, |writer| Writer {
                    institution: writer.institution_name.clone(),
                    signed_ms: writer.time_ms,
                })
            };
            let writers = writers.map(|d| d.values.iter().map(|candidate| first(&candidate.by)).collect());
            FieldView::new(key.clone(), values.iter().map(crate::office::text_of))
                .written_by(writers.unwrap_or_default())
        };
        let mut fields: Vec<FieldView> = shown.map(field).collect();
        if let Some((from, identifier)) = market::harvested::origin(&listing.state.flat()) {
            fields.push(FieldView::new(market::harvested::FROM, [format!("{from} · {identifier}")]));
        }
        Ok(fields)
    }

    fn standing(&self, listing: &Listing, history: &[HistoryItem]) -> market::Result<Standing> {
        if let Some(said) = self.office.screened(listing)?.filter(|_| listing.hidden.is_none()) {
            let (by, reason) = (said.institution_name, said.statement.reason);
            return Ok(Standing::Screened { by, reason });
        }
        Ok(match &listing.hidden {
            Some(why) => Standing::Hidden { by: hidden(why), reason: why.reason().to_owned() },
            None if listing.state.is_withdrawn() => {
                let last = history.iter().rev().find(|item| sets_status(item, WITHDRAWN));
                Standing::Withdrawn {
                    at_ms: last.map_or(listing.updated_ms, |i| i.time_ms),
                    reason: String::new(),
                }
            }
            None => Standing::Published,
        })
    }
}

fn hidden(why: &Hidden) -> HiddenBy {
    match why {
        Hidden::Unknown => HiddenBy::Unknown,
        Hidden::Suspended(_) => HiddenBy::Suspension,
        Hidden::Exited(_) => HiddenBy::Exit,
        Hidden::TakenDown(_) => HiddenBy::TakeDown,
        Hidden::Purged(_) => HiddenBy::Purge,
        Hidden::Missing => HiddenBy::Loss,
    }
}
