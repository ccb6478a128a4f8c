//! From the bytes of a text file to UTF-8: byte order marks, and GB18030 (with GBK and GB 2312 inside it) where a file is
//! not UTF-8.
//!
//! A whole file is looked at before one encoding is chosen: Chinese exports often begin with pages of ASCII. One bad byte
//! in a UTF-8 file must not make the rest unreadable, so lines vote.

use super::Meta;
use super::input::{Input, Stream};
use crate::error::{Note, ReadError};
use crate::limits::SNIFF_BYTES;
use encoding_rs::{Decoder, Encoding, GB18030, UTF_8};
use std::io::{self, BufRead, BufReader, Read};

/// A text file whose encoding is known.
pub(crate) struct Text<'a> {
    input: &'a Input,
    encoding: &'static Encoding,
    bom: usize,
}

/// Text as UTF-8. Bytes that were malformed in UTF-8 are passed as they are; in any other encoding they are U+FFFD.
pub(crate) type TextReader = BufReader<Box<dyn Read + Send>>;

const CHUNK: usize = 64 << 10;

impl<'a> Text<'a> {
    pub(crate) fn open(input: &'a Input, meta: &mut Meta) -> Result<Text<'a>, ReadError> {
        let head = input.head()?;
        let (encoding, bom) = match Encoding::for_bom(&head) {
            Some(found) => found,
            None => (vote(input.stream()?).map_err(|source| input.io(source))?, 0),
        };
        meta.encoding = if encoding == GB18030 { "GB18030" } else { encoding.name() };
        if encoding != UTF_8 {
            let name = meta.encoding;
            meta.note(Note::new(
                "encoding",
                format!("文件编码为 {name}，已转换为 UTF-8"),
                format!("the file is encoded in {name}; it is read as such"),
            ));
        }
        Ok(Text { input, encoding, bom })
    }

    /// Starts reading from the first character.
    pub(crate) fn reader(&self) -> Result<TextReader, ReadError> {
        let mut stream = self.input.stream()?;
        let mut bom = [0; 3];
        stream.read_exact(&mut bom[..self.bom.min(3)]).map_err(|source| self.input.io(source))?;
        let inner: Box<dyn Read + Send> = if self.encoding == UTF_8 {
            Box::new(stream)
        } else {
            Box::new(Transcoder::new(stream, self.encoding.new_decoder_without_bom_handling()))
        };
        Ok(BufReader::with_capacity(CHUNK, inner))
    }

    /// The first characters.
    pub(crate) fn head(&self) -> Result<Vec<u8>, ReadError> {
        let mut head = Vec::new();
        self.reader()?
            .take(SNIFF_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(|source| self.input.io(source))?;
        Ok(head)
    }

    /// An error of the system, with the file's name.
    pub(crate) fn io(&self, source: io::Error) -> ReadError {
        self.input.io(source)
    }
}

/// UTF-8 if more lines with foreign characters are sound UTF-8 than not; GB18030 otherwise.
fn vote(stream: Box<dyn Stream>) -> io::Result<&'static Encoding> {
    let mut reader = BufReader::with_capacity(CHUNK, stream);
    let mut piece: Vec<u8> = Vec::with_capacity(2 * CHUNK);
    let (mut sound, mut broken) = (0u64, 0u64);
    loop {
        let chunk = reader.fill_buf()?;
        let length = chunk.len();
        piece.extend_from_slice(chunk);
        reader.consume(length);
        let last = length == 0;
        // A character, and if possible a line, that goes on in the next chunk waits for it.
        let keep = if last { 0 } else { unfinished(&piece) };
        let ready = piece.len() - keep;
        let (good, bad) = count(&piece[..ready]);
        sound += good;
        broken += bad;
        piece.drain(..ready);
        if last {
            return Ok(if broken > 0 && broken >= sound { GB18030 } else { UTF_8 });
        }
    }
}

/// Bytes at the end that should wait: the last line when it is short, else at most one character.
fn unfinished(piece: &[u8]) -> usize {
    let line = piece.iter().rev().position(|b| *b == b'\n').unwrap_or(piece.len());
    if line < CHUNK {
        return line;
    }
    match std::str::from_utf8(piece) {
        Err(error) if error.error_len().is_none() => piece.len() - error.valid_up_to(),
        _ => 0,
    }
}

/// Lines beyond ASCII that are sound UTF-8, and lines that are not.
fn count(piece: &[u8]) -> (u64, u64) {
    let mut counts = (0, 0);
    for line in piece.split(|b| *b == b'\n').filter(|line| !line.is_ascii()) {
        if std::str::from_utf8(line).is_ok() { counts.0 += 1 } else { counts.1 += 1 }
    }
    counts
}

/// Reads another encoding as UTF-8.
struct Transcoder {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    text: Vec<u8>,
    text_at: usize,
    ended: bool,
    done: bool,
}

impl Transcoder {
    fn new(stream: Box<dyn Stream>, decoder: Decoder) -> Transcoder {
        let (raw, text) = (Vec::new(), Vec::new());
        Transcoder { stream, decoder, raw, raw_at: 0, text, text_at: 0, ended: false, done: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_at == self.raw.len() && !self.ended {
            self.raw.resize(CHUNK, 0);
            let length = self.stream.read(&mut self.raw)?;
            self.raw.truncate(length);
            self.raw_at = 0;
            self.ended = length == 0;
        }
        self.text.resize(CHUNK, 0);
        let (result, read, written, _) =
            self.decoder.decode_to_utf8(&self.raw[self.raw_at..], &mut self.text, self.ended);
        self.raw_at += read;
        self.text.truncate(written);
        self.text_at = 0;
        self.done = self.ended && result == encoding_rs::CoderResult::InputEmpty;
        Ok(())
    }
}

impl Read for Transcoder {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.text_at == self.text.len() && !self.done {
            self.refill()?;
        }
        let length = out.len().min(self.text.len() - self.text_at);
        out[..length].copy_from_slice(&self.text[self.text_at..self.text_at + length]);
        self.text_at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (&'static str, String) {
        let input = Input::from(bytes);
        let mut meta = Meta::new(crate::read::Format::Csv);
        let text = Text::open(&input, &mut meta).unwrap();
        let mut out = Vec::new();
        text.reader().unwrap().read_to_end(&mut out).unwrap();
        (meta.encoding, String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn encodings_are_found() {
        assert_eq!(decoded("\u{feff}名称".as_bytes()), ("UTF-8", "名称".to_owned()));
        let gbk = GB18030.encode("名称,摘要\n激光焊接,深熔\n").0.into_owned();
        assert_eq!(decoded(&gbk), ("GB18030", "名称,摘要\n激光焊接,深熔\n".to_owned()));
        let mut utf16 = vec![0xFF, 0xFE];
        utf16.extend("名称\n".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decoded(&utf16), ("UTF-16LE", "名称\n".to_owned()));
    }

    #[test]
    fn ascii_pages_before_gbk_and_one_bad_byte_in_utf8() {
        let mut late = b"a,b\n".repeat(60_000);
        late.extend_from_slice(&GB18030.encode("武汉,光谷\n").0);
        let (name, text) = decoded(&late);
        assert_eq!(name, "GB18030");
        assert!(text.ends_with("武汉,光谷\n"));
        let mut bad = "名称\n光电\n材料\n".as_bytes().to_vec();
        bad.extend_from_slice(b"\xE5\x85\n");
        assert_eq!(decoded(&bad).0, "UTF-8");
        // One line of five million bytes: chunk borders fall inside characters.
        assert_eq!(decoded("光电子".repeat(500_000).as_bytes()).0, "UTF-8");
    }
}
