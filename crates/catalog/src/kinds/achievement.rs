//! 科技成果: fields of two real provincial and municipal forms, and of the disclosures of universities elsewhere.

use super::field::{Field, FieldType};
use super::shared::*;
use crate::vocabulary as v;

const TITLE_HERE: Field = TITLE.named("成果名称", "Title").also(&[
    "项目名称",
    "名称",
    "标题",
    "题名",
    "成果标题",
    "技术名称",
    "专利名称",
    "科技成果名称",
    "论文题目",
    "题目",
    "title",
    "name",
    "invention title",
    "technology title",
    "software",
]);

const CATEGORY: Field = Field::new("category", FieldType::Vocabulary(&v::RESULT_CATEGORY))
    .named("成果类别", "Category")
    .also(&["成果类型", "类别", "成果分类", "result type", "result category"])
    .faceted()
    .expected();

const PROPERTY: Field = Field::new("property", FieldType::Vocabulary(&v::RESULT_PROPERTY))
    .named("成果属性", "Nature")
    .also(&["属性", "成果性质", "创新类型", "nature"])
    .expected();

const IP_TYPE: Field = Field::new("ip_type", FieldType::VocabularySet(&v::IP_TYPE))
    .set("ip_type")
    .named("知识产权类型", "Type of IP")
    .also(&["知识产权", "知识产权形式", "产权类型", "专利类型", "ip rights", "ip type"])
    .expected();

const IP_STATUS: Field = Field::new("ip_status", FieldType::Vocabulary(&v::IP_STATUS))
    .named("知识产权状态", "IP status")
    .also(&["法律状态", "专利状态", "专利法律状态", "状态", "status", "patent status", "legal status"]);

const LEVEL: Field = Field::new("level", FieldType::Vocabulary(&v::LEVEL))
    .named("技术水平", "Technical level")
    .also(&["成果水平", "评价水平", "鉴定水平", "technical level"])
    .faceted();

const REGISTERED_ON: Field =
    Field::new("registered_on", FieldType::Date).named("登记时间", "Registered on").also(&[
        "登记日期",
        "成果登记时间",
        "登记年月",
        "发布时间",
        "发布日期",
        "registration date",
        "update date",
        "date",
    ]);

const COMPLETED_ON: Field = Field::new("completed_on", FieldType::Date)
    .named("完成时间", "Completed on")
    .also(&["完成日期", "成果完成时间", "结题时间", "completion date"]);

const EXPIRES_ON: Field = Field::new("expires_on", FieldType::Date)
    .named("专利到期日", "Patent expires on")
    .also(&["到期日", "专利有效期", "有效期至", "patent expiration date", "expiration date", "expiry date"]);

const LICENSE: Field = line("license").named("许可证", "Licence").also(&[
    "开源许可",
    "许可协议",
    "license",
    "licence",
    "permissions",
]);

const EVALUATION: Field = line("evaluation").named("评价情况", "Evaluation").also(&[
    "成果评价",
    "鉴定情况",
    "评价单位",
    "鉴定单位",
    "评价机构",
    "evaluation",
]);

const AWARDS: Field =
    long("awards").named("获奖情况", "Awards").also(&["奖励", "获奖", "奖励情况", "科技奖励", "awards"]);

const CAPABILITIES: Field = long("needed_capabilities").named("需要的能力", "Partner wanted").also(&[
    "合作需求",
    "需要的支持",
    "对合作方要求",
    "合作要求",
    "转化需求",
    "partner sought",
    "partner expertise sought",
]);

const CONVERSION: Field = long("conversion_record").named("已转化情况", "Uptake so far").also(&[
    "转化情况",
    "转化现状",
    "产业化情况",
    "经济效益",
    "推广情况",
]);

const RIGHTS_GRANTED: Field = Field::new("rights_granted", FieldType::Flag)
    .named("已赋权", "Rights granted to inventors")
    .also(&["赋权成果", "是否赋权", "是否赋权成果"]);

/// Fields of an achievement in reading order.
pub(super) const FIELDS: &[Field] = &[
    TITLE_HERE,
    SUMMARY,
    KEYWORDS,
    FIELD.expected(),
    TRL.expected(),
    COOPERATION.expected(),
    PRICE,
    BODY,
    PROBLEM,
    ADVANTAGES,
    INDICATORS,
    USE_CASES,
    NOVELTY,
    CATEGORY,
    PROPERTY,
    LEVEL,
    IP_TYPE,
    IP_STATUS,
    PATENTS.expected(),
    IPC,
    EXPIRES_ON,
    LICENSE,
    INDUSTRY.expected(),
    EMERGING.expected(),
    HIGH_TECH,
    DISCIPLINE,
    ORGANIZATION,
    CREDIT_CODE,
    TEAM,
    REGION,
    COUNTRY,
    YEAR.expected(),
    COMPLETED_ON,
    REGISTERED_ON,
    EVALUATION,
    AWARDS,
    CONVERSION,
    CAPABILITIES,
    RIGHTS_GRANTED,
    PROGRAMMES,
    CONTACT_NAME,
    CONTACT_PHONE,
    CONTACT_EMAIL,
    ADDRESS,
    POSTCODE,
    URL,
    SOURCE_ID,
    SOURCE,
    LANGUAGE,
];
