//! Amounts as offices write them, in whole yuan: `50万`, `10-20万元`, `1.5亿元`, `￥120,000`, `不低于30万元`, `面议`.
//!
//! Absent: other currencies (kept as given by the caller), fractions of a yuan (rounded down), and guessing: a number
//! without a unit is yuan, and says so.

use crate::fold;
use crate::limits::MAX_YUAN;

/// What a cell says about money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Lower end, whole yuan.
    pub min: Option<i64>,
    /// Upper end, whole yuan.
    pub max: Option<i64>,
    /// 面议: to be agreed.
    pub negotiable: bool,
    /// No unit was written; the numbers were taken as yuan.
    pub unitless: bool,
}

const NEGOTIABLE: [&str; 12] = [
    "面议",
    "面谈",
    "待定",
    "协商",
    "协商确定",
    "电议",
    "价格面议",
    "双方协商",
    "可协商",
    "negotiable",
    "to be agreed",
    "tbd",
];
const FREE: [&str; 5] = ["免费", "公益", "无偿", "free", "free of charge"];
const WAN: i64 = 10_000;
const YI: i64 = 100_000_000;
/// Amounts are read with this many digits after the point: 0.0001 万元 is one yuan.
const SCALE: i64 = 100_000_000;

/// Reads an amount, a range, or a word; `None` when it is neither.
pub fn parse(text: &str) -> Option<Money> {
    let text = fold::cell(text).to_lowercase();
    if let Some(rest) = NEGOTIABLE.iter().find_map(|word| text.strip_suffix(word)) {
        let rest = rest.trim_end_matches(['或', ',', '，', ';', '；', '/', '(', '（', ' ', '、']);
        let mut money = if rest.is_empty() { Money::default() } else { parse_amounts(rest)? };
        money.negotiable = true;
        return Some(money);
    }
    if FREE.contains(&text.as_str()) {
        return Some(Money { min: Some(0), max: Some(0), ..Money::default() });
    }
    parse_amounts(text.trim_end_matches([')', '）']))
}

/// Adds the unit that a column header states to a bare number of its column: `("50", "价格（万元）")` → `50万元`.
pub fn with_unit_of_header(cell: &str, header: &str) -> String {
    let folded = fold::cell(cell);
    let bare = folded.chars().any(|c| c.is_ascii_digit())
        && folded.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '~' | ' '));
    let unit = ["亿元", "万元", "千元", "元"].into_iter().find(|unit| header.contains(unit));
    match unit {
        Some(unit) if bare => format!("{folded}{unit}"),
        _ => cell.to_owned(),
    }
}

/// Whether a stored pair is an amount: within bounds and in order.
pub fn is_valid(min: Option<i64>, max: Option<i64>) -> bool {
    let within = |end: Option<i64>| end.is_none_or(|yuan| (0..=MAX_YUAN).contains(&yuan));
    let ordered = min.zip(max).is_none_or(|(min, max)| min <= max);
    within(min) && within(max) && ordered
}

fn parse_amounts(text: &str) -> Option<Money> {
    let mut text = text.to_owned();
    for noise in [" ", ",", "，", "人民币", "rmb", "cny", "¥", "￥", "约", "左右", "大约", "整"] {
        text = text.replace(noise, "");
    }
    let (text, bound) = bound_of(&text);
    let mut ends = text.splitn(2, ['-', '~', '至', '到', '—', '–']);
    let low = amount(ends.next()?)?;
    let money = match ends.next() {
        Some(high) => {
            let high = amount(high)?;
            // `10-20万元`: the unit of the upper end is meant for both.
            let unit = low.unit.or(high.unit);
            Money {
                min: Some(low.yuan(unit)?),
                max: Some(high.yuan(high.unit)?),
                negotiable: false,
                unitless: unit.is_none(),
            }
        }
        None => {
            let yuan = Some(low.yuan(low.unit)?);
            let (min, max) = match bound {
                Bound::Exact => (yuan, yuan),
                Bound::AtLeast => (yuan, None),
                Bound::AtMost => (None, yuan),
            };
            Money { min, max, negotiable: false, unitless: low.unit.is_none() }
        }
    };
    is_valid(money.min, money.max).then_some(money)
}

#[derive(Clone, Copy)]
enum Bound {
    Exact,
    AtLeast,
    AtMost,
}

fn bound_of(text: &str) -> (&str, Bound) {
    for word in ["不低于", "不少于", "至少", "大于", ">=", "≥", ">"] {
        if let Some(rest) = text.strip_prefix(word) {
            return (rest, Bound::AtLeast);
        }
    }
    for word in ["不高于", "不超过", "至多", "小于", "低于", "<=", "≤", "<"] {
        if let Some(rest) = text.strip_prefix(word) {
            return (rest, Bound::AtMost);
        }
    }
    if let Some(rest) = text.strip_suffix("以上").or_else(|| text.strip_suffix("起")) {
        return (rest, Bound::AtLeast);
    }
    text.strip_suffix("以内")
        .or_else(|| text.strip_suffix("以下"))
        .map_or((text, Bound::Exact), |rest| (rest, Bound::AtMost))
}

/// A decimal number, scaled, and the unit written behind it, in yuan.
struct Amount {
    scaled: i64,
    unit: Option<i64>,
}

impl Amount {
    fn yuan(&self, unit: Option<i64>) -> Option<i64> {
        let wide = i128::from(self.scaled) * i128::from(unit.unwrap_or(1)) / i128::from(SCALE);
        i64::try_from(wide).ok()
    }
}

fn amount(text: &str) -> Option<Amount> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "" => None,
        "元" | "块" => Some(1),
        "千" | "千元" | "k" => Some(1_000),
        "万" | "万元" | "w" | "萬元" => Some(WAN),
        "百万" | "百万元" => Some(100 * WAN),
        "千万" | "千万元" => Some(1_000 * WAN),
        "亿" | "亿元" | "億元" => Some(YI),
        _ => return None,
    };
    Some(Amount { scaled: decimal(number)?, unit })
}

fn decimal(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 10
        || fraction.len() > 8
        || !all_digits(whole)
        || !all_digits(fraction)
    {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<8}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(SCALE)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ends(text: &str) -> Option<(Option<i64>, Option<i64>)> {
        parse(text).map(|money| (money.min, money.max))
    }

    #[test]
    fn amounts_are_read_in_yuan() {
        for (text, min, max) in [
            ("10-20万元", Some(100_000), Some(200_000)),
            ("１０－２０万元", Some(100_000), Some(200_000)),
            ("10万-20万", Some(100_000), Some(200_000)),
            ("8000元~1.2万元", Some(8_000), Some(12_000)),
            ("50万", Some(500_000), Some(500_000)),
            ("1.5亿元", Some(150_000_000), Some(150_000_000)),
            ("￥120,000", Some(120_000), Some(120_000)),
            ("人民币 30 万元整", Some(300_000), Some(300_000)),
            ("不低于30万元", Some(300_000), None),
            ("100万元以上", Some(1_000_000), None),
            ("≤5万元", None, Some(50_000)),
            ("0.35万元", Some(3_500), Some(3_500)),
            ("300千万元", Some(3_000_000_000), Some(3_000_000_000)),
            ("免费", Some(0), Some(0)),
            ("面议", None, None),
        ] {
            assert_eq!(ends(text), Some((min, max)), "{text}");
        }
        assert!(parse("面议").is_some_and(|m| m.negotiable));
        let both = parse("50万元，面议");
        assert_eq!(
            both,
            Some(Money { min: Some(500_000), max: Some(500_000), negotiable: true, unitless: false })
        );
        assert!(parse("500").is_some_and(|m| m.unitless && m.min == Some(500)));
        for bad in [
            "",
            "万元",
            "20-10万元",
            "五十万",
            "$500",
            "10-20-30万",
            "1..5亿",
            "99999999999999",
            "99999亿元",
            "详见附件",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_headers_unit_reaches_bare_numbers_only() {
        assert_eq!(with_unit_of_header("50", "价格（万元）"), "50万元");
        assert_eq!(with_unit_of_header("１０－２０", "资金需求总额(万元)"), "10-20万元");
        assert_eq!(with_unit_of_header("50万元", "价格（万元）"), "50万元");
        assert_eq!(with_unit_of_header("面议", "价格（万元）"), "面议");
        assert_eq!(with_unit_of_header("50", "价格"), "50");
    }

    proptest! {
        #[test]
        fn what_is_read_is_in_bounds(text in ".*|[0-9.]{1,12}(万|亿|元|千)?[-~]?[0-9.]{0,12}(万元|亿元)?") {
            if let Some(money) = parse(&text) {
                prop_assert!(is_valid(money.min, money.max));
            }
        }
    }
}
