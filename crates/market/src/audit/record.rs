//! One record, and its bytes.

use protocol::{Checked, Decoder, Encoder, Fault, Hash, hash};

use super::{MAX_RECORD, MAX_TEXT};

/// Version of a record's bytes.
const VERSION: u8 = 1;

/// By which door an act came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Door {
    /// A page.
    Page = 1,
    /// The API.
    Api = 2,
    /// The command line, through the control socket or with the home open.
    CommandLine = 3,
    /// The node itself.
    Node = 4,
}

/// What kind of actor it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ActorKind {
    /// An account of the desk.
    Account = 1,
    /// A token of the API, in the name of its account.
    Token = 2,
    /// A user of the operating system.
    System = 3,
    /// The node.
    Node = 4,
    /// Somebody who did not say who they are, or could not prove it.
    Nobody = 5,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// By which door.
    pub door: Door,
    /// What kind.
    pub kind: ActorKind,
    /// Name of the account, or number of the system's user; empty for the node and for nobody.
    pub name: String,
    /// Of an account: when it was made, which tells it from another of the same name. Of a token: its number.
    pub id: String,
}

impl Actor {
    /// The node itself.
    #[must_use]
    pub fn node() -> Self {
        Self { door: Door::Node, kind: ActorKind::Node, name: String::new(), id: String::new() }
    }

    /// A user of the operating system, by number.
    #[must_use]
    pub fn system(user: u32) -> Self {
        Self { door: Door::CommandLine, kind: ActorKind::System, name: user.to_string(), id: String::new() }
    }

    /// Somebody at a page who has not signed in.
    #[must_use]
    pub fn nobody(door: Door) -> Self {
        Self { door, kind: ActorKind::Nobody, name: String::new(), id: String::new() }
    }
}

/// What was done, to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// A stable id such as `drafts.publish`.
    pub id: &'static str,
    /// Ids and names of accounts, parted by blanks; may be empty.
    pub subject: String,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was not, for this reason's id.
    Refused(String),
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// When, milliseconds since 1970, by this node's clock.
    pub time_ms: i64,
    /// Who.
    pub actor: Actor,
    /// The act's id.
    pub act: String,
    /// What it was done to.
    pub subject: String,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// Hash of the record before; zero in the first.
    pub before: Hash,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Page, Self::Api, Self::CommandLine, Self::Node];

    /// `page`, `api`, `command-line` or `node`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
            Self::CommandLine => "command-line",
            Self::Node => "node",
        }
    }
}

impl ActorKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Account, Self::Token, Self::System, Self::Node, Self::Nobody];

    /// `account`, `token`, `system`, `node` or `nobody`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Token => "token",
            Self::System => "system",
            Self::Node => "node",
            Self::Nobody => "nobody",
        }
    }
}

impl AuditOutcome {
    /// `done` or `refused`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused(_) => "refused",
        }
    }

    /// Why not; empty where it was done.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Done => "",
            Self::Refused(why) => why,
        }
    }
}

/// A text as a record keeps it: one line, and not too long.
pub(super) fn kept(text: &str) -> String {
    let mut kept = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if kept.len() + letter.len_utf8() > MAX_TEXT {
            break;
        }
        kept.push(letter);
    }
    kept
}

impl AuditRecord {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let (done, why) = match &self.outcome {
            AuditOutcome::Done => (0, ""),
            AuditOutcome::Refused(why) => (1, why.as_str()),
        };
        let mut to = Encoder::new();
        to.u8(VERSION).uint(self.number).int(self.time_ms);
        to.u8(self.actor.door as u8).u8(self.actor.kind as u8).text(&self.actor.name).text(&self.actor.id);
        to.text(&self.act).text(&self.subject).u8(done).text(why).raw(&self.before.0);
        to.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        const WHAT: &str = "record of the audit log";
        let unknown = |code: u8| Fault::Unknown { what: WHAT, code: code.into() };
        let bytes = bytes.get(..MAX_RECORD.min(bytes.len())).unwrap_or_default();
        Decoder::whole(bytes, WHAT, |from| {
            let version = from.u8(WHAT)?;
            if version != VERSION {
                return Err(unknown(version));
            }
            let (number, time_ms) = (from.uint(WHAT)?, from.int(WHAT)?);
            let (door, kind) = (from.u8(WHAT)?, from.u8(WHAT)?);
            let find = |door: u8| Door::ALL.into_iter().find(|known| *known as u8 == door);
            let door = find(door).ok_or_else(|| unknown(door))?;
            let find = |kind: u8| ActorKind::ALL.into_iter().find(|known| *known as u8 == kind);
            let kind = find(kind).ok_or_else(|| unknown(kind))?;
            let text = |from: &mut Decoder<'_>| Ok(from.text(MAX_TEXT, WHAT)?.to_owned());
            let actor = Actor { door, kind, name: text(from)?, id: text(from)? };
            let (act, subject) = (text(from)?, text(from)?);
            let done = from.u8(WHAT)?;
            let why = text(from)?;
            let outcome = match done {
                0 => AuditOutcome::Done,
                1 => AuditOutcome::Refused(why),
                other => return Err(unknown(other)),
            };
            Ok(Self { number, time_ms, actor, act, subject, outcome, before: Hash(from.array(WHAT)?) })
        })
    }

    /// The hash that the next record carries.
    #[must_use]
    pub fn hash(&self) -> Hash {
        of_bytes(&self.to_bytes())
    }
}

pub(super) fn of_bytes(bytes: &[u8]) -> Hash {
    hash("audit-record", &[bytes])
}

/// Which records are wanted; what is empty asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// From this time on, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before this time.
    pub until_ms: Option<i64>,
    /// Name of an account, number of a system's user, or number of a token.
    pub by: String,
    /// How the act begins: `drafts` finds `drafts.publish`.
    pub act: String,
    /// An id or a name that it was done to, or the first letters of it.
    pub subject: String,
}

impl AuditFilter {
    /// Whether it finds this record.
    #[must_use]
    pub fn finds(&self, record: &AuditRecord) -> bool {
        let same = |one: &str| !one.is_empty() && one.to_lowercase() == self.by.to_lowercase();
        let named = |word: &str| word.starts_with(&self.subject);
        self.since_ms.is_none_or(|since| record.time_ms >= since)
            && self.until_ms.is_none_or(|until| record.time_ms < until)
            && (self.by.is_empty() || same(&record.actor.name) || same(&record.actor.id))
            && record.act.starts_with(&self.act)
            && (self.subject.is_empty() || record.subject.split(' ').any(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> AuditRecord {
        AuditRecord {
            number: 7,
            time_ms: 1_772_604_300_000,
            actor: Actor {
                door: Door::Api, kind: ActorKind::Token, name: "王芳".into(), id: "ab12".into()
            },
            act: "drafts.publish".into(),
            subject: "cd34 ef56".into(),
            outcome: AuditOutcome::Refused("turn".into()),
            before: Hash([3; 32]),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_a_cut_one_is_not() {
        let record = record();
        let bytes = record.to_bytes();
        assert_eq!(AuditRecord::from_bytes(&bytes).unwrap(), record);
        for cut in 0..bytes.len() {
            assert!(AuditRecord::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let longest = "市".repeat(MAX_TEXT);
        assert_eq!(kept(&longest).len(), MAX_TEXT / 3 * 3);
        assert_eq!(kept("a\nb\u{7f}"), "ab");
    }

    #[test]
    fn a_filter_finds_by_each_of_its_parts() {
        let with = |change: &dyn Fn(&mut AuditFilter)| {
            let mut filter = AuditFilter::default();
            change(&mut filter);
            filter.finds(&record())
        };
        assert!(with(&|_| {}));
        assert!(with(&|f| f.by = "王芳".into()) && with(&|f| f.by = "AB12".into()));
        assert!(with(&|f| f.act = "drafts".into()) && with(&|f| f.subject = "ef".into()));
        assert!(with(&|f| f.since_ms = Some(1_772_604_300_000)));
        assert!(!with(&|f| f.until_ms = Some(1_772_604_300_000)) && !with(&|f| f.by = "王".into()));
        assert!(!with(&|f| f.act = "publish".into()) && !with(&|f| f.subject = "d34".into()));
    }
}
