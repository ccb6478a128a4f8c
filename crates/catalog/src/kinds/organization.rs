//! 机构名片: universities, institutes, firms and service agencies.

use super::field::{Field, FieldType};
use super::shared::*;
use crate::vocabulary as v;

const NAME: Field = TITLE.named("机构名称", "Name").also(&[
    "单位名称",
    "机构全称",
    "名称",
    "企业名称",
    "公司名称",
    "全称",
    "单位全称",
    "name",
    "organization name",
    "company name",
    "institution name",
]);

const SHORT_NAME: Field =
    short("short_name").named("简称", "Short name").also(&["机构简称", "英文名称", "acronym", "alias"]);

const TYPE: Field = Field::new("organization_type", FieldType::Vocabulary(&v::ORGANIZATION_TYPE))
    .named("机构类型", "Type")
    .also(&[
        "单位类型",
        "机构属性",
        "机构性质",
        "单位性质",
        "机构类别",
        "类别",
        "organization type",
        "institution type",
    ])
    .faceted()
    .expected();

const LEGAL_FORM: Field = Field::new("legal_form", FieldType::Vocabulary(&v::LEGAL_FORM))
    .named("法人类型", "Legal form")
    .also(&["法人性质", "组织形式", "legal status"])
    .expected();

const FOUNDED_ON: Field = Field::new("founded_on", FieldType::Date)
    .named("成立日期", "Founded on")
    .also(&["成立时间", "注册日期", "建立时间", "founded", "established"])
    .expected();

const BUSINESS: Field = Field::new("business", FieldType::VocabularySet(&v::SERVICE_TYPE))
    .set("business")
    .named("主营业务", "Main services")
    .also(&["业务范围", "主要业务", "服务内容", "服务范围", "服务类型", "main business"])
    .faceted();

const HEAD: Field = short("head").named("负责人", "Head").also(&[
    "法人代表",
    "法定代表人",
    "单位负责人",
    "director",
    "legal representative",
]);

const RESEARCH: Field = long("research").named("研究方向", "Research").also(&[
    "优势学科",
    "重点领域",
    "研究领域",
    "research areas",
]);

const STAFF: Field = count("staff").named("人员总数", "Staff").also(&[
    "人员",
    "职工人数",
    "人数",
    "员工人数",
    "从业人员",
    "employees",
    "number of employees",
]);

const BROKERS: Field = count("brokers").named("技术经理人数", "Technology managers").also(&[
    "技术经纪人数",
    "技术经理人",
    "技术经纪人",
    "专职人员",
    "number of brokers",
]);

const FACILITIES: Field = long("facilities").named("平台与设备", "Facilities").also(&[
    "科研平台",
    "仪器设备",
    "创新平台",
    "实验室",
    "中试基地",
    "facilities",
    "equipment",
]);

const QUALIFICATION: Field = line("qualification").named("资质", "Qualification").also(&[
    "资质荣誉",
    "认定情况",
    "认定",
    "资格",
    "certifications",
]);

/// Fields of an organisation's card in reading order.
pub(super) const FIELDS: &[Field] = &[
    NAME,
    SHORT_NAME,
    SUMMARY.also(&[
        "机构简介",
        "单位简介",
        "企业简介",
        "公司简介",
        "机构介绍",
        "摘要",
        "简要介绍",
        "about",
        "profile",
        "description",
        "abstract",
    ]),
    TYPE,
    LEGAL_FORM,
    CREDIT_CODE.expected(),
    FOUNDED_ON,
    BUSINESS,
    FIELD,
    INDUSTRY,
    EMERGING,
    HIGH_TECH,
    DISCIPLINE,
    KEYWORDS.optional(),
    RESEARCH,
    FACILITIES,
    QUALIFICATION,
    STAFF,
    BROKERS,
    BODY,
    REGION,
    COUNTRY,
    HEAD,
    CONTACT_NAME,
    CONTACT_PHONE,
    CONTACT_EMAIL,
    ADDRESS.expected(),
    POSTCODE,
    URL,
    SOURCE_ID,
    SOURCE,
    LANGUAGE,
];
