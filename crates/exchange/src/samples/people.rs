//! Places and fictional institutions and people of sample listings. Every institution's name says 样例 or Sample: no
//! real one can be meant.

use super::domains::Pair;

/// GB/T 2260 codes of Hubei with their names.
pub(super) const PLACES: &[(&str, Pair)] = &[
    ("420106", ("武昌", "Wuchang")),
    ("420111", ("洪山", "Hongshan")),
    ("420102", ("江岸", "Jiang'an")),
    ("420114", ("蔡甸", "Caidian")),
    ("420200", ("黄石", "Huangshi")),
    ("420300", ("十堰", "Shiyan")),
    ("420500", ("宜昌", "Yichang")),
    ("420600", ("襄阳", "Xiangyang")),
    ("420700", ("鄂州", "Ezhou")),
    ("420800", ("荆门", "Jingmen")),
    ("420900", ("孝感", "Xiaogan")),
    ("421000", ("荆州", "Jingzhou")),
    ("421100", ("黄冈", "Huanggang")),
    ("421200", ("咸宁", "Xianning")),
    ("421300", ("随州", "Suizhou")),
    ("422800", ("恩施", "Enshi")),
    ("429004", ("仙桃", "Xiantao")),
    ("429005", ("潜江", "Qianjiang")),
    ("429006", ("天门", "Tianmen")),
    ("429021", ("神农架", "Shennongjia")),
];

/// What stands after a place's name in an institution's, with the id of its type.
pub(super) const INSTITUTIONS: &[(Pair, &str)] = &[
    (("样例大学", "Sample University"), "university"),
    (("样例理工学院", "Sample Institute of Technology"), "university"),
    (("样例产业技术研究院", "Sample Industrial Research Institute"), "new_rnd"),
    (("样例农业科学院", "Sample Academy of Agriculture"), "institute"),
    (("样例光电科技有限公司", "Sample Photonics Ltd"), "enterprise"),
    (("样例智能装备有限公司", "Sample Smart Equipment Ltd"), "enterprise"),
    (("样例新材料有限公司", "Sample Materials Ltd"), "enterprise"),
    (("样例检测技术有限公司", "Sample Testing Ltd"), "enterprise"),
    (("样例技术转移中心", "Sample Technology Transfer Centre"), "service_agency"),
    (("样例科技企业孵化器", "Sample Incubator"), "incubator"),
];

/// Family names.
pub(super) const SURNAMES: &[Pair] = &[
    ("陈", "Chen"),
    ("李", "Li"),
    ("王", "Wang"),
    ("张", "Zhang"),
    ("刘", "Liu"),
    ("杨", "Yang"),
    ("黄", "Huang"),
    ("周", "Zhou"),
    ("吴", "Wu"),
    ("徐", "Xu"),
    ("孙", "Sun"),
    ("胡", "Hu"),
    ("朱", "Zhu"),
    ("高", "Gao"),
    ("林", "Lin"),
    ("何", "He"),
    ("郭", "Guo"),
    ("马", "Ma"),
    ("罗", "Luo"),
    ("梁", "Liang"),
    ("宋", "Song"),
    ("郑", "Zheng"),
    ("谢", "Xie"),
    ("韩", "Han"),
    ("唐", "Tang"),
    ("冯", "Feng"),
    ("于", "Yu"),
    ("董", "Dong"),
    ("萧", "Xiao"),
    ("程", "Cheng"),
    ("曹", "Cao"),
    ("袁", "Yuan"),
    ("邓", "Deng"),
    ("许", "Xu"),
    ("傅", "Fu"),
    ("沈", "Shen"),
    ("曾", "Zeng"),
    ("彭", "Peng"),
    ("吕", "Lü"),
    ("苏", "Su"),
];

/// Given names: the first syllable and the second.
pub(super) const GIVEN: [&[Pair]; 2] = [
    &[
        ("思", "Si"),
        ("明", "Ming"),
        ("文", "Wen"),
        ("晓", "Xiao"),
        ("建", "Jian"),
        ("雨", "Yu"),
        ("志", "Zhi"),
        ("嘉", "Jia"),
        ("景", "Jing"),
        ("云", "Yun"),
        ("清", "Qing"),
        ("春", "Chun"),
    ],
    &[
        ("远", "yuan"),
        ("宁", "ning"),
        ("涵", "han"),
        ("舟", "zhou"),
        ("川", "chuan"),
        ("岚", "lan"),
        ("平", "ping"),
        ("桐", "tong"),
        ("辰", "chen"),
        ("霖", "lin"),
        ("柯", "ke"),
        ("禾", "he"),
    ],
];

/// What a service does with an object, with the id of its type.
pub(super) const SERVICES: &[(Pair, &str)] = &[
    (("检验检测服务", "testing"), "testing"),
    (("中试放大服务", "pilot-scale production"), "pilot"),
    (("专利导航与布局服务", "patent landscaping"), "ip"),
    (("技术成熟度评价服务", "readiness evaluation"), "evaluation"),
    (("技术经纪与合同登记服务", "brokerage and contract registration"), "contract_registration"),
    (("标准研制服务", "standards drafting"), "consulting"),
];

/// Forms of an event, with the id of its type.
pub(super) const EVENTS: &[(Pair, &str)] = &[
    (("成果路演", "roadshow"), "roadshow"),
    (("供需对接会", "matching event"), "matching"),
    (("技术经理人培训班", "course for technology managers"), "training"),
    (("揭榜挂帅发布会", "challenge launch"), "challenge"),
    (("产学研沙龙", "industry-university salon"), "forum"),
    (("中试平台开放日", "pilot-plant open day"), "visit"),
];
