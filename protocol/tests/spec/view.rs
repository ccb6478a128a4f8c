//! The view hash: the same set gives the same sum.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol::{Hash, SUM_BYTES, Shelf, ShelfKind, ViewSum, Visibility, view_hash};

fn shelf(kind: u16) -> Shelf {
    Shelf { region: 420_100, kind: ShelfKind(kind), visibility: Visibility::Public }
}

fn digest(n: u16) -> Hash {
    protocol::hash("test", &[&n.to_be_bytes()])
}

fn sum(items: &[u16]) -> ViewSum {
    let mut sum = ViewSum::default();
    items.iter().for_each(|n| sum.add(&digest(*n)));
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_does_not_matter(mut items in prop::collection::vec(any::<u16>(), 0..40), at in any::<prop::sample::Index>()) {
        let before = sum(&items);
        if !items.is_empty() {
            let n = at.index(items.len());
            items.rotate_left(n);
            items.reverse();
        }
        prop_assert!(before == sum(&items));
    }

    #[test]
    fn removing_undoes_adding(items in prop::collection::vec(any::<u16>(), 0..20), extra in prop::collection::vec(any::<u16>(), 1..20)) {
        let before = sum(&items);
        let mut after = before.clone();
        extra.iter().for_each(|n| after.add(&digest(*n)));
        prop_assert!(after != before);
        extra.iter().rev().for_each(|n| after.remove(&digest(*n)));
        prop_assert!(after == before);
    }

    #[test]
    fn sums_of_parts_add_up_to_the_sum_of_all(items in prop::collection::vec(any::<u16>(), 0..40), at in any::<prop::sample::Index>()) {
        let (first, second) = items.split_at(at.index(items.len() + 1));
        let mut merged = sum(first);
        merged.merge(&sum(second));
        prop_assert!(merged == sum(&items));
    }

    #[test]
    fn bytes_read_back(items in prop::collection::vec(any::<u16>(), 0..20)) {
        let before = sum(&items);
        let bytes = before.to_bytes();
        prop_assert_eq!(bytes.len(), 8 + SUM_BYTES);
        prop_assert!(ViewSum::from_bytes(&bytes) == Some(before));
        prop_assert!(ViewSum::from_bytes(&bytes[1..]).is_none());
    }
}

#[test]
fn an_empty_shelf_is_no_shelf_and_each_part_counts() {
    let roster = Hash([1; 32]);
    let of = |pairs: &[(Shelf, ViewSum)], roster: &Hash| {
        view_hash(&pairs.iter().cloned().collect::<BTreeMap<_, _>>(), roster)
    };
    let base = of(&[(shelf(16), sum(&[1]))], &roster);
    assert_eq!(of(&[(shelf(16), sum(&[1])), (shelf(17), ViewSum::default())], &roster), base);
    assert_ne!(of(&[(shelf(17), sum(&[1]))], &roster), base);
    assert_ne!(of(&[(shelf(16), sum(&[2]))], &roster), base);
    assert_ne!(of(&[(shelf(16), sum(&[1]))], &Hash([2; 32])), base);
}
