//! What bodies of the API hold. The names and shapes here are a promise: what a program reads today it can read tomorrow; fields are
//! added, never renamed.

pub(super) mod audit;
pub(super) mod catalogue;
pub(super) mod desk;
pub(super) mod enquiries;
pub(super) mod files;
pub(super) mod govern;
pub(super) mod harvest;
pub(super) mod imports;
pub(super) mod listing;
pub(super) mod lists;
pub(super) mod markets;
pub(super) mod network;
pub(super) mod nodes;
pub(super) mod peers;
pub(super) mod statistics;
pub(super) mod watches;

use crate::desk::view::Said;
use crate::text::instant;
use crate::view;
use catalog::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text in Chinese and in English; the English one may be empty.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Names {
    zh: String,
    en: String,
}

impl Names {
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Nothing where there is no name.
    pub(super) fn some(names: &view::Names) -> Option<Self> {
        (!names.zh.is_empty() || !names.en.is_empty()).then(|| Self::from(names))
    }
}

impl From<&view::Names> for Names {
    fn from(names: &view::Names) -> Self {
        Self::new(&names.zh, &names.en)
    }
}

/// A value and how many listings have it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bucket {
    /// The value, as a filter takes it.
    value: String,
    /// Its name, where it has one of its own.
    name: Option<String>,
    listings: u64,
}

impl Bucket {
    pub(super) fn all(buckets: &[view::Bucket]) -> Vec<Self> {
        let one = |bucket: &view::Bucket| Self {
            value: bucket.value.clone(),
            name: None,
            listings: bucket.listings,
        };
        buckets.iter().map(one).collect()
    }

    pub(super) fn named(buckets: &[view::NamedBucket]) -> Vec<Self> {
        let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let one = |bucket: &view::NamedBucket| Self {
            value: bucket.value.clone(),
            name: name(&bucket.name),
            listings: bucket.listings,
        };
        buckets.iter().map(one).collect()
    }
}

/// What a node or an institution is in the network: 枢纽, 分市场, 资源分站, 基层站点.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Hub,
    SubMarket,
    ResourceStation,
    GrassrootsSite,
}

impl Role {
    /// As the node names it.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::SubMarket => "sub-market",
            Self::ResourceStation => "resource-station",
            Self::GrassrootsSite => "grassroots-site",
        }
    }
}

impl From<view::Role> for Role {
    fn from(role: view::Role) -> Self {
        match role {
            view::Role::Hub => Self::Hub,
            view::Role::SubMarket => Self::SubMarket,
            view::Role::ResourceStation => Self::ResourceStation,
            view::Role::GrassrootsSite => Self::GrassrootsSite,
        }
    }
}

/// What third parties say of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Statement {
    /// The network of who says so, where that is another one than the listing's.
    network: Option<Names>,
    /// `screening`, `evaluation`, … or anything else.
    label: String,
    value: String,
    reason: String,
    /// Name of the institution that says so.
    institution: String,
    /// When, by its own clock.
    #[schema(format = "date-time")]
    signed: String,
    /// Whether it is about the present version.
    present: bool,
    /// Whether its signature verifies.
    verified: bool,
}

impl From<&view::StatementView> for Statement {
    fn from(said: &view::StatementView) -> Self {
        Self {
            network: said.network.as_ref().map(Names::from),
            label: said.label.clone(),
            value: said.value.clone(),
            reason: said.reason.clone(),
            institution: said.institution.clone(),
            signed: instant(said.signed_ms),
            present: said.present,
            verified: said.verified,
        }
    }
}

/// What a listing, or a draft, says under one key of its document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Field {
    /// The key: `title`, `price_min`, `keyword/新材料`.
    key: String,
    /// Texts as written, whole numbers in decimal, flags as `true` and `false`. More than one are concurrent edits that nobody has
    /// chosen between yet.
    values: Vec<String>,
    /// Of each of several values, who wrote it.
    writers: Vec<Writer>,
}

/// Who wrote a value.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Writer {
    institution: String,
    #[schema(format = "date-time")]
    signed: String,
}

impl Field {
    pub(super) fn all(fields: &[view::FieldView]) -> Vec<Self> {
        let writer =
            |by: &view::Writer| Writer { institution: by.institution.clone(), signed: instant(by.signed_ms) };
        let one = |field: &view::FieldView| Self {
            key: field.key.clone(),
            values: field.values.clone(),
            writers: field.writers.iter().map(writer).collect(),
        };
        fields.iter().map(one).collect()
    }
}

/// A file that belongs to a listing or a draft.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct File {
    /// SHA-256 hash of its bytes, hexadecimal: its address under the listing.
    hash: String,
    /// Media type.
    media: String,
    bytes: u64,
    title: String,
    /// Whether it is on this node; one that is not is fetched when somebody asks for it.
    here: bool,
}

impl File {
    pub(super) fn all(files: &[view::AttachmentView]) -> Vec<Self> {
        let one = |file: &view::AttachmentView| Self {
            hash: file.file.clone(),
            media: file.media.mime().to_owned(),
            bytes: file.size,
            title: file.title.clone(),
            here: file.here,
        };
        files.iter().map(one).collect()
    }
}

/// What the desk said, and what to do, in one text.
pub(super) fn in_words(lang: Lang, said: Option<&Said>) -> Option<String> {
    let (message, hint) = said?.in_words(lang);
    Some(format!("{message} {hint}").trim_end().to_owned())
}

/// A moment; null where there was none.
pub(super) fn time(ms: i64) -> Option<String> {
    (ms > 0).then(|| instant(ms))
}

/// An address of the pages; empty where there is none.
pub(super) fn page(origin: &str, path: &str) -> String {
    format!("{origin}{path}")
}
