//! Technology readiness levels 1–9 (GB/T 22900) from numbers and from the words offices write instead.
//!
//! The ranges of words are this catalogue's reading of a real form's option list; the word is always kept beside the range,
//! with who mapped it. Levels above 9 belong to another, 13-step scale and are refused here.

use crate::fold;

/// A range of levels, both ends within 1–9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrlRange {
    /// Lower level.
    pub min: u8,
    /// Upper level.
    pub max: u8,
}

/// Who mapped a value: the author gave numbers, or this catalogue's table of words did.
pub const MAPPED_BY_AUTHOR: &str = "author";
/// See [`MAPPED_BY_AUTHOR`]; the number changes with the table.
pub const MAPPED_BY_TABLE: &str = "table-1";

/// What a cell says about readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Levels as numbers.
    Levels(TrlRange),
    /// A word of the table.
    Word(TrlRange),
    /// A number outside 1–9: another scale.
    OtherScale(i64),
    /// A word that the table does not know.
    Unknown,
}

struct Stage {
    min: u8,
    max: u8,
    words: &'static [&'static str],
}

const STAGES: &[Stage] = &[
    Stage {
        min: 1,
        max: 4,
        words: &[
            "正在研发",
            "研发中",
            "在研",
            "研发阶段",
            "研制阶段",
            "研究阶段",
            "实验室阶段",
            "实验室",
            "初期阶段",
            "概念阶段",
            "in development",
            "under development",
            "research",
            "lab scale",
            "early stage",
            "concept",
        ],
    },
    Stage {
        min: 4,
        max: 5,
        words: &[
            "通过小试",
            "小试",
            "小试阶段",
            "完成小试",
            "已小试",
            "小批量试制",
            "lab-tested",
            "lab tested",
            "bench scale",
        ],
    },
    Stage {
        min: 5,
        max: 5,
        words: &[
            "已有样品",
            "样品",
            "样品阶段",
            "样机",
            "已有样机",
            "样机阶段",
            "原型",
            "prototype",
            "working prototype",
            "sample available",
        ],
    },
    Stage {
        min: 6,
        max: 7,
        words: &[
            "通过中试",
            "中试",
            "中试阶段",
            "完成中试",
            "中期阶段",
            "示范",
            "示范应用",
            "pilot-tested",
            "pilot tested",
            "pilot scale",
            "pilot",
            "demonstrated",
        ],
    },
    Stage {
        min: 8,
        max: 9,
        words: &[
            "可以量产",
            "量产",
            "可量产",
            "已量产",
            "批量生产",
            "产业化",
            "已产业化",
            "产业化阶段",
            "成熟应用阶段",
            "成熟应用",
            "成熟",
            "稳定应用",
            "规模化生产",
            "ready for production",
            "production",
            "mass production",
            "commercial",
            "market ready",
            "available on the market",
        ],
    },
    // The names of the nine levels themselves.
    Stage { min: 1, max: 1, words: &["报告级"] },
    Stage { min: 2, max: 2, words: &["方案级"] },
    Stage { min: 3, max: 3, words: &["功能级"] },
    Stage { min: 4, max: 4, words: &["仿真级"] },
    Stage { min: 5, max: 5, words: &["初样级"] },
    Stage { min: 6, max: 6, words: &["正样级"] },
    Stage { min: 7, max: 7, words: &["环境级"] },
    Stage { min: 8, max: 8, words: &["产品级"] },
    Stage { min: 9, max: 9, words: &["系统级"] },
];

/// Reads a cell: `6`, `6-7`, `TRL 6`, `TRL6~7`, `6级`, `第六级`, or a word of the table.
pub fn parse(text: &str) -> Readiness {
    let text = fold::cell(text);
    if let Some(answer) = levels(&text) {
        return answer;
    }
    let stage = STAGES.iter().find(|stage| stage.words.iter().any(|word| fold::same_word(word, &text)));
    stage.map_or(Readiness::Unknown, |stage| Readiness::Word(TrlRange { min: stage.min, max: stage.max }))
}

/// A range is valid when both ends are levels and in order.
pub fn is_valid(min: i64, max: i64) -> bool {
    (1..=9).contains(&min) && (min..=9).contains(&max)
}

fn levels(text: &str) -> Option<Readiness> {
    let mut plain: String = text.to_lowercase();
    for label in ["trl", "技术成熟度", "技术就绪度", "成熟度", "等级", "第", "级", "level", ":", " "]
    {
        plain = plain.replace(label, "");
    }
    let mut ends = plain.splitn(2, ['-', '~', '至', '到']);
    let min = number(ends.next()?)?;
    let max = match ends.next() {
        Some(end) => number(end)?,
        None => min,
    };
    if let Some(outside) = [min, max].into_iter().find(|n| !(1..=9).contains(n)) {
        return Some(Readiness::OtherScale(outside));
    }
    let (min, max) = (min.min(max), min.max(max));
    Some(Readiness::Levels(TrlRange { min: u8::try_from(min).ok()?, max: u8::try_from(max).ok()? }))
}

/// One or two digits, or a Chinese numeral up to ten.
fn number(text: &str) -> Option<i64> {
    const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    if let Some(at) = NUMERALS.iter().position(|numeral| *numeral == text) {
        return i64::try_from(at + 1).ok();
    }
    if text.is_empty() || text.len() > 2 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_words_give_ranges() {
        let levels = |min, max| Readiness::Levels(TrlRange { min, max });
        let word = |min, max| Readiness::Word(TrlRange { min, max });
        for (text, answer) in [
            ("6", levels(6, 6)),
            ("TRL 6", levels(6, 6)),
            ("trl6-7", levels(6, 7)),
            ("7～6", levels(6, 7)),
            ("６级", levels(6, 6)),
            ("第六级", levels(6, 6)),
            ("TRL：4至5", levels(4, 5)),
            ("正在研发", word(1, 4)),
            ("通过小试", word(4, 5)),
            ("已有样品", word(5, 5)),
            ("通过中试", word(6, 7)),
            ("可以量产", word(8, 9)),
            ("Pilot-tested", word(6, 7)),
            ("环境级", word(7, 7)),
            ("10", Readiness::OtherScale(10)),
            ("TRL 13", Readiness::OtherScale(13)),
            ("0", Readiness::OtherScale(0)),
            ("8-11", Readiness::OtherScale(11)),
            ("In vivo.", Readiness::Unknown),
            ("", Readiness::Unknown),
            ("TRL", Readiness::Unknown),
            ("123", Readiness::Unknown),
        ] {
            assert_eq!(parse(text), answer, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_levels_within_the_scale(text in ".*|[trlTRL 0-9~-]{0,8}") {
            if let Readiness::Levels(range) | Readiness::Word(range) = parse(&text) {
                prop_assert!(is_valid(range.min.into(), range.max.into()));
            }
        }
    }
}
