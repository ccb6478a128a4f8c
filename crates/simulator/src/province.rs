//! A province and its life: who is in it, who is connected with whom, and what happens in a day.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{DocumentId, Role, Shelf, ShelfKind, ShelfPattern, Subscription, Visibility};
use replica::SessionId;

use crate::rng::Rng;
use crate::world::{Faults, Line, World};

mod acts;
mod life;
mod measure;

use acts::Act;

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;
/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000;
/// Signatures that were verified once and are met again at every node that the entries reach; 3 MB.
const SIGNATURES: usize = 1 << 16;
/// Nodes of one city: a sub-market and those around it.
const CITY: usize = 20;
/// Nodes that one institution has.
const OFFICES: usize = 10;

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Weather {
    /// Nothing.
    Calm,
    /// As in a large province: now and then something, somewhere.
    Usual,
    /// Something everywhere, all the time.
    Harsh,
}

/// What is to be played.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// How many nodes.
    pub nodes: usize,
    /// How long it goes on before everyone comes together, days.
    pub days: u32,
    /// Where every choice comes from.
    pub seed: u64,
    /// Entries that a node writes in a day, in the mean, per thousand.
    pub writes: u64,
    /// What the lines do to frames until then.
    pub faults: Faults,
    /// Nodes in a thousand that in a day go offline (for hours, or for weeks), crash, come back from an old copy, or whose
    /// line breaks.
    pub trouble: u64,
    /// Nodes in a thousand that in a day purge a listing.
    pub purges: u64,
    /// Nodes in a thousand whose clocks are up to ten years wrong.
    pub wrong_clocks: u64,
    /// Nodes in a thousand that damage, repeat and fork what they send.
    pub hostile: u64,
}

impl Story {
    /// So many nodes for so many days, each of which writes two entries in five days.
    pub fn new(nodes: usize, days: u32, seed: u64, weather: Weather) -> Self {
        let calm = Self {
            nodes,
            days,
            seed,
            writes: 400,
            faults: Faults::default(),
            trouble: 0,
            purges: 1,
            wrong_clocks: 0,
            hostile: 0,
        };
        match weather {
            Weather::Calm => calm,
            Weather::Usual => {
                let faults = Faults { drop: 2, duplicate: 2, flip: 1, delay: 5 };
                Self { faults, trouble: 60, wrong_clocks: 20, hostile: 10, ..calm }
            }
            Weather::Harsh => {
                let faults = Faults { drop: 20, duplicate: 20, flip: 5, delay: 50 };
                Self { faults, trouble: 400, purges: 20, wrong_clocks: 200, hostile: 80, ..calm }
            }
        }
    }
}

/// What a node is to the story.
struct Member {
    region: u32,
    /// Whom it dials, over which line, and the session if there is one.
    dials: Vec<(usize, Line, Option<SessionId>)>,
    away: bool,
    /// Stays away from the first day to the last.
    long_gone: bool,
    hostile: bool,
    /// It came back from an old copy, and writes nothing before a peer has told what it wrote since.
    restored: bool,
}

/// A network and its life.
pub struct Province {
    /// The nodes and what is between them.
    pub world: World,
    story: Story,
    members: Vec<Member>,
    acts: BTreeMap<u64, Act>,
    next_act: u64,
    /// What was purged, counting or not.
    purged: BTreeSet<DocumentId>,
    /// Cities that no line leads out of, each until when.
    parted: BTreeMap<u32, i64>,
    rng: Rng,
    /// What happened, by its name.
    counts: BTreeMap<&'static str, u64>,
}

impl Province {
    /// Founds it: a hub; in each city a sub-market, stations and sites, up to ten offices of one institution.
    pub fn found(story: Story) -> Self {
        protocol::remember_signatures(SIGNATURES);
        let mut world = World::found(story.seed);
        let mut rng = Rng::new(story.seed ^ 0x11FE);
        let mut members = vec![Member::new(0, Vec::new())];
        let mut city = 0;
        for n in 1..story.nodes {
            let place = (n - 1) % CITY;
            let region = 420_000 + ((n - 1) / CITY + 1) as u32;
            let node = match place {
                0 => world.admit_as(&format!("market{n}"), Role::SubMarket, region),
                1 => world.admit_as(&format!("station{n}"), Role::ResourceStation, region),
                p if p % OFFICES == 0 => world.admit_as(&format!("site{n}"), Role::GrassrootsSite, region),
                p if p < OFFICES => world.colleague(&format!("office{n}"), n + 1 - p),
                p => world.colleague(&format!("office{n}"), n - p % OFFICES),
            };
            assert_eq!(node, n, "nodes are numbered as they come");
            let region_prefix = format!("{region:06}");
            let pattern = ShelfPattern { region_prefix, kind: None };
            let charter = world.charter.clone();
            world.nodes[n].narrow(Subscription { patterns: vec![pattern] }, &charter);
            let line = any_line(&mut rng);
            let dials = match place {
                0 => {
                    city = n;
                    vec![0]
                }
                // Stations know the hub too.
                p if p % 3 == 1 => vec![city, 0],
                _ => vec![city],
            };
            members.push(Member::new(region, dials.into_iter().map(|to| (to, line, None)).collect()));
        }
        for (n, member) in members.iter_mut().enumerate().skip(1) {
            member.hostile = rng.chance(story.hostile) && n % CITY != 1;
            if !member.hostile && rng.chance(story.wrong_clocks) {
                let days = rng.below(20 * 365) as i64 - 10 * 365;
                world.nodes[n].clock_off_ms = days * DAY;
            }
        }
        // One in a hundred is away all the time; at least one, if there are others.
        let gone = (story.nodes / 100).max(usize::from(story.nodes > 3));
        for k in 0..gone {
            let n = (2 + k * 100 + rng.below(17)).min(story.nodes - 1);
            members[n].long_gone = !members[n].hostile && n % CITY != 1;
        }
        world.start_time();
        Self {
            world,
            story,
            members,
            acts: BTreeMap::new(),
            next_act: 0,
            purged: BTreeSet::new(),
            parted: BTreeMap::new(),
            rng,
            counts: BTreeMap::new(),
        }
    }

    /// Nodes that do as they should.
    fn honest(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|n| !self.members[*n].hostile).collect()
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn shelf(&self, node: usize, kind: u16, visibility: Visibility) -> Shelf {
        Shelf { region: self.members[node].region, kind: ShelfKind(kind), visibility }
    }
}

impl Member {
    fn new(region: u32, dials: Vec<(usize, Line, Option<SessionId>)>) -> Self {
        Self { region, dials, away: false, long_gone: false, hostile: false, restored: false }
    }
}

/// From a campus network to a modem in the hills.
fn any_line(rng: &mut Rng) -> Line {
    match rng.below(10) {
        0 => Line { delay_ms: 600, bandwidth: 8_000 },
        1..=3 => Line { delay_ms: 120, bandwidth: 125_000 },
        _ => Line { delay_ms: 15, bandwidth: 2_500_000 },
    }
}
