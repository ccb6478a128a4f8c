//! Who is connected with whom.

use std::collections::{BTreeSet, VecDeque};

use clap::ValueEnum;

use crate::random::Random;

/// Where the choices of the graph come from.
const SEED: u64 = 42;

/// A shape of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// Three in a line.
    Three,
    /// All at one hub.
    Star,
    /// All in one line.
    Line,
    /// Each with four neighbours: a ring and another one through the same nodes in random order.
    Graph,
    /// Three in a line while the first one imports a large file. The last: what it brings, the others need not carry.
    ThreeLoaded,
}

impl Shape {
    /// How many nodes it has where `many` are asked for.
    pub fn nodes(self, many: usize) -> usize {
        if matches!(self, Self::Three | Self::ThreeLoaded) { 3 } else { many }
    }

    /// Whether an import runs meanwhile.
    pub fn is_loaded(self) -> bool {
        self == Self::ThreeLoaded
    }

    /// Its connections.
    pub fn links(self, nodes: usize) -> Links {
        let mut all = BTreeSet::new();
        for node in 1..nodes {
            all.insert(if self == Self::Star { (0, node) } else { (node - 1, node) });
        }
        if self == Self::Graph {
            all.insert((0, nodes - 1));
            let mut random = Random::new(SEED);
            let mut order: Vec<usize> = (0..nodes).collect();
            for last in (1..nodes).rev() {
                order.swap(last, random.below(last as u64 + 1) as usize);
            }
            let ring = order.iter().zip(order.iter().cycle().skip(1));
            all.extend(ring.map(|(a, b)| (*a.min(b), *a.max(b))));
        }
        Links { nodes, all }
    }
}

/// The connections of a shape.
pub struct Links {
    nodes: usize,
    /// Lower number first; the higher one dials.
    all: BTreeSet<(usize, usize)>,
}

impl Links {
    /// How many nodes.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// How many connections.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Whom a node dials.
    pub fn dialled_by(&self, node: usize) -> impl Iterator<Item = usize> {
        self.all.iter().filter(move |(_, high)| *high == node).map(|(low, _)| *low)
    }

    /// Number of a node's neighbours.
    pub fn degree(&self, node: usize) -> usize {
        self.all.iter().filter(|(a, b)| *a == node || *b == node).count()
    }

    /// How far every node is from one, in connections.
    pub fn distances(&self, from: usize) -> Vec<usize> {
        let mut far = vec![usize::MAX; self.nodes];
        far[from] = 0;
        let mut next = VecDeque::from([from]);
        while let Some(node) = next.pop_front() {
            for (a, b) in self.all.iter().filter(|(a, b)| *a == node || *b == node) {
                let other = a + b - node;
                if far[other] == usize::MAX {
                    far[other] = far[node] + 1;
                    next.push_back(other);
                }
            }
        }
        far
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_connect_everyone_as_they_say() {
        for (shape, farthest) in [(Shape::Star, 1), (Shape::Line, 49), (Shape::Graph, 5)] {
            let links = shape.links(50);
            let far = links.distances(0);
            assert!(far.iter().all(|far| *far <= farthest), "{shape:?} {far:?}");
            assert!((1..50).all(|node| links.dialled_by(node).count() >= 1), "nobody waits for a call");
        }
        let graph = Shape::Graph.links(50);
        let degrees: Vec<usize> = (0..50).map(|node| graph.degree(node)).collect();
        assert!(degrees.iter().all(|degree| (2..=4).contains(degree)) && graph.count() > 95, "{degrees:?}");
        assert_eq!(Shape::Three.links(3).distances(2), [2, 1, 0]);
    }
}
