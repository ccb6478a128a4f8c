//! What can be proposed.

/// A motion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Hides a member's listings for now.
    Suspend {
        /// Its id.
        institution: String,
        /// Why; everyone sees it.
        reason: String,
    },
    /// Ends a suspension.
    Reinstate {
        /// Its id.
        institution: String,
    },
    /// Says that a member has left.
    Exit {
        /// Its id.
        institution: String,
        /// Why.
        reason: String,
    },
    /// Gives a member another role or region.
    Role {
        /// Its id.
        institution: String,
        /// Role id.
        role: String,
        /// Region code or name.
        region: String,
    },
    /// Invites a newcomer.
    Invite {
        /// Role id.
        role: String,
        /// Region code or name.
        region: String,
        /// Days for which it serves.
        days: u32,
    },
    /// Hides a listing everywhere.
    TakeDown {
        /// Its id, the first digits of it, or its address.
        listing: String,
        /// Why; everyone sees it.
        reason: String,
    },
    /// Shows a listing again that was taken down.
    Restore {
        /// As above.
        listing: String,
    },
    /// Removes a listing's contents everywhere, for good.
    Purge {
        /// As above.
        listing: String,
        /// Why.
        reason: String,
    },
    /// Voids what a node's key signs from now on, or from some entries on.
    Revoke {
        /// Its key, hex, or the first digits of it.
        node: String,
        /// Entries of a thief's, hex, or the first digits of them.
        from: Vec<String>,
        /// Why.
        reason: String,
    },
    /// Says which branch of a forked log counts.
    Settle {
        /// The log, hex.
        log: String,
        /// The branch, by its first entry.
        keep: String,
    },
    /// Takes a member among the governors.
    AddGovernor {
        /// Its id or name.
        institution: String,
        /// How many must sign; more than half where nothing is said.
        threshold: Option<u8>,
    },
    /// Takes one from among them.
    RemoveGovernor {
        /// Its id or name.
        institution: String,
        /// As above.
        threshold: Option<u8>,
    },
    /// Gives one of the four unifications another version.
    Unified {
        /// `brand`, `rules`, `data` or `service`.
        part: String,
        /// What it is called.
        version: String,
        /// Its text; empty where it has none.
        text: Vec<u8>,
    },
    /// Offers another network an agreement.
    Agree(Box<Agreement>),
    /// An agreement stands otherwise from now on.
    Peer {
        /// The network's id.
        network: String,
        /// How.
        turn: PeerTurn,
        /// Why.
        reason: String,
    },
}

/// Another way for an agreement to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerTurn {
    /// Nothing is exchanged or shown for now.
    Suspend,
    /// It goes on.
    Resume,
    /// Nothing more is.
    End,
}

/// What is offered to another network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    /// How the other network shows itself, a file.
    pub card: Vec<u8>,
    /// What is given: `achievement`, `achievement@42`, `all`.
    pub give: Vec<String>,
    /// What is taken.
    pub take: Vec<String>,
    /// Fields that the other may show; all where there are none.
    pub give_fields: Vec<String>,
    /// Fields that this network may show.
    pub take_fields: Vec<String>,
    /// The last day, `2027-12-31`.
    pub until: String,
    /// Under which licence this network gives.
    pub licence: String,
    /// How its codes read there, in TOML.
    pub give_mapping: String,
    /// How the other's codes read here.
    pub take_mapping: String,
    /// Whether other nodes of this institution may take this gateway's place.
    pub replaceable: bool,
}
