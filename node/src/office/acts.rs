//! Which requests are acts, and what each is called in the audit log. One exhaustive match for each kind of request: a new one
//! cannot be forgotten.

use data_encoding::BASE64;
use market::Act;
use protocol::{SignedStep, StepsFile, Subject};

use super::roster::action_json;
use super::{AccountAsk, Ask, Carriage, EnquiryAsk, PeerAsk, PeeringAsk, ProfileAsk, Request, TokenAsk};
use crate::harvest::HarvestAsk;
use crate::watching::WatchAsk;

/// Characters of an id or a name that a record takes: an id has 64.
const WORD_CHARS: usize = 64;
/// Characters of an id among several.
const SHORT_ID: usize = 16;
/// Steps that a record names.
const STEPS_NAMED: usize = 6;

/// What was done to something: as a record takes it, whatever was given.
pub(crate) fn act(id: &'static str, subject: &str) -> Act {
    Act { id, subject: word(subject) }
}

/// An id or a name; nothing of what is neither, which may be anything that somebody typed.
pub(super) fn word(text: &str) -> String {
    let fits = |letter: char| letter.is_alphanumeric() || "-_.:@".contains(letter);
    let is_one = text.chars().count() <= WORD_CHARS && text.chars().all(fits);
    if is_one { text.to_owned() } else { String::new() }
}

/// Steps that governors sign: of each the action, what it is about, and the beginning of its own id.
fn steps_named<'s>(steps: impl IntoIterator<Item = &'s SignedStep>) -> String {
    let short = |id: String| id.chars().take(SHORT_ID).collect::<String>();
    let named = |signed: &SignedStep| {
        let about = match &signed.step.subject {
            Subject::Network => String::new(),
            Subject::Institution(id) => id.to_string(),
            Subject::Document(id) => id.to_string(),
            Subject::Invitation(key) => key.to_string(),
            Subject::Log(log) => log.to_string(),
            Subject::Peer(network) => network.to_string(),
        };
        let (action, _) = action_json(&signed.step.action);
        let parts = [action.to_owned(), short(about), short(signed.step.id().to_string())];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    steps.into_iter().take(STEPS_NAMED).map(named).collect::<Vec<_>>().join(" ")
}

/// The steps of a file, named; nothing where it is none.
pub(crate) fn file_named(file: &[u8]) -> String {
    StepsFile::from_file(file).map(|file| steps_named(&file.steps)).unwrap_or_default()
}

impl Request {
    /// What it is in the audit log: nothing for what only reads.
    pub(crate) fn act(&self) -> Option<Act> {
        Some(match self {
            Self::Forgive { node } => act("peers.forgive", node),
            Self::Line { hours: Some(_) } => act("line.change", ""),
            Self::TakeIn { kind, publish, .. } => {
                act(if *publish { "listings.publish" } else { "drafts.save" }, kind)
            }
            Self::TakeTable { kind, ask, .. } if !ask.dry => act("imports.apply", kind),
            Self::Edit { id, .. } => act("listings.edit", id),
            Self::Attach { id, .. } => act("drafts.attach", id),
            Self::Detach { id, .. } => act("drafts.detach", id),
            Self::Choose { id, .. } => act("listings.choose", id),
            Self::Move { id, .. } => act("listings.move", id),
            Self::State { id, .. } => act("statements.make", id),
            Self::Publish { id } => act("listings.publish", id),
            Self::Withdraw { id } => act("listings.withdraw", id),
            Self::Purge { id, .. } => act("listings.purge", id),
            Self::AskDetails { id, .. } => act("disclosures.ask", id),
            Self::Disclose { id, .. } => act("disclosures.make", id),
            Self::RemoveParty { id, .. } => act("disclosures.remove-party", id),
            Self::EditDisclosure { id, .. } => act("disclosures.edit", id),
            Self::Renew => act("keys.renew", ""),
            Self::PublishAgain { number } => act("listings.publish-again", &number.to_string()),
            Self::BackupPlan => act("backup.make", ""),
            Self::Stop => act("node.ask-stop", ""),
            Self::Enquiry { ask } => return ask.act(),
            Self::Harvest { ask } => return ask.act(),
            Self::Roster { ask } => return ask.act(),
            Self::Profile { ask } => return ask.act(),
            Self::Peer { ask } => return ask.act(),
            Self::Peering { ask } => return ask.act(),
            Self::Bundle { carriage } => return carriage.act(),
            Self::Account { ask } => return ask.act(),
            Self::Token { ask } => return ask.act(),
            Self::Watch { ask } => return ask.act(),
            // They read, or keep a convenience of the command line in mind.
            Self::Audit { .. }
            | Self::BackupAudit { .. }
            | Self::BackupEntries { .. }
            | Self::BackupFiles { .. }
            | Self::BackupRecords { .. }
            | Self::Bulletin { .. }
            | Self::Catalogue { .. }
            | Self::Certificate { .. }
            | Self::Changes { .. }
            | Self::Charter
            | Self::Confirm { .. }
            | Self::Conflicts { .. }
            | Self::Cover { .. }
            | Self::Disclosures
            | Self::Drafts { .. }
            | Self::Examine
            | Self::File { .. }
            | Self::ForkFile { .. }
            | Self::Forks
            | Self::History { .. }
            | Self::Line { hours: None }
            | Self::Lost
            | Self::Nodes
            | Self::Peers
            | Self::Proof { .. }
            | Self::Remember { .. }
            | Self::Remembered { .. }
            | Self::Search { .. }
            | Self::Show { .. }
            | Self::ShowDisclosure { .. }
            | Self::Statements { .. }
            | Self::Statistics { .. }
            | Self::Status
            | Self::TakeTable { .. } => return None,
        })
    }
}

impl EnquiryAsk {
    fn act(&self) -> Option<Act> {
        match self {
            Self::Make { listing, .. } => Some(act("enquiries.make", listing)),
            Self::Answer { id, .. } => Some(act("enquiries.answer", id)),
            Self::Close { id } => Some(act("enquiries.close", id)),
            Self::List { .. } | Self::Show { .. } => None,
        }
    }
}

impl PeerAsk {
    fn act(&self) -> Option<Act> {
        let all = |node: &Option<String>| node.clone().unwrap_or_default();
        match self {
            Self::Sync { node } => Some(act("peers.sync", node)),
            Self::Stop { node } => Some(act("peers.stop", node)),
            Self::Pause { node, .. } => Some(act("peers.pause", &all(node))),
            Self::Resume { node } => Some(act("peers.resume", &all(node))),
            Self::List => None,
        }
    }
}

impl HarvestAsk {
    fn act(&self) -> Option<Act> {
        match self {
            // The address of a repository may carry a key.
            Self::Add { .. } => Some(act("harvest.add", "")),
            Self::Run { source, .. } => Some(act("harvest.run", source)),
            Self::Stop { source } => Some(act("harvest.stop", source)),
            Self::Confirm { source } => Some(act("harvest.confirm", source)),
            Self::Pause { source, paused: true } => Some(act("harvest.pause", source)),
            Self::Pause { source, paused: false } => Some(act("harvest.resume", source)),
            Self::Remove { source } => Some(act("harvest.remove", source)),
            Self::List | Self::Show { .. } | Self::Try { .. } => None,
        }
    }
}

impl Ask {
    fn act(&self) -> Option<Act> {
        match self {
            Self::Carry { steps } => {
                let read = |text: &String| SignedStep::from_bytes(&BASE64.decode(text.as_bytes()).ok()?).ok();
                let steps: Vec<SignedStep> = steps.iter().take(STEPS_NAMED).filter_map(read).collect();
                Some(Act { id: "govern.carry", subject: steps_named(&steps) })
            }
            Self::Draft { .. } | Self::List { .. } | Self::Steps { .. } | Self::Show { .. } => None,
        }
    }
}

impl ProfileAsk {
    fn act(&self) -> Option<Act> {
        match self {
            Self::Add { .. } => Some(act("profile.text", "")),
            Self::Show | Self::Text { .. } => None,
        }
    }
}

impl PeeringAsk {
    fn act(&self) -> Option<Act> {
        match self {
            // Agreements are steps that governors sign.
            Self::Card { .. } | Self::Charters | Self::Show { .. } => None,
        }
    }
}

impl Carriage {
    fn act(&self) -> Option<Act> {
        match self {
            Self::Sign { .. } => Some(act("bundles.write", "")),
            Self::Keep => Some(act("bundles.take", "")),
            // Pieces of the same work.
            Self::Slip | Self::Plan { .. } | Self::Runs { .. } | Self::Open { .. } | Self::Take { .. } => {
                None
            }
        }
    }
}

impl AccountAsk {
    fn act(&self) -> Option<Act> {
        match self {
            Self::Add { name, .. } => Some(act("accounts.add", name)),
            Self::Role { name, .. } => Some(act("accounts.role", name)),
            Self::Password { name, .. } => Some(act("accounts.password", name)),
            Self::Remove { name } => Some(act("accounts.remove", name)),
            Self::List | Self::Link => None,
        }
    }
}

impl TokenAsk {
    fn act(&self) -> Option<Act> {
        match self {
            Self::Create { name, .. } => Some(act("tokens.make", name)),
            Self::Revoke { id } => Some(act("tokens.revoke", id)),
            Self::List => None,
        }
    }
}

impl WatchAsk {
    fn act(&self) -> Option<Act> {
        match self {
            Self::Add { .. } => Some(act("watches.add", "")),
            Self::Act { id, act: what } => watch_act(what).map(|known| act(known, id)),
            Self::List | Self::Show { .. } => None,
        }
    }
}

/// What something that is done with a saved search is called; nothing for having read it.
fn watch_act(what: &str) -> Option<&'static str> {
    Some(match what {
        "read" => return None,
        "pause" => "watches.pause",
        "resume" => "watches.resume",
        "remove" => "watches.remove",
        "feed" => "watches.feed",
        "no-feed" => "watches.no-feed",
        "start" => "watches.start",
        "test" => "watches.test",
        _ => "watches.other",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_and_no_name_is_not_written_down() {
        assert_eq!(word("王芳"), "王芳");
        assert_eq!(word("li.na@hall-1"), "li.na@hall-1");
        assert_eq!(word(&"a".repeat(64)).len(), 64);
        for strange in ["a b", "https://key@host/oai", "a\nb", &"a".repeat(65), "\u{202e}x"] {
            assert_eq!(word(strange), "", "{strange}");
        }
    }

    #[test]
    fn no_request_puts_what_people_wrote_into_its_record() {
        const SECRET: &str = "秘密secret13800000000";
        let requests = [
            Request::Purge { id: "ab".into(), reason: SECRET.into() },
            Request::AskDetails { id: "ab".into(), message: SECRET.into(), mailboxes: vec![SECRET.into()] },
            Request::Enquiry { ask: EnquiryAsk::Answer { id: "ab".into(), message: SECRET.into() } },
            Request::Enquiry {
                ask: EnquiryAsk::Make { listing: "ab".into(), asked: [(); 4].map(|()| SECRET.into()) },
            },
            Request::Account {
                ask: AccountAsk::Add { name: "li".into(), role: "clerk".into(), password: SECRET.into() },
            },
            Request::Account { ask: AccountAsk::Password { name: "li".into(), password: SECRET.into() } },
            Request::Profile { ask: ProfileAsk::Add { text: SECRET.into() } },
            Request::Roster { ask: Ask::Carry { steps: vec![SECRET.into()] } },
        ];
        for request in requests {
            let act = request.act().unwrap();
            assert!(!act.subject.contains(SECRET), "{act:?}");
        }
    }
}
