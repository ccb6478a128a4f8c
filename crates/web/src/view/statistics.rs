//! Statistics, as their pages show them.

use catalog::statistics::{Dimension, Month};

/// What a reader asks of the statistics; what names nothing that exists is as good as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatisticsAsk {
    /// Six digits of GB/T 2260.
    pub region: Option<String>,
    /// Listings first published in this month alone.
    pub month: Option<Month>,
}

/// Figures with what they follow from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatisticsView {
    /// What was asked.
    pub asked: StatisticsAsk,
    /// The month that this node's clock shows.
    pub now: Option<Month>,
    /// Listings that stand, of what was asked.
    pub listings: u64,
    /// Listings that stand, of whatever month.
    pub standing: u64,
    /// Listings that were withdrawn.
    pub withdrawn: u64,
    /// How many there are of what.
    pub by: Vec<(Dimension, Vec<(String, u64)>)>,
    /// Six digits of the divisions that can be asked for.
    pub areas: Vec<String>,
    /// Who does what, the most listings first.
    pub institutions: Vec<WorkView>,
    /// Public demands.
    pub demands: DemandsView,
    /// How this node alone answers enquiries.
    pub answered: AnsweredView,
    /// Digest of the figures, hex.
    pub digest: String,
    /// Digest of the entries, hex.
    pub entry_digest: String,
    /// Logs that they stand in.
    pub logs: u64,
    /// Entries.
    pub entries: u64,
}

/// Public demands, and how far they came as third parties say by signed statements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DemandsView {
    /// All of them.
    pub listed: u64,
    /// Of which a third party says something.
    pub looked_at: u64,
    /// That were brought together with another listing.
    pub matched: u64,
    /// Of which a contract was registered.
    pub contracted: u64,
}

/// What an institution does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkView {
    /// Its id, hex.
    pub id: String,
    /// Its name on the roster; may be empty.
    pub name: String,
    /// Whether it is a member in good standing.
    pub active: bool,
    /// Its listings.
    pub listings: u64,
    /// Listings that it has withdrawn.
    pub withdrawn: u64,
    /// Evaluations of its listings by others.
    pub evaluated: u64,
    /// Recognitions and certificates by others.
    pub honoured: u64,
    /// Contracts of its listings that others registered.
    pub contracts: u64,
    /// Screenings by others that object.
    pub rejected: u64,
    /// Others' listings that it brought together.
    pub matches: u64,
    /// What it says of others' listings.
    pub given: u64,
}

/// Enquiries to this node. Counts below [`crate::limits::LEAST_TOLD`] are not told: of one or two enquiries the number alone may say too much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AnsweredView {
    /// Received.
    pub received: u64,
    /// Answered.
    pub answered: u64,
    /// Answered within 24 hours.
    pub in_time: u64,
}

/// As what a bulletin is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulletinForm {
    /// Paper.
    Pdf,
    /// A workbook.
    Xlsx,
}

impl BulletinForm {
    /// Its ending.
    pub fn id(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    pub(crate) const fn media(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Whether figures of another node follow from what is held here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerdictView {
    /// `confirmed`; `figures`, `itself` or `network` where they are refuted; `apart` or `rules` where that cannot be said.
    pub verdict: String,
    /// Whether they follow.
    pub confirmed: bool,
    /// Whether they do not follow from the same entries.
    pub refuted: bool,
    /// Digest that was claimed, hex.
    pub claimed: String,
    /// Digest of the same figures here, hex.
    pub digest: String,
    /// Digest of the entries held here, hex.
    pub entry_digest: String,
    /// Logs held here.
    pub logs: u64,
    /// Entries held here.
    pub entries: u64,
    /// Where the entries differ, as far as that is known.
    pub apart: Option<ApartView>,
    /// Nodes that are connected and not in step: key, name, logs that are behind.
    pub out_of_step: Vec<(String, String, u64)>,
}

/// Where entries that two nodes hold differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApartView {
    /// Some of the logs.
    pub logs: Vec<ApartLog>,
    /// How many differ.
    pub count: u64,
    /// Entries that are missing here.
    pub behind: u64,
    /// Entries that are missing there.
    pub ahead: u64,
    /// Whether the rosters differ.
    pub roster: bool,
}

/// A log of which two nodes hold different entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApartLog {
    /// `behind`, `ahead` or `forked`.
    pub how: String,
    /// By how many entries.
    pub entries: u64,
    /// Key of the node that writes it, hex.
    pub node: String,
    /// Its institution; may be empty.
    pub institution: String,
    /// Kind id of the shelf.
    pub kind: String,
    /// Region of the shelf.
    pub region: String,
}
