//! A small world with fixed keys: a network of one governor, its node, and an invited institution.

use std::path::{Path, PathBuf};

use protocol::{
    Capabilities, CertificateBody, Charter, DocumentId, Draft, Entry, Governor, Governors, Head, Institution,
    LogId, NetworkId, NodeCertificate, Patch, Payload, Profile, Role, SecretKey, Shelf, ShelfKind,
    SignedPatch, Verb, Visibility,
};

/// The year 2026, milliseconds since 1970.
pub const NOW: i64 = 1_780_000_000_000;

/// A secret key of 32 equal bytes.
pub fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// An institution whose root key is `key(n)`.
pub fn institution(n: u8, role: Role) -> Institution {
    Institution {
        root: key(n).public(),
        name: format!("机构 {n}"),
        credit_code: String::new(),
        region: 420_100,
        region_as_of: 2025,
        role,
    }
}

/// That institution as a governor.
pub fn governor(n: u8) -> Governor {
    Governor::founding(institution(n, Role::Hub))
}

/// A charter of governors with the root keys `key(1)` …, `threshold` of them to sign.
pub fn charter(governors: u8, threshold: u8) -> Charter {
    Charter {
        name_zh: "湖北技术市场".to_owned(),
        name_en: "Hubei technology market".to_owned(),
        region: 420_000,
        founded_ms: NOW,
        nonce: [7; 16],
        governors: Governors { members: (1..=governors).map(governor).collect(), threshold },
        recovery: key(99).public(),
        profile: Profile::default(),
        sub_markets_invite: true,
    }
}

/// A certificate by the root key `key(root)` for the node key `key(node)`.
pub fn certificate(network: &NetworkId, root: u8, node: u8, role: Role) -> NodeCertificate {
    let who = institution(root, role);
    let body = CertificateBody {
        institution: who.id(),
        root: who.root,
        node: key(node).public(),
        sealing: [node; 32],
        role,
        region: who.region,
        capabilities: Capabilities(
            Capabilities::PUBLISH | Capabilities::STATE | Capabilities::ROSTER | Capabilities::RELAY,
        ),
        shelves: Vec::new(),
        serial: 1,
        issued_ms: NOW,
        not_after_ms: NOW + 63_072_000_000,
    };
    NodeCertificate::issue(body, network, &key(root), &key(node))
}

/// A network of one governor and the logs of its node, whose key is `key(11)`.
pub struct World {
    /// The charter.
    pub charter: Charter,
    /// Its id.
    pub network: NetworkId,
    /// The node's key.
    pub node: SecretKey,
}

impl World {
    /// The network.
    pub fn new() -> Self {
        let charter = charter(1, 1);
        Self { network: charter.id(), charter, node: key(11) }
    }

    /// The public shelf of results in Wuhan.
    pub fn shelf(&self) -> Shelf {
        Shelf { region: 420_100, kind: ShelfKind(16), visibility: Visibility::Public }
    }

    /// The node's log for a shelf.
    pub fn log(&self, shelf: Shelf) -> LogId {
        LogId { node: self.node.public(), incarnation: 0x0102_0304_0506_0708, shelf }
    }

    /// The next entry of a log, with a salt that follows from its place.
    pub fn entry(
        &self,
        (log, head): (LogId, Head),
        verb: Verb,
        document: Option<DocumentId>,
        bytes: Vec<u8>,
        time_ms: i64,
    ) -> Entry {
        let salt =
            (head.seq as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes();
        let draft = Draft { document, verb, payload: Payload { salt, bytes }, time_ms };
        Entry::author(log, head, draft, &self.network, &self.node).unwrap()
    }

    /// The entry that creates a document.
    pub fn create_signed(&self, log: LogId, head: Head, signed: &SignedPatch, time_ms: i64) -> Entry {
        self.entry((log, head), Verb::CREATE, None, signed.to_bytes(), time_ms)
    }

    /// The entry that creates a document from a first patch.
    pub fn create(&self, log: LogId, head: Head, patch: &Patch, time_ms: i64) -> Entry {
        let origin = protocol::Origin { log, seq: head.seq + 1 };
        let signed =
            SignedPatch::of(patch.clone(), protocol::Actor::derive(&log, &origin, 0), time_ms).unwrap();
        self.create_signed(log, head, &signed, time_ms)
    }
}

/// A small generator of numbers that look random: the same for the same seed, on every machine (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }
}

/// A file of the folder of shared test data beside the project; `None`, with a word on the terminal, when that folder is absent.
///
/// # Panics
/// When it is absent and `LIANSHI_REQUIRE_SHARED=1` is set.
pub fn shared_file(name: &str) -> Option<Vec<u8>> {
    let path = shared().join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            assert!(
                std::env::var_os("LIANSHI_REQUIRE_SHARED").is_none_or(|v| v != "1"),
                "{}: {error}",
                path.display()
            );
            println!("skipped: ../shared/data is not here");
            None
        }
    }
}

/// The folder of shared test data.
pub fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared")
}
