//! What an operation is: where it stands, what it takes, who may use it, what it answers.

use super::answer::Answer;
use super::call::Call;
use super::problem::{Kind, Problem};
use super::shape::Shape;
use crate::desk::view::Clerk;
use axum::routing::MethodFilter;
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

const JSON: &str = "application/json";

/// What a token lets a program do. The rights of the account that it belongs to bound all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Write drafts and submit them.
    Drafts,
    /// Pass and return what waits for review.
    Review,
    /// Publish, withdraw, show again.
    Publish,
    /// Read enquiries and answer them.
    Enquiries,
    /// Add, change and remove sources that are harvested.
    Harvest,
    /// Read how the network's nodes are, and look after peers.
    Nodes,
    /// Read, make and change saved searches.
    Watches,
    /// Draft what governors decide, and take in what they signed.
    Govern,
    /// Read the audit log.
    Audit,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Drafts,
        Self::Review,
        Self::Publish,
        Self::Enquiries,
        Self::Harvest,
        Self::Nodes,
        Self::Watches,
        Self::Govern,
        Self::Audit,
    ];

    /// The word for it: `drafts`, `review` and so on.
    pub fn id(self) -> &'static str {
        match self {
            Self::Drafts => "drafts",
            Self::Review => "review",
            Self::Publish => "publish",
            Self::Enquiries => "enquiries",
            Self::Harvest => "harvest",
            Self::Nodes => "nodes",
            Self::Watches => "watches",
            Self::Govern => "govern",
            Self::Audit => "audit",
        }
    }

    /// The reverse of [`Scope::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.id() == id)
    }
}

/// Who holds a token that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The token's number.
    pub token: String,
    /// The account, as it is now.
    pub clerk: Clerk,
    /// What the token is for.
    pub scopes: Vec<Scope>,
}

/// What an operation is about, in the order in which the page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Listings,
    Network,
    Catalogue,
    Enquiries,
    Drafts,
    Imports,
    Own,
    Statistics,
    Watches,
    Harvest,
    Governing,
}

impl Group {
    pub(super) const ALL: [Self; 11] = [
        Self::Listings,
        Self::Statistics,
        Self::Network,
        Self::Catalogue,
        Self::Enquiries,
        Self::Drafts,
        Self::Imports,
        Self::Own,
        Self::Watches,
        Self::Harvest,
        Self::Governing,
    ];

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Listings => "listings",
            Self::Network => "network",
            Self::Catalogue => "catalogue",
            Self::Enquiries => "enquiries",
            Self::Drafts => "drafts",
            Self::Imports => "imports",
            Self::Own => "own",
            Self::Statistics => "statistics",
            Self::Watches => "watches",
            Self::Harvest => "harvest",
            Self::Governing => "governing",
        }
    }
}

/// HTTP methods that there are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

impl Verb {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// A parameter.
#[derive(Debug)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) shape: Shape,
    /// What the page for trying fills in at first; may be empty.
    pub(super) example: &'static str,
}

/// The type of a body.
pub(super) struct Model {
    pub(super) name: fn() -> Cow<'static, str>,
    pub(super) collect: fn(&mut Vec<(String, RefOr<Schema>)>),
}

/// The model of a type.
pub(super) const fn model<T: ToSchema>() -> Model {
    fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
    Model { name: T::name, collect: collect::<T> }
}

/// What a body is to be.
pub(super) enum Takes {
    Nothing,
    Json(Model),
    /// A file, as it is.
    Bytes(Carried),
}

/// A file that is a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried {
    /// Media types under which it may be sent; what it is, its content says.
    pub(super) media: &'static [&'static str],
    /// Bytes of the longest.
    pub(super) most: u64,
}

/// What a good answer carries.
pub(super) enum Gives {
    Json(Model),
    /// A document, or the same as a file of one of these types, as the caller asks.
    Either(Model, &'static [&'static str]),
    File(&'static [&'static str]),
    /// The document that describes the API itself.
    OpenApi,
    Nothing,
}

/// What answers a call.
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;

/// An operation.
pub(super) struct Operation {
    /// Its name: `operationId`, and that of its words.
    pub(super) id: &'static str,
    pub(super) verb: Verb,
    /// Below `/api/v1`.
    pub(super) path: &'static str,
    pub(super) group: Group,
    pub(super) params: &'static [Param],
    pub(super) takes: Takes,
    pub(super) status: u16,
    pub(super) gives: Gives,
    /// A token with any of these; none for what everyone may do.
    pub(super) scopes: &'static [Scope],
    /// What may go wrong besides what always may.
    pub(super) problems: &'static [Kind],
    /// Whether its answer has a version that a change must name.
    pub(super) versioned: bool,
    pub(super) run: fn(Call) -> Answering,
}

impl Operation {
    pub(super) fn filter(&self) -> MethodFilter {
        match self.verb {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Put => MethodFilter::PUT,
            Verb::Delete => MethodFilter::DELETE,
        }
    }

    /// Whether anyone may use it, from wherever, pages of other sites included.
    pub(super) fn is_open(&self) -> bool {
        self.scopes.is_empty() && self.verb == Verb::Get
    }

    /// The media types of a good answer, what is given where nothing is asked for first.
    pub(super) fn media(&self) -> Vec<&'static str> {
        match self.gives {
            Gives::Json(_) | Gives::OpenApi => vec![JSON],
            Gives::Either(_, media) => std::iter::once(JSON).chain(media.iter().copied()).collect(),
            Gives::File(media) => media.to_vec(),
            Gives::Nothing => Vec::new(),
        }
    }

    /// The file that is its body, where it takes one.
    pub(super) fn carried(&self) -> Option<Carried> {
        match self.takes {
            Takes::Bytes(carried) => Some(carried),
            Takes::Nothing | Takes::Json(_) => None,
        }
    }

    /// Whether a path below `/api/v1` is one of its own.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let fits = |(own, given): (&str, &str)| own.starts_with('{') && !given.is_empty() || own == given;
        self.path.split('/').count() == path.split('/').count()
            && self.path.split('/').zip(path.split('/')).all(fits)
    }

    /// All that may go wrong.
    pub(super) fn all_problems(&self) -> Vec<Kind> {
        let mut all = vec![
            Kind::Parameter,
            Kind::Accept,
            Kind::Long,
            Kind::Host,
            Kind::Large,
            Kind::Often,
            Kind::Failed,
            Kind::Busy,
            Kind::Ready,
        ];
        if !matches!(self.takes, Takes::Nothing) {
            all.extend([Kind::Body, Kind::Media, Kind::Record]);
        }
        if !self.scopes.is_empty() {
            all.extend([Kind::Token, Kind::Scope, Kind::Elsewhere, Kind::Path]);
        }
        if self.params.iter().any(|param| param.name == "if-match") {
            all.extend([Kind::Precondition, Kind::Changed]);
        }
        if self.params.iter().any(|param| param.name == "cursor") {
            all.push(Kind::Cursor);
        }
        all.extend(self.problems);
        all
    }
}
