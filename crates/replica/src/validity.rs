//! Whether an authentic entry counts. Depends on entries, roster and protocol version alone.

use protocol::{Checked, Entry};
use protocol::{Fault, NodeCertificate, SignedPatch, Verb};

/// Checks an authentic entry against the rules of its log. A void entry keeps its place; the log goes on.
///
/// # Errors
/// The rule that makes it void.
pub fn check_entry(entry: &Entry, certificate: &NodeCertificate) -> Checked<()> {
    let forbidden = |why| Err(Fault::Forbidden { what: "entry", why });
    let header = &entry.header;
    let shelf = &header.log.shelf;
    if !certificate.allows(shelf) {
        return forbidden("its node is not certified for this shelf");
    }
    if (header.verb == Verb::OPEN) != (header.seq == 1) {
        return forbidden("a log is opened by its first entry and by no other");
    }
    match header.verb {
        Verb::CREATE | Verb::MOVE if !shelf.kind.is_listing() => forbidden("this shelf holds no listings"),
        Verb::CREATE if header.document.is_some() => forbidden("a creating entry names no document"),
        Verb::EDIT | Verb::PURGE if header.document.is_none() => forbidden("it names no document"),
        Verb::CREATE => match patch_of(entry)? {
            Some(signed) if !signed.patch.is_first() => forbidden("a creating patch builds on nothing"),
            _ => Ok(()),
        },
        Verb::EDIT => patch_of(entry).map(|_| ()),
        _ => Ok(()),
    }
}

/// Whether the node of `editor` may patch a document that the node of `creator` created: editors are of one
/// institution. Third parties make statements instead.
pub fn may_edit(editor: &NodeCertificate, creator: &NodeCertificate) -> bool {
    editor.body.institution == creator.body.institution
}

/// The patch that an entry carries; `None` when its payload was purged.
pub fn patch_of(entry: &Entry) -> Checked<Option<SignedPatch>> {
    entry.payload.as_ref().map(|p| SignedPatch::from_bytes(&p.bytes)).transpose()
}
