//! Governing: steps that are proposed, wait for signatures, and are carried. Root keys are absent: whoever signs does so
//! with a step's bytes, in the process that has the key.

mod revoking;

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Action, Governor, Governors, Hash, InstitutionId, NodeCertificate, Profile, PublicKey, Redemption,
    Roster, RosterInput, RosterStep, Rotation, Shelf, SignedStep, Subject, Verb, limits,
};

use crate::desk::{Authored, Desk};
use crate::error::{MarketError, Result};

/// Subjects that a change of governors keeps by itself, beside 64 governors with long names.
const KEPT_AT_ONCE: usize = 256;
/// Subjects that a step before it keeps, 65 bytes each: with 64 signatures they fill a payload.
const KEPT_PER_STEP: usize = 900;
/// Fewest hexadecimal digits that stand for a step, an institution or a node.
const SHORTEST_PREFIX: usize = 6;

/// A step with the signatures of all its copies, and what is known of them.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Its hash.
    pub id: Hash,
    /// The step and its signatures.
    pub signed: SignedStep,
    /// Governors of the present epoch, by index, who signed it.
    pub signers: BTreeSet<u8>,
    /// Signatures that are still missing; none once it is complete.
    pub missing: usize,
}

/// All steps held, each once with the signatures of all its copies that count, one a governor: what else a copy carries
/// must not take their place.
fn union(roster: &Roster, input: &RosterInput) -> BTreeMap<Hash, SignedStep> {
    let mut all: BTreeMap<Hash, SignedStep> = BTreeMap::new();
    for copy in &input.steps {
        let known = all
            .entry(copy.step.id())
            .or_insert_with(|| SignedStep { signatures: Vec::new(), ..copy.clone() });
        for signature in &copy.signatures {
            let is_known = known.signatures.iter().any(|s| s.governor == signature.governor);
            if !is_known && known.signatures.len() < limits::MAX_GOVERNORS {
                let (signers, complete) = roster.signers(&copy.step, std::slice::from_ref(signature));
                known.signatures.extend(Some(signature.clone()).filter(|_| complete || !signers.is_empty()));
            }
        }
    }
    all
}

fn gathered(roster: &Roster, id: Hash, signed: SignedStep) -> Gathered {
    let (signers, complete) = roster.signers(&signed.step, &signed.signatures);
    let own = roster.words.contains_key(&id);
    let enough = usize::from(roster.governors.threshold);
    let missing = if complete || own { 0 } else { enough.saturating_sub(signers.len()) };
    Gathered { id, signed, signers, missing }
}

/// Steps of the present epoch that would count if enough governors signed them, by subject and number.
pub fn pending(roster: &Roster, input: &RosterInput) -> Vec<Gathered> {
    let of_epoch = union(roster, input)
        .into_iter()
        .filter(|(_, signed)| signed.step.epoch == roster.epoch && signed.step.number > 0);
    let mut steps: Vec<(Hash, SignedStep)> = of_epoch.collect();
    steps.sort_by_key(|(id, signed)| (signed.step.subject, signed.step.number, *id));
    let mut waiting: Vec<Gathered> = Vec::new();
    for (id, signed) in steps {
        let step = &signed.step;
        let (last, previous) = roster.chains.get(&step.subject).copied().unwrap_or_default();
        let follows = (step.number, step.previous) == (last.saturating_add(1), previous)
            || waiting.iter().any(|w| w.id == step.previous && w.signed.step.number + 1 == step.number);
        if follows {
            let gathered = gathered(roster, id, signed);
            if !gathered.signers.is_empty() {
                waiting.push(gathered);
            }
        }
    }
    waiting
}

/// All steps held, by epoch, subject and number; at most `limit`, the latest.
pub fn all_steps(roster: &Roster, input: &RosterInput, limit: usize) -> Vec<Gathered> {
    let mut steps: Vec<(Hash, SignedStep)> = union(roster, input).into_iter().collect();
    steps.sort_by_key(|(id, s)| (s.step.epoch, s.step.subject, s.step.number, *id));
    let from = steps.len().saturating_sub(limit);
    steps.drain(from..).map(|(id, signed)| gathered(roster, id, signed)).collect()
}

/// The step whose hash is, or begins with, these hexadecimal digits; and before it the steps that it builds on and that
/// wait too.
///
/// # Errors
/// When no step or several begin so.
pub fn find_step(roster: &Roster, input: &RosterInput, digits: &str) -> Result<Vec<Gathered>> {
    let all = union(roster, input);
    let id = one_of(digits, all.keys().map(|id| (*id, id.to_string())))?;
    let waiting: BTreeMap<Hash, Gathered> =
        pending(roster, input).into_iter().map(|gathered| (gathered.id, gathered)).collect();
    let mut found = Vec::new();
    let mut next = id;
    while let Some(gathered) = waiting.get(&next) {
        next = gathered.signed.step.previous;
        found.push(gathered.clone());
    }
    if found.is_empty()
        && let Some(signed) = all.get(&id)
    {
        found.push(gathered(roster, id, signed.clone()));
    }
    // What a change of governors keeps must be complete for it to be kept.
    let named: Vec<Hash> =
        found.iter().flat_map(|g| keeps(&g.signed.step.action)).map(|(_, id)| *id).collect();
    let beside: Vec<Gathered> = named
        .iter()
        .filter_map(|id| waiting.get(id))
        .filter(|g| found.iter().all(|f| f.id != g.id))
        .cloned()
        .collect();
    found.extend(beside);
    found.reverse();
    Ok(found)
}

/// The member that hexadecimal digits of its id, or its whole name, mean.
///
/// # Errors
/// When none or several are meant.
pub fn find_member(roster: &Roster, text: &str) -> Result<InstitutionId> {
    let text = text.trim();
    let named: Vec<InstitutionId> =
        roster.members.iter().filter(|(_, m)| m.institution.name == text).map(|(id, _)| *id).collect();
    let name = || text.to_owned();
    match named.as_slice() {
        [id] => Ok(*id),
        [] => match one_of(text, roster.members.keys().map(|id| (*id, id.to_string()))) {
            Err(MarketError::NotOnRoster { .. }) => Err(MarketError::NoSuchInstitution { name: name() }),
            Err(MarketError::Ambiguous { .. }) => Err(MarketError::AmbiguousInstitution { name: name() }),
            found => found,
        },
        _ => Err(MarketError::AmbiguousInstitution { name: name() }),
    }
}

/// What a step keeps of its epoch.
fn keeps(action: &Action) -> &[(Subject, Hash)] {
    match action {
        Action::Governors(_, kept) | Action::Keep(kept) => kept,
        _ => &[],
    }
}

fn one_of<T: PartialEq>(digits: &str, all: impl Iterator<Item = (T, String)>) -> Result<T> {
    let digits = digits.trim().to_ascii_lowercase();
    let mut found = None;
    for (item, _) in all.filter(|(_, text)| digits.len() >= SHORTEST_PREFIX && text.starts_with(&digits)) {
        if found.as_ref().is_some_and(|known| *known != item) {
            return Err(MarketError::Ambiguous { what: digits });
        }
        found = Some(item);
    }
    found.ok_or(MarketError::NotOnRoster { what: digits })
}

impl Desk<'_> {
    /// The next step about a subject, unsigned.
    pub fn next_step(&self, subject: Subject, action: Action) -> RosterStep {
        let roster = self.library.roster();
        let (number, previous) = roster.chains.get(&subject).copied().unwrap_or_default();
        RosterStep { epoch: roster.epoch, subject, number: number + 1, previous, action }
    }

    /// The steps that put other governors in place of the present ones, and keep all that was decided in this epoch.
    ///
    /// # Errors
    /// When an institution is no member, or the threshold is not more than half.
    pub fn change_governors(
        &self,
        members: &[InstitutionId],
        threshold: u8,
        input: &RosterInput,
    ) -> Result<Vec<RosterStep>> {
        let roster = self.library.roster();
        let governors = Governors {
            members: members.iter().map(|id| governor(&roster, id)).collect::<Result<_>>()?,
            threshold,
        };
        self.governors_steps(governors, kept(&roster, input))
    }

    /// The steps that give an institution another root key. A governor goes on with it in the next epoch, so that its
    /// old key can be forgotten.
    ///
    /// # Errors
    /// Never, as far as the roster is sound.
    pub fn rotate_root(
        &self,
        id: InstitutionId,
        rotation: Rotation,
        input: &RosterInput,
    ) -> Result<Vec<RosterStep>> {
        let (roster, subject, new) = (self.library.roster(), Subject::Institution(id), rotation.root);
        let mut steps = vec![self.next_step(subject, Action::RootKey(rotation))];
        let mut governors = roster.governors.clone();
        if let Some(own) = governors.members.iter_mut().find(|g| g.institution.id() == id) {
            own.key = new;
            let mut kept = kept(&roster, input);
            kept.retain(|(known, _)| *known != subject);
            kept.push((subject, steps[0].id()));
            kept.sort_unstable();
            steps.extend(self.governors_steps(governors, kept)?);
        }
        Ok(steps)
    }

    fn governors_steps(&self, governors: Governors, kept: Vec<(Subject, Hash)>) -> Result<Vec<RosterStep>> {
        governors.check()?;
        let mut actions = Vec::new();
        if kept.len() > KEPT_AT_ONCE {
            actions.extend(kept.chunks(KEPT_PER_STEP).map(|part| Action::Keep(part.to_vec())));
            actions.push(Action::Governors(governors, Vec::new()));
        } else {
            actions.push(Action::Governors(governors, kept));
        }
        let mut steps: Vec<RosterStep> = Vec::new();
        for action in actions {
            let mut step = self.next_step(Subject::Network, action);
            if let Some(last) = steps.last() {
                (step.number, step.previous) = (last.number + 1, last.id());
            }
            steps.push(step);
        }
        Ok(steps)
    }

    /// Of each step of an epoch, the institution whose node wrote it to the roster first, and when: as the nodes' own clocks
    /// say, which nobody checks.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn first_carriers(&self, epoch: u32) -> Result<BTreeMap<Hash, (String, i64)>> {
        let found = self.ledger.first_carriers(epoch)?;
        let named = |(id, (log, time_ms))| Ok((id, (self.library.name_behind(&log)?, time_ms)));
        found.into_iter().map(named).collect()
    }

    /// The nodes of an institution whose logs are held here.
    pub fn nodes_of(&self, institution: &InstitutionId) -> Vec<PublicKey> {
        let of = |certificate: &NodeCertificate| certificate.body.institution == *institution;
        let logs = self.ledger.logs();
        let nodes = logs.values().filter_map(|state| state.certificate.as_ref()).filter(|c| of(c));
        nodes.map(|c| c.body.node).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Writes signed steps into this node's roster log.
    ///
    /// # Errors
    /// When one has no signature that counts, or the disk fails.
    pub fn carry(&mut self, steps: &[SignedStep]) -> Result<Authored> {
        let roster = self.library.roster();
        for signed in steps {
            let (signers, complete) = roster.signers(&signed.step, &signed.signatures);
            if signers.is_empty() && !complete && signed.own.is_none() {
                let (step, epoch) = (signed.step.id().short(), roster.epoch);
                return Err(MarketError::Unsigned { step, epoch });
            }
        }
        let drafts = steps.iter().map(|signed| {
            let draft = self.draft(None, Verb::ROSTER_STEP, signed.to_bytes())?;
            Ok((draft, None))
        });
        let drafts = drafts.collect::<Result<_>>()?;
        self.write(Shelf::ROSTER, drafts)
    }

    /// Writes a text of the four unifications into this node's roster log; `None` when it is held already.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn put_text(&mut self, text: &[u8]) -> Result<Option<Authored>> {
        if self.library.text(&Profile::text(text))?.is_some() {
            return Ok(None);
        }
        let draft = self.draft(None, Verb::TEXT, text.to_vec())?;
        self.write(Shelf::ROSTER, vec![(draft, None)]).map(Some)
    }

    /// Countersigns a redemption in this node's roster log.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn countersign(&mut self, redemption: &Redemption) -> Result<Authored> {
        let draft = self.draft(None, Verb::REDEEM, redemption.to_bytes())?;
        self.write(Shelf::ROSTER, vec![(draft, None)])
    }
}

/// A member as a governor, with its present key.
fn governor(roster: &Roster, id: &InstitutionId) -> Result<Governor> {
    let member = roster.members.get(id);
    let (member, key) = member
        .zip(roster.present_root(id))
        .ok_or_else(|| MarketError::NotOnRoster { what: id.to_string() })?;
    Ok(Governor { institution: member.institution.clone(), key })
}

/// The last step of every subject about which something was decided in the present epoch.
fn kept(roster: &Roster, input: &RosterInput) -> Vec<(Subject, Hash)> {
    let of_epoch: BTreeSet<Hash> =
        input.steps.iter().filter(|s| s.step.epoch == roster.epoch).map(|s| s.step.id()).collect();
    let chains = roster.chains.iter().filter(|(subject, _)| **subject != Subject::Network);
    chains.filter(|(_, (_, last))| of_epoch.contains(last)).map(|(s, (_, last))| (*s, *last)).collect()
}
