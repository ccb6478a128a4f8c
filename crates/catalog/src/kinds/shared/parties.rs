//! Shared fields that say who and where: organisation, division, contact, origin of the listing.

use super::{line, short};
use crate::kinds::field::{Field, FieldType};
use crate::vocabulary as v;

pub(in crate::kinds) const REGION: Field = Field::new("region", FieldType::Region)
    .named("所属区域", "Region")
    .also(&[
        "区域",
        "地区",
        "所在地",
        "所在地域",
        "所在地区",
        "所属地区",
        "行政区划",
        "行政区划代码",
        "所在区域",
        "地域",
        "省市区",
        "所在城市",
        "city",
        "location",
        "region code",
        "area",
        "district",
    ])
    .help("区划代码或名称，如 420106 或 武汉市武昌区", "Division code or name, such as 420106")
    .faceted()
    .expected();

pub(in crate::kinds) const ORGANIZATION: Field =
    line("organization").named("完成单位", "Organization").also(&[
        "单位",
        "单位名称",
        "第一完成单位",
        "所属单位",
        "成果完成单位",
        "成果所属单位",
        "成果所有单位",
        "持有单位",
        "权利人",
        "专利权人",
        "研发单位",
        "所在单位",
        "工作单位",
        "机构全称",
        "机构",
        "企业名称",
        "需求单位",
        "提供单位",
        "主办单位",
        "所属机构",
        "institution",
        "owner",
        "assignee",
        "company",
        "center",
        "centre",
        "affiliation",
        "provider",
    ]);

pub(in crate::kinds) const CREDIT_CODE: Field = Field::new("credit_code", FieldType::CreditCode)
    .named("统一社会信用代码", "Unified social credit code")
    .also(&[
        "信用代码",
        "社会信用代码",
        "统一信用代码",
        "机构代码",
        "uscc",
        "unified social credit identifier",
    ])
    .help("18 位，GB 32100-2015", "18 characters, GB 32100-2015");

pub(in crate::kinds) const CONTACT_NAME: Field = short("contact_name")
    .named("联系人", "Contact")
    .also(&["联系人姓名", "联络人", "业务联系人", "对接人", "经办人", "contact name", "contact person"])
    .reaches_person()
    .expected();

pub(in crate::kinds) const CONTACT_PHONE: Field = Field::new("contact_phone", FieldType::Phone)
    .named("联系电话", "Phone")
    .also(&[
        "电话",
        "手机",
        "手机号",
        "手机号码",
        "联系方式",
        "固话",
        "固定电话",
        "办公电话",
        "联系人电话",
        "联系手机",
        "手机/电话",
        "电话/手机",
        "phone",
        "telephone",
        "tel",
        "mobile",
        "contact phone",
    ])
    .reaches_person()
    .expected();

pub(in crate::kinds) const CONTACT_EMAIL: Field = Field::new("contact_email", FieldType::Email)
    .named("电子邮箱", "E-mail")
    .also(&["邮箱", "电子信箱", "电子邮件", "联系邮箱", "email", "mail", "contact email", "email address"])
    .reaches_person();

pub(in crate::kinds) const ADDRESS: Field = line("address")
    .named("通讯地址", "Address")
    .also(&[
        "地址",
        "联系地址",
        "详细地址",
        "单位地址",
        "办公地址",
        "通信地址",
        "postal address",
        "mailing address",
    ])
    .reaches_person();

pub(in crate::kinds) const POSTCODE: Field = short("postcode")
    .named("邮编", "Postcode")
    .also(&["邮政编码", "zip", "zip code", "postal code"])
    .reaches_person();

pub(in crate::kinds) const URL: Field =
    Field::new("url", FieldType::Url).named("网址", "Web address").also(&[
        "链接",
        "官网",
        "网站",
        "主页",
        "详情链接",
        "网页",
        "link",
        "website",
        "web page",
        "homepage",
        "repositoryurl",
        "homepageurl",
    ]);

pub(in crate::kinds) const SOURCE_ID: Field = short("source_id")
    .named("本单位编号", "Own number")
    .also(&[
        "编号",
        "序号",
        "成果编号",
        "项目编号",
        "需求编号",
        "登记号",
        "登记编号",
        "成果登记号",
        "内部编号",
        "id",
        "identifier",
        "case number",
        "reference number",
        "no",
    ])
    .help("本单位自己的编号；再次导入时据此更新", "The office's own number; a later import updates by it");

pub(in crate::kinds) const LANGUAGE: Field = Field::new("language", FieldType::Vocabulary(&v::LANGUAGE))
    .named("语言", "Language")
    .also(&["语种", "lang"]);

pub(in crate::kinds) const COUNTRY: Field = short("country")
    .named("国家或地区", "Country or territory")
    .also(&["国别", "国家", "国家地区", "country"])
    .help("境外的信息填写；境内不填", "For listings from abroad");

pub(in crate::kinds) const SOURCE: Field = line("source").named("信息来源", "Source").also(&[
    "来源",
    "数据来源",
    "信息渠道",
    "需求来源",
    "intake channel",
    "data source",
]);
