//! What listings are counted by, and what the things that are counted are called.
//!
//! Absent: counting (crate `market`), and institutions, whose names the roster has.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::words::{fill, say};
use crate::{Kind, Lang, region, vocabulary};

/// The key of what names nothing of a dimension.
pub const NONE: &str = "none";
/// The key of what names something that this version does not know.
pub const OTHER: &str = "other";

/// By what listings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Kinds; keys are their ids.
    Kind,
    /// Divisions of GB/T 2260; keys are their six digits.
    Region,
    /// Technical fields; keys are term ids. A listing of several fields counts in each.
    Field,
    /// Readiness levels `1`–`9`; of a range its lower end counts.
    Readiness,
    /// Ways of cooperation; keys are term ids. A listing that offers several counts in each.
    Cooperation,
    /// Months in which listings were first published, `2026-11`.
    Month,
}

impl Dimension {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Kind, Self::Region, Self::Field, Self::Readiness, Self::Cooperation, Self::Month];

    /// The word by which it is asked for.
    pub fn id(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Region => "region",
            Self::Field => "field",
            Self::Readiness => "readiness",
            Self::Cooperation => "cooperation",
            Self::Month => "month",
        }
    }

    /// The reverse of [`Dimension::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.id() == id)
    }

    /// Its heading.
    pub fn title(self, lang: Lang) -> &'static str {
        let key = match self {
            Self::Kind => "statistics.by.kind",
            Self::Region => "statistics.by.region",
            Self::Field => "statistics.by.field",
            Self::Readiness => "statistics.by.readiness",
            Self::Cooperation => "statistics.by.cooperation",
            Self::Month => "statistics.by.month",
        };
        say(lang, key)
    }

    /// How a key is called; an unknown one is shown as it is.
    pub fn name(self, key: &str, lang: Lang) -> String {
        match (self, key) {
            (_, NONE) => return say(lang, "statistics.none").to_owned(),
            (_, OTHER) => return say(lang, "statistics.other").to_owned(),
            _ => {}
        }
        let known = match self {
            Self::Kind => Kind::from_id(key).map(|kind| kind.label(lang).to_owned()),
            Self::Region => {
                let path = region::path(key);
                (!path.is_empty()).then(|| path.join(lang.pick("", " ")))
            }
            Self::Field => vocabulary::FIELD.term(key).map(|term| term.label(lang).to_owned()),
            Self::Cooperation => vocabulary::COOPERATION.term(key).map(|term| term.label(lang).to_owned()),
            Self::Readiness => Some(fill(lang, "trl.levels", &[("range", key)])),
            Self::Month => key.parse().ok().map(|month: Month| month.name(lang)),
        };
        known.unwrap_or_else(|| key.to_owned())
    }
}

/// A row of a table: how deep it stands below others, what it counts, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// 0 at the top; sums of those above include it.
    pub depth: usize,
    /// The key.
    pub key: String,
    /// How many.
    pub count: u64,
}

impl Dimension {
    /// Counts in the order in which people read them: kinds and levels in their own, divisions below the ones that they lie in, months
    /// one after the other, everything else the most first; what is not stated comes last.
    pub fn rows(self, counts: &[(String, u64)]) -> Vec<Row> {
        if self == Self::Region {
            return divisions(counts);
        }
        let place = |key: &str| match (self, key) {
            (_, NONE) => usize::MAX,
            (_, OTHER) => usize::MAX - 1,
            (Self::Kind, key) => Kind::ALL.iter().position(|kind| kind.id() == key).unwrap_or(usize::MAX - 2),
            _ => 0,
        };
        let by_count = matches!(self, Self::Field | Self::Cooperation);
        let mut rows: Vec<Row> =
            counts.iter().map(|(key, count)| Row { depth: 0, key: key.clone(), count: *count }).collect();
        rows.sort_by(|a, b| {
            let many = if by_count { b.count.cmp(&a.count) } else { std::cmp::Ordering::Equal };
            place(&a.key).cmp(&place(&b.key)).then(many).then_with(|| a.key.cmp(&b.key))
        });
        rows
    }
}

/// Divisions, each below the one that it lies in, whose sum includes it; the most first.
fn divisions(counts: &[(String, u64)]) -> Vec<Row> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (code, count) in counts {
        let mut at = Some(code.clone());
        // A province, a prefecture, a county.
        for _ in 0..3 {
            let Some(code) = at else { break };
            *sums.entry(code.clone()).or_default() += count;
            at = region::parent(&code);
        }
    }
    let mut children: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for code in sums.keys() {
        children.entry(region::parent(code)).or_default().push(code.clone());
    }
    let mut rows = Vec::new();
    lay_out(None, 0, &sums, &children, &mut rows);
    rows
}

fn lay_out(
    of: Option<&String>,
    depth: usize,
    sums: &BTreeMap<String, u64>,
    children: &BTreeMap<Option<String>, Vec<String>>,
    rows: &mut Vec<Row>,
) {
    let mut here: Vec<&String> = children.get(&of.cloned()).into_iter().flatten().collect();
    let sum = |code: &String| sums.get(code).copied().unwrap_or_default();
    here.sort_by_key(|code| (std::cmp::Reverse(sum(code)), *code));
    for code in here {
        rows.push(Row { depth, key: code.clone(), count: sum(code) });
        lay_out(Some(code), depth + 1, sums, children, rows);
    }
}

/// The first year of which months are told apart; a clock that says less is taken for none.
const FIRST_YEAR: i64 = 2000;
/// Months that are told apart: a hundred years.
const MONTHS: u16 = 1_200;
/// China Standard Time, milliseconds ahead of UTC.
const CHINA_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

const SHORT: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A month from January 2000 to December 2099, in China Standard Time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(u16);

impl Month {
    /// The month of a moment, milliseconds since 1970 UTC; `None` outside the hundred years.
    pub fn of_ms(ms: i64) -> Option<Self> {
        let days = ms.checked_add(CHINA_MS)?.div_euclid(DAY_MS);
        // Civil from days: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let z = days.checked_add(719_468)?;
        let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        Self::new(year, month)
    }

    /// A month by its year and its number from 1.
    pub fn new(year: i64, month: i64) -> Option<Self> {
        let number = year.checked_sub(FIRST_YEAR)?.checked_mul(12)?.checked_add(month - 1)?;
        (1..=12)
            .contains(&month)
            .then_some(number)
            .and_then(|number| u16::try_from(number).ok())
            .and_then(Self::from_number)
    }

    /// The month of that number.
    pub fn from_number(number: u16) -> Option<Self> {
        (number < MONTHS).then_some(Self(number))
    }

    /// Its number, from January 2000 on, which is 0.
    pub fn number(self) -> u16 {
        self.0
    }

    /// So many months before it.
    pub fn before(self, months: u16) -> Option<Self> {
        self.0.checked_sub(months).map(Self)
    }

    /// The next one.
    pub fn next(self) -> Option<Self> {
        Self::from_number(self.0 + 1)
    }

    /// Its year, and its number in it from 1.
    pub fn parts(self) -> (i64, i64) {
        (FIRST_YEAR + i64::from(self.0 / 12), i64::from(self.0 % 12) + 1)
    }

    /// When it begins, milliseconds since 1970 UTC.
    pub fn begins_ms(self) -> i64 {
        let (year, month) = self.parts();
        let year = year - i64::from(month <= 2);
        let (era, yoe) = (year.div_euclid(400), year.rem_euclid(400));
        let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        (era * 146_097 + doe - 719_468) * DAY_MS - CHINA_MS
    }

    /// `2026年11月` or `Nov 2026`.
    pub fn name(self, lang: Lang) -> String {
        let (year, month) = self.parts();
        let short = SHORT.get(usize::from(self.0 % 12)).copied().unwrap_or_default();
        lang.pick(format!("{year}年{month}月"), format!("{short} {year}"))
    }

    /// `11月` or `Nov`, under a column of a chart.
    pub fn short(self, lang: Lang) -> String {
        let (_, month) = self.parts();
        let short = SHORT.get(usize::from(self.0 % 12)).copied().unwrap_or_default();
        lang.pick(format!("{month}月"), short.to_owned())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = self.parts();
        write!(f, "{year:04}-{month:02}")
    }
}

/// A text that is no month of the form `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMonth;

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let (year, month) =
            text.split_once('-').filter(|(y, m)| (y.len(), m.len()) == (4, 2)).ok_or(NoMonth)?;
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_err(|_| NoMonth),
            false => Err(NoMonth),
        };
        Self::new(number(year)?, number(month)?).ok_or(NoMonth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_where_the_one_before_it_ends() {
        for number in 0..MONTHS {
            let month = Month(number);
            let begins = month.begins_ms();
            assert_eq!(Month::of_ms(begins), Some(month), "{month}");
            assert_eq!(Month::of_ms(begins - 1), month.before(1), "{month}");
            assert_eq!(month.to_string().parse(), Ok(month));
        }
        // 2026-11-27 16:00 UTC is midnight of the 28th in China.
        assert_eq!(Month::of_ms(1_795_795_200_000).map(|m| m.to_string()).as_deref(), Some("2026-11"));
        assert_eq!((Month::of_ms(i64::MIN), Month::of_ms(i64::MAX), Month::of_ms(0)), (None, None, None));
    }

    #[test]
    fn rows_stand_as_people_read_them() {
        let rows = |dimension: Dimension, counts: &[(&str, u64)]| {
            let counts: Vec<(String, u64)> = counts.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect();
            let row = |row: Row| (row.depth, row.key, row.count);
            dimension.rows(&counts).into_iter().map(row).collect::<Vec<_>>()
        };
        let row = |depth: usize, key: &str, count| (depth, key.to_owned(), count);
        let found = rows(
            Dimension::Region,
            &[("420106", 2), ("420000", 1), ("429004", 4), ("420107", 3), ("110105", 1)],
        );
        let wanted = [
            row(0, "420000", 10),
            row(1, "420100", 5),
            row(2, "420107", 3),
            row(2, "420106", 2),
            row(1, "429004", 4),
            row(0, "110000", 1),
            row(1, "110105", 1),
        ];
        assert_eq!(found, wanted);
        let found = rows(Dimension::Field, &[("energy", 1), ("none", 9), ("materials", 4)]);
        assert_eq!(found, [row(0, "materials", 4), row(0, "energy", 1), row(0, "none", 9)]);
        let found = rows(Dimension::Kind, &[("activity", 5), ("achievement", 1)]);
        assert_eq!(found, [row(0, "achievement", 1), row(0, "activity", 5)]);
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in
            ["", "2026", "2026-13", "2026-00", "26-11", "2026-1", "+026-11", "2026-+1", "1999-12", "2100-01"]
        {
            assert_eq!(text.parse::<Month>(), Err(NoMonth), "{text}");
        }
    }

    #[test]
    fn every_key_has_a_name_in_both_languages() {
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::from_id(dimension.id()), Some(dimension));
            assert_eq!([NONE, OTHER].map(|key| dimension.name(key, Lang::Zh)), ["未注明", "其他"]);
            assert_ne!(dimension.title(Lang::Zh), dimension.title(Lang::En));
        }
        assert_eq!(Dimension::Region.name("420106", Lang::Zh), "湖北省武汉市武昌区");
        assert_eq!(Dimension::Readiness.name("4", Lang::En), "TRL 4");
        assert_eq!(Dimension::Month.name("2026-11", Lang::En), "Nov 2026");
        assert_eq!(Dimension::Kind.name("x<b>", Lang::Zh), "x<b>");
    }
}
