//! Listings that this institution may edit, as its desk sees them.

use market::{Account, DeskRole, Listing, MarketError};
use protocol::{DocumentId, Visibility};
use web::desk::view::{Done, Heap, OwnLine, OwnView};

use super::Office;
use super::failure::{Failure, exit};
use super::json;

/// Most listings of one heap but the shown ones, which the index pages through.
const MAX_HEAP: usize = 10_000;

impl Office {
    /// Listings of ours in a heap, the last changed first, and how many there are.
    ///
    /// # Errors
    /// When the store or the index fails.
    pub fn own_listings(
        &self,
        heap: Heap,
        text: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(u64, Vec<OwnLine>), Failure> {
        if heap != Heap::Shown {
            let all = self.own_apart(heap)?;
            let lines = all.iter().skip(offset).take(limit).map(line).collect();
            return Ok((all.len() as u64, lines));
        }
        let query = search::Query {
            text: text.to_owned(),
            institution: Some(self.identity().institution.id().to_string()),
            offset,
            limit,
            sort: if text.is_empty() { search::Sort::Newest } else { search::Sort::Relevance },
            ..search::Query::default()
        };
        let results = self.finder().index().search(&query).map_err(MarketError::from)?;
        let mut lines = Vec::with_capacity(results.hits.len());
        for hit in &results.hits {
            let Ok(id) = hit.id.parse() else { continue };
            lines.extend(self.library().listing(&id)?.as_ref().map(line));
        }
        Ok((results.total as u64, lines))
    }

    /// Listings of ours that were withdrawn, or whose editors disagree: these the index does not tell.
    fn own_apart(&self, heap: Heap) -> Result<Vec<Listing>, Failure> {
        let ours = |id: &DocumentId| {
            let listing = self.library().listing(id).ok().flatten();
            listing.filter(|listing| listing.continued_by.is_none() && self.may_edit(listing))
        };
        let ids = self.library().documents_where(MAX_HEAP, |id, state| {
            let apart = match heap {
                Heap::Disputed => state.conflicts().next().is_some(),
                _ => state.is_withdrawn(),
            };
            apart && ours(id).is_some()
        })?;
        let mut all: Vec<Listing> = ids.iter().filter_map(ours).collect();
        all.sort_by(|a, b| (b.updated_ms, a.id).cmp(&(a.updated_ms, b.id)));
        Ok(all)
    }

    fn may_edit(&self, listing: &Listing) -> bool {
        let own = self.identity().institution.id();
        listing.institution == Some(own) || listing.editors.contains(&own)
    }

    /// All listings of a heap: id and title of each, at most `limit`.
    ///
    /// # Errors
    /// When the store or the index fails.
    pub fn all_own(&self, heap: Heap, limit: usize) -> Result<Vec<(String, String)>, Failure> {
        let mut all = Vec::new();
        while all.len() < limit {
            let page = search::limits::MAX_PAGE.min(limit - all.len());
            let (_, lines) = self.own_listings(heap, "", all.len(), page)?;
            let last = lines.len() < page;
            all.extend(lines.into_iter().map(|line| (line.id, line.title)));
            if last {
                break;
            }
        }
        Ok(all)
    }

    /// One listing that this institution may edit, with its steps before the one numbered `before`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn own_view(
        &self,
        id: &str,
        account: &Account,
        (before, limit): (Option<u64>, usize),
    ) -> Result<Option<OwnView>, Failure> {
        let listing = match self.newest_listing(id) {
            Ok(listing) if self.may_edit(&listing) => listing,
            Ok(_) => return Ok(None),
            Err(failure) if failure.code == exit::FAILED => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let open = !matches!(listing.hidden, Some(market::Hidden::Purged(_) | market::Hidden::Missing));
        let disputes = if open { self.dispute_views(&listing)? } else { Vec::new() };
        let history = self.steps(&listing, (before, limit), (open, true))?;
        Ok(Some(OwnView {
            line: line(&listing),
            public: listing.log.shelf.visibility == Visibility::Public,
            draft: self.library().revision_of(&listing.id)?.map(|draft| draft.id),
            acts: if open { self.acts_on(&listing, account) } else { Vec::new() },
            disputes,
            history,
        }))
    }

    /// What someone may do with a listing.
    fn acts_on(&self, listing: &Listing, account: &Account) -> Vec<&'static str> {
        let (reviews, administers) =
            (account.role >= DeskRole::Reviewer, account.role >= DeskRole::Administrator);
        let withdrawn = listing.state.is_withdrawn();
        let own = listing.institution == Some(self.identity().institution.id());
        let all = [
            ("revise", true),
            ("choose", reviews),
            ("withdraw", reviews && !withdrawn),
            ("show", reviews && withdrawn),
            ("purge", administers && own),
        ];
        all.into_iter().filter(|(_, may)| *may).map(|(act, _)| act).collect()
    }

    /// Opens a listing as a draft, or leads to the draft that is open.
    pub(super) fn revise(&self, account: &Account, id: &str) -> Result<Done, Failure> {
        let id = self.resolve(id)?;
        let draft = self.writing().work(|desk| Ok((desk.open_revision(&id, &account.name)?, Vec::new())))?;
        Ok(Done::Opened(draft))
    }

    pub(super) fn purge_at_desk(&self, account: &Account, id: &str, reason: &str) -> Result<Done, Failure> {
        if account.role < DeskRole::Administrator {
            return Err(MarketError::NotTheirs { name: account.name.clone() }.into());
        }
        if reason.trim().is_empty() {
            return Err(Failure::said(exit::REJECTED, "desk.failure.purge", &[]));
        }
        self.purge(id, reason.trim())?;
        Ok(Done::Listing(id.to_owned()))
    }
}

/// Whether someone may change what is published.
pub(super) fn reviewer(account: &Account) -> Result<(), Failure> {
    if account.role < DeskRole::Reviewer {
        return Err(MarketError::NotTheirs { name: account.name.clone() }.into());
    }
    Ok(())
}

fn line(listing: &Listing) -> OwnLine {
    OwnLine {
        id: listing.id.to_string(),
        kind: json::kind_id(listing.log.shelf.kind.0),
        title: listing.title().to_owned(),
        withdrawn: listing.state.is_withdrawn(),
        hidden: listing.hidden.is_some(),
        disputed: listing.state.conflicts().next().is_some(),
        updated_ms: listing.updated_ms,
    }
}
