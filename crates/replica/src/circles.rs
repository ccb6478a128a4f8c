//! What a node remembers of the circles whose sealed logs it holds.

use std::collections::BTreeSet;

use protocol::{Checked, Circle, Decoder, Encoder, PublicKey, limits};

/// A circle as this node knows it: as a party, as a mailbox, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownCircle {
    /// As a creating entry names it; `None` at a mailbox, which cannot open that.
    pub circle: Option<Circle>,
    /// At a mailbox: the nodes that it may pass the circle on to.
    pub nodes: BTreeSet<PublicKey>,
    /// At a mailbox: the node that brought it.
    pub by: Option<PublicKey>,
}

impl KnownCircle {
    /// Canonical bytes, for the node's own store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.option(self.circle.as_ref(), |to, circle| circle.encode(to));
        to.list(&self.nodes.iter().collect::<Vec<_>>(), |to, node| node.encode(to));
        to.option(self.by.as_ref(), |to, node| node.encode(to));
        to.finish()
    }

    /// Reads what [`KnownCircle::to_bytes`] wrote.
    ///
    /// # Errors
    /// Bytes of another form.
    pub fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "circle record", |from| {
            let circle = from.option("circle", Circle::decode)?;
            let nodes = from.list(limits::MAX_CIRCLE_NODES, "nodes", PublicKey::decode)?;
            let by = from.option("bringer", PublicKey::decode)?;
            Ok(Self { circle, nodes: nodes.into_iter().collect(), by })
        })
    }
}

/// How a circle stands between this node and a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// Offered to the peer, which has not answered.
    Offered,
    /// Its logs are shared.
    Agreed,
    /// One of the two does not take it.
    Declined,
}
