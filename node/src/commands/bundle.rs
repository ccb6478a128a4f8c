//! Bundles: entries on a stick, for who has no line.
//!
//! ```text
//! ask   what this node holds, as text or QR code ─► whoever makes the bundle
//! out   plan ─► runs ─► volumes on disk, signed when all are there
//! in    heads of all volumes ─► frames ─► the node ─► fsynced ─► acknowledged
//! ```
//!
//! Files are read and written here, a frame at a time; everything else is the office's.

mod out;
mod qr;
mod take;

use data_encoding::BASE64;
use protocol::Slip;
use serde_json::json;

use super::{Answerer, Context, Outcome, file_in, print_json, print_line, print_note, write_file};
use crate::cli::BundleAction;
use crate::office::{Carriage, Failure, Reply, Request, exit};

pub fn run(context: &Context, action: &BundleAction) -> Outcome {
    match action {
        BundleAction::Ask { file, qr, svg } => ask(context, file, *qr, svg.as_deref()),
        BundleAction::Out { file, reader, since, max_size } => {
            out::run(context, file, reader.as_deref(), since.as_deref(), *max_size)
        }
        BundleAction::In { files } => take::run(context, files),
    }
}

impl Answerer {
    fn carry(&mut self, carriage: Carriage) -> Reply {
        self.ask(&Request::Bundle { carriage })
    }
}

fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

fn broken(what: &str) -> Failure {
    Failure::said(exit::FAILED, "cli.failure.reply", &[("what", what)])
}

/// Writes this node's slip.
fn ask(context: &Context, file: &std::path::Path, qr: bool, svg: Option<&std::path::Path>) -> Outcome {
    let reply = context.ask(&Request::Bundle { carriage: Carriage::Slip })?;
    let slip = Slip::from_bytes(&file_in(&reply)?).map_err(|fault| broken(&fault.to_string()))?;
    let lines = slip.lines();
    let node = slip.certificate.body.node.to_string();
    let now = crate::office::time_text(crate::core::now_ms());
    let shown = file.display().to_string();
    let head = context.fill("cli.bundle.slip", &[("node", &node), ("time", &now)]);
    let body: Vec<String> = lines.iter().map(ToString::to_string).collect();
    write_file(file, format!("{head}\n{}\n", body.join("\n")).as_bytes())?;
    let codes = (qr || svg.is_some()).then(|| qr::codes(&lines)).transpose()?.unwrap_or_default();
    if let Some(path) = svg {
        write_file(path, qr::svg(&codes).as_bytes())?;
    }
    let (logs, count) = (slip.logs().to_string(), lines.len().to_string());
    if context.json {
        let svg = svg.map(|path| path.display().to_string());
        print_json(&json!({ "v": 1, "file": shown, "node": node, "logs": slip.logs(), "lines": lines.len(),
            "codes": codes.len(), "svg": svg }));
        return Ok(0);
    }
    print_line(&context.fill("cli.bundle.asked", &[("file", &shown), ("logs", &logs), ("lines", &count)]));
    if qr {
        codes.iter().for_each(|code| print_line(&code.terminal()));
    }
    print_note(&context.fill("cli.bundle.asked.next", &[("file", &shown)]));
    Ok(0)
}

/// A count that stands in an answer.
fn count(reply: &serde_json::Value, key: &str) -> u64 {
    reply[key].as_u64().unwrap_or_default()
}
