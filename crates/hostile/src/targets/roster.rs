//! The roster of steps that some governors signed, two of three to complete one: in every order of arrival the same.

use std::collections::BTreeMap;

use protocol::{
    Action, Charter, CoSignature, DocumentId, Governor, Governors, Hash, Head, Invitation, Profile, Purpose,
    Role, Roster, RosterInput, RosterStep, SignedStep, Subject,
};

use crate::reader::Reader;
use crate::world::{NOW, charter, institution, key, log};

/// Steps of one input: each costs a few signatures.
const MAX_STEPS: usize = 20;

fn subject(from: &mut Reader<'_>) -> Subject {
    match from.below(6) {
        0 => Subject::Network,
        1 => Subject::Document(DocumentId([from.below(2) as u8; 32])),
        2 => Subject::Invitation(key(50).public()),
        3 => Subject::Log(log(12, 0).hash()),
        n => Subject::Institution(institution(n as u8).id()),
    }
}

fn action(from: &mut Reader<'_>, chains: &BTreeMap<Subject, (u64, Hash)>) -> Action {
    let head = Head { seq: from.odd_number(), hash: Hash([from.below(3) as u8; 32]) };
    match from.below(14) {
        0 => Action::Admit(institution(4 + from.below(3) as u8)),
        1 => Action::Suspend("缘由".to_owned()),
        2 => Action::Reinstate,
        3 => Action::Exit(String::new()),
        4 => Action::ChangeRole(Role::SubMarket, 420_000),
        5 => Action::Invite(Invitation {
            key: key(50).public(),
            issuer: key(11).public(),
            role: Role::ResourceStation,
            region: 420_100,
            not_after_ms: NOW,
        }),
        6 => Action::RevokeNode(key(12).public(), vec![(log(12, 0), head)], String::new()),
        7 => Action::Settle(log(12, 0), head),
        8 => Action::TakeDown("why".to_owned()),
        9 => Action::Restore,
        10 => {
            let members = (1..=2 + from.below(2) as u8).map(institution).map(Governor::founding).collect();
            let kept = chains.iter().filter(|_| !from.one_in(3)).map(|(s, (_, last))| (*s, *last)).collect();
            Action::Governors(Governors { members, threshold: 2 }, kept)
        }
        11 => Action::Profile(Profile::default()),
        12 => Action::Purge("why".to_owned()),
        _ => Action::Other(from.odd_number() as u16, vec![from.byte()]),
    }
}

fn signed(from: &mut Reader<'_>, step: RosterStep, charter: &Charter) -> SignedStep {
    let signers = if from.one_in(8) { from.byte() } else { 3 };
    let bytes = step.to_bytes();
    let by = |n: u8, governor: u8| CoSignature {
        governor,
        signature: key(n).sign(Purpose::RosterStep, &charter.id(), &bytes),
    };
    let mut signatures: Vec<CoSignature> =
        (0..3).filter(|n| signers & (1 << n) != 0).map(|n| by(n + 1, n)).collect();
    if signers & 8 != 0 {
        signatures.push(by(99, protocol::RECOVERY_INDEX));
    }
    SignedStep { step, signatures, own: None }
}

/// Folds the steps that the input describes, forwards and backwards.
pub fn run(bytes: &[u8]) {
    let mut from = Reader::new(bytes);
    let charter = charter(3, 2);
    let mut chains = BTreeMap::new();
    let mut steps = Vec::new();
    let mut epoch = 0;
    while !from.is_done() && steps.len() < MAX_STEPS {
        let subject = subject(&mut from);
        let (last, before): (u64, Hash) = chains.get(&subject).copied().unwrap_or_default();
        let number = if from.one_in(16) { from.odd_number() } else { last.saturating_add(1) };
        let previous = if from.one_in(16) { Hash::default() } else { before };
        let action = action(&mut from, &chains);
        let opens = matches!((&action, subject), (Action::Governors(..), Subject::Network));
        let its_epoch = if from.one_in(16) { from.odd_number() as u32 } else { epoch };
        let step = RosterStep { epoch: its_epoch, subject, number, previous, action };
        // A rival to the last one: same number, same previous step.
        if !from.one_in(6) {
            chains.insert(subject, (number, step.id()));
        }
        steps.push(signed(&mut from, step, &charter));
        if opens {
            epoch += 1;
            chains.remove(&Subject::Network);
        }
    }
    let forwards = Roster::fold(&charter, &RosterInput { steps: steps.clone(), redemptions: Vec::new() });
    steps.reverse();
    let backwards = Roster::fold(&charter, &RosterInput { steps, redemptions: Vec::new() });
    assert_eq!(forwards, backwards, "one set of steps, two rosters");
    assert_eq!(forwards.digest(), backwards.digest());
    forwards.last_valid(&log(12, 0));
}

pub fn seeds() -> Vec<Vec<u8>> {
    let program = |salt: u8| (0..200u32).map(|n| (n.wrapping_mul(151) >> 2) as u8 ^ salt).collect();
    vec![
        vec![4, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 1, 0, 0, 0],
        vec![1; 60],
        program(0),
        program(85),
        program(254),
    ]
}
