//! The fold of a document: order never matters, Automerge agrees, and what breaks a rule takes only its own with it.

mod editors;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use automerge::{AutoCommit, ReadDoc, ScalarValue};
use proptest::prelude::*;
use protocol::{Beginning, DocumentId, Hash, Op, OpId, Patch, SignedPatch, Value};
use replica::{
    Document, DocumentPatch, DocumentState, Fate, MAX_DOCUMENT_ACTORS, PUBLISHED, STATUS, WITHDRAWN,
};

use crate::harness::Rng;
use editors::{Editors, text};

fn shuffled(patches: &[DocumentPatch], rng: &mut Rng) -> Vec<DocumentPatch> {
    let mut patches = patches.to_vec();
    for i in (1..patches.len()).rev() {
        patches.swap(i, rng.below(i + 1));
    }
    patches
}

fn fates(document: &Document) -> Vec<Fate> {
    document.patches().map(|(_, fate)| fate.clone()).collect()
}

/// What Automerge makes of the same changes, applied in the order given.
fn by_automerge(editors: &Editors, patches: &[DocumentPatch]) -> BTreeMap<String, Vec<Value>> {
    let mut doc = AutoCommit::new();
    for patch in patches {
        let actor = protocol::Actor::derive(&patch.log, &editors.origin, patch.signed.patch.generation);
        let change = patch.signed.to_change(actor, patch.time_ms).unwrap();
        doc.apply_changes([change]).unwrap();
    }
    let mut fields = BTreeMap::new();
    for key in doc.keys(automerge::ROOT) {
        let all = doc.get_all(automerge::ROOT, key.as_str()).unwrap();
        let scalar = |value: automerge::Value<'_>| -> ScalarValue { value.into_scalar().unwrap() };
        let mut values: Vec<Value> =
            all.into_iter().map(|(value, _)| protocol::from_scalar(&scalar(value)).unwrap()).collect();
        values.sort();
        values.dedup();
        fields.insert(key.to_string(), values);
    }
    fields
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_of_arrival_gives_one_state_and_automerge_agrees(seed in any::<u64>(), steps in 1usize..30) {
        let mut rng = Rng::new(seed);
        let editors = Editors::random(&mut rng, steps);
        let all = editors.all();
        let first = editors.fold(all.clone());
        prop_assert!(fates(&first).iter().all(|fate| *fate == Fate::Valid), "{:?}", fates(&first));
        let state = first.state();
        for _ in 0..4 {
            let order = shuffled(&all, &mut rng);
            let other = editors.fold(order.clone());
            prop_assert_eq!(fates(&first), fates(&other));
            prop_assert_eq!(&state, &other.state());
            prop_assert_eq!(&state.fields, &by_automerge(&editors, &order));
        }
        let disputes = first.disputes();
        let told: BTreeMap<&String, Vec<&Value>> =
            disputes.iter().map(|(key, values)| (key, values.iter().map(|(value, _)| value).collect())).collect();
        let shown = state.conflicts().map(|(key, values)| (key, values.iter().collect())).collect();
        prop_assert_eq!(told, shown, "what is disputed is what has several values");
        for (key, values) in &disputes {
            for (value, patches) in values {
                let put = |patch: &&DocumentPatch| {
                    patch.signed.patch.ops.iter().any(|op| op.key == *key && op.put.as_ref() == Some(value))
                };
                prop_assert!(!patches.is_empty() && patches.iter().all(put), "each by a patch that put it");
            }
        }
    }

    #[test]
    fn a_void_patch_takes_only_what_depends_on_it(seed in any::<u64>(), steps in 4usize..30) {
        let mut rng = Rng::new(seed);
        let mut editors = Editors::random(&mut rng, steps);
        let mut fallen = editors.spoil(&mut rng);
        let all = editors.all();
        let depends = |patch: &DocumentPatch, fallen: &BTreeSet<Hash>| {
            patch.signed.patch.deps.iter().any(|dep| fallen.contains(dep))
        };
        while let Some(next) =
            all.iter().find(|p| !fallen.contains(&p.signed.change) && depends(p, &fallen))
        {
            fallen.insert(next.signed.change);
        }
        let sound: Vec<DocumentPatch> =
            all.iter().filter(|patch| !fallen.contains(&patch.signed.change)).cloned().collect();
        let expected = by_automerge(&editors, &sound);
        for _ in 0..4 {
            let document = editors.fold(shuffled(&all, &mut rng));
            for (patch, fate) in document.patches() {
                let void = fallen.contains(&patch.signed.change);
                prop_assert_eq!(matches!(fate, Fate::Void(_)), void, "{:?}", fate);
                prop_assert!(void || *fate == Fate::Valid, "what is sound waits for nothing");
            }
            prop_assert_eq!(&document.state().fields, &expected);
        }
        // Those whose patches fell go on, as new actors where need be.
        editors.learn_all();
        let again: Vec<usize> = (0..editors.count()).collect();
        for editor in &again {
            editors.edit(*editor, &[("again", Some(["甲", "乙", "丙", "丁"][*editor]))]);
        }
        let document = editors.fold(shuffled(&editors.all(), &mut rng));
        prop_assert_eq!(document.versions(), sound.len() + again.len());
    }

    #[test]
    fn with_parts_missing_the_outcome_is_still_that_of_the_set(seed in any::<u64>(), steps in 2usize..25) {
        let mut rng = Rng::new(seed);
        let editors = Editors::random(&mut rng, steps);
        let part: Vec<DocumentPatch> = editors.all().into_iter().filter(|_| rng.chance(700)).collect();
        let first = editors.fold(part.clone());
        let other = editors.fold(shuffled(&part, &mut rng));
        prop_assert_eq!(fates(&first), fates(&other));
        prop_assert_eq!(first.state(), other.state());
        let fine = |fate: &Fate| matches!(fate, Fate::Valid | Fate::Waiting);
        prop_assert!(fates(&first).iter().all(fine), "what is missing makes nothing void");
    }

    #[test]
    fn a_first_patch_projects_as_automerge_shows_it(
        fields in prop::collection::btree_map("[a-z/一-龥]{1,12}", value(), 1..20),
    ) {
        let editors = Editors::new(1, fields.clone().into_iter().collect());
        let document = editors.fold(editors.all());
        let state = document.state();
        let first = &editors.all()[0].signed.patch;
        prop_assert_eq!(&state, &DocumentState::of_first(first));
        let id = DocumentId([7; 32]);
        prop_assert_eq!(Beginning::of(first, &id).map(|begun| begun.digest), Some(state.digest(&id)));
        prop_assert_eq!(&state.fields, &by_automerge(&editors, &editors.all()));
        prop_assert_eq!(state.flat(), fields);
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[ -~一-龥]{0,40}".prop_map(Value::Text),
        any::<i64>().prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Time),
    ]
}

#[test]
fn an_edit_waits_for_what_it_builds_on() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    editors.edit(0, &[("title", Some("b"))]);
    editors.learn_all();
    editors.edit(1, &[("title", Some("c"))]);
    let all = editors.all();
    let without = editors.fold(vec![all[0].clone(), all[2].clone()]);
    assert_eq!(fates(&without), vec![Fate::Valid, Fate::Waiting]);
    assert_eq!(without.state().fields["title"], vec![Value::Text("a".to_owned())]);
    let alone = editors.fold(vec![all[2].clone()]);
    assert_eq!((fates(&alone), alone.versions()), (vec![Fate::Waiting], 0));
    let whole = editors.fold(all);
    assert_eq!(whole.versions(), 3);
    assert_eq!(whole.state().fields["title"], vec![Value::Text("c".to_owned())]);
}

#[test]
fn concurrent_values_are_kept_until_someone_chooses() {
    let mut editors = Editors::new(3, vec![text("title", "base"), text("price", "1")]);
    editors.learn_all();
    editors.edit(0, &[("title", Some("甲"))]);
    editors.edit(1, &[("title", Some("乙"))]);
    editors.edit(2, &[("price", None)]);
    editors.learn_all();
    let state = editors.fold(editors.all()).state();
    assert_eq!(
        state.conflicts().map(|(key, values)| (key.as_str(), values.len())).collect::<Vec<_>>(),
        [("title", 2)]
    );
    assert!(!state.fields.contains_key("price"));
    editors.edit(2, &[("title", Some("甲"))]);
    editors.learn_all();
    let state = editors.fold(editors.all()).state();
    assert_eq!(state.fields["title"], vec![Value::Text("甲".to_owned())]);
    assert_eq!(state.conflicts().count(), 0);
    assert!(editors.try_edit(1, &[("title", Some("甲"))]).is_none(), "nothing would change");
}

#[test]
fn choosing_either_value_puts_it_in_place_of_all_and_stands_beside_what_another_writes() {
    for chosen in ["甲", "乙"] {
        let mut editors = Editors::new(3, vec![text("title", "base")]);
        editors.learn_all();
        editors.edit(0, &[("title", Some("甲"))]);
        editors.edit(1, &[("title", Some("乙"))]);
        editors.learn_all();
        let choice = editors.try_edit(2, &[("title", Some(chosen))]).unwrap();
        let op = &choice.patch.ops[0];
        assert_eq!((&op.put, op.preds.len()), (&Some(Value::Text(chosen.to_owned())), 2));
        editors.edit(0, &[("title", Some("丙"))]);
        editors.write(2, choice);
        let state = editors.fold(editors.all()).state();
        let mut both = vec![Value::Text(chosen.to_owned()), Value::Text("丙".to_owned())];
        both.sort();
        assert_eq!(state.fields["title"], both);
    }
}

#[test]
fn of_publish_and_withdraw_at_the_same_time_the_stricter_counts() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    editors.edit(0, &[(STATUS, Some(WITHDRAWN))]);
    editors.edit(1, &[(STATUS, Some(PUBLISHED))]);
    editors.learn_all();
    assert!(editors.fold(editors.all()).state().is_withdrawn());
    editors.edit(1, &[(STATUS, Some(PUBLISHED))]);
    assert!(!editors.fold(editors.all()).state().is_withdrawn());
}

/// Writes a changed form of the edit that editor 1 would make, and checks that it is void, and it alone.
fn void_when(change: impl FnOnce(&Editors, &mut Patch)) {
    let mut editors = Editors::new(2, vec![text("title", "a"), text("price", "1")]);
    editors.learn_all();
    editors.edit(0, &[("title", Some("b"))]);
    editors.learn_all();
    let mut patch = editors.try_edit(1, &[("title", Some("bad"))]).unwrap().patch;
    change(&editors, &mut patch);
    let actor = editors.actor(1, patch.generation);
    let signed = SignedPatch::of(patch, actor, editors.time_ms).unwrap();
    editors.write(1, signed);
    editors.edit(0, &[("price", Some("2"))]);
    let mut rng = Rng::new(1);
    for _ in 0..6 {
        let document = editors.fold(shuffled(&editors.all(), &mut rng));
        let void: Vec<usize> = document
            .patches()
            .filter(|(_, fate)| matches!(fate, Fate::Void(_)))
            .map(|(patch, _)| editors.writer_of(patch))
            .collect();
        assert_eq!(void, [1]);
        let state = document.state();
        assert_eq!(state.flat()["title"], Value::Text("b".to_owned()));
        assert_eq!(state.flat()["price"], Value::Text("2".to_owned()));
    }
}

#[test]
fn a_jump_of_operations_is_void() {
    void_when(|_, patch| patch.start_op += 1_000);
}

#[test]
fn a_patch_number_left_out_is_void() {
    void_when(|_, patch| patch.seq += 1);
}

#[test]
fn replacing_an_operation_of_another_field_is_void() {
    void_when(|editors, patch| {
        let first = OpId { counter: 1, actor: editors.actor(0, 0) };
        // Operation 1 set the price: keys are in order.
        patch.ops = vec![Op { key: "title".to_owned(), put: Some(Value::Int(1)), preds: vec![first] }];
    });
}

#[test]
fn replacing_an_operation_that_does_not_exist_is_void() {
    void_when(|editors, patch| {
        let foreign = OpId { counter: 1, actor: editors.actor(1, 77) };
        patch.ops = vec![Op { key: "title".to_owned(), put: None, preds: vec![foreign] }];
    });
}

#[test]
fn a_second_beginning_is_void() {
    void_when(|_, patch| *patch = Patch::first([text("title", "taken over")]));
}

#[test]
fn a_wrong_change_hash_is_void() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    let mut signed = editors.try_edit(1, &[("title", Some("b"))]).unwrap();
    signed.change.0[0] ^= 1;
    editors.write(1, signed);
    let document = editors.fold(editors.all());
    assert!(matches!(fates(&document)[..], [Fate::Valid, Fate::Void(_)] | [Fate::Void(_), Fate::Valid]));
}

/// Two patches claim to be one change. The first of them is void; what builds on that change waits for the second.
#[test]
fn what_builds_on_a_change_that_two_claim_to_be_waits_for_both() {
    let mut editors = Editors::new(3, vec![text("title", "a"), text("price", "1")]);
    editors.learn_all();
    let sound = editors.try_edit(2, &[("title", Some("b"))]).unwrap();
    let mut later = editors.clone();
    later.write(2, sound.clone());
    later.learn_all();
    let builds_on_it = later.try_edit(1, &[("price", Some("2"))]).unwrap();
    let mut forged = sound.clone();
    forged.patch.ops[0].put = Some(Value::Text("forged".to_owned()));
    editors.write(1, forged);
    editors.write(1, builds_on_it);
    editors.write(2, sound);
    let document = editors.fold(editors.all());
    assert!(matches!(fates(&document)[..], [Fate::Valid, Fate::Void(_), Fate::Valid, Fate::Valid]));
}

#[test]
fn an_operation_that_it_does_not_build_on_cannot_be_replaced() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    editors.edit(0, &[("title", Some("unseen by editor 1"))]);
    editors.edit(1, &[("price", Some("1"))]);
    editors.edit(1, &[("price", Some("2"))]);
    let sound = editors.try_edit(1, &[("title", Some("c"))]).unwrap();
    let mut patch = sound.patch.clone();
    patch.ops[0].preds = vec![OpId { counter: 2, actor: editors.actor(0, 0) }];
    let bad = SignedPatch::of(patch, editors.actor(1, 0), editors.time_ms).unwrap();
    for (signed, versions) in [(sound, 5), (bad, 4)] {
        let mut editors = editors.clone();
        editors.write(1, signed);
        let document = editors.fold(editors.all());
        assert_eq!(document.versions(), versions, "{:?}", fates(&document));
    }
}

#[test]
fn of_two_patches_with_one_number_the_first_in_the_log_counts() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    let left = editors.try_edit(1, &[("title", Some("left"))]).unwrap();
    let right = editors.try_edit(1, &[("title", Some("right"))]).unwrap();
    assert_eq!((left.patch.seq, right.patch.seq), (1, 1));
    editors.write(1, left);
    editors.write(1, right);
    let mut rng = Rng::new(2);
    for _ in 0..6 {
        let document = editors.fold(shuffled(&editors.all(), &mut rng));
        assert_eq!(document.versions(), 2);
        assert_eq!(document.state().flat()["title"], Value::Text("left".to_owned()));
    }
}

#[test]
fn a_void_patch_takes_what_builds_on_it_and_its_author_starts_anew() {
    let mut editors = Editors::new(3, vec![text("title", "a"), text("price", "1")]);
    editors.learn_all();
    // Editor 2 holds, for its own reasons, something void for sound, and builds on it.
    let mut bad = editors.try_edit(1, &[("title", Some("bad"))]).unwrap().patch;
    bad.seq = 2;
    let bad = SignedPatch::of(bad, editors.actor(1, 0), editors.time_ms).unwrap();
    let mut on_it = editors.try_edit(2, &[("price", Some("on it"))]).unwrap().patch;
    on_it.deps = vec![bad.change];
    on_it.start_op += 1;
    let on_it = SignedPatch::of(on_it, editors.actor(2, 0), editors.time_ms).unwrap();
    editors.write(1, bad);
    editors.write(2, on_it);
    editors.edit(0, &[("title", Some("good"))]);
    editors.learn_all();
    let document = editors.fold(editors.all());
    assert_eq!(document.versions(), 2, "{:?}", fates(&document));
    assert!(!fates(&document).contains(&Fate::Waiting), "what builds on a void patch is decided too");
    let again = editors.try_edit(2, &[("price", Some("again"))]).unwrap();
    assert_eq!((again.patch.generation, again.patch.seq), (1, 1));
    editors.write(2, again);
    editors.learn_all();
    editors.edit(2, &[("price", Some("and again"))]);
    let mut rng = Rng::new(3);
    for _ in 0..6 {
        let document = editors.fold(shuffled(&editors.all(), &mut rng));
        assert_eq!(document.versions(), 4, "{:?}", fates(&document));
        assert_eq!(document.state().flat()["price"], Value::Text("and again".to_owned()));
    }
}

#[test]
fn one_waiting_patch_does_not_hold_up_its_authors_next_generation() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    let mut lost = editors.try_edit(1, &[("title", Some("lost"))]).unwrap().patch;
    lost.deps = vec![protocol::Hash([7; 32])];
    let lost = SignedPatch::of(lost, editors.actor(1, 0), editors.time_ms).unwrap();
    editors.write(1, lost);
    editors.learn_all();
    editors.edit(1, &[("title", Some("found"))]);
    let document = editors.fold(editors.all());
    assert_eq!(document.versions(), 2);
    assert_eq!(document.state().flat()["title"], Value::Text("found".to_owned()));
}

#[test]
fn patches_of_another_shelf_are_void() {
    let mut editors = Editors::new(2, vec![text("title", "a")]);
    editors.learn_all();
    editors.edit(1, &[("title", Some("b"))]);
    let mut all = editors.all();
    let moved = all.iter_mut().find(|patch| patch.log != editors.origin.log).unwrap();
    moved.log.shelf.kind.0 += 1;
    assert_eq!(editors.fold(all).versions(), 1);
}

#[test]
fn a_document_without_its_beginning_cannot_be_edited() {
    let editors = Editors::new(1, vec![text("title", "a")]);
    let document = editors.fold(Vec::new());
    assert_eq!(document.state(), DocumentState::default());
    let changes = BTreeMap::from([("title".to_owned(), Some(Value::Int(1)))]);
    assert!(document.edit(&editors.log(0), &changes, 0).is_err());
}

#[test]
fn ten_thousand_patches_that_wait_for_each_other_are_folded_in_seconds() {
    let mut editors = Editors::new(1, vec![text("title", "a")]);
    let mut last = editors.all()[0].signed.change;
    let own = editors.actor(0, 0);
    for n in 1..9_000u64 {
        let op = Op {
            key: "title".to_owned(),
            put: Some(Value::Int(n as i64)),
            preds: vec![OpId { counter: n, actor: own }],
        };
        let patch = Patch { generation: 0, seq: n + 1, start_op: n + 1, deps: vec![last], ops: vec![op] };
        let signed = SignedPatch::of(patch, own, editors.time_ms).unwrap();
        last = signed.change;
        editors.write(0, signed);
    }
    let mut all = editors.all();
    all.reverse();
    let begin = std::time::Instant::now();
    let document = editors.fold(all.clone());
    assert_eq!(document.versions(), 9_000);
    // Without its beginning, nothing of it can be judged: that must not cost more.
    all.retain(|patch| patch.seq != editors.origin.seq);
    assert_eq!(editors.fold(all).versions(), 0);
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn actors_of_one_document_are_bounded() {
    let mut editors = Editors::new(1, vec![text("title", "a")]);
    let first = editors.all()[0].signed.change;
    for generation in 1..MAX_DOCUMENT_ACTORS as u32 + 20 {
        let op = Op { key: format!("k{generation}"), put: Some(Value::Bool(true)), preds: Vec::new() };
        let patch = Patch { generation, seq: 1, start_op: 2, deps: vec![first], ops: vec![op] };
        let signed = SignedPatch::of(patch, editors.actor(0, generation), editors.time_ms).unwrap();
        editors.write(0, signed);
    }
    assert_eq!(editors.fold(editors.all()).versions(), MAX_DOCUMENT_ACTORS);
}
