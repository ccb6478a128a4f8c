//! Lists that describe a result: fields, categories, rights, level.

use super::{Vocabulary, term};

/// 技术领域: the eleven fields of the national technology-market statistics.
pub const FIELD: Vocabulary = Vocabulary {
    id: "field",
    source: "全国技术市场统计 技术领域",
    terms: &[
        term(
            "electronics_it",
            "电子信息",
            "Electronics and information",
            &[
                "电子信息技术",
                "信息技术",
                "电子与信息",
                "计算机",
                "软件",
                "人工智能",
                "通信",
                "information technology",
                "it",
                "electronics",
                "electrical and electronics",
                "communications",
                "computer software",
                "software",
                "sensors",
                "robotics automation and control",
                "it and software",
                "information technology and software",
            ],
        ),
        term(
            "aerospace",
            "航空航天",
            "Aerospace",
            &["航空航天技术", "航天", "航空", "aeronautics", "space", "propulsion"],
        ),
        term(
            "advanced_manufacturing",
            "先进制造",
            "Advanced manufacturing",
            &[
                "先进制造技术",
                "先进制造与自动化",
                "智能制造",
                "装备制造",
                "机械制造",
                "光机电一体化",
                "manufacturing",
                "mechanical and fluid systems",
                "optics",
            ],
        ),
        term(
            "biomedicine",
            "生物、医药和医疗器械",
            "Biology, medicine and medical devices",
            &[
                "生物医药",
                "生物与新医药",
                "生物医药技术",
                "医药",
                "医疗器械",
                "生物技术",
                "生物、医药和医疗器械技术",
                "医药卫生",
                "biology and medicine",
                "health medicine and biotechnology",
                "biotechnology",
                "medical devices",
                "medicine",
            ],
        ),
        term(
            "new_materials",
            "新材料及其应用",
            "New materials",
            &["新材料", "材料", "新材料技术", "新材料及应用", "materials", "materials and coatings"],
        ),
        term(
            "new_energy",
            "新能源与高效节能",
            "New energy and energy efficiency",
            &[
                "新能源",
                "新能源与节能",
                "能源",
                "节能",
                "高效节能",
                "新能源及高效节能",
                "energy",
                "power generation and storage",
            ],
        ),
        term(
            "environment_resources",
            "环境保护与资源综合利用",
            "Environment and resources",
            &[
                "环境保护",
                "环保",
                "资源与环境",
                "节能环保",
                "环境保护与资源综合利用技术",
                "资源综合利用",
                "environment",
                "environmental protection",
            ],
        ),
        term("nuclear", "核应用", "Nuclear applications", &["核应用技术", "核技术", "nuclear"]),
        term(
            "agriculture",
            "农业",
            "Agriculture",
            &["农业技术", "现代农业", "农林牧渔", "agriculture and food"],
        ),
        term(
            "transport",
            "现代交通",
            "Modern transport",
            &["交通", "交通运输", "现代交通技术", "轨道交通", "transport", "transportation"],
        ),
        term(
            "urban_social",
            "城市建设与社会发展",
            "Urban and social development",
            &[
                "城市建设",
                "社会发展",
                "城市建设及社会发展",
                "社会事业",
                "建筑",
                "urban development",
                "social development",
            ],
        ),
    ],
};

/// 国家重点支持的高新技术领域 (国科发火〔2016〕32号, annex): eight.
pub const HIGH_TECH_FIELD: Vocabulary = Vocabulary {
    id: "high_tech_field",
    source: "国家重点支持的高新技术领域（国科发火〔2016〕32号）",
    terms: &[
        term(
            "electronics_it",
            "电子信息",
            "Electronics and information",
            &["电子信息技术", "electronics and information technology"],
        ),
        term("biomedicine", "生物与新医药", "Biology and new medicine", &["生物医药", "生物与新医药技术"]),
        term("aerospace", "航空航天", "Aerospace", &["航空航天技术"]),
        term("new_materials", "新材料", "New materials", &["新材料技术"]),
        term("high_tech_services", "高技术服务", "High-tech services", &["高技术服务业"]),
        term(
            "new_energy",
            "新能源与节能",
            "New energy and energy saving",
            &["新能源及节能", "新能源与节能技术"],
        ),
        term("resources_environment", "资源与环境", "Resources and environment", &["资源与环境技术"]),
        term(
            "advanced_manufacturing",
            "先进制造与自动化",
            "Advanced manufacturing and automation",
            &["先进制造", "先进制造与自动化技术"],
        ),
    ],
};

/// 战略性新兴产业分类(2018): nine.
pub const EMERGING_INDUSTRY: Vocabulary = Vocabulary {
    id: "emerging_industry",
    source: "战略性新兴产业分类（2018）",
    terms: &[
        term(
            "next_generation_it",
            "新一代信息技术",
            "Next-generation information technology",
            &["新一代信息技术产业", "电子信息", "信息技术"],
        ),
        term(
            "high_end_equipment",
            "高端装备制造",
            "High-end equipment",
            &["高端装备制造产业", "高端装备", "装备制造"],
        ),
        term("new_materials", "新材料", "New materials", &["新材料产业"]),
        term("biology", "生物", "Biology", &["生物产业", "生物医药", "大健康"]),
        term(
            "new_energy_vehicles",
            "新能源汽车",
            "New-energy vehicles",
            &["新能源汽车产业", "新能源与智能网联汽车"],
        ),
        term("new_energy", "新能源", "New energy", &["新能源产业"]),
        term("energy_saving_environment", "节能环保", "Energy saving and environment", &["节能环保产业"]),
        term("digital_creative", "数字创意", "Digital creative", &["数字创意产业"]),
        term("related_services", "相关服务业", "Related services", &["相关服务"]),
    ],
};

/// 成果类别, as results are registered.
pub const RESULT_CATEGORY: Vocabulary = Vocabulary {
    id: "result_category",
    source: "科技成果登记 成果类别",
    terms: &[
        term("basic_theory", "基础理论成果", "Basic theory", &["基础理论", "基础研究"]),
        term(
            "applied_technology",
            "应用技术成果",
            "Applied technology",
            &["应用技术", "应用研究", "技术开发"],
        ),
        term("soft_science", "软科学成果", "Soft science", &["软科学", "软科学研究"]),
    ],
};

/// 成果属性, as results are registered.
pub const RESULT_PROPERTY: Vocabulary = Vocabulary {
    id: "result_property",
    source: "科技成果登记 成果属性",
    terms: &[
        term("original", "原始性创新", "Original innovation", &["原始创新", "自主创新", "原创"]),
        term("integrated", "集成创新", "Integrated innovation", &["集成性创新"]),
        term(
            "absorbed",
            "国外引进消化吸收创新",
            "Improved from abroad",
            &["引进消化吸收创新", "引进消化吸收再创新"],
        ),
        term(
            "secondary",
            "国内技术二次开发",
            "Further development of domestic technology",
            &["二次开发", "国内技术二次开发创新"],
        ),
    ],
};

/// 知识产权类型 of a municipal form, the patent kinds named.
pub const IP_TYPE: Vocabulary = Vocabulary {
    id: "ip_type",
    source: "科技成果信息表 知识产权类型",
    terms: &[
        term("patent", "专利", "Patent", &["专利技术", "patents"]),
        term("invention", "发明专利", "Invention patent", &["发明", "国家发明专利"]),
        term("utility_model", "实用新型专利", "Utility model", &["实用新型"]),
        term("design", "外观设计专利", "Design patent", &["外观设计", "外观"]),
        term("software", "软件著作权", "Software copyright", &["软著", "计算机软件著作权", "copyright"]),
        term("layout", "集成电路布图设计", "Integrated-circuit layout", &["布图设计", "集成电路布图设计权"]),
        term("variety", "品种", "Plant or animal variety", &["植物新品种", "新品种", "动植物新品种"]),
        term("strain", "品系", "Strain", &["新品系"]),
        term("pesticide", "农药", "Pesticide", &["农药登记"]),
        term("veterinary_drug", "兽药", "Veterinary drug", &["新兽药"]),
        term("drug", "新药", "Drug", &["药品", "国家新药"]),
        term("know_how", "专有技术", "Know-how", &["技术秘密", "非专利技术", "trade secret"]),
        term("standard", "标准", "Standard", &["技术标准"]),
        term("other", "其他", "Other", &["其它"]),
        term("none", "无", "None", &["没有", "无知识产权"]),
    ],
};

/// 知识产权状态.
pub const IP_STATUS: Vocabulary = Vocabulary {
    id: "ip_status",
    source: "专利法律状态（常用）",
    terms: &[
        term(
            "granted",
            "已授权",
            "Granted",
            &["授权", "有效", "专利权维持", "issued", "active", "patented", "in force"],
        ),
        term(
            "pending",
            "申请中",
            "Pending",
            &[
                "审查中",
                "已申请",
                "实质审查",
                "实审",
                "已受理",
                "application",
                "patent pending",
                "filed",
                "applied",
            ],
        ),
        term("published", "已公开", "Published", &["公开"]),
        term("expired", "已失效", "Expired", &["失效", "届满", "终止", "lapsed", "inactive"]),
        term("none", "未申请", "Not filed", &["无", "没有", "unfiled"]),
    ],
};

/// 技术水平 of a provincial form.
pub const LEVEL: Vocabulary = Vocabulary {
    id: "level",
    source: "科技成果信息表 技术水平",
    terms: &[
        term("world_leading", "国际领先", "World-leading", &["国际领先水平"]),
        term("world_advanced", "国际先进", "Advanced worldwide", &["国际先进水平", "世界先进"]),
        term("china_leading", "国内领先", "Leading in China", &["国内领先水平"]),
        term("china_advanced", "国内先进", "Advanced in China", &["国内先进水平"]),
        term("china_common", "国内一般", "Common in China", &["一般", "国内一般水平"]),
    ],
};

/// 新颖类型: 新技术、新材料、新工艺、新产品 and their neighbours.
pub const NOVELTY: Vocabulary = Vocabulary {
    id: "novelty",
    source: "成果体现形式（常用）",
    terms: &[
        term("technology", "新技术", "New technology", &["技术"]),
        term("material", "新材料", "New material", &["材料"]),
        term("process", "新工艺", "New process", &["工艺"]),
        term("product", "新产品", "New product", &["产品"]),
        term("equipment", "新装备", "New equipment", &["装备", "新设备", "设备"]),
        term("variety", "新品种", "New variety", &["农业新品种", "生物新品种"]),
        term("software", "软件", "Software", &["计算机软件", "系统"]),
        term("other", "其他", "Other", &["其它"]),
    ],
};
