//! Reading a workbook in a process of its own, so that whatever a hostile file does to its parser ends with that process.
//!
//! ```text
//! this process ── what is asked, then the file's bytes ──▶ helper: `serve`, under limits that it was started with
//!              ◀── messages, each with its length ──────────┘
//! ```
//!
//! What the helper says is as foreign as the file was: messages are bounded, and one that makes no sense ends the reading. Absent:
//! the limits on memory and time, which whoever starts the helper sets ([`Helper::program`] with [`Helper::arguments`] calls
//! [`serve`] under them).

use super::Format;
use super::input::{Input, Stream};
use super::table::Raw;
use super::xlsx::{Gone, Message, Sheets, Task, send, work};
use crate::error::{ReadError, RowProblem};
use crate::limits::{Limits, MAX_COLUMNS, MAX_HELPER_MESSAGE};
use crate::workbook::Stamp;
use protocol::{Checked, Decoder, Encoder};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

/// Sheets of a workbook that a helper may name.
const MAX_SHEETS_NAMED: usize = 2_000;

/// A program that reads workbooks for this one: started with these arguments it calls [`serve`] on its standard streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    /// The program.
    pub program: PathBuf,
    /// What it is told.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
}

/// What a helper is asked.
pub(crate) struct Asked {
    pub(crate) format: Format,
    pub(crate) task: Task,
    pub(crate) limits: Limits,
}

/// A helper at work. It ends with this.
pub(crate) struct Helping(Arc<Mutex<Child>>);

impl Helping {
    /// Ends it now.
    pub(crate) fn end(&self) {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has ended already is to be waited for alone.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Helping {
    fn drop(&mut self) {
        self.end();
    }
}

impl Helper {
    /// Starts it on a file; its messages come through `sender`, which is gone once it has ended.
    pub(crate) fn start(
        &self,
        input: &Input,
        asked: &Asked,
        sender: SyncSender<Message>,
    ) -> io::Result<Helping> {
        let file = input.stream().map_err(io::Error::other)?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(self.environment.clone());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let helping = Helping(Arc::new(Mutex::new(child)));
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(io::Error::other("the helper has no standard streams"));
        };
        let asked = asked.to_bytes();
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        // What it does not take, or says wrongly, shows in what comes of it.
        thread("helper-in").spawn(move || drop(feed(stdin, &asked, file)))?;
        thread("helper-out").spawn(move || drop(hear(stdout, &sender)))?;
        Ok(helping)
    }
}

fn feed(stdin: ChildStdin, asked: &[u8], mut file: Box<dyn Stream>) -> io::Result<()> {
    let mut out = BufWriter::new(stdin);
    put(&mut out, asked)?;
    io::copy(&mut file, &mut out)?;
    out.flush()
}

fn hear(stdout: ChildStdout, sender: &SyncSender<Message>) -> io::Result<()> {
    let mut from = BufReader::new(stdout);
    while let Some(bytes) = take(&mut from)? {
        let message = read_message(&bytes).map_err(|fault| io::Error::other(fault.to_string()))?;
        if send(sender, message).is_err() {
            break;
        }
    }
    Ok(())
}

/// The helper's work: reads what is asked and the file from `from`, and writes messages to `out`.
///
/// # Errors
/// When what is asked makes no sense, or nobody reads what is written.
pub fn serve(mut from: impl Read, out: impl Write) -> io::Result<()> {
    let asked = take(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let asked = Asked::from_bytes(&asked).map_err(|fault| io::Error::other(fault.to_string()))?;
    let mut bytes = Vec::new();
    from.take(asked.limits.xlsx_file_bytes).read_to_end(&mut bytes)?;
    let mut out = BufWriter::new(out);
    work(bytes, asked.format, &asked.task, &asked.limits, &mut |message| {
        put(&mut out, &message_bytes(&message)).map_err(|_| Gone)
    });
    out.flush()
}

fn put(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(bytes)
}

/// The next message; `None` at the end.
fn take(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HELPER_MESSAGE {
        return Err(io::Error::other("a message of the helper is too long"));
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(Some(bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

impl Asked {
    fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.text(self.format.id());
        let (looks, sheet) = match &self.task {
            Task::Look => (0, &None),
            Task::Read(sheet) => (1, sheet),
        };
        to.u8(looks).option(sheet.as_ref(), |to, sheet| {
            to.text(sheet);
        });
        let Limits { text_file_bytes, xlsx_file_bytes, xlsx_inflated_bytes, row_bytes, columns } =
            &self.limits;
        to.uint(*text_file_bytes).uint(*xlsx_file_bytes).uint(*xlsx_inflated_bytes);
        to.uint(*row_bytes as u64).uint(*columns as u64);
        to.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Checked<Asked> {
        Decoder::whole(bytes, "what a helper is asked", |from| {
            let format = Format::from_id(from.text(16, "format")?).unwrap_or(Format::Xlsx);
            let reads = from.u8("task")? == 1;
            let sheet = from.option("sheet", |from| text(from))?;
            let limits = Limits {
                text_file_bytes: from.uint("bytes")?,
                xlsx_file_bytes: from.uint("bytes")?,
                xlsx_inflated_bytes: from.uint("bytes")?,
                row_bytes: from.uint_max(u32::MAX.into(), "bytes")? as usize,
                columns: from.uint_max(u32::MAX.into(), "columns")? as usize,
            };
            Ok(Asked { format, task: if reads { Task::Read(sheet) } else { Task::Look }, limits })
        })
    }
}

fn message_bytes(message: &Message) -> Vec<u8> {
    let mut to = Encoder::new();
    match message {
        Message::Opened(sheets, name) => {
            to.u8(0).text(name);
            to.list(&sheets.all, |to, (name, visible)| {
                to.text(name).u8((*visible).into());
            });
            let rows = sheets.stamp.as_ref().map(Stamp::rows);
            to.option(rows.as_ref(), |to, rows| {
                to.list(rows, |to, row| texts_to(to, row));
            });
        }
        Message::Refused(error) => {
            to.u8(1);
            refusal_to(&mut to, error);
        }
        Message::Row(Ok(raw)) => {
            to.u8(2).uint(raw.number);
            texts_to(&mut to, &raw.cells);
        }
        Message::Row(Err(problem)) => {
            to.u8(3).uint(problem.number).text(problem.code);
            to.text(&problem.reason_zh).text(&problem.reason_en);
            texts_to(&mut to, &problem.cells);
        }
        Message::End => {
            to.u8(4);
        }
    }
    to.finish()
}

fn read_message(bytes: &[u8]) -> Checked<Message> {
    Decoder::whole(bytes, "message of a helper", |from| {
        Ok(match from.u8("message")? {
            0 => {
                let name = text(from)?;
                let all = from.list(MAX_SHEETS_NAMED, "sheets", |from| {
                    Ok((text(from)?, from.u8("whether it is seen")? != 0))
                })?;
                let rows = from.option("stamp", |from| {
                    from.list(crate::limits::MAX_STAMP_ROWS, "rows of the stamp", texts)
                })?;
                let stamp = rows.and_then(|rows| Stamp::read(&rows));
                Message::Opened(Box::new(Sheets { all, stamp }), name)
            }
            1 => Message::Refused(refusal(from)?),
            2 => Message::Row(Ok(Raw { number: from.uint("row")?, cells: texts(from)? })),
            3 => {
                let (number, code) = (from.uint("row")?, text(from)?);
                let known = ["too_many_columns", "row_too_long", "merged_too_far", RowProblem::BROKE_OFF];
                let code = known.into_iter().find(|known| *known == code).unwrap_or("bad_cell");
                let problem = RowProblem::new(number, code, text(from)?, text(from)?);
                Message::Row(Err(problem.with_cells(texts(from)?)))
            }
            _ => Message::End,
        })
    })
}

/// What a helper can refuse a file for.
fn refusal_to(to: &mut Encoder, error: &ReadError) {
    match error {
        ReadError::TooLarge { what, size, limit } => drop(to.u8(0).text(what).uint(*size).uint(*limit)),
        ReadError::NoSheet { sheet, available } => drop(to.u8(1).text(sheet).text(available)),
        ReadError::Damaged { format, why } => drop(to.u8(2).text(format).text(why)),
        other => drop(to.u8(2).text("").text(&other.to_string())),
    }
}

fn refusal(from: &mut Decoder<'_>) -> Checked<ReadError> {
    Ok(match from.u8("refusal")? {
        0 => {
            let what = if text(from)? == "file" { "file" } else { "inflated workbook" };
            ReadError::TooLarge { what, size: from.uint("size")?, limit: from.uint("limit")? }
        }
        1 => ReadError::NoSheet { sheet: text(from)?, available: text(from)? },
        _ => {
            let format = if text(from)? == "xls" { "xls" } else { "xlsx" };
            ReadError::Damaged { format, why: text(from)? }
        }
    })
}

fn texts_to(to: &mut Encoder, texts: &[String]) {
    to.list(texts, |to, text| {
        to.text(text);
    });
}

fn texts(from: &mut Decoder<'_>) -> Checked<Vec<String>> {
    from.list(2 * MAX_COLUMNS, "cells", |from| text(from))
}

fn text(from: &mut Decoder<'_>) -> Checked<String> {
    Ok(from.text(MAX_HELPER_MESSAGE, "text")?.to_owned())
}

/// What a helper is asked before the bytes of an Office Open XML workbook, to read its first sheet.
pub fn first_sheet() -> Vec<u8> {
    let asked = Asked { format: Format::Xlsx, task: Task::Read(None), limits: Limits::default() };
    let mut bytes = Vec::new();
    // Into memory it is always written.
    let _ = put(&mut bytes, &asked.to_bytes());
    bytes
}

/// How many messages of a helper these bytes begin with: what a helper says is foreign too, and this reads it as it is read.
pub fn said(bytes: &[u8]) -> usize {
    let mut from = bytes;
    let mut messages = 0;
    while let Ok(Some(message)) = take(&mut from) {
        if read_message(&message).is_err() {
            break;
        }
        messages += 1;
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::{Kind, Lang};

    /// Everything that a helper says of a workbook, asked over bytes.
    fn told(asked: &Asked, file: &[u8]) -> Vec<Message> {
        let mut all = Vec::new();
        put(&mut all, &asked.to_bytes()).unwrap();
        all.extend_from_slice(file);
        let mut out = Vec::new();
        serve(all.as_slice(), &mut out).unwrap();
        let mut from = out.as_slice();
        std::iter::from_fn(|| take(&mut from).unwrap().map(|bytes| read_message(&bytes).unwrap())).collect()
    }

    #[test]
    fn a_helper_says_what_this_process_would_have_read() {
        let file = crate::workbook::template(Kind::Demand, Lang::Zh).unwrap();
        let asked = |task| Asked { format: Format::Xlsx, task, limits: Limits::default() };
        let messages = told(&asked(Task::Read(None)), &file);
        let [Message::Opened(sheets, name), Message::Row(Ok(header)), Message::End] = messages.as_slice()
        else {
            panic!("{} messages", messages.len());
        };
        assert_eq!((sheets.stamp.as_ref().unwrap().kind, name.as_str()), (Kind::Demand, "需求"));
        assert!(header.number == 1 && header.cells[0].contains("名称"), "{:?}", header.cells);
        let missing = told(&asked(Task::Read(Some("没有".to_owned()))), &file);
        assert!(matches!(missing.as_slice(), [Message::Refused(ReadError::NoSheet { .. })]));
        let damaged = told(&asked(Task::Look), b"PK\x03\x04 no zip");
        assert!(matches!(damaged.as_slice(), [Message::Refused(ReadError::Damaged { .. })]));
    }

    #[test]
    fn what_a_helper_says_wrongly_ends_the_reading() {
        let file = crate::workbook::template(Kind::Demand, Lang::Zh).unwrap();
        let asked = Asked { format: Format::Xlsx, task: Task::Read(None), limits: Limits::default() };
        let bytes: Vec<Vec<u8>> = told(&asked, &file).iter().map(message_bytes).collect();
        for message in &bytes {
            assert_eq!(message_bytes(&read_message(message).unwrap()), *message);
            let mut framed = Vec::new();
            put(&mut framed, message).unwrap();
            assert_eq!(said(&framed.repeat(3)), 3);
            for end in 0..message.len().min(400) {
                assert!(read_message(&message[..end]).is_err(), "cut at {end}");
            }
        }
        assert!(take(&mut [255, 255, 255, 255].as_slice()).is_err());
    }
}
