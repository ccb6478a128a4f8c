//! Networks founded, nodes invited and admitted.

use protocol::{
    Action, Capabilities, CertificateBody, Charter, Governor, Governors, Institution, Invitation,
    NodeCertificate, Profile, PublicKey, Redemption, Role, RosterStep, SealingKey, SecretKey, Shelf,
    ShelfKind, SignedStep, Subject, Visibility,
};
use replica::{Abroad, Input};

use crate::node::Node;
use crate::rng::Rng;
use crate::world::World;

/// Wuhan: the region of all nodes.
pub const REGION: u32 = 420_100;
/// A kind of listing.
pub const KIND: u16 = 16;

/// A public shelf of Wuhan.
pub fn shelf(kind: u16) -> Shelf {
    Shelf { region: REGION, kind: ShelfKind(kind), visibility: Visibility::Public }
}

pub fn new_keys(rng: &mut Rng) -> (SecretKey, SecretKey) {
    (SecretKey::from_seed(&rng.bytes()), SecretKey::from_seed(&rng.bytes()))
}

fn institution(name: &str, root: &SecretKey, role: Role, region: u32) -> Institution {
    Institution {
        root: root.public(),
        name: name.to_owned(),
        credit_code: String::new(),
        region,
        region_as_of: 2025,
        role,
    }
}

/// What an institution certifies of a node: all that its role may do, until 2096.
pub fn node_certificate(institution: &Institution, node: &PublicKey) -> CertificateBody {
    let mut capabilities = Capabilities::PUBLISH | Capabilities::STATE | Capabilities::ROSTER;
    if institution.role == Role::Hub {
        capabilities |= Capabilities::RELAY;
    }
    CertificateBody {
        institution: institution.id(),
        root: institution.root,
        node: *node,
        sealing: sealing_key(node).public(),
        role: institution.role,
        region: institution.region,
        capabilities: Capabilities(capabilities),
        shelves: Vec::new(),
        serial: 1,
        issued_ms: 0,
        not_after_ms: 4_000_000_000_000,
    }
}

/// What opens for a node: made of its public key, so that whoever certifies it knows the public half.
pub fn sealing_key(node: &PublicKey) -> SealingKey {
    SealingKey::from_seed(&node.0)
}

pub fn founding_charter(rng: &mut Rng) -> (Charter, SecretKey) {
    let root = SecretKey::from_seed(&rng.bytes());
    let governors = Governors {
        members: vec![Governor::founding(institution("hub", &root, Role::Hub, REGION))],
        threshold: 1,
    };
    let charter = Charter {
        name_zh: "试验".to_owned(),
        name_en: "Trial".to_owned(),
        region: 420_000,
        founded_ms: 0,
        nonce: rng.bytes(),
        governors,
        recovery: SecretKey::from_seed(&rng.bytes()).public(),
        profile: Profile::default(),
        sub_markets_invite: true,
    };
    (charter, root)
}

impl World {
    /// A network with its hub, node 0, which has opened its roster log.
    pub fn found(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0xC0FFEE);
        let (charter, root) = founding_charter(&mut rng);
        let mut world = World::empty(charter, root.clone(), seed);
        let who = world.charter.governors.members[0].institution.clone();
        let key = SecretKey::from_seed(&rng.bytes());
        let body = node_certificate(&who, &key.public());
        let hub = Node::new("hub", &world.charter, (root, key), (who, body, None), rng.draw());
        world.nodes.push(hub);
        world
    }

    /// A network of `n` members, the hub first. The hub alone knows all of them.
    pub fn of(n: usize, seed: u64) -> Self {
        let mut world = World::found(seed);
        for i in 1..n {
            world.admit(&format!("n{i}"));
        }
        world
    }

    fn add(&mut self, name: &str, role: Role, region: u32) -> usize {
        let (root, _) = new_keys(&mut self.rng);
        let (_, key) = new_keys(&mut self.rng);
        let who = institution(name, &root, role, region);
        let body = node_certificate(&who, &key.public());
        self.push(Node::new(name, &self.charter, (root, key), (who, body, None), self.rng.clone().draw()))
    }

    fn push(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// A node that nobody has admitted.
    pub fn stranger(&mut self, name: &str) -> usize {
        self.add(name, Role::ResourceStation, REGION)
    }

    /// A node whose institution the hub admits by a step.
    pub fn admit(&mut self, name: &str) -> usize {
        self.admit_as(name, Role::ResourceStation, REGION)
    }

    /// The same with this role, in that region.
    pub fn admit_as(&mut self, name: &str, role: Role, region: u32) -> usize {
        let node = self.add(name, role, region);
        let who = self.nodes[node].institution.clone();
        self.roster_step(0, Subject::Institution(who.id()), Action::Admit(who));
        node
    }

    /// Another node of the institution of `of`: its co-editor.
    pub fn colleague(&mut self, name: &str, of: usize) -> usize {
        let (root, who) = (self.nodes[of].root.clone(), self.nodes[of].institution.clone());
        let (_, key) = new_keys(&mut self.rng);
        let body = node_certificate(&who, &key.public());
        self.push(Node::new(name, &self.charter, (root, key), (who, body, None), self.rng.clone().draw()))
    }

    /// A node of another network as a guest of this one.
    pub fn guest(&mut self, of: &Node, abroad: Abroad) -> usize {
        let seed = self.rng.draw();
        self.push(Node::guest(of, &self.charter, abroad, seed))
    }

    /// A step about a subject, signed by the governor, written by `carrier`.
    pub fn roster_step(&mut self, carrier: usize, subject: Subject, action: Action) {
        let roster = self.nodes[0].replica.roster();
        let (last, previous) = roster.chains.get(&subject).copied().unwrap_or_default();
        let step = RosterStep { epoch: roster.epoch, subject, number: last + 1, previous, action };
        let signed = SignedStep::sign(step, &self.charter.id(), 0, &self.governor);
        let input = self.nodes[carrier].write_step(&signed);
        self.give(carrier, input);
    }

    /// An invitation by `issuer`; its one-time key.
    pub fn invite(&mut self, issuer: usize, not_after_ms: i64) -> SecretKey {
        let one_time = SecretKey::from_seed(&self.rng.bytes());
        let invitation = Invitation {
            key: one_time.public(),
            issuer: self.nodes[issuer].key.public(),
            role: Role::ResourceStation,
            region: REGION,
            not_after_ms,
        };
        self.roster_step(0, Subject::Invitation(one_time.public()), Action::Invite(invitation));
        one_time
    }

    /// A newcomer that holds an invitation.
    pub fn newcomer(&mut self, name: &str, one_time: &SecretKey) -> usize {
        let (root, _) = new_keys(&mut self.rng);
        let node = self.stranger(name);
        // The redemption names the very certificate, so it is made after the node.
        let (key, seed) = (self.nodes[node].key.clone(), self.rng.draw());
        let who = institution(name, &root, Role::ResourceStation, REGION);
        let body = node_certificate(&who, &key.public());
        let certificate = NodeCertificate::issue(body.clone(), &self.charter.id(), &root, &key);
        let redemption = Redemption::sign(who.clone(), certificate, &self.charter.id(), one_time, &root);
        let parts = (who, body, Some(redemption));
        self.nodes[node] = Node::new(name, &self.charter, (root, key), parts, seed);
        node
    }

    /// Purges a listing by the word of a node's institution.
    pub fn purge(&mut self, node: usize, id: protocol::DocumentId) {
        self.nodes[node].clock_ms = self.now_ms + self.nodes[node].clock_off_ms;
        let input = self.nodes[node].write_purge(id, "电话号码");
        self.give(node, input);
    }

    /// Creates a listing at a node.
    pub fn publish(&mut self, node: usize, kind: u16, title: &str) -> protocol::DocumentId {
        self.nodes[node].clock_ms = self.now_ms + self.nodes[node].clock_off_ms;
        let fields = crate::fields(&[("title", title), ("summary", "一种新材料")]);
        let (id, input) = self.nodes[node].create(shelf(kind), fields);
        self.give(node, input);
        id
    }

    /// Edits a listing at a node.
    pub fn edit(&mut self, node: usize, id: protocol::DocumentId, changes: &[(&str, Option<&str>)]) -> bool {
        self.nodes[node].clock_ms = self.now_ms + self.nodes[node].clock_off_ms;
        let input: Option<Input> = self.nodes[node].edit(id, changes);
        let edited = input.is_some();
        if let Some(input) = input {
            self.give(node, input);
        }
        edited
    }
}
