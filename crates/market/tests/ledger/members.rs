//! What a node holds of an institution.

use market::Moving;
use protocol::Visibility;

use super::documents::{Traffic, guest, moving};
use super::*;

#[test]
fn an_institutions_nodes_and_public_words_are_found_by_its_name() {
    let mut hub = hub();
    let (mut judge, mut other) = (guest(&mut hub, 21), guest(&mut hub, 22));
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&judge, &other]);
    let (outcomes, created) = hub.desk(NOW).take_in(&[record("甲")], true).unwrap();
    let id = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut judge);
    traffic.bring(&mut other);
    let (first, written) =
        judge.desk(NOW + 1).state(&id, None, ["screening", "rejected", "缺少报告"]).unwrap();
    traffic.sent([written]);
    let (_, written) = other.desk(NOW + 2).state(&id, None, ["evaluation", "trl=6", ""]).unwrap();
    traffic.sent([written]);

    let who = [judge.identity.institution.id(), other.identity.institution.id()];
    let by_whom = |library: &Library| {
        who.map(|who| {
            let stated = library.stated_by(&who, 9).unwrap().into_iter();
            stated.map(|(id, said)| (id, said.statement.label, said.verified)).collect::<Vec<_>>()
        })
    };
    let stated = |id: DocumentId, label: &str| vec![(id, label.to_owned(), true)];
    assert_eq!(traffic.everywhere(&hub, by_whom), [stated(id, "screening"), stated(id, "evaluation")]);

    // What is taken back is said no more, and what is said among members is not said to everyone.
    let (_, written) = judge.desk(NOW + 3).state(&id, Some(first), ["", "", "误判"]).unwrap();
    traffic.sent([written]);
    let to = Moving { visibility: Visibility::Members, ..moving(&hub.library, &id) };
    let (moved, written) = hub.desk(NOW + 4).relocate(&id, to).unwrap().unwrap();
    traffic.sent([written]);
    traffic.bring(&mut other);
    let (_, written) = other.desk(NOW + 5).state(&moved, None, ["recognition", "新产品", ""]).unwrap();
    traffic.sent([written]);
    assert_eq!(traffic.everywhere(&hub, by_whom), [Vec::new(), stated(moved, "evaluation")]);

    traffic.bring(&mut hub);
    let nodes = hub.library.nodes_of(&who[1]).unwrap();
    let keys: Vec<_> = nodes.iter().map(|node| (node.key, node.revoked)).collect();
    assert_eq!(keys, [(other.identity.node.public(), false)]);
    assert!(nodes[0].logs >= 2, "statements on two shelves");
}
