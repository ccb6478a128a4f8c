//! Governing from the desk's pages: what waits, what is signed next, and the one signature for which the root key is opened.
//!
//! A page shows a paper and sends back the same bytes; what is signed is what was shown. Steps are judged again before the key is
//! opened: another governor may have completed one in between. Absent: how steps are made and written (`super::roster`).

mod ground;
mod shown;
mod signing;
mod wishes;

use market::{Account, DeskRole, Gathered, Identity, MarketError, RootFile};
use protocol::{
    Action, Application, Hash, MarketFile, Profile, Role, Roster, RosterInput, RosterStep, SignedStep,
    StepsFile,
};
use web::desk::governing::{Brought, KeyPlace, Paper, Room, StepView};

use super::roster::Motion;
use super::{Failure, Office, exit};
use crate::core::now_ms;

/// Steps that count that a page shows.
const DECIDED_SHOWN: usize = 50;
/// Steps that wait that a page shows.
const WAITING_SHOWN: usize = 200;
/// Members on the page.
const MEMBERS_SHOWN: usize = 500;
/// Invitations on the page.
const INVITATIONS_SHOWN: usize = 200;

/// Why nothing was signed.
pub enum Unsigned {
    /// What was typed does not open the key.
    Secret(Failure),
    /// Something else.
    Other(Failure),
}

impl<E: Into<Failure>> From<E> for Unsigned {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

fn refused(key: &str, places: &[(&str, &str)]) -> Failure {
    Failure::said(exit::REFUSED, key, places)
}

/// Governing is for administrators, whatever page or program asks.
fn check_rank(account: &Account) -> Result<(), Failure> {
    if account.role < DeskRole::Administrator {
        return Err(MarketError::NotTheirs { name: account.name.clone() }.into());
    }
    Ok(())
}

impl Office {
    /// The operator's room.
    ///
    /// # Errors
    /// When the account is no administrator's.
    pub fn governing_room(&self, account: &Account) -> Result<Room, Failure> {
        check_rank(account)?;
        let (roster, input) = self.roster_now();
        let identity = self.identity();
        let own = identity.institution.id();
        let mut waiting = self.waiting(&roster, &input);
        waiting.truncate(WAITING_SHOWN);
        let decided = market::all_steps(&roster, &input, DECIDED_SHOWN + waiting.len());
        let decided = decided.iter().rev().filter(|step| step.missing == 0).take(DECIDED_SHOWN);
        let invites = roster.sub_markets_invite
            && roster.members.get(&own).is_some_and(|of| of.institution.role == Role::SubMarket);
        Ok(Room {
            governors: roster.governors.members.iter().map(|g| g.institution.name.clone()).collect(),
            threshold: usize::from(roster.governors.threshold),
            epoch: roster.epoch,
            governs: identity.governor_index(&roster.governors).is_some(),
            invites,
            key: self.key_place(),
            decided: decided.map(|step| shown::step(self.library(), &roster, step, None)).collect(),
            waiting: self.with_first(roster.epoch, waiting),
            members: shown::members(&roster, &own, MEMBERS_SHOWN),
            members_more: roster.members.len().saturating_sub(MEMBERS_SHOWN),
            invitations: shown::invitations(&roster, now_ms(), INVITATIONS_SHOWN),
        })
    }

    fn roster_now(&self) -> (Roster, RosterInput) {
        let core = self.core();
        (core.replica().roster().clone(), core.replica().roster_input())
    }

    fn waiting(&self, roster: &Roster, input: &RosterInput) -> Vec<StepView> {
        let index = self.identity().governor_index(&roster.governors);
        let steps = market::pending(roster, &still_open(roster, input));
        steps
            .iter()
            .filter(|step| step.missing > 0)
            .map(|step| shown::step(self.library(), roster, step, index))
            .collect()
    }

    /// The same steps with whose node wrote each to the roster first: of all that carry it, the earliest by their own clocks.
    fn with_first(&self, epoch: u32, mut waiting: Vec<StepView>) -> Vec<StepView> {
        if waiting.is_empty() {
            return waiting;
        }
        let found = self.core().read(|desk| desk.first_carriers(epoch)).unwrap_or_default();
        for step in &mut waiting {
            let first =
                found.iter().find(|(id, _)| id.to_string() == step.id).map(|(_, first)| first.clone());
            step.first = first;
        }
        waiting
    }

    /// Steps that wait for the signature of this institution.
    pub fn steps_for_us(&self) -> u64 {
        let (roster, input) = self.roster_now();
        if self.identity().governor_index(&roster.governors).is_none() {
            return 0;
        }
        self.waiting(&roster, &input).iter().filter(|step| !step.ours).count() as u64
    }

    /// Where the root key is that would sign now.
    fn key_place(&self) -> KeyPlace {
        let file = RootFile::read(&Identity::root_path(self.home())).ok();
        let ours = file.filter(|file| file.public() == self.identity().certificate.body.root);
        match ours {
            Some(RootFile::Plain(_)) => KeyPlace::Open,
            Some(RootFile::Locked(_)) => KeyPlace::Locked,
            None => KeyPlace::Elsewhere,
        }
    }

    /// A step that waits, with those that it builds on.
    ///
    /// # Errors
    /// When there is none, or several begin so.
    pub fn paper_of_step(&self, account: &Account, id: &str) -> Result<Paper, Failure> {
        check_rank(account)?;
        let (roster, input) = self.roster_now();
        let steps = market::find_step(&roster, &input, id)?.into_iter().map(|found| found.signed).collect();
        let file = StepsFile { network: roster.network, governors: roster.governors.clone(), steps };
        // What it carries is on the roster already.
        let paper = Paper { carries: false, ..self.paper(&roster, &input, file, Vec::new()) };
        let (waiting, steps): (Vec<_>, Vec<_>) = paper.steps.into_iter().partition(|step| step.missing > 0);
        let steps = steps.into_iter().chain(self.with_first(roster.epoch, waiting)).collect();
        Ok(Paper { steps, ..paper })
    }

    /// What a file holds: an application becomes the step that admits it, a proposal of another network the step that accepts
    /// it, steps are shown as they are.
    ///
    /// # Errors
    /// When it is none of these, or of another network.
    pub fn paper_of_file(&self, account: &Account, brought: &Brought) -> Result<Paper, Failure> {
        check_rank(account)?;
        let network = self.identity().network();
        let bytes = &brought.file;
        let base64 = || data_encoding::BASE64.encode(bytes);
        match StepsFile::from_file(bytes) {
            Ok(file) if file.network != network => {
                Err(Failure::said(exit::REJECTED, "cli.failure.other-network", &[]))
            }
            Ok(file) => {
                let (roster, input) = self.roster_now();
                Ok(self.paper(&roster, &input, file, brought.texts.clone()))
            }
            Err(_) if Application::from_file(bytes, &network).is_ok() => {
                self.drafted_paper(Motion::Admit { file: base64() })
            }
            Err(_) if MarketFile::from_file(bytes).is_ok() => {
                self.drafted_paper(Motion::Peer { file: base64() })
            }
            Err(_) => Err(Failure::said(exit::REJECTED, "govern.failure.file", &[])),
        }
    }

    /// What a file of steps asks to be signed. Texts that none of its steps names are left out.
    fn paper(
        &self,
        roster: &Roster,
        input: &RosterInput,
        file: StepsFile,
        mut brings: Vec<Vec<u8>>,
    ) -> Paper {
        let index = self.identity().governor_index(&roster.governors);
        brings.retain(|text| names_text(&file, text));
        brings.truncate(Profile::PARTS.len());
        let mut steps = Vec::new();
        let mut carries = !file.steps.is_empty();
        for signed in &file.steps {
            let (signers, complete) = roster.signers(&signed.step, &signed.signatures);
            carries &= complete || !signers.is_empty() || signed.own.is_some();
            steps.push(shown::step(self.library(), roster, &gathered(roster, input, signed), index));
        }
        let bring = |signed: &SignedStep| shown::texts(self.library(), roster, &signed.step.action, &brings);
        let texts = file.steps.iter().flat_map(bring).collect();
        let proposal = file.steps.iter().find_map(|signed| match &signed.step.action {
            Action::Peer(peering) => self.proposal(peering),
            _ => None,
        });
        let changes = file.steps.iter().any(|signed| matches!(signed.step.action, Action::Governors(..)));
        let is_here = |waiting: &&StepView| steps.iter().any(|step: &StepView| step.id == waiting.id);
        let lapses = if changes {
            self.waiting(roster, input).iter().filter(|waiting| !is_here(waiting)).count()
        } else {
            0
        };
        let own_word = is_own_word(&file.steps);
        let open = steps.iter().any(|step| !step.ours && step.missing > 0);
        let signs = (index.is_some() || own_word) && open && self.judge(roster, &file).is_ok();
        let recovery =
            (changes && signs && roster.governors.members.len() == 1).then(|| self.recovery_key().is_some());
        Paper {
            file: file.to_file(),
            steps,
            texts,
            carries,
            signs,
            key: self.key_place(),
            brings,
            lapses,
            recovery,
            proposal: proposal.map(|file| file.to_file()).unwrap_or_default(),
            ..Paper::default()
        }
    }
}

/// Whether one of the steps of a file is a version with this text.
fn names_text(file: &StepsFile, text: &[u8]) -> bool {
    let text: Hash = Profile::text(text);
    let names = |signed: &SignedStep| matches!(&signed.step.action, Action::Profile(p) if p.names(&text));
    file.steps.iter().any(names)
}

/// A step with the signatures of the file that it stands in and of all copies held.
fn gathered(roster: &Roster, input: &RosterInput, signed: &SignedStep) -> Gathered {
    let id = signed.step.id();
    let mut all = signed.clone();
    let copies = input.steps.iter().filter(|copy| copy.step == signed.step);
    for known in copies.flat_map(|copy| &copy.signatures) {
        let (signers, complete) = roster.signers(&signed.step, std::slice::from_ref(known));
        let is_new = all.signatures.iter().all(|own| own.governor != known.governor);
        if is_new && (complete || !signers.is_empty()) {
            all.signatures.push(known.clone());
        }
    }
    let (signers, complete) = roster.signers(&all.step, &all.signatures);
    let counts = complete
        || roster.words.contains_key(&id)
        || roster.chains.get(&all.step.subject).is_some_and(|(_, last)| *last == id);
    let threshold = usize::from(roster.governors.threshold);
    let missing = match () {
        () if counts => 0,
        // One institution's own word is enough.
        () if all.step.number == 0 => 1,
        () => threshold.saturating_sub(signers.len()),
    };
    Gathered { id, signed: all, signers, missing }
}

/// What may still wait: whatever its subject has gone past is not looked at, since each signature costs work.
fn still_open(roster: &Roster, input: &RosterInput) -> RosterInput {
    let is_open = |step: &RosterStep| {
        let last = roster.chains.get(&step.subject).map_or(0, |(last, _)| *last);
        step.epoch == roster.epoch && step.number > last
    };
    let steps = input.steps.iter().filter(|signed| is_open(&signed.step)).cloned().collect();
    RosterInput { steps, ..RosterInput::default() }
}

/// Whether steps count by one institution's own word: an invitation by a sub-market, a branch of a node of its own.
fn is_own_word(steps: &[SignedStep]) -> bool {
    let own =
        |step: &RosterStep| step.number == 0 && matches!(step.action, Action::Invite(_) | Action::Settle(..));
    !steps.is_empty() && steps.iter().all(|signed| own(&signed.step))
}
