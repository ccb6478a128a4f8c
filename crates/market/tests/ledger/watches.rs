//! Saved searches: what each found, once; through a loss of the store, and within bounds.

use market::{Every, Found, MAX_FOUND, MAX_WATCHES, MarketError, Watch, material};

use super::*;

fn watch(id: u64) -> Watch {
    Watch {
        id: format!("{id:016x}"),
        owner: String::new(),
        name: "石墨烯".to_owned(),
        asks: "q=x".to_owned(),
        every: Every::Now,
        zh: true,
        tells: false,
        paused: false,
        abroad: true,
        since_ms: NOW,
        from: 0,
        feed: Some([7; 16]),
        hook: None,
        mail: None,
    }
}

fn found(node: &Node, id: &str) -> Vec<Found> {
    node.library.found(id).unwrap()
}

#[test]
fn what_a_watch_found_is_told_once_and_again_when_it_says_something_else() {
    let mut node = hub();
    let one = watch(1);
    let id = one.id.clone();
    node.desk(NOW).keep_watch(&one).unwrap();
    let listing = published(&node.desk(NOW).take_in(&[record("一")], true).unwrap().0[0]);
    let other = published(&node.desk(NOW).take_in(&[record("二")], true).unwrap().0[0]);
    let digest = |node: &Node| material(&node.library.listing(&listing).unwrap().unwrap());
    let first = digest(&node);
    let both = [(listing, first), (other, [1; 8]), (listing, first)];
    assert_eq!(node.desk(NOW).note_found(&id, &both).unwrap(), 2, "one that came twice is told once");
    assert_eq!(node.desk(NOW + 9).note_found(&id, &both).unwrap(), 0, "nothing new");

    // Who answers the telephone, and a space more, are no news; what it says is.
    node.desk(NOW).edit(&listing, &put("contact_phone", "027-1")).unwrap();
    node.desk(NOW).edit(&listing, &put("title", "　一 ")).unwrap();
    assert_eq!(digest(&node), first);
    node.desk(NOW).edit(&listing, &put("summary", "改")).unwrap();
    assert_ne!(digest(&node), first);
    let again = [(listing, digest(&node))];
    assert_eq!(node.desk(NOW + 10).note_found(&id, &again).unwrap(), 1);
    let now = found(&node, &id);
    assert_eq!(
        now.iter().map(|found| (found.id, found.number, found.changed)).collect::<Vec<_>>(),
        [(listing, 3, true), (other, 2, false)]
    );
    node.desk(NOW).change_progress(&id, |at| at.read = 3).unwrap();

    // The store is lost; what was acknowledged is in the journal.
    let Node { identity, ledger, library, home } = node;
    drop((ledger, library));
    std::fs::remove_dir_all(home.path().join("data/store")).ok();
    let opened = open(home.path(), &identity);
    let library = library_of(&identity, &opened.ledger);
    let node = Node { identity, ledger: opened.ledger, library, home };
    assert_eq!(node.library.watches().unwrap(), [one]);
    assert_eq!(found(&node, &id), now);
    assert_eq!((node.library.progress(&id).unwrap().next, node.library.progress(&id).unwrap().read), (4, 3));
}

#[test]
fn a_watch_forgets_its_oldest_and_goes_with_all_that_it_found() {
    let mut node = hub();
    node.desk(NOW).keep_watch(&watch(1)).unwrap();
    let id = watch(1).id;
    let many = |from: usize| -> Vec<(DocumentId, [u8; 8])> {
        (from..from + 2_700)
            .map(|n| (DocumentId(protocol::hash("x", &[&n.to_be_bytes()]).0), [0; 8]))
            .collect()
    };
    for from in [0, 2_700] {
        node.desk(NOW).note_found(&id, &many(from)).unwrap();
    }
    let kept = found(&node, &id);
    assert_eq!((kept.len(), kept[0].number), (MAX_FOUND, 5_400));
    assert_eq!(kept.last().unwrap().number, 401, "the oldest went");
    node.desk(NOW).drop_watch(&id).unwrap();
    assert!(found(&node, &id).is_empty() && node.library.watches().unwrap().is_empty());
    assert_eq!(node.desk(NOW).note_found(&id, &many(0)).unwrap(), 0, "nothing is noted of one that is gone");
}

#[test]
fn there_are_so_many_watches_and_each_has_a_name() {
    let mut node = hub();
    for n in 0..MAX_WATCHES as u64 {
        node.desk(NOW).keep_watch(&watch(n)).unwrap();
    }
    let refused = |kept: Result<(), MarketError>| kept.err().map(|error| error.to_string()).unwrap();
    assert!(refused(node.desk(NOW).keep_watch(&watch(9_999))).contains("200"));
    node.desk(NOW).keep_watch(&Watch { paused: true, ..watch(5) }).unwrap();
    for name in [" ", &"长".repeat(65)] {
        let named = Watch { name: name.to_owned(), ..watch(5) };
        assert!(refused(node.desk(NOW).keep_watch(&named)).contains("name"));
    }
    let long = Watch { asks: "q=".repeat(4_000), ..watch(5) };
    assert!(refused(node.desk(NOW).keep_watch(&long)).contains("too long"));
}
