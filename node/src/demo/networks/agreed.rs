//! Which listings a node is to find, by what was agreed and by nothing that a node says: the expectation that the
//! demonstration is held against.

use std::collections::{BTreeMap, BTreeSet};

use super::cast::{Give, NETWORKS, Network, Reach, SEATS, Sample};

/// What every listing of the demonstration carries as its number in its own books, with four digits after it: by it a copy
/// is recognised in any file.
pub const MARK: &str = "LIANSHI-SAMPLE-";
/// Digits after the mark: two of the province, two counted up.
pub const DIGITS: usize = 4;

/// Who proposes to whom, as places of networks: in a ring, or once where there are two.
pub fn pairs(networks: usize) -> Vec<(usize, usize)> {
    let ring = (0..networks).map(|one| (one, (one + 1) % networks));
    if networks == 2 { vec![(0, 1)] } else { ring.collect() }
}

/// What one network gives to another.
pub fn gives(networks: usize, from: usize, to: usize) -> &'static [Give] {
    let pairs = pairs(networks);
    if pairs.contains(&(from, to)) {
        NETWORKS[from].proposes
    } else if pairs.contains(&(to, from)) {
        NETWORKS[from].grants
    } else {
        &[]
    }
}

/// A listing where it was written.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Its network's place.
    pub network: usize,
    /// Its node's place among all.
    pub node: usize,
    /// Its number in the order of its network, from 1.
    number: usize,
    /// What it says.
    pub sample: &'static Sample,
}

impl Placed {
    /// Its network.
    fn of(self) -> &'static Network {
        &NETWORKS[self.network]
    }

    /// The division that it is filed under: that of its node.
    fn region(self) -> &'static str {
        self.of().seats[self.sample.seat].region
    }

    /// Its number in its node's own books.
    pub fn code(self) -> String {
        format!("{MARK}{}{:02}", &self.of().seats[0].region[..2], self.number)
    }
}

/// All listings of so many networks.
pub fn listings(networks: usize) -> Vec<Placed> {
    let of = |(at, network): (usize, &'static Network)| {
        network.samples.iter().enumerate().map(move |(number, sample)| Placed {
            network: at,
            node: at * SEATS + sample.seat,
            number: number + 1,
            sample,
        })
    };
    NETWORKS.iter().enumerate().take(networks).flat_map(of).collect()
}

/// What is to be found where.
#[derive(Debug)]
pub struct Agreed {
    networks: usize,
    listings: Vec<Placed>,
    /// Listings that were withdrawn.
    withdrawn: BTreeSet<usize>,
    /// Nodes whose institution was suspended.
    suspended: BTreeSet<usize>,
}

impl Agreed {
    /// Nothing is withdrawn, nobody suspended.
    pub fn new(networks: usize) -> Self {
        let (withdrawn, suspended) = Default::default();
        Self { networks, listings: listings(networks), withdrawn, suspended }
    }

    /// All listings.
    pub fn listings(&self) -> &[Placed] {
        &self.listings
    }

    /// Nodes in all.
    pub fn nodes(&self) -> usize {
        self.networks * SEATS
    }

    /// A listing is withdrawn.
    pub fn withdraw(&mut self, listing: usize) {
        self.withdrawn.insert(listing);
    }

    /// A node's institution is suspended.
    pub fn suspend(&mut self, node: usize) {
        self.suspended.insert(node);
    }

    /// Whether a node may have a listing at all: its own, its network's where it was published, another's where it is given.
    pub fn may_have(&self, node: usize, listing: usize) -> bool {
        let placed = self.listings[listing];
        let given = || gives(self.networks, placed.network, node / SEATS);
        match placed.sample.reach {
            _ if placed.node == node => true,
            Reach::Draft => false,
            Reach::Members => placed.network == node / SEATS,
            Reach::Public => {
                placed.network == node / SEATS
                    || given().iter().any(|give| give.covers(placed.sample.kind, placed.region()))
            }
        }
    }

    /// Whether a node's search is to find it. A suspended institution still finds its own.
    pub fn finds(&self, node: usize, listing: usize) -> bool {
        let placed = self.listings[listing];
        placed.sample.reach != Reach::Draft
            && self.may_have(node, listing)
            && !self.withdrawn.contains(&listing)
            && (placed.node == node || !self.suspended.contains(&placed.node))
    }

    /// Listings that a node must have no byte of.
    pub fn kept_from(&self, node: usize) -> Vec<usize> {
        (0..self.listings.len()).filter(|&at| !self.may_have(node, at)).collect()
    }

    /// Nodes that find a listing, other than the one that wrote it.
    pub fn finders(&self, listing: usize) -> Vec<usize> {
        let other = |&node: &usize| node != self.listings[listing].node;
        (0..self.nodes()).filter(other).filter(|&node| self.finds(node, listing)).collect()
    }

    /// The listing whose loss is shown: the first that another network was given.
    pub fn to_withdraw(&self) -> Option<usize> {
        (0..self.listings.len()).find(|&at| self.reaches_another(at))
    }

    /// The node whose institution's suspension is shown: in the last network, the first that others were given something of.
    pub fn to_suspend(&self) -> Option<usize> {
        let last = self.networks.saturating_sub(1);
        let known =
            |&at: &usize| self.listings[at].network == last && self.reaches_another(at) && !self.is_hub(at);
        (0..self.listings.len()).find(known).map(|at| self.listings[at].node)
    }

    fn is_hub(&self, listing: usize) -> bool {
        self.listings[listing].sample.seat == 0
    }

    fn reaches_another(&self, listing: usize) -> bool {
        let network = self.listings[listing].network;
        self.finders(listing).iter().any(|node| node / SEATS != network)
    }
}

/// Where what a node found differs from what it was to find.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// To be found, and was not.
    pub missing: Vec<usize>,
    /// Found, and was not to be.
    pub surplus: Vec<usize>,
}

/// Compares what a node found, listing → the market that it was said to be of (`None`: its own network), with what was agreed.
pub fn compare(agreed: &Agreed, node: usize, found: &BTreeMap<usize, Option<String>>) -> Difference {
    let mut difference = Difference::default();
    for listing in 0..agreed.listings().len() {
        let of = agreed.listings()[listing].network;
        let market = (of != node / SEATS).then(|| NETWORKS[of].seats[0].name.0);
        let is_found = found.get(&listing).is_some_and(|said| said.as_deref() == market);
        match (agreed.finds(node, listing), is_found) {
            (true, false) => difference.missing.push(listing),
            (false, _) if found.contains_key(&listing) => difference.surplus.push(listing),
            _ => {}
        }
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(agreed: &Agreed, title: &str) -> usize {
        agreed.listings().iter().position(|placed| placed.sample.title.starts_with(title)).unwrap()
    }

    #[test]
    fn every_pair_gives_something_and_keeps_something_back() {
        for networks in 2..=NETWORKS.len() {
            let agreed = Agreed::new(networks);
            for node in 0..agreed.nodes() {
                for other in 0..networks {
                    let of_it =
                        |&at: &usize| agreed.listings()[at].network == other && agreed.finds(node, at);
                    let found = (0..agreed.listings().len()).filter(of_it).count();
                    let agree = other == node / SEATS || !gives(networks, other, node / SEATS).is_empty();
                    assert_eq!(found > 0, agree, "{networks} networks: node {node} of {other}: {found}");
                }
                assert!(agreed.kept_from(node).len() >= 4, "{networks} networks: node {node}");
            }
            assert!(agreed.to_withdraw().is_some() && agreed.to_suspend().is_some());
        }
    }

    #[test]
    fn terms_bind_kind_region_and_visibility_and_lead_round_no_corner() {
        let agreed = Agreed::new(4);
        let nodes = |title: &str| agreed.finders(at(&agreed, title));
        assert_eq!(nodes("石墨烯"), [0, 2, 3, 4, 5], "achievements of Wuhan: to Zhejiang");
        assert_eq!(nodes("柑橘"), [0, 1], "another city");
        assert_eq!(nodes("陈明远"), [0, 2], "another kind");
        assert_eq!(nodes("退役锂电池"), [0, 2], "members");
        assert_eq!(nodes("求购低温"), [0; 0], "a draft");
        assert_eq!(
            nodes("化工园区"),
            [0, 1, 9, 10, 11],
            "demands: to the fourth, which proposes to the first"
        );
        assert!(agreed.kept_from(3).contains(&at(&agreed, "求购低温")));
    }

    #[test]
    fn what_is_withdrawn_or_suspended_is_found_by_nobody_else() {
        let mut agreed = Agreed::new(3);
        let (listing, node) = (agreed.to_withdraw().unwrap(), agreed.to_suspend().unwrap());
        assert_eq!((agreed.finders(listing).len(), node), (5, 7));
        agreed.withdraw(listing);
        agreed.suspend(node);
        assert!((0..9).all(|node| !agreed.finds(node, listing)));
        let of_it = (0..agreed.listings().len()).filter(|&at| agreed.listings()[at].node == node);
        for at in of_it {
            assert_eq!(agreed.finders(at), [0; 0], "{}", agreed.listings()[at].sample.title);
        }
        assert!(agreed.finds(node, at(&agreed, "盐碱地")), "its own, itself");
    }

    #[test]
    fn a_difference_names_what_is_missing_too_much_or_of_another_market() {
        let agreed = Agreed::new(2);
        let right: BTreeMap<usize, Option<String>> = (0..agreed.listings().len())
            .filter(|&at| agreed.finds(3, at))
            .map(|at| {
                (at, (agreed.listings()[at].network == 0).then(|| NETWORKS[0].seats[0].name.0.to_owned()))
            })
            .collect();
        assert_eq!(compare(&agreed, 3, &right), Difference::default());
        let shared = at(&agreed, "石墨烯");
        let mut other = right.clone();
        other.insert(shared, None);
        assert_eq!(compare(&agreed, 3, &other).missing, [shared], "it stands as its own");
        let mut less = right.clone();
        less.remove(&shared);
        assert_eq!(compare(&agreed, 3, &less).missing, [shared]);
        let mut more = right;
        let secret = at(&agreed, "柑橘");
        more.insert(secret, None);
        assert_eq!(compare(&agreed, 3, &more).surplus, [secret]);
    }
}
