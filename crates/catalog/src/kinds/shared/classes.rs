//! Shared fields that classify: lists of terms, classifications, numbers, amounts, levels.

use super::WORDS;
use crate::kinds::field::{Field, FieldType};
use crate::scheme::{self, Scheme};
use crate::vocabulary as v;

const INDUSTRIES: &[&Scheme] = &[&scheme::INDUSTRY];
const DISCIPLINES: &[&Scheme] = &[&scheme::DISCIPLINE, &scheme::DEGREE_CATEGORY];

pub(in crate::kinds) const KEYWORDS: Field = Field::new("keywords", WORDS)
    .set("keyword")
    .named("关键词", "Keywords")
    .also(&["关键字", "主题词", "标签", "技术关键词", "keyword", "key words", "tags", "subject", "subjects"])
    .help("三到五个词，用分号隔开", "Three to five, separated by semicolons")
    .expected();

pub(in crate::kinds) const FIELD: Field = Field::new("field", FieldType::VocabularySet(&v::FIELD))
    .set("field")
    .named("技术领域", "Technical field")
    .also(&[
        "领域",
        "所属领域",
        "所属技术领域",
        "技术分类",
        "行业领域",
        "技术类别",
        "技术方向领域",
        "technology area",
        "technology field",
        "categories",
        "technology category",
    ])
    .help(
        "按全国技术市场统计的十一个领域",
        "One of the eleven fields of the national technology-market statistics",
    )
    .faceted()
    .expected();

pub(in crate::kinds) const INDUSTRY: Field = Field::new("industry", FieldType::Classified(INDUSTRIES))
    .named("应用行业", "Industry of use")
    .also(&[
        "行业",
        "所属行业",
        "国民经济行业",
        "行业分类",
        "国民经济行业分类",
        "行业代码",
        "industry",
        "industry code",
        "industry sector",
        "market sector",
    ])
    .help(
        "GB/T 4754-2017：门类名称或代码，如 C 制造业、C3985",
        "GB/T 4754-2017: section name or code, such as C3985",
    )
    .faceted();

pub(in crate::kinds) const DISCIPLINE: Field = Field::new("discipline", FieldType::Classified(DISCIPLINES))
    .named("学科", "Discipline")
    .also(&[
        "学科分类",
        "所属学科",
        "学科领域",
        "学科专业",
        "一级学科",
        "学科代码",
        "discipline",
        "subject area",
        "research field",
    ])
    .help("GB/T 13745-2009：名称或代码，如 430 材料科学", "GB/T 13745-2009: name or code, such as 430")
    .faceted();

pub(in crate::kinds) const HIGH_TECH: Field =
    Field::new("high_tech_field", FieldType::VocabularySet(&v::HIGH_TECH_FIELD))
        .set("high_tech_field")
        .named("高新技术领域", "High-tech field")
        .also(&["国家重点支持的高新技术领域", "高新领域", "高新技术分类"])
        .faceted();

pub(in crate::kinds) const EMERGING: Field =
    Field::new("emerging_industry", FieldType::VocabularySet(&v::EMERGING_INDUSTRY))
        .set("emerging_industry")
        .named("所属产业", "Emerging industry")
        .also(&[
            "战略性新兴产业",
            "战略新兴产业",
            "新兴产业",
            "产业",
            "产业领域",
            "产业分类",
            "strategic emerging industry",
        ])
        .faceted();

pub(in crate::kinds) const PATENTS: Field = Field::new("patents", FieldType::PatentSet)
    .set("patent")
    .named("专利号", "Patent numbers")
    .also(&[
        "专利编号",
        "专利",
        "专利申请号",
        "申请号",
        "授权专利号",
        "知识产权编号",
        "专利公开号",
        "公开号",
        "公告号",
        "知识产权号",
        "patent number",
        "patent",
        "patent no",
        "application number",
        "application sn",
        "publication number",
    ])
    .help("申请号或公开号，多个用分号隔开", "Application or publication numbers, separated by semicolons");

pub(in crate::kinds) const IPC: Field = Field::new("ipc", FieldType::IpcSet)
    .set("ipc")
    .named("IPC 分类号", "IPC")
    .also(&["国际专利分类号", "专利分类号", "ipc分类", "ipc主分类号", "主分类号", "ipc code", "ipc class"]);

pub(in crate::kinds) const TRL: Field = Field::new("trl", FieldType::Trl)
    .named("成熟度", "Readiness level")
    .also(&[
        "技术成熟度",
        "成果成熟度",
        "成熟程度",
        "技术就绪度",
        "成果阶段",
        "转化阶段",
        "研发阶段",
        "所处阶段",
        "成果所处阶段",
        "技术阶段",
        "发展阶段",
        "trl level",
        "technology readiness level",
        "development stage",
        "stage of development",
        "maturity",
    ])
    .help(
        "1–9 级，或 正在研发、通过小试、已有样品、通过中试、可以量产",
        "1 to 9, or in development, lab-tested, prototype, pilot-tested, ready for production",
    )
    .faceted();

pub(in crate::kinds) const COOPERATION: Field =
    Field::new("cooperation", FieldType::VocabularySet(&v::COOPERATION))
        .set("cooperation")
        .named("合作方式", "Cooperation modes")
        .also(&[
            "转让方式",
            "交易方式",
            "转化方式",
            "拟转化方式",
            "意向合作方式",
            "合作模式",
            "合作形式",
            "合作意向",
            "成果转化方式",
            "cooperation mode",
            "transfer mode",
            "licence type",
            "license type",
            "partnership type",
            "release type",
        ])
        .help(
            "转让、许可、作价入股、合作开发等，可多选",
            "Assignment, licence, equity, joint development and so on; several may be given",
        )
        .faceted();

pub(in crate::kinds) const PRICE: Field = Field::new("price", FieldType::Money)
    .named("价格", "Price")
    .also(&[
        "转让价格",
        "拟转让价格",
        "期望价格",
        "意向价格",
        "报价",
        "价格区间",
        "转让费",
        "挂牌价格",
        "交易价格",
        "参考价格",
        "收费标准",
        "费用",
        "asking price",
        "fee",
    ])
    .help("如 50万元、10-20万元、面议", "Such as 50万元, 10-20万元, negotiable");

pub(in crate::kinds) const NOVELTY: Field = Field::new("novelty", FieldType::VocabularySet(&v::NOVELTY))
    .set("novelty")
    .named("新颖类型", "Novelty")
    .also(&["成果形式", "成果体现形式", "novelty type"]);

pub(in crate::kinds) const YEAR: Field = Field::new("year", FieldType::Year).named("年份", "Year").also(&[
    "成果年份",
    "完成年份",
    "完成时间年份",
    "年度",
    "成果年度",
    "publication year",
    "fiscal year",
]);

pub(in crate::kinds) const PROGRAMMES: Field =
    Field::new("programmes", WORDS).set("programme").named("计划与项目来源", "Programmes").also(&[
        "项目来源",
        "计划来源",
        "资助项目",
        "经费来源",
        "计划名称",
        "课题来源",
        "funding",
        "programme",
        "program",
        "grant",
    ]);
