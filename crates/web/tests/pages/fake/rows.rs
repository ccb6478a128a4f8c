//! What the fixed source holds, row by row.

use super::{EXPERT, FORGED, GONE, NEED, SOLID};

pub(super) type CardRow = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<(u8, u8)>,
    i64,
);

pub(super) const CARDS: &[CardRow] = &[
    (
        SOLID,
        "achievement",
        "面向动力电池的硫化物固态电解质膜连续制备技术",
        "以干法成膜代替溶剂浇铸，膜厚 30 微米，室温离子电导率 3.1 mS/cm，已完成 10 米级连续试制，可用于 20 Ah 级软包电池。",
        "武汉大学",
        "420106",
        "new_materials",
        Some((4, 6)),
        0,
    ),
    (
        NEED,
        "demand",
        "海上风电塔筒内壁长效防腐涂层",
        "现有环氧体系在高盐雾、冷凝水交替环境下三年即起泡，希望寻找设计寿命二十五年、可现场修补的涂层方案。",
        "湖北长江装备股份有限公司",
        "420684",
        "new_materials",
        None,
        1,
    ),
    (
        EXPERT,
        "expert",
        "陈晓岚　教授：复合材料结构健康监测",
        "长期从事光纤传感与结构损伤识别，可提供诊断、培训和联合研发。",
        "华中科技大学",
        "420111",
        "advanced_manufacturing",
        None,
        2,
    ),
    (
        GONE,
        "achievement",
        "水稻籽粒重金属低积累品种选育与示范",
        "镉含量较对照降低六成以上，已在江汉平原三县示范两万亩，产量与主栽品种持平。",
        "华中农业大学",
        "421022",
        "agriculture",
        Some((8, 9)),
        3,
    ),
    (
        "b1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "service",
        "科技成果评价与技术合同认定登记",
        "按《科学技术评价》规范组织同行评议，五个工作日出具报告；合同认定登记当日办结。",
        "湖北技术交易所",
        "420106",
        "urban_social",
        None,
        3,
    ),
    (
        "c1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "activity",
        "2026 年春季“新材料＋新能源”成果对接会（襄阳）",
        "现场发布成果四十项、企业需求二十六项，设一对一洽谈区；线上同步。",
        "襄阳市科学技术局",
        "420602",
        "new_energy",
        None,
        5,
    ),
    (
        FORGED,
        "achievement",
        "Low-cost LiDAR for port machinery",
        "Solid-state scanner with 120 m range, tested on two gantry cranes over one winter.",
        "Wuhan Optics Valley Sensing Co., Ltd.",
        "420111",
        "electronics_it",
        Some((7, 7)),
        8,
    ),
    (
        "d1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "organization",
        "宜昌市磷化工产业技术研究院",
        "服务磷石膏综合利用、精细磷酸盐与电子级磷酸方向，开放中试平台两条线。",
        "宜昌市磷化工产业技术研究院",
        "420504",
        "environment_resources",
        None,
        13,
    ),
];

pub(super) type StatementRow = (&'static str, &'static str, &'static str, &'static str, bool);

pub(super) const STATEMENTS: &[StatementRow] = &[
    ("screening", "rejected", "缺少第三方检测报告，请补充后重新提交。", "湖北技术交易所", false),
    ("evaluation", "trl=6,value=120", "", "湖北省科技评估中心", true),
    ("recognition", "湖北省科技成果登记 2026-0317", "", "湖北省科学技术厅", true),
    ("green_label", "A+", "另一版本的程序写的标签", "襄阳市科学技术局", true),
];

pub(super) const HALLS: &[(&str, u64)] = &[
    ("trade", 5_120),
    ("achievement", 7_312),
    ("demand", 2_064),
    ("service", 2_956),
    ("activity", 76),
    ("beyond", 431),
];

pub(super) const KINDS: &[(&str, u64)] = &[
    ("achievement", 7_312),
    ("demand", 2_064),
    ("expert", 1_480),
    ("organization", 864),
    ("service", 612),
    ("activity", 76),
];

pub(super) const FIELDS: &[(&str, &[&str])] = &[
    ("title", &["面向动力电池的硫化物固态电解质膜连续制备技术"]),
    (
        "summary",
        &[
            "以干法成膜代替溶剂浇铸，膜厚 30 微米，室温离子电导率 3.1 mS/cm，已完成 10 米级连续试制，可用于 20 Ah 级软包电池。",
        ],
    ),
    ("keyword/固态电池", &["true"]),
    ("keyword/硫化物电解质", &["true"]),
    ("keyword/干法成膜", &["true"]),
    ("field/new_materials", &["true"]),
    ("field/new_energy", &["true"]),
    ("trl_min", &["4"]),
    ("trl_max", &["6"]),
    ("trl_word", &["通过小试"]),
    ("cooperation/exclusive_license", &["true"]),
    ("cooperation/joint_development", &["true"]),
    ("price_min", &["3000000", "3500000"]),
    ("price_max", &["5000000"]),
    (
        "advantages",
        &[
            "一、全程无溶剂，能耗较湿法降低约四成；\n二、厚度偏差小于 ±1.5 微米，可与现有辊压设备衔接；\n三、膜片对湿度的敏感性显著降低，露点 −40 ℃ 环境下可稳定操作 8 小时。",
        ],
    ),
    ("problem", &["硫化物电解质对水分敏感、成膜脆，溶剂残留影响界面，制约固态电池放大生产。"]),
    (
        "indicators",
        &["膜厚 30±1.5 μm；离子电导率 ≥3 mS/cm（25 ℃）；抗拉强度 ≥6 MPa；幅宽 300 mm；线速度 3 m/min。"],
    ),
    ("use_cases", &["新能源汽车动力电池、低空飞行器高比能电池、储能电站。"]),
    ("patent/CN202310123456.7", &["true"]),
    ("patent/CN202310654321.0", &["true"]),
    ("ipc/H01M10/0562", &["true"]),
    ("organization", &["武汉大学"]),
    ("credit_code", &["12100000707137123P"]),
    ("region", &["420106"]),
    ("region_as_of", &["2024"]),
    ("year", &["2025"]),
    ("completed_on", &["2025-11"]),
    ("team", &["张明远 教授课题组，固定成员 12 人，其中博士后 3 人。"]),
    ("contact_name", &["李静（技术转移中心）"]),
    ("contact_phone", &["027-6875 0000"]),
    ("contact_email", &["tto@example.edu.cn"]),
    ("url", &["https://example.edu.cn/results/3f9a"]),
    ("source_id", &["WHU-2025-0317"]),
    ("carbon_saving_2027", &["约 1.2 吨 CO₂ 每百平方米"]),
];
