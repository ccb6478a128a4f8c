//! Clocks that are years off change no view and lose nothing: real stores, each with a clock of its own.

use super::*;

const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// A clock up to ten years ahead or behind.
    fn clock(&mut self) -> i64 {
        let years = i64::try_from(self.below(21)).unwrap() - 10;
        NOW + years * YEAR_MS + i64::try_from(self.below(1_000_000)).unwrap()
    }
}

/// Two nodes of one institution write and edit apart, their clocks set anew whenever they like; a third is given everything
/// in another order. All show the same, and every edit that was acknowledged is in the history.
fn a_case(seed: u64) {
    let mut dice = Dice(seed);
    let left = hub();
    let right = sibling(&left);
    let mut nodes = [left, right];
    let (mut ids, mut edits, mut written) = (Vec::new(), 0_usize, Vec::new());
    for step in 0..12 {
        let side = usize::try_from(dice.below(2)).unwrap();
        let (clock, what) = (dice.clock(), format!("第{step}步"));
        let node = &mut nodes[side];
        let entries = if ids.is_empty() || dice.below(3) == 0 {
            let (outcomes, authored) = node.desk(clock).take_in(&[record(&what)], true).unwrap();
            ids.push(published(&outcomes[0]));
            flatten(authored)
        } else {
            let id = ids[usize::try_from(dice.below(ids.len() as u64)).unwrap()];
            match node.desk(clock).edit(&id, &put("summary", &what)) {
                Ok(edit) => {
                    edits += usize::from(edit.is_some());
                    flatten(edit.into_iter().collect())
                }
                // It has not come here yet.
                Err(_) => continue,
            }
        };
        written.extend(entries.iter().map(|(log, entry)| (side, *log, entry.clone())));
        // Sometimes they meet; a node may be killed in between and come back with another clock.
        if dice.below(3) == 0 || step == 11 {
            exchange(&mut nodes, &written);
        }
        if dice.below(4) == 0 {
            let [left, right] = nodes;
            nodes = [left.reopened(), right];
        }
    }
    exchange(&mut nodes, &written);
    let [left, right] = &nodes;
    let all: Vec<(LogId, CheckedEntry)> =
        written.iter().rev().map(|(_, log, entry)| (*log, entry.clone())).collect();
    let mut by_number = all;
    by_number.sort_by_key(|(_, entry)| entry.entry.header.seq);
    let (_home, mirror, library) = left.mirror(&by_number);
    assert_eq!(left.view(), right.view(), "seed {seed}");
    assert_eq!(view_hash(mirror.sums(), &library.roster().digest()).to_string(), left.view(), "seed {seed}");
    let histories: usize = ids.iter().map(|id| library.history(id).unwrap().len()).sum();
    assert_eq!(histories, ids.len() + edits, "seed {seed}: nothing is lost");
    for id in &ids {
        let history = library.history(id).unwrap();
        assert!(history.iter().all(|item| item.fate == Fate::Valid), "seed {seed}: {history:?}");
    }
}

/// Each is given what the other has written and it lacks.
fn exchange(nodes: &mut [Node; 2], written: &[(usize, LogId, CheckedEntry)]) {
    for (side, log, entry) in written {
        let other = &mut nodes[1 - side].ledger;
        if other.head(log).seq < entry.entry.header.seq {
            other.persist(log, &[CheckedEntry { beginning: None, ..entry.clone() }]).unwrap();
        }
    }
}

/// `CASES=500 cargo test -p market --test ledger clocks_ten_years`
#[test]
fn clocks_ten_years_off_change_no_view_and_lose_nothing() {
    let cases = std::env::var("CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    (0..cases).for_each(|n| a_case(13_000 + n));
}
