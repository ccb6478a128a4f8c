//! Lists that describe people and organisations.

use super::{Vocabulary, term};

/// 机构类型.
pub const ORGANIZATION_TYPE: Vocabulary = Vocabulary {
    id: "organization_type",
    source: "技术转移机构年报 单位类型（常用，扩展）",
    terms: &[
        term(
            "university",
            "高等院校",
            "University",
            &["高校", "大学", "学校", "普通高校", "高职院校", "college", "higher education"],
        ),
        term(
            "institute",
            "科研院所",
            "Research institute",
            &["科研机构", "研究院", "研究所", "科研单位", "院所", "科研", "research institution"],
        ),
        term(
            "new_rnd",
            "新型研发机构",
            "New-type R&D organization",
            &["产业技术研究院", "产业研究院", "新研机构"],
        ),
        term(
            "enterprise",
            "企业",
            "Enterprise",
            &[
                "公司",
                "民营企业",
                "国有企业",
                "高新技术企业",
                "私营企业",
                "有限责任公司",
                "中小企业",
                "外资企业",
                "firm",
                "business",
            ],
        ),
        term("hospital", "医疗卫生机构", "Hospital", &["医院", "医疗机构"]),
        term(
            "service_agency",
            "科技服务机构",
            "Service agency",
            &["服务机构", "中介机构", "技术转移机构", "技术转移示范机构", "科技中介", "咨询机构"],
        ),
        term(
            "exchange",
            "技术交易机构",
            "Technology exchange",
            &["技术交易所", "交易机构", "产权交易机构", "交易", "技术市场"],
        ),
        term("incubator", "孵化载体", "Incubator", &["孵化器", "众创空间", "加速器", "科技企业孵化器"]),
        term("park", "园区", "Park", &["高新区", "开发区", "科技园", "大学科技园", "产业园"]),
        term("finance", "金融投资机构", "Finance", &["金融机构", "投资机构", "银行", "基金", "创投"]),
        term(
            "association",
            "协会学会",
            "Association",
            &["协会", "学会", "行业协会", "社会团体", "社团", "联盟", "技术创新联盟", "创新联合体"],
        ),
        term("public_institution", "事业单位", "Public institution", &["公益事业单位"]),
        term("government", "政府机关", "Government", &["机关", "政府部门", "党政机关"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// 法人类型 of the annual form of service agencies.
pub const LEGAL_FORM: Vocabulary = Vocabulary {
    id: "legal_form",
    source: "技术转移机构年报 法人类型",
    terms: &[
        term("enterprise", "企业法人", "Company", &["企业", "有限责任公司", "股份有限公司", "公司"]),
        term("public_institution", "事业法人", "Public institution", &["事业单位", "事业单位法人", "事业"]),
        term("association", "社团法人", "Association", &["社团", "社会团体", "社会团体法人"]),
        term(
            "private_non_enterprise",
            "民办非企业单位",
            "Private non-enterprise unit",
            &["民非", "社会服务机构", "民办非企业"],
        ),
        term("internal", "内设机构", "Internal department", &["内设", "非独立法人"]),
        term("government", "机关法人", "Government body", &["机关"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// 身份: what a person is to a technology market.
pub const PERSON_ROLE: Vocabulary = Vocabulary {
    id: "person_role",
    source: "技术市场人员身份（常用）",
    terms: &[
        term(
            "researcher",
            "科研专家",
            "Researcher",
            &["技术专家", "科技专家", "科研人员", "教授", "学术专家", "scientist"],
        ),
        term("industry_expert", "产业专家", "Industry expert", &["行业专家", "企业专家", "产业教授"]),
        term(
            "technology_manager",
            "技术经理人",
            "Technology manager",
            &["技术经纪人", "技术转移经理人", "科技经纪人", "technology broker"],
        ),
        term("conversion_agent", "成果转化员", "Conversion agent", &["转化员", "科技成果转化员"]),
        term("innovation_liaison", "创新协作员", "Innovation liaison", &["协作员", "科技专员", "科技联络员"]),
        term("project_manager", "项目经理人", "Project manager", &["科技项目经理人"]),
        term("commissioner", "科技特派员", "Science commissioner", &["特派员"]),
        term("mentor", "创业导师", "Mentor", &["导师"]),
        term("ip_expert", "知识产权专家", "IP expert", &["专利专家", "专利代理师"]),
        term("investor", "投融资专家", "Investor", &["投资人", "投资专家", "金融专家", "财务专家"]),
        term("evaluator", "评价专家", "Evaluator", &["评估专家", "评审专家"]),
        term("manager", "管理专家", "Management expert", &["政策专家", "法律专家"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// What an expert can do for a firm.
pub const EXPERT_OFFER: Vocabulary = Vocabulary {
    id: "expert_offer",
    source: "专家可服务方式（常用）",
    terms: &[
        term("consulting", "技术咨询", "Consulting", &["咨询", "顾问", "技术顾问"]),
        term(
            "joint_development",
            "合作研发",
            "Joint development",
            &["合作开发", "联合研发", "项目合作", "联合攻关"],
        ),
        term("contract_research", "委托研发", "Contract research", &["委托开发", "技术开发", "技术攻关"]),
        term("technical_service", "技术服务", "Technical service", &["技术指导", "现场指导", "技术诊断"]),
        term("evaluation", "评价评审", "Evaluation", &["评审", "成果评价", "技术评估", "项目评审"]),
        term("training", "培训讲座", "Training", &["培训", "讲座", "授课", "人才培养"]),
        term("mentoring", "创业辅导", "Mentoring", &["辅导", "创业指导"]),
        term("testing", "检验检测", "Testing", &["检测", "测试"]),
        term("part_time", "兼职", "Part-time post", &["兼职任职", "挂职", "产业专家聘用"]),
        term("transfer", "成果转让", "Transfer of results", &["技术转让", "成果转化", "专利许可"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// Languages in which listings are written (ISO 639-1).
pub const LANGUAGE: Vocabulary = Vocabulary {
    id: "language",
    source: "ISO 639-1",
    terms: &[
        term(
            "zh",
            "中文",
            "Chinese",
            &["汉语", "简体中文", "繁体中文", "zh-cn", "zh-hans", "zh-hant", "zho", "chi"],
        ),
        term("en", "英文", "English", &["英语", "eng", "en-us", "en-gb"]),
        term("ja", "日文", "Japanese", &["日语", "jpn"]),
        term("ko", "韩文", "Korean", &["韩语", "朝鲜语", "kor"]),
        term("ru", "俄文", "Russian", &["俄语", "rus"]),
        term("de", "德文", "German", &["德语", "ger", "deu"]),
        term("fr", "法文", "French", &["法语", "fre", "fra"]),
        term("es", "西班牙文", "Spanish", &["西班牙语", "spa"]),
        term("pt", "葡萄牙文", "Portuguese", &["葡萄牙语", "por"]),
        term("it", "意大利文", "Italian", &["意大利语", "ita"]),
        term("ar", "阿拉伯文", "Arabic", &["阿拉伯语", "ara"]),
    ],
};
