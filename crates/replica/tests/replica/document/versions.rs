//! Heads, generations, disputes.

use protocol::{LogId, PublicKey, SignedPatch, Value};

use super::editors::{Editors, text};
use crate::harness::Rng;

#[test]
fn heads_are_the_changes_on_which_no_other_builds() {
    let mut editors = Editors::new(3, vec![text("title", "a"), text("price", "1")]);
    let changes = |editors: &Editors| editors.all().into_iter().map(|p| p.signed.change).collect::<Vec<_>>();
    assert_eq!(editors.fold(Vec::new()).heads(), []);
    assert_eq!(editors.fold(editors.all()).heads(), changes(&editors));
    editors.learn_all();
    editors.edit(1, &[("title", Some("b"))]);
    editors.edit(2, &[("price", Some("2"))]);
    let mut both = changes(&editors).split_off(1);
    both.sort();
    assert_eq!(editors.fold(editors.all()).heads(), both);
    editors.learn_all();
    editors.edit(0, &[("title", Some("c"))]);
    let merged = editors.all().into_iter().max_by_key(|p| p.signed.patch.start_op).unwrap();
    assert_eq!(editors.fold(editors.all()).heads(), [merged.signed.change]);
}

/// An author starts anew after its own patch fell, and not after that of another node or incarnation.
#[test]
fn a_generation_ends_with_a_fallen_patch_of_that_very_writer() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    let mut bad = editors.try_edit(1, &[("title", Some("bad"))]).unwrap().patch;
    bad.seq = 9;
    let bad = SignedPatch::of(bad, editors.actor(1, 0), editors.time_ms).unwrap();
    editors.write(1, bad);
    let document = editors.fold(editors.all());
    assert_eq!(document.versions(), 1);
    let generation = |log: LogId| {
        let changes = [text("title", "b")].map(|(key, value)| (key, Some(value))).into();
        document.edit(&log, &changes, editors.time_ms).unwrap().unwrap().patch.generation
    };
    let fallen = editors.log(1);
    assert_eq!(generation(fallen), 1);
    assert_eq!(generation(LogId { incarnation: 8, ..fallen }), 0);
    assert_eq!(generation(LogId { node: PublicKey([9; 32]), ..fallen }), 0);
}

/// Who disagrees about what is told as the state tells it, and each value by a patch that puts it.
#[test]
fn disputes_name_the_values_and_who_put_them() {
    let mut rng = Rng::new(5);
    let mut seen = 0;
    for _ in 0..200 {
        let editors = Editors::random(&mut rng, 16);
        let document = editors.fold(editors.all());
        let state = document.state();
        let disputes = document.disputes();
        let conflicts: Vec<(&String, &Vec<Value>)> = state.conflicts().collect();
        assert_eq!(disputes.keys().collect::<Vec<_>>(), conflicts.iter().map(|c| c.0).collect::<Vec<_>>());
        for (key, values) in conflicts {
            assert_eq!(
                disputes[key].iter().map(|c| &c.0).collect::<Vec<_>>(),
                values.iter().collect::<Vec<_>>()
            );
            for (value, patches) in &disputes[key] {
                assert!(!patches.is_empty());
                let puts = |op: &protocol::Op| op.key == *key && op.put.as_ref() == Some(value);
                assert!(patches.iter().all(|p| p.signed.patch.ops.iter().any(puts)), "{key}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen} values in dispute");
}
