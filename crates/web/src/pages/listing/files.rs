//! The files of a listing: pictures to look at, the rest to be saved.

use catalog::Lang;
use catalog::words::{fill, say};

use crate::limits::{FILES_SHOWN, INLINE_BYTES, NAME_CHARS};
use crate::text::{size, tidy_line};
use crate::view::AttachmentView;

/// One of them.
pub(crate) struct File {
    pub(crate) file: String,
    pub(crate) href: String,
    pub(crate) title: String,
    /// Shown as a picture.
    pub(crate) shown: bool,
    /// What it is, how long, and whether it is here.
    pub(crate) about: String,
}

impl File {
    fn new(lang: Lang, under: &str, view: &AttachmentView) -> Self {
        let file = tidy_line(&view.file, NAME_CHARS);
        let title = tidy_line(&view.title, NAME_CHARS * 2);
        let about = [view.media.id().to_uppercase(), size(view.size)].join(" · ");
        let wait = if view.here { String::new() } else { format!(" · {}", say(lang, "attachment.fetched")) };
        Self {
            href: format!("{under}/file/{file}"),
            title: if title.is_empty() { say(lang, "attachment.untitled").to_owned() } else { title },
            shown: view.here && view.media.is_picture() && view.size <= INLINE_BYTES,
            about: format!("{about}{wait}"),
            file,
        }
    }
}

/// All files of a listing or a draft.
pub(crate) struct Files {
    pub(crate) heading: String,
    pub(crate) pictures: Vec<File>,
    pub(crate) others: Vec<File>,
}

impl Files {
    /// Those of the page at `under`.
    pub(crate) fn new(lang: Lang, under: &str, views: &[AttachmentView]) -> Self {
        let files = views.iter().take(FILES_SHOWN).map(|view| File::new(lang, under, view));
        let (pictures, others) = files.partition(|file| file.shown);
        let heading = fill(lang, "attachment.heading", &[("n", &views.len().to_string())]);
        Self { heading, pictures, others }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.others.is_empty()
    }
}
