//! What two networks agree to exchange, and how a roster has it.

use protocol::{
    Action, Capabilities, Charter, CircleId, CodeMapping, Decoder, Encoder, Fault, Gateway, Governors,
    GuestPass, Hash, MarketFile, NetworkId, PeerState, Peering, Role, Roster, Shelf, ShelfKind, ShelfPattern,
    Shown, Side, SignedCharter, Subject, Terms, Visibility,
};

use crate::book::Book;
use crate::support::{NOW, certificate, charter, governor, institution, key};

/// A network in another province, of one governor.
pub fn zhejiang() -> Charter {
    Charter {
        name_zh: "浙江技术市场".to_owned(),
        name_en: "Zhejiang technology market".to_owned(),
        region: 330_000,
        governors: Governors { members: vec![governor(41)], threshold: 1 },
        ..charter(1, 1)
    }
}

fn side(of: &Charter, gives: Vec<ShelfPattern>, gateway: u8) -> Side {
    Side {
        network: of.id(),
        name_zh: of.name_zh.clone(),
        name_en: of.name_en.clone(),
        gives,
        fields: Vec::new(),
        licence: "CC-BY-4.0".to_owned(),
        gateways: vec![Gateway {
            node: key(gateway).public(),
            addresses: vec!["/ip4/192.0.2.1/tcp/4001".to_owned()],
        }],
        institutions: Vec::new(),
        mappings: Vec::new(),
    }
}

fn kind(code: u16, prefix: &str) -> ShelfPattern {
    ShelfPattern { region_prefix: prefix.to_owned(), kind: Some(ShelfKind(code)) }
}

/// Results of Wuhan for all of Zhejiang, fields of technology mapped one way.
pub fn terms(own: &Charter, other: &Charter) -> Terms {
    let mut theirs = side(other, vec![ShelfPattern::everything()], 12);
    theirs.fields = vec!["summary".to_owned(), "trl".to_owned()];
    theirs.mappings = vec![CodeMapping {
        field: "field".to_owned(),
        edition: "2026-1".to_owned(),
        pairs: vec![("新材料".to_owned(), "材料".to_owned()), ("生物".to_owned(), "生物医药".to_owned())],
    }];
    let mut sides = [side(own, vec![kind(16, "4201")], 11), theirs];
    sides.sort_by_key(|side| side.network);
    Terms { number: 1, made_ms: NOW, until_ms: NOW + 86_400_000, sides }
}

/// The step's action on the roster of the first.
pub fn peer(own: &Charter, other: &Charter) -> (Subject, Action) {
    let peering = Peering { terms: terms(own, other), charter: other.clone() };
    (Subject::Peer(other.id()), Action::Peer(Box::new(peering)))
}

/// A gateway of the other network, by these terms.
pub fn shown() -> Shown {
    let (own, other) = (charter(1, 1), zhejiang());
    let network = other.id();
    let certificate = certificate(&network, 41, 12, Role::Hub);
    Shown::Guest(Box::new(GuestPass { network, certificate, terms: terms(&own, &other).id() }))
}

fn state(roster: &Roster, id: &NetworkId) -> Option<PeerState> {
    roster.peers.get(id).map(|peer| peer.state.clone())
}

#[test]
fn governors_agree_suspend_take_up_again_and_end() {
    let (mut book, other) = (Book::new(3, 2), zhejiang());
    let before = book.fold().digest();
    let (subject, action) = peer(&book.charter, &other);
    let id = other.id();
    book.add(subject, action.clone(), &[0]);
    assert_eq!(state(&book.fold(), &id), None, "one of three is not enough");
    assert_eq!(book.fold().digest(), before);
    book.add(subject, action, &[1, 2]);
    assert_eq!(state(&book.fold(), &id), Some(PeerState::Active));
    let mut digests = vec![before, book.fold().digest()];
    for (action, then) in [
        (Action::Suspend("查".to_owned()), PeerState::Suspended("查".to_owned())),
        (Action::Reinstate, PeerState::Active),
        (Action::Exit("期满".to_owned()), PeerState::Ended("期满".to_owned())),
    ] {
        book.add(subject, action, &[0, 2]);
        assert_eq!(state(&book.fold(), &id), Some(then));
        digests.push(book.fold().digest());
    }
    assert_eq!(digests[1], digests[3], "taken up again it is what it was");
    digests.remove(3);
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 4, "each other state has another digest");
    let (_, again) = peer(&book.charter, &other);
    book.add(subject, again, &[0, 1]);
    let roster = book.fold();
    let peer = &roster.peers[&id];
    assert!(peer.is_open(NOW) && !peer.is_open(peer.terms.until_ms), "until its end, by the gateway's clock");
    assert_eq!(peer.gives().map(|side| side.network), Some(id));
    assert_eq!(peer.takes().map(|side| side.network), Some(book.charter.id()));
}

#[test]
fn an_agreement_of_others_says_nothing() {
    let (mut book, other) = (Book::new(1, 1), zhejiang());
    let third = Charter { nonce: [8; 16], ..zhejiang() };
    // Its subject is another network; then its charter is; then this network is no party to it.
    let (_, action) = peer(&book.charter, &other);
    book.add(Subject::Peer(third.id()), action, &[0]);
    let terms_of_other = terms(&book.charter, &other);
    let foreign = Peering { terms: terms_of_other, charter: third.clone() };
    book.add(Subject::Peer(other.id()), Action::Peer(Box::new(foreign)), &[0]);
    let (subject, action) = peer(&third, &other);
    book.add(subject, action, &[0]);
    book.add(Subject::Peer(other.id()), Action::Suspend(String::new()), &[0]);
    assert!(book.fold().peers.is_empty());
    // The chain went on all the same: the next step counts.
    let (subject, action) = peer(&book.charter, &other);
    book.add(subject, action, &[0]);
    assert_eq!(state(&book.fold(), &other.id()), Some(PeerState::Active));
}

#[test]
fn an_agreement_outlives_a_change_of_governors_that_keeps_it() {
    let (mut book, other) = (Book::new(1, 1), zhejiang());
    let (subject, action) = peer(&book.charter, &other);
    let last = book.add(subject, action, &[0]);
    let governors = Governors { members: vec![governor(1), governor(2)], threshold: 2 };
    book.add(Subject::Network, Action::Governors(governors, vec![(subject, last)]), &[0]);
    book.epoch = 1;
    assert_eq!(state(&book.fold(), &other.id()), Some(PeerState::Active));
    book.add(subject, Action::Suspend(String::new()), &[0]);
    assert_eq!(state(&book.fold(), &other.id()), Some(PeerState::Active), "the former threshold");
    book.add(subject, Action::Suspend(String::new()), &[0, 1]);
    assert_eq!(state(&book.fold(), &other.id()), Some(PeerState::Suspended(String::new())));
}

#[test]
fn a_side_shares_public_listings_of_its_patterns_and_nothing_else() {
    let (own, other) = (charter(1, 1), zhejiang());
    let terms = terms(&own, &other);
    let gives = terms.side(&own.id()).expect("ours");
    let shelf = |region, kind, visibility| Shelf { region, kind: ShelfKind(kind), visibility };
    for (shelf, shared) in [
        (Shelf::ROSTER, true),
        (Shelf::DIRECTORY, false),
        (shelf(420_100, 16, Visibility::Public), true),
        (shelf(420_106, 16, Visibility::Public), true),
        (shelf(420_200, 16, Visibility::Public), false),
        (shelf(420_100, 17, Visibility::Public), false),
        (shelf(420_100, 16, Visibility::Members), false),
        (shelf(420_100, 2, Visibility::Public), true),
        (shelf(420_200, 2, Visibility::Public), false),
        (shelf(0, 2, Visibility::Public), false),
        (shelf(0, 16, Visibility::Public), false),
        (shelf(0, 16, Visibility::Sealed(CircleId([1; 16]))), false),
        (shelf(420_100, 5, Visibility::Public), false),
    ] {
        assert_eq!(gives.shares(&shelf), shared, "{shelf:?}");
    }
    let all = terms.other(&own.id()).expect("theirs");
    assert!(all.shares(&shelf(330_100, 21, Visibility::Public)));
    assert!(!all.shares(&shelf(330_100, 21, Visibility::Members)) && !all.shares(&Shelf::DIRECTORY));
    let nothing = Side { gives: Vec::new(), ..gives.clone() };
    assert!(!nothing.shares(&Shelf::ROSTER), "who gives nothing shows nothing");
}

#[test]
fn values_read_as_the_agreement_maps_them_and_else_as_they_came() {
    let (own, other) = (charter(1, 1), zhejiang());
    let terms = terms(&own, &other);
    let theirs = terms.side(&other.id()).expect("theirs");
    assert_eq!(theirs.reads("field", "新材料"), Some("材料"));
    assert_eq!(theirs.reads("field", "海洋"), None);
    assert_eq!(theirs.reads("region", "新材料"), None);
    assert!(theirs.shows("trl") && !theirs.shows("price"));
    let ours = terms.side(&own.id()).expect("ours");
    assert!(ours.shows("price"), "no list of fields means all");
}

#[test]
fn an_agreement_has_one_encoding() {
    let (own, other) = (charter(1, 1), zhejiang());
    let good = Peering { terms: terms(&own, &other), charter: other.clone() };
    let refused = |change: &dyn Fn(&mut Terms)| {
        let mut terms = good.terms.clone();
        change(&mut terms);
        let step = protocol::RosterStep {
            epoch: 0,
            subject: Subject::Peer(other.id()),
            number: 1,
            previous: Hash::default(),
            action: Action::Peer(Box::new(Peering { terms, ..good.clone() })),
        };
        protocol::RosterStep::from_bytes(&step.to_bytes()).expect_err("refused")
    };
    let canonical = |fault: Fault| matches!(fault, Fault::NotCanonical { .. });
    let at = usize::from(good.terms.sides[1].network == other.id());
    assert!(canonical(refused(&|terms| terms.sides.swap(0, 1))));
    assert!(canonical(refused(&|terms| terms.sides[at].fields.reverse())));
    assert!(canonical(refused(&|terms| terms.sides[at].mappings[0].pairs.swap(0, 1))));
    assert!(canonical(refused(&|terms| {
        let again = terms.sides[at].gateways[0].clone();
        terms.sides[at].gateways.push(again);
    })));
    assert!(canonical(refused(&|terms| {
        let again = terms.sides[at].gives[0].clone();
        terms.sides[at].gives.push(again);
    })));
    let long = refused(&|terms| terms.sides[at].licence = "长".repeat(200));
    assert!(matches!(long, Fault::TooLong { .. }));
    let bytes = good.terms.to_bytes();
    assert!(Decoder::whole(&bytes[1..], "agreement", Peering::decode).is_err());
}

/// What the first proposes.
pub fn market_file() -> MarketFile {
    let (own, other) = (charter(1, 1), zhejiang());
    let agreed = terms(&own, &other);
    MarketFile {
        charter: SignedCharter::sign(own.clone(), 0, &key(1)),
        gateways: agreed.side(&own.id()).map(|ours| ours.gateways.clone()).unwrap_or_default(),
        terms: Some(agreed),
        institutions: Vec::new(),
    }
}

#[test]
fn a_market_shows_itself_in_a_file() {
    let (own, file) = (charter(1, 1), market_file());
    assert_eq!(MarketFile::from_file(&file.to_file()).as_ref(), Ok(&file));
    let card = MarketFile { terms: None, ..file.clone() };
    assert_eq!(MarketFile::from_file(&card.to_file()).as_ref(), Ok(&card));
    let third = Charter { nonce: [8; 16], ..own };
    let foreign = MarketFile { charter: SignedCharter::sign(third, 0, &key(1)), ..file.clone() };
    assert!(matches!(MarketFile::from_file(&foreign.to_file()), Err(Fault::Mismatch { .. })));
    let unsigned =
        MarketFile { charter: SignedCharter { signatures: Vec::new(), ..file.charter.clone() }, ..file };
    assert!(matches!(MarketFile::from_file(&unsigned.to_file()), Err(Fault::Signature { .. })));
}

/// The same, where other nodes of an institution of the first may take the place of its gateway.
pub fn replaceable() -> MarketFile {
    let file = market_file();
    let own = file.charter.charter.id();
    let institutions = vec![institution(1, Role::Hub).id()];
    let terms = file.terms.clone().map(|mut terms| {
        for side in terms.sides.iter_mut().filter(|side| side.network == own) {
            side.institutions.clone_from(&institutions);
        }
        terms
    });
    MarketFile { terms, institutions, ..file }
}

#[test]
fn terms_that_name_institutions_are_of_another_version_and_others_stay_as_they_were() {
    let (plain, named) = (market_file(), replaceable());
    assert_eq!(MarketFile::from_file(&named.to_file()).as_ref(), Ok(&named));
    let (plain, named) = (plain.terms.unwrap().to_bytes(), named.terms.unwrap().to_bytes());
    assert_eq!((plain[0], named[0]), (1, 2));
    // The same text under the other version says something else, or nothing.
    let under = |version: u8, bytes: &[u8]| {
        let bytes = [&[version], &bytes[1..]].concat();
        let mut to = Encoder::new();
        to.bytes(&bytes).bytes(&zhejiang().to_bytes());
        Decoder::whole(&to.finish(), "agreement", Peering::decode).is_ok()
    };
    assert!(under(1, &plain) && under(2, &named));
    assert!(!under(2, &plain) && !under(1, &named) && !under(3, &named));
    // Version 2 without an institution would be a second form of the same terms.
    let none = [&[2][..], &named[1..]].concat();
    let id = institution(1, Role::Hub).id();
    let at = none.windows(33).position(|part| part[0] == 1 && part[1..] == id.0).unwrap();
    let emptied = [&none[..at], &[0], &none[at + 33..]].concat();
    assert!(!under(2, &emptied));
}

#[test]
fn who_speaks_as_a_gateway_is_told_by_name_or_by_the_roster() {
    let mut book = Book::new(1, 1);
    let network = book.charter.id();
    let file = replaceable();
    let terms = file.terms.unwrap();
    let named = terms.side(&network).unwrap().clone();
    let alone = Side { institutions: Vec::new(), ..named.clone() };
    // The gateway, another node of its institution, one of another institution.
    let of = |who: u8, node: u8| certificate(&network, who, node, Role::Hub);
    let (gateway, other, stranger) = (of(1, 11), of(1, 15), of(2, 16));
    let id = institution(1, Role::Hub).id();
    book.add(
        Subject::Institution(institution(2, Role::Hub).id()),
        Action::Admit(institution(2, Role::Hub)),
        &[0],
    );
    let roster = book.fold();
    for side in [&named, &alone] {
        assert!(side.admits(&gateway, Some(&roster)) && side.admits(&gateway, None));
        assert!(!side.admits(&stranger, Some(&roster)) && !side.admits(&other, None));
    }
    assert!(named.admits(&other, Some(&roster)) && !alone.admits(&other, Some(&roster)));
    // Nor who may not carry the roster, or names an institution whose key did not sign.
    let mut weak = other.clone();
    weak.body.capabilities = Capabilities(Capabilities::PUBLISH);
    assert!(!named.admits(&weak, Some(&roster)));
    let mut forged = stranger.clone();
    forged.body.institution = id;
    assert!(!named.admits(&forged, Some(&roster)));
    // A key that is revoked is out, the named one too; an institution that is suspended has nobody stand in.
    for node in [11, 15] {
        book.add(
            Subject::Institution(id),
            Action::RevokeNode(key(node).public(), Vec::new(), "遗失".to_owned()),
            &[0],
        );
    }
    let roster = book.fold();
    assert!(!named.admits(&gateway, Some(&roster)) && !named.admits(&other, Some(&roster)));
    assert!(named.admits(&of(1, 17), Some(&roster)));
    book.add(Subject::Institution(id), Action::Suspend("查".to_owned()), &[0]);
    assert!(!named.admits(&of(1, 17), Some(&book.fold())));
}
