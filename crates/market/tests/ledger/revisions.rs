//! Revisions of what is published: only what was changed is written, and who stands behind it is known at home.

use std::ops::ControlFlow;

use market::{Account, DeskRole, DraftRecord, Hands, MarketError};
use storage::Table;

use super::*;

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn one(node: &mut Node) -> DocumentId {
    let (outcomes, _) = node.desk(NOW).take_in(&[record("稀土永磁电机")], true).unwrap();
    published(&outcomes[0])
}

fn draft(node: &Node, id: &str) -> DraftRecord {
    node.library.draft(id).unwrap().unwrap()
}

#[test]
fn a_revision_writes_what_it_changed_and_nothing_else() {
    let mut node = hub();
    let id = one(&mut node);
    let opened = node.desk(NOW + 1).open_revision(&id, "clerk").unwrap();
    assert_eq!(node.desk(NOW + 1).open_revision(&id, "other").unwrap(), opened, "one at a time");
    let mut written = draft(&node, &opened).fields;
    assert_eq!(written.get("contact_phone"), Some(&text("027-55550000")), "the form has all of it");
    written.insert("title".to_owned(), text("稀土永磁电机二代"));
    written.insert("contact_phone".to_owned(), text("027-66660000"));
    node.desk(NOW + 2).keep_revision(&opened, written, "clerk").unwrap();
    // Somebody else changes another field meanwhile, and the same one.
    node.desk(NOW + 3).edit(&id, &put("summary", "别处写的")).unwrap().unwrap();
    node.desk(NOW + 3).edit(&id, &put("title", "别处起的名字")).unwrap().unwrap();

    let record = draft(&node, &opened);
    let (outcome, authored) = node.desk(NOW + 4).publish_revision(&record).unwrap();
    assert_eq!(outcome, Outcome::Updated(id));
    let entry = &authored[0].entries[0];
    node.desk(NOW + 4).note_hands(&authored, &Hands::of_way(&record.way)).unwrap();
    assert_eq!(node.library.hands(&entry.hash).unwrap(), Some(Hands::of("clerk")));
    let last = node.library.history(&id).unwrap().pop().unwrap();
    assert_eq!(
        last.changes,
        put("title", "稀土永磁电机二代"),
        "only what changed, and no way to reach anybody"
    );
    assert_eq!(last.before["title"], [text("别处起的名字")]);
    let listing = node.library.listing(&id).unwrap().unwrap();
    assert_eq!(listing.state.flat()["summary"], text("别处写的"));
    assert_eq!(node.library.contact(&id).unwrap()["contact_phone"], text("027-66660000"));
    assert!(node.library.draft(&opened).unwrap().is_none());
    // What was noted and kept outlives the process.
    let node = node.reopened();
    assert_eq!(node.library.hands(&entry.hash).unwrap(), Some(Hands::of("clerk")));
}

#[test]
fn a_review_of_a_revision_is_of_what_it_was_and_of_what_it_becomes() {
    let mut node = hub();
    let id = one(&mut node);
    let alone = Account::new("alone", DeskRole::Administrator, "石榴树下的三只猫咪呀", NOW).unwrap();
    node.desk(NOW).add_account(&alone).unwrap();
    let opened = node.desk(NOW).open_revision(&id, "alone").unwrap();
    node.desk(NOW).submit_draft(&opened, &alone).unwrap();
    node.desk(NOW).review_draft(&opened, &alone, None).unwrap();
    node.desk(NOW).review_draft(&opened, &alone, None).unwrap();
    let reviewed = draft(&node, &opened);
    assert!(node.desk(NOW).is_reviewed(&reviewed));
    // A base that says something else makes another change of the same text.
    let mut other = reviewed.clone();
    other.revises.as_mut().unwrap().base.insert("title".to_owned(), text("别的"));
    assert!(!node.desk(NOW).is_reviewed(&other));
    other = reviewed.clone();
    other.revises.as_mut().unwrap().of = DocumentId([9; 32]);
    assert!(!node.desk(NOW).is_reviewed(&other));
    other = DraftRecord { revises: None, ..reviewed };
    assert!(!node.desk(NOW).is_reviewed(&other));
}

#[test]
fn who_may_not_edit_a_listing_opens_no_revision_of_it() {
    let mut node = hub();
    let missing = node.desk(NOW).open_revision(&DocumentId([3; 32]), "clerk");
    assert!(matches!(missing, Err(MarketError::NoSuchListing { .. })), "{missing:?}");
    let id = one(&mut node);
    let opened = node.desk(NOW).open_revision(&id, "clerk").unwrap();
    let gone = node.desk(NOW).keep_revision("d-000000000000", Fields::new(), "clerk");
    assert!(matches!(gone, Err(MarketError::NoSuchListing { .. })), "{gone:?}");
    node.desk(NOW).drop_draft(&opened).unwrap();
    assert!(node.library.revision_of(&id).unwrap().is_none());
}

#[test]
fn every_draft_is_seen_however_many_there_are() {
    let mut node = hub();
    let Outcome::Drafted(first) = node.desk(NOW).keep_draft(None, &record("一项")).unwrap() else {
        panic!()
    };
    let bytes = node.ledger.store().get(Table::Drafts, format!("draft:{first}").as_bytes()).unwrap();
    let many: Vec<_> = (0..9_000).map(|n| (format!("draft:d-{n:012}").into_bytes(), bytes.clone())).collect();
    node.desk(NOW).ledger.keep_all(Table::Drafts, &many).unwrap();
    let mut seen = 0;
    let count = |_| {
        seen += 1;
        ControlFlow::Continue(())
    };
    node.library.each_draft(&mut { count }).unwrap();
    assert_eq!(seen, 9_001);
}
