//! Judging a paper once more, and signing it: the key is open for this one signature.

use market::{Account, Identity, MarketError, RootFile};
use protocol::{Action, CoSignature, Purpose, RECOVERY_INDEX, Roster, SecretKey, SignedStep, StepsFile};
use web::desk::governing::{Brought, Secret, StepView};

use super::{Unsigned, check_rank, gathered, is_own_word, names_text, refused, shown};
use crate::office::roster::Ask;
use crate::office::{Failure, Office, exit, judge_text};

impl Office {
    /// Whether the steps of a paper can still be signed as they are.
    pub(super) fn judge(&self, roster: &Roster, file: &StepsFile) -> Result<(), Failure> {
        if file.network != self.identity().network() {
            return Err(Failure::said(exit::REJECTED, "cli.failure.other-network", &[]));
        }
        if file.governors != roster.governors {
            return Err(refused("govern.failure.governors", &[]));
        }
        if is_own_word(&file.steps) {
            return self.judge_own(roster, &file.steps);
        }
        if self.identity().governor_index(&roster.governors).is_none() {
            let names: Vec<&str> =
                roster.governors.members.iter().map(|g| g.institution.name.as_str()).collect();
            return Err(refused("cli.failure.no-governor", &[("governors", &names.join(", "))]));
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

    /// Whether this institution's own word can still be given on steps: on a log that is of a node of its own, on an
    /// invitation by this node.
    fn judge_own(&self, roster: &Roster, steps: &[SignedStep]) -> Result<(), Failure> {
        let (own, node) = (self.identity().institution.id(), self.identity().node.public());
        for step in steps.iter().map(|signed| &signed.step) {
            if roster.words.get(&step.id()).is_some_and(|by| by.contains(&own)) {
                return Err(refused("govern.failure.decided", &[]));
            }
            let is_ours = match &step.action {
                Action::Settle(log, _) => log.node == node,
                Action::Invite(invitation) => invitation.issuer == node,
                _ => false,
            };
            if !is_ours {
                return Err(refused("govern.failure.stale", &[]));
            }
        }
        Ok(())
    }

    /// The charter's recovery key where it lies in the home, beside a founder who governs alone.
    pub(super) fn recovery_key(&self) -> Option<SecretKey> {
        let file = RootFile::read(&self.home().join("recovery.key")).ok()?;
        let recovery = self.library().roster().recovery;
        file.plain().filter(|key| key.public() == recovery)
    }

    /// Signs a paper as it is, and has its steps written. The key is open for this one signature alone.
    ///
    /// # Errors
    /// When the paper is out of date, this institution may not sign it, its key is elsewhere, or what was typed opens nothing.
    pub fn sign_paper(
        &self,
        account: &Account,
        brought: &Brought,
        secret: &Secret,
    ) -> Result<Vec<StepView>, Unsigned> {
        check_rank(account)?;
        let file = StepsFile::from_file(&brought.file).map_err(MarketError::from)?;
        let (roster, _) = self.roster_now();
        self.judge(&roster, &file)?;
        let texts: Vec<&Vec<u8>> = brought.texts.iter().filter(|text| names_text(&file, text)).collect();
        texts.iter().try_for_each(|text| judge_text(text).map(|_| ()))?;
        let key = self.open_root(account, secret)?;
        // The founder alone is epoch 0: the recovery key's word keeps its single key from ever signing a rival.
        let changes = file.steps.iter().any(|signed| matches!(signed.step.action, Action::Governors(..)));
        let alone = changes && roster.governors.members.len() == 1;
        let recovery = alone.then(|| self.recovery_key()).flatten();
        let signed = self.signed(&roster, file.steps, &key, recovery.as_ref());
        drop((key, recovery));
        let ids: Vec<String> = signed.iter().map(|of| of.step.id().short()).collect();
        tracing::info!(account = account.name, steps = ids.join(" "), "signed at the desk");
        let steps = self.write_steps(&signed)?;
        // Behind the step that names them: nobody can publish a text that no governor has signed.
        for text in texts {
            self.publish_text(text)?;
        }
        Ok(steps)
    }

    fn signed(
        &self,
        roster: &Roster,
        steps: Vec<SignedStep>,
        key: &SecretKey,
        recovery: Option<&SecretKey>,
    ) -> Vec<SignedStep> {
        let (identity, network) = (self.identity(), self.identity().network());
        let one = |mut signed: SignedStep| {
            let index = identity.governor_index(&roster.governors).filter(|_| signed.step.number > 0);
            let Some(index) = index else {
                let certificate = identity.certificate.clone();
                let (subject, action) = (signed.step.subject, signed.step.action);
                return SignedStep::own_word(subject, action, certificate, &network, key);
            };
            let bytes = signed.step.to_bytes();
            let hands = [(index, Some(key)), (RECOVERY_INDEX, recovery)];
            for (governor, key) in hands.into_iter().filter_map(|(index, key)| Some((index, key?))) {
                let signature = key.sign(Purpose::RosterStep, &network, &bytes);
                signed.signatures.retain(|known| known.governor != governor);
                signed.signatures.push(CoSignature { governor, signature });
            }
            signed
        };
        steps.into_iter().map(one).collect()
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
        let told = |signed: &SignedStep| {
            shown::step(self.library(), &roster, &gathered(&roster, &input, signed), index)
        };
        Ok(signed.iter().map(told).collect())
    }
}
