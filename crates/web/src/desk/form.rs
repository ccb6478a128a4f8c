//! Forms that carry a file: `multipart/form-data` (RFC 7578), read part by part as it comes. What a form may hold is bounded
//! before any of it is kept.

use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::limits::FORM_BYTES;

/// What the file is called in every form that has one.
const FILE: &str = "file";

/// Why a form was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is not written as browsers write it, or broke off.
    Form,
    /// It is longer than allowed.
    Large,
    /// The disk did not take it.
    Disk(String),
}

impl From<multer::Error> for Broken {
    fn from(error: multer::Error) -> Self {
        match error {
            multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
                Broken::Large
            }
            _ => Broken::Form,
        }
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Broken::Disk(error.to_string())
    }
}

/// A form on its way.
pub(crate) struct Incoming {
    parts: Multipart<'static>,
    /// Parts that may still come.
    left: usize,
}

/// A part of a form.
#[derive(Debug)]
pub(crate) enum Part {
    /// A field: name and text.
    Field(String, String),
    /// A file, whose bytes follow.
    File(Box<Upload>),
}

/// A file in a form.
#[derive(Debug)]
pub(crate) struct Upload {
    /// What it was called where it came from; empty where none was chosen.
    pub(crate) name: String,
    content: Field<'static>,
}

impl Incoming {
    /// A form of at most so many parts, with a file of at most so many bytes and as much beside it as a form without one may
    /// have.
    ///
    /// # Errors
    /// When the headers name no boundary.
    pub(crate) fn new(headers: &HeaderMap, body: Body, parts: usize, file: u64) -> Result<Self, Broken> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let beside = FORM_BYTES as u64;
        let bounds = SizeLimit::new().whole_stream(file + beside).per_field(beside).for_field(FILE, file);
        let bounds = Constraints::new().size_limit(bounds);
        let boundary = multer::parse_boundary(kind)?;
        let parts_of = Multipart::with_constraints(body.into_data_stream(), boundary, bounds);
        Ok(Self { parts: parts_of, left: parts })
    }

    /// The next part; `None` at the form's end.
    pub(crate) async fn part(&mut self) -> Result<Option<Part>, Broken> {
        let Some(content) = self.parts.next_field().await? else { return Ok(None) };
        self.left = self.left.checked_sub(1).ok_or(Broken::Form)?;
        let name = content.name().ok_or(Broken::Form)?.to_owned();
        match content.file_name().map(str::to_owned) {
            Some(called) if name == FILE => Ok(Some(Part::File(Box::new(Upload { name: called, content })))),
            Some(_) => Err(Broken::Form),
            None => {
                let text = content.bytes().await?;
                Ok(Some(Part::Field(name, String::from_utf8_lossy(&text).into_owned())))
            }
        }
    }
}

impl Upload {
    /// All of it.
    pub(crate) async fn bytes(self) -> Result<Vec<u8>, Broken> {
        Ok(self.content.bytes().await?.into())
    }

    /// Writes it into a file of the node, as it comes.
    pub(crate) async fn save(mut self, path: &Path) -> Result<(), Broken> {
        let mut file = File::create(path).await?;
        while let Some(piece) = self.content.chunk().await? {
            file.write_all(&piece).await?;
        }
        Ok(file.flush().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n检测\r\n报告\r\n--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"成果 1.xlsx\"\r\nContent-Type: text/html\r\n\r\nPK\r\n--\r\n-\r\n--X\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n\r\n--X--\r\n";

    /// Reads a form of at most four parts with a file of at most ten bytes: the fields, the file's name and bytes.
    async fn read(kind: &str, body: String) -> Result<(Vec<(String, String)>, String, Vec<u8>), Broken> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sent");
        let mut incoming = Incoming::new(&headers, Body::from(body), 4, 10)?;
        let (mut fields, mut file) = (Vec::new(), (String::new(), Vec::new()));
        while let Some(part) = incoming.part().await? {
            match part {
                Part::Field(name, text) => fields.push((name, text)),
                Part::File(upload) => {
                    file.0.clone_from(&upload.name);
                    upload.save(&path).await?;
                    file.1 = std::fs::read(&path).unwrap();
                }
            }
        }
        Ok((fields, file.0, file.1))
    }

    const KIND: &str = "multipart/form-data; boundary=X";

    #[tokio::test]
    async fn a_form_with_a_file_is_read_as_browsers_write_it() {
        let (fields, name, bytes) = read(KIND, BODY.to_owned()).await.unwrap();
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(fields, [field("title", "检测\r\n报告"), field("n", "")]);
        assert_eq!((name.as_str(), bytes.as_slice()), ("成果 1.xlsx", &b"PK\r\n--\r\n-"[..]));
        let none = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--X--";
        assert_eq!(read(KIND, none.to_owned()).await.unwrap(), (Vec::new(), String::new(), Vec::new()));
    }

    #[tokio::test]
    async fn what_breaks_off_or_is_no_form_or_too_much_is_refused() {
        for end in (0..BODY.len() - 4).filter(|end| BODY.is_char_boundary(*end)) {
            let cut = read(KIND, BODY[..end].to_owned()).await;
            assert!(matches!(cut, Err(Broken::Form)), "cut at {end}: {cut:?}");
        }
        for (kind, why) in [
            ("multipart/form-data", "no boundary"),
            ("multipart/mixed; boundary=X", "another type"),
            ("application/x-www-form-urlencoded", "a plain form"),
            ("", "nothing stated"),
        ] {
            assert_eq!(read(kind, BODY.to_owned()).await, Err(Broken::Form), "{why}");
        }
        let part = |name: &str, text: &str| {
            format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        assert_eq!(read(KIND, format!("{}--X--", part("a", "").repeat(5))).await, Err(Broken::Form));
        let long = "x".repeat(FORM_BYTES + 1);
        assert_eq!(read(KIND, format!("{}--X--", part("a", &long))).await, Err(Broken::Large));
        let large = part("file\"; filename=\"a", &"x".repeat(11));
        assert_eq!(read(KIND, format!("{large}--X--")).await, Err(Broken::Large));
        let elsewhere = part("other\"; filename=\"a", "x");
        assert_eq!(read(KIND, format!("{elsewhere}--X--")).await, Err(Broken::Form));
    }
}
