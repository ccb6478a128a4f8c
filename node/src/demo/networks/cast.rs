//! Who takes part where networks exchange: four provinces' networks, each a hub and two places, with the listings that each
//! publishes and what each network gives to its neighbours. Places are real divisions of GB/T 2260; every institution and
//! person is fictional, and its name says so (样例, Sample).

use catalog::Kind::{self, Achievement, Activity, Demand, Expert, Service};
use catalog::Lang;
use protocol::Role::{GrassrootsSite, Hub, ResourceStation, SubMarket};

use super::super::crew::Seat;

/// Nodes of a network.
pub const SEATS: usize = 3;
/// Most networks that take part.
pub const MOST: usize = 4;

/// One network.
#[derive(Debug)]
pub struct Network {
    /// The province, Chinese and English.
    pub province: (&'static str, &'static str),
    /// Its nodes, the hub first.
    pub seats: [Seat; SEATS],
    /// What it gives to the network with which it proposes an agreement.
    pub proposes: &'static [Give],
    /// What it gives to the network that proposes one to it.
    pub grants: &'static [Give],
    /// The licence that it states where it proposes.
    pub licence: &'static str,
    /// What its nodes publish.
    pub samples: &'static [Sample],
}

/// Public listings that are given: of a kind or of all, of divisions whose codes begin so.
#[derive(Debug)]
pub struct Give {
    /// `None` for all.
    pub kind: Option<Kind>,
    /// First digits of a code; empty for all.
    pub region: &'static str,
}

/// Whom a listing is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Anyone.
    Public,
    /// The nodes of its network.
    Members,
    /// Nobody yet: it stays on its node.
    Draft,
}

/// A listing.
#[derive(Debug)]
pub struct Sample {
    /// Which of the network's nodes writes it.
    pub seat: usize,
    /// Its kind.
    pub kind: Kind,
    /// Whom it is for.
    pub reach: Reach,
    /// Title.
    pub title: &'static str,
    /// Summary.
    pub summary: &'static str,
}

const fn give(kind: Kind, region: &'static str) -> Give {
    Give { kind: Some(kind), region }
}

const fn sample(seat: usize, kind: Kind, reach: Reach, title: &'static str, summary: &'static str) -> Sample {
    Sample { seat, kind, reach, title, summary }
}

impl Network {
    /// The province's name.
    pub fn province(&self, lang: Lang) -> &'static str {
        lang.pick(self.province.0, self.province.1)
    }
}

impl Give {
    /// As the command line takes it.
    pub fn text(&self) -> String {
        let kind = self.kind.map_or("all", Kind::id);
        if self.region.is_empty() { kind.to_owned() } else { format!("{kind}@{}", self.region) }
    }

    /// Whether a public listing of that kind and region is given.
    pub fn covers(&self, kind: Kind, region: &str) -> bool {
        self.kind.is_none_or(|given| given == kind) && region.starts_with(self.region)
    }
}

/// All networks: as many as take part are taken from the front. Each publishes what is given to one neighbour, to both and to
/// nobody; what is not given to a network is looked for in it.
#[rustfmt::skip]
pub const NETWORKS: [Network; MOST] = [
    Network {
        province: ("湖北", "Hubei"),
        seats: [
            Seat { slug: "42-1-hub", name: ("湖北科技大市场（样例）", "Hubei Technology Market (Sample)"), role: Hub, region: "420000" },
            Seat { slug: "42-2-donghu-university", name: ("东湖样例大学技术转移中心", "Donghu Sample University"), role: ResourceStation, region: "420111" },
            Seat { slug: "42-3-xiajiang-park", name: ("峡江样例产业园站点", "Xiajiang Sample Park Site"), role: GrassrootsSite, region: "420502" },
        ],
        proposes: &[give(Achievement, "4201")],
        grants: &[give(Demand, "")],
        licence: "CC-BY-4.0",
        samples: &[
            sample(1, Achievement, Reach::Public, "石墨烯导热膜卷对卷制备", "幅宽500毫米，面内导热系数1200瓦每米开，已完成百米级连续试制。"),
            sample(1, Achievement, Reach::Public, "光纤光栅桥梁应变监测", "单根光纤串接64个测点，在两座公路桥上连续运行三年。"),
            sample(1, Expert, Reach::Public, "陈明远（样例）", "从事光纤传感二十年，愿为桥梁和隧道监测提供咨询。"),
            sample(1, Achievement, Reach::Members, "退役锂电池酸浸回收（仅供本网络）", "镍钴锰综合回收率97%，参数只给本网络成员看。"),
            sample(1, Demand, Reach::Draft, "求购低温探针台（尚未发布）", "草稿：预算和用途待定。"),
            sample(0, Service, Reach::Public, "技术合同认定登记代办", "从文本审查到取得登记证明，五个工作日。"),
            sample(2, Achievement, Reach::Public, "柑橘皮渣提取果胶", "吨产品用水减半，果胶酯化度可调。"),
            sample(2, Demand, Reach::Public, "化工园区求废盐资源化方案", "每年一万吨混合废盐，要求回用率不低于80%。"),
        ],
    },
    Network {
        province: ("浙江", "Zhejiang"),
        seats: [
            Seat { slug: "33-1-hub", name: ("浙江科技大市场（样例）", "Zhejiang Technology Market (Sample)"), role: Hub, region: "330000" },
            Seat { slug: "33-2-zhijiang-university", name: ("之江样例大学技术转移中心", "Zhijiang Sample University"), role: ResourceStation, region: "330106" },
            Seat { slug: "33-3-yongjiang-market", name: ("甬江分市场（样例）", "Yongjiang Sub-market (Sample)"), role: SubMarket, region: "330206" },
        ],
        proposes: &[Give { kind: None, region: "3301" }],
        grants: &[give(Achievement, "")],
        licence: "CC-BY-SA-4.0",
        samples: &[
            sample(1, Achievement, Reach::Public, "针织疵点在线视觉检测", "每分钟60米，检出率98%，可加装在现有大圆机上。"),
            sample(1, Service, Reach::Public, "高分子材料老化试验", "氙灯、紫外、盐雾三类老化，十个工作日出报告。"),
            sample(1, Demand, Reach::Members, "求购微通道反应器（仅供本网络）", "通量和温度窗口只给本网络成员看。"),
            sample(0, Activity, Reach::Public, "块状经济数字化对接会", "十二家院所与五十家企业面对面，名额一百人。"),
            sample(2, Achievement, Reach::Public, "薄壁注塑件快速热循环成型", "成型周期缩短三成，表面免喷涂。"),
            sample(2, Service, Reach::Public, "模具流动仿真与试模", "提供方案、仿真、试模一体服务。"),
            sample(2, Demand, Reach::Draft, "求耐海水紧固件涂层（尚未发布）", "草稿：盐雾时间要求待核实。"),
        ],
    },
    Network {
        province: ("山东", "Shandong"),
        seats: [
            Seat { slug: "37-1-hub", name: ("山东科技大市场（样例）", "Shandong Technology Market (Sample)"), role: Hub, region: "370000" },
            Seat { slug: "37-2-luoyuan-institute", name: ("泺源样例研究院", "Luoyuan Sample Institute"), role: ResourceStation, region: "370102" },
            Seat { slug: "37-3-jiaozhou-park", name: ("胶州湾样例产业园站点", "Jiaozhou Bay Sample Park Site"), role: GrassrootsSite, region: "370203" },
        ],
        proposes: &[give(Achievement, "")],
        grants: &[give(Expert, ""), give(Service, "3702")],
        licence: "CC-BY-4.0",
        samples: &[
            sample(1, Achievement, Reach::Public, "盐碱地水稻分子育种", "耐盐0.4%，三年区试平均亩产520公斤。"),
            sample(1, Achievement, Reach::Public, "重载轮毂旋压近净成形", "材料利用率提高到85%，疲劳寿命提高一倍。"),
            sample(1, Expert, Reach::Public, "孙海宁（样例）", "从事作物抗逆育种，可到现场指导。"),
            sample(1, Service, Reach::Members, "育种材料基因检测（仅供本网络）", "价格和排期只给本网络成员看。"),
            sample(0, Activity, Reach::Public, "海洋装备成果发布会", "发布二十项成果，现场签约。"),
            sample(2, Service, Reach::Public, "橡胶制品疲劳测试", "动态疲劳和蠕变，七个工作日出报告。"),
            sample(2, Demand, Reach::Public, "求冷库节能改造方案", "两万吨冷库，希望年节电15%以上。"),
            sample(2, Achievement, Reach::Draft, "船舶岸电快速接驳（尚未发布）", "草稿：专利申请后再发布。"),
        ],
    },
    Network {
        province: ("陕西", "Shaanxi"),
        seats: [
            Seat { slug: "61-1-hub", name: ("陕西科技大市场（样例）", "Shaanxi Technology Market (Sample)"), role: Hub, region: "610000" },
            Seat { slug: "61-2-yanta-university", name: ("雁塔样例大学技术转移中心", "Yanta Sample University"), role: ResourceStation, region: "610113" },
            Seat { slug: "61-3-chencang-market", name: ("陈仓分市场（样例）", "Chencang Sub-market (Sample)"), role: SubMarket, region: "610303" },
        ],
        proposes: &[give(Achievement, "6101")],
        grants: &[give(Demand, "")],
        licence: "CC-BY-4.0",
        samples: &[
            sample(1, Achievement, Reach::Public, "高温合金叶片激光熔覆修复", "修复层与基体同成分，已修复三百余片。"),
            sample(1, Expert, Reach::Public, "赵一川（样例）", "从事航空材料修复，愿与企业共建中试线。"),
            sample(1, Achievement, Reach::Members, "钛合金粉末球化参数（仅供本网络）", "工艺参数只给本网络成员看。"),
            sample(0, Activity, Reach::Public, "硬科技成果路演", "每季一场，八个项目。"),
            sample(2, Achievement, Reach::Public, "苹果采后保鲜涂膜", "常温货架期延长十天。"),
            sample(2, Demand, Reach::Public, "求钛管内壁抛光工艺", "内径8毫米、长3米，粗糙度不大于0.4微米。"),
            sample(2, Demand, Reach::Draft, "求机床主轴热误差补偿（尚未发布）", "草稿：精度指标待定。"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_real_and_institutions_and_people_are_not() {
        let mut titles = std::collections::BTreeSet::new();
        for network in &NETWORKS {
            let province = &network.seats[0].region[..2];
            assert_eq!(network.seats.map(|seat| seat.role == Hub), [true, false, false]);
            for seat in &network.seats {
                assert!(seat.name.0.contains("样例") && seat.name.1.contains("Sample"), "{:?}", seat.name);
                assert!(seat.region.starts_with(province) && seat.slug.starts_with(province));
                assert!(catalog::region::by_code(seat.region).is_some(), "{}", seat.region);
            }
            for sample in network.samples {
                assert!(titles.insert(sample.title), "{} stands twice", sample.title);
                assert!(sample.kind != Expert || sample.title.contains("样例"), "{}", sample.title);
            }
        }
    }
}
