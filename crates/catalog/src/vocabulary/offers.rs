//! Lists that describe what is offered or wanted: cooperation, solutions, services, events.

use super::{Vocabulary, term};

/// 合作方式. 许可 alone does not say which licence, and real forms mislabel them, so it has a term of its own.
pub const COOPERATION: Vocabulary = Vocabulary {
    id: "cooperation",
    source: "科技成果信息表 转让方式；民法典第二十章",
    terms: &[
        term(
            "transfer",
            "转让",
            "Assignment",
            &[
                "技术转让",
                "所有权转让",
                "专利权转让",
                "专利转让",
                "专利申请权转让",
                "整体转让",
                "完全转让",
                "出让",
                "assignment of rights",
                "sale",
                "technology transfer",
            ],
        ),
        term(
            "license",
            "许可",
            "Licence",
            &[
                "技术许可",
                "专利许可",
                "许可使用",
                "专利实施许可",
                "使用许可",
                "license",
                "licensing",
                "licence agreement",
                "patent licence",
                "available for license",
                "available for licensing",
            ],
        ),
        term(
            "exclusive_license",
            "独占许可",
            "Exclusive licence",
            &["独占实施许可", "独占", "exclusive license", "exclusive"],
        ),
        term(
            "sole_license",
            "排他许可",
            "Sole licence",
            &["独家许可", "排他实施许可", "排他", "独家", "sole license"],
        ),
        term(
            "simple_license",
            "普通许可",
            "Non-exclusive licence",
            &["普通实施许可", "非独占许可", "一般许可", "普通", "non-exclusive license", "nonexclusive"],
        ),
        term(
            "open_license",
            "开放许可",
            "Open licence",
            &["开源", "专利开放许可", "open source", "open license", "open source license"],
        ),
        term(
            "equity",
            "作价入股",
            "Equity contribution",
            &[
                "作价投资",
                "技术入股",
                "技术作价入股",
                "入股",
                "股权合作",
                "technology as equity",
                "equity",
                "joint venture",
                "合资",
            ],
        ),
        term(
            "joint_development",
            "合作开发",
            "Joint development",
            &[
                "合作研发",
                "联合开发",
                "联合研发",
                "研发合作",
                "合作转化",
                "合作实施",
                "产学研合作",
                "r&d cooperation",
                "collaboration",
                "joint research",
                "co-development",
                "research collaboration",
            ],
        ),
        term(
            "commissioned_development",
            "委托开发",
            "Commissioned development",
            &["委托研发", "技术开发", "定向委托", "定制研发", "contract research"],
        ),
        term("technical_service", "技术服务", "Technical service", &["服务"]),
        term("technical_consulting", "技术咨询", "Technical consulting", &["咨询", "consulting"]),
        term(
            "self_implementation",
            "自行转化",
            "Own implementation",
            &["自主转化", "自行投资实施", "自行实施", "创业", "spin-off", "spinoff", "start-up"],
        ),
        term(
            "financing",
            "融资",
            "Financing",
            &["股权融资", "寻求投资", "融资需求", "质押融资", "investment"],
        ),
        term("negotiable", "面议", "To be agreed", &["均可", "协商", "不限", "any"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// 解决方式 of a provincial form of needs, with the ordered modes of research.
pub const SOLUTION: Vocabulary = Vocabulary {
    id: "solution",
    source: "技术需求征集表 解决方式",
    terms: &[
        term("own", "独立研发", "Own research", &["自主研发", "自主研究"]),
        term("commissioned", "委托研发", "Commissioned research", &["委托开发", "技术委托", "委托研究"]),
        term(
            "joint",
            "合作研发",
            "Joint research",
            &["合作开发", "联合研发", "联合开发", "产学研合作", "合作研究"],
        ),
        term(
            "acquisition",
            "技术引进",
            "Acquisition",
            &["技术转让", "技术许可", "引进", "购买技术", "技术购买"],
        ),
        term("directed", "定向委托", "Directed commission", &["定向研发"]),
        term("challenge", "揭榜挂帅", "Open challenge", &["揭榜", "揭榜解题", "挑战赛"]),
        term("pooled", "集采研发", "Pooled research", &["集采", "众筹研发"]),
        term("consulting", "技术咨询", "Consulting", &["技术服务", "咨询"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// 需求类别: the four kinds of need that sites look for.
pub const DEMAND_CATEGORY: Vocabulary = Vocabulary {
    id: "demand_category",
    source: "基层站点 企业需求分类",
    terms: &[
        term(
            "technology",
            "技术需求",
            "Technology",
            &["技术", "技术难题", "技术攻关", "关键技术研发", "技术研发", "产品研发", "技术改造", "技术配套"],
        ),
        term("capital", "资金需求", "Capital", &["资金", "融资", "融资需求"]),
        term("talent", "人才需求", "Talent", &["人才", "招聘"]),
        term("service", "服务需求", "Service", &["服务", "检测服务", "科技服务"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// 服务类型: what service agencies of technology markets do.
pub const SERVICE_TYPE: Vocabulary = Vocabulary {
    id: "service_type",
    source: "技术市场服务分类（常用）",
    terms: &[
        term(
            "matching",
            "供需对接",
            "Matching",
            &["技术对接", "成果对接", "在线对接", "对接服务", "技术转移", "技术转移服务", "成果转化服务"],
        ),
        term(
            "evaluation",
            "技术评估",
            "Evaluation",
            &[
                "成果评价",
                "科技成果评价",
                "技术评价",
                "评估",
                "价值评估",
                "成果评估",
                "评估鉴定",
                "科技成果评估鉴定",
            ],
        ),
        term(
            "trading",
            "技术交易",
            "Trading",
            &["挂牌交易", "竞价交易", "拍卖", "招拍挂", "交易服务", "技术产权交易"],
        ),
        term(
            "contract_registration",
            "技术合同登记",
            "Contract registration",
            &["技术合同认定登记", "合同登记"],
        ),
        term(
            "ip",
            "知识产权",
            "Intellectual property",
            &["知识产权服务", "专利代理", "专利导航", "知识产权运营"],
        ),
        term("testing", "检验检测", "Testing", &["检测", "分析测试", "测试", "检验检测服务", "检测认证"]),
        term("research", "研发设计", "Research and design", &["研发服务", "研究开发", "工业设计", "设计"]),
        term("pilot", "中试熟化", "Pilot scale", &["中试", "中试服务", "中试基地", "概念验证", "小试中试"]),
        term("incubation", "创业孵化", "Incubation", &["孵化", "孵化服务", "创业服务", "众创空间"]),
        term("landing", "园区落地", "Settling in a park", &["落地服务", "产业落地", "招商"]),
        term(
            "finance",
            "科技金融",
            "Finance",
            &["金融服务", "投融资", "融资服务", "贷款", "担保", "股权投资"],
        ),
        term(
            "consulting",
            "科技咨询",
            "Consulting",
            &["咨询服务", "管理咨询", "科技情报", "查新", "科技查新", "技术咨询"],
        ),
        term(
            "training",
            "人才培训",
            "Training",
            &["培训", "技术经纪人培训", "技术经理人培训", "经纪培育", "人才培养"],
        ),
        term(
            "policy",
            "政策服务",
            "Policy service",
            &["政策咨询", "政策宣讲", "项目申报", "政府服务", "资质认定"],
        ),
        term(
            "equipment_sharing",
            "仪器共享",
            "Shared equipment",
            &["大型仪器共享", "仪器设备共享", "设备共享"],
        ),
        term("software_it", "信息技术服务", "IT service", &["软件开发", "信息化服务", "数字化转型"]),
        term("legal", "法律服务", "Legal service", &["法务", "合同服务"]),
        term("promotion", "推广服务", "Promotion", &["宣传推广", "会展服务", "路演服务"]),
        term("other", "其他", "Other", &["其它", "综合服务"]),
    ],
};

/// 活动类型.
pub const ACTIVITY_TYPE: Vocabulary = Vocabulary {
    id: "activity_type",
    source: "技术市场活动分类（常用）",
    terms: &[
        term(
            "matching",
            "对接会",
            "Matching event",
            &["供需对接", "对接活动", "产学研对接", "对接", "产学研对接活动", "银企对接"],
        ),
        term("roadshow", "路演", "Roadshow", &["项目路演", "成果路演", "推介会", "成果推介会"]),
        term("release", "成果发布", "Release of results", &["成果发布会", "发布会", "成果专场"]),
        term("exhibition", "展会", "Exhibition", &["成果展", "博览会", "高交会", "展览", "展示"]),
        term(
            "contest",
            "创新大赛",
            "Contest",
            &["大赛", "创新创业大赛", "比赛", "竞赛", "挑战赛", "创新挑战赛"],
        ),
        term("challenge", "揭榜挂帅", "Open challenge", &["揭榜", "发榜", "张榜"]),
        term("auction", "竞价拍卖", "Auction", &["拍卖", "拍卖会", "竞价", "科技成果拍卖"]),
        term("training", "培训", "Training", &["培训班", "讲座", "培训活动", "沙龙培训"]),
        term(
            "forum",
            "论坛",
            "Forum",
            &["研讨会", "学术会议", "峰会", "沙龙", "会议", "conference", "seminar"],
        ),
        term("policy", "政策宣讲", "Policy briefing", &["政策解读", "宣讲会"]),
        term("visit", "走访考察", "Visit", &["企业行", "进园区", "走访", "园区行"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};

/// 参加方式.
pub const ATTENDANCE: Vocabulary = Vocabulary {
    id: "attendance",
    source: "活动参加方式（常用）",
    terms: &[
        term("onsite", "线下", "On site", &["现场", "线下活动", "in person", "offline"]),
        term("online", "线上", "Online", &["网络", "直播", "线上活动", "virtual"]),
        term("hybrid", "线上线下结合", "Hybrid", &["线上+线下", "线上线下", "线上与线下"]),
    ],
};
