//! The six halls of a technology market, 交易 成果 需求 服务 活动 境外/跨区域: views over the listings, the same on every node.
//!
//! A listing may stand in several: an achievement with a price is in the trade hall too, and one from abroad beyond the
//! borders as well. Absent: searching, and where a network is at home (its roster says that).

use crate::Kind;

/// One of the six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hall {
    /// 交易: achievements that name their price, and demands that name their budget, to be agreed included.
    Trade,
    /// 成果.
    Achievement,
    /// 需求.
    Demand,
    /// 服务: services, and the experts and organizations that give them.
    Service,
    /// 活动.
    Activity,
    /// 境外/跨区域: whatever comes from abroad, or from a province that is none of the network's own.
    Beyond,
}

impl Hall {
    /// All six, in the order in which pages show them.
    pub const ALL: [Hall; 6] =
        [Hall::Trade, Hall::Achievement, Hall::Demand, Hall::Service, Hall::Activity, Hall::Beyond];

    /// The word in addresses: `trade`, `achievement`, `demand`, `service`, `activity`, `beyond`.
    pub fn id(self) -> &'static str {
        match self {
            Hall::Trade => "trade",
            Hall::Achievement => "achievement",
            Hall::Demand => "demand",
            Hall::Service => "service",
            Hall::Activity => "activity",
            Hall::Beyond => "beyond",
        }
    }

    /// The reverse of [`Hall::id`].
    pub fn from_id(id: &str) -> Option<Hall> {
        Hall::ALL.into_iter().find(|hall| hall.id() == id)
    }

    /// The kinds that stand in it; all of them where it is empty.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Hall::Trade => &[Kind::Achievement, Kind::Demand],
            Hall::Achievement => &[Kind::Achievement],
            Hall::Demand => &[Kind::Demand],
            Hall::Service => &[Kind::Service, Kind::Expert, Kind::Organization],
            Hall::Activity => &[Kind::Activity],
            Hall::Beyond => &[],
        }
    }

    /// The hall that a listing of this kind is at home in.
    pub fn of(kind: Kind) -> Hall {
        match kind {
            Kind::Achievement => Hall::Achievement,
            Kind::Demand => Hall::Demand,
            Kind::Service | Kind::Expert | Kind::Organization => Hall::Service,
            Kind::Activity => Hall::Activity,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_in_the_hall_that_it_is_at_home_in() {
        for kind in Kind::ALL {
            assert!(Hall::of(kind).kinds().contains(&kind), "{}", kind.id());
        }
        for hall in Hall::ALL {
            assert_eq!(Hall::from_id(hall.id()), Some(hall));
        }
        assert_eq!(Hall::from_id("Trade"), None);
    }
}
