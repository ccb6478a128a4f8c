//! Fixed keys and a small network, the one of the protocol's golden bytes: its objects verify.

use std::sync::OnceLock;

use protocol::{
    Actor, Capabilities, CertificateBody, Charter, Draft, Entry, Governor, Governors, Head, Institution,
    LogId, NetworkId, NodeCertificate, OpenLog, Origin, Patch, Payload, Profile, Role, SealingKey, SecretKey,
    Shelf, ShelfKind, SignedPatch, Value, Verb, Visibility,
};

/// The year 2026, milliseconds since 1970.
pub const NOW: i64 = 1_780_000_000_000;

/// A secret key of 32 equal bytes. The governors' root keys are 1, 2, …, the node of the first is 11.
pub fn key(n: u8) -> SecretKey {
    static KEYS: [OnceLock<SecretKey>; 256] = [const { OnceLock::new() }; 256];
    KEYS[usize::from(n)].get_or_init(|| SecretKey::from_seed(&[n; 32])).clone()
}

/// An institution whose root key is `key(n)`.
pub fn institution(n: u8) -> Institution {
    Institution {
        root: key(n).public(),
        name: format!("机构 {n}"),
        credit_code: String::new(),
        region: 420_100,
        region_as_of: 2025,
        role: Role::Hub,
    }
}

/// The charter of `governors` institutions, `threshold` of them to sign.
pub fn charter(governors: u8, threshold: u8) -> Charter {
    Charter {
        name_zh: "湖北技术市场".to_owned(),
        name_en: "Hubei technology market".to_owned(),
        region: 420_000,
        founded_ms: NOW,
        nonce: [7; 16],
        governors: Governors {
            members: (1..=governors).map(institution).map(Governor::founding).collect(),
            threshold,
        },
        recovery: key(99).public(),
        profile: Profile::default(),
        sub_markets_invite: true,
    }
}

/// A certificate by the root key `key(root)` for the node key `key(node)`, in the network of one governor.
pub fn certificate(root: u8, node: u8) -> NodeCertificate {
    certified(&charter(1, 1).id(), institution(root), root, node)
}

/// A certificate for a node of `who`, by any root key.
pub fn certified(network: &NetworkId, who: Institution, root: u8, node: u8) -> NodeCertificate {
    let all = Capabilities::PUBLISH | Capabilities::STATE | Capabilities::ROSTER | Capabilities::RELAY;
    let body = CertificateBody {
        institution: who.id(),
        root: key(root).public(),
        node: key(node).public(),
        sealing: SealingKey::from_seed(&[node; 32]).public(),
        role: who.role,
        region: who.region,
        capabilities: Capabilities(all),
        shelves: Vec::new(),
        serial: 1,
        issued_ms: NOW,
        not_after_ms: NOW + 63_072_000_000,
    };
    NodeCertificate::issue(body, network, &key(root), &key(node))
}

/// The log of the node `key(node)` on the public shelf of results in Wuhan.
pub fn log(node: u8, incarnation: u64) -> LogId {
    let shelf = Shelf { region: 420_100, kind: ShelfKind(16), visibility: Visibility::Public };
    LogId { node: key(node).public(), incarnation, shelf }
}

/// A log of the node `key(node)`, certified by `key(root)`: its opening, then `listings` listings.
pub fn entries(root: u8, node: u8, listings: u64) -> Vec<Entry> {
    let network = charter(1, 1).id();
    let log = log(node, 1);
    let mut entries: Vec<Entry> = Vec::new();
    for seq in 1..=listings + 1 {
        let head = entries.last().map(Entry::head).unwrap_or_default();
        let (verb, bytes) = match seq {
            1 => {
                let open = OpenLog { certificate: certificate(root, node), predecessors: Vec::new() };
                (Verb::OPEN, open.to_bytes())
            }
            _ => (Verb::CREATE, listing(&log, head).to_bytes()),
        };
        let payload = Payload { salt: [seq as u8; 16], bytes };
        let draft = Draft { document: None, verb, payload, time_ms: NOW };
        entries.push(Entry::author(log, head, draft, &network, &key(node)).expect("a small entry"));
    }
    entries
}

fn listing(log: &LogId, head: Head) -> SignedPatch {
    let title = Value::Text(format!("新型材料的制备方法 {}", head.seq));
    let patch = Patch::first([("title".to_owned(), title), ("trl".to_owned(), Value::Int(4))]);
    let origin = Origin { log: *log, seq: head.seq + 1 };
    SignedPatch::of(patch, Actor::derive(log, &origin, 0), NOW).expect("a small patch")
}
