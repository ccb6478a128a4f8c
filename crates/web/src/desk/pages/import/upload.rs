//! A file on its way from a browser into a file of the node: `multipart/form-data` (RFC 7578), read as it comes and never held
//! whole.
//!
//! Browsers write it in one way: a boundary, parts with a header each, CRLF between lines. What is written otherwise is refused.

use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;

use axum::body::Body;
use hyper::body::Body as _;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::desk::multipart::{MAX_HEAD, disposition, find};
use crate::limits::{IMPORT_FIELDS, TABLE_BYTES};

/// Longest field beside the file, bytes.
const MAX_FIELD: usize = 4_096;

/// Why a form was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is not written as browsers write it, or broke off.
    Form,
    /// The file is larger than allowed.
    Large,
    /// The disk did not take it.
    Disk(String),
}

/// A form that is being read.
pub(super) struct Incoming {
    body: Body,
    held: Vec<u8>,
    /// What stands between parts, the line end before it included.
    between: Vec<u8>,
    ended: bool,
}

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A field: name and text.
    Field(String, String),
    /// The head of a file, whose bytes follow: what it is called.
    File(String),
    /// The form's end.
    End,
}

impl Incoming {
    /// A form whose parts the boundary separates.
    pub(super) fn new(body: Body, boundary: &str) -> Self {
        // The first boundary has no line before it; it is read as if it had.
        Self { body, held: b"\r\n".to_vec(), between: format!("\r\n--{boundary}").into_bytes(), ended: false }
    }

    /// Holds more of the body. False at its end.
    async fn more(&mut self) -> Result<bool, Broken> {
        while !self.ended {
            match poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await {
                None => self.ended = true,
                Some(Err(_)) => return Err(Broken::Form),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.held.extend_from_slice(&data);
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Where `mark` begins, once it is held; at most `most` bytes before it.
    async fn until(&mut self, mark: &[u8], most: usize) -> Result<usize, Broken> {
        loop {
            if let Some(at) = find(&self.held, mark) {
                return if at <= most { Ok(at) } else { Err(Broken::Form) };
            }
            if self.held.len() > most + mark.len() || !self.more().await? {
                return Err(Broken::Form);
            }
        }
    }

    /// The next part. Of a file [`Incoming::save`] takes the bytes.
    pub(super) async fn part(&mut self) -> Result<Part, Broken> {
        let between = self.between.clone();
        let at = self.until(&between, MAX_FIELD).await?;
        self.held.drain(..at + between.len());
        while self.held.len() < 2 {
            if !self.more().await? {
                return Err(Broken::Form);
            }
        }
        if self.held.starts_with(b"--") {
            return Ok(Part::End);
        }
        let end = self.until(b"\r\n\r\n", MAX_HEAD).await?;
        let head: Vec<u8> = self.held.drain(..end + 4).collect();
        let head = String::from_utf8(head).map_err(|_| Broken::Form)?;
        let (name, file) = disposition(&head).ok_or(Broken::Form)?;
        if let Some(file) = file {
            return Ok(Part::File(file));
        }
        let end = self.until(&between, MAX_FIELD).await?;
        let text = String::from_utf8_lossy(self.held.get(..end).unwrap_or_default()).into_owned();
        self.held.drain(..end);
        Ok(Part::Field(name, text))
    }

    /// Writes the bytes of the file whose head was read; returns how many there are.
    pub(super) async fn save(&mut self, path: &Path) -> Result<u64, Broken> {
        let disk = |error: std::io::Error| Broken::Disk(error.to_string());
        let mut file = File::create(path).await.map_err(disk)?;
        let mut written = 0;
        loop {
            let end = find(&self.held, &self.between);
            // What may be the beginning of a boundary is held back.
            let whole = end.unwrap_or(self.held.len().saturating_sub(self.between.len()));
            file.write_all(self.held.get(..whole).unwrap_or_default()).await.map_err(disk)?;
            self.held.drain(..whole);
            written += whole as u64;
            if written > TABLE_BYTES {
                return Err(Broken::Large);
            }
            if end.is_some() {
                file.flush().await.map_err(disk)?;
                return Ok(written);
            }
            if !self.more().await? {
                return Err(Broken::Form);
            }
        }
    }
}

/// Parts that are read before a form is given up.
pub(super) const MOST_PARTS: usize = IMPORT_FIELDS;

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--X\r\nContent-Disposition: form-data; name=\"form_key\"\r\n\r\nabc\r\n--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"成果 1.xlsx\"\r\nContent-Type: text/html\r\n\r\nPK\r\n--\r\n-\r\n--X--\r\n";

    /// Reads a form whose body comes as it was cut: the fields, the file's name and bytes.
    async fn read(body: &str) -> Result<(Vec<(String, String)>, String, Vec<u8>), Broken> {
        let folder = std::env::temp_dir().join(format!("lianshi-upload-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{:p}", body));
        let mut incoming = Incoming::new(Body::from(body.to_owned()), "X");
        let (mut fields, mut file) = (Vec::new(), (String::new(), Vec::new()));
        loop {
            match incoming.part().await? {
                Part::Field(name, text) => fields.push((name, text)),
                Part::File(name) => {
                    incoming.save(&path).await?;
                    file = (name, std::fs::read(&path).unwrap());
                }
                Part::End => return Ok((fields, file.0, file.1)),
            }
        }
    }

    #[tokio::test]
    async fn a_file_is_written_as_it_comes_and_what_breaks_off_is_refused() {
        let (fields, name, bytes) = read(BODY).await.unwrap();
        assert_eq!(fields, [("form_key".to_owned(), "abc".to_owned())]);
        assert_eq!((name.as_str(), bytes.as_slice()), ("成果 1.xlsx", &b"PK\r\n--\r\n-"[..]));
        for end in (0..BODY.len() - 4).filter(|end| BODY.is_char_boundary(*end)) {
            assert_eq!(read(&BODY[..end]).await, Err(Broken::Form), "cut at {end}");
        }
        let long = "x".repeat(MAX_FIELD + 100);
        let long = format!("--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{long}\r\n--X--");
        assert_eq!(read(&long).await, Err(Broken::Form));
    }
}
