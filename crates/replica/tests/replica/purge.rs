//! What was purged or withdrawn is so everywhere, in every order of arrival, and no late returner brings it back; and
//! nobody blanks what was not purged.

use protocol::{Action, DocumentId, Entry, Frame, Head, LogId, Purge, Shelf, Subject, Verb};
use replica::EDITOR;

use crate::harness::{KIND, Rng, World, fields, shelf};

const YEAR_MS: i64 = 365 * 86_400_000;

/// The hub, an institution with two nodes, and another one; a listing of node 1 that node 3 edits as a co-editor, and one
/// that stays.
fn listed(seed: u64) -> (World, DocumentId, DocumentId) {
    let mut world = World::of(3, seed);
    world.colleague("n1'", 1);
    world.connect(1, 0);
    world.connect(2, 0);
    world.connect(3, 0);
    world.pass(2);
    let editor = format!("{EDITOR}{}", world.nodes[2].institution.id());
    let mut first = fields(&[("title", "联系 13907100000")]);
    first.push((editor, protocol::Value::Bool(true)));
    let (id, input) = world.nodes[1].create(shelf(KIND), first);
    world.give(1, input);
    let other = world.publish(1, KIND, "另一项");
    world.pass(2);
    assert!(world.edit(2, id, &[("summary", Some("13907100000"))]), "a co-editor");
    assert!(world.edit(3, id, &[("price", Some("1"))]), "a colleague");
    world.pass(2);
    world.assert_same(&[0, 1, 2, 3]);
    (world, id, other)
}

fn assert_gone(world: &World, id: &DocumentId, nodes: &[usize]) {
    for node in nodes {
        assert_eq!(world.nodes[*node].whole_of(id), 0, "{}: no payload of it", world.nodes[*node].name);
        let document = world.nodes[*node].document(id);
        assert_eq!(document.map_or(0, |document| document.versions()), 0, "{}", world.nodes[*node].name);
    }
    world.assert_same(nodes);
}

#[test]
fn a_purge_by_any_node_of_the_institution_reaches_all() {
    let (mut world, id, other) = listed(500);
    world.purge(3, id);
    world.pass(2);
    assert_gone(&world, &id, &[0, 1, 2, 3]);
    assert!(world.nodes[2].title(&other).is_some(), "and nothing else is touched");
    let refused = world.nodes.iter().map(|node| node.replica.conduct(world.now_ms).len()).sum::<usize>();
    assert_eq!(refused, 0, "nobody thinks ill of anybody");
}

#[test]
fn a_purge_by_the_governors_reaches_all() {
    let (mut world, id, _) = listed(501);
    world.roster_step(0, Subject::Document(id), Action::Purge("法院判决".to_owned()));
    world.pass(2);
    assert_gone(&world, &id, &[0, 1, 2, 3]);
}

#[test]
fn a_newcomer_takes_purged_logs_bare() {
    for by_governors in [false, true] {
        let (mut world, id, other) = listed(502);
        if by_governors {
            world.roster_step(0, Subject::Document(id), Action::Purge("法院判决".to_owned()));
        } else {
            world.purge(1, id);
        }
        world.pass(2);
        let new = world.admit("new");
        world.pass(2);
        world.cut_all();
        let session = world.connect(new, 2);
        world.pass(20);
        assert!(world.synced(session));
        assert!(world.nodes[new].title(&other).is_some());
        assert_gone(&world, &id, &[0, 1, 2, 3, new]);
    }
}

/// The payloads come before the purge that excuses them: the roster's frames are lost on the way.
#[test]
fn a_log_that_comes_before_the_purge_is_fetched_once_that_is_known() {
    let (mut world, id, other) = listed(503);
    let new = world.admit("new");
    world.pass(2);
    world.cut_all();
    // The newcomer has the roster as it was before the purge.
    let roster_only = world.connect(new, 0);
    let listings = |bytes: &[u8]| match Frame::from_bytes(bytes) {
        Ok(Frame::Run(run)) => {
            protocol::CheckedRun::peek(&run).is_ok_and(|(log, _, _)| log.shelf.kind.0 == KIND)
        }
        _ => false,
    };
    for _ in 0..400 {
        world.discard(roster_only, listings);
        world.step();
    }
    world.cut_all();
    assert_eq!(world.nodes[new].whole_of(&id), 0);
    world.purge(1, id);
    world.connect(1, 2);
    world.pass(3);
    world.cut_all();
    // Node 2 tells of it; what it says of node 1's roster log gets lost for a while.
    let session = world.connect(new, 2);
    let (log, node) = (world.nodes[1].log(Shelf::ROSTER), world.nodes[1].log(shelf(KIND)));
    let purge = |bytes: &[u8]| match Frame::from_bytes(bytes) {
        Ok(Frame::Run(run)) => protocol::CheckedRun::peek(&run).is_ok_and(|(of, _, _)| of == log),
        Ok(Frame::Heads(heads) | Frame::Durable(heads)) => heads.iter().any(|head| head.log == log),
        _ => false,
    };
    for _ in 0..600 {
        world.discard(session, purge);
        world.step();
    }
    assert!(world.nodes[new].replica.head(&log).seq < world.nodes[2].replica.head(&log).seq);
    let before = world.nodes[new].replica.head(&node);
    world.pass(60);
    assert!(before.seq <= world.nodes[new].replica.head(&node).seq);
    assert!(world.synced(session));
    assert!(world.nodes[new].title(&other).is_some());
    assert_gone(&world, &id, &[1, 2, new]);
    let conduct = world.nodes[new].replica.conduct(world.now_ms);
    assert!(conduct.iter().all(|c| c.banned_until_ms.is_none()), "{conduct:?}");
}

/// Node 2 takes the payloads of node 1's log away; a newcomer asks it alone.
fn blanked(mut world: World) -> (World, usize, LogId) {
    let new = world.admit("new");
    world.pass(2);
    world.cut_all();
    let log = world.nodes[1].log(shelf(KIND));
    let entries = world.nodes[2].store.get_mut(&log).unwrap();
    entries.iter_mut().skip(1).for_each(|entry| entry.payload = None);
    world.connect(new, 2);
    world.pass(20);
    (world, new, log)
}

#[test]
fn a_purge_of_one_listing_excuses_no_other() {
    let (mut world, id, other) = listed(504);
    world.purge(1, id);
    world.pass(2);
    let (mut world, new, log) = blanked(world);
    assert_eq!(
        world.nodes[new].replica.head(&log).seq,
        0,
        "the other listing of that log has no payload either"
    );
    assert!(world.report_of(new, "without their payloads"));
    world.connect(new, 0);
    world.pass(20);
    assert!(world.nodes[new].title(&other).is_some());
    assert_gone(&world, &id, &[0, 1, 3, new]);
}

#[test]
fn nobody_purges_anothers_listing() {
    let (mut world, id, other) = listed(505);
    // Its co-editor, and for a listing of which it is none.
    world.purge(2, id);
    world.purge(2, other);
    // One that names another document than it shows, and one on the listing's own shelf.
    let beginning = |world: &World, id: &DocumentId| {
        let all = world.nodes[1].store.values().flatten();
        let found = all.into_iter().find(|e| e.header.document.is_none() && e.document() == *id);
        protocol::Entry { payload: None, ..found.unwrap().clone() }
    };
    let purge = Purge { reason: String::new(), beginning: beginning(&world, &other) };
    for (log, named) in [(world.nodes[1].log(Shelf::ROSTER), id), (world.nodes[1].log(shelf(KIND)), other)] {
        let input = world.nodes[1].write(log, Verb::PURGE, Some(named), purge.to_bytes());
        world.give(1, input);
    }
    world.pass(2);
    world.assert_same(&[0, 1, 2, 3]);
    for node in 0..4 {
        assert_eq!(world.nodes[node].whole_of(&id), 3);
        assert!(world.nodes[node].title(&other).is_some());
    }
    let (world, new, log) = blanked(world);
    assert_eq!(world.nodes[new].replica.head(&log).seq, 0, "such words excuse nothing");
}

/// However long a peer shows a step of the roster without its payload, and nobody else is there.
#[test]
fn a_step_without_payload_is_never_taken() {
    let (mut world, id, _) = listed(510);
    world.cut_all();
    world.connect(2, 0);
    world.roster_step(0, Subject::Document(id), Action::Purge("法院判决".to_owned()));
    world.pass(2);
    world.cut_all();
    let log = world.nodes[0].log(Shelf::ROSTER);
    let before = world.nodes[3].replica.head(&log);
    world.nodes[2].store.get_mut(&log).unwrap().last_mut().unwrap().payload = None;
    world.connect(3, 2);
    world.pass(3 * 3_600);
    assert_eq!(world.nodes[3].replica.head(&log), before);
}

#[test]
fn what_logs_are_made_of_is_never_bare() {
    let (mut world, _, _) = listed(506);
    let opening = world.nodes[1].store[&world.nodes[1].log(shelf(KIND))][0].document();
    let roster = world.nodes[0].store[&world.nodes[0].log(Shelf::ROSTER)][1].document();
    for id in [opening, roster] {
        world.roster_step(0, Subject::Document(id), Action::Purge("x".to_owned()));
    }
    world.pass(2);
    for node in 0..4 {
        let whole = world.nodes[node].store.values().flatten().all(|entry| entry.payload.is_some());
        assert!(whole, "{}", world.nodes[node].name);
    }
}

/// The heads of all logs that a node wrote so far, and its key.
fn written_by(world: &World, node: usize) -> (Vec<(LogId, Head)>, protocol::PublicKey) {
    let key = world.nodes[node].key.public();
    let its = world.nodes[node].store.iter().filter(|(log, _)| log.node == key);
    (its.map(|(log, entries)| (*log, entries.last().unwrap().head())).collect(), key)
}

/// What a stolen key purged before it was noticed counts no more; who has the payloads shows the listing again.
#[test]
fn a_purge_past_the_last_valid_point_is_void() {
    let (mut world, id, _) = listed(507);
    let log = world.nodes[3].log(Shelf::ROSTER);
    let (good, thief) = written_by(&world, 3);
    world.cut_all();
    world.purge(3, id);
    world.connect(3, 2);
    world.pass(3);
    assert_eq!(world.nodes[2].whole_of(&id), 0);
    let who = Subject::Institution(world.nodes[1].institution.id());
    world.roster_step(0, who, Action::RevokeNode(thief, good, "stolen".to_owned()));
    world.connect(1, 0);
    world.connect(2, 0);
    world.pass(20);
    for node in [0, 1, 2] {
        assert!(
            world.nodes[node].replica.roster().purge(&id, Some(&world.nodes[1].institution.id())).is_none()
        );
        assert_eq!(world.nodes[node].replica.head(&log).seq, 0, "a log that is not named is void whole");
    }
    assert_eq!(world.nodes[1].whole_of(&id), 3);
    world.assert_same(&[0, 1]);
}

/// A node that holds all of it is away for two years, and edits meanwhile. What was withdrawn or purged stays so.
fn late_returner(seed: u64) {
    let (mut world, purged, withdrawn) = listed(seed);
    let mut rng = Rng::new(seed);
    let away = 2 + rng.below(2);
    world.cut_all();
    let others: Vec<usize> = (0..4).filter(|node| *node != away).collect();
    for node in others.iter().filter(|node| **node != 0) {
        world.connect(*node, 0);
    }
    if rng.chance(500) {
        world.purge(1, purged);
    } else {
        world.roster_step(0, Subject::Document(purged), Action::Purge("x".to_owned()));
    }
    assert!(world.edit(1, withdrawn, &[("_status", Some("withdrawn"))]));
    world.pass(2);
    // Meanwhile, unplugged, with a clock of its own.
    for year in 0..2 {
        if rng.chance(700) {
            world.edit(away, purged, &[("summary", Some(&format!("第 {year} 年 13907100000")))]);
        }
        world.edit(away, withdrawn, &[("title", Some(&format!("第 {year} 年")))]);
        world.now_ms += YEAR_MS;
    }
    if rng.chance(300) {
        let charter = world.charter.clone();
        world.nodes[away].restart(&charter);
    }
    world.pass(1);
    let met = others[rng.below(others.len())];
    world.cut_all();
    world.connect(away, met);
    world.pass(20);
    for node in others.iter().filter(|node| **node != met) {
        world.connect(met, *node);
    }
    world.pass(20);
    assert_gone(&world, &purged, &[0, 1, 2, 3]);
    for node in 0..4 {
        let state = world.nodes[node].document(&withdrawn).unwrap().state();
        assert!(state.is_withdrawn(), "{}", world.nodes[node].name);
    }
}

#[test]
fn late_returners_bring_nothing_back() {
    let cases = std::env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    for seed in 0..cases {
        late_returner(9_000 + seed);
    }
}

/// A stolen key purges; some erase the listing before it is noticed. Whoever still has the payloads hands them on, however
/// the nodes meet afterwards.
fn purged_by_a_thief(seed: u64) {
    let (mut world, id, other) = listed(seed);
    let mut rng = Rng::new(seed);
    let (good, thief) = written_by(&world, 3);
    let new = world.admit("new");
    world.pass(2);
    world.cut_all();
    world.purge(3, id);
    let keeper = rng.below(3);
    let erased: Vec<usize> = (0..3).filter(|node| *node != keeper && rng.chance(800)).collect();
    for node in &erased {
        let session = world.connect(3, *node);
        world.pass(3);
        world.cut(session);
        assert_eq!(world.nodes[*node].whole_of(&id), 0);
    }
    let who = Subject::Institution(world.nodes[1].institution.id());
    let mut due = Some(Action::RevokeNode(thief, good, "stolen".to_owned()));
    // The nodes meet in any order, before the revocation or after it; whoever has the payloads hears of it first.
    let mut line: Vec<usize> = (0..3).chain([new]).collect();
    for n in (1..line.len()).rev() {
        line.swap(n, rng.below(n + 1));
    }
    let mut links = Vec::new();
    for (n, node) in line.iter().enumerate().skip(1) {
        links.push((*node, line[rng.below(n)]));
        let meets_keeper = *node == keeper || links[n - 1].1 == keeper;
        if meets_keeper || rng.chance(400) {
            due.take().into_iter().for_each(|action| world.roster_step(0, who, action));
        }
        if meets_keeper && keeper != 0 {
            let session = world.connect(keeper, 0);
            world.pass(3);
            world.cut(session);
        }
        if rng.chance(300) {
            let charter = world.charter.clone();
            world.cut_all();
            world.nodes[*node].restart(&charter);
            links[..n - 1].iter().for_each(|(a, b)| _ = world.connect(*a, *b));
        }
        world.connect(*node, links[n - 1].1);
        if rng.chance(500) {
            world.pass(1 + rng.below(10));
        }
    }
    world.pass(200);
    let all = [0, 1, 2, new];
    for node in all {
        assert_eq!(world.nodes[node].whole_of(&id), 3, "{}, erased by {erased:?}", world.nodes[node].name);
        assert!(world.nodes[node].title(&other).is_some());
    }
    world.assert_same(&all);
    for node in all {
        let conduct = world.nodes[node].replica.conduct(world.now_ms);
        assert!(conduct.iter().all(|c| c.banned_until_ms.is_none()), "{conduct:?}");
    }
}

#[test]
fn what_a_void_purge_removed_comes_back_from_those_who_have_it() {
    let cases = std::env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    for seed in 0..cases {
        purged_by_a_thief(12_000 + seed);
    }
}

/// Nobody has the payloads any more: they are asked for ever more rarely, and nothing else suffers.
#[test]
fn what_nobody_has_is_asked_for_ever_more_rarely() {
    let (mut world, id, _) = listed(508);
    let (good, thief) = written_by(&world, 3);
    world.purge(3, id);
    world.pass(2);
    assert_gone(&world, &id, &[0, 1, 2, 3]);
    let who = Subject::Institution(world.nodes[1].institution.id());
    world.roster_step(0, who, Action::RevokeNode(thief, good, "stolen".to_owned()));
    world.pass(60);
    world.sent = Some(Vec::new());
    world.pass(3_600);
    let sent = world.sent.take().unwrap();
    let wants =
        sent.iter().filter(|(_, bytes)| matches!(Frame::from_bytes(bytes), Ok(Frame::Want(_)))).count();
    assert!((4..40).contains(&wants), "{wants} in an hour");
    for node in 0..3 {
        assert_eq!(world.nodes[node].whole_of(&id), 0);
        assert!(world.nodes[node].replica.conduct(world.now_ms).is_empty());
    }
}

/// Nobody who is there has the payloads: a newcomer waits for a while, takes the log as all have it, and hands on what
/// comes back.
#[test]
fn a_log_that_nobody_has_whole_is_taken_as_it_is_in_the_end() {
    let (mut world, id, other) = listed(509);
    let (good, thief) = written_by(&world, 3);
    world.cut_all();
    world.connect(1, 0);
    world.connect(3, 0);
    world.purge(3, id);
    world.pass(2);
    assert_gone(&world, &id, &[0, 1, 3]);
    let who = Subject::Institution(world.nodes[1].institution.id());
    world.roster_step(0, who, Action::RevokeNode(thief, good, "stolen".to_owned()));
    world.pass(60);
    let new = world.admit("new");
    world.cut_all();
    let session = world.connect(new, 0);
    world.connect(1, 0);
    let log = world.nodes[1].log(shelf(KIND));
    world.pass(1_800);
    assert_eq!(world.nodes[new].replica.head(&log).seq, 0, "a purge may still be on its way");
    world.pass(3 * 3_600);
    assert!(world.synced(session));
    assert_eq!(world.nodes[new].whole_of(&id), 0);
    assert!(world.nodes[new].title(&other).is_some());
    world.assert_same(&[0, 1, new]);
    // Node 2 was away all the time.
    world.connect(2, 0);
    world.pass(8 * 3_600);
    assert_eq!(world.nodes[new].whole_of(&id), 3);
    world.assert_same(&[0, 1, 2, new]);
    assert_eq!(world.nodes[1].whole_of(&id), 3);
}

/// So many made-up documents that a node's institution purges, as if it had written that for years.
fn purge_many(world: &mut World, node: usize, beginning: &Entry, numbers: std::ops::Range<u64>) {
    let node = &mut world.nodes[node];
    for n in numbers {
        let mut beginning = beginning.clone();
        beginning.header.seq = n;
        let purge = Purge { reason: String::new(), beginning };
        node.write(node.log(Shelf::ROSTER), Verb::PURGE, Some(purge.document()), purge.to_bytes());
    }
}

/// An institution purged more than counts, and then its first node turns out to have been stolen: what the other one said last
/// counts from then on, with whoever held it all along as with whoever starts anew.
#[test]
fn purges_past_the_bound_count_once_earlier_ones_do_not() {
    const MOST: u64 = protocol::limits::MAX_PURGES as u64;
    let mut world = World::of(2, 61);
    let other = world.colleague("n1'", 1);
    let id = world.publish(1, KIND, "made up after it");
    let made = world.nodes[1].store[&world.nodes[1].log(shelf(KIND))].iter().find(|e| e.document() == id);
    let beginning = Entry { payload: None, ..made.unwrap().clone() };
    let (first, last) = match world.nodes[1].key.public() < world.nodes[other].key.public() {
        true => (1, other),
        false => (other, 1),
    };
    purge_many(&mut world, first, &beginning, 1..4);
    purge_many(&mut world, last, &beginning, 10..10 + MOST);
    let charter = world.charter.clone();
    for node in [first, last] {
        let log = world.nodes[node].log(Shelf::ROSTER);
        let mut heads = world.nodes[node].replica.logs().clone();
        let state = heads.entry(log).or_default();
        state.head = world.nodes[node].head(&log);
        state.certificate = Some(world.nodes[node].certificate.clone());
        world.nodes[node].restart_with(heads, &charter);
        // Once more, now that it knows with which certificate that log was opened.
        world.nodes[node].restart(&charter);
        world.connect(node, 0);
    }
    world.pass(5);
    let purged = |world: &World, n: u64| {
        let mut beginning = beginning.clone();
        beginning.header.seq = n;
        let words = &world.nodes[0].replica.roster().purge_words;
        (words.len() as u64, words.contains_key(&Purge { reason: String::new(), beginning }.document()))
    };
    assert_eq!(purged(&world, 9 + MOST), (MOST, false), "there is no place for the last one");
    let (who, key) = (world.nodes[1].institution.id(), world.nodes[first].key.public());
    world.roster_step(0, Subject::Institution(who), Action::RevokeNode(key, Vec::new(), "stolen".to_owned()));
    world.pass(5);
    assert_eq!(purged(&world, 9 + MOST), (MOST, true));
    let digest = world.nodes[0].replica.roster().digest();
    assert_eq!(world.nodes[last].replica.roster().digest(), digest);
    world.cut_all();
    world.nodes[0].restart(&charter);
    assert_eq!(world.nodes[0].replica.roster().digest(), digest);
}
