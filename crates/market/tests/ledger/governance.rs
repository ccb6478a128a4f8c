//! Governing at the desk: what waits for signatures, what a change of governors keeps, which files are refused.

use market::{find_member, find_step, pending};
use protocol::{
    Action, Application, CoSignature, DocumentId, InstitutionId, Purpose, Roster, Rotation, SignedStep,
    StepsFile, Subject,
};

use super::*;

/// The hub, and the root keys of two institutions that it admitted.
pub(super) struct Table {
    pub(super) hub: Node,
    input: RosterInput,
    guests: Vec<SecretKey>,
}

impl Table {
    pub(super) fn new() -> Self {
        let mut table = Self { hub: hub(), input: RosterInput::default(), guests: Vec::new() };
        for seed in [31, 32] {
            let root = SecretKey::from_seed(&[seed; 32]);
            let who = Institution {
                root: root.public(),
                name: format!("样例机构{seed}"),
                ..table.hub.identity.institution.clone()
            };
            table.alone(Subject::Institution(who.id()), Action::Admit(who));
            table.guests.push(root);
        }
        table
    }

    fn id(&self, guest: usize) -> InstitutionId {
        InstitutionId::of_first_root(&self.guests[guest].public())
    }

    fn take(&mut self, steps: Vec<SignedStep>) {
        self.input.steps.extend(steps);
        self.hub.library.set_roster(Roster::fold(&self.hub.identity.charter.charter, &self.input));
    }

    /// A step that the hub alone signs.
    pub(super) fn alone(&mut self, subject: Subject, action: Action) {
        let step = self.hub.desk(NOW).next_step(subject, action);
        let signed = self.sign(vec![step], &[]);
        self.take(signed);
    }

    /// Signed by the hub, and by guests who govern.
    fn sign(&self, steps: Vec<protocol::RosterStep>, guests: &[usize]) -> Vec<SignedStep> {
        let network = self.hub.identity.network();
        let governors = self.hub.library.roster().governors.clone();
        let hub = self.hub.identity.root.clone().unwrap();
        let keys: Vec<&SecretKey> =
            [&hub].into_iter().chain(guests.iter().map(|n| &self.guests[*n])).collect();
        let sign = |step: protocol::RosterStep| {
            let one = |key: &&SecretKey| {
                let governor = governors.index_of(&key.public())?;
                let signature = key.sign(Purpose::RosterStep, &network, &step.to_bytes());
                Some(CoSignature { governor, signature })
            };
            let signatures = keys.iter().filter_map(one).collect();
            SignedStep { step, signatures, own: None }
        };
        steps.into_iter().map(sign).collect()
    }

    fn change(&mut self, members: &[InstitutionId], threshold: u8) -> Vec<protocol::RosterStep> {
        let input = self.input.clone();
        self.hub.desk(NOW).change_governors(members, threshold, &input).unwrap()
    }

    fn all(&self) -> Vec<InstitutionId> {
        vec![self.hub.identity.institution.id(), self.id(0), self.id(1)]
    }
}

fn document(n: u16) -> Subject {
    let mut id = [9; 32];
    id[..2].copy_from_slice(&n.to_be_bytes());
    Subject::Document(DocumentId(id))
}

/// The store finds the steps of each epoch by its index, some hundreds at a time; after a restart too.
#[test]
fn a_roster_of_several_epochs_is_read_back() {
    let mut table = Table::new();
    let (first, all) = (table.input.steps.clone(), table.all());
    table.hub.desk(NOW).carry(&first).unwrap();
    let carry = |table: &mut Table, steps: Vec<protocol::RosterStep>| {
        let signed = table.sign(steps, &[0, 1]);
        table.hub.desk(NOW).carry(&signed).unwrap();
        table.take(signed);
    };
    for threshold in [2, 3] {
        let steps = table.change(&all, threshold);
        carry(&mut table, steps);
        let take_down = || Action::TakeDown("x".into());
        let subjects = (0..300).map(|n| document(n + u16::from(threshold) * 1_000));
        let steps = subjects.map(|subject| table.hub.desk(NOW).next_step(subject, take_down())).collect();
        carry(&mut table, steps);
    }
    let expected = table.hub.library.roster();
    assert_eq!((expected.epoch, expected.taken_down.len()), (2, 600));
    let charter = table.hub.identity.charter.charter.clone();
    assert_eq!(table.hub.ledger.roster_book(&charter).unwrap().roster(), &*expected);
    let page = table.hub.ledger.steps_of(1, None).unwrap();
    assert!(page.len() < 302 && page.iter().all(|(_, step)| step.step.epoch == 1));
    let rest = table.hub.ledger.steps_of(1, page.last().map(|(place, _)| *place)).unwrap();
    assert_eq!(page.len() + rest.len(), 302, "300, what they are kept by, and the change");
    let hub = table.hub.reopened();
    assert_eq!(hub.library.roster(), expected);
}

/// Hundreds of decisions take steps of their own to be kept; the approver of the change gets them along with it.
#[test]
fn a_change_of_governors_keeps_all_that_was_decided() {
    let mut table = Table::new();
    let all = table.all();
    let steps = table.change(&all, 2);
    assert_eq!(steps.len(), 1, "few subjects fit into the step itself");
    let signed = table.sign(steps, &[]);
    table.take(signed);
    let take_down = || Action::TakeDown("x".into());
    let steps = (0..1_000).map(|n| table.hub.desk(NOW).next_step(document(n), take_down())).collect();
    let signed = table.sign(steps, &[0]);
    table.take(signed);
    assert_eq!(table.hub.library.roster().taken_down.len(), 1_000);

    let fewer = [all[0], all[1]];
    let steps = table.change(&fewer, 2);
    assert_eq!(steps.len(), 3, "two that keep, and the change");
    let last = steps[2].id();
    let signed = table.sign(steps, &[]);
    table.hub.desk(NOW).carry(&signed).unwrap();
    table.take(signed);
    let roster = table.hub.library.roster();
    let waiting = pending(&roster, &table.input);
    assert_eq!(waiting.iter().map(|step| step.missing).collect::<Vec<_>>(), [1, 1, 1]);
    let found = find_step(&roster, &table.input, &last.to_string()[..8]).unwrap();
    assert_eq!(found.iter().map(|step| step.signed.step.number).collect::<Vec<_>>(), [2, 3, 4]);
    // By file, as a governor who is away signs.
    let file = StepsFile {
        network: roster.network,
        governors: roster.governors.clone(),
        steps: found.into_iter().map(|found| found.signed).collect(),
    };
    let mut read = StepsFile::from_file(&file.to_file()).unwrap();
    let index = read.governors.index_of(&table.guests[0].public()).unwrap();
    for signed in &mut read.steps {
        let body = signed.step.to_bytes();
        let signature = table.guests[0].sign(Purpose::RosterStep, &read.network, &body);
        signed.signatures.push(CoSignature { governor: index, signature });
    }
    table.take(read.steps);
    let roster = table.hub.library.roster();
    assert_eq!((roster.epoch, roster.taken_down.len(), roster.members.len()), (2, 1_000, 3));
    assert!(pending(&roster, &table.input).is_empty());
}

/// A revocation names what is held of each log, a settled one up to where it was settled.
#[test]
fn a_revocation_names_what_is_held_and_settled() {
    let mut table = Table::new();
    for title in ["甲", "乙", "丙"] {
        table.hub.desk(NOW).take_in(&[record(title)], true).unwrap();
    }
    let node = table.hub.identity.node.public();
    let points = |table: &mut Table| {
        let step = table.hub.desk(NOW).revoke(&node.to_string()[..12], &[], "x".into()).unwrap();
        let Action::RevokeNode(of, points, _) = step.action else { panic!("{step:?}") };
        assert_eq!(of, node);
        points
    };
    let held = points(&mut table);
    assert_eq!(held.iter().map(|(_, head)| head.seq).collect::<Vec<_>>(), [4]);
    let (log, second) = (held[0].0, protocol::Head { seq: 2, hash: protocol::Hash([2; 32]) });
    table.alone(Subject::Log(log.hash()), Action::Settle(log, second));
    assert_eq!(points(&mut table), [(log, second)]);
    assert!(table.hub.desk(NOW).revoke("000000", &[], "x".into()).is_err());
}

/// A governor's new root key comes with its place among the governors, and both wait for the same signatures.
#[test]
fn a_governors_new_key_governs() {
    let mut table = Table::new();
    let all = table.all();
    let steps = table.change(&all, 2);
    let signed = table.sign(steps, &[]);
    table.take(signed);
    let new = SecretKey::from_seed(&[77; 32]);
    let network = table.hub.identity.network();
    let rotation = Rotation::sign(&all[0], vec![table.hub.identity.node.public()], vec![], &network, &new);
    let input = table.input.clone();
    let steps = table.hub.desk(NOW).rotate_root(all[0], rotation, &input).unwrap();
    let change = steps[1].id();
    let signed = table.sign(steps, &[]);
    table.take(signed);
    let found = find_step(&table.hub.library.roster(), &table.input, &change.to_string()).unwrap();
    assert_eq!(found.len(), 2, "who approves the one approves the other");
    let steps = found.into_iter().map(|found| found.signed.step).collect();
    let signed = table.sign(steps, &[1]);
    table.take(signed);
    let roster = table.hub.library.roster();
    assert_eq!((roster.epoch, roster.present_root(&all[0])), (2, Some(new.public())));
    assert_eq!(roster.governors.index_of(&new.public()), Some(0));
    let own = &table.hub.identity.certificate;
    assert!(matches!(roster.node(own), protocol::NodeState::Active(_)), "its node was kept");
    assert_eq!(roster.members.len(), 3);
}

#[test]
fn what_nobody_signed_is_not_carried_and_names_are_found() {
    let mut table = Table::new();
    let step = table.hub.desk(NOW).next_step(document(1), Action::Restore);
    let unsigned = SignedStep { step: step.clone(), signatures: vec![], own: None };
    let strange = SignedStep::sign(step, &table.hub.identity.network(), 0, &table.guests[0]);
    for signed in [unsigned, strange] {
        assert!(table.hub.desk(NOW).carry(&[signed]).is_err());
    }
    let roster = table.hub.library.roster();
    assert_eq!(find_member(&roster, "样例机构31").unwrap(), table.id(0));
    assert_eq!(find_member(&roster, &table.id(1).to_string()[..10]).unwrap(), table.id(1));
    assert!(find_member(&roster, "样例").is_err() && find_member(&roster, "12345").is_err());
    let own = &table.hub.identity;
    let asked = Application {
        network: own.network(),
        institution: own.institution.clone(),
        certificate: own.certificate.clone(),
    };
    let other = protocol::NetworkId([3; 32]);
    assert!(Application::from_file(&asked.to_file(), &own.network()).is_ok());
    assert!(Application::from_file(&asked.to_file(), &other).is_err());
    let renamed = Institution { root: table.guests[0].public(), ..own.institution.clone() };
    let forged = Application { institution: renamed, ..asked };
    assert!(Application::from_file(&forged.to_file(), &own.network()).is_err());
}

/// Forks, incarnations and settles that a stolen key brings about do not decide what its revocation leaves of the owner's.
#[test]
fn what_a_thief_brings_about_leads_no_revocation() {
    let mut table = Table::new();
    for title in ["甲", "乙", "丙"] {
        table.hub.desk(NOW).take_in(&[record(title)], true).unwrap();
    }
    let node = table.hub.identity.node.clone();
    let network = table.hub.identity.network();
    let points = |table: &mut Table, from: &[String]| {
        let step = table.hub.desk(NOW).revoke(&node.public().to_string(), from, "x".into())?;
        let Action::RevokeNode(_, points, _) = step.action else { panic!("{step:?}") };
        Ok::<_, market::MarketError>(points)
    };
    let held = points(&mut table, &[]).unwrap();
    let (log, head) = held[0];
    assert_eq!(head.seq, 4);

    // The thief certifies the node for an institution of his own, which settles the log at its opening.
    let own = table.hub.identity.certificate.clone();
    let root = SecretKey::from_seed(&[66; 32]);
    let (institution, root_key) = (InstitutionId::of_first_root(&root.public()), root.public());
    let body = CertificateBody { institution, root: root_key, ..own.body.clone() };
    let certificate = NodeCertificate::issue(body, &network, &root, &node);
    let first = table.hub.ledger.entry(&log, 1).unwrap().unwrap();
    let settle = Action::Settle(log, first.head());
    table.take(vec![SignedStep::own_word(Subject::Log(log.hash()), settle, certificate, &network, &root)]);
    assert!(table.hub.library.roster().settled.contains_key(&log));
    assert_eq!(points(&mut table, &[]).unwrap(), held);

    // He forks the log at its second entry.
    let second = table.hub.ledger.entry(&log, 2).unwrap().unwrap();
    let payload = protocol::Payload { salt: [9; 16], ..second.payload.clone().unwrap() };
    let draft = protocol::Draft { document: None, verb: Verb::CREATE, payload, time_ms: NOW };
    let forged = protocol::Entry::author(log, first.head(), draft, &network, &node).unwrap();
    table.hub.ledger.note_fork(&protocol::Fork::of(own, &second, &forged)).unwrap();
    let roster = table.hub.library.roster();
    table.hub.ledger.relimit(&roster, None).unwrap();
    let refused = points(&mut table, &[]).unwrap_err().to_string();
    assert!(refused.contains("forked"), "{refused}");
    assert_eq!(points(&mut table, &[forged.hash().to_string()]).unwrap(), held, "the owner's branch stands");
    let third = table.hub.ledger.entry(&log, 3).unwrap().unwrap().hash().to_string();
    assert_eq!(points(&mut table, &[third]).unwrap(), [(log, second.head())]);
}

/// Copies of a step with signatures that nobody made keep no governor from signing it.
#[test]
fn bogus_signatures_take_no_place() {
    let mut table = Table::new();
    let all = table.all();
    let steps = table.change(&all, 2);
    let signed = table.sign(steps, &[]);
    table.take(signed);
    let step = table.hub.desk(NOW).next_step(document(1), Action::TakeDown("x".into()));
    let good = table.sign(vec![step.clone()], &[]);
    let (stranger, network) = (SecretKey::from_seed(&[66; 32]), table.hub.identity.network());
    let bogus = |n: u8| CoSignature {
        governor: n % 3,
        signature: stranger.sign(Purpose::RosterStep, &network, &[n]),
    };
    let hostile = SignedStep { step, signatures: (0..64).map(bogus).collect(), own: None };
    let id = hostile.step.id().to_string();
    table.take(vec![hostile]);
    table.take(good.clone());
    let roster = table.hub.library.roster();
    let found = find_step(&roster, &table.input, &id).unwrap();
    assert_eq!(found[0].signed.signatures, good[0].signatures);
    assert_eq!((found[0].signers.len(), found[0].missing), (1, 1));
}
