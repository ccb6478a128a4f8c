//! §4 to §7: signatures that must hold, and what a certificate lets a node write.

use protocol::{
    Application, Capabilities, CircleId, Credential, Decoder, NetworkId, NodeCertificate, PublicKey, Purpose,
    Redemption, Role, SecretKey, Shelf, ShelfKind, ShelfPattern, Signature, SignedCharter, Subscription,
    Visibility, remember_signatures,
};

use crate::codec::written;
use crate::support::{World, certificate, charter, institution, key};

const PURPOSES: [Purpose; 5] =
    [Purpose::Charter, Purpose::Certificate, Purpose::Entry, Purpose::RosterStep, Purpose::Redemption];

#[test]
fn a_signature_holds_for_its_purpose_network_key_and_text_alone() {
    let network = World::new().network;
    for purpose in PURPOSES {
        let signature = key(1).sign(purpose, &network, b"text");
        for other in PURPOSES {
            let holds = key(1).public().verify(other, &network, b"text", &signature, "it").is_ok();
            assert_eq!(holds, other == purpose);
        }
        assert!(key(1).public().verify(purpose, &NetworkId([1; 32]), b"text", &signature, "it").is_err());
        assert!(key(2).public().verify(purpose, &network, b"text", &signature, "it").is_err());
        assert!(key(1).public().verify(purpose, &network, b"texts", &signature, "it").is_err());
    }
}

/// The neutral point as key and as R, with S = 0, "signs" everything for a lenient verifier.
#[test]
fn keys_of_small_order_sign_nothing() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let network = World::new().network;
    let holds =
        protocol::PublicKey(neutral).verify(Purpose::Entry, &network, b"any", &Signature(signature), "it");
    assert!(holds.is_err());
}

#[test]
fn a_charter_needs_its_threshold_of_different_governors() {
    let sign =
        |index: u8, with: u8| SignedCharter::sign(charter(3, 2), index, &key(with)).signatures.remove(0);
    let read = |signatures| {
        let signed = SignedCharter { charter: charter(3, 2), signatures };
        Decoder::whole(&written(|to| signed.encode(to)), "charter", SignedCharter::decode).is_ok()
    };
    assert!(read(vec![sign(0, 1), sign(2, 3)]));
    assert!(!read(vec![sign(0, 1)]), "one");
    assert!(!read(vec![sign(0, 1), sign(0, 1)]), "one, twice");
    assert!(!read(vec![sign(0, 1), sign(1, 1)]), "one under two indices");
    assert!(!read(vec![sign(0, 1), sign(3, 4)]), "nobody's index");
}

/// A charter's governors sign with the root keys that name them.
#[test]
fn a_founding_governor_signs_with_its_first_root_key() {
    let mut other = charter(3, 2);
    other.governors.members[0].key = key(50).public();
    let signatures = [(0, 50), (1, 2)]
        .map(|(n, with)| SignedCharter::sign(other.clone(), n, &key(with)).signatures.remove(0));
    let signed = SignedCharter { charter: other, signatures: signatures.to_vec() };
    assert!(Decoder::whole(&written(|to| signed.encode(to)), "charter", SignedCharter::decode).is_err());
}

#[test]
fn governors_and_roles_are_found_by_what_names_them() {
    let governors = charter(3, 2).governors;
    assert_eq!([1, 2, 3, 4].map(|n| governors.index_of(&key(n).public())), [Some(0), Some(1), Some(2), None]);
    for role in Role::ALL {
        assert_eq!(Role::from_id(role.id()), Some(role));
    }
    assert_eq!(Role::ALL.map(Role::id), ["hub", "sub-market", "resource-station", "grassroots-site"]);
    assert_eq!(Role::from_id("Hub"), None);
}

#[test]
fn a_certificate_needs_both_keys() {
    let network = World::new().network;
    let good = certificate(&network, 2, 12, Role::ResourceStation);
    assert!(good.verify(&network).is_ok());
    assert!(good.verify(&NetworkId([1; 32])).is_err());
    let body = || good.body.clone();
    assert!(
        NodeCertificate::issue(body(), &network, &key(3), &key(12)).verify(&network).is_err(),
        "another root"
    );
    assert!(
        NodeCertificate::issue(body(), &network, &key(2), &key(3)).verify(&network).is_err(),
        "another's node"
    );
}

#[test]
fn a_redemption_needs_all_four_signatures() {
    let network = World::new().network;
    let own = certificate(&network, 2, 12, Role::ResourceStation);
    let good = Redemption::sign(institution(2, Role::ResourceStation), own, &network, &key(50), &key(2));
    assert!(good.verify(&network).is_ok());
    let breaks: [fn(&mut Redemption) -> &mut Signature; 4] = [
        |r| &mut r.by_invitation,
        |r| &mut r.by_root,
        |r| &mut r.certificate.by_root,
        |r| &mut r.certificate.by_node,
    ];
    for (n, signature) in breaks.into_iter().enumerate() {
        let mut broken = good.clone();
        signature(&mut broken).0[40] ^= 1;
        assert!(broken.verify(&network).is_err(), "signature {n}");
    }
    let resigned = |change: fn(&mut protocol::Institution)| {
        let mut who = institution(2, Role::ResourceStation);
        change(&mut who);
        let own = good.certificate.clone();
        Redemption::sign(who, own, &network, &key(50), &key(2)).verify(&network)
    };
    assert!(resigned(|_| ()).is_ok());
    assert!(resigned(|who| who.role = Role::Hub).is_err(), "another role than the certificate's");
    assert!(resigned(|who| who.region = 1).is_err(), "another region than the certificate's");
}

/// Whichever of the two a greeting or a bundle shows, its signatures are looked at.
#[test]
fn a_credential_is_verified_whichever_it_is() {
    let network = World::new().network;
    let own = certificate(&network, 2, 12, Role::ResourceStation);
    let who = institution(2, Role::ResourceStation);
    let redemption = Redemption::sign(who, own.clone(), &network, &key(50), &key(2));
    let mut bad_own = own.clone();
    bad_own.by_root.0[40] ^= 1;
    let mut bad_redemption = redemption.clone();
    bad_redemption.by_invitation.0[40] ^= 1;
    let holds = |credential: Credential| credential.verify(&network).is_ok();
    assert!(holds(Credential::Certificate(Box::new(own))));
    assert!(holds(Credential::Redemption(Box::new(redemption))));
    assert!(!holds(Credential::Certificate(Box::new(bad_own))));
    assert!(!holds(Credential::Redemption(Box::new(bad_redemption))));
}

#[test]
fn an_application_is_read_as_it_was_written() {
    let network = World::new().network;
    let application = Application {
        network,
        institution: institution(2, Role::ResourceStation),
        certificate: certificate(&network, 2, 12, Role::ResourceStation),
    };
    let file = application.to_file();
    assert_eq!(Application::from_file(&file, &network).as_ref(), Ok(&application));
    assert!(Application::from_file(&file, &NetworkId([1; 32])).is_err());
    let other = Application { institution: institution(3, Role::ResourceStation), ..application };
    assert!(Application::from_file(&other.to_file(), &network).is_err(), "another institution's certificate");
}

/// Kinds that version 1 does not know are nobody's to write.
#[test]
fn reserved_kinds_are_allowed_to_no_certificate() {
    let network = World::new().network;
    let own = certificate(&network, 2, 12, Role::ResourceStation);
    let allowed = |kind| {
        let shelf = Shelf { region: 420_100, kind: ShelfKind(kind), visibility: Visibility::Public };
        own.allows(&shelf)
    };
    assert!(allowed(16));
    assert!((4..16).all(|kind| !allowed(kind)));
}

#[test]
fn a_certificate_allows_what_it_says() {
    let network = World::new().network;
    let allows =
        |capabilities: u64, shelves: &[ShelfPattern], region: u32, kind: u16, visibility: Visibility| {
            let mut body = certificate(&network, 2, 12, Role::ResourceStation).body;
            body.capabilities = Capabilities(capabilities);
            body.shelves = shelves.to_vec();
            let own = NodeCertificate::issue(body, &network, &key(2), &key(12));
            let shelf = Shelf { region, kind: ShelfKind(kind), visibility };
            let own_listings = shelf.circle().is_some() || (region == 420_100 && kind >= 16);
            assert_eq!(own.may_create(&shelf), own.allows(&shelf) && own_listings, "listings begin at home");
            own.allows(&shelf)
        };
    let (publish, state, roster) = (Capabilities::PUBLISH, Capabilities::STATE, Capabilities::ROSTER);
    let (public, members) = (Visibility::Public, Visibility::Members);
    let only = |prefix: &str, kind| [ShelfPattern { region_prefix: prefix.to_owned(), kind }];
    assert!(allows(publish, &[], 420_100, 16, public));
    let sealed = Visibility::Sealed(CircleId([5; 16]));
    assert!(allows(publish, &[], 0, 21, sealed));
    assert!(!allows(publish, &[], 420_100, 21, sealed), "sealed shelves are of no region");
    assert!(allows(0, &[], 0, 3, sealed), "anyone may correspond");
    assert!(!allows(publish, &[], 0, 3, public) && !allows(publish, &[], 420_100, 3, sealed));
    assert!(!allows(state, &[], 420_100, 2, sealed), "statements are not sealed");
    assert!(allows(publish, &[], 420_200, 16, public), "a co-editor's log in another region");
    assert!(!allows(state | roster, &[], 420_100, 16, public), "without the capability");
    assert!(allows(publish, &only("42", Some(ShelfKind(16))), 420_100, 16, public));
    assert!(!allows(publish, &only("42", Some(ShelfKind(17))), 420_100, 16, public), "a kind not listed");
    assert!(!allows(publish, &only("43", None), 420_100, 16, public), "a region not listed");
    assert!(allows(roster, &[], 0, 0, public) && !allows(publish, &[], 0, 0, public));
    assert!(!allows(roster, &[], 420_100, 0, public) && !allows(roster, &[], 0, 0, members));
    assert!(allows(0, &[], 0, 1, members) && !allows(0, &[], 0, 1, public) && !allows(0, &[], 1, 1, members));
    assert!(allows(state, &[], 420_200, 2, public) && !allows(publish, &[], 420_100, 2, public));
    assert!(!allows(u64::MAX, &[], 420_100, 3, public), "a kind that version 1 does not know");
}

#[test]
fn subscriptions_cover_the_network_and_what_they_name() {
    let shelf = |region, kind| Shelf { region, kind: ShelfKind(kind), visibility: Visibility::Public };
    let wuhan = ShelfPattern { region_prefix: "4201".to_owned(), kind: Some(ShelfKind(16)) };
    let some = Subscription { patterns: vec![wuhan] };
    assert!(some.covers(&shelf(420_100, 16)) && some.covers(&shelf(420_111, 16)));
    assert!(!some.covers(&shelf(420_200, 16)) && !some.covers(&shelf(420_100, 17)));
    assert!(some.covers(&Shelf::ROSTER) && some.covers(&Shelf::DIRECTORY));
    assert!(Subscription::default().covers(&Shelf::ROSTER) && !Subscription::default().covers(&shelf(0, 16)));
    assert!(Subscription::everything().covers(&shelf(420_100, 2)));
    let short = ShelfPattern { region_prefix: "0".to_owned(), kind: None };
    assert!(short.covers(&shelf(10_000, 16)) && !short.covers(&shelf(110_000, 16)), "codes have six digits");
}

#[test]
fn of_remembered_signatures_only_what_held_holds() {
    let (key, network) = (SecretKey::from_seed(&[7; 32]), NetworkId([3; 32]));
    let (body, other) = (b"an entry".to_vec(), NetworkId([4; 32]));
    let signature = key.sign(Purpose::Entry, &network, &body);
    let verify = |key: &PublicKey, purpose, network: &NetworkId, body: &[u8], signature: &Signature| {
        key.verify(purpose, network, body, signature, "it").is_ok()
    };
    let public = key.public();
    for most in [0, 1, 100] {
        remember_signatures(most);
        // Once to be remembered, once from memory; what fails is tried twice as well, since it must never be remembered.
        for _ in 0..2 {
            assert!(verify(&public, Purpose::Entry, &network, &body, &signature));
            assert!(!verify(&public, Purpose::RosterStep, &network, &body, &signature));
            assert!(!verify(&public, Purpose::Entry, &other, &body, &signature));
            for bit in 0..512 {
                let mut wrong = signature;
                wrong.0[bit / 8] ^= 1 << (bit % 8);
                assert!(
                    !verify(&public, Purpose::Entry, &network, &body, &wrong),
                    "bit {bit} of the signature"
                );
            }
            for bit in 0..body.len() * 8 {
                let mut wrong = body.clone();
                wrong[bit / 8] ^= 1 << (bit % 8);
                assert!(
                    !verify(&public, Purpose::Entry, &network, &wrong, &signature),
                    "bit {bit} of the body"
                );
            }
            for bit in 0..256 {
                let mut wrong = public;
                wrong.0[bit / 8] ^= 1 << (bit % 8);
                assert!(!verify(&wrong, Purpose::Entry, &network, &body, &signature), "bit {bit} of the key");
            }
        }
    }
    remember_signatures(0);
}
