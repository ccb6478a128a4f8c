//! The table of today's divisions, carried inside the program.

use std::collections::BTreeMap;
use std::sync::OnceLock;

static CSV: &str = include_str!("../../data/gbt2260_2025.csv");

/// Code and name.
pub(super) type Division = (&'static str, &'static str);

/// Code → name, parsed once.
pub(super) fn all() -> &'static BTreeMap<&'static str, &'static str> {
    static TABLE: OnceLock<BTreeMap<&'static str, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| CSV.lines().skip(1).filter_map(|line| line.split_once(',')).collect())
}

/// The name of a code.
pub(super) fn name(code: &str) -> Option<&'static str> {
    all().get(code).copied()
}

/// Today's divisions by the code above them; the provinces stand under the empty text.
pub(super) fn by_parent(parent: &str) -> &'static [Division] {
    static CHILDREN: OnceLock<BTreeMap<String, Vec<Division>>> = OnceLock::new();
    let children = CHILDREN.get_or_init(|| {
        let mut children: BTreeMap<String, Vec<Division>> = BTreeMap::new();
        for (code, name) in all() {
            children.entry(super::parent(code).unwrap_or_default()).or_default().push((code, name));
        }
        children
    });
    children.get(parent).map_or(&[], Vec::as_slice)
}
