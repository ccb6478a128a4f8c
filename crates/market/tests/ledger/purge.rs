//! A purge: the text is gone from every file of a home, in every order of arrival and after every interruption, and what
//! comes later is not taken.

use std::collections::BTreeSet;
use std::fs;

use market::{Hidden, MarketError};
use protocol::{Action, Roster, Subject};
use storage::Table;

use super::documents::{Traffic, guest, moving, with_editor};
use super::*;

const CANARY: &str = "联系人李某 13907100001";

/// Whether any file below `dir` holds the canary, as it is or in UTF-16.
fn leaks(dir: &Path) -> Vec<String> {
    let wide: Vec<u8> = CANARY.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut found = Vec::new();
    for path in fs::read_dir(dir).unwrap().map(|item| item.unwrap().path()) {
        if path.is_dir() {
            found.extend(leaks(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        if holds(CANARY.as_bytes()) || holds(&wide) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The roster of a network of the hub alone with what these entries say of purges.
fn roster_with(node: &Node, written: &[(LogId, CheckedEntry)]) -> Roster {
    let mut input = RosterInput::default();
    for (_, checked) in written {
        input.purges.note(node.identity.institution.id(), &checked.entry);
    }
    Roster::fold(&node.identity.charter.charter, &input)
}

fn told() -> Incoming {
    let text = Value::Text(CANARY.to_owned());
    Incoming {
        contact: Fields::from([("contact_name".to_owned(), text.clone())]),
        private: Fields::from([("price_note".to_owned(), text.clone())]),
        fields: Fields::from([("title".to_owned(), text), ("source_id".to_owned(), Value::Text("7".into()))]),
        ..record("")
    }
}

/// A hub with a listing full of the canary, from a draft, edited; and one that stays.
fn listed() -> (Node, DocumentId, DocumentId) {
    let mut node = hub();
    let Outcome::Drafted(draft) = node.desk(NOW).keep_draft(None, &told()).unwrap() else { panic!() };
    let (outcomes, _) = node.desk(NOW).take_in(&[told(), record("另一项")], true).unwrap();
    node.desk(NOW).drop_draft(&draft).unwrap();
    let (id, other) = (published(&outcomes[0]), published(&outcomes[1]));
    node.desk(NOW).edit(&id, &put("summary", &format!("{CANARY}，再联系"))).unwrap().unwrap();
    node.desk(NOW).open_revision(&id, "clerk").unwrap();
    node.ledger.checkpoint().unwrap();
    (node, id, other)
}

/// Purges it, as a node's core does: the word is written, the roster folded, the ledger told.
fn purge(node: &mut Node, id: &DocumentId) -> Roster {
    let (gone, written) = node.desk(NOW + 9).purge(id, "误发电话").unwrap();
    assert!(gone.contains(id));
    let roster = roster_with(node, &flatten(vec![written]));
    node.library.set_roster(roster.clone());
    node.ledger.relimit(&roster, None).unwrap();
    roster
}

fn assert_purged(node: &Node, id: &DocumentId, other: &DocumentId) {
    let listing = node.library.listing(id).unwrap().unwrap();
    assert_eq!(listing.hidden, Some(Hidden::Purged("误发电话".into())));
    assert_eq!((listing.title(), listing.versions), ("", 0));
    assert_eq!(node.library.listing(other).unwrap().unwrap().title(), "另一项");
    let figures = node.ledger.figures(&node.identity.node.public());
    assert_eq!((figures.held, figures.void, figures.waiting), (1, 0, 0));
    let history = node.library.history(id).unwrap();
    assert!(history.iter().all(|item| item.signed && item.changes.is_empty()), "the chain is whole");
    assert_eq!(history.len(), 2);
}

#[test]
fn a_purged_text_is_in_no_file_of_the_home() {
    let (mut node, id, other) = listed();
    assert!(!leaks(node.home.path()).is_empty(), "it was there");
    let roster = purge(&mut node, &id);
    assert_purged(&node, &id, &other);
    assert!(node.ledger.is_scrub_due());
    assert!(leaks(&node.home.path().join("data/journal")).is_empty(), "gone from the journal at once");
    let view = node.view();
    let node = node.reopened();
    node.library.set_roster(roster);
    assert_purged(&node, &id, &other);
    assert_eq!(node.view(), view);
    assert!(!node.ledger.is_scrub_due());
    assert_eq!(leaks(node.home.path()), Vec::<String>::new());
}

#[test]
fn a_purged_record_may_be_published_anew_and_the_old_one_is_not_edited() {
    let (mut node, id, _) = listed();
    purge(&mut node, &id);
    let edited = node.desk(NOW + 10).edit(&id, &put("title", "改"));
    assert!(matches!(edited, Err(MarketError::Purged { .. })));
    let again = node.desk(NOW + 10).purge(&id, "");
    assert!(matches!(again, Err(MarketError::Purged { .. })));
    let (outcomes, _) = node.desk(NOW + 10).take_in(&[told()], true).unwrap();
    assert!(matches!(outcomes[0], Outcome::Published(new) if new != id), "{outcomes:?}");
}

#[test]
fn a_store_rebuilt_from_the_journal_holds_purged_entries_bare() {
    let (mut node, id, other) = listed();
    let roster = purge(&mut node, &id);
    let view = node.view();
    let Node { identity, ledger, library, home } = node;
    drop((ledger, library));
    fs::remove_dir_all(home.path().join("data/store")).unwrap();
    let opened = open(home.path(), &identity);
    assert!(opened.mended.is_some());
    let mut ledger = opened.ledger;
    // What the journal itself says of it, after the roster's own way.
    let book = ledger.roster_book(&identity.charter.charter).unwrap();
    assert_eq!(book.input().purges, {
        let mut purges = protocol::Purges::default();
        for entry in roster_entries(&ledger) {
            purges.note(identity.institution.id(), &entry);
        }
        purges
    });
    ledger.relimit(&roster, None).unwrap();
    ledger.checkpoint().unwrap();
    let library = Library::new(ledger.store(), roster.clone());
    let node = Node { identity, ledger, library, home };
    assert_purged(&node, &id, &other);
    assert_eq!(node.view(), view);
    let node = node.reopened();
    node.library.set_roster(roster);
    assert_purged(&node, &id, &other);
    assert_eq!(leaks(node.home.path()), Vec::<String>::new());
}

/// All of them, a page at a time, each once: a book that turned some away takes them from here.
#[test]
fn purges_are_read_again_in_pages() {
    const MANY: usize = 300;
    let mut node = hub();
    let records: Vec<_> = (0..MANY).map(|n| record(&format!("成果 {n}"))).collect();
    let (outcomes, _) = node.desk(NOW).take_in(&records, true).unwrap();
    let ids: BTreeSet<DocumentId> = outcomes.iter().map(published).collect();
    for id in &ids {
        node.desk(NOW + 1).purge(id, "导错了").unwrap();
    }
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = node.ledger.purges_after(after).unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.header.log, last.header.seq));
        found.extend(page.iter().map(protocol::Entry::document));
        pages += 1;
    }
    assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (MANY, ids));
    assert_eq!(pages, 2);
}

fn roster_entries(ledger: &Ledger) -> Vec<protocol::Entry> {
    let mut found = Vec::new();
    for (log, state) in ledger.logs().iter().filter(|(log, _)| log.shelf == protocol::Shelf::ROSTER) {
        let all = |entry| {
            found.push(entry);
            true
        };
        ledger.read_log(log, 0, state.head.seq, all).unwrap();
    }
    found
}

/// The store as it was before the purge beside the journal as it is after; and the other way round.
#[test]
fn an_interrupted_purge_is_done_again_at_the_next_start() {
    let copy = |from: &Path, to: &Path| {
        let _ = fs::remove_dir_all(to);
        fs::create_dir_all(to).unwrap();
        for path in fs::read_dir(from).unwrap().map(|item| item.unwrap().path()).filter(|path| path.is_file())
        {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    };
    for part in ["store", "journal"] {
        let (node, id, other) = listed();
        let node = node.reopened();
        let Node { identity, ledger, library, home } = node;
        drop((ledger, library));
        let (live, kept) = (home.path().join("data").join(part), home.path().join("kept"));
        copy(&live, &kept);
        let opened = open(home.path(), &identity);
        let library = library_of(&identity, &opened.ledger);
        let mut node = Node { identity, ledger: opened.ledger, library, home };
        let (_, written) = node.desk(NOW + 9).purge(&id, "误发电话").unwrap();
        let roster = roster_with(&node, &flatten(vec![written]));
        if part == "journal" {
            // The word is written, its effect is not: killed before it began.
            let Node { identity, ledger, library, home } = node;
            drop((ledger, library));
            let opened = open(home.path(), &identity);
            let library = library_of(&identity, &opened.ledger);
            node = Node { identity, ledger: opened.ledger, library, home };
        } else {
            node.ledger.relimit(&roster, None).unwrap();
        }
        let Node { identity, ledger, library, home } = node;
        drop((ledger, library));
        if part == "store" {
            // Killed after the journal was written anew, before the store was.
            copy(&kept, &live);
            fs::create_dir_all(live.join("blobs")).unwrap();
        }
        fs::remove_dir_all(&kept).unwrap();
        let opened = open(home.path(), &identity);
        assert_eq!(opened.mended, None);
        let library = library_of(&identity, &opened.ledger);
        let mut node = Node { identity, ledger: opened.ledger, library, home };
        node.library.set_roster(roster.clone());
        node.ledger.relimit(&roster, None).unwrap();
        assert_purged(&node, &id, &other);
        let (figures, view) = (node.ledger.figures(&node.identity.node.public()), node.view());
        let node = node.reopened();
        node.library.set_roster(roster);
        assert_eq!((node.ledger.figures(&node.identity.node.public()), node.view()), (figures, view));
        assert_eq!(leaks(node.home.path()), Vec::<String>::new(), "{part}");
    }
}

#[test]
fn every_order_of_arrival_ends_without_the_text() {
    let mut hub = hub();
    let (mut other, mut rival) = (sibling(&hub), guest(&mut hub, 31));
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&rival]);
    let incoming = Incoming { contact: Fields::new(), ..with_editor(CANARY, &rival) };
    let (outcomes, created) = hub.desk(NOW).take_in(&[incoming], true).unwrap();
    let id = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut other);
    traffic.bring(&mut rival);
    for node in [&mut other, &mut rival] {
        traffic.sent(node.desk(NOW + 1).edit(&id, &put("summary", CANARY)).unwrap());
    }
    let (moved, written) = {
        traffic.bring(&mut hub);
        let to = moving(&hub.library, &id);
        let to = market::Moving { visibility: protocol::Visibility::Members, ..to };
        hub.desk(NOW + 2).relocate(&id, to).unwrap().unwrap()
    };
    traffic.sent([written]);
    traffic.bring(&mut other);
    let (gone, written) = other.desk(NOW + 3).purge(&id, "误发电话").unwrap();
    assert_eq!(gone, [id, moved], "the whole line goes");
    traffic.sent([written]);
    let mut seen = None;
    for seed in 0..16 {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path(), &hub.identity).ledger;
        let mut roster = traffic.fold(&hub);
        let mut input = traffic.roster.clone();
        for (n, (log, checked)) in traffic.order(seed).into_iter().enumerate() {
            ledger.persist(&log, &[CheckedEntry { beginning: None, ..checked.clone() }]).unwrap();
            if input.purges.note(hub.identity.institution.id(), &checked.entry) || n % 5 == 0 {
                roster = Roster::fold(&hub.identity.charter.charter, &input);
                ledger.relimit(&roster, None).unwrap();
            }
        }
        let library = Library::new(ledger.store(), roster.clone());
        for id in [id, moved] {
            let listing = library.listing(&id).unwrap().unwrap();
            assert_eq!(listing.hidden, Some(Hidden::Purged("误发电话".into())), "order {seed}");
            assert!(ledger.store().get(Table::Projections, &id.0).unwrap().is_some());
        }
        let shown = view_hash(ledger.sums(), &roster.digest());
        assert_eq!(*seen.get_or_insert(shown), shown, "order {seed}");
        assert_eq!(ledger.figures(&hub.identity.node.public()).void, 0, "order {seed}");
        drop((library, ledger));
        let again = open(dir.path(), &hub.identity).ledger;
        assert_eq!(view_hash(again.sums(), &roster.digest()), shown);
        assert_eq!(leaks(dir.path()), Vec::<String>::new(), "order {seed}");
    }
}

/// What a void purge took is missing: hidden, and not called purged.
#[test]
fn a_purge_that_counts_no_more_leaves_the_listing_hidden() {
    let (mut node, id, _) = listed();
    purge(&mut node, &id);
    let without = roster_with(&node, &[]);
    node.library.set_roster(without.clone());
    node.ledger.relimit(&without, None).unwrap();
    assert_eq!(node.library.listing(&id).unwrap().unwrap().hidden, Some(Hidden::Missing));
    let view = node.view();
    let mut node = node.reopened();
    node.library.set_roster(without.clone());
    assert_eq!(node.view(), view);
    // The governors may purge it properly.
    let step = super::documents::govern(&mut node, Subject::Document(id), Action::Purge("x".into()));
    let input = RosterInput { steps: vec![step], ..RosterInput::default() };
    let roster = Roster::fold(&node.identity.charter.charter, &input);
    node.ledger.relimit(&roster, None).unwrap();
    node.library.set_roster(roster);
    assert_eq!(node.library.listing(&id).unwrap().unwrap().hidden, Some(Hidden::Purged("x".into())));
}

/// A log that nobody has whole is taken as it is: what it lacks is known as missing, also after a restart, until it comes.
#[test]
fn what_was_taken_without_payloads_is_missing_until_they_come() {
    let (node, id, _) = listed();
    let log = *node.ledger.logs().keys().find(|log| log.shelf.kind.is_listing()).unwrap();
    let mut whole = Vec::new();
    let all = |entry: protocol::Entry| {
        whole.push(CheckedEntry { hash: entry.hash(), entry, beginning: None });
        true
    };
    node.ledger.read_log(&log, 0, node.ledger.head(&log).seq, all).unwrap();
    let mut bare = whole.clone();
    for checked in bare.iter_mut().filter(|checked| checked.entry.document() == id) {
        checked.entry.payload = None;
    }
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), &node.identity).ledger.persist(&log, &bare).unwrap();
    let mut ledger = open(dir.path(), &node.identity).ledger;
    assert_eq!(ledger.lacking(None).unwrap().entries.len(), 2);
    ledger.fill(&log, &whole).unwrap();
    assert!(ledger.lacking(None).unwrap().entries.is_empty());
    let (ours, theirs) = (ledger.sums(), node.ledger.sums());
    assert!(ours.get(&log.shelf) == theirs.get(&log.shelf));
}

/// What a void purge took comes back from others, piece by piece, and stays through restarts and the loss of the store.
#[test]
fn what_comes_back_after_a_void_purge_is_shown_again() {
    let (mut node, id, other) = listed();
    node.ledger.owned_by(node.identity.node.public(), node.identity.institution.id());
    let without = roster_with(&node, &[]);
    node.library.set_roster(without.clone());
    let (title, view) = (node.library.listing(&id).unwrap().unwrap().title().to_owned(), node.view());
    let mut entries = Vec::new();
    let log = *node.ledger.logs().keys().find(|log| log.shelf.kind.is_listing()).unwrap();
    let all = |entry: protocol::Entry| {
        entries.push(CheckedEntry { hash: entry.hash(), entry, beginning: None });
        true
    };
    node.ledger.read_log(&log, 0, node.ledger.head(&log).seq, all).unwrap();
    let roster = purge(&mut node, &id);
    assert!(node.ledger.lacking(None).unwrap().entries.is_empty(), "what is purged is not missing");
    node.ledger.fill(&log, &entries).unwrap();
    assert_purged(&node, &id, &other);

    node.library.set_roster(without.clone());
    node.ledger.relimit(&without, None).unwrap();
    let mut node = node.reopened();
    node.ledger.owned_by(node.identity.node.public(), node.identity.institution.id());
    node.library.set_roster(without.clone());
    node.ledger.relimit(&without, None).unwrap();
    let missing = node.ledger.lacking(None).unwrap();
    assert_eq!((missing.entries.len(), missing.more_after), (2, None));
    assert!(node.ledger.lacking(Some(id)).unwrap().entries.is_empty(), "none behind it");
    let (begins, edits) = (&missing.entries[0].head, &missing.entries[1].head);
    let of = |head: &protocol::Head| entries[head.seq as usize - 1].clone();
    // Another entry in its place is not taken.
    let mut wrong = of(edits);
    wrong.entry.header.time_ms += 1;
    node.ledger.fill(&log, &[wrong]).unwrap();
    node.ledger.fill(&log, &[of(edits)]).unwrap();
    assert_eq!(node.ledger.lacking(None).unwrap().entries.len(), 1);
    assert_eq!(node.library.listing(&id).unwrap().unwrap().hidden, Some(Hidden::Missing));
    let arrivals = node.ledger.arrivals();
    node.ledger.fill(&log, &[of(begins)]).unwrap();
    assert!(node.ledger.arrivals() > arrivals, "the index hears of it");
    assert!(node.ledger.lacking(None).unwrap().entries.is_empty());
    let shown = |node: &Node| {
        let listing = node.library.listing(&id).unwrap().unwrap();
        assert_eq!((listing.title(), listing.versions, &listing.hidden), (&*title, 2, &None));
        assert_eq!(node.view(), view);
        let figures = node.ledger.figures(&node.identity.node.public());
        assert_eq!((figures.held, figures.void, figures.waiting), (2, 0, 0));
    };
    shown(&node);

    let node = node.reopened();
    node.library.set_roster(without.clone());
    shown(&node);
    let Node { identity, ledger, library, home } = node;
    drop((ledger, library));
    fs::remove_dir_all(home.path().join("data/store")).unwrap();
    let opened = open(home.path(), &identity);
    assert!(opened.mended.is_some());
    let library = Library::new(opened.ledger.store(), without.clone());
    let mut node = Node { identity, ledger: opened.ledger, library, home };
    node.ledger.relimit(&without, None).unwrap();
    shown(&node);
    // And a purge that counts takes it again.
    node.ledger.owned_by(node.identity.node.public(), node.identity.institution.id());
    node.library.set_roster(roster.clone());
    node.ledger.relimit(&roster, None).unwrap();
    assert_purged(&node, &id, &other);
    assert!(leaks(&node.home.path().join("data/journal")).is_empty());
}
