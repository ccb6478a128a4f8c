//! Labels: what third parties say of a listing, in the forms that people choose from.
//!
//! A statement carries three texts: label, value, reason. What this version does not know is shown as it came. Absent: who
//! may say it and whether it stands (`market`), and whose labels hide a listing from pages (the node's configuration).

use crate::display;
use crate::words::{self, Lang};

/// A kind of statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// 审核: whether the listing may stand; [`PASSED`] or [`REJECTED`], the latter with a reason.
    Screening,
    /// 评价: `trl=1` … `trl=9` (GB/T 22900), `value=` in ten thousand yuan, or both with a comma between.
    Evaluation,
    /// 认定: the name of what it was recognised as.
    Recognition,
    /// 证书: the certificate's name or number.
    Certificate,
    /// 对接: who brought the listing together with another one says with which: its document id, 64 hexadecimal digits.
    Match,
    /// 合同登记: the number that an office gave to the contract of it, with the amount in ten thousand yuan where that is
    /// public: `number=`14 or 16 digits (技术合同登记表 JJ-001), `,amount=`.
    Contract,
}

/// The value of a screening label that lets a listing stand.
pub const PASSED: &str = "passed";
/// The value of a screening label that objects to it.
pub const REJECTED: &str = "rejected";
/// Highest value of an evaluation, ten thousand yuan: what the listings' own amounts may be.
const MAX_VALUE: i64 = 100_000_000;
/// Digits by which a document is named to people.
const SHORT_ID: usize = 12;
/// Digits of a document id.
const ID_DIGITS: usize = 64;
/// Digits that a contract's number has: of the older forms, and of today's.
const NUMBER_DIGITS: [usize; 2] = [14, 16];
/// 万, in which values are given, yuan.
const TEN_THOUSAND: i64 = 10_000;

/// Why a statement is not well formed; its key in the catalogue of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit(pub &'static str);

impl Label {
    /// All of them, in reading order.
    pub const ALL: [Self; 6] = [
        Self::Screening,
        Self::Evaluation,
        Self::Recognition,
        Self::Certificate,
        Self::Match,
        Self::Contract,
    ];

    /// The text that statements carry.
    pub fn id(self) -> &'static str {
        match self {
            Self::Screening => "screening",
            Self::Evaluation => "evaluation",
            Self::Recognition => "recognition",
            Self::Certificate => "certificate",
            Self::Match => "match",
            Self::Contract => "contract",
        }
    }

    /// The label with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.id() == id)
    }

    /// Checks a value and a reason before they are signed.
    ///
    /// # Errors
    /// The key of what is wrong.
    pub fn check(self, value: &str, reason: &str) -> Result<(), Unfit> {
        let fits = match self {
            Self::Screening if value == REJECTED && reason.trim().is_empty() => {
                return Err(Unfit("statement.unfit.reason"));
            }
            Self::Screening => [PASSED, REJECTED].contains(&value),
            Self::Evaluation => figures(value).is_some(),
            Self::Recognition | Self::Certificate => !value.trim().is_empty(),
            Self::Match => is_id(value),
            Self::Contract => contract(value).is_some(),
        };
        let key = match self {
            Self::Screening => "statement.unfit.screening",
            Self::Evaluation => "statement.unfit.evaluation",
            Self::Recognition | Self::Certificate => "statement.unfit.empty",
            Self::Match => "statement.unfit.match",
            Self::Contract => "statement.unfit.contract",
        };
        if fits { Ok(()) } else { Err(Unfit(key)) }
    }
}

/// Readiness and value of an evaluation; `None` when it is not written so.
fn figures(value: &str) -> Option<(Option<u8>, Option<i64>)> {
    let (mut level, mut worth) = (None, None);
    for part in value.split(',') {
        match part.split_once('=')? {
            ("trl", n) if level.is_none() => level = Some(n.parse().ok().filter(|n| (1..=9).contains(n))?),
            ("value", n) if worth.is_none() => {
                worth = Some(n.parse().ok().filter(|n| (0..=MAX_VALUE).contains(n))?);
            }
            _ => return None,
        }
    }
    Some((level, worth))
}

/// Whether a value names a document in full.
fn is_id(value: &str) -> bool {
    value.len() == ID_DIGITS && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Number and amount of a registered contract, ten thousand yuan; `None` when it is not written so.
fn contract(value: &str) -> Option<(&str, Option<i64>)> {
    let (number, amount) = match value.split_once(',') {
        Some((number, amount)) => (number, Some(amount)),
        None => (value, None),
    };
    let number = number.strip_prefix("number=")?;
    let digits = NUMBER_DIGITS.contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let amount = match amount {
        Some(amount) => {
            let amount = amount.strip_prefix("amount=").and_then(|n| n.parse().ok());
            Some(amount.filter(|n| (0..=MAX_VALUE).contains(n))?)
        }
        None => None,
    };
    digits.then_some((number, amount))
}

/// The document that a match brings a listing together with, when its value says one.
pub fn matched_with<'v>(label: &str, value: &'v str) -> Option<&'v str> {
    (label == Label::Match.id() && is_id(value)).then_some(value)
}

/// A label's name; one that this version does not know as it came.
pub fn label_text(lang: Lang, label: &str) -> String {
    match Label::from_id(label) {
        Some(Label::Screening) => words::say(lang, "statement.label.screening").to_owned(),
        Some(Label::Evaluation) => words::say(lang, "statement.label.evaluation").to_owned(),
        Some(Label::Recognition) => words::say(lang, "statement.label.recognition").to_owned(),
        Some(Label::Certificate) => words::say(lang, "statement.label.certificate").to_owned(),
        Some(Label::Match) => words::say(lang, "statement.label.match").to_owned(),
        Some(Label::Contract) => words::say(lang, "statement.label.contract").to_owned(),
        None => label.to_owned(),
    }
}

/// A value in words; one that is not of its label's form as it came.
pub fn value_text(lang: Lang, label: &str, value: &str) -> String {
    match (Label::from_id(label), value) {
        (Some(Label::Screening), PASSED) => words::say(lang, "statement.value.passed").to_owned(),
        (Some(Label::Screening), REJECTED) => words::say(lang, "statement.value.rejected").to_owned(),
        (Some(Label::Evaluation), _) => match figures(value) {
            Some((level, worth)) => {
                let level = level.map(|n| words::fill(lang, "statement.value.trl", &[("n", &n.to_string())]));
                let worth = worth.map(|n| {
                    let amount = display::yuan(&[n * TEN_THOUSAND], "", lang);
                    words::fill(lang, "statement.value.worth", &[("amount", &amount)])
                });
                level.into_iter().chain(worth).collect::<Vec<_>>().join(lang.pick("，", ", "))
            }
            None => value.to_owned(),
        },
        (Some(Label::Contract), _) => match contract(value) {
            Some((number, amount)) => {
                let number = words::fill(lang, "statement.value.number", &[("number", number)]);
                let amount = amount.map(|n| {
                    let amount = display::yuan(&[n * TEN_THOUSAND], "", lang);
                    words::fill(lang, "statement.value.amount", &[("amount", &amount)])
                });
                std::iter::once(number).chain(amount).collect::<Vec<_>>().join(lang.pick("，", ", "))
            }
            None => value.to_owned(),
        },
        (Some(Label::Match), _) if is_id(value) => {
            let short: String = value.chars().take(SHORT_ID).collect();
            words::fill(lang, "statement.value.with", &[("id", &short)])
        }
        _ => value.to_owned(),
    }
}

/// True for a screening label that objects.
pub fn rejects(label: &str, value: &str) -> bool {
    label == Label::Screening.id() && value == REJECTED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_has_the_form_of_its_label() {
        let fit = |label: Label, value: &str, reason: &str| label.check(value, reason).map_err(|why| why.0);
        assert_eq!(fit(Label::Screening, PASSED, ""), Ok(()));
        assert_eq!(fit(Label::Screening, REJECTED, " "), Err("statement.unfit.reason"));
        assert_eq!(fit(Label::Screening, REJECTED, "缺少检测报告"), Ok(()));
        assert_eq!(fit(Label::Screening, "maybe", ""), Err("statement.unfit.screening"));
        for good in ["trl=1", "trl=9", "value=120", "trl=6,value=0", "value=3,trl=4"] {
            assert_eq!(fit(Label::Evaluation, good, ""), Ok(()), "{good}");
        }
        for bad in ["", "6", "trl=0", "trl=10", "trl=6,trl=7", "value=-1", "value=1e3", "trl=6,", "worth=3"] {
            assert_eq!(fit(Label::Evaluation, bad, ""), Err("statement.unfit.evaluation"), "{bad}");
        }
        assert_eq!(fit(Label::Recognition, " ", ""), Err("statement.unfit.empty"));
        assert_eq!(fit(Label::Certificate, "ZL-2024-7", ""), Ok(()));
        assert_eq!(fit(Label::Match, &"a7".repeat(32), ""), Ok(()));
        for bad in ["", "a7", &"A7".repeat(32), &"é7".repeat(32), &"a7".repeat(33)] {
            assert_eq!(fit(Label::Match, bad, ""), Err("statement.unfit.match"), "{bad}");
        }
        for good in [
            "number=2026420100000012",
            "number=26420100000012,amount=0",
            "number=2026420100000012,amount=120",
        ] {
            assert_eq!(fit(Label::Contract, good, ""), Ok(()), "{good}");
        }
        for bad in [
            "",
            "2026420100000012",
            "number=202642010000001",
            "number=２０２６４２０１０００００",
            "number=2026420100000012,",
            "number=2026420100000012,amount=-1",
            "number=2026420100000012,amount=1.5",
            "amount=3,number=2026420100000012",
        ] {
            assert_eq!(fit(Label::Contract, bad, ""), Err("statement.unfit.contract"), "{bad}");
        }
    }

    #[test]
    fn words_are_found_and_what_is_unknown_is_shown_as_it_came() {
        assert_eq!(label_text(Lang::Zh, "screening"), "审核");
        assert_eq!(value_text(Lang::Zh, "screening", REJECTED), "不通过");
        assert_eq!(value_text(Lang::Zh, "evaluation", "trl=6,value=120"), "成熟度 6 级，价值 120 万元");
        assert_eq!(value_text(Lang::En, "evaluation", "trl=6,value=120"), "TRL 6, worth CNY 1,200,000");
        assert_eq!(value_text(Lang::En, "evaluation", "very good"), "very good");
        let contract = "number=2026420100000012,amount=120";
        assert_eq!(value_text(Lang::Zh, "contract", contract), "登记编号 2026420100000012，成交额 120 万元");
        assert_eq!(
            value_text(Lang::En, "contract", contract),
            "registered as 2026420100000012, CNY 1,200,000"
        );
        let other = "a7".repeat(32);
        assert_eq!(value_text(Lang::Zh, "match", &other), "与信息 a7a7a7a7a7a7");
        assert_eq!(
            (matched_with("match", &other), matched_with("contract", &other)),
            (Some(other.as_str()), None)
        );
        assert_eq!(
            (label_text(Lang::En, "x<b>"), value_text(Lang::En, "x<b>", "y")),
            ("x<b>".into(), "y".into())
        );
    }
}
