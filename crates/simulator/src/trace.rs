//! All that happens, in order: the last lines for people, and a digest of everything for comparing two runs.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};

use protocol::{CheckedRun, Credential, Frame, LogHead, LogId, Shown, StatusTalk};

/// Lines that are kept for whoever reads why a run failed.
const LINES: usize = 400;
/// Frames up to this many bytes are kept as they are and described only when somebody reads them.
const SMALL: usize = 2_048;

enum Line {
    Said(String),
    /// A frame: its number, sender, fate, receiver, bytes.
    Frame(usize, String, &'static str, String, Vec<u8>),
}

/// What happened in a world.
pub struct Trace {
    seed: u64,
    lines: VecDeque<(i64, Line)>,
    digest: DefaultHasher,
}

impl Trace {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, lines: VecDeque::new(), digest: DefaultHasher::new() }
    }

    pub(crate) fn note(&mut self, now_ms: i64, line: String) {
        self.digest.write(line.as_bytes());
        self.keep(now_ms, Line::Said(line));
    }

    pub(crate) fn frame(
        &mut self,
        now_ms: i64,
        (number, from, fate, to): (usize, &str, &'static str, &str),
        bytes: Option<&[u8]>,
    ) {
        let bytes = bytes.unwrap_or_default();
        self.digest.write_usize(number);
        self.digest.write(fate.as_bytes());
        self.digest.write(bytes);
        let line = match bytes.len() {
            0..=SMALL => Line::Frame(number, from.to_owned(), fate, to.to_owned(), bytes.to_vec()),
            _ => Line::Said(arrow(number, from, fate, to, bytes)),
        };
        self.keep(now_ms, line);
    }

    fn keep(&mut self, now_ms: i64, line: Line) {
        self.digest.write_i64(now_ms);
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back((now_ms, line));
    }

    pub(crate) fn forget(&mut self) {
        self.lines.clear();
    }

    /// The last lines.
    pub fn lines(&self) -> Vec<String> {
        let said = |(now_ms, line): &(i64, Line)| {
            let what = match line {
                Line::Said(said) => said.clone(),
                Line::Frame(number, from, fate, to, bytes) => arrow(*number, from, fate, to, bytes),
            };
            format!("{:>9} {what}", now_ms % 1_000_000_000)
        };
        self.lines.iter().map(said).collect()
    }

    /// Stands for everything that happened, in its order: two runs of one seed have the same.
    pub fn digest(&self) -> u64 {
        self.digest.finish()
    }

    pub(crate) fn print(&self) {
        for line in self.lines() {
            eprintln!("{line}");
        }
        eprintln!("seed {}", self.seed);
    }
}

fn arrow(number: usize, from: &str, fate: &str, to: &str, bytes: &[u8]) -> String {
    let what = if bytes.is_empty() { "lost".to_owned() } else { describe(bytes) };
    format!("#{number} {from} {fate} {to} {what}")
}

fn log_name(log: &LogId) -> String {
    format!("{}/{}", log.node.short(), log.shelf.kind.0)
}

fn heads_line(heads: &[LogHead]) -> String {
    let shown: Vec<String> =
        heads.iter().take(4).map(|h| format!("{}@{}", log_name(&h.log), h.head.seq)).collect();
    let more = if heads.len() > 4 { format!(" +{}", heads.len() - 4) } else { String::new() };
    format!("{}{more}", shown.join(" "))
}

/// What a frame says, in a line.
fn describe(bytes: &[u8]) -> String {
    match Frame::from_bytes(bytes) {
        Err(fault) => format!("? {fault}"),
        Ok(Frame::Hello(hello)) => match &hello.shown {
            Shown::InFull(Credential::Certificate(_)) => "hello (certificate)".to_owned(),
            Shown::InFull(Credential::Redemption(_)) => "hello (redemption)".to_owned(),
            Shown::ByCheck(_) => "hello (by a check)".to_owned(),
            Shown::Guest(_) => "hello (as a guest)".to_owned(),
        },
        Ok(Frame::ShowInFull) => "greet me in full".to_owned(),
        Ok(Frame::Status(talk)) => match talk {
            StatusTalk::Ask(marks) => format!("statuses held ×{}, and yours?", marks.len()),
            StatusTalk::Answer(marks) => format!("statuses held ×{}", marks.len()),
            StatusTalk::Got(marks) => format!("statuses got ×{}", marks.len()),
            StatusTalk::Notes(notes) => format!("statuses ×{}", notes.len()),
        },
        Ok(Frame::Refused(why)) => format!("refused: {why}"),
        Ok(Frame::Digest(digest)) => format!("digest {}", digest.short()),
        Ok(Frame::Buckets(buckets)) => format!("buckets ×{}", buckets.len()),
        Ok(Frame::Heads(heads)) => format!("heads {}", heads_line(&heads)),
        Ok(Frame::Durable(heads)) => format!("durable {}", heads_line(&heads)),
        Ok(Frame::Want(wants)) => {
            let shown: Vec<String> =
                wants.iter().take(4).map(|w| format!("{} {}..{}", log_name(&w.log), w.have, w.to)).collect();
            format!("want {} of {}", shown.join(" "), wants.len())
        }
        Ok(Frame::Deliver(told)) => {
            let shown: Vec<String> = told.iter().map(|d| format!("{:?} {:?}", d.word, d.circle)).collect();
            format!("deliver {}", shown.join(", "))
        }
        Ok(Frame::Line(open)) => format!("line {}", if open { "open" } else { "closed" }),
        Ok(Frame::AskFile(ask)) => format!("ask for file {} from {}", ask.file.short(), ask.offset),
        Ok(Frame::FilePiece(piece)) if piece.is_none() => format!("no file {}", piece.file.short()),
        Ok(Frame::FilePiece(piece)) => {
            format!("file piece {} {}+{}", piece.file.short(), piece.offset, piece.bytes.len())
        }
        Ok(Frame::Fork(fork)) => format!("fork {} at {}", log_name(&fork.log()), fork.seq()),
        Ok(Frame::Run(bytes)) => match CheckedRun::peek(&bytes) {
            Ok((log, after, count)) => {
                format!("run {} {}+{count}", log_name(&log), after.seq)
            }
            Err(fault) => format!("run ? {fault}"),
        },
    }
}
