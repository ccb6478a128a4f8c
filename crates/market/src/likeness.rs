//! What says nearly the same: the same patent number, or a title that a reader takes for the same.

use std::collections::BTreeSet;

use catalog::Record;

/// Letters of a title that are compared.
const TITLE_CHARS: usize = 200;
/// The shortest title that can be nearly another one, in letters: shorter ones are all near each other.
const LEAST_CHARS: usize = 6;
/// One letter in so many may differ between nearly equal titles.
const LETTERS_PER_SLIP: usize = 8;

/// How titles of patents begin, which says nothing.
const OPENING: &str = "一种";

/// What is compared of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// The title's folded letters and digits.
    title: Vec<char>,
    /// Patent numbers, in the form in which two spellings of one are equal.
    numbers: BTreeSet<String>,
}

/// Why two records may be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alike {
    /// Both name this patent.
    Number(String),
    /// Their titles are equal or nearly so.
    Title,
}

impl Likeness {
    /// What is compared of a record.
    pub fn of(record: &Record) -> Self {
        let folded = search::fold(record.title());
        let said = folded.strip_prefix(OPENING).unwrap_or(&folded);
        let title = said.chars().filter(|c| c.is_alphanumeric()).take(TITLE_CHARS).collect();
        let patents = record.members("patent").chain(record.members(catalog::kinds::FOREIGN_PATENT));
        let numbers = patents.map(search::identifier_key).filter(|key| !key.is_empty()).collect();
        Self { title, numbers }
    }

    /// Whether there is nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.title.is_empty() && self.numbers.is_empty()
    }

    /// Why it may be the same as another.
    pub fn with(&self, other: &Self) -> Option<Alike> {
        if let Some(number) = self.numbers.intersection(&other.numbers).next() {
            return Some(Alike::Number(number.clone()));
        }
        near(&self.title, &other.title).then_some(Alike::Title)
    }
}

/// Whether two titles are equal, or differ by few letters. Digits tell things apart: phase 1 is not phase 2.
fn near(a: &[char], b: &[char]) -> bool {
    if a == b {
        return !a.is_empty();
    }
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    let slips = long / LETTERS_PER_SLIP;
    let digits = |title: &[char]| title.iter().filter(|c| c.is_numeric()).copied().collect::<Vec<_>>();
    short >= LEAST_CHARS && long - short <= slips && digits(a) == digits(b) && differ_by(a, b, slips)
}

/// Whether at most `slips` letters have to be put in, left out or changed to make one text of the other.
fn differ_by(a: &[char], b: &[char], slips: usize) -> bool {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, from) in a.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(n + 1);
        for (pair, to) in row.windows(2).zip(b) {
            let changed = pair.first().map_or(0, |before| before + usize::from(from != to));
            let left = next.last().map_or(0, |cell| cell + 1);
            next.push(changed.min(left).min(pair.last().map_or(0, |above| above + 1)));
        }
        if next.iter().min().is_none_or(|least| *least > slips) {
            return false;
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= slips)
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::{Context, Kind};
    use proptest::prelude::*;

    fn of(title: &str, patents: &str) -> Likeness {
        let cells = [("title", title), ("patents", patents)];
        Likeness::of(&Record::from_cells(Kind::Achievement, &cells, &Context::default()).record)
    }

    #[test]
    fn titles_that_a_reader_takes_for_one_are_alike() {
        for (a, b) in [
            ("稀土永磁电机", "稀土永磁電機"),
            ("一种矿用隔爆型锂电池充电装置", "矿用隔爆型锂电池充电装置"),
            ("高温合金叶片的精密铸造方法", "高温合金叶片精密铸造方法。"),
            ("Solid-state battery", "solid state  BATTERY"),
        ] {
            assert_eq!(of(a, "").with(&of(b, "")), Some(Alike::Title), "{a} {b}");
        }
        for (a, b) in [
            ("永磁电机", "永磁电池"),
            ("高速公路智慧巡检系统一期工程2023", "高速公路智慧巡检系统一期工程2024"),
            ("稀土永磁电机", "稀土永磁电机的驱动控制"),
            ("", ""),
        ] {
            assert_eq!(of(a, "").with(&of(b, "")), None, "{a} {b}");
        }
    }

    #[test]
    fn one_patent_in_two_spellings_is_one() {
        let (a, b) = (of("甲", "ZL201810046029.1"), of("乙", "CN 201810046029.1"));
        assert_eq!(a.with(&b), Some(Alike::Number("2018100460291".to_owned())));
        assert_eq!(a.with(&of("乙", "ZL201220249767.4")), None);
    }

    /// The whole table, without any of the ways to stop early.
    fn distance(a: &[char], b: &[char]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = match (i, j) {
                    (0, n) | (n, 0) => n,
                    _ => (table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]))
                        .min(table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1),
                };
            }
        }
        table[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn letters_that_differ_are_counted_right(a in "[甲乙丙]{0,9}", b in "[甲乙丙]{0,9}", slips in 0usize..5) {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(differ_by(&a, &b, slips), distance(&a, &b) <= slips);
            prop_assert_eq!(near(&a, &b), near(&b, &a));
        }
    }
}
