//! 专家: a person who can help. An ID-card number never belongs here; a record that holds one is refused.

use super::field::{Field, FieldType};
use super::shared::*;
use crate::vocabulary as v;

const NAME: Field = TITLE.named("姓名", "Name").also(&[
    "专家姓名",
    "专家",
    "名称",
    "name",
    "full name",
    "expert",
    "expert name",
    "title name",
]);

const POSITION: Field = Field::new("position", FieldType::Text { max_chars: 80 })
    .named("职称", "Academic rank")
    .also(&[
        "技术职称",
        "专业技术职务",
        "职务职称",
        "职称职务",
        "professional title",
        "rank",
        "academic title",
    ])
    .expected();

const DUTY: Field = Field::new("duty", FieldType::Text { max_chars: 80 }).named("职务", "Post").also(&[
    "岗位",
    "行政职务",
    "担任职务",
    "job title",
    "post",
]);

const ROLE: Field = Field::new("role", FieldType::VocabularySet(&v::PERSON_ROLE))
    .set("role")
    .named("身份", "Roles")
    .also(&["专家类型", "人员类型", "专家类别", "人员身份", "roles", "expert type"])
    .faceted();

const RESEARCH: Field = long("research")
    .named("研究方向", "Research")
    .also(&[
        "研究领域",
        "主要研究方向",
        "专业特长",
        "专长",
        "擅长领域",
        "从事专业",
        "research interests",
        "research interest",
        "expertise",
    ])
    .expected();

const WORKS: Field = long("works").named("代表成果", "Works").also(&[
    "代表性成果",
    "主要成果",
    "成果",
    "论文专著",
    "成果专利",
    "publications",
    "achievements",
]);

const SERVICES: Field = Field::new("offers", FieldType::VocabularySet(&v::EXPERT_OFFER))
    .set("offer")
    .named("可提供的服务", "Can help with")
    .also(&["服务方式", "可服务方式", "服务内容", "可提供服务", "合作内容", "offers", "services offered"])
    .faceted();

const AVAILABLE: Field = line("availability").named("可服务时间", "Availability").also(&[
    "服务时间",
    "时间",
    "可用时间",
    "available time",
]);

const EDUCATION: Field =
    line("education").named("学历学位", "Education").also(&["学历", "学位", "最高学历", "degree"]);

const CERTIFICATE: Field = line("qualification").named("资格证书", "Qualification").also(&[
    "证书",
    "证书编号",
    "技术经纪人等级",
    "资质",
    "资格",
    "qualifications",
]);

/// Fields of an expert in reading order.
pub(super) const FIELDS: &[Field] = &[
    NAME,
    SUMMARY
        .also(&[
            "个人简介",
            "专家简介",
            "人物简介",
            "摘要",
            "介绍",
            "个人介绍",
            "bio",
            "biography",
            "profile",
            "abstract",
            "description",
        ])
        .optional(),
    ORGANIZATION.named("工作单位", "Organization").expected(),
    CREDIT_CODE,
    POSITION,
    DUTY,
    ROLE,
    RESEARCH,
    KEYWORDS,
    FIELD.expected(),
    DISCIPLINE.expected(),
    INDUSTRY,
    EMERGING,
    HIGH_TECH,
    SERVICES,
    COOPERATION,
    AVAILABLE,
    PRICE.named("服务费用", "Fee"),
    WORKS,
    PATENTS,
    EDUCATION,
    CERTIFICATE,
    BODY,
    REGION,
    COUNTRY,
    CONTACT_NAME.optional(),
    CONTACT_PHONE.optional(),
    CONTACT_EMAIL,
    ADDRESS,
    POSTCODE,
    URL,
    SOURCE_ID,
    SOURCE,
    LANGUAGE,
];
