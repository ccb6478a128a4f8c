//! Governing from the desk's pages: what waits, what is signed next, and the one signature for which the root key is opened.
//!
//! A page shows a paper and sends back the same bytes; what is signed is what was shown. Steps are judged again before the key is
//! opened: another governor may have completed one in between. Absent: how steps are made and written (`super::roster`).

mod shown;

use market::{Account, DeskRole, Gathered, Identity, MarketError, RootFile};
use protocol::{
    Action, Application, CoSignature, InvitationFile, Purpose, Role, Roster, RosterInput, RosterStep,
    SecretKey, SignedStep, StepsFile,
};
use web::desk::governing::{KeyPlace, Paper, Room, Secret, StepView, Wish};

use super::roster::{Ask, Motion, bytes_of};
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
            decided: decided.map(|step| shown::step(&roster, step, None)).collect(),
            waiting,
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
        steps.iter().filter(|step| step.missing > 0).map(|step| shown::step(roster, step, index)).collect()
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

    /// What a motion asks to be signed.
    ///
    /// # Errors
    /// As when it is proposed at the command line.
    pub fn paper_for(&self, account: &Account, wish: &Wish) -> Result<Paper, Failure> {
        check_rank(account)?;
        let region = |given: &str| {
            let near = format!("{:06}", self.identity().institution.region);
            catalog::region::parse(given.trim(), Some(&near)).map(|found| found.code.to_owned()).map_err(
                |_| Failure::said(exit::REJECTED, "govern.failure.region", &[("what", given.trim())]),
            )
        };
        match wish.clone() {
            Wish::Suspend { institution, reason } => {
                self.drafted_paper(Motion::Suspend { institution, reason: given_reason(&reason)? })
            }
            Wish::Reinstate { institution } => self.drafted_paper(Motion::Reinstate { institution }),
            Wish::Exit { institution, reason } => {
                self.drafted_paper(Motion::Exit { institution, reason: given_reason(&reason)? })
            }
            Wish::Role { institution, role, region: given } => {
                self.drafted_paper(Motion::Role { institution, role, region: region(&given)? })
            }
            Wish::Invite { role, region: given, days } => self.invitation_paper(role, region(&given)?, days),
        }
    }

    fn invitation_paper(&self, role: String, region: String, days: u32) -> Result<Paper, Failure> {
        let secret: [u8; 32] = market::random()?;
        let key = SecretKey::from_seed(&secret).public().to_string();
        let mut paper = self.drafted_paper(Motion::Invite { key, role, region, days })?;
        let steps = StepsFile::from_file(&paper.file).map_err(MarketError::from)?.steps;
        if let Some(Action::Invite(invitation)) = steps.into_iter().next().map(|signed| signed.step.action) {
            let charter = self.identity().charter.clone();
            let addresses = self.invitation_addresses();
            paper.invitation = InvitationFile { charter, invitation, secret, addresses }.to_file();
        }
        Ok(paper)
    }

    fn drafted_paper(&self, motion: Motion) -> Result<Paper, Failure> {
        let drafted = self.answer_roster(Ask::Draft { motion })?;
        let read = |text: &serde_json::Value| {
            let bytes = bytes_of(text.as_str().unwrap_or_default())?;
            Ok::<_, Failure>(RosterStep::from_bytes(&bytes).map_err(MarketError::from)?)
        };
        let steps = drafted["steps"].as_array().into_iter().flatten().map(read);
        let bare = |step| SignedStep { step, signatures: Vec::new(), own: None };
        let steps = steps.map(|step| step.map(bare)).collect::<Result<Vec<_>, _>>()?;
        let fall = drafted["fall"].as_array().into_iter().flatten();
        let fall = fall.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        let (roster, input) = self.roster_now();
        let file = StepsFile { network: roster.network, governors: roster.governors.clone(), steps };
        Ok(Paper { fall, ..self.paper(&roster, &input, file) })
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
        Ok(Paper { carries: false, ..self.paper(&roster, &input, file) })
    }

    /// What a file holds: an application becomes the step that admits it, steps are shown as they are.
    ///
    /// # Errors
    /// When it is neither, or of another network.
    pub fn paper_of_file(&self, account: &Account, bytes: &[u8]) -> Result<Paper, Failure> {
        check_rank(account)?;
        let network = self.identity().network();
        match StepsFile::from_file(bytes) {
            Ok(file) if file.network != network => {
                Err(Failure::said(exit::REJECTED, "cli.failure.other-network", &[]))
            }
            Ok(file) => {
                let (roster, input) = self.roster_now();
                Ok(self.paper(&roster, &input, file))
            }
            Err(_) => {
                if Application::from_file(bytes, &network).is_err() {
                    return Err(Failure::said(exit::REJECTED, "govern.failure.file", &[]));
                }
                self.drafted_paper(Motion::Admit { file: data_encoding::BASE64.encode(bytes) })
            }
        }
    }

    fn paper(&self, roster: &Roster, input: &RosterInput, file: StepsFile) -> Paper {
        let index = self.identity().governor_index(&roster.governors);
        let mut steps = Vec::new();
        let mut carries = !file.steps.is_empty();
        for signed in &file.steps {
            let (signers, complete) = roster.signers(&signed.step, &signed.signatures);
            carries &= complete || !signers.is_empty() || signed.own.is_some();
            steps.push(shown::step(roster, &gathered(roster, input, signed), index));
        }
        let bring = |signed: &SignedStep| shown::texts(self.library(), roster, &signed.step.action);
        let texts = file.steps.iter().flat_map(bring).collect();
        let own_word = index.is_none() && file.steps.iter().all(|signed| is_own_invitation(&signed.step));
        let open = steps.iter().any(|step| !step.ours && step.missing > 0);
        let signs = (index.is_some() && open || own_word) && self.judge(roster, &file).is_ok();
        Paper {
            file: file.to_file(),
            steps,
            texts,
            carries,
            signs,
            key: self.key_place(),
            ..Paper::default()
        }
    }

    /// Whether the steps of a paper can still be signed as they are.
    fn judge(&self, roster: &Roster, file: &StepsFile) -> Result<(), Failure> {
        if file.network != self.identity().network() {
            return Err(Failure::said(exit::REJECTED, "cli.failure.other-network", &[]));
        }
        if file.governors != roster.governors {
            return Err(refused("govern.failure.governors", &[]));
        }
        if self.identity().governor_index(&roster.governors).is_none() {
            let own =
                !file.steps.is_empty() && file.steps.iter().all(|signed| is_own_invitation(&signed.step));
            let names: Vec<&str> =
                roster.governors.members.iter().map(|g| g.institution.name.as_str()).collect();
            let names = names.join(", ");
            return if own {
                Ok(())
            } else {
                Err(refused("cli.failure.no-governor", &[("governors", &names)]))
            };
        }
        for (at, signed) in file.steps.iter().enumerate() {
            let step = &signed.step;
            if step.epoch != roster.epoch {
                return Err(refused("govern.failure.governors", &[]));
            }
            let (last, previous) = roster.chains.get(&step.subject).copied().unwrap_or_default();
            let before = file.steps.get(..at).unwrap_or_default();
            let builds = before.iter().any(|known| known.step.id() == step.previous);
            // One that counts already, beside others that wait, does no harm: nothing is signed of it.
            if previous == step.id() && last == step.number && file.steps.len() > 1 {
                continue;
            }
            if last >= step.number {
                return Err(refused("govern.failure.decided", &[]));
            }
            let follows = (step.number, step.previous) == (last.saturating_add(1), previous);
            if !follows && !builds {
                return Err(refused("govern.failure.stale", &[]));
            }
        }
        Ok(())
    }

    /// Signs a paper as it is, and has its steps written. The key is open for this one signature alone.
    ///
    /// # Errors
    /// When the paper is out of date, this institution may not sign it, its key is elsewhere, or what was typed opens nothing.
    pub fn sign_paper(
        &self,
        account: &Account,
        paper: &[u8],
        secret: &Secret,
    ) -> Result<Vec<StepView>, Unsigned> {
        check_rank(account)?;
        let file = StepsFile::from_file(paper).map_err(MarketError::from)?;
        let (roster, _) = self.roster_now();
        self.judge(&roster, &file)?;
        let key = self.open_root(account, secret)?;
        let identity = self.identity();
        let network = identity.network();
        let signed = file.steps.into_iter().map(|mut signed| {
            let Some(index) = identity.governor_index(&roster.governors) else {
                let certificate = identity.certificate.clone();
                return SignedStep::own_word(
                    signed.step.subject,
                    signed.step.action,
                    certificate,
                    &network,
                    &key,
                );
            };
            let signature = key.sign(Purpose::RosterStep, &network, &signed.step.to_bytes());
            signed.signatures.retain(|known| known.governor != index);
            signed.signatures.push(CoSignature { governor: index, signature });
            signed
        });
        let signed: Vec<SignedStep> = signed.collect();
        drop(key);
        let ids: Vec<String> = signed.iter().map(|of| of.step.id().short()).collect();
        tracing::info!(account = account.name, steps = ids.join(" "), "signed at the desk");
        Ok(self.write_steps(&signed)?)
    }

    /// The root key, for one signature.
    fn open_root(&self, account: &Account, secret: &Secret) -> Result<SecretKey, Unsigned> {
        let path = Identity::root_path(self.home());
        let elsewhere = || refused("govern.failure.elsewhere", &[]);
        if !path.exists() {
            return Err(elsewhere().into());
        }
        let key = match RootFile::read(&path)? {
            RootFile::Plain(key) => {
                let known = self.sign_in(&account.name, &secret.0)?;
                known.map(|_| key).ok_or_else(|| Unsigned::Secret(refused("govern.failure.password", &[])))?
            }
            RootFile::Locked(locked) => locked
                .open(&secret.0)
                .ok_or_else(|| Unsigned::Secret(refused("cli.failure.passphrase", &[])))?,
        };
        if key.public() != self.identity().certificate.body.root {
            return Err(elsewhere().into());
        }
        Ok(key)
    }

    /// Has the steps of a paper written with the signatures that they carry.
    ///
    /// # Errors
    /// When one has none that counts, or it is of another network.
    pub fn carry_paper(&self, account: &Account, paper: &[u8]) -> Result<Vec<StepView>, Failure> {
        check_rank(account)?;
        let file = StepsFile::from_file(paper).map_err(MarketError::from)?;
        if file.network != self.identity().network() {
            return Err(Failure::said(exit::REJECTED, "cli.failure.other-network", &[]));
        }
        self.write_steps(&file.steps)
    }

    fn write_steps(&self, signed: &[SignedStep]) -> Result<Vec<StepView>, Failure> {
        let steps = signed.iter().map(|signed| data_encoding::BASE64.encode(&signed.to_bytes())).collect();
        self.answer_roster(Ask::Carry { steps })?;
        let (roster, input) = self.roster_now();
        let index = self.identity().governor_index(&roster.governors);
        let told = |signed: &SignedStep| shown::step(&roster, &gathered(&roster, &input, signed), index);
        Ok(signed.iter().map(told).collect())
    }
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
    let missing = if counts { 0 } else { threshold.saturating_sub(signers.len()) };
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

fn is_own_invitation(step: &RosterStep) -> bool {
    step.number == 0 && matches!(step.action, Action::Invite(_))
}

/// A reason that everyone is to see.
fn given_reason(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::said(exit::REJECTED, "govern.failure.reason", &[]));
    }
    if text.len() > protocol::limits::MAX_NAME {
        let most = (protocol::limits::MAX_NAME / 3).to_string();
        return Err(Failure::said(exit::REJECTED, "govern.failure.reason.long", &[("most", &most)]));
    }
    Ok(text.to_owned())
}
