//! What the API asks for beyond the pages: lists from a place on, what changed, the roster, proofs.

use std::ops::Bound;

use market::{Change, Place, Sought};
use protocol::InstitutionId;
use search::Query;
use web::SourceError;
use web::limits::{API_CHANGES_MOST, API_PAGE_MOST};
use web::view::{After, ChangeView, ChangesAsk, ChangesPage, ListAsk, ListPage, OrgLine};

use super::lists::{card, sort_of};
use super::org::membership;
use super::{Site, failed, role};

/// Results that are ranked by how well they match: what is further on is not reached.
const RANKED: u64 = search::limits::MAX_DEPTH as u64;

impl Site {
    pub(super) fn listings_from(&self, ask: &ListAsk) -> Result<ListPage, SourceError> {
        let limit = ask.limit.min(API_PAGE_MOST) as usize;
        let (offset, after) = match ask.after {
            After::Start => (0, None),
            After::Offset(offset) if offset.saturating_add(limit as u64) > RANKED => {
                return Ok(ListPage::default());
            }
            After::Offset(offset) => (usize::try_from(offset).unwrap_or(usize::MAX), None),
            After::Place(place) => (0, Some(place)),
        };
        let query =
            Query { offset, after, limit, sort: sort_of(ask.search.sort), ..self.office.asked(&ask.search) };
        let (results, cards) = self.find(self.office.within(query, ask.search.hall))?;
        let full = limit > 0 && results.hits.len() == limit;
        let end = offset as u64 + results.hits.len() as u64;
        let next = match results.end {
            _ if !full => None,
            Some(place) => Some(After::Place(place)),
            None if end < results.total as u64 && end + limit as u64 <= RANKED => Some(After::Offset(end)),
            None => None,
        };
        let facets = if ask.facets { Some(self.list(&ask.search)?) } else { None };
        Ok(ListPage { total: results.total as u64, complete: results.complete as u64, cards, facets, next })
    }

    pub(super) fn changes_behind(&self, ask: &ChangesAsk) -> Result<Option<ChangesPage>, SourceError> {
        self.take_in_changes()?;
        let library = self.office.library();
        let catalogue = self.office.changes().catalogue(library).map_err(failed)?.unwrap_or_default();
        let after = match ask.after {
            Some([of, ..]) if of != catalogue => return Ok(None),
            Some([_, at_s, number]) => Some(Place { at_s, number }),
            None => None,
        };
        let sought = Sought {
            kind: ask.kind.as_deref().and_then(catalog::Kind::from_id).map(catalog::Kind::code),
            region: ask.region.as_deref().and_then(|digits| format!("{digits:0<6}").parse().ok()),
            ..Sought::default()
        };
        let limit = ask.limit.min(API_CHANGES_MOST) as usize;
        let page = self.office.changes().page(library, &sought, after, limit).map_err(failed)?;
        let last = page.next.or(page.changes.last().map(|change| change.place)).or(after);
        let changes = page.changes.iter().map(|change| self.change_view(change, ask.cards));
        Ok(Some(ChangesPage {
            changes: changes.collect::<Result<_, _>>()?,
            next: last.map(|place| [catalogue, place.at_s, place.number]),
            more: page.next.is_some(),
        }))
    }

    fn change_view(&self, change: &Change, whole: bool) -> Result<ChangeView, SourceError> {
        let listing = match whole && change.shown {
            true => self.office.library().listing(&change.id).map_err(failed)?,
            false => None,
        };
        // It may have gone a moment ago.
        let listing = listing.filter(|l| self.office.shows_publicly(l) && !l.state.is_withdrawn());
        let kind = catalog::Kind::from_code(change.kind);
        Ok(ChangeView {
            id: change.id.to_string(),
            kind: kind.map(|kind| kind.id().to_owned()).unwrap_or_default(),
            region: if change.region > 0 { format!("{:06}", change.region) } else { String::new() },
            seen_ms: i64::try_from(change.place.at_s).unwrap_or(i64::MAX).saturating_mul(1_000),
            gone: !change.shown,
            card: listing.as_ref().map(card),
        })
    }

    pub(super) fn roster_lines(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(u64, Vec<OrgLine>), SourceError> {
        let roster = self.office.library().roster();
        let behind = match after.map(str::parse::<InstitutionId>) {
            Some(Ok(id)) => Bound::Excluded(id),
            Some(Err(_)) => return Ok((roster.members.len() as u64, Vec::new())),
            None => Bound::Unbounded,
        };
        let governs =
            |id: &InstitutionId| roster.governors.members.iter().any(|one| one.institution.id() == *id);
        let line = |(id, member): (&InstitutionId, &protocol::Member)| OrgLine {
            id: id.to_string(),
            name: member.institution.name.clone(),
            credit_code: member.institution.credit_code.clone(),
            region: format!("{:06}", member.institution.region),
            role: role(member.institution.role),
            membership: membership(member),
            governs: governs(id),
        };
        let lines = roster.members.range((behind, Bound::Unbounded)).take(limit).map(line);
        Ok((roster.members.len() as u64, lines.collect()))
    }

    pub(super) fn proof_of(&self, id: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if let Some((site, _)) = self.elsewhere(id)? {
            return site.proof_of(id);
        }
        let Some((_, listing)) = self.shown(id)? else { return Ok(None) };
        if !self.office.shows_publicly(&listing) {
            return Ok(None);
        }
        self.office.proof_file(&listing).map(|(file, _, _)| Some(file)).map_err(failed)
    }
}
