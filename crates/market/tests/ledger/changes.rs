//! What changed for anyone to see: each public document once, at its last change; nothing missed by whoever reads on from a place.

use market::{Change, Changes, Hidden, Judge, Listing, Page, Place, Sought};
use protocol::{Action, InstitutionId, Subject};

use super::governance::Table;
use super::*;

fn shows(listing: &Listing) -> bool {
    listing.hidden.is_none() && listing.continued_by.is_none()
}

fn caught_up(changes: &Changes, node: &Node, now_s: u64) {
    let judge = Judge { shows: &shows, rules: [0; 32] };
    assert!(changes.catch_up(&node.library, &judge, now_s, || true).unwrap());
}

fn page(changes: &Changes, node: &Node, sought: &Sought, after: Option<Place>, limit: usize) -> Page {
    changes.page(&node.library, sought, after, limit).unwrap()
}

fn all(changes: &Changes, node: &Node) -> Vec<Change> {
    let page = page(changes, node, &Sought::default(), None, 10_000);
    assert_eq!(page.next, None);
    page.changes
}

fn titled(node: &mut Node, count: usize) -> Vec<DocumentId> {
    let records: Vec<Incoming> = (0..count).map(|n| record(&format!("成果 {n}"))).collect();
    node.desk(NOW).take_in(&records, true).unwrap().0.iter().map(published).collect()
}

#[test]
fn a_change_takes_a_document_to_the_end_and_what_is_gone_stays_as_gone() {
    let mut node = hub();
    let changes = Changes::default();
    let ids = titled(&mut node, 3);
    node.desk(NOW)
        .take_in(&[Incoming { visibility: Some(protocol::Visibility::Members), ..record("会员") }], true)
        .unwrap();
    caught_up(&changes, &node, 100);
    let first = all(&changes, &node);
    assert_eq!(first.len(), 3, "what is for members is nobody else's");
    assert!(
        first.iter().all(|change| change.shown && change.place.at_s == 100 && change.kind == ACHIEVEMENT)
    );
    caught_up(&changes, &node, 150);
    assert_eq!(all(&changes, &node), first, "nothing changed");

    node.desk(NOW).edit(&ids[0], &put("summary", "改")).unwrap().unwrap();
    node.desk(NOW).withdraw(&ids[1], true).unwrap();
    caught_up(&changes, &node, 200);
    let now = all(&changes, &node);
    assert_eq!(now.len(), 3, "each stands once");
    assert_eq!((now[0].id, now[0].place), (ids[2], first.iter().find(|c| c.id == ids[2]).unwrap().place));
    let of = |id: DocumentId| changes.of(&node.library, &id).unwrap().unwrap();
    assert_eq!((of(ids[0]).place.at_s, of(ids[0]).shown), (200, true));
    assert_eq!((of(ids[1]).place.at_s, of(ids[1]).shown), (200, false));
    assert_eq!(changes.count(&node.library).unwrap(), 3);

    node.desk(NOW).edit(&ids[2], &put("summary", "改")).unwrap().unwrap();
    caught_up(&changes, &node, 10);
    assert_eq!(
        changes.of(&node.library, &ids[2]).unwrap().unwrap().place.at_s,
        200,
        "no clock runs backwards here"
    );
}

#[test]
fn whoever_reads_on_from_a_place_misses_nothing_while_things_move() {
    let mut node = hub();
    let changes = Changes::default();
    let ids = titled(&mut node, 25);
    caught_up(&changes, &node, 100);
    let (mut seen, mut after) = (std::collections::BTreeMap::new(), None);
    for n in 0.. {
        let page = page(&changes, &node, &Sought::default(), after, 4);
        assert!(page.changes.len() <= 4);
        seen.extend(page.changes.iter().map(|change| (change.id, change.place)));
        after = page.next;
        if after.is_none() {
            break;
        }
        if n < 10 {
            // One that was read, and one that was not.
            node.desk(NOW).edit(&ids[n], &put("summary", &format!("{n}"))).unwrap().unwrap();
            node.desk(NOW).edit(&ids[24 - n], &put("summary", &format!("{n}"))).unwrap().unwrap();
            caught_up(&changes, &node, 100 + n as u64);
        }
    }
    let now = all(&changes, &node);
    assert_eq!(seen.len(), 25);
    assert!(now.iter().all(|change| seen[&change.id] == change.place), "each as it stands now");

    let sought = Sought { from_s: Some(103), until_s: Some(105), ..Sought::default() };
    let between = page(&changes, &node, &sought, None, 100).changes;
    let wanted: Vec<_> = now.iter().filter(|c| (103..=105).contains(&c.place.at_s)).copied().collect();
    assert!(!wanted.is_empty());
    assert_eq!(between, wanted);
    let other = Sought { kind: Some(ACHIEVEMENT + 1), ..Sought::default() };
    assert!(page(&changes, &node, &other, None, 100).changes.is_empty());
    let here = Sought { region: Some(420_000), ..Sought::default() };
    assert_eq!(page(&changes, &node, &here, None, 100).changes.len(), 25);
    assert_eq!(page(&changes, &node, &here, None, 25).next, None, "no page that nothing stands on");
    assert!(page(&changes, &node, &here, None, 24).next.is_some());
    let elsewhere = Sought { region: Some(330_000), ..Sought::default() };
    assert!(page(&changes, &node, &elsewhere, None, 100).changes.is_empty());
}

#[test]
fn what_the_roster_hides_is_gone_at_that_time_and_comes_back() {
    let mut table = Table::new();
    let changes = Changes::default();
    let ids = titled(&mut table.hub, 3);
    caught_up(&changes, &table.hub, 100);
    table.alone(Subject::Document(ids[1]), Action::TakeDown("核查".into()));
    caught_up(&changes, &table.hub, 200);
    let gone: Vec<_> = all(&changes, &table.hub).into_iter().filter(|change| !change.shown).collect();
    assert_eq!(gone.iter().map(|c| (c.id, c.place.at_s)).collect::<Vec<_>>(), [(ids[1], 200)]);
    assert!(matches!(
        table.hub.library.listing(&ids[1]).unwrap().unwrap().hidden,
        Some(Hidden::TakenDown(_))
    ));

    // This node's own rules count as well: nothing from this institution, then again.
    let own = table.hub.identity.institution.id();
    let none = |listing: &Listing| listing.institution != Some::<InstitutionId>(own) && shows(listing);
    let judge = Judge { shows: &none, rules: [1; 32] };
    assert!(changes.catch_up(&table.hub.library, &judge, 300, || true).unwrap());
    assert!(all(&changes, &table.hub).iter().all(|change| !change.shown));
    caught_up(&changes, &table.hub, 400);
    let shown: Vec<_> = all(&changes, &table.hub).into_iter().filter(|change| change.shown).collect();
    assert_eq!(shown.iter().map(|change| change.place.at_s).collect::<Vec<_>>(), [400, 400]);
}

#[test]
fn what_is_taken_in_bit_by_bit_and_after_restarts_is_the_same() {
    let mut node = hub();
    let ids = titled(&mut node, 1_200);
    node.desk(NOW).withdraw(&ids[7], true).unwrap();
    let judge = Judge { shows: &shows, rules: [0; 32] };
    let mut calls = 0;
    loop {
        let (changes, mut looks) = (Changes::default(), 0);
        let twice = || {
            looks += 1;
            looks <= 2
        };
        let done = changes.catch_up(&node.library, &judge, 100, twice).unwrap();
        calls += 1;
        node = node.reopened();
        if done {
            break;
        }
        assert!(calls < 20);
    }
    assert!(calls > 3, "in pieces");
    let changes = Changes::default();
    let now = all(&changes, &node);
    let mut held: Vec<_> = now.iter().map(|change| change.id).collect();
    held.sort_unstable();
    let mut wanted = ids.clone();
    wanted.sort_unstable();
    assert_eq!(held, wanted);
    assert_eq!(now.iter().filter(|change| !change.shown).map(|c| c.id).collect::<Vec<_>>(), [ids[7]]);
}

#[test]
fn by_their_ids_documents_stand_once_whatever_moves_meanwhile() {
    let mut node = hub();
    let changes = Changes::default();
    let mut ids = titled(&mut node, 7);
    ids.sort_unstable();
    caught_up(&changes, &node, 100);
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let page = changes.by_id(&node.library, after.as_ref(), 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        walked.extend(page.iter().map(|change| (change.id, change.shown)));
        // What was given and what is to come both move to the end of the changes.
        node.desk(NOW).edit(&ids[0], &put("summary", &format!("改 {}", walked.len()))).unwrap().unwrap();
        if walked.len() == 2 {
            node.desk(NOW).withdraw(&ids[6], true).unwrap();
        }
        caught_up(&changes, &node, 200);
    }
    let expected: Vec<(DocumentId, bool)> = ids.iter().map(|id| (*id, *id != ids[6])).collect();
    assert_eq!(walked, expected);
}
