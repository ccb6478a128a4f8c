//! How a node says it is: a note about itself, signed, which others pass on as it is.
//!
//! It is no entry: no log grows by it and no view depends on it. Of each node the newest one counts, by its number, and
//! whoever loses it hears it again. Its fields are tagged, so that a later version can say more: what a program does not
//! know it keeps and passes on.

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::NetworkId;
use crate::keys::{PublicKey, Purpose, SecretKey, Signature};
use crate::limits::{
    MAX_STATUS, MAX_STATUS_AGENT, MAX_STATUS_FIELDS, MAX_STATUS_NOTES, MAX_STATUS_NUMBER, MAX_STATUS_WORD,
    MAX_STATUS_WORDS, MAX_STATUSES, VERSION,
};

/// Tags of the fields known to this version.
mod tag {
    pub const AGENT: u8 = 1;
    pub const MADE: u8 = 2;
    pub const NOT_AFTER: u8 = 3;
    pub const MISSING: u8 = 4;
    pub const UNSHARED: u8 = 5;
    pub const LAST_SUCCESS: u8 = 6;
    pub const CLOCK_BEHIND: u8 = 7;
    pub const DISK: u8 = 8;
    pub const STORE: u8 = 9;
    pub const ENTRIES: u8 = 10;
    pub const WORDS: u8 = 11;
}

/// What a node says of itself. Each is missing where the node does not know it, or is of a version that did not say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusFacts {
    /// Name and version of its program.
    pub agent: Option<String>,
    /// When it said so, milliseconds since 1970 by its own clock.
    pub made_ms: Option<i64>,
    /// When its certificate ends, milliseconds since 1970.
    pub not_after_ms: Option<i64>,
    /// Entries that its peers have shown it and that it does not hold yet.
    pub missing: Option<u64>,
    /// Entries that it wrote and that no node connected to it has confirmed to hold durably.
    pub unshared: Option<u64>,
    /// When it was last in step with another node, milliseconds since 1970 by its own clock.
    pub last_success_ms: Option<i64>,
    /// By how much its clock is behind what most others signed, milliseconds; 0 when it is not.
    pub clock_behind_ms: Option<u64>,
    /// Free and total bytes of the disk that it keeps its entries on.
    pub disk: Option<(u64, u64)>,
    /// Bytes that its store takes.
    pub store: Option<u64>,
    /// Entries that it holds.
    pub entries: Option<u64>,
    /// What its check-up finds, by the finding's id; ascending.
    pub words: Vec<String>,
    /// Fields of a later version, by their tags; ascending.
    pub more: Vec<(u8, Vec<u8>)>,
}

fn field(fields: &mut Vec<(u8, Vec<u8>)>, tag: u8, write: impl FnOnce(&mut Encoder)) {
    let mut to = Encoder::new();
    write(&mut to);
    fields.push((tag, to.finish()));
}

fn uint(bytes: &[u8], what: &'static str) -> Checked<Option<u64>> {
    Decoder::whole(bytes, what, |from| from.uint(what)).map(Some)
}

/// A moment from 1970 to 9999: whoever shows it need not think of others.
fn time(bytes: &[u8], what: &'static str) -> Checked<Option<i64>> {
    let ms = Decoder::whole(bytes, what, |from| from.uint_max(MAX_STATUS_NUMBER, what))?;
    Ok(i64::try_from(ms).ok())
}

fn word(from: &mut Decoder<'_>) -> Checked<String> {
    let word = from.text(MAX_STATUS_WORD, "word of a status")?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if word.is_empty() || !word.bytes().all(plain) {
        return Err(Fault::NotCanonical { what: "word of a status" });
    }
    Ok(word.to_owned())
}

fn words(bytes: &[u8]) -> Checked<Vec<String>> {
    let words = Decoder::whole(bytes, "words of a status", |from| {
        from.list(MAX_STATUS_WORDS, "words of a status", word)
    })?;
    let canonical = !words.is_empty() && words.is_sorted_by(|a, b| a < b);
    if canonical { Ok(words) } else { Err(Fault::NotCanonical { what: "words of a status" }) }
}

impl StatusFacts {
    fn fields(&self) -> Vec<(u8, Vec<u8>)> {
        let mut fields = Vec::new();
        if let Some(agent) = &self.agent {
            field(&mut fields, tag::AGENT, |to| _ = to.text(agent));
        }
        let times = [
            (tag::MADE, self.made_ms),
            (tag::NOT_AFTER, self.not_after_ms),
            (tag::LAST_SUCCESS, self.last_success_ms),
        ];
        for (tag, ms) in times {
            if let Some(ms) = ms {
                let ms = u64::try_from(ms).unwrap_or_default().min(MAX_STATUS_NUMBER);
                field(&mut fields, tag, |to| _ = to.uint(ms));
            }
        }
        let uints = [
            (tag::MISSING, self.missing),
            (tag::UNSHARED, self.unshared),
            (tag::CLOCK_BEHIND, self.clock_behind_ms),
            (tag::STORE, self.store),
            (tag::ENTRIES, self.entries),
        ];
        for (tag, value) in uints {
            if let Some(value) = value {
                field(&mut fields, tag, |to| _ = to.uint(value));
            }
        }
        if let Some((free, total)) = self.disk {
            field(&mut fields, tag::DISK, |to| _ = to.uint(free).uint(total));
        }
        if !self.words.is_empty() {
            field(&mut fields, tag::WORDS, |to| _ = to.list(&self.words, |to, word| _ = to.text(word)));
        }
        fields.extend(self.more.iter().cloned());
        fields.sort_by_key(|(tag, _)| *tag);
        fields
    }

    fn take(&mut self, tag: u8, bytes: &[u8]) -> Checked<()> {
        match tag {
            tag::AGENT => {
                let read = |from: &mut Decoder<'_>| from.text(MAX_STATUS_AGENT, "agent").map(str::to_owned);
                self.agent = Some(Decoder::whole(bytes, "agent", read)?);
            }
            tag::MADE => self.made_ms = time(bytes, "time of a status")?,
            tag::NOT_AFTER => self.not_after_ms = time(bytes, "expiry")?,
            tag::MISSING => self.missing = uint(bytes, "missing entries")?,
            tag::UNSHARED => self.unshared = uint(bytes, "unshared entries")?,
            tag::LAST_SUCCESS => self.last_success_ms = time(bytes, "last success")?,
            tag::CLOCK_BEHIND => self.clock_behind_ms = uint(bytes, "clock")?,
            tag::DISK => {
                let read = |from: &mut Decoder<'_>| Ok((from.uint("free disk")?, from.uint("disk")?));
                self.disk = Some(Decoder::whole(bytes, "disk", read)?);
            }
            tag::STORE => self.store = uint(bytes, "store")?,
            tag::ENTRIES => self.entries = uint(bytes, "entries")?,
            tag::WORDS => self.words = words(bytes)?,
            later => self.more.push((later, bytes.to_vec())),
        }
        Ok(())
    }
}

/// The note, signed by the node that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusNote {
    /// The node.
    pub node: PublicKey,
    /// Of two notes of a node the one with the higher number counts: the node's clock in milliseconds since 1970, or one more
    /// than the number before, whichever is higher.
    pub number: u64,
    /// What it says.
    pub facts: StatusFacts,
    /// The node's signature.
    pub signature: Signature,
}

impl StatusNote {
    /// Signs with the node's key. Words are put in order; what is beyond a bound is left out.
    pub fn sign(node: &SecretKey, number: u64, mut facts: StatusFacts, network: &NetworkId) -> Self {
        facts.words.retain(|word| word.len() <= MAX_STATUS_WORD);
        facts.words.sort_unstable();
        facts.words.dedup();
        facts.words.truncate(MAX_STATUS_WORDS);
        for ms in [&mut facts.made_ms, &mut facts.not_after_ms, &mut facts.last_success_ms] {
            *ms = ms.map(|ms| ms.clamp(0, MAX_STATUS_NUMBER.cast_signed()));
        }
        if let Some(agent) = &mut facts.agent {
            agent.truncate(agent.floor_char_boundary(MAX_STATUS_AGENT));
        }
        let number = number.min(MAX_STATUS_NUMBER);
        let body = body(&node.public(), number, &facts);
        let signature = node.sign(Purpose::Status, network, &body);
        Self { node: node.public(), number, facts, signature }
    }

    /// Checks the signature. Whether the node is of the network is the roster's question.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn verify(&self, network: &NetworkId) -> Checked<()> {
        let body = body(&self.node, self.number, &self.facts);
        self.node.verify(Purpose::Status, network, &body, &self.signature, "the status of a node")
    }

    /// The node's mark with this number.
    pub fn mark(&self) -> StatusMark {
        StatusMark { node: mark_of(&self.node), number: self.number }
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.encode(&mut to);
        to.finish()
    }

    /// Writes body and signature.
    pub fn encode(&self, to: &mut Encoder) {
        to.bytes(&body(&self.node, self.number, &self.facts));
        self.signature.encode(to);
    }

    /// Reads body and signature; `verify` is the caller's next step.
    ///
    /// # Errors
    /// Bytes of another form.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let body = from.bytes(MAX_STATUS, "status")?;
        let (node, number, facts) = Decoder::whole(body, "status", read_body)?;
        Ok(Self { node, number, facts, signature: Signature::decode(from)? })
    }
}

fn body(node: &PublicKey, number: u64, facts: &StatusFacts) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(VERSION);
    node.encode(&mut to);
    to.uint(number).list(&facts.fields(), |to, (tag, bytes)| _ = to.u8(*tag).bytes(bytes));
    to.finish()
}

fn read_body(from: &mut Decoder<'_>) -> Checked<(PublicKey, u64, StatusFacts)> {
    let version = from.u8("version of a status")?;
    if version != VERSION {
        return Err(Fault::Unknown { what: "version of a status", code: version.into() });
    }
    let node = PublicKey::decode(from)?;
    let number = from.uint_max(MAX_STATUS_NUMBER, "number of a status")?;
    let (mut facts, mut before) = (StatusFacts::default(), None);
    from.list(MAX_STATUS_FIELDS, "fields of a status", |from| {
        let tag = from.u8("field of a status")?;
        if before.replace(tag).is_some_and(|before| before >= tag) {
            return Err(Fault::NotCanonical { what: "fields of a status" });
        }
        facts.take(tag, from.bytes(MAX_STATUS, "field of a status")?)
    })?;
    Ok((node, number, facts))
}

/// The first bytes of a node's key: enough to tell the nodes of one network apart.
pub fn mark_of(node: &PublicKey) -> [u8; 8] {
    let mut mark = [0; 8];
    mark.copy_from_slice(&node.0[..8]);
    mark
}

/// The newest note held of a node, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusMark {
    /// See [`mark_of`].
    pub node: [u8; 8],
    /// Its number.
    pub number: u64,
}

/// What two nodes tell each other of notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusTalk {
    /// All that I hold; tell me what you do.
    Ask(Vec<StatusMark>),
    /// All that I hold.
    Answer(Vec<StatusMark>),
    /// Of those that you sent, what I hold now.
    Got(Vec<StatusMark>),
    /// Notes.
    Notes(Vec<StatusNote>),
}

impl StatusTalk {
    pub(crate) fn encode(&self, to: &mut Encoder) {
        let (kind, marks) = match self {
            Self::Ask(marks) => (0, marks),
            Self::Answer(marks) => (1, marks),
            Self::Got(marks) => (2, marks),
            Self::Notes(notes) => {
                to.u8(3).list(notes, |to, note| note.encode(to));
                return;
            }
        };
        to.u8(kind).list(marks, |to, mark| _ = to.raw(&mark.node).uint(mark.number));
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        match from.u8("talk of statuses")? {
            0 => marks(from, MAX_STATUSES).map(Self::Ask),
            1 => marks(from, MAX_STATUSES).map(Self::Answer),
            2 => marks(from, MAX_STATUS_NOTES).map(Self::Got),
            3 => {
                let notes = from.list(MAX_STATUS_NOTES, "statuses", StatusNote::decode)?;
                ascending(notes, |note| mark_of(&note.node)).map(Self::Notes)
            }
            code => Err(Fault::Unknown { what: "talk of statuses", code: code.into() }),
        }
    }
}

fn marks(from: &mut Decoder<'_>, most: usize) -> Checked<Vec<StatusMark>> {
    let marks = from.list(most, "marks of statuses", |from| {
        let node = from.array("mark of a node")?;
        Ok(StatusMark { node, number: from.uint_max(MAX_STATUS_NUMBER, "number of a status")? })
    })?;
    ascending(marks, |mark| mark.node)
}

/// Each node once, in order.
fn ascending<T>(items: Vec<T>, node: impl Fn(&T) -> [u8; 8]) -> Checked<Vec<T>> {
    let canonical = items.is_sorted_by(|a, b| node(a) < node(b));
    if canonical { Ok(items) } else { Err(Fault::NotCanonical { what: "statuses" }) }
}
