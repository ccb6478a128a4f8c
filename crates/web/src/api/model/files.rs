//! Files of a draft.

use super::File;
use serde::Serialize;
use utoipa::ToSchema;

/// Files of a draft, all of them, in the order in which pages show them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FileList {
    pub(in crate::api) items: Vec<File>,
}
