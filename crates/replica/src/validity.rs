//! Whether an authentic entry counts. Depends on entries, roster and protocol version alone.

use protocol::{
    Checked, CheckedEntry, Continuation, DocumentId, Entry, Envelope, Fault, InstitutionId, NetworkId,
    NodeCertificate, Patch, Place, SealingKey, ShelfKind, SignedPatch, Statement, Value, Verb,
};

use crate::document::EDITOR;

/// The same as [`check_entry`] of an entry whose run may have told what it begins: then its payload is known to read.
///
/// # Errors
/// The rule that makes it void.
pub fn check_opened(checked: &CheckedEntry, certificate: &NodeCertificate) -> Checked<()> {
    let header = &checked.entry.header;
    let known = checked.beginning.is_some() && header.log.shelf.circle().is_none();
    check_place(&checked.entry, certificate)?;
    if known { Ok(()) } else { check_content(&checked.entry) }
}

/// Checks an authentic entry against the rules of its log. A void entry keeps its place; the log goes on.
///
/// # Errors
/// The rule that makes it void.
pub fn check_entry(entry: &Entry, certificate: &NodeCertificate) -> Checked<()> {
    check_place(entry, certificate)?;
    check_content(entry)
}

/// What can be said from the header.
fn check_place(entry: &Entry, certificate: &NodeCertificate) -> Checked<()> {
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
        Verb::CREATE | Verb::MOVE if !shelf.kind.holds_documents() => {
            forbidden("this shelf holds no documents")
        }
        Verb::CREATE | Verb::MOVE if header.document.is_some() => {
            forbidden("a creating entry names no document")
        }
        Verb::CREATE | Verb::MOVE if !certificate.may_create(shelf) => {
            forbidden("a listing begins on a shelf of its node's own region")
        }
        Verb::MOVE if shelf.circle().is_some() => {
            forbidden("a sealed document goes on as a new one that says what it continues")
        }
        Verb::EDIT | Verb::PURGE if header.document.is_none() => forbidden("it names no document"),
        _ => Ok(()),
    }
}

/// Whether the payload reads as its verb and shelf say.
fn check_content(entry: &Entry) -> Checked<()> {
    let header = &entry.header;
    let shelf = &header.log.shelf;
    match header.verb {
        Verb::CREATE | Verb::EDIT if shelf.circle().is_some() => {
            let payload = entry.payload.as_ref();
            payload.map_or(Ok(()), |payload| Envelope::from_bytes(&payload.bytes).map(|_| ()))
        }
        Verb::CREATE | Verb::MOVE => match patch_of(entry)? {
            Some(signed) if !signed.patch.is_first() => {
                Err(Fault::Forbidden { what: "entry", why: "a creating patch builds on nothing" })
            }
            _ => Ok(()),
        },
        Verb::EDIT => patch_of(entry).map(|_| ()),
        Verb::STATEMENT if shelf.kind == ShelfKind::STATEMENT => statement_of(entry).map(|_| ()),
        _ => Ok(()),
    }
}

/// Whether the node of `editor` may patch a document that the node of `creator` began with the patch `first`: editors are
/// of the same institution, or of one that this patch names. Third parties make statements instead.
pub fn may_edit(editor: &NodeCertificate, creator: &NodeCertificate, first: &Patch) -> bool {
    let who = editor.body.institution;
    who == creator.body.institution || editors_of(first).any(|named| named == who)
}

/// The institutions that a creating patch names as co-editors, ascending. What later patches say of them changes no rights.
pub fn editors_of(first: &Patch) -> impl Iterator<Item = InstitutionId> {
    let named = first.ops.iter().filter(|op| op.put == Some(Value::Bool(true)));
    named.filter_map(|op| {
        let id = op.key.strip_prefix(EDITOR)?;
        let canonical = id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        id.parse().ok().filter(|_| canonical)
    })
}

/// The patch that an entry carries; `None` when its payload was purged.
///
/// # Errors
/// A payload that does not read as its verb says.
pub fn patch_of(entry: &Entry) -> Checked<Option<SignedPatch>> {
    let read = |bytes: &[u8]| match entry.header.verb {
        Verb::MOVE => Continuation::from_bytes(bytes).map(|moved| moved.signed),
        _ => SignedPatch::from_bytes(bytes),
    };
    entry.payload.as_ref().map(|payload| read(&payload.bytes)).transpose()
}

/// The document that a MOVE entry continues; `None` for other entries, and when its payload was purged.
///
/// # Errors
/// As [`patch_of`].
pub fn continued_by(entry: &Entry) -> Checked<Option<DocumentId>> {
    let payload = entry.payload.as_ref().filter(|_| entry.header.verb == Verb::MOVE);
    payload.map(|payload| Ok(Continuation::from_bytes(&payload.bytes)?.continues)).transpose()
}

/// What a STATEMENT entry says; `None` when its payload was purged.
///
/// # Errors
/// A payload that does not read.
pub fn statement_of(entry: &Entry) -> Checked<Option<Statement>> {
    entry.payload.as_ref().map(|payload| Statement::from_bytes(&payload.bytes)).transpose()
}

/// The payload in the envelope of an entry on a sealed shelf; `None` when it is not for `key`.
pub fn open_entry(entry: &Entry, network: &NetworkId, key: &SealingKey) -> Option<Vec<u8>> {
    let header = &entry.header;
    let place = Place { network, log: &header.log, seq: header.seq, document: header.document.as_ref() };
    let envelope = Envelope::from_bytes(&entry.payload.as_ref()?.bytes).ok()?;
    header.log.shelf.circle().and_then(|_| envelope.open(key, place))
}
