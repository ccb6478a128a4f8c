//! Numbers and lengths at the ends of their types, in what another node of the institution signs: the ledger takes it in,
//! and the listing that it is about goes on.

use protocol::{
    Actor, Draft, Entry, Hash, Head, Op, OpId, OpenLog, Origin, Patch, Payload, SignedPatch, limits,
};

use super::*;

const NUMBERS: [u64; 9] = [
    0,
    1,
    2,
    limits::MAX_OP_COUNTER - 1,
    limits::MAX_OP_COUNTER,
    limits::MAX_OP_COUNTER + 1,
    u32::MAX as u64,
    i64::MAX as u64,
    u64::MAX,
];
const TIMES: [i64; 5] = [i64::MIN, -1, 0, i64::MAX - 1, i64::MAX];

/// A node that signs whatever it likes about one listing, in a log of its own.
struct Hostile {
    node: Node,
    log: LogId,
    head: Head,
    origin: Origin,
    document: DocumentId,
    /// The hash of the change that creates the listing.
    change: Hash,
    written: Vec<(LogId, CheckedEntry)>,
}

impl Hostile {
    fn against(home: &Node, created: &[(LogId, CheckedEntry)]) -> Self {
        let node = sibling(home);
        let (log, first) = created.iter().find(|(_, e)| e.entry.header.verb == Verb::CREATE).unwrap();
        let signed = SignedPatch::from_bytes(&first.entry.payload.as_ref().unwrap().bytes).unwrap();
        let mut hostile = Self {
            log: LogId { node: node.identity.node.public(), incarnation: u64::MAX, shelf: log.shelf },
            head: Head::default(),
            origin: Origin { log: *log, seq: first.entry.header.seq },
            document: first.entry.document(),
            change: signed.change,
            written: Vec::new(),
            node,
        };
        let open =
            OpenLog { certificate: hostile.node.identity.certificate.clone(), predecessors: Vec::new() };
        hostile.sign(Verb::OPEN, None, open.to_bytes(), i64::MIN);
        hostile
    }

    fn sign(&mut self, verb: Verb, document: Option<DocumentId>, bytes: Vec<u8>, time_ms: i64) {
        let draft = Draft { document, verb, payload: Payload { salt: [0; 16], bytes }, time_ms };
        let identity = &self.node.identity;
        let entry = Entry::author(self.log, self.head, draft, &identity.network(), &identity.node).unwrap();
        self.head = entry.head();
        let hash = entry.hash();
        self.written.push((self.log, CheckedEntry { entry, hash, beginning: None }));
    }

    /// An edit of the listing with these numbers; where no change can be made of it, with a hash out of the air.
    fn edit(&mut self, (generation, seq, start_op): (u32, u64, u64), op: Op, time_ms: i64) {
        let patch = Patch { generation, seq, start_op, deps: vec![self.change], ops: vec![op] };
        let actor = Actor::derive(&self.log, &self.origin, generation);
        let signed = SignedPatch::of(patch.clone(), actor, time_ms);
        let signed = signed.unwrap_or(SignedPatch { patch, change: Hash([9; 32]) });
        self.sign(Verb::EDIT, Some(self.document), signed.to_bytes(), time_ms);
    }
}

fn op(key: &str, text: String, preds: Vec<OpId>) -> Op {
    Op { key: key.to_owned(), put: Some(Value::Text(text)), preds }
}

/// All that it has to say of one listing.
fn extremes(hostile: &mut Hostile) {
    let summary = |preds| op("summary", "x".to_owned(), preds);
    // Each by an actor of its own: of one that has written already most would be void for that alone.
    let mut generation = 100;
    let mut next = || {
        generation += 1;
        generation
    };
    for (n, time_ms) in NUMBERS.iter().zip(TIMES.iter().cycle()) {
        for number in NUMBERS {
            hostile.edit((next(), *n, number), summary(Vec::new()), *time_ms);
            let actor = Actor::derive(&hostile.origin.log, &hostile.origin, 0);
            hostile.edit((next(), 1, *n), summary(vec![OpId { counter: number, actor }]), *time_ms);
        }
        hostile.edit((*n as u32, 1, 4), summary(Vec::new()), *time_ms);
    }
    for size in [0, 1, limits::MAX_KEY, limits::MAX_KEY + 1] {
        hostile.edit((7, 1, 4), op(&"k".repeat(size), String::new(), Vec::new()), NOW);
    }
    for size in [0, limits::MAX_TEXT, limits::MAX_TEXT + 1] {
        hostile.edit((8, 1, 4), op("title", "t".repeat(size), Vec::new()), NOW);
    }
    for size in [0, 1, limits::MAX_PAYLOAD] {
        for verb in [Verb::EDIT, Verb::STATEMENT, Verb::PURGE, Verb(u16::MAX)] {
            hostile.sign(verb, Some(hostile.document), vec![1; size], i64::MAX);
        }
    }
}

#[test]
fn numbers_at_their_ends_neither_end_a_node_nor_brick_a_listing() {
    let mut home = hub();
    let (outcomes, created) = home.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let (id, created) = (published(&outcomes[0]), flatten(created));
    let mut hostile = Hostile::against(&home, &created);
    extremes(&mut hostile);
    let mut entries = created;
    for (n, (log, checked)) in hostile.written.iter().enumerate() {
        home.ledger.persist(log, std::slice::from_ref(checked)).unwrap();
        entries.push((*log, checked.clone()));
        if n % 16 == 0 {
            // Its own clock is at an end, too.
            let value = format!("第 {n} 次");
            let now_ms = TIMES[(n / 16) % TIMES.len()];
            let edited = home.desk(now_ms).edit(&id, &put("summary", &value)).unwrap();
            entries.extend(flatten(vec![edited.unwrap()]));
            assert!(home.library.listing(&id).unwrap().is_some());
        }
    }
    println!("{} hostile entries", hostile.written.len());
    let view = home.view();
    let (_dir, mirror, library) = home.mirror(&entries);
    assert_eq!(view_hash(mirror.sums(), &library.roster().digest()).to_string(), view);
    let mut home = home.reopened();
    assert_eq!(home.view(), view);
    assert!(home.desk(NOW).edit(&id, &put("summary", "最后一次")).unwrap().is_some());
    let listing = home.library.listing(&id).unwrap().unwrap();
    assert!(
        listing.state.fields.get("summary").is_some_and(|values| values.len() == 1),
        "the honest value alone"
    );
}
