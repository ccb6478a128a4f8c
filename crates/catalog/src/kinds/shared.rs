//! Fields that several kinds share, so that one thing has one id, one type and one set of headers. Here the texts.

mod classes;
mod parties;

pub(super) use classes::*;
pub(super) use parties::*;

use super::field::{Field, FieldType};

/// Most keywords of one listing.
const MAX_KEYWORDS: usize = 30;
/// Most characters of one keyword: with its prefix it fits a document key.
const MAX_KEYWORD_CHARS: usize = 50;

const LINE: FieldType = FieldType::Text { max_chars: 200 };
const SHORT: FieldType = FieldType::Text { max_chars: 80 };
/// A free set of words.
const WORDS: FieldType = FieldType::Set { max_items: MAX_KEYWORDS, max_chars: MAX_KEYWORD_CHARS };

/// One line of text.
pub(super) const fn line(id: &'static str) -> Field {
    Field::new(id, LINE)
}

/// A name or number.
pub(super) const fn short(id: &'static str) -> Field {
    Field::new(id, SHORT)
}

/// Several paragraphs.
pub(super) const fn long(id: &'static str) -> Field {
    Field::new(id, FieldType::LongText)
}

/// How many of something.
pub(super) const fn count(id: &'static str) -> Field {
    Field::new(id, FieldType::Int { min: 0, max: 1_000_000_000 })
}

/// Required everywhere; the kinds add their own headers.
pub(super) const TITLE: Field = Field::new("title", FieldType::Text { max_chars: 300 }).required();

pub(super) const SUMMARY: Field = Field::new("summary", FieldType::Text { max_chars: 2_000 })
    .named("简介", "Summary")
    .also(&[
        "摘要",
        "简要介绍",
        "概述",
        "成果简介",
        "项目简介",
        "内容简介",
        "简要说明",
        "成果介绍",
        "项目介绍",
        "中文摘要",
        "abstract",
        "description",
        "brief description",
        "short description",
        "overview",
        "introduction",
    ])
    .help("用几句话说清楚是什么、解决什么问题", "What it is and what it solves, in a few sentences")
    .expected();

pub(super) const BODY: Field = long("body").named("详细介绍", "Details").also(&[
    "正文",
    "详情",
    "详细内容",
    "详细说明",
    "成果详情",
    "内容",
    "具体内容",
    "details",
    "full text",
    "full description",
    "content",
    "body text",
]);

pub(super) const USE_CASES: Field = long("use_cases").named("应用场景", "Use cases").also(&[
    "应用前景",
    "应用范围",
    "适用范围",
    "应用领域",
    "市场前景",
    "推广应用情况",
    "应用情况",
    "applications",
    "application",
    "market application",
]);

pub(super) const ADVANTAGES: Field = long("advantages").named("核心优势", "Advantages").also(&[
    "优势",
    "创新点",
    "技术优势",
    "主要创新点",
    "技术特点",
    "先进性",
    "成果特点",
    "benefit",
    "benefits",
    "key points",
    "innovation",
]);

pub(super) const PROBLEM: Field = long("problem").named("解决的问题", "Problem").also(&[
    "主要问题",
    "解决问题",
    "技术难题",
    "拟解决的问题",
    "存在问题",
    "痛点",
    "需求背景",
    "problem statement",
    "challenge",
]);

pub(super) const INDICATORS: Field = long("indicators").named("技术指标", "Technical indicators").also(&[
    "主要技术指标",
    "技术关键",
    "关键技术指标",
    "技术参数",
    "性能指标",
    "技术要求",
    "主要性能指标",
    "指标要求",
    "specifications",
    "requirements",
    "technical requirements",
]);

pub(super) const TEAM: Field = long("team").named("团队", "Team").also(&[
    "完成人",
    "成果完成人",
    "研发团队",
    "团队介绍",
    "主要完成人",
    "发明人",
    "负责人",
    "项目负责人",
    "inventors",
    "researchers",
    "inventor",
    "author",
    "authors",
    "contributors",
    "principal investigator",
    "creator",
]);
