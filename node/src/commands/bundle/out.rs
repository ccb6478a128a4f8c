//! Making a bundle: runs as the node gives them, into volumes of at most the size that was asked for.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use protocol::limits::{MAX_VOLUME, MAX_VOLUMES};
use protocol::{Manifest, PublicKey, Signature, SignedManifest, Slip, SlipFault, VolumeWriter};
use serde_json::{Value as Json, json};

use super::{base64, broken, count};
use crate::commands::{
    Answerer, Context, Outcome, file_failure, file_in, print_json, print_line, print_note, read_file, text,
};
use crate::office::{Carriage, Failure, Stretch, exit, manifest_in};

/// Stretches asked for at a time; an answer is full after some megabytes in any case.
const STRETCHES: usize = 512;

/// Progress is shown of what takes a moment, bytes.
const SHOWN_FROM: u64 = 1024 * 1024;

pub fn run(
    context: &Context,
    file: &Path,
    to: Option<&str>,
    since: Option<&Path>,
    most: Option<u64>,
) -> Outcome {
    let slip = since.map(read_slip).transpose()?;
    let mut desk = context.desk()?;
    let slip = slip.map(|slip| base64(&slip.to_bytes()));
    let plan = desk.carry(Carriage::Plan { to: to.map(str::to_owned), slip })?;
    let mut volumes = Volumes::new(context, file, &plan, most.unwrap_or(MAX_VOLUME).min(MAX_VOLUME))?;
    volumes.fill(&mut desk, &plan["pieces"])?;
    let made = volumes.finish(&mut desk)?;
    let entries: u64 = made.iter().map(|(_, on)| on.entries).sum();
    let files: Vec<String> = made.iter().map(|(path, _)| path.display().to_string()).collect();
    let bytes: u64 = made.iter().map(|(_, on)| on.bytes).sum();
    if context.json {
        let node = plan["reader"]["node"].clone();
        print_json(&json!({ "v": 1, "files": files, "entries": entries, "bytes": bytes, "for": node }));
        return Ok(0);
    }
    let places = [
        ("files", context.list(&files)),
        ("entries", entries.to_string()),
        ("size", crate::bytes::bytes(bytes)),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(key, place)| (*key, place.as_str())).collect();
    print_line(&context.fill("cli.bundle.out", &places));
    match plan["reader"].is_null() {
        true => print_note(context.say("cli.bundle.out.anyone")),
        false => print_note(&context.fill("cli.bundle.out.for", &[("name", text(&plan["reader"], "name"))])),
    }
    if entries == 0 {
        print_note(context.say("cli.bundle.out.nothing"));
    }
    Ok(0)
}

fn read_slip(path: &Path) -> Result<Slip, Failure> {
    let file = path.display().to_string();
    let written = String::from_utf8_lossy(&read_file(path)?).into_owned();
    Slip::from_text(&written).map_err(|fault| match fault {
        SlipFault::Nothing => Failure::said(exit::REJECTED, "cli.failure.slip.none", &[("file", &file)]),
        SlipFault::Lines(lines) => {
            let named: Vec<String> = lines.iter().take(20).map(ToString::to_string).collect();
            let places = [("file", file.as_str()), ("lines", &named.join(" "))];
            Failure::said(exit::REJECTED, "cli.failure.slip.lines", &places)
        }
        SlipFault::Fault(fault) => {
            Failure::said(exit::REJECTED, "cli.failure.slip", &[("what", &fault.to_string())])
        }
    })
}

/// A volume that is being written.
struct Open {
    path: PathBuf,
    file: BufWriter<File>,
    writer: VolumeWriter,
}

/// The volumes of a bundle. Whatever was not finished is removed.
struct Volumes<'a> {
    context: &'a Context,
    file: &'a Path,
    on: Manifest,
    reader: Option<(PublicKey, [u8; 32])>,
    most: u64,
    open: Option<Open>,
    written: Vec<(PathBuf, Manifest)>,
    bytes: u64,
    shown: bool,
}

impl Drop for Volumes<'_> {
    fn drop(&mut self) {
        let open = self.open.take().map(|open| open.path);
        for path in self.written.drain(..).map(|(path, _)| path).chain(open) {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl<'a> Volumes<'a> {
    fn new(context: &'a Context, file: &'a Path, plan: &Json, most: u64) -> Result<Self, Failure> {
        let unread = || broken("the reader of the bundle");
        let reader = match plan["reader"].is_null() {
            true => None,
            false => {
                let node = text(&plan["reader"], "node").parse().map_err(|_| unread())?;
                let sealing =
                    HEXLOWER.decode(text(&plan["reader"], "sealing").as_bytes()).unwrap_or_default();
                Some((node, sealing.try_into().map_err(|_| unread())?))
            }
        };
        let (on, written) = (manifest_in(plan)?, Vec::new());
        Ok(Self { context, file, on, reader, most, open: None, written, bytes: 0, shown: false })
    }

    fn fill(&mut self, desk: &mut Answerer, pieces: &Json) -> Result<(), Failure> {
        let mut stretches: Vec<Stretch> = Vec::new();
        for piece in pieces.as_array().into_iter().flatten() {
            if let Ok(stretch) = serde_json::from_value(piece["stretch"].clone()) {
                stretches.push(stretch);
                if stretches.len() == STRETCHES {
                    self.put_runs(desk, std::mem::take(&mut stretches))?;
                }
                continue;
            }
            self.put_runs(desk, std::mem::take(&mut stretches))?;
            self.put(frame_of(piece)?, 0)?;
        }
        self.put_runs(desk, stretches)
    }

    fn put_runs(&mut self, desk: &mut Answerer, mut stretches: Vec<Stretch>) -> Result<(), Failure> {
        while !stretches.is_empty() {
            let mut reply = desk.carry(Carriage::Runs { stretches })?;
            for run in reply["frames"].as_array().into_iter().flatten() {
                self.put(frame_of(run)?, count(run, "entries"))?;
            }
            stretches = serde_json::from_value(reply["rest"].take()).map_err(|e| broken(&e.to_string()))?;
            if self.bytes >= SHOWN_FROM {
                let size = crate::bytes::bytes(self.bytes);
                eprint!("\r{}", self.context.fill("cli.bundle.progress", &[("size", &size)]));
                self.shown = true;
            }
        }
        Ok(())
    }

    fn put(&mut self, frame: Vec<u8>, entries: u64) -> Result<(), Failure> {
        let front = front_size(&self.on, self.reader.is_some());
        let room = self.most.saturating_sub(front);
        if self.open.as_ref().is_some_and(|open| !open.writer.has_room(&frame, room)) {
            self.close()?;
        }
        if self.open.is_none() {
            self.begin()?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let bytes = open.writer.push(frame, entries).map_err(|fault| broken(&fault.to_string()))?;
        self.bytes += bytes.len() as u64;
        open.file.write_all(&bytes).map_err(|error| file_failure(&open.path, &error))
    }

    /// Begins the next volume; room for its front is left until it is known.
    fn begin(&mut self) -> Result<(), Failure> {
        let volume = self.written.len() as u32 + 1;
        if volume > MAX_VOLUMES {
            let most = MAX_VOLUMES.to_string();
            return Err(Failure::said(exit::USAGE, "cli.failure.bundle.volumes", &[("most", &most)]));
        }
        // What is bound to the number of volumes waits; the number of this one is part of its lock.
        let mut on = Manifest { volume, volumes: MAX_VOLUMES, ..self.on.clone() };
        let seed = market::random()?;
        let key = self.reader.map(|(node, sealing)| on.lock_for(node, &sealing, &seed)).transpose();
        let key = key.map_err(|fault| broken(&fault.to_string()))?;
        let path = beside(self.file, &format!("{volume}.part"));
        let failed = |error: std::io::Error| file_failure(&path, &error);
        let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
        let front = vec![0; front_size(&on, false) as usize];
        file.write_all(&front).map_err(failed)?;
        self.open = Some(Open { path, file, writer: VolumeWriter::new(on, key) });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Failure> {
        let Some(Open { path, mut file, writer }) = self.open.take() else { return Ok(()) };
        let (rest, on) = writer.finish().map_err(|fault| broken(&fault.to_string()))?;
        let done = file.write_all(&rest).and_then(|()| file.flush());
        self.written.push((path.clone(), on));
        done.map_err(|error| file_failure(&path, &error))
    }

    /// Signs all volumes, now that it is known how many there are, and gives them their names.
    fn finish(mut self, desk: &mut Answerer) -> Result<Vec<(PathBuf, Manifest)>, Failure> {
        if self.open.is_none() && self.written.is_empty() {
            self.begin()?;
        }
        self.close()?;
        if self.shown {
            eprintln!();
        }
        let volumes = self.written.len() as u32;
        let mut made = Vec::new();
        for (path, on) in &mut self.written {
            on.volumes = volumes;
            let reply = desk.carry(Carriage::Sign { manifest: base64(&on.to_bytes()) })?;
            let name = match volumes {
                1 => self.file.to_owned(),
                _ => numbered(self.file, on.volume),
            };
            let write = |front: &[u8]| -> std::io::Result<()> {
                let mut file = File::options().write(true).open(&*path)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(front)?;
                file.sync_all()?;
                std::fs::rename(&*path, &name)
            };
            write(&file_in(&reply)?).map_err(|error| file_failure(&name, &error))?;
            made.push((name, on.clone()));
        }
        self.written.clear();
        Ok(made)
    }
}

/// Bytes before the body: they do not depend on what is known only at the end.
fn front_size(on: &Manifest, lock: bool) -> u64 {
    /// A node and its slot, which stand in the manifest of a locked volume.
    const LOCK: u64 = 32 + 80;
    let unsigned = SignedManifest { manifest: on.clone(), signature: Signature([0; 64]) };
    unsigned.to_front().len() as u64 + if lock && on.lock.is_none() { LOCK } else { 0 }
}

fn frame_of(json: &Json) -> Result<Vec<u8>, Failure> {
    BASE64.decode(text(json, "frame").as_bytes()).map_err(|error| broken(&error.to_string()))
}

/// A file beside another one, its name lengthened.
fn beside(file: &Path, more: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{more}"));
    file.with_file_name(name)
}

/// `stick-2.lianshi` for the second volume of `stick.lianshi`.
fn numbered(file: &Path, volume: u32) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{volume}"));
    if let Some(extension) = file.extension() {
        name.push(".");
        name.push(extension);
    }
    file.with_file_name(name)
}
