//! Who is inside: connections by their source while they are strangers', by their party once they are a member's.
//!
//! A stranger costs a handshake and a greeting and may be anyone, so strangers are few, in all and from each source. A member
//! is somebody who answers for what it does: its connection no longer counts against its source, since a thousand sites may
//! sit behind one address translator. But a member too may connect, say hello, hang up and connect again: the place in its
//! source's rate is given back only as often as its party may have it.

use std::collections::HashMap;
use std::time::Duration;

use libp2p::swarm::ConnectionId;

use crate::bucket::{Paced, Source, TurnedAway};
use crate::config::{Limits, PARTY_BURST, PARTY_RATE, PER_PARTY, TRACKED_PARTIES, TRACKED_SOURCES};

/// Who answers for connections: a party with those of its own network, and apart from these with those on channels, so that
/// the ones take no place of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    pub party: [u8; 32],
    pub on_channel: bool,
}

#[derive(Debug, Clone, Copy)]
enum Guest {
    Stranger(Source),
    Member(Member),
}

/// All connections that others have opened. The time is passed in, as time since some fixed start.
#[derive(Debug)]
pub(crate) struct Doors {
    inside: HashMap<ConnectionId, Guest>,
    sources: Paced<Source>,
    parties: Paced<Member>,
    strangers: u32,
    most_strangers: u32,
}

impl Doors {
    /// Nobody is inside.
    pub fn new(limits: &Limits) -> Self {
        Self {
            inside: HashMap::new(),
            sources: Paced::new(limits.source_rate, limits.source_burst, limits.per_source, TRACKED_SOURCES),
            parties: Paced::new(PARTY_RATE, PARTY_BURST, PER_PARTY, TRACKED_PARTIES),
            strangers: 0,
            most_strangers: limits.strangers,
        }
    }

    /// Lets a connection in as a stranger's, or turns it away.
    pub fn enter(
        &mut self,
        connection: ConnectionId,
        source: Source,
        now: Duration,
    ) -> Result<(), TurnedAway> {
        if self.strangers >= self.most_strangers {
            return Err(TurnedAway::Strangers);
        }
        self.sources.enter(source, now)?;
        self.strangers += 1;
        self.inside.insert(connection, Guest::Stranger(source));
        Ok(())
    }

    /// A member answers for a connection. Of a party that has too many it stays a stranger's.
    pub fn vouch(&mut self, connection: ConnectionId, party: Member, now: Duration) {
        let Some(guest) = self.inside.get_mut(&connection) else { return };
        let Guest::Stranger(source) = *guest else { return };
        let (admitted, in_time) = self.parties.admit(party, now);
        if !admitted {
            return;
        }
        *guest = Guest::Member(party);
        self.strangers = self.strangers.saturating_sub(1);
        self.sources.leave(source);
        if in_time {
            self.sources.give_back(source);
        }
    }

    /// A connection is gone.
    pub fn leave(&mut self, connection: ConnectionId) {
        match self.inside.remove(&connection) {
            Some(Guest::Stranger(source)) => {
                self.strangers = self.strangers.saturating_sub(1);
                self.sources.leave(source);
            }
            Some(Guest::Member(party)) => self.parties.leave(party),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn limits() -> Limits {
        Limits { strangers: 20, per_source: 4, source_burst: 6, source_rate: 1, ..Limits::default() }
    }

    fn source(last: u8) -> Source {
        IpAddr::from([10, 0, 0, last]).into()
    }

    fn connection(n: usize) -> ConnectionId {
        ConnectionId::new_unchecked(n)
    }

    fn party(n: usize) -> Member {
        let mut party = [0; 32];
        party[..8].copy_from_slice(&n.to_be_bytes());
        Member { party, on_channel: false }
    }

    #[test]
    fn a_thousand_members_behind_one_address_all_get_in_at_once() {
        let mut doors = Doors::new(&limits());
        for n in 0..1_000 {
            assert_eq!(doors.enter(connection(n), source(1), NOW), Ok(()), "{n}");
            doors.vouch(connection(n), party(n), NOW);
        }
        assert_eq!(doors.strangers, 0);
    }

    #[test]
    fn strangers_are_few_and_keep_no_member_of_another_source_out() {
        let mut doors = Doors::new(&limits());
        let of_one = (0..10).filter(|n| doors.enter(connection(*n), source(1), NOW).is_ok()).count();
        assert_eq!(of_one, 4, "from one source");
        let more =
            (10..200_usize).filter(|n| doors.enter(connection(*n), source(*n as u8), NOW).is_ok()).count();
        assert_eq!(of_one + more, 20, "in all");
        assert_eq!(doors.enter(connection(999), source(250), NOW), Err(TurnedAway::Strangers));
        doors.vouch(connection(10), party(1), NOW);
        assert_eq!(doors.enter(connection(999), source(250), NOW), Ok(()), "whoever is known makes room");
        doors.leave(connection(999));
        doors.leave(connection(10));
        assert_eq!(doors.strangers, 19);
    }

    #[test]
    fn a_member_that_connects_again_and_again_is_held_to_the_rate_of_its_source() {
        let mut doors = Doors::new(&limits());
        let entered = (0..500).filter(|n| {
            let entered = doors.enter(connection(*n), source(1), NOW).is_ok();
            doors.vouch(connection(*n), party(1), NOW);
            doors.leave(connection(*n));
            entered
        });
        assert_eq!(entered.count(), 6 + PARTY_BURST as usize);
    }

    #[test]
    fn an_institution_with_nodes_without_end_takes_its_share_of_the_places_and_a_strangers() {
        let limits = Limits { source_burst: 1_000, ..limits() };
        let mut doors = Doors::new(&limits);
        let entered = (0..500).filter(|n| {
            let entered = doors.enter(connection(*n), source(1), NOW).is_ok();
            doors.vouch(connection(*n), party(1), NOW);
            entered
        });
        assert_eq!(entered.count(), PER_PARTY as usize + 4);
    }
    #[test]
    fn what_a_party_has_on_channels_takes_none_of_its_places_at_home() {
        let limits = Limits { source_burst: 1_000, per_source: 1_000, ..limits() };
        let mut doors = Doors::new(&limits);
        let on_channel = Member { on_channel: true, ..party(1) };
        let too_many = PER_PARTY as usize + 10;
        for n in 0..too_many + PER_PARTY as usize {
            assert_eq!(doors.enter(connection(n), source(1), NOW), Ok(()), "{n}");
            doors.vouch(connection(n), if n < too_many { on_channel } else { party(1) }, NOW);
        }
        assert_eq!(doors.strangers, 10, "those on channels that are too many");
    }
}
