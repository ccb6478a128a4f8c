//! Reading: what the pages show.

pub(super) mod audit;
pub(super) mod catalogue;
pub(super) mod listing;
pub(super) mod lists;
pub(super) mod markets;
pub(super) mod network;
pub(super) mod statistics;
