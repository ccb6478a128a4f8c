//! What is asked about the roster, and the answers. Steps come unsigned and go back signed: root keys are absent here.

use std::sync::Arc;

use market::{Desk, MarketError, find_member};
use protocol::{
    Action, Application, Encoder, Hash, Invitation, Profile, PublicKey, Role, Roster, RosterStep, Rotation,
    Signature, SignedStep, StepsFile, Subject,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Failure, Office, Reply, exit, region_code};
use crate::core::now_ms;

mod told;

pub use told::steps_of_file;
pub(super) use told::{action_json, subject_json};
use told::{member_json, step_json, whole_json};

/// Most steps that a list shows.
const MAX_STEPS: usize = 2_000;
/// Days of validity that an invitation may have.
pub const MAX_INVITATION_DAYS: u32 = 365;

/// A question about the roster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Ask {
    /// Makes the steps that a motion needs, unsigned.
    Draft {
        /// The motion.
        motion: Motion,
    },
    /// Writes signed steps, each in base64, into this node's log.
    Carry {
        /// The steps.
        steps: Vec<String>,
    },
    /// Steps: those that wait for signatures, or all.
    List {
        /// Only those that wait.
        pending: bool,
    },
    /// A step with all signatures, as a file in base64; and before it the steps that it builds on and that wait too.
    Steps {
        /// Its first digits.
        id: String,
    },
    /// An institution or a step; without a name governors and members.
    Show {
        /// Digits or a name.
        name: Option<String>,
    },
}

/// What governors can be asked to sign. Institutions and nodes are named by their first digits, institutions also by
/// their whole names.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "motion", rename_all = "kebab-case")]
pub enum Motion {
    /// An application, in base64.
    Admit {
        file: String,
    },
    Suspend {
        institution: String,
        reason: String,
    },
    Reinstate {
        institution: String,
    },
    Exit {
        institution: String,
        reason: String,
    },
    Role {
        institution: String,
        role: String,
        region: String,
    },
    Revoke {
        node: String,
        from: Vec<String>,
        reason: String,
    },
    TakeDown {
        listing: String,
        reason: String,
    },
    Restore {
        listing: String,
    },
    Purge {
        listing: String,
        reason: String,
    },
    AddGovernor {
        institution: String,
        threshold: Option<u8>,
    },
    RemoveGovernor {
        institution: String,
        threshold: Option<u8>,
    },
    /// Other governors in place of all present ones, by the recovery key.
    Recover {
        governors: Vec<String>,
        threshold: Option<u8>,
    },
    /// Versions of the four unifications that change, each with the hash of its text.
    Profile {
        parts: [Option<(String, Hash32)>; 4],
    },
    /// A one-time key for a newcomer.
    Invite {
        key: Hash32,
        role: String,
        region: String,
        days: u32,
    },
    /// A branch of a forked log: `NUMBER:HASH`, or the first digits of its first entry.
    Settle {
        log: String,
        keep: String,
    },
    /// An agreement with another network: its charter with the terms in a file, in base64.
    Peer {
        file: String,
    },
    /// An agreement that is suspended, taken up again or ended.
    PeerMove {
        network: String,
        to: super::PeerMove,
        reason: String,
    },
    /// Another root key for this institution, with its word that it is held.
    RootKey {
        root: Hash32,
        by_new: String,
    },
}

/// 32 bytes, as hexadecimal digits.
pub type Hash32 = String;

fn usage(what: &str) -> Failure {
    Failure::said(exit::USAGE, "cli.failure.digits", &[("what", what)])
}

fn key_of(digits: &str) -> Result<PublicKey, Failure> {
    digits.parse().map_err(|_| usage(digits))
}

pub(super) fn bytes_of(text: &str) -> Result<Vec<u8>, Failure> {
    data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| usage(text))
}

fn encoded(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

impl Office {
    /// Answers a question about the roster.
    pub(super) fn answer_roster(&self, ask: Ask) -> Reply {
        match ask {
            Ask::Draft { motion } => self.draft_steps(motion),
            Ask::Carry { steps } => self.carry(&steps),
            Ask::List { pending } => self.list_steps(pending),
            Ask::Steps { id } => self.steps_file(&id),
            Ask::Show { name } => self.show_roster(name.as_deref()),
        }
    }

    fn draft_steps(&self, motion: Motion) -> Reply {
        let invites = matches!(motion, Motion::Invite { .. });
        let others_sign = matches!(motion, Motion::Recover { .. } | Motion::RootKey { .. });
        let roster = self.library().roster();
        let index = self.identity().governor_index(&roster.governors);
        if invites && index.is_none() {
            return self.draft_own_invitation(motion, &roster);
        }
        if let Motion::Settle { log, keep } = &motion {
            let step = self.settle_step(log, keep)?;
            // For a log of this node its institution's own word is enough.
            if step.number == 0 {
                return self.drafted(&roster, &[step], None);
            }
        }
        // Governors sign what others ask of them, by file; the recovery key signs for itself.
        if index.is_none() && !others_sign {
            let names: Vec<&str> =
                roster.governors.members.iter().map(|g| g.institution.name.as_str()).collect();
            return Err(Failure::said(
                exit::REFUSED,
                "cli.failure.no-governor",
                &[("governors", &names.join(", "))],
            ));
        }
        let steps = self.steps_for(motion, &roster)?;
        let mut reply = self.drafted(&roster, &steps, index)?;
        reply["fall"] = json!(fallen_with(&roster, &steps));
        Ok(reply)
    }

    fn drafted(&self, roster: &Roster, steps: &[RosterStep], index: Option<u8>) -> Reply {
        let mut governors = Encoder::new();
        roster.governors.encode(&mut governors);
        Ok(json!({
            "v": 1,
            "steps": steps.iter().map(|step| encoded(&step.to_bytes())).collect::<Vec<_>>(),
            "governor": index,
            "alone": roster.governors.members.len() == 1,
            "governors": encoded(&governors.finish()),
            "addresses": self.invitation_addresses(),
        }))
    }

    fn draft_own_invitation(&self, motion: Motion, roster: &Roster) -> Reply {
        let own = self.identity().institution.id();
        let member = roster.members.get(&own).map(|member| &member.institution);
        let invitation = self.invitation(motion)?;
        let may = roster.sub_markets_invite
            && member
                .is_some_and(|m| m.role == Role::SubMarket && protocol::lies_in(invitation.region, m.region))
            && invitation.role == Role::GrassrootsSite;
        if !may {
            return Err(Failure::said(exit::REFUSED, "cli.failure.no-invitation", &[]));
        }
        let subject = Subject::Invitation(invitation.key);
        let action = Action::Invite(invitation);
        let step = RosterStep { epoch: 0, subject, number: 0, previous: Hash::default(), action };
        self.drafted(roster, &[step], None)
    }

    fn invitation(&self, motion: Motion) -> Result<Invitation, Failure> {
        let Motion::Invite { key, role, region, days } = motion else { return Err(usage("")) };
        let span = i64::from(days.min(MAX_INVITATION_DAYS)) * 24 * 3600 * 1000;
        Ok(Invitation {
            key: key_of(&key)?,
            issuer: self.identity().node.public(),
            role: role_of(&role)?,
            region: region_code(&region)?,
            not_after_ms: now_ms().saturating_add(span),
        })
    }

    fn steps_for(&self, motion: Motion, roster: &Roster) -> Result<Vec<RosterStep>, Failure> {
        if let Motion::Revoke { node, from, reason } = &motion {
            let step = self.core().read(|desk| desk.revoke(node, from, reason.clone()))?;
            return Ok(vec![step]);
        }
        if let Motion::Settle { log, keep } = &motion {
            return Ok(vec![self.settle_step(log, keep)?]);
        }
        if let Some((members, threshold)) = self.governors_after(&motion, roster)? {
            let core = &mut self.core();
            let input = core.replica().roster_input();
            return Ok(core.read(|desk| desk.change_governors(&members, threshold, &input))?);
        }
        if let Motion::Purge { listing, reason } = &motion {
            // Its text stands in every document of its line.
            let line = self.library().line(&self.library().newest(&self.library().find(listing)?)?)?;
            let step =
                |desk: &Desk<'_>, id| desk.next_step(Subject::Document(id), Action::Purge(reason.clone()));
            return Ok(self.core().read(|desk| Ok(line.iter().map(|id| step(desk, *id)).collect()))?);
        }
        if let Motion::RootKey { root, by_new } = &motion {
            return self.root_key_steps(root, by_new, roster);
        }
        let (subject, action) = self.single(motion, roster)?;
        Ok(vec![self.core().read(|desk| Ok(desk.next_step(subject, action)))?])
    }

    /// The governors that a motion leads to, and how many of them are to sign.
    fn governors_after(
        &self,
        motion: &Motion,
        roster: &Roster,
    ) -> Result<Option<(Vec<protocol::InstitutionId>, u8)>, Failure> {
        let mut ids: Vec<_> = roster.governors.members.iter().map(|g| g.institution.id()).collect();
        let threshold = match motion {
            Motion::AddGovernor { institution, threshold } => {
                let id = find_member(roster, institution)?;
                // One that governs already is taken with its present key.
                ids.retain(|known| *known != id);
                ids.push(id);
                threshold
            }
            Motion::RemoveGovernor { institution, threshold } => {
                let id = find_member(roster, institution)?;
                ids.retain(|known| *known != id);
                threshold
            }
            Motion::Recover { governors, threshold } => {
                let found: Result<Vec<_>, MarketError> =
                    governors.iter().map(|name| find_member(roster, name)).collect();
                ids = found?;
                threshold
            }
            _ => return Ok(None),
        };
        let majority = u8::try_from(ids.len() / 2 + 1).unwrap_or(u8::MAX);
        Ok(Some((ids, threshold.unwrap_or(majority))))
    }

    fn single(&self, motion: Motion, roster: &Roster) -> Result<(Subject, Action), Failure> {
        let member = |text: &str| Ok::<_, Failure>(Subject::Institution(find_member(roster, text)?));
        let listing = |text: &str| Ok::<_, Failure>(Subject::Document(self.library().find(text)?));
        Ok(match motion {
            Motion::Admit { file } => {
                let read = Application::from_file(&bytes_of(&file)?, &self.identity().network());
                let asked = read.map_err(MarketError::from)?;
                (Subject::Institution(asked.institution.id()), Action::Admit(asked.institution))
            }
            Motion::Suspend { institution, reason } => (member(&institution)?, Action::Suspend(reason)),
            Motion::Reinstate { institution } => (member(&institution)?, Action::Reinstate),
            Motion::Exit { institution, reason } => (member(&institution)?, Action::Exit(reason)),
            Motion::Role { institution, role, region } => {
                (member(&institution)?, Action::ChangeRole(role_of(&role)?, region_code(&region)?))
            }
            Motion::TakeDown { listing: id, reason } => (listing(&id)?, Action::TakeDown(reason)),
            Motion::Restore { listing: id } => (listing(&id)?, Action::Restore),
            Motion::Profile { parts } => {
                let mut profile: Profile = roster.profile.clone();
                for (known, part) in profile.parts.iter_mut().zip(parts) {
                    if let Some((version, text)) = part {
                        *known = (version, text.parse().map_err(|_| usage(&text))?);
                    }
                }
                (Subject::Network, Action::Profile(profile))
            }
            motion @ (Motion::Peer { .. } | Motion::PeerMove { .. }) => self.peer_step(motion, roster)?,
            motion @ Motion::Invite { .. } => {
                let invitation = self.invitation(motion)?;
                (Subject::Invitation(invitation.key), Action::Invite(invitation))
            }
            Motion::Revoke { .. }
            | Motion::Purge { .. }
            | Motion::Settle { .. }
            | Motion::AddGovernor { .. }
            | Motion::RemoveGovernor { .. }
            | Motion::Recover { .. }
            | Motion::RootKey { .. } => return Err(usage("")),
        })
    }

    /// A rotation that keeps all that this institution's keys have made: its nodes, and the steps by its own word.
    fn root_key_steps(&self, root: &str, by_new: &str, roster: &Roster) -> Result<Vec<RosterStep>, Failure> {
        let id = self.identity().institution.id();
        let words = roster.words.iter().filter(|(_, by)| by.contains(&id)).map(|(step, _)| *step).collect();
        let by_new = <[u8; 64]>::try_from(bytes_of(by_new)?).map_err(|_| usage(by_new))?;
        let root = key_of(root)?;
        let core = &mut self.core();
        let input = core.replica().roster_input();
        Ok(core.read(|desk| {
            let mut nodes = desk.nodes_of(&id);
            nodes.push(desk.identity.node.public());
            nodes.sort_unstable();
            nodes.dedup();
            desk.rotate_root(id, Rotation { root, nodes, words, by_new: Signature(by_new) }, &input)
        })?)
    }

    fn carry(&self, steps: &[String]) -> Reply {
        let read = |text: &String| {
            Ok::<_, Failure>(SignedStep::from_bytes(&bytes_of(text)?).map_err(MarketError::from)?)
        };
        let steps = steps.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        self.writing().work(|desk: &mut Desk<'_>| Ok(((), vec![desk.carry(&steps)?])))?;
        let (roster, input) = self.roster_and_input();
        let mut told = Vec::new();
        for signed in &steps {
            let id = signed.step.id();
            let found = market::find_step(&roster, &input, &id.to_string())?;
            told.extend(found.iter().filter(|g| g.id == id).map(|g| step_json(&roster, g)));
        }
        Ok(json!({ "v": 1, "steps": told }))
    }

    fn roster_and_input(&self) -> (Arc<Roster>, protocol::RosterInput) {
        let core = self.core();
        (Arc::new(core.replica().roster().clone()), core.replica().roster_input())
    }

    fn list_steps(&self, pending: bool) -> Reply {
        let (roster, input) = self.roster_and_input();
        let mut steps = if pending {
            market::pending(&roster, &input)
        } else {
            market::all_steps(&roster, &input, MAX_STEPS)
        };
        steps.truncate(MAX_STEPS);
        let steps: Vec<Json> = steps.iter().map(|step| step_json(&roster, step)).collect();
        Ok(json!({ "v": 1, "steps": steps }))
    }

    fn steps_file(&self, id: &str) -> Reply {
        let (roster, input) = self.roster_and_input();
        let found = market::find_step(&roster, &input, id)?;
        let told: Vec<Json> = found.iter().map(|step| step_json(&roster, step)).collect();
        let file = StepsFile {
            network: roster.network,
            governors: roster.governors.clone(),
            steps: found.into_iter().map(|gathered| gathered.signed).collect(),
        };
        Ok(json!({ "v": 1, "file": encoded(&file.to_file()), "steps": told }))
    }

    fn show_roster(&self, name: Option<&str>) -> Reply {
        let (roster, input) = self.roster_and_input();
        let Some(name) = name else { return Ok(whole_json(&roster)) };
        match find_member(&roster, name) {
            Ok(id) => Ok(json!({ "v": 1, "institution": member_json(&roster, &id) })),
            Err(MarketError::NotOnRoster { .. }) => {
                let found = market::find_step(&roster, &input, name)?;
                Ok(json!({ "v": 1, "step": found.last().map(|step| step_json(&roster, step)) }))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Names of the members who are in by the word of an institution that steps take it from: they fall with it, unless the
/// governors admit them.
fn fallen_with(roster: &Roster, steps: &[RosterStep]) -> Vec<String> {
    let mut names = Vec::new();
    for step in steps {
        let ends = match step.action {
            Action::Exit(_) => true,
            Action::ChangeRole(role, _) => role != Role::SubMarket,
            _ => false,
        };
        let Subject::Institution(id) = step.subject else { continue };
        if ends {
            let by = |member: &&protocol::Member| roster.vouched_by(member) == Some(id);
            names.extend(roster.members.values().filter(by).map(|m| m.institution.name.clone()));
        }
    }
    names
}

fn role_of(text: &str) -> Result<Role, Failure> {
    Role::from_id(text).ok_or_else(|| usage(text))
}
