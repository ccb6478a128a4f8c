//! Taking volumes in: each frame as it is read, again where something waited for what another volume held.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use protocol::{
    BUNDLE_LINE, CHUNK_LENGTH, Fault, MAX_HEAD, Manifest, SignedManifest, VolumeKey, VolumeReader,
    bundle_line,
};
use serde_json::{Value as Json, json};

use super::{base64, broken, count};
use crate::commands::{Answerer, Context, Outcome, file_failure, print_json, print_line, print_note, text};
use crate::office::{Carriage, Failure, Tally, damaged, exit};

/// Frames are sent to the node once they reach this together, bytes.
const PIECE: usize = 1024 * 1024;

/// Missing volumes that are named; `--json` names all of them.
const SHOWN: usize = 20;

/// A volume that may be taken in here.
struct Volume {
    path: PathBuf,
    head: Vec<u8>,
    manifest: Manifest,
    key: Option<VolumeKey>,
    /// What the node says of it.
    told: Json,
    tally: Tally,
    /// Why not all of it could be read.
    fault: Option<Failure>,
}

pub fn run(context: &Context, files: &[PathBuf]) -> Outcome {
    let mut desk = context.desk()?;
    let (mut volumes, mut code) = (Vec::new(), 0);
    for path in files {
        match open(&mut desk, path) {
            Ok(volume) => volumes.push(volume),
            Err(failure) => code = context.report(&failure),
        }
    }
    order(&mut volumes);
    take_all(context, &mut desk, &mut volumes)?;
    desk.carry(Carriage::Keep)?;
    for volume in &volumes {
        code = code.max(say(context, volume));
    }
    summary(context, &volumes);
    Ok(code)
}

/// The volumes of a bundle in their order; bundles as they were given.
fn order(volumes: &mut Vec<Volume>) {
    let mut seen: BTreeSet<([u8; 16], u32)> = BTreeSet::new();
    volumes.retain(|volume| seen.insert((volume.manifest.set, volume.manifest.volume)));
    let mut sets: Vec<[u8; 16]> = Vec::new();
    for volume in volumes.iter() {
        if !sets.contains(&volume.manifest.set) {
            sets.push(volume.manifest.set);
        }
    }
    let place = |set: &[u8; 16]| sets.iter().position(|other| other == set);
    volumes.sort_by_key(|volume| (place(&volume.manifest.set), volume.manifest.volume));
}

/// Reads all volumes, and again those in which something waits, for as long as that helps.
fn take_all(context: &Context, desk: &mut Answerer, volumes: &mut [Volume]) -> Result<(), Failure> {
    let mut first = true;
    loop {
        let mut progress = false;
        for volume in volumes.iter_mut().filter(|volume| first || waits(&volume.tally)) {
            let before = std::mem::take(&mut volume.tally);
            let ending = read(context, desk, volume);
            progress |= volume.tally.taken + volume.tally.forks > 0;
            volume.tally.taken += before.taken;
            volume.tally.forks += before.forks;
            volume.fault = ending?;
        }
        if !(progress || first) || !volumes.iter().any(|volume| waits(&volume.tally)) {
            return Ok(());
        }
        first = false;
    }
}

fn waits(tally: &Tally) -> bool {
    tally.early + tally.unknown + tally.branches + tally.forks > 0
}

/// Reads what stands before the body and asks the node whether it takes it.
fn open(desk: &mut Answerer, path: &Path) -> Result<Volume, Failure> {
    let mut file = File::open(path).map_err(|error| file_failure(path, &error))?;
    let head = read_head(&mut file, path)?;
    let signed = SignedManifest::from_bytes(&head).map_err(|fault| of_file(path, damaged(&fault)))?;
    let told =
        desk.carry(Carriage::Open { head: base64(&head) }).map_err(|failure| of_file(path, failure))?;
    let key = told["key"].as_str().and_then(|key| HEXLOWER.decode(key.as_bytes()).ok()?.try_into().ok());
    Ok(Volume {
        path: path.to_owned(),
        head,
        manifest: signed.manifest,
        key: key.map(|seed| VolumeKey::from_seed(&seed)),
        told,
        tally: Tally::default(),
        fault: None,
    })
}

/// The same failure, with the file's name before it.
fn of_file(path: &Path, failure: Failure) -> Failure {
    let file = path.display();
    let message_zh = match failure.message_zh.is_empty() {
        true => String::new(),
        false => format!("{file}：{}", failure.message_zh),
    };
    Failure { message: format!("{file}: {}", failure.message), message_zh, ..failure }
}

fn read_head(file: &mut File, path: &Path) -> Result<Vec<u8>, Failure> {
    let named = path.display().to_string();
    let none = || Failure::said(exit::REJECTED, "cli.failure.bundle.none", &[("file", &named)]);
    let short = |error: std::io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => cut_short(path, 0, None),
        _ => file_failure(path, &error),
    };
    let mut line = vec![0; bundle_line().len()];
    file.read_exact(&mut line).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => none(),
        _ => file_failure(path, &error),
    })?;
    if !line.starts_with(BUNDLE_LINE) {
        return Err(none());
    }
    if line != bundle_line() {
        let what = String::from_utf8_lossy(&line).trim().to_owned();
        let newer = Failure::said(exit::REJECTED, "cli.failure.bundle.version", &[("what", &what)]);
        return Err(of_file(path, newer));
    }
    let mut length = [0; CHUNK_LENGTH];
    file.read_exact(&mut length).map_err(short)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_HEAD {
        return Err(of_file(path, damaged(&Fault::NotCanonical { what: "length in a bundle" })));
    }
    let mut head = vec![0; length];
    file.read_exact(&mut head).map_err(short)?;
    Ok(head)
}

fn cut_short(path: &Path, read: u64, of: Option<u64>) -> Failure {
    let of = of.map_or_else(|| "?".to_owned(), crate::bytes::bytes);
    let (file, read) = (path.display().to_string(), crate::bytes::bytes(read));
    let places = [("file", file.as_str()), ("read", &read), ("of", &of)];
    Failure::said(exit::REJECTED, "cli.failure.bundle.short", &places)
}

/// Gives the node the frames of a volume. Inside, why that was not all of it.
fn read(context: &Context, desk: &mut Answerer, volume: &mut Volume) -> Result<Option<Failure>, Failure> {
    let mut file =
        BufReader::new(File::open(&volume.path).map_err(|error| file_failure(&volume.path, &error))?);
    let skip = (bundle_line().len() + CHUNK_LENGTH + volume.head.len()) as u64;
    std::io::copy(&mut file.by_ref().take(skip), &mut std::io::sink())
        .map_err(|error| file_failure(&volume.path, &error))?;
    let mut reader = VolumeReader::new(volume.manifest.clone(), volume.key.clone());
    let (mut piece, mut size, mut ending) = (Vec::new(), 0, None);
    while !reader.is_done() && ending.is_none() {
        match next(&mut file, &mut reader) {
            Ok(Some(frame)) => {
                size += frame.len();
                piece.push(frame);
            }
            Ok(None) => volume.tally.refuse(&Fault::Mismatch { what: "a frame and its seal" }),
            Err(End::Damaged) => ending = Some(unlike(&volume.path)),
            Err(End::Short) => {
                ending = Some(cut_short(&volume.path, reader.read(), Some(volume.manifest.bytes)))
            }
            Err(End::Failed(error)) => return Err(file_failure(&volume.path, &error)),
        }
        if size >= PIECE {
            send(desk, volume, std::mem::take(&mut piece))?;
            size = 0;
            let (read, of) = (crate::bytes::bytes(reader.read()), crate::bytes::bytes(volume.manifest.bytes));
            eprint!("\r{}", context.fill("cli.bundle.reading", &[("read", &read), ("of", &of)]));
        }
    }
    send(desk, volume, piece)?;
    if volume.manifest.bytes > PIECE as u64 {
        eprintln!();
    }
    Ok(ending.or_else(|| reader.finish().err().map(|_| unlike(&volume.path))))
}

fn unlike(path: &Path) -> Failure {
    let file = path.display().to_string();
    Failure::said(exit::REJECTED, "cli.failure.bundle.unlike", &[("file", &file)])
}

/// Why a body cannot be read on.
enum End {
    Short,
    Damaged,
    Failed(std::io::Error),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Short,
            _ => Self::Failed(error),
        }
    }
}

fn next(file: &mut impl Read, reader: &mut VolumeReader) -> Result<Option<Vec<u8>>, End> {
    let mut length = [0; CHUNK_LENGTH];
    file.read_exact(&mut length)?;
    let mut chunk = vec![0; reader.length(length).map_err(|_| End::Damaged)?];
    file.read_exact(&mut chunk)?;
    Ok(reader.take(chunk))
}

fn send(desk: &mut Answerer, volume: &mut Volume, frames: Vec<Vec<u8>>) -> Result<(), Failure> {
    if frames.is_empty() {
        return Ok(());
    }
    let frames = frames.iter().map(|frame| base64(frame)).collect();
    let mut reply = desk.carry(Carriage::Take { head: base64(&volume.head), frames })?;
    volume.tally.add(serde_json::from_value(reply["tally"].take()).map_err(|e| broken(&e.to_string()))?);
    Ok(())
}

/// Says what became of a volume; the exit code that this asks for.
fn say(context: &Context, volume: &Volume) -> u8 {
    let Volume { tally, told, fault, .. } = volume;
    let file = volume.path.display().to_string();
    if context.json {
        print_json(&json!({
            "v": 1, "file": file, "by": told["by"], "made": told["made"], "volume": told["volume"],
            "volumes": told["volumes"], "entries": told["entries"], "tally": tally, "whole": fault.is_none(),
            "not_admitted": told["not_admitted"], "error": fault,
        }));
    } else {
        let numbers =
            [("volume", count(told, "volume")), ("volumes", count(told, "volumes")), ("taken", tally.taken)];
        let numbers = numbers.map(|(key, n)| (key, n.to_string()));
        let mut places: Vec<(&str, &str)> =
            numbers.iter().map(|(key, place)| (*key, place.as_str())).collect();
        places.extend([("file", file.as_str()), ("by", text(told, "by")), ("made", text(told, "made"))]);
        print_line(&context.fill("cli.bundle.in", &places));
        notes(context, volume);
    }
    let unread =
        fault.as_ref().map_or(0, |failure| if context.json { failure.code } else { context.report(failure) });
    let partly = tally.early + tally.unknown + tally.branches + tally.refused > 0;
    unread.max(if partly { exit::REJECTED } else { 0 })
}

fn notes(context: &Context, volume: &Volume) {
    let tally = &volume.tally;
    let counts = [
        ("cli.bundle.in.early", tally.early),
        ("cli.bundle.in.unknown", tally.unknown),
        ("cli.bundle.in.branches", tally.branches),
        ("cli.bundle.in.forks", tally.forks),
        ("cli.bundle.in.over", tally.over),
        ("cli.bundle.in.unwanted", tally.unwanted),
    ];
    for (key, n) in counts.into_iter().filter(|(_, n)| *n > 0) {
        print_note(&context.fill(key, &[("n", &n.to_string())]));
    }
    if tally.refused > 0 {
        let n = tally.refused.to_string();
        print_note(&context.fill("cli.bundle.in.refused", &[("n", &n), ("what", &tally.why)]));
    }
    if let Some(why) = volume.told["not_admitted"].as_str() {
        let by = text(&volume.told, "by");
        print_note(&context.fill("cli.bundle.in.not-admitted", &[("by", by), ("what", why)]));
    }
}

/// Names the volumes that were not among those given, and says how much came in.
fn summary(context: &Context, volumes: &[Volume]) {
    let mut given: BTreeMap<[u8; 16], (u32, &Volume, BTreeSet<u32>)> = BTreeMap::new();
    for volume in volumes {
        let on = &volume.manifest;
        given.entry(on.set).or_insert((on.volumes, volume, BTreeSet::new())).2.insert(on.volume);
    }
    let taken: u64 = volumes.iter().map(|volume| volume.tally.taken).sum();
    let mut missing = Vec::new();
    for (of, volume, there) in given.values() {
        let lacking: Vec<u32> = (1..=*of).filter(|n| !there.contains(n)).collect();
        if lacking.is_empty() {
            continue;
        }
        let numbers: Vec<String> = lacking.iter().take(SHOWN).map(ToString::to_string).collect();
        if !context.json {
            let places = [("by", text(&volume.told, "by")), ("numbers", &context.list(&numbers))];
            print_note(&context.fill("cli.bundle.in.missing", &places));
        }
        missing.push(json!({ "set": text(&volume.told, "set"), "volumes": lacking }));
    }
    if context.json {
        print_json(&json!({ "v": 1, "summary": true, "taken": taken, "missing": missing }));
    } else if !volumes.is_empty() {
        print_line(&context.fill("cli.bundle.in.done", &[("taken", &taken.to_string())]));
    }
}
