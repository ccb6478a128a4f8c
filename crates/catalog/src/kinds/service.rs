//! 服务: what an agency, laboratory or office offers; with the disclosures a service card owes (content, process,
//! standard, time).

use super::field::{Field, FieldType};
use super::shared::*;
use crate::vocabulary as v;

const TITLE_HERE: Field = TITLE.named("服务名称", "Title").also(&[
    "服务项目",
    "项目名称",
    "名称",
    "产品名称",
    "服务产品",
    "标题",
    "title",
    "name",
    "service",
    "service name",
]);

const TYPE: Field = Field::new("service_type", FieldType::VocabularySet(&v::SERVICE_TYPE))
    .set("service_type")
    .named("服务类型", "Type of service")
    .also(&["服务类别", "服务分类", "类别", "业务类型", "service type", "service category"])
    .faceted()
    .expected();

const CONTENT: Field = long("service_content")
    .named("服务内容", "What is done")
    .also(&["业务内容", "服务范围", "服务事项", "service content", "scope"])
    .expected();

const PROCESS: Field = long("service_process")
    .named("服务流程", "How it goes")
    .also(&["流程", "办理流程", "服务步骤", "process", "procedure"])
    .expected();

const STANDARD: Field = long("service_standard")
    .named("服务标准", "Standard")
    .also(&["执行标准", "标准", "服务规范", "service standard", "standards"])
    .expected();

const TIME: Field = line("service_time")
    .named("服务时间", "How long it takes")
    .also(&["办理时限", "服务周期", "周期", "服务时限", "时限", "lead time", "duration"])
    .expected();

const CLIENTS: Field =
    line("clients").named("服务对象", "For whom").also(&["适用对象", "面向对象", "target group", "audience"]);

const CASES: Field = long("cases").named("服务案例", "Past cases").also(&[
    "案例",
    "典型案例",
    "成功案例",
    "cases",
    "references",
]);

const QUALIFICATION: Field = line("qualification").named("服务资质", "Qualification").also(&[
    "资质",
    "资质证书",
    "认证",
    "certification",
]);

/// Fields of a service in reading order.
pub(super) const FIELDS: &[Field] = &[
    TITLE_HERE,
    SUMMARY.also(&[
        "服务简介",
        "服务介绍",
        "服务说明",
        "摘要",
        "产品简介",
        "description",
        "abstract",
        "overview",
    ]),
    TYPE,
    KEYWORDS.optional(),
    CONTENT,
    PROCESS,
    STANDARD,
    TIME,
    PRICE.named("收费", "Price"),
    CLIENTS,
    CASES,
    QUALIFICATION,
    BODY,
    FIELD,
    INDUSTRY,
    EMERGING,
    HIGH_TECH,
    ORGANIZATION.named("服务机构", "Organization").expected(),
    CREDIT_CODE,
    REGION,
    COUNTRY,
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
