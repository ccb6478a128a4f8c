//! The mutants that cargo-mutants lists, in the order of a seed.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// What is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Genre {
    /// A function returns at once.
    Body,
    /// Another operator between two operands.
    Binary,
    /// An operator before its operand goes.
    Unary,
    /// An arm of a match goes.
    Arm,
    /// The guard of an arm always, or never, holds.
    Guard,
}

/// One small defect.
pub struct Mutant {
    /// As cargo-mutants tells of it: file, line, column, what is replaced by what.
    pub name: String,
    /// Below the root of the workspace.
    pub file: String,
    pub genre: Genre,
    /// Where it begins: line from 1, column from 0, in characters.
    pub line: usize,
    pub column: usize,
    /// What stands there instead; for a body, the value returned.
    pub replacement: String,
}

/// A mutant with the number that turns it on.
pub type Numbered<'a> = (usize, &'a Mutant);

/// All of `list` (what `cargo mutants --list --json` prints), but those of how a value is shown while debugging, and those that
/// cannot be switched on at run time: bounds, fields that a struct takes from another, values of a type without a name.
pub fn listed(list: &Path) -> Result<Vec<Mutant>> {
    let text = std::fs::read_to_string(list).with_context(|| format!("{} does not read", list.display()))?;
    let items: Vec<Value> = serde_json::from_str(&text)?;
    Ok(items.iter().filter_map(read).collect())
}

fn read(item: &Value) -> Option<Mutant> {
    let function = item["function"]["function_name"].as_str()?;
    let result = item["function"]["return_type"].as_str().unwrap_or_default();
    let genre = match item["genre"].as_str()? {
        "FnValue" => Genre::Body,
        "BinaryOperator" => Genre::Binary,
        "UnaryOperator" => Genre::Unary,
        "MatchArm" => Genre::Arm,
        "MatchArmGuard" => Genre::Guard,
        _ => return None,
    };
    if function.contains("Debug for") || result.contains("impl ") {
        return None;
    }
    let start = &item["span"]["start"];
    let guess = item["replacement"].as_str()?;
    let replacement = plain(result, guess)?;
    let name = item["name"].as_str()?;
    Some(Mutant {
        name: name.strip_suffix(guess).map_or_else(|| name.to_owned(), |what| format!("{what}{replacement}")),
        file: item["file"].as_str()?.to_owned(),
        genre,
        line: number(&start["line"])?,
        column: number(&start["column"])?.checked_sub(1)?,
        replacement,
    })
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64()?.try_into().ok()
}

/// `Checked<T>` is a `Result`, which cargo-mutants cannot know: of its three guesses at a constructor one is made right.
fn plain(result: &str, replacement: &str) -> Option<String> {
    if !result.starts_with("-> Checked<") {
        return Some(replacement.to_owned());
    }
    let value = replacement.strip_prefix("Checked::new(")?.strip_suffix(')')?;
    Some(format!("Ok({})", if value.is_empty() { "()" } else { value }))
}

/// The same mutants in an order that follows from `seed` alone (Fisher and Yates, drawn by SplitMix64).
pub fn shuffled(mut mutants: Vec<Mutant>, seed: u64) -> Vec<Mutant> {
    let mut state = seed;
    for last in (1..mutants.len()).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = state;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        drawn ^= drawn >> 31;
        mutants.swap(last, (drawn % (last as u64 + 1)) as usize);
    }
    mutants
}
