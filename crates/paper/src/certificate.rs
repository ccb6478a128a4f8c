//! A certificate: what a proof shows, on A4, as a PDF whose bytes follow from what is put in.
//!
//! ```text
//! Certificate (words) ─▶ sheet (lines and places, page by page) ─▶ pdf (PDF/A-3b, tagged, typefaces subset, files attached)
//! bytes of a PDF      ─▶ attached (a file that lies in it as it was put in)
//! ```
//!
//! Whoever has the same words and files makes the same bytes: that is how changed looks are found out. So nothing here may
//! depend on a clock, a map without order, or the machine.

mod attached;
pub(crate) mod face;
mod lines;
pub(crate) mod pdf;
pub(crate) mod sheet;

pub use attached::attached;

/// Most pages of a certificate: what a record of 64 KiB and its statements cannot fill.
pub const MAX_PAGES: usize = 60;

/// Words in Chinese and in English.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Two {
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Two {
    /// Both.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// A label and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// The label.
    pub label: Two,
    /// One text; lines are broken where they end.
    pub value: String,
}

/// A file inside the PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, ASCII.
    pub name: String,
    /// What it is, in a few words.
    pub description: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// All that stands on a certificate. Texts are broken into lines, never cut; characters that the typeface lacks are shown as 〓 and named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Over the heading: the network.
    pub over: Two,
    /// The heading.
    pub heading: Two,
    /// What is certified.
    pub claim: Two,
    /// The listing's title.
    pub title: String,
    /// Short facts: a table.
    pub facts: Vec<Fact>,
    /// Long texts, each under its label.
    pub parts: Vec<Fact>,
    /// Beside the code: numbers to compare.
    pub marks: Vec<Fact>,
    /// What the code carries.
    pub code: String,
    /// Under the code.
    pub code_note: Two,
    /// Small print.
    pub notes: Vec<Two>,
    /// Said of characters that are missing, with a place `{chars}`.
    pub missing: Two,
    /// The line at the foot of each page, with places `{n}` and `{all}`.
    pub page: Two,
    /// When it was made, milliseconds since 1970 UTC.
    pub made_ms: i64,
    /// Files that lie in it.
    pub files: Vec<File>,
}

/// Why a certificate could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaperFault {
    /// More than [`MAX_PAGES`].
    #[error("it would have more than {MAX_PAGES} pages")]
    Long,
    /// The code cannot hold its text.
    #[error(transparent)]
    Code(#[from] crate::QrFault),
    /// The typefaces or the writer of PDFs failed: a fault of this program.
    #[error("the PDF could not be written: {0}")]
    Writer(String),
}

impl Certificate {
    /// The PDF's bytes.
    ///
    /// # Errors
    /// When it would be too long, or the code cannot hold its text.
    pub fn to_pdf(&self) -> Result<Vec<u8>, PaperFault> {
        let faces =
            face::Faces::read().ok_or_else(|| PaperFault::Writer("a typeface does not open".to_owned()))?;
        let code = crate::Code::for_paper(&self.code)?;
        let pages = sheet::lay_out(self, &faces, &code)?;
        let cover = pdf::Cover {
            title: format!("{}　{}", self.heading.zh, self.title),
            lang: "zh-CN",
            framed: true,
            made_ms: self.made_ms,
            files: &self.files,
        };
        pdf::write(&cover, &faces, &pages)
    }
}

#[cfg(test)]
mod tests;
