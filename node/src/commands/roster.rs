//! Governing from the command line: propose, approve, carry by file.

use std::path::Path;

use market::{Identity, MarketError, RootFile};
use protocol::{
    CoSignature, Decoder, Governors, NetworkId, Profile, PublicKey, Purpose, RECOVERY_INDEX, RosterStep,
    SecretKey, SignedStep, StepsFile,
};
use serde_json::{Value as Json, json};

use super::signing::Signer;
use super::{
    Context, Outcome, file_in, given_file, node, print_json, print_line, print_note, profile, purge,
    read_file, show, text, write_file,
};
use crate::cli::{GovernorChange, Propose, RootArgs, RosterAction};
use crate::office::{Ask, Failure, Motion, Request, exit, judge_text, steps_of_file};

pub fn run(context: &Context, action: RosterAction) -> Outcome {
    match action {
        RosterAction::Propose { motion, root } => propose(context, motion, &root),
        RosterAction::List { pending } => list(context, pending),
        RosterAction::Show { name: Some(file) } if Path::new(&file).is_file() => {
            show_file(context, Path::new(&file))
        }
        RosterAction::Show { name } => {
            let reply = context.ask(&Request::Roster { ask: Ask::Show { name } })?;
            if context.json {
                print_json(&reply)
            } else {
                show::roster(context, &reply)
            }
            Ok(0)
        }
        RosterAction::Approve { step, out, root } => match out {
            Some(out) => approve_file(context, Path::new(&step), &out, &root),
            None => approve(context, &step, &root),
        },
        RosterAction::Export { step, out } => {
            let reply = context.ask(&Request::Roster { ask: Ask::Steps { id: step } })?;
            node::save(context, &reply, &out, "cli.roster.exported")
        }
        RosterAction::Import { file } => {
            let file = steps_file(context, &file)?;
            carry(context, &file.steps).and_then(|reply| say_steps(context, &reply))
        }
        RosterAction::Recover { recovery_key, governor, threshold } => {
            let key = plain_key(&recovery_key)?;
            let drafted = draft(context, Motion::Recover { governors: governor, threshold })?;
            let network = Identity::read(&context.home)?.network();
            let signed: Vec<SignedStep> = steps_in(&drafted)?
                .into_iter()
                .map(|step| SignedStep::sign(step, &network, RECOVERY_INDEX, &key))
                .collect();
            carry(context, &signed).and_then(|reply| say_steps(context, &reply))
        }
    }
}

/// A key in a file without passphrase: the recovery key.
fn plain_key(path: &Path) -> Result<SecretKey, Failure> {
    let file = path.display().to_string();
    RootFile::read(path)
        .map_err(given_file)?
        .plain()
        .ok_or_else(|| Failure::said(exit::REFUSED, "cli.failure.no-root", &[("file", &file)]))
}

fn list(context: &Context, pending: bool) -> Outcome {
    let reply = context.ask(&Request::Roster { ask: Ask::List { pending } })?;
    let steps = reply["steps"].as_array().cloned().unwrap_or_default();
    for step in &steps {
        if context.json { print_json(step) } else { show::step(context, step, print_line) }
    }
    if steps.is_empty() && !context.json {
        print_note(context.say("cli.roster.none"));
    }
    Ok(0)
}

fn propose(context: &Context, motion: Propose, root: &RootArgs) -> Outcome {
    let given = match &motion {
        Propose::Governor { change: GovernorChange::Add { recovery_key, .. } } => recovery_key.clone(),
        _ => None,
    };
    let changes = matches!(motion, Propose::Governor { .. });
    if let Propose::Purge { listing, yes, .. } = &motion {
        purge::confirm(context, listing, *yes)?;
    }
    let texts = texts_of(&motion)?;
    let signer = context.signer(root)?;
    let drafted = draft(context, motion_of(motion)?)?;
    // The founder alone is epoch 0: the recovery key's word keeps its single key from ever signing a rival.
    let at_hand = context.home.join("recovery.key");
    let alone = changes && drafted["alone"] == json!(true);
    let recovery = given.or_else(|| (alone && at_hand.exists()).then_some(at_hand));
    if alone && recovery.is_none() {
        print_note(context.say("cli.roster.unsealed"));
    }
    let fall: Vec<&str> = drafted["fall"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if !fall.is_empty() {
        print_note(&context.fill("cli.roster.fall", &[("names", &context.list(&fall))]));
    }
    let recovery = recovery.map(|path| plain_key(&path)).transpose()?;
    let mut signed = signer.sign_drafted(&drafted)?;
    if let Some(key) = recovery.filter(|_| alone) {
        let network = signer.identity.network();
        for step in &mut signed {
            cosign(step, &network, RECOVERY_INDEX, &key);
        }
    }
    let reply = carry(context, &signed)?;
    // Behind the step that names them: nobody can publish a text that no governor has signed.
    for text in &texts {
        profile::add(context, text)?;
    }
    say_steps(context, &reply)
}

/// The texts that a motion brings, judged before anything is signed.
fn texts_of(motion: &Propose) -> Result<Vec<Vec<u8>>, Failure> {
    let Propose::Profile { brand, rules, data, service } = motion else { return Ok(Vec::new()) };
    let given = [brand, rules, data, service].into_iter().flatten();
    let files = given.filter_map(|given| given.split_once('=').map(|(_, file)| file));
    let read = |file: &str| {
        let bytes = read_file(Path::new(file))?;
        judge_text(&bytes)?;
        Ok(bytes)
    };
    files.filter(|file| !file.is_empty()).map(read).collect()
}

fn motion_of(motion: Propose) -> Result<Motion, Failure> {
    Ok(match motion {
        Propose::Admit { file } => Motion::Admit { file: data_encoding::BASE64.encode(&read_file(&file)?) },
        Propose::Suspend { institution, reason } => Motion::Suspend { institution, reason },
        Propose::Reinstate { institution } => Motion::Reinstate { institution },
        Propose::Exit { institution, reason } => Motion::Exit { institution, reason },
        Propose::Role { institution, role, region } => {
            Motion::Role { institution, role: role.role().id().to_owned(), region }
        }
        Propose::Revoke { node, from, reason } => Motion::Revoke { node, from, reason },
        Propose::TakeDown { listing, reason } => Motion::TakeDown { listing, reason },
        Propose::Restore { listing } => Motion::Restore { listing },
        Propose::Purge { listing, reason, .. } => Motion::Purge { listing, reason },
        Propose::Governor { change: GovernorChange::Add { institution, threshold, .. } } => {
            Motion::AddGovernor { institution, threshold }
        }
        Propose::Governor { change: GovernorChange::Remove { institution, threshold } } => {
            Motion::RemoveGovernor { institution, threshold }
        }
        Propose::Profile { brand, rules, data, service } => {
            let mut parts = [const { None }; 4];
            for (part, given) in parts.iter_mut().zip([brand, rules, data, service]) {
                *part = given.map(|given| profile_part(&given)).transpose()?;
            }
            if parts.iter().all(Option::is_none) {
                return Err(Failure::said(exit::USAGE, "cli.failure.profile", &[]));
            }
            Motion::Profile { parts }
        }
    })
}

/// A version, and the hash of the file that holds its text; zeros without one.
fn profile_part(given: &str) -> Result<(String, String), Failure> {
    let (version, file) = given.split_once('=').unwrap_or((given, ""));
    let text = match file {
        "" => protocol::Hash::default(),
        file => Profile::text(&read_file(Path::new(file))?),
    };
    Ok((version.to_owned(), text.to_string()))
}

/// Asks the node for the steps of a motion, unsigned.
pub fn draft(context: &Context, motion: Motion) -> Result<Json, Failure> {
    context.ask(&Request::Roster { ask: Ask::Draft { motion } })
}

fn broken(what: &str) -> Failure {
    Failure::said(exit::FAILED, "cli.failure.reply", &[("what", what)])
}

/// The unsigned steps of a draft.
pub fn steps_in(drafted: &Json) -> Result<Vec<RosterStep>, Failure> {
    let steps = drafted["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let read = |step: &Json| {
        let bytes = data_encoding::BASE64.decode(step.as_str().unwrap_or_default().as_bytes()).ok()?;
        RosterStep::from_bytes(&bytes).ok()
    };
    steps.iter().map(|step| read(step).ok_or_else(|| broken("a step does not read"))).collect()
}

/// The governors who are to sign a draft.
pub fn governors_of(drafted: &Json) -> Result<Governors, Failure> {
    let bytes = data_encoding::BASE64.decode(text(drafted, "governors").as_bytes()).ok();
    let read = bytes.and_then(|bytes| Decoder::whole(&bytes, "governors", Governors::decode).ok());
    read.ok_or_else(|| broken("the governors do not read"))
}

fn cosign(signed: &mut SignedStep, network: &NetworkId, index: u8, key: &SecretKey) {
    let signature = key.sign(Purpose::RosterStep, network, &signed.step.to_bytes());
    // Who signs again signs once.
    signed.signatures.retain(|known| known.governor != index);
    signed.signatures.push(CoSignature { governor: index, signature });
}

impl Signer {
    /// Signs the steps of a draft as the governor that this institution is; where it is none, with its own word.
    pub fn sign_drafted(&self, drafted: &Json) -> Result<Vec<SignedStep>, Failure> {
        let network = self.identity.network();
        let index = drafted["governor"].as_u64().and_then(|index| u8::try_from(index).ok());
        if self.root.public() != self.identity.certificate.body.root {
            return Err(Failure::said(exit::REFUSED, "cli.failure.other-root", &[]));
        }
        let sign = |step: RosterStep| match index {
            Some(index) => SignedStep::sign(step, &network, index, &self.root),
            None => {
                let certificate = self.identity.certificate.clone();
                SignedStep::own_word(step.subject, step.action, certificate, &network, &self.root)
            }
        };
        Ok(steps_in(drafted)?.into_iter().map(sign).collect())
    }
}

/// Has the node write signed steps into its log.
pub fn carry(context: &Context, signed: &[SignedStep]) -> Result<Json, Failure> {
    let steps = signed.iter().map(|step| data_encoding::BASE64.encode(&step.to_bytes())).collect();
    context.ask(&Request::Roster { ask: Ask::Carry { steps } })
}

pub fn say_steps(context: &Context, reply: &Json) -> Outcome {
    for step in reply["steps"].as_array().into_iter().flatten() {
        if context.json {
            print_json(step)
        } else {
            show::step(context, step, print_line)
        }
        let missing = step["missing"].as_u64().unwrap_or_default();
        if missing > 0 && !context.json {
            let (missing, id) = (missing.to_string(), text(step, "id").get(..12).unwrap_or_default());
            print_note(&context.fill("cli.roster.missing", &[("missing", &missing), ("id", id)]));
        }
    }
    Ok(0)
}

/// Adds a governor's signature to each step.
fn sign_all(file: &mut StepsFile, key: &SecretKey) -> Result<(), Failure> {
    let public: PublicKey = key.public();
    let index = file.governors.index_of(&public);
    let index = index.ok_or_else(|| Failure::said(exit::REFUSED, "cli.failure.not-among-governors", &[]))?;
    let network = file.network;
    file.steps.iter_mut().for_each(|step| cosign(step, &network, index, key));
    Ok(())
}

/// The steps in a file, which must be of the home's network where there is a home.
fn steps_file(context: &Context, path: &Path) -> Result<StepsFile, Failure> {
    let file = StepsFile::from_file(&read_file(path)?).map_err(MarketError::from)?;
    if Identity::exists(&context.home) && Identity::read(&context.home)?.network() != file.network {
        return Err(Failure::said(exit::REJECTED, "cli.failure.other-network", &[]));
    }
    Ok(file)
}

fn show_file(context: &Context, path: &Path) -> Outcome {
    for step in steps_of_file(&steps_file(context, path)?) {
        if context.json { print_json(&step) } else { show::step(context, &step, print_line) }
    }
    Ok(0)
}

fn approve(context: &Context, step: &str, root: &RootArgs) -> Outcome {
    if Path::new(step).is_file() {
        return Err(Failure::said(exit::USAGE, "cli.failure.approve-out", &[("file", step)]));
    }
    let key = context.root_key(root)?;
    let reply = context.ask(&Request::Roster { ask: Ask::Steps { id: step.to_owned() } })?;
    let mut file = StepsFile::from_file(&file_in(&reply)?).map_err(MarketError::from)?;
    sign_all(&mut file, &key)?;
    carry(context, &file.steps).and_then(|reply| say_steps(context, &reply))
}

/// Approves what a file holds, without any node: a home or the root key's file is enough.
fn approve_file(context: &Context, from: &Path, out: &Path, root: &RootArgs) -> Outcome {
    let mut file = steps_file(context, from)?;
    // Whoever signs sees what; on standard error, so that scripts get their one line.
    for step in steps_of_file(&file) {
        show::step(context, &step, print_note);
    }
    let key = context.root_key(root)?;
    sign_all(&mut file, &key)?;
    write_file(out, &file.to_file())?;
    let path = out.display().to_string();
    if context.json {
        print_json(&json!({ "v": 1, "file": path, "steps": file.steps.len() }));
    } else {
        print_line(&context.fill("cli.roster.approved", &[("file", &path)]));
    }
    Ok(0)
}
