//! What a proof file shows of a listing, with nothing but the network's charter: what `verify` says, and what stands on a certificate.

use catalog::Lang;
use catalog::words::fill;
use protocol::{
    Charter, DocumentId, Entry, FileKind, Hash, Institution, InstitutionId, Proof, PublicKey, Stated,
    Visibility, unseal_file,
};
use replica::{Document, DocumentPatch, DocumentState, Fate};

/// Digits of a version's hash on paper: more than anyone finds a second entry for.
const MARK_DIGITS: usize = 16;

/// What a proof has shown.
pub struct Shown {
    /// The listing's document.
    pub id: DocumentId,
    /// Code of its kind.
    pub kind: u16,
    /// Whether it is for members alone.
    pub members_only: bool,
    /// The institution that answers for it.
    pub author: Option<Institution>,
    /// The node that began it.
    pub node: Option<PublicKey>,
    /// Names of the governors of its network.
    pub governors: Vec<String>,
    /// When it was last signed, by the author's clock, milliseconds since 1970.
    pub signed_ms: i64,
    /// Its entries.
    pub entries: usize,
    /// Its last version as papers name it.
    pub mark: String,
    /// The document that the entries make, and what it says.
    pub document: Document,
    pub state: DocumentState,
    /// What stands of it in statements.
    pub statements: Vec<Stated>,
}

/// Why a proof shows nothing: a key of the catalogue, and what goes into its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Unproven {
    key: &'static str,
    what: String,
}

impl Unproven {
    /// That for this reason.
    pub fn new(key: &'static str, what: impl ToString) -> Self {
        Self { key, what: what.to_string() }
    }

    /// In words.
    pub fn in_words(&self, lang: Lang) -> String {
        fill(lang, self.key, &[("what", &self.what)])
    }
}

/// Reads a proof file and checks it against the charter.
///
/// # Errors
/// The first thing that does not hold; then nothing in the file is to be believed.
pub fn read(file: &[u8], charter: &Charter) -> Result<Shown, Unproven> {
    let proof = unseal_file(FileKind::Proof, file).and_then(Proof::from_bytes);
    let proof = proof.map_err(|fault| Unproven::new("cli.verify.why.file", fault))?;
    if proof.network != charter.id() {
        return Err(Unproven::new("cli.verify.why.network", ""));
    }
    let broken = |what: &dyn ToString| Unproven::new("cli.verify.why.proof", what.to_string());
    let proven = proof.verify(charter).map_err(|fault| broken(&fault))?;
    let purged = proven.roster.purge(&proof.document, None).is_some();
    if purged || proven.entries.iter().any(|entry| entry.payload.is_none()) {
        return Err(Unproven::new("cli.verify.why.purged", ""));
    }
    let document = fold(&proven.entries).map_err(|what| broken(&what))?;
    let state = document.state();
    let begun = proven.entries.iter().find(|entry| entry.header.document.is_none());
    let author = begun.and_then(|entry| proven.authors.get(&entry.header.log.node));
    let first = begun.and_then(|entry| replica::patch_of(entry).ok().flatten());
    let editors: Vec<InstitutionId> =
        first.iter().flat_map(|first| replica::editors_of(&first.patch)).collect();
    let may = |other: &Institution| author == Some(other) || editors.contains(&other.id());
    if !proven.authors.values().all(may) {
        return Err(Unproven::new("cli.verify.why.editor", ""));
    }
    let shelf = begun.map(|entry| entry.header.log.shelf);
    let governors = proven.roster.governors.members.iter();
    Ok(Shown {
        id: proof.document,
        kind: shelf.map(|shelf| shelf.kind.0).unwrap_or_default(),
        members_only: shelf.is_some_and(|shelf| shelf.visibility != Visibility::Public),
        author: author.cloned(),
        node: begun.map(|entry| entry.header.log.node),
        governors: governors.map(|governor| governor.institution.name.clone()).collect(),
        signed_ms: proven.entries.iter().map(|e| e.header.time_ms).max().unwrap_or_default(),
        entries: proven.entries.len(),
        mark: mark_of(&document),
        document,
        state,
        statements: proven.statements,
    })
}

/// The document that a proof's entries make; one of which no patch is valid makes the proof worthless.
fn fold(entries: &[Entry]) -> Result<Document, String> {
    let mut origin = None;
    let mut patches = Vec::new();
    for entry in entries {
        if entry.header.document.is_none() {
            origin = Some(protocol::Origin { log: entry.header.log, seq: entry.header.seq });
        }
        let signed = replica::patch_of(entry).map_err(|fault| fault.to_string())?;
        patches.push(DocumentPatch {
            log: entry.header.log,
            seq: entry.header.seq,
            entry: entry.hash(),
            time_ms: entry.header.time_ms,
            signed: signed.ok_or("an entry without its content")?,
        });
    }
    let document = Document::fold(origin.ok_or("the creating entry is missing")?, patches);
    if document.versions() == 0 {
        return Err("none of its entries counts".to_owned());
    }
    Ok(document)
}

/// The last version of a document, in the order of the authors' clocks, which is that of its history.
fn mark_of(document: &Document) -> String {
    let valid = document.patches().filter(|(_, fate)| **fate == Fate::Valid).map(|(patch, _)| patch);
    let mut valid: Vec<_> = valid.map(|patch| (patch.time_ms, patch.log, patch.seq, patch.entry)).collect();
    valid.sort();
    valid.last().map(|(_, _, _, last)| mark_text(valid.len(), last)).unwrap_or_default()
}

/// A version as papers name it: how many there are, and the last entry's hash, `3-9c4e5a6b7c8d9e0f`. Who edits at the same time
/// changes the number, so an equal mark means that nothing was changed since.
pub fn mark_text(versions: usize, last: &Hash) -> String {
    let digits: String = last.to_string().chars().take(MARK_DIGITS).collect();
    format!("{versions}-{digits}")
}
