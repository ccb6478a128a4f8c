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
}

/// The value of a screening label that lets a listing stand.
pub const PASSED: &str = "passed";
/// The value of a screening label that objects to it.
pub const REJECTED: &str = "rejected";
/// Highest value of an evaluation, ten thousand yuan: what the listings' own amounts may be.
const MAX_VALUE: i64 = 100_000_000;
/// 万, in which values are given, yuan.
const TEN_THOUSAND: i64 = 10_000;

/// Why a statement is not well formed; its key in the catalogue of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit(pub &'static str);

impl Label {
    /// All of them, in reading order.
    pub const ALL: [Self; 4] = [Self::Screening, Self::Evaluation, Self::Recognition, Self::Certificate];

    /// The text that statements carry.
    pub fn id(self) -> &'static str {
        match self {
            Self::Screening => "screening",
            Self::Evaluation => "evaluation",
            Self::Recognition => "recognition",
            Self::Certificate => "certificate",
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
        };
        let key = match self {
            Self::Screening => "statement.unfit.screening",
            Self::Evaluation => "statement.unfit.evaluation",
            Self::Recognition | Self::Certificate => "statement.unfit.empty",
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

/// A label's name; one that this version does not know as it came.
pub fn label_text(lang: Lang, label: &str) -> String {
    match Label::from_id(label) {
        Some(Label::Screening) => words::say(lang, "statement.label.screening").to_owned(),
        Some(Label::Evaluation) => words::say(lang, "statement.label.evaluation").to_owned(),
        Some(Label::Recognition) => words::say(lang, "statement.label.recognition").to_owned(),
        Some(Label::Certificate) => words::say(lang, "statement.label.certificate").to_owned(),
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
    }

    #[test]
    fn words_are_found_and_what_is_unknown_is_shown_as_it_came() {
        assert_eq!(label_text(Lang::Zh, "screening"), "审核");
        assert_eq!(value_text(Lang::Zh, "screening", REJECTED), "不通过");
        assert_eq!(value_text(Lang::Zh, "evaluation", "trl=6,value=120"), "成熟度 6 级，价值 120 万元");
        assert_eq!(value_text(Lang::En, "evaluation", "trl=6,value=120"), "TRL 6, worth CNY 1,200,000");
        assert_eq!(value_text(Lang::En, "evaluation", "very good"), "very good");
        assert_eq!(
            (label_text(Lang::En, "x<b>"), value_text(Lang::En, "x<b>", "y")),
            ("x<b>".into(), "y".into())
        );
    }
}
