//! The whole network, for its map: who is in it, where, as what, and how each is as far as this node sees.

use super::{Membership, Names, NodeHealth, NodeView, PeerState, Role};

/// The network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkView {
    /// This node.
    pub node: NodeView,
    /// Everyone on the roster, in any order.
    pub members: Vec<MemberView>,
    /// Networks that listings are exchanged with.
    pub markets: Vec<PeerMarketView>,
    /// This node's clock, ms.
    pub now_ms: i64,
}

/// One institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Institution id, hex.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// GB/T 2260 code, six digits.
    pub region: String,
    /// Whether it is in good standing.
    pub membership: Membership,
    /// Whether it governs.
    pub governs: bool,
    /// Whether it is this node's own.
    pub own: bool,
    /// How its best connected node is; `None` when none is connected with this one.
    pub link: Option<PeerState>,
    /// What went wrong last; may be empty.
    pub reason: String,
    /// When a node of it was last in step with this one, ms.
    pub last_success_ms: Option<i64>,
    /// How its worst node is, as it says itself, in no more than a word: what is wrong is not for everyone. `None` when none has
    /// said so.
    pub said: Option<MemberSaid>,
}

/// How an institution's nodes are, by their own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberSaid {
    /// That of its worst node.
    pub health: NodeHealth,
    /// Whether what that one said is too old to go by.
    pub silent: bool,
    /// When it came here, ms.
    pub heard_ms: i64,
}

/// A peer market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerMarketView {
    /// Its name.
    pub name: Names,
    /// Whether the agreement is in force here and there.
    pub open: bool,
    /// Listings of it that are held here.
    pub listings: u64,
    /// The last day of the agreement, ms.
    pub until_ms: i64,
}

/// By what agreement a listing of another network is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketView {
    /// The other network.
    pub name: Names,
    /// The licence under which it is given; may be empty.
    pub licence: String,
    /// When the agreement ends, ms.
    pub until_ms: i64,
    /// Whether values of some fields are shown as the agreement maps them.
    pub mapped: bool,
    /// Whether some fields are not shown by the agreement.
    pub partly: bool,
}
