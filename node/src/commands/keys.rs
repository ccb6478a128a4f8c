//! Keys of the institution and its node: where they are, under which passphrase, and new ones in their place.

use std::path::{Path, PathBuf};

use market::{Identity, RootFile};
use protocol::{Rotation, SecretKey, SignedStep, StepsFile};
use serde_json::{Value as Json, json};

use super::signing::Signer;
use super::{
    Context, Outcome, given_file, print_json, print_line, print_note, roster, text, write_file, write_secret,
};
use crate::cli::{KeyAction, RootArgs};
use crate::control::Client;
use crate::core::now_ms;
use crate::office::{Ask, Failure, Motion, Request, exit, time_text};

pub fn run(context: &Context, action: KeyAction) -> Outcome {
    match action {
        KeyAction::Show => show(context),
        KeyAction::Lock { root } => lock(context, &root),
        KeyAction::Unlock { root } => {
            let key = context.root_key(&root)?;
            RootFile::write_plain(&place(context, &root), &key)?;
            said(context, "cli.key.unlocked", &place(context, &root))
        }
        KeyAction::ExportRoot { file } => export_root(context, &file),
        KeyAction::Renew { root } => renew(context, root),
        KeyAction::RotateNode { root } => rotate_node(context, &root),
        KeyAction::RotateRoot { root, out, again } => rotate_root(context, &root, out.as_deref(), again),
    }
}

fn said(context: &Context, key: &str, file: &Path) -> Outcome {
    let file = file.display().to_string();
    if context.json {
        print_json(&json!({ "v": 1, "file": file }));
    } else {
        print_line(&context.fill(key, &[("file", &file)]));
    }
    Ok(0)
}

/// The file of the root key that a command means.
fn place(context: &Context, args: &RootArgs) -> PathBuf {
    args.root_key.clone().unwrap_or_else(|| Identity::root_path(&context.home))
}

/// Where a new root key waits until the governors have put it in place of the present one.
pub fn next_root(home: &Path) -> PathBuf {
    Identity::root_path(home).with_extension("key.next")
}

/// Whether a root key lies in a home, and how.
pub fn root_state(home: &Path) -> &'static str {
    match RootFile::read(&Identity::root_path(home)) {
        Ok(RootFile::Plain(_)) => "plain",
        Ok(RootFile::Locked(_)) => "locked",
        Err(_) => "absent",
    }
}

fn show(context: &Context) -> Outcome {
    let identity = Identity::read(&context.home)?;
    let body = &identity.certificate.body;
    let root = root_state(&context.home);
    let until = time_text(body.not_after_ms);
    let waiting = waiting_root(&context.home).map(|file| file.public().to_string());
    if context.json {
        let out = json!({
            "v": 1, "institution": body.institution.to_string(), "root": body.root.to_string(), "root_key": root,
            "root_waiting": waiting.is_some(), "node": body.node.to_string(), "serial": body.serial,
            "certificate": identity.certificate.id().to_string(), "not_after": until,
        });
        print_json(&out);
        return Ok(0);
    }
    let state = context.say(&format!("cli.key.root.{root}")).to_owned();
    for (key, value) in [
        ("cli.key.institution", body.institution.to_string()),
        ("cli.key.root", format!("{} ({state})", body.root)),
        ("cli.key.node", body.node.to_string()),
        ("cli.key.certificate", format!("{} · {until}", body.serial)),
    ] {
        print_line(&format!("{}{value}", context.say(key)));
    }
    if let Some(root) = waiting {
        print_line(&context.fill("cli.key.root.waiting", &[("root", &root)]));
    }
    Ok(0)
}

fn lock(context: &Context, args: &RootArgs) -> Outcome {
    let path = place(context, args);
    let RootFile::Plain(key) = RootFile::read(&path)? else {
        let file = path.display().to_string();
        return Err(Failure::said(exit::REFUSED, "cli.failure.locked-already", &[("file", &file)]));
    };
    let passphrase = context.passphrase(args.passphrase_file.as_deref(), true)?;
    RootFile::write_locked(&path, &key, &passphrase)?;
    said(context, "cli.key.locked", &path)
}

/// Moves the root key, as it is, out of the home.
fn export_root(context: &Context, file: &Path) -> Outcome {
    let from = Identity::root_path(&context.home);
    let bytes = std::fs::read(&from).map_err(|error| super::file_failure(&from, &error))?;
    write_secret(file, &bytes)?;
    // It is removed here only when it reads there.
    if RootFile::read(file).map_err(given_file)?.public() == RootFile::read(&from)?.public() {
        std::fs::remove_file(&from).map_err(|error| super::file_failure(&from, &error))?;
    }
    said(context, "cli.key.exported", file)
}

/// What the roster says of this institution; nothing where that cannot be asked.
fn own_member(context: &Context, identity: &Identity) -> Json {
    let name = Some(identity.institution.id().to_string());
    let reply = context.ask(&Request::Roster { ask: Ask::Show { name } });
    reply.map(|mut reply| reply["institution"].take()).unwrap_or_default()
}

/// The root key that the roster has for a member, once it also governs with it where it governs: a governor whose old key
/// still governs would lose its voice with that key.
fn settled_root(member: &Json) -> Option<&str> {
    let root = member["root"].as_str()?;
    (member["governor_key"].as_str().unwrap_or(root) == root).then_some(root)
}

/// The root key that waits in a home.
pub fn waiting_root(home: &Path) -> Option<RootFile> {
    RootFile::read(&next_root(home)).ok()
}

fn renew(context: &Context, mut args: RootArgs) -> Outcome {
    let mut identity = Identity::read(&context.home)?;
    let next = next_root(&context.home);
    let waiting = waiting_root(&context.home).map(|file| file.public().to_string());
    let member = own_member(context, &identity);
    let settled = settled_root(&member);
    let approved = waiting.is_some() && settled == waiting.as_deref();
    if approved {
        args.root_key = Some(next.clone());
    }
    let root = context.root_key(&args)?;
    let public = root.public().to_string();
    if root.public() != identity.certificate.body.root && settled != Some(public.as_str()) {
        return Err(Failure::said(exit::REFUSED, "cli.failure.other-root", &[]));
    }
    // Nobody would heed a certificate by a key that another has replaced.
    if let Some(present) = member["root"].as_str().filter(|present| *present != public) {
        return Err(Failure::said(exit::REFUSED, "cli.failure.superseded-root", &[("root", present)]));
    }
    identity.renew(&context.home, &root, now_ms())?;
    if approved {
        // The certificate by the new key stands; the old key makes nothing any more.
        let place = Identity::root_path(&context.home);
        std::fs::rename(&next, &place).map_err(|error| super::file_failure(&place, &error))?;
    }
    if let Some(mut client) = Client::connect(&context.home) {
        client.ask(&Request::Renew)?;
    }
    if let Some(root) = waiting.filter(|_| !approved) {
        print_note(&context.fill("cli.key.root.waiting", &[("root", &root)]));
    }
    certified(context, &identity, "cli.key.renewed")
}

fn certified(context: &Context, identity: &Identity, key: &str) -> Outcome {
    let body = &identity.certificate.body;
    let (serial, until) = (body.serial.to_string(), time_text(body.not_after_ms));
    if context.json {
        let node = body.node.to_string();
        print_json(&json!({ "v": 1, "node": node, "serial": body.serial, "not_after": until }));
    } else {
        print_line(&context.fill(key, &[("serial", &serial), ("until", &until)]));
    }
    Ok(0)
}

fn rotate_node(context: &Context, args: &RootArgs) -> Outcome {
    if Client::connect(&context.home).is_some() {
        return Err(Failure::said(exit::REFUSED, "cli.failure.running", &[]));
    }
    let signer = context.signer(args)?;
    let mut identity = signer.identity;
    if signer.root.public() != identity.certificate.body.root {
        return Err(Failure::said(exit::REFUSED, "cli.failure.other-root", &[]));
    }
    identity.rotate_node(&context.home, &signer.root, now_ms())?;
    certified(context, &identity, "cli.key.node.rotated")
}

/// Refuses to make a new root key in place of one that waits and that may be signed for already.
fn check_waiting(context: &Context, identity: &Identity, again: bool) -> Result<(), Failure> {
    let next = next_root(&context.home);
    if !next.exists() {
        return Ok(());
    }
    let file = next.display().to_string();
    let waiting = waiting_root(&context.home).map(|file| file.public().to_string());
    let counts = waiting.is_some() && own_member(context, identity)["root"].as_str() == waiting.as_deref();
    match (counts, again) {
        (true, _) => Err(Failure::said(exit::REFUSED, "cli.failure.root-counts", &[("file", &file)])),
        (false, false) => Err(Failure::said(exit::REFUSED, "cli.failure.root-waits", &[("file", &file)])),
        (false, true) => Ok(()),
    }
}

/// The present root key with its passphrase. One who does not govern may have lost it: then only a passphrase that was
/// given for the new key.
fn present_root(
    context: &Context,
    args: &RootArgs,
    identity: &Identity,
    governs: bool,
) -> Result<(Option<SecretKey>, Option<String>), Failure> {
    if !governs && !place(context, args).exists() {
        return Ok((None, context.given_passphrase(args.passphrase_file.as_deref())?));
    }
    let (root, passphrase) = context.opened_root(args)?;
    if root.public() != identity.certificate.body.root {
        return Err(Failure::said(exit::REFUSED, "cli.failure.other-root", &[]));
    }
    Ok((Some(root), passphrase))
}

/// Makes a new root key, keeps it aside, and asks the governors to put it in place of the present one.
fn rotate_root(context: &Context, args: &RootArgs, out: Option<&Path>, again: bool) -> Outcome {
    let identity = Identity::read(&context.home)?;
    check_waiting(context, &identity, again)?;
    let new = SecretKey::from_seed(&market::random()?);
    let id = identity.institution.id();
    let word = Rotation::sign(&id, Vec::new(), Vec::new(), &identity.network(), &new);
    let by_new = data_encoding::BASE64.encode(&word.by_new.0);
    let drafted = roster::draft(context, Motion::RootKey { root: word.root.to_string(), by_new })?;
    let governs = drafted["governor"].is_u64();
    if !governs && out.is_none() {
        return Err(Failure::said(exit::USAGE, "cli.failure.rotation-out", &[]));
    }
    let (root, passphrase) = present_root(context, args, &identity, governs)?;
    let network = identity.network();
    let steps: Vec<SignedStep> = match root.filter(|_| governs) {
        Some(root) => Signer { identity, root }.sign_drafted(&drafted)?,
        None => {
            let unsigned = |step| SignedStep { step, signatures: Vec::new(), own: None };
            roster::steps_in(&drafted)?.into_iter().map(unsigned).collect()
        }
    };
    // The passphrase has opened the present key, so it is not mistyped.
    let next = next_root(&context.home);
    match &passphrase {
        Some(passphrase) => RootFile::write_locked(&next, &new, passphrase)?,
        None => RootFile::write_plain(&next, &new)?,
    }
    if let Some(out) = out {
        let governors = roster::governors_of(&drafted)?;
        write_file(out, &StepsFile { network, governors, steps: steps.clone() }.to_file())?;
    }
    let carried = if governs { roster::carry(context, &steps)? } else { json!({ "steps": [] }) };
    say_rotated(context, &word.root.to_string(), &carried, out);
    Ok(0)
}

/// Says what a new root key waits for.
fn say_rotated(context: &Context, root: &str, carried: &Json, out: Option<&Path>) {
    let steps = carried["steps"].as_array().map_or(&[][..], Vec::as_slice);
    if context.json {
        let id = steps.first().map_or(&Json::Null, |step| &step["id"]);
        print_json(&json!({ "v": 1, "root": root, "step": id }));
        return;
    }
    let missing: Vec<&str> = steps
        .iter()
        .filter(|step| step["missing"].as_u64() != Some(0))
        .map(|step| text(step, "id").get(..12).unwrap_or_default())
        .collect();
    let file = out.map(|out| out.display().to_string()).unwrap_or_default();
    print_line(&match (steps, missing.as_slice()) {
        ([], _) => context.fill("cli.key.root.handed", &[("file", &file)]),
        (_, []) => context.say("cli.key.root.counts").to_owned(),
        (_, ids) => context.fill("cli.key.root.rotated", &[("step", &context.list(ids))]),
    });
}
