//! Which listings name which files, and which files they name.

use std::ops::{Bound, ControlFlow};

use protocol::{Attachment, DocumentId, FILE, Hash, InstitutionId};
use replica::DocumentState;
use storage::Table;

use super::{Hidden, Library, Listing};
use crate::error::Result;

/// What a file is to the documents of a node, from nothing to what counts most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileUse {
    /// None ever named it.
    Never,
    /// All that named it were purged.
    Purged,
    /// Those that named it do not any more.
    Once,
    /// One of them names it.
    Now,
}

impl Listing {
    /// The files that belong to it: pictures first, each sort by title.
    pub fn attachments(&self) -> Vec<Attachment> {
        in_order(named_in(&self.state))
    }

    /// Whether its files are `us`'s to keep: it is theirs, or they may edit it, and it was not purged.
    pub fn is_kept_for(&self, us: &InstitutionId) -> bool {
        let theirs = self.institution.as_ref() == Some(us) || self.editors.contains(us);
        theirs && !matches!(self.hidden, Some(Hidden::Purged(_)))
    }

    /// The file of that hash, when it belongs to it.
    pub fn attachment(&self, file: &Hash) -> Option<Attachment> {
        named_in(&self.state).into_iter().find(|attachment| attachment.file == *file)
    }
}

impl Library {
    /// What a file is to the documents held.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn file_use(&self, file: &Hash) -> Result<FileUse> {
        let (mut found, mut fault) = (FileUse::Never, None);
        self.store.walk(Table::Files, &file.0, &mut |key, _| {
            let Some((_, id)) = row_of(key) else { return ControlFlow::Continue(()) };
            match self.listing(&id) {
                Ok(listing) => found = found.max(use_in(listing.as_ref(), file)),
                Err(error) => fault = Some(error),
            }
            let settled = found == FileUse::Now || fault.is_some();
            if settled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        fault.map_or(Ok(found), Err)
    }

    /// Whether only others answer for a file, or what named it was purged: no listing that names it, or did once, is of `us` or has
    /// `us` among its editors. False of one that none ever named.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn is_only_others(&self, file: &Hash, us: &InstitutionId) -> Result<bool> {
        let (mut found, mut fault) = ((false, false), None);
        self.store.walk(Table::Files, &file.0, &mut |key, _| {
            let Some((_, id)) = row_of(key) else { return ControlFlow::Continue(()) };
            found.0 = true;
            match self.listing(&id) {
                Ok(listing) => found.1 |= listing.is_some_and(|listing| listing.is_kept_for(us)),
                Err(error) => fault = Some(error),
            }
            if found.1 || fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        fault.map_or(Ok(found.0 && !found.1), Err)
    }

    /// Files with the documents that name them, or did once, behind a place; at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn files_named(
        &self,
        after: Option<(Hash, DocumentId)>,
        limit: usize,
    ) -> Result<Vec<(Hash, DocumentId)>> {
        // The least key above: the same with one more byte.
        let from = after.map(|(file, id)| [&row(&file, &id)[..], &[0]].concat()).unwrap_or_default();
        let page = self.store.scan(Table::Files, &from, None, limit)?;
        Ok(page.iter().filter_map(|(key, _)| row_of(key)).collect())
    }
}

/// What a file is to a document that names it, or did once.
fn use_in(listing: Option<&Listing>, file: &Hash) -> FileUse {
    match listing {
        Some(listing) if listing.attachment(file).is_some() => FileUse::Now,
        Some(listing) if matches!(listing.hidden, Some(Hidden::Purged(_))) => FileUse::Purged,
        _ => FileUse::Once,
    }
}

/// Files as people are to see them: pictures first, each sort by title.
pub(crate) fn in_order(mut all: Vec<Attachment>) -> Vec<Attachment> {
    all.sort_by_key(|of| (!of.media.is_picture(), of.title.clone(), of.file));
    all
}

/// The key of a row that says that a document names a file.
pub(crate) fn row(file: &Hash, id: &DocumentId) -> [u8; 64] {
    let mut key = [0; 64];
    key[..32].copy_from_slice(&file.0);
    key[32..].copy_from_slice(&id.0);
    key
}

fn row_of(key: &[u8]) -> Option<(Hash, DocumentId)> {
    let (file, id) = key.split_first_chunk::<32>()?;
    Some((Hash(*file), DocumentId(id.try_into().ok()?)))
}

/// The files that a state names.
pub(crate) fn named_in(state: &DocumentState) -> Vec<Attachment> {
    let from = (Bound::Included(FILE), Bound::Unbounded);
    let named = state.fields.range::<str, _>(from).take_while(|(key, _)| key.starts_with(FILE));
    Attachment::all(named)
}
