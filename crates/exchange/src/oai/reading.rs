//! Reading the answers of other repositories.
//!
//! An answer is read as it is found, not as the protocol wishes it: any prefix of a namespace, texts in CDATA or with markup
//! in them, another encoding than announced. What is no answer (a web page, an answer that broke off, a document with a
//! document type, whose entities are never expanded) is refused with a reason. Memory is bounded by the answer's bytes and by
//! [`MAX_ELEMENTS`].

mod build;
mod charset;

use super::stamp::Stamp;

/// Longest answer that is read, bytes: a hundred records of the largest that are usual, several times over.
pub const MAX_ANSWER: usize = 8 << 20;
/// Elements of one answer; each costs some hundred bytes of memory beside its text.
pub const MAX_ELEMENTS: usize = 100_000;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// When it was given, by its own clock.
    pub at: Option<Stamp>,
    /// What the repository says against the request: the protocol's word and a text.
    pub faults: Vec<(String, String)>,
    /// What it says of itself.
    pub repository: Option<Repository>,
    /// The forms that it has.
    pub formats: Vec<FormatName>,
    /// Its sets: specification and name.
    pub sets: Vec<(String, String)>,
    /// Records, or their headers alone.
    pub records: Vec<Foreign>,
    /// Where to go on; `None` at the end.
    pub token: Option<String>,
    /// Records in all, where that is said.
    pub total: Option<u64>,
}

/// What a repository says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// Whom to write to.
    pub email: String,
    /// Its first datestamp, as given.
    pub earliest: String,
    /// `no`, `transient` or `persistent`: whether it tells what is gone.
    pub deleted: String,
    /// Whether its datestamps are seconds; else days.
    pub to_the_second: bool,
}

/// A form of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatName {
    /// Its metadataPrefix.
    pub prefix: String,
    /// Its namespace.
    pub namespace: String,
}

/// A record of a foreign repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// Its identifier there.
    pub identifier: String,
    /// Its datestamp, as given.
    pub datestamp: String,
    /// Sets that it is of.
    pub sets: Vec<String>,
    /// Whether it is gone.
    pub gone: bool,
    /// Its contents; none of what is gone, and of headers.
    pub metadata: Option<Metadata>,
}

/// The contents of a record: the element in `metadata`, its attributes, and what stands in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The element's name, without a prefix: `dc`, `listing`.
    pub root: String,
    /// Its attributes, names without prefixes.
    pub attributes: Vec<(String, String)>,
    /// The elements in it, in order.
    pub elements: Vec<Element>,
}

/// An element in the contents of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name, without a prefix: `title`.
    pub name: String,
    /// Its attribute `name`; empty where it has none.
    pub called: String,
    /// Its `xml:lang`; empty where it has none.
    pub lang: String,
    /// All text in it.
    pub text: String,
}

/// Why something is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More than is read.
    #[error(
        "the answer is larger than {MAX_ANSWER} bytes, or holds more than {MAX_ELEMENTS} elements; ask its operator for smaller pages"
    )]
    TooLarge,
    /// A page for people.
    #[error(
        "this is a web page, not an OAI-PMH answer; the address of a repository often ends in /oai or /oai/request"
    )]
    WebPage,
    /// A document with a document type, as no answer has.
    #[error("the answer declares a document type, which is not read; ask its operator")]
    DocumentType,
    /// XML of something else.
    #[error("this is XML, but no OAI-PMH answer: it begins with <{root}>")]
    Other {
        /// Its first element.
        root: String,
    },
    /// No XML, or broken XML.
    #[error("the answer is no sound XML ({why}); ask its operator")]
    Broken {
        /// What is wrong.
        why: String,
    },
    /// It ends too early.
    #[error("the answer broke off in <{inside}>; try later")]
    CutShort {
        /// The element that was not ended.
        inside: String,
    },
}

impl Unreadable {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::TooLarge => {
                format!("应答超过 {MAX_ANSWER} 字节或 {MAX_ELEMENTS} 个元素；请对方减小每页条数")
            }
            Self::WebPage => "这是网页，不是 OAI-PMH 应答；仓储地址常以 /oai 或 /oai/request 结尾".to_owned(),
            Self::DocumentType => "应答中有文档类型声明，不予读取；请联系对方".to_owned(),
            Self::Other { root } => format!("这是 XML，但不是 OAI-PMH 应答：首元素为 <{root}>"),
            Self::Broken { why } => format!("应答不是完好的 XML（{why}）；请联系对方"),
            Self::CutShort { inside } => format!("应答在 <{inside}> 中断；请稍后再试"),
        }
    }

    /// Whether it may be otherwise the next time.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::CutShort { .. })
    }
}

/// Reads an answer. `charset` is what the server called its encoding, if it did.
///
/// # Errors
/// When it is no answer of OAI-PMH 2.0, or too large.
pub fn read(bytes: &[u8], charset: Option<&str>) -> Result<Reading, Unreadable> {
    if bytes.len() > MAX_ANSWER {
        return Err(Unreadable::TooLarge);
    }
    build::read(&charset::text(bytes, charset))
}

#[cfg(test)]
mod tests;
