//! Files of listings, as pages show them.

use protocol::{Attachment, Hash, Media};

/// A file that belongs to a listing or a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentView {
    /// Hash of its bytes, hex.
    pub file: String,
    /// What it is, by its content.
    pub media: Media,
    /// Bytes.
    pub size: u64,
    /// What it shows, as written; may be empty.
    pub title: String,
    /// Whether it is on this node.
    pub here: bool,
}

impl AttachmentView {
    /// Of what a document says.
    pub fn new(attachment: &Attachment, here: bool) -> Self {
        Self {
            file: attachment.file.to_string(),
            media: attachment.media,
            size: attachment.size,
            title: attachment.title.clone(),
            here,
        }
    }
}

/// A file that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileView {
    /// It is here.
    Here {
        /// What it is.
        media: Media,
        /// What it shows; may be empty.
        title: String,
        /// Its bytes, which are those of its hash.
        bytes: Vec<u8>,
    },
    /// It is being fetched.
    Coming,
    /// It is not here, and nobody can be asked for it now.
    Absent,
}

/// The hash that an address names: 64 lower-case hexadecimal digits, and nothing else.
pub(crate) fn file_in(text: &str) -> Option<Hash> {
    text.parse().ok().filter(|file: &Hash| file.to_string() == text)
}
