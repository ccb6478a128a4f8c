//! Channels: on which network's behalf two nodes talk, and which channels a node has open.
//!
//! Nodes of one network talk on their own channel. Beside it a node may have one channel for each network that its own
//! exchanges listings with: the same key, ports and frames, and the name of that network behind the name of the protocol. A
//! name stands for one channel and the other way round. Whether somebody may speak there is not decided here.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::config::MAX_CHANNELS;
use crate::key::NodeKey;

/// The name that both sides agree on before the first frame.
pub(crate) const PROTOCOL: &str = "/lianshi/sync/1";

/// Which of the sessions that two nodes may have: one for their own network, one for each network that both have a channel for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// The node's own network's. Always open.
    #[default]
    Own,
    /// The one for the network with this id.
    Of([u8; 32]),
}

/// Where there is one session at most.
pub(crate) type Pair = (NodeKey, Channel);

impl Channel {
    /// Whether it is the node's own network's.
    #[must_use]
    pub fn is_own(self) -> bool {
        self == Self::Own
    }
}

/// The name on the wire: the protocol's, and behind it the whole id of the network in lower-case hex, 80 characters in all.
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PROTOCOL)?;
        let Self::Of(network) = self else { return Ok(()) };
        f.write_str("/")?;
        network.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A channel with its name, as it is offered and asked for.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub channel: Channel,
    text: Arc<str>,
}

impl From<Channel> for Name {
    fn from(channel: Channel) -> Self {
        Self { channel, text: channel.to_string().into() }
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Why a channel is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{MAX_CHANNELS} channels to other networks are open, as many as there may be; close one that is not needed any more"
)]
pub struct TooManyChannels;

/// The channels that are open. Clones are the same ones: what a handle opens, connections offer.
#[derive(Debug, Clone)]
pub(crate) struct Channels(Arc<RwLock<Arc<[Name]>>>);

impl Channels {
    /// The own one.
    pub fn new() -> Self {
        Self(Arc::new(RwLock::new([Name::from(Channel::Own)].into())))
    }

    fn names(&self) -> RwLockReadGuard<'_, Arc<[Name]>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a peer may ask for: those open now.
    pub fn offered(&self) -> Arc<[Name]> {
        Arc::clone(&self.names())
    }

    pub fn is_open(&self, channel: Channel) -> bool {
        self.names().iter().any(|name| name.channel == channel)
    }

    pub fn open(&self, channel: Channel) -> Result<(), TooManyChannels> {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if names.iter().any(|name| name.channel == channel) {
            return Ok(());
        }
        if names.len() > MAX_CHANNELS {
            return Err(TooManyChannels); // the own one is among them
        }
        *names = names.iter().cloned().chain([channel.into()]).collect();
        Ok(())
    }

    /// The own one stays open.
    pub fn close(&self, channel: Channel) {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *names =
            names.iter().filter(|name| name.channel.is_own() || name.channel != channel).cloned().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fixed for ever: nodes of different versions meet.
    #[test]
    fn a_channels_name_is_the_protocols_and_its_networks() {
        assert_eq!(Channel::Own.to_string(), "/lianshi/sync/1");
        let mut network = [0xAB; 32];
        (network[0], network[31]) = (0x01, 0x0F);
        let name = Channel::Of(network).to_string();
        assert_eq!(name, format!("/lianshi/sync/1/01{}0f", "ab".repeat(30)));
        assert_eq!(name.len(), 80);
    }

    #[test]
    fn so_many_channels_are_open_and_no_more() {
        let channels = Channels::new();
        let channel = |n: usize| Channel::Of([n as u8; 32]);
        for n in 0..MAX_CHANNELS {
            assert_eq!(channels.open(channel(n)), Ok(()));
        }
        assert_eq!(channels.open(channel(MAX_CHANNELS)), Err(TooManyChannels));
        assert_eq!(channels.open(channel(3)), Ok(()), "it is open already");
        assert_eq!(channels.open(Channel::Own), Ok(()));
        channels.close(channel(3));
        channels.close(Channel::Own);
        assert!(!channels.is_open(channel(3)) && channels.is_open(Channel::Own));
        assert_eq!(channels.open(channel(MAX_CHANNELS)), Ok(()));
        assert_eq!(channels.offered().len(), 1 + MAX_CHANNELS);
    }
}
