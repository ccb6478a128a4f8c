//! The six kinds of listing as tables of fields.
//!
//! The same thing has the same field id in every kind. Only `title` is required anywhere; what Chinese forms mark with
//! ★ is [`Need::Expected`]: its absence is advice, never a refusal, since a node must take in what offices really have.
//!
//! **Keys of a document.** A scalar field is one key, its id. Some fields own companion keys (see [`Field::parts`]):
//! `price` is `price_min`, `price_max` (whole yuan) and `price_negotiable`; `trl` is `trl_min`, `trl_max`, `trl_word` and
//! `trl_mapped_by`; `region` has `region_as_of`. A set is one key per member, `keyword/新材料` → `true`: the prefix is
//! [`Field::set_prefix`], the member is everything after the first `/` and may itself contain `/` (`ipc/H01L21/00`).
//! What could not be read is kept as given under `<id>_text`.
//!
//! Absent here: parsing (`record`), words of single values (`vocabulary`), anything about who may see a listing now.

mod achievement;
mod activity;
mod demand;
mod expert;
mod field;
mod organization;
mod service;
mod shared;

pub use field::{FOREIGN_PATENT, Field, FieldType, Need, Part};

use crate::words::Lang;

/// Where the text of a listing may go; the narrower the smaller. Ordered from narrow to wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Never leaves the node.
    Private,
    /// Leaves as ciphertext for named parties only.
    Sealed,
    /// For certified nodes of the network.
    Members,
    /// For anyone.
    Public,
}

impl Visibility {
    /// `private`, `sealed`, `members` or `public`.
    pub fn id(self) -> &'static str {
        match self {
            Visibility::Private => "private",
            Visibility::Sealed => "sealed",
            Visibility::Members => "members",
            Visibility::Public => "public",
        }
    }

    /// The reverse of [`Visibility::id`].
    pub fn from_id(id: &str) -> Option<Visibility> {
        [Visibility::Private, Visibility::Sealed, Visibility::Members, Visibility::Public]
            .into_iter()
            .find(|visibility| visibility.id() == id)
    }
}

/// What a listing is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 成果: a result of research that is offered.
    Achievement,
    /// 需求: a technical need.
    Demand,
    /// 专家: a person who can help.
    Expert,
    /// 机构: an organisation's card.
    Organization,
    /// 服务: a service that is offered.
    Service,
    /// 活动: an event.
    Activity,
}

impl Kind {
    /// Every kind, in the order in which halls and lists show them.
    pub const ALL: [Kind; 6] =
        [Kind::Achievement, Kind::Demand, Kind::Expert, Kind::Organization, Kind::Service, Kind::Activity];

    /// The number that shelves carry on the wire; never reused, never changed.
    pub fn code(self) -> u16 {
        match self {
            Kind::Achievement => 16,
            Kind::Demand => 17,
            Kind::Expert => 18,
            Kind::Organization => 19,
            Kind::Service => 20,
            Kind::Activity => 21,
        }
    }

    /// The reverse of [`Kind::code`].
    pub fn from_code(code: u16) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// `achievement`, `demand`, `expert`, `organization`, `service` or `activity`.
    pub fn id(self) -> &'static str {
        match self {
            Kind::Achievement => "achievement",
            Kind::Demand => "demand",
            Kind::Expert => "expert",
            Kind::Organization => "organization",
            Kind::Service => "service",
            Kind::Activity => "activity",
        }
    }

    /// The reverse of [`Kind::id`].
    pub fn from_id(id: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// The kind's name for people: 成果 / Achievement.
    pub fn label(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Kind::Achievement => ("成果", "Achievement"),
            Kind::Demand => ("需求", "Demand"),
            Kind::Expert => ("专家", "Expert"),
            Kind::Organization => ("机构", "Organization"),
            Kind::Service => ("服务", "Service"),
            Kind::Activity => ("活动", "Activity"),
        };
        lang.pick(zh, en)
    }

    /// The fields of this kind in the order in which a person reads them.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Kind::Achievement => achievement::FIELDS,
            Kind::Demand => demand::FIELDS,
            Kind::Expert => expert::FIELDS,
            Kind::Organization => organization::FIELDS,
            Kind::Service => service::FIELDS,
            Kind::Activity => activity::FIELDS,
        }
    }

    /// The field with this id.
    pub fn field(self, id: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.id == id)
    }

    /// Which field a document key belongs to, and as what: `price_min` → (price, [`Part::Min`]), `keyword/钢` → (keywords,
    /// [`Part::Member`]). `None` for keys that this version does not know.
    pub fn key(self, key: &str) -> Option<(&'static Field, Part)> {
        self.fields().iter().find_map(|field| field.part_of(key).map(|part| (field, part)))
    }

    /// The field whose label, id or usual column header this is; stars, units and brackets around it do not matter.
    pub fn field_for_header(self, header: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.is_headed(header))
    }

    /// Where a new listing of this kind goes unless its author says otherwise: a need stays at home.
    pub fn default_visibility(self) -> Visibility {
        match self {
            Kind::Demand => Visibility::Private,
            _ => Visibility::Public,
        }
    }
}

#[cfg(test)]
mod tests;
