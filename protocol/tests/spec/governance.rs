//! §11: what institutions say without governors, root keys that change, large networks, rivals of a change of governors.

use std::collections::BTreeSet;

use protocol::{
    Action, DocumentId, Governor, Governors, Grant, Hash, Head, Institution, Invitation, LogId, MemberState,
    NodeState, Purpose, RECOVERY_INDEX, Redemption, Role, RosterInput, Rotation, SignedStep, Subject,
    lies_in,
};

use crate::book::{Book, issuer_log, subject, who, why};
use crate::support::{NOW, certificate, governor, institution, key};

fn head(seq: u64) -> Head {
    Head { seq, hash: Hash([seq as u8; 32]) }
}

/// A log of the node `key(node)`.
fn log_of(node: u8) -> LogId {
    LogId { node: key(node).public(), ..issuer_log(1) }
}

/// A settle by the root key `root`, whose certificate is for the node key `node`.
fn settle(book: &Book, root: u8, node: u8, log: LogId, head: Head) -> SignedStep {
    let network = book.charter.id();
    let own = certificate(&network, root, node, Role::ResourceStation);
    let (subject, action) = (Subject::Log(log.hash()), Action::Settle(log, head));
    SignedStep::own_word(subject, action, own, &network, &key(root))
}

/// An invitation by the word of `root`, whose node is `root + 100`.
fn invite_as(book: &Book, root: u8, one_time: u8, role: Role, region: u32) -> SignedStep {
    let network = book.charter.id();
    let own = certificate(&network, root, root + 100, Role::SubMarket);
    let invitation = Invitation {
        key: key(one_time).public(),
        issuer: key(root + 100).public(),
        role,
        region,
        not_after_ms: NOW,
    };
    let subject = Subject::Invitation(invitation.key);
    SignedStep::own_word(subject, Action::Invite(invitation), own, &network, &key(root))
}

/// A grassroots site with the root key `root` redeems an invitation of region 420100 in the log of `issuer`.
fn site_joins(book: &mut Book, one_time: u8, root: u8, issuer: u8) {
    let network = book.charter.id();
    let site = institution(root, Role::GrassrootsSite);
    let own = certificate(&network, root, root + 100, Role::GrassrootsSite);
    let redemption = Redemption::sign(site, own, &network, &key(one_time), &key(root));
    book.input.redemptions.push((log_of(issuer), 2, redemption));
}

fn sub_market(root: u8) -> Institution {
    institution(root, Role::SubMarket)
}

fn rotate(book: &mut Book, n: u8, to: u8, nodes: &[u8], words: &[Hash]) {
    let nodes = nodes.iter().map(|n| key(*n).public()).collect();
    let rotation = Rotation::sign(&who(n).id(), nodes, words.to_vec(), &book.charter.id(), &key(to));
    book.add(subject(n), Action::RootKey(rotation), &[0]);
}

/// A certificate of institution `n` for a node, by another root key than its first.
fn later(book: &Book, n: u8, root: u8, node: u8) -> protocol::NodeCertificate {
    let mut body = certificate(&book.charter.id(), n, node, Role::ResourceStation).body;
    body.root = key(root).public();
    protocol::NodeCertificate::issue(body, &book.charter.id(), &key(root), &key(node))
}

#[test]
fn an_institution_settles_its_own_nodes_logs_and_no_others() {
    let mut book = Book::new(1, 1);
    book.add(subject(30), Action::Admit(who(30)), &[0]);
    let log = log_of(130);
    let foreign = settle(&book, 30, 130, log_of(131), head(3));
    let mut forged = settle(&book, 30, 130, log, head(3));
    forged.own.as_mut().unwrap().signature = settle(&book, 31, 130, log, head(3)).own.unwrap().signature;
    let mut numbered = settle(&book, 30, 130, log, head(3));
    numbered.step.number = 1;
    let mut other_subject = settle(&book, 30, 130, log, head(3));
    other_subject.step.subject = Subject::Log(log_of(131).hash());
    for wrong in [foreign, forged, numbered, other_subject] {
        book.input.steps.push(wrong);
        assert!(book.fold().settled.is_empty());
    }
    book.input.steps.push(settle(&book, 30, 130, log, head(9)));
    assert_eq!(book.fold().settled[&log], head(9));
    book.input.steps.push(settle(&book, 30, 130, log, head(7)));
    book.input.steps.push(settle(&book, 30, 130, log, Head { seq: 7, hash: Hash([1; 32]) }));
    let roster = book.fold();
    assert_eq!(
        roster.settled[&log],
        Head { seq: 7, hash: Hash([1; 32]) },
        "the lower place, then the lower hash"
    );
    assert_eq!(roster.words.values().filter(|by| by.contains(&who(30).id())).count(), 3);
    book.add(Subject::Log(log.hash()), Action::Settle(log, head(8)), &[0]);
    assert_eq!(book.fold().settled[&log], head(8), "the governors' stands before its own");
    assert_eq!(book.fold().last_valid(&log), 8);
}

#[test]
fn a_sub_market_admits_grassroots_sites_of_its_region() {
    let mut book = Book::new(1, 1);
    let market = sub_market(30);
    let id = Subject::Institution(market.id());
    book.add(id, Action::Admit(market), &[0]);
    let site = institution(40, Role::GrassrootsSite);
    let joined = |book: &Book| book.fold().members.contains_key(&site.id());
    site_joins(&mut book, 50, 40, 130);
    assert!(!joined(&book), "an invitation that nobody made");
    for (role, region) in [(Role::ResourceStation, 420_100), (Role::GrassrootsSite, 420_200)] {
        let step = invite_as(&book, 30, 50, role, region);
        book.input.steps.push(step);
        assert!(book.fold().invitations.is_empty(), "{role:?} in {region}");
    }
    let step = invite_as(&book, 30, 50, Role::GrassrootsSite, 420_100);
    book.input.steps.push(step.clone());
    assert!(joined(&book));
    assert_eq!(book.fold().members[&site.id()].admitted_by, step.step.id());
    assert!(book.fold().words[&step.step.id()].contains(&sub_market(30).id()));
    // Suspended it stays responsible; gone, or with another role, it vouches for nobody.
    book.add(id, Action::Suspend(why("late")), &[0]);
    assert!(joined(&book));
    book.add(id, Action::Exit(why("closed")), &[0]);
    assert!(!joined(&book));
    book.add(id, Action::Reinstate, &[0]);
    assert!(joined(&book));
    book.add(id, Action::ChangeRole(Role::GrassrootsSite, 420_100), &[0]);
    assert!(!joined(&book), "a grassroots site's word admits nobody");
    book.add(Subject::Institution(site.id()), Action::Admit(site.clone()), &[0]);
    assert!(joined(&book), "the governors' word");
}

/// A word counts for what it is about and by whom it is said: each of these names something else in one place.
#[test]
fn a_sub_markets_word_invites_by_its_own_node_and_names_the_key() {
    let mut book = Book::new(1, 1);
    let market = sub_market(30);
    book.add(Subject::Institution(market.id()), Action::Admit(market), &[0]);
    let network = book.charter.id();
    let word = |about: u8, one_time: u8, issuer: u8| {
        let invitation = Invitation {
            key: key(one_time).public(),
            issuer: key(issuer).public(),
            role: Role::GrassrootsSite,
            region: 420_100,
            not_after_ms: NOW,
        };
        let own = certificate(&network, 30, 130, Role::SubMarket);
        let subject = Subject::Invitation(key(about).public());
        SignedStep::own_word(subject, Action::Invite(invitation), own, &network, &key(30))
    };
    let mut counts = |step| {
        book.input.steps = vec![book.input.steps[0].clone(), step];
        !book.fold().invitations.is_empty()
    };
    assert!(counts(word(50, 50, 130)));
    assert!(!counts(word(51, 50, 130)), "about another key");
    assert!(!counts(word(50, 50, 131)), "issued by another node");
    assert!(!counts(word(51, 50, 131)));
}

/// What an institution says by itself stands outside chains and epochs: with a place in one it is nobody's word.
#[test]
fn a_word_with_a_place_in_a_chain_or_an_epoch_says_nothing() {
    let mut book = Book::new(1, 1);
    let market = sub_market(30);
    book.add(Subject::Institution(market.id()), Action::Admit(market), &[0]);
    let good = invite_as(&book, 30, 50, Role::GrassrootsSite, 420_100);
    let mut counts = |change: fn(&mut protocol::RosterStep)| {
        let mut word = good.clone();
        change(&mut word.step);
        let own = word.own.as_mut().unwrap();
        own.signature = key(30).sign(Purpose::RosterStep, &book.charter.id(), &word.step.to_bytes());
        book.input.steps.truncate(1);
        book.input.steps.push(word);
        !book.fold().invitations.is_empty()
    };
    assert!(counts(|_| ()));
    assert!(!counts(|step| step.previous = Hash([1; 32])));
    assert!(!counts(|step| step.epoch = 1));
    assert!(!counts(|step| (step.epoch, step.previous) = (1, Hash([1; 32]))));
}

/// The one-time key stands in the step for all to see: another sub-market invites with it too.
#[test]
fn a_second_invitation_with_the_same_one_time_key_displaces_none() {
    let mut book = Book::new(1, 1);
    for root in [30, 31] {
        let market = sub_market(root);
        book.add(Subject::Institution(market.id()), Action::Admit(market), &[0]);
    }
    let site = institution(40, Role::GrassrootsSite);
    let word = invite_as(&book, 30, 50, Role::GrassrootsSite, 420_100);
    book.input.steps.push(word.clone());
    site_joins(&mut book, 50, 40, 130);
    // Words are taken by hash: of these regions some surely come before and some after the first one.
    let rivals = (420_101..420_121).map(|region| invite_as(&book, 31, 50, Role::GrassrootsSite, region));
    let rivals: Vec<SignedStep> = rivals.collect();
    assert!(rivals.iter().any(|rival| rival.step.id() < word.step.id()));
    book.input.steps.extend(rivals);
    let roster = book.fold();
    assert_eq!(roster.members[&site.id()].admitted_by, word.step.id());
    let grant =
        |n: u8| Grant { key: key(50).public(), issuer: key(n + 100).public(), by: Some(sub_market(n).id()) };
    assert_eq!(roster.redeemed[&grant(30)], site.id());
    let both = BTreeSet::from([grant(30), grant(31)]);
    assert!(roster.invitations.keys().copied().eq(both), "one of each issuer");
    // Nor does one that the governors approved for another issuer, who must be asked for it.
    let approved = book.step(Subject::Invitation(key(50).public()), 1, Hash::default(), invited_by(131));
    book.sign(approved, &[0]);
    assert_eq!(book.fold().members[&site.id()].admitted_by, word.step.id());
}

/// Whoever stole the issuer's key and certifies it for a sub-market of his own invites in that node's name.
#[test]
fn an_invitation_by_a_stolen_node_key_displaces_none() {
    let mut book = Book::new(1, 1);
    for root in [30, 31] {
        let market = sub_market(root);
        book.add(Subject::Institution(market.id()), Action::Admit(market), &[0]);
    }
    let site = institution(40, Role::GrassrootsSite);
    let word = invite_as(&book, 30, 50, Role::GrassrootsSite, 420_100);
    book.input.steps.push(word.clone());
    site_joins(&mut book, 50, 40, 130);
    let network = book.charter.id();
    let stolen = certificate(&network, 31, 130, Role::SubMarket);
    let Action::Invite(invitation) = &word.step.action else { panic!("{word:?}") };
    let rivals: Vec<SignedStep> = (420_101..420_121)
        .map(|region| {
            let invitation = Invitation { region, ..invitation.clone() };
            let (subject, action) = (word.step.subject, Action::Invite(invitation));
            SignedStep::own_word(subject, action, stolen.clone(), &network, &key(31))
        })
        .collect();
    assert!(rivals.iter().any(|rival| rival.step.id() < word.step.id()));
    book.input.steps.extend(rivals);
    let roster = book.fold();
    assert_eq!(roster.members[&site.id()].admitted_by, word.step.id());
    let both = roster.invitations_of(key(50).public(), key(130).public());
    assert_eq!(both.map(|(grant, ..)| grant.by).collect::<BTreeSet<_>>().len(), 2);
    // One that grants the very same does not let the same site use up two, and the site stays while either counts.
    let same = SignedStep::own_word(word.step.subject, word.step.action, stolen, &network, &key(31));
    let mut book =
        Book { input: RosterInput { steps: book.input.steps[..3].to_vec(), ..book.input }, ..book };
    book.input.steps.push(same);
    assert_eq!(book.fold().redeemed.len(), 1);
    book.add(Subject::Institution(sub_market(30).id()), Action::Exit(why("closed")), &[0]);
    assert!(book.fold().members.contains_key(&site.id()));
}

fn invited_by(issuer: u8) -> Action {
    let (key, issuer) = (key(50).public(), key(issuer).public());
    Action::Invite(Invitation {
        key,
        issuer,
        role: Role::ResourceStation,
        region: 420_100,
        not_after_ms: NOW,
    })
}

#[test]
fn a_charter_may_leave_all_invitations_to_the_governors() {
    let mut book = Book::new(1, 1);
    book.charter.sub_markets_invite = false;
    let market = sub_market(30);
    book.add(Subject::Institution(market.id()), Action::Admit(market), &[0]);
    let step = invite_as(&book, 30, 50, Role::GrassrootsSite, 420_100);
    book.input.steps.push(step);
    assert!(book.fold().invitations.is_empty());
}

/// A site that became a sub-market lets others join in turn, whatever came first.
#[test]
fn words_build_on_each_other() {
    let mut book = Book::new(1, 1);
    let market = sub_market(30);
    book.add(Subject::Institution(market.id()), Action::Admit(market), &[0]);
    let site = institution(40, Role::GrassrootsSite);
    for (root, one_time) in [(40, 51), (30, 50)] {
        let step = invite_as(&book, root, one_time, Role::GrassrootsSite, 420_100);
        book.input.steps.push(step);
    }
    site_joins(&mut book, 51, 41, 140);
    site_joins(&mut book, 50, 40, 130);
    assert_eq!(book.fold().members.len(), 3, "a grassroots site's word admits nobody");
    book.add(Subject::Institution(site.id()), Action::ChangeRole(Role::SubMarket, 420_100), &[0]);
    assert_eq!(book.fold().members.len(), 4);
    book.input.redemptions.reverse();
    book.input.steps.reverse();
    assert_eq!(book.fold().members.len(), 4);
}

#[test]
fn regions_lie_in_those_of_their_leading_digits() {
    for (region, of) in
        [(420_106, 420_000), (429_004, 420_000), (420_106, 420_100), (420_100, 420_100), (0, 0)]
    {
        assert!(lies_in(region, of), "{region} in {of}");
    }
    for (region, of) in [(420_200, 420_100), (430_100, 420_000), (420_000, 420_100), (420_107, 420_106)] {
        assert!(!lies_in(region, of), "{region} in {of}");
    }
}

#[test]
fn a_rotated_root_key_is_the_institutions_and_the_old_one_makes_nothing() {
    let mut book = Book::new(1, 1);
    book.add(subject(30), Action::Admit(who(30)), &[0]);
    let old = |node| certificate(&book.charter.id(), 30, node, Role::ResourceStation);
    let (kept, other) = (old(130), old(131));
    let (log, log2) = (log_of(130), log_of(132));
    let word = settle(&book, 30, 130, log, head(9));
    let lost = settle(&book, 30, 132, log2, head(9));
    book.input.steps.extend([word.clone(), lost]);
    assert_eq!(book.fold().settled.len(), 2);
    let before = book.fold().digest();
    rotate(&mut book, 30, 60, &[130], &[word.step.id()]);
    let roster = book.fold();
    assert_ne!(roster.digest(), before);
    assert_eq!(roster.present_root(&who(30).id()), Some(key(60).public()));
    assert!(roster.members.contains_key(&who(30).id()), "the institution keeps its id");
    assert!(matches!(roster.node(&kept), NodeState::Active(_)));
    assert!(matches!(roster.node(&later(&book, 30, 60, 133)), NodeState::Active(_)));
    assert_eq!(roster.node(&other), NodeState::Unknown);
    assert_eq!(roster.last_valid_under(&log_of(131), &other), 0);
    assert_eq!(roster.last_valid_under(&log_of(133), &later(&book, 30, 60, 133)), u64::MAX);
    assert_eq!(roster.settled.keys().collect::<Vec<_>>(), [&log], "a word that was not kept");
    // The thief of the old key.
    book.input.steps.push(settle(&book, 30, 130, log, head(1)));
    assert_eq!(book.fold().settled[&log], head(9));
    // Once more, and nothing is kept.
    rotate(&mut book, 30, 61, &[], &[]);
    let roster = book.fold();
    assert_eq!(roster.node(&kept), NodeState::Unknown);
    assert_eq!(roster.node(&later(&book, 30, 60, 133)), NodeState::Unknown);
    assert!(matches!(roster.node(&later(&book, 30, 61, 130)), NodeState::Active(_)));
    // Neither a key left behind nor one that nobody has shown to hold comes in.
    rotate(&mut book, 30, 60, &[], &[]);
    rotate(&mut book, 30, 30, &[], &[]);
    let mut forged = Rotation::sign(&who(31).id(), vec![], vec![], &book.charter.id(), &key(62));
    book.add(subject(30), Action::RootKey(forged.clone()), &[0]);
    forged.root = key(63).public();
    book.add(subject(30), Action::RootKey(forged), &[0]);
    assert_eq!(book.fold().present_root(&who(30).id()), Some(key(61).public()));
}

/// Its key in the epoch is what a governor signs with; the record, and with it the id, stays.
#[test]
fn a_governor_whose_root_key_was_rotated_goes_on() {
    let mut book = Book::new(1, 1);
    let hub = Subject::Institution(governor(1).institution.id());
    let rotation =
        Rotation::sign(&governor(1).institution.id(), vec![], vec![], &book.charter.id(), &key(60));
    book.add(hub, Action::RootKey(rotation), &[0]);
    book.add(subject(30), Action::Admit(who(30)), &[0]);
    assert!(book.state(30).is_some(), "the epoch's key signs until the epoch ends");
    let members = vec![Governor { key: key(60).public(), ..governor(1) }];
    let kept = book.fold().chains.into_iter().filter(|(s, _)| *s != Subject::Network);
    let kept = kept.map(|(subject, (_, hash))| (subject, hash)).collect();
    book.add(Subject::Network, Action::Governors(Governors { members, threshold: 1 }, kept), &[0]);
    book.epoch = 1;
    book.add(subject(30), Action::Exit(why("by the old key")), &[0]);
    assert_eq!(book.state(30), Some(MemberState::Active));
    let (number, previous) = book.fold().chains[&subject(30)];
    let step = book.step(subject(30), number + 1, previous, Action::Exit(why("by the new key")));
    book.push(step, 0, &key(60));
    assert_eq!(book.state(30), Some(MemberState::Exited(why("by the new key"))));
    assert_eq!(book.fold().members.len(), 2);
}

fn document(n: u32) -> Subject {
    let mut id = [7; 32];
    id[..4].copy_from_slice(&n.to_be_bytes());
    Subject::Document(DocumentId(id))
}

/// As many steps as `n` subjects, each about another one.
fn many(book: &mut Book, n: u32) -> Vec<(Subject, Hash)> {
    let mut kept = Vec::new();
    for subject in (0..n).map(document) {
        let step = book.step(subject, 1, Hash::default(), Action::TakeDown(why("false")));
        kept.push((subject, book.sign(step, &[0])));
    }
    kept
}

/// Five thousand subjects do not fit into one step; `keep` steps before it say the rest.
#[test]
fn governors_change_in_a_large_network() {
    let mut book = Book::new(1, 1);
    let kept = many(&mut book, 5_000);
    let network = book.charter.id();
    for part in kept.chunks(900) {
        let action = Action::Keep(part.to_vec());
        let fits = book.step(Subject::Network, 1, Hash::default(), action.clone());
        assert!(
            SignedStep::sign(fits, &network, 0, &key(1)).to_bytes().len() < protocol::limits::MAX_PAYLOAD
        );
        book.add(Subject::Network, action, &[0]);
    }
    // A later word for a subject replaces the earlier one: this step of it is not kept.
    let (first, admitted) = kept[0];
    let restored = book.step(first, 2, admitted, Action::Restore);
    let restored = book.sign(restored, &[0]);
    let more = vec![(first, restored)];
    let governors = Governors { members: vec![governor(2)], threshold: 1 };
    book.add(Subject::Network, Action::Governors(governors, more), &[0]);
    let roster = book.fold();
    assert_eq!((roster.epoch, roster.taken_down.len()), (1, 4_999));
    assert_eq!(roster.chains[&first], (2, restored));
}

/// The recovery key says what is kept too, and no rival of governors outranks it.
#[test]
fn a_recovered_step_outranks_every_rival() {
    let mut book = Book::new(1, 1);
    let kept = many(&mut book, 3);
    let recover = |book: &mut Book, number: u64, previous: Hash, action: Action| {
        let step = book.step(Subject::Network, number, previous, action);
        book.push(step.clone(), RECOVERY_INDEX, &key(99));
        step.id()
    };
    let keep = recover(&mut book, 1, Hash::default(), Action::Keep(kept));
    let mine = Governors { members: vec![governor(60)], threshold: 1 };
    recover(&mut book, 2, keep, Action::Governors(mine.clone(), vec![]));
    assert_eq!((book.fold().governors, book.fold().taken_down.len()), (mine.clone(), 3));
    // The thief of the governor's key tries many rivals at both places; one of them surely has a lower hash.
    for n in 61..81 {
        let governors = Governors { members: vec![governor(n)], threshold: 1 };
        for (number, previous) in [(1, Hash::default()), (2, keep)] {
            let action = Action::Governors(governors.clone(), vec![]);
            let rival = book.step(Subject::Network, number, previous, action);
            book.sign(rival, &[0]);
        }
    }
    assert_eq!((book.fold().governors, book.fold().taken_down.len()), (mine, 3));
}
