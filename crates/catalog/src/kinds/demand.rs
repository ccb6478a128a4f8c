//! 技术需求: fields of a provincial form. Private by default, since a need shows where a firm is weak.

use super::field::{Field, FieldType};
use super::shared::*;
use crate::vocabulary as v;

const TITLE_HERE: Field = TITLE.named("需求名称", "Title").also(&[
    "技术需求名称",
    "项目名称",
    "名称",
    "标题",
    "需求标题",
    "难题名称",
    "榜单名称",
    "title",
    "name",
    "request title",
    "demand title",
]);

const CATEGORY: Field = Field::new("demand_type", FieldType::Vocabulary(&v::DEMAND_CATEGORY))
    .named("需求类别", "Category")
    .also(&["需求类型", "类别", "科技活动类型", "需求分类", "demand type", "request type"])
    .faceted();

const GOAL: Field = long("goal").named("预期目标", "Goal").also(&[
    "目标",
    "需求目标",
    "预期成果",
    "预期效果",
    "考核指标",
    "goals",
    "expected result",
    "expected outcome",
]);

const STARTS_ON: Field = Field::new("starts_on", FieldType::Date).named("需求起始", "From").also(&[
    "开始时间",
    "起始时间",
    "需求起始时间",
    "起始年",
    "start date",
]);

const DEADLINE: Field = Field::new("deadline", FieldType::Date)
    .named("需求时限", "Deadline")
    .also(&[
        "截止时间",
        "截止日期",
        "需求截止时间",
        "完成时限",
        "有效期",
        "时限",
        "due date",
        "deadline date",
        "closing date",
    ])
    .expected();

const BUDGET: Field = Field::new("budget", FieldType::Money)
    .named("资金需求总额", "Budget")
    .also(&[
        "预算",
        "资金需求",
        "拟投入资金",
        "意向投入",
        "预算区间",
        "投入金额",
        "资金总额",
        "悬赏金额",
        "榜额",
        "investment",
        "funding amount",
    ])
    .help("如 50万元、10-20万元、面议", "Such as 50万元, 10-20万元, negotiable");

const SOLUTION: Field = Field::new("solution", FieldType::VocabularySet(&v::SOLUTION))
    .set("solution")
    .named("解决方式", "Way of solving")
    .also(&["拟解决方式", "需求解决方式", "解决途径", "way of solving"])
    .expected();

const PARTNERS: Field = line("preferred_partners").named("合作意向单位", "Preferred partners").also(&[
    "意向单位",
    "意向合作单位",
    "意向专家",
    "preferred partner",
]);

const NATURE: Field = Field::new("organization_type", FieldType::Vocabulary(&v::ORGANIZATION_TYPE))
    .named("机构属性", "Type of organization")
    .also(&["单位性质", "机构性质", "企业性质", "单位类型", "organization type"]);

const PROFILE: Field = long("organization_profile").named("机构简介", "About the organization").also(&[
    "单位简介",
    "企业简介",
    "公司简介",
    "about",
]);

const SMALL_FIRM: Field = Field::new("small_firm", FieldType::Flag)
    .named("中小企业", "Small or medium firm")
    .also(&["是否中小企业", "sme"]);

/// Fields of a demand in reading order.
pub(super) const FIELDS: &[Field] = &[
    TITLE_HERE,
    SUMMARY.also(&[
        "概述",
        "需求概述",
        "需求描述",
        "需求简介",
        "需求内容",
        "技术需求",
        "简要说明",
        "摘要",
        "abstract",
        "description",
        "overview",
    ]),
    KEYWORDS,
    FIELD.expected(),
    CATEGORY,
    PROBLEM.expected(),
    INDICATORS.expected(),
    GOAL.expected(),
    BODY,
    TRL,
    COOPERATION,
    SOLUTION,
    BUDGET,
    STARTS_ON,
    DEADLINE,
    PARTNERS,
    INDUSTRY.expected(),
    EMERGING,
    HIGH_TECH,
    DISCIPLINE.expected(),
    ORGANIZATION.named("需求单位", "Organization").expected(),
    CREDIT_CODE,
    NATURE.expected(),
    SMALL_FIRM,
    PROFILE.expected(),
    REGION,
    COUNTRY,
    CONTACT_NAME,
    CONTACT_PHONE,
    CONTACT_EMAIL.expected(),
    ADDRESS.expected(),
    POSTCODE,
    URL,
    SOURCE_ID,
    SOURCE,
    LANGUAGE,
];
