//! Files that belong to a listing: named in its document by their hash, and kept beside the entries.
//!
//! The document says of each what it is, how long and what it shows; so a signature covers the file. The bytes come by
//! frames of their own (SPEC §13). Absent: where files lie, and who fetches which.

use sha2::{Digest, Sha256};

use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{DocumentId, Hash};
use crate::limits::{MAX_ATTACHMENT, MAX_ATTACHMENT_TITLE, MAX_ATTACHMENTS, MAX_PIECE};
use crate::value::Value;

/// Prefix of the keys under which a document names its files; the file's hash in 64 lower-case hexadecimal digits follows.
pub const FILE: &str = "_file/";

/// SHA-256 (FIPS 180-4) of a file's bytes, without a domain: anyone can reckon it with the tools of their system.
pub fn file_hash(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// What a file is, by its content. Nothing that a browser would run is among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Media {
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
    /// A WebP picture.
    Webp,
    /// A PDF document.
    Pdf,
}

impl Media {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::Webp, Self::Pdf];

    /// The word for it in documents; also the usual ending of a file's name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
        }
    }

    /// The reverse of [`Media::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.id() == id)
    }

    /// Its media type (RFC 6838).
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
        }
    }

    /// Whether a page can show it as a picture.
    pub fn is_picture(self) -> bool {
        self != Self::Pdf
    }

    /// What a file is by its first bytes, whatever its name says.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        match bytes {
            _ if bytes.starts_with(b"\xff\xd8\xff") => Some(Self::Jpeg),
            _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            _ if is_webp => Some(Self::Webp),
            _ if bytes.starts_with(b"%PDF-") => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// A file as a document names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its hash.
    pub file: Hash,
    /// What it is.
    pub media: Media,
    /// Its length, bytes; from 1 to [`MAX_ATTACHMENT`].
    pub size: u64,
    /// What it shows, in a few words: the name people see, and what those hear who do not see a picture.
    pub title: String,
}

impl Attachment {
    /// Describes a file's bytes.
    ///
    /// # Errors
    /// When it is of no kind that may be attached, or too long.
    pub fn of(bytes: &[u8], title: &str) -> Checked<Self> {
        let size = bytes.len() as u64;
        if size > MAX_ATTACHMENT {
            return Err(Fault::TooLong { what: "attachment", size, limit: MAX_ATTACHMENT });
        }
        let unknown = Fault::Forbidden { what: "attachment", why: "it is no PDF, PNG, JPEG or WebP" };
        let media = Media::of(bytes).ok_or(unknown)?;
        Ok(Self { file: file_hash(bytes), media, size, title: tidy(title) })
    }

    /// Whether bytes are those of this file.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        bytes.len() as u64 == self.size
            && Media::of(bytes) == Some(self.media)
            && file_hash(bytes) == self.file
    }

    /// The key under which a document names it.
    pub fn key(&self) -> String {
        format!("{FILE}{}", self.file)
    }

    /// What stands there: media, size in decimal digits, title, with one space between them.
    pub fn value(&self) -> Value {
        Value::Text(format!("{} {} {}", self.media.id(), self.size, self.title))
    }

    /// Reads what stands under a key; `None` when that names no file, or not as [`Attachment::value`] writes it.
    pub fn read(key: &str, value: &Value) -> Option<Self> {
        let (digits, Value::Text(text)) = (key.strip_prefix(FILE)?, value) else { return None };
        let file = digits.parse().ok().filter(|file: &Hash| file.to_string() == digits)?;
        let (media, rest) = text.split_once(' ')?;
        let (size, title) = rest.split_once(' ')?;
        let number: u64 = size.parse().ok().filter(|number: &u64| number.to_string() == size)?;
        let fits = (1..=MAX_ATTACHMENT).contains(&number) && tidy(title) == title;
        let media = Media::from_id(media)?;
        fits.then(|| Self { file, media, size: number, title: title.to_owned() })
    }

    /// The files that a document's state names, in the order of their hashes; of a key with several values the first that reads.
    /// Further ones than [`MAX_ATTACHMENTS`] are not looked at.
    pub fn all<'a>(fields: impl IntoIterator<Item = (&'a String, &'a Vec<Value>)>) -> Vec<Self> {
        let read = |(key, values): (&'a String, &'a Vec<Value>)| {
            values.iter().find_map(|value| Self::read(key, value))
        };
        fields.into_iter().filter_map(read).take(MAX_ATTACHMENTS).collect()
    }
}

/// What is asked of a peer: a file that a document names, from a byte on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAsk {
    /// The document.
    pub document: DocumentId,
    /// The file.
    pub file: Hash,
    /// The first byte wanted.
    pub offset: u64,
}

impl FileAsk {
    /// Writes it.
    pub fn encode(&self, to: &mut Encoder) {
        self.document.encode(to);
        self.file.encode(to);
        to.uint(self.offset);
    }

    /// Reads it.
    ///
    /// # Errors
    /// Bytes of another form.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let (document, file) = (DocumentId::decode(from)?, Hash::decode(from)?);
        Ok(Self { document, file, offset: from.uint_max(MAX_ATTACHMENT, "offset")? })
    }
}

/// The answer: some of the file's bytes, or that there are none for the asker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePiece {
    /// The file.
    pub file: Hash,
    /// Its length, bytes; 0 when there is nothing for the asker.
    pub size: u64,
    /// Where these bytes stand in it.
    pub offset: u64,
    /// At most [`MAX_PIECE`]; empty when there is nothing for the asker.
    pub bytes: Vec<u8>,
}

impl FilePiece {
    /// Says that there is nothing for the asker: the file is not here, or not for it.
    pub fn none(file: Hash) -> Self {
        Self { file, size: 0, offset: 0, bytes: Vec::new() }
    }

    /// Whether it says so.
    pub fn is_none(&self) -> bool {
        self.size == 0
    }

    /// Writes it.
    pub fn encode(&self, to: &mut Encoder) {
        self.file.encode(to);
        to.uint(self.size).uint(self.offset).bytes(&self.bytes);
    }

    /// Reads it.
    ///
    /// # Errors
    /// Bytes of another form; a piece that does not lie in its file.
    pub fn decode(from: &mut Decoder<'_>) -> Checked<Self> {
        let file = Hash::decode(from)?;
        let (size, offset) =
            (from.uint_max(MAX_ATTACHMENT, "file")?, from.uint_max(MAX_ATTACHMENT, "offset")?);
        let bytes = from.bytes(MAX_PIECE, "piece of a file")?.to_vec();
        let lies_within = offset + bytes.len() as u64 <= size && bytes.is_empty() == (size == 0);
        if lies_within {
            Ok(Self { file, size, offset, bytes })
        } else {
            Err(Fault::NotCanonical { what: "piece of a file" })
        }
    }
}

/// A title on one line, without control characters, within its bound.
fn tidy(title: &str) -> String {
    let words: Vec<&str> = title.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line[..line.floor_char_boundary(MAX_ATTACHMENT_TITLE)].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        for (bytes, media) in [
            (&b"%PDF-1.7\n"[..], Some(Media::Pdf)),
            (b"\x89PNG\r\n\x1a\n\0\0", Some(Media::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(Media::Jpeg)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(Media::Webp)),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<!doctype html>", None),
            (b" %PDF-1.7", None),
            (b"GIF89a", None),
            (b"PK\x03\x04", None),
            (b"", None),
        ] {
            assert_eq!(Media::of(bytes), media, "{bytes:?}");
            assert_eq!(Attachment::of(bytes, "x").is_ok(), media.is_some());
        }
        let long = [&b"%PDF-"[..], &vec![0; MAX_ATTACHMENT as usize]].concat();
        assert!(matches!(Attachment::of(&long, "x"), Err(Fault::TooLong { .. })));
    }

    #[test]
    fn what_a_document_says_of_a_file_reads_back_and_nothing_else_does() {
        let file = Attachment::of(b"%PDF-1.7 report", " 检测\n报告  2024\t").unwrap();
        assert_eq!(file.title, "检测 报告 2024");
        assert_eq!(Attachment::read(&file.key(), &file.value()), Some(file.clone()));
        let untitled = Attachment::of(b"%PDF-1.7 report", "").unwrap();
        assert_eq!(Attachment::read(&untitled.key(), &untitled.value()), Some(untitled));
        let text = |text: &str| Value::Text(text.to_owned());
        for wrong in
            ["", "pdf", "pdf 15", "svg 15 x", "pdf 015 x", "pdf +15 x", "pdf 0 x", "pdf 15  x", "pdf 15 a\nb"]
        {
            assert_eq!(Attachment::read(&file.key(), &text(wrong)), None, "{wrong:?}");
        }
        let huge = text(&format!("pdf {} x", MAX_ATTACHMENT + 1));
        assert_eq!(Attachment::read(&file.key(), &huge), None);
        assert_eq!(Attachment::read(&file.key(), &Value::Bool(true)), None);
        for key in
            [file.key().to_uppercase(), file.key()[..69].to_owned(), "title".to_owned(), FILE.to_owned()]
        {
            assert_eq!(Attachment::read(&key, &file.value()), None, "{key}");
        }
    }

    #[test]
    fn a_piece_lies_within_its_file_or_is_none() {
        let read = |piece: &FilePiece| {
            let mut to = Encoder::new();
            piece.encode(&mut to);
            Decoder::whole(&to.finish(), "piece", FilePiece::decode)
        };
        let piece = |size, offset, len| FilePiece { file: Hash([7; 32]), size, offset, bytes: vec![1; len] };
        for good in [
            piece(10, 0, 10),
            piece(10, 9, 1),
            piece(MAX_ATTACHMENT, 0, MAX_PIECE),
            FilePiece::none(Hash([7; 32])),
        ] {
            assert_eq!(read(&good), Ok(good));
        }
        for wrong in [
            piece(10, 9, 2),
            piece(10, 3, 0),
            piece(0, 1, 0),
            piece(MAX_ATTACHMENT + 1, 0, 1),
            piece(MAX_ATTACHMENT, 0, MAX_PIECE + 1),
        ] {
            assert!(read(&wrong).is_err(), "{} {}", wrong.size, wrong.offset);
        }
    }

    #[test]
    fn only_so_many_files_of_a_document_are_looked_at() {
        let named = |n: u32| {
            let file = Attachment::of(format!("%PDF-{n}").as_bytes(), "").unwrap();
            (file.key(), vec![Value::Bool(true), file.value()])
        };
        let fields: std::collections::BTreeMap<_, _> = (0..40).map(named).collect();
        let all = Attachment::all(&fields);
        assert_eq!(all.len(), MAX_ATTACHMENTS);
        assert!(all.is_sorted_by(|a, b| a.file < b.file));
    }
}
