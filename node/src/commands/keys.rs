//! Keys of the institution and its node: where they are, under which passphrase, and new ones in their place.

use std::path::{Path, PathBuf};

use market::{Identity, RootFile, StepsFile};
use protocol::{Rotation, SecretKey, SignedStep};
use serde_json::{Value as Json, json};

use super::{Context, Outcome, print_line, roster, text, write_file};
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
        KeyAction::RotateRoot { root, out } => rotate_root(context, &root, out.as_deref()),
    }
}

fn said(context: &Context, key: &str, file: &Path) -> Outcome {
    let file = file.display().to_string();
    if context.json {
        print_line(&json!({ "v": 1, "file": file }).to_string());
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
fn next_root(context: &Context) -> PathBuf {
    Identity::root_path(&context.home).with_extension("key.next")
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
    if context.json {
        let out = json!({
            "v": 1, "institution": body.institution.to_string(), "root": body.root.to_string(), "root_key": root,
            "root_waiting": next_root(context).exists(), "node": body.node.to_string(), "serial": body.serial,
            "certificate": identity.certificate.id().to_string(), "not_after": until,
        });
        print_line(&out.to_string());
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
    if file.exists() {
        let file = file.display().to_string();
        return Err(Failure::said(exit::REFUSED, "cli.failure.file.exists", &[("file", &file)]));
    }
    market::write_private(file, &bytes)?;
    // It is removed here only when it reads there.
    if RootFile::read(file)?.public() == RootFile::read(&from)?.public() {
        std::fs::remove_file(&from).map_err(|error| super::file_failure(&from, &error))?;
    }
    said(context, "cli.key.exported", file)
}

/// The root key that the roster has for this institution, once it also governs with it where it governs.
fn root_on_roster(context: &Context, identity: &Identity) -> Option<String> {
    let name = Some(identity.institution.id().to_string());
    let reply = context.ask(&Request::Roster { ask: Ask::Show { name } }).ok()?;
    let member = &reply["institution"];
    let root = member["root"].as_str()?;
    // A governor whose old key still governs would lose its voice with that key.
    let governs_with = member["governor_key"].as_str().unwrap_or(root);
    (governs_with == root).then(|| root.to_owned())
}

fn renew(context: &Context, mut args: RootArgs) -> Outcome {
    let mut identity = Identity::read(&context.home)?;
    let next = next_root(context);
    let approved = next.exists()
        && root_on_roster(context, &identity) == RootFile::read(&next).ok().map(|f| f.public().to_string());
    if approved {
        args.root_key = Some(next.clone());
    }
    let root = context.root_key(&args)?;
    if !approved && root.public() != identity.certificate.body.root {
        return Err(Failure::said(exit::REFUSED, "cli.failure.other-root", &[]));
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
    certified(context, &identity, "cli.key.renewed")
}

fn certified(context: &Context, identity: &Identity, key: &str) -> Outcome {
    let body = &identity.certificate.body;
    let (serial, until) = (body.serial.to_string(), time_text(body.not_after_ms));
    if context.json {
        let node = body.node.to_string();
        print_line(&json!({ "v": 1, "node": node, "serial": body.serial, "not_after": until }).to_string());
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

/// Makes a new root key, keeps it aside, and asks the governors to put it in place of the present one.
fn rotate_root(context: &Context, args: &RootArgs, out: Option<&Path>) -> Outcome {
    let identity = Identity::read(&context.home)?;
    let next = next_root(context);
    let new = SecretKey::from_seed(&market::random()?);
    let id = identity.institution.id();
    let word = Rotation::sign(&id, Vec::new(), Vec::new(), &identity.network(), &new);
    let by_new = data_encoding::BASE64.encode(&word.by_new.0);
    let drafted = roster::draft(context, Motion::RootKey { root: word.root.to_string(), by_new })?;
    let governs = drafted["governor"].is_u64();
    if !governs && out.is_none() {
        return Err(Failure::said(exit::USAGE, "cli.failure.rotation-out", &[]));
    }
    let signer = if governs { Some(context.signer(args)?) } else { None };
    match RootFile::read(&Identity::root_path(&context.home)) {
        Ok(RootFile::Locked(_)) => {
            let passphrase = context.passphrase(args.passphrase_file.as_deref(), false)?;
            RootFile::write_locked(&next, &new, &passphrase)?;
        }
        _ => RootFile::write_plain(&next, &new)?,
    }
    let steps: Vec<SignedStep> = match &signer {
        Some(signer) => signer.sign_drafted(&drafted)?,
        None => {
            let unsigned = |step| SignedStep { step, signatures: Vec::new(), own: None };
            roster::steps_in(&drafted)?.into_iter().map(unsigned).collect()
        }
    };
    if let Some(out) = out {
        let governors = roster::governors_of(&drafted)?;
        let file = StepsFile { network: identity.network(), governors, steps: steps.clone() };
        write_file(out, &file.to_file())?;
    }
    let carried: Json = match signer {
        Some(_) => roster::carry(context, &steps)?,
        None => json!({ "steps": [] }),
    };
    if context.json {
        let step = &carried["steps"][0];
        print_line(&json!({ "v": 1, "root": word.root.to_string(), "step": step["id"] }).to_string());
    } else {
        let step = text(&carried["steps"][0], "id").get(..12).unwrap_or_default().to_owned();
        print_line(&context.fill("cli.key.root.rotated", &[("step", &step)]));
    }
    Ok(0)
}
