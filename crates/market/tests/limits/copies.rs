//! A home is copied, and both copies write on: real stores, met by third nodes in any order, settled on either branch.

use super::*;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }
}

/// The two copies of the home, in `nodes[0]` and `nodes[1]`, and third nodes of the institution.
struct Story {
    dice: Dice,
    nodes: Vec<Node>,
    /// The roster before and with the settle, and who knows the latter.
    rosters: Vec<Roster>,
    knows: Vec<bool>,
    /// Listings that both copies have.
    common: Vec<DocumentId>,
    /// What was written: the text and the copy that wrote it.
    texts: Vec<(String, usize)>,
    edited: BTreeSet<(usize, DocumentId)>,
}

/// A copy of a home: the same keys, the same incarnation, and what it holds.
fn copied(of: &Node, entries: &Entries) -> Node {
    let identity = Identity {
        node: of.identity.node.clone(),
        certificate: of.identity.certificate.clone(),
        ..colleague(of, 7)
    };
    let mut copy = node(identity);
    copy.take(entries);
    let incarnation = of.ledger.incarnation();
    copy.ledger.keep(storage::Table::Meta, b"incarnation", Some(&incarnation.to_be_bytes())).unwrap();
    let Node { identity, ledger: old, library, _home: home } = copy;
    drop((old, library));
    let mut reopened = ledger(&home, &identity);
    reopened.owned_by(identity.node.public(), identity.institution.id());
    let library = Library::new(reopened.store(), of.roster(Vec::new()));
    Node { identity, ledger: reopened, library, _home: home }
}

impl Story {
    fn begin(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut home = hub();
        let (mut common, mut entries) = (Vec::new(), Entries::new());
        for n in 0..1 + dice.below(4) {
            let (id, new) = home.create(&format!("共同 {n}"));
            common.push(id);
            entries.extend(new);
        }
        let copy = copied(&home, &entries);
        let thirds = [9, 11, 13].map(|seed| node(colleague(&home, seed)));
        let rosters = vec![home.roster(Vec::new())];
        let nodes: Vec<Node> = [home, copy].into_iter().chain(thirds).collect();
        let knows = vec![false; nodes.len()];
        Self { dice, nodes, rosters, knows, common, texts: Vec::new(), edited: BTreeSet::new() }
    }

    /// One of the copies writes: a listing, or a field of one that both have. Not while it knows of an open fork.
    fn write(&mut self, copy: usize) {
        let text = format!("{} {}", ["左", "右"][copy], self.texts.len());
        let (id, field) = (self.common[self.dice.below(self.common.len())], ["title", "summary"][copy]);
        let node = &mut self.nodes[copy];
        let change = BTreeMap::from([(field.to_owned(), Some(Value::Text(text.clone())))]);
        let done = if self.dice.below(3) > 0 || self.edited.contains(&(copy, id)) {
            node.desk(NOW).take_in(&[record(&text)], true).map(drop)
        } else {
            self.edited.insert((copy, id));
            node.desk(NOW).edit(&id, &change).map(drop)
        };
        match done {
            Ok(()) => self.texts.push((text, copy)),
            Err(refused) => assert!(refused.to_string().contains("forked"), "{refused}"),
        }
    }

    /// The governors keep the branch that one of the copies holds, as far as it has come.
    fn settle(&mut self) {
        let (copy, log) = (self.dice.below(2), self.log());
        let head = self.nodes[copy].ledger.head(&log);
        let settled = self.nodes[0].roster(vec![(Subject::Log(log.hash()), Action::Settle(log, head))]);
        self.rosters.push(settled);
        let first = self.dice.below(self.knows.len());
        self.learn(first);
    }

    /// The log that both copies write.
    fn log(&self) -> LogId {
        let copies = [0, 1].map(|copy| self.nodes[copy].ledger.held());
        let both = copies[0].iter().find(|(log, (head, _))| copies[1].contains_key(log) && head.seq > 0);
        *both.unwrap().0
    }

    fn learn(&mut self, node: usize) {
        self.knows[node] = true;
        self.nodes[node].limit(&self.rosters[1]);
    }

    /// Two nodes meet: what each lacks of the other's logs, as far as they count there.
    fn meet(&mut self, a: usize, b: usize) {
        for (from, to) in [(a, b), (b, a)] {
            if self.knows[from] && !self.knows[to] {
                self.learn(to);
            }
            for (log, state) in self.nodes[from].ledger.logs() {
                self.pass_on(from, to, &log, state.head);
            }
        }
    }

    fn pass_on(&mut self, from: usize, to: usize, log: &LogId, theirs: Head) {
        let mine = self.nodes[to].ledger.logs().get(log).map(|state| state.head).unwrap_or_default();
        let at = |node: &Node, seq: u64| node.ledger.entry(log, seq).unwrap().unwrap();
        let [theirs_of, mine_of] = [from, to].map(|node| &self.nodes[node]);
        let differs =
            (1..=mine.seq.min(theirs.seq)).find(|seq| at(theirs_of, *seq).hash() != at(mine_of, *seq).hash());
        if let Some(seq) = differs {
            let certificate = self.nodes[0].identity.certificate.clone();
            let fork = Fork::of(certificate, &at(mine_of, seq), &at(theirs_of, seq));
            fork.verify(&self.nodes[0].identity.network()).unwrap();
            for node in [from, to] {
                self.nodes[node].ledger.note_fork(&fork).unwrap();
                self.relimit(node);
            }
            return;
        }
        let end = self.nodes[to].ledger.limit(log).map_or(u64::MAX, |limit| limit.head.seq);
        let new: Entries =
            (mine.seq + 1..=theirs.seq.min(end)).map(|seq| at(theirs_of, seq)).map(checked).collect();
        if !new.is_empty() {
            self.nodes[to].take(&new);
            self.relimit(to);
        }
    }

    fn relimit(&mut self, node: usize) {
        let roster = &self.rosters[usize::from(self.knows[node])];
        self.nodes[node].ledger.relimit(roster, None).unwrap();
        let logs: Vec<LogId> = self.nodes[node].ledger.forks().keys().copied().collect();
        for log in logs {
            self.nodes[node].ledger.relimit(roster, Some(&log)).unwrap();
        }
    }

    /// Everybody meets everybody until nothing changes any more.
    fn all_meet(&mut self) {
        for _ in 0..6 {
            for a in 0..self.nodes.len() {
                (0..a).for_each(|b| self.meet(a, b));
            }
        }
        let views: BTreeSet<String> = self.nodes.iter().map(Node::view).collect();
        assert_eq!(views.len(), 1, "all show the same");
        for node in &self.nodes {
            let open = |log: &&LogId| node.ledger.limit(log).is_some_and(|limit| limit.why == Why::Forked);
            let held = node.ledger.held();
            assert_eq!(held.keys().find(open), None, "no fork is left open");
        }
    }

    /// What is shown of these listings at a node, field by field.
    fn shown(&self, node: usize, ids: &[DocumentId]) -> BTreeSet<String> {
        let listings = ids.iter().filter_map(|id| self.nodes[node].library.listing(id).unwrap());
        let values = listings.flat_map(|listing| listing.state.fields.into_values().flatten());
        values.filter_map(|value| if let Value::Text(text) = value { Some(text) } else { None }).collect()
    }

    /// What the copies have lost they publish again. Returns all listings that were ever written.
    fn publish_again(&mut self) -> usize {
        let mut again = 0;
        for copy in [0, 1] {
            for lost in self.nodes[copy].desk(NOW + 10).lost().unwrap() {
                self.nodes[copy].desk(NOW + 10).publish_again(&lost).unwrap();
                again += 1;
            }
            assert!(self.nodes[copy].desk(NOW + 10).lost().unwrap().is_empty());
        }
        again
    }

    fn end(mut self) -> usize {
        self.all_meet();
        let again = self.publish_again();
        self.all_meet();
        for node in 0..self.nodes.len() {
            let arrivals = self.nodes[node].library.arrivals(0, 1_000).unwrap();
            let ids: Vec<DocumentId> = arrivals.into_iter().map(|(_, id)| id).collect();
            let shown = self.shown(node, &ids);
            let missing: Vec<&str> = self
                .texts
                .iter()
                .map(|(text, _)| text.as_str())
                .filter(|text| !shown.contains(*text))
                .collect();
            assert!(missing.is_empty(), "node {node} does not show {missing:?} of {:?}", self.texts);
        }
        again
    }
}

fn checked(entry: protocol::Entry) -> (LogId, CheckedEntry) {
    let hash = entry.hash();
    (entry.header.log, CheckedEntry { entry, hash, beginning: None })
}

/// Returns how many texts were lost with a branch and published again.
fn a_course(seed: u64) -> usize {
    let mut story = Story::begin(seed);
    let turns = 12 + story.dice.below(12);
    let settled = story.dice.below(turns);
    // Each of them writes before it has met anybody: from there on they part.
    story.write(0);
    story.write(1);
    for turn in 0..turns {
        if turn == settled {
            story.settle();
        }
        let (a, b) = (story.dice.below(5), story.dice.below(5));
        match story.dice.below(3) {
            0 => story.write(a % 2),
            _ if a != b => story.meet(a, b),
            _ => {}
        }
    }
    let forked = story.nodes.iter().any(|node| !node.ledger.forks().is_empty());
    let again = story.end();
    assert!(again > 0 || !forked, "seed {seed}: a fork, and nothing was lost");
    again
}

/// Six courses in every run; `LIANSHI_COPIES` says how many.
#[test]
fn copies_that_write_on_are_settled_with_both_texts_kept() {
    let wanted = std::env::var("LIANSHI_COPIES").ok().and_then(|text| text.parse().ok());
    let courses: u64 = wanted.unwrap_or(6);
    let again: usize = (900..900 + courses).map(a_course).sum();
    println!(
        "{courses} copies (seeds from 900) settled, {again} texts of lost branches published again, none missing"
    );
    assert!(again as u64 >= courses, "each has two branches, and one of them is lost");
}

#[test]
fn a_settle_replaces_the_lost_branch_and_keeps_its_texts_aside() {
    let mut first = hub();
    let (common, base) = first.create("共同");
    let mut copy = copied(&first, &base);

    let (kept, left) = first.create("左");
    let edited = first.edit(&common, "title", "左改");
    let (lost, right) = copy.create("右");
    let log = left[0].0;
    assert_eq!(right[0].0, log);
    let fork = Fork::of(first.identity.certificate.clone(), &left[0].1.entry, &right[0].1.entry);
    fork.verify(&first.identity.network()).unwrap();
    let open = first.roster(Vec::new());
    for node in [&mut first, &mut copy] {
        let bytes = node.ledger.logs()[&log].bytes;
        node.ledger.note_fork(&fork).unwrap();
        node.limit(&open);
        assert_eq!(node.ledger.logs()[&log].bytes, bytes, "what a fork voids takes room as ever");
        assert!(node.library.listing(&common).unwrap().is_some());
    }
    assert_eq!(first.view(), copy.view(), "both count what they have in common");
    assert!(first.library.listing(&kept).unwrap().is_none());
    let refused = first.desk(NOW).take_in(&[record("丙")], true).unwrap_err();
    assert!(refused.to_string().contains("forked"), "{refused}");

    let head = edited[0].1.entry.head();
    let settled = first.roster(vec![(Subject::Log(log.hash()), Action::Settle(log, head))]);
    first.limit(&settled);
    assert_eq!(first.library.listing(&common).unwrap().unwrap().title(), "左改");
    assert!(first.library.listing(&kept).unwrap().is_some());
    // The other one fetches the kept branch from the last common entry on.
    let relimited = copy.ledger.relimit(&settled, Some(&log)).unwrap();
    assert_eq!(
        (relimited.logs[0].log, relimited.logs[0].head, relimited.logs.len()),
        (log, fork.common(), 1)
    );
    let branch: Entries = left.iter().chain(&edited).cloned().collect();
    copy.take(&branch);
    copy.limit(&settled);
    assert_eq!(copy.view(), first.view());
    assert!(copy.library.listing(&lost).unwrap().is_none());
    let aside = copy.desk(NOW).lost().unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].changes["title"], Some(Value::Text("右".into())));

    // Both go on in new incarnations, and what was lost is published there.
    let (outcome, again) = copy.desk(NOW + 5).publish_again(&aside[0]).unwrap();
    let Outcome::Published(new) = outcome else { unreachable!() };
    assert_ne!(again[0].log.incarnation, log.incarnation);
    assert_eq!(again[0].entries[0].entry.header.verb, Verb::OPEN);
    assert_eq!(copy.library.listing(&new).unwrap().unwrap().title(), "右");
    let (_, fresh) = first.create("丙");
    assert!(fresh[0].0.incarnation != log.incarnation && fresh[0].0.incarnation != again[0].log.incarnation);
    first.take(&flatten(again));
    copy.take(&fresh);
    assert_eq!(copy.view(), first.view());
    // A restart finds everything as it was, from store and journal alike.
    let (view, home) = (copy.view(), copy._home);
    let Node { ledger: old, library, identity, .. } = Node { _home: tempfile::tempdir().unwrap(), ..copy };
    drop((old, library));
    let mut reopened = ledger(&home, &identity);
    reopened.relimit(&settled, None).unwrap();
    assert_eq!(view_hash(reopened.sums(), &settled.digest()).to_string(), view);
}
