//! What is searched for: the records' own keywords, and the words that stand everywhere, with filters.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::Value as Json;

use crate::random::Random;

/// Records whose keywords are taken.
const READ: usize = 5_000;
/// Words that a good part of all records hold.
const COMMON: &[&str] = &["技术", "系统", "方法", "研究", "材料", "分析", "模型", "结构", "性能", "应用"];
const REGIONS: &[&str] = &["", "42", "4201", "420106", "420500", "4290"];
const TRL: &[&str] = &["", "1-3", "4-6", "7-9"];
/// The page's words for its orders: the best match for every second search, one of the columns for the others.
const SORTS: &[&str] = &["", "", "", "", "new", "price", "price-down", "trl"];
/// One search in so many is for a common word, with or without filters; the others are for keywords.
const ONE_COMMON_IN: u64 = 4;
const SEED: u64 = 20_260_301;

/// The words of a run.
pub struct Words {
    keywords: Vec<String>,
}

impl Words {
    /// From the file of records.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(records: &Path) -> anyhow::Result<Self> {
        let mut found = BTreeSet::new();
        for line in BufReader::new(std::fs::File::open(records)?).lines().take(READ) {
            let record: Json = serde_json::from_str(&line?)?;
            let words = record["keywords"].as_array().into_iter().flatten();
            found.extend(words.filter_map(Json::as_str).map(str::to_owned));
        }
        Ok(Self { keywords: found.into_iter().collect() })
    }

    /// So many addresses of pages of results, from place `from` of an endless row in which hardly two are alike.
    pub fn searches(&self, from: usize, count: usize) -> Vec<String> {
        (from..from + count).map(|place| self.search(place)).collect()
    }

    fn search(&self, place: usize) -> String {
        let mut random = Random::new(SEED ^ ((place as u64) << 20));
        let pick =
            |random: &mut Random, from: &[&'static str]| random.pick(from).copied().unwrap_or_default();
        let word = if random.below(ONE_COMMON_IN) == 0 {
            // With another one, so that the pair has not been asked for before.
            let other = random.pick(&self.keywords).map_or("", String::as_str);
            let common = pick(&mut random, COMMON);
            if random.below(2) == 0 { common.to_owned() } else { format!("{common} {other}") }
        } else {
            random.pick(&self.keywords).cloned().unwrap_or_default()
        };
        let mut address = format!("/list?q={}", spelt(&word));
        for (name, values) in [("region", REGIONS), ("trl", TRL), ("sort", SORTS)] {
            let value = pick(&mut random, values);
            if !value.is_empty() {
                // Writing to a string cannot fail.
                let _ = write!(address, "&{name}={value}");
            }
        }
        address
    }
}

/// A word as an address spells it.
fn spelt(word: &str) -> String {
    word.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_are_the_same_each_time_and_hardly_two_alike() {
        let words = Words { keywords: (0..3_000).map(|n| format!("词{n}")).collect() };
        let made = words.searches(0, 1_000);
        assert_eq!(made, words.searches(0, 1_000));
        assert!(made.iter().collect::<BTreeSet<_>>().len() > 900);
        assert_eq!(spelt("材"), "%E6%9D%90");
    }
}
