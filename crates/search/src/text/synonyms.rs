//! Words of the field that mean the same: a small table, of our own making.
//!
//! A **concept** is what the members of one group have in common. Where a member stands in a text, the index holds the concept
//! as well, and a query that names a member asks for it with a weak weight: `无人机`, `UAV` and `drones` find each other, and
//! whoever holds the very words that were asked for comes first.
//!
//! A member counts only as whole words: `集中试验` does not hold `中试`. Members are matched after folding, and English ones by
//! their stems, so that no plural stands here. A change of the table changes the index: raise `SCHEMA_VERSION` with it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Cut, cut, fold, stem};

/// What a concept begins with in the index: no word holds this character.
pub(crate) const CONCEPT_MARK: char = '=';

/// Groups of words that mean the same to who looks for a technology; the first names the concept. Only what may stand for each
/// other in every text belongs here: no broader words, no abbreviation that has a second common meaning.
const GROUPS: &[&[&str]] = &[
    // information
    &["人工智能", "AI", "artificial intelligence"],
    &["机器学习", "machine learning"],
    &["深度学习", "deep learning"],
    &["大语言模型", "大模型", "LLM", "large language model"],
    &["物联网", "IoT", "internet of things"],
    &["区块链", "blockchain"],
    &["虚拟现实", "VR", "virtual reality"],
    &["增强现实", "augmented reality"],
    &["机器视觉", "machine vision", "computer vision", "计算机视觉"],
    &["射频识别", "RFID"],
    &["数字孪生", "digital twin"],
    // energy
    &["锂电池", "锂离子电池", "lithium battery", "lithium-ion battery"],
    &["燃料电池", "fuel cell"],
    &["光伏", "photovoltaic", "太阳能发电"],
    &["储能", "energy storage"],
    &["电动汽车", "electric vehicle", "纯电动车", "电动车"],
    &["充电桩", "充电站", "charging pile", "charging station"],
    &["电池管理系统", "battery management system"],
    // machines
    &["无人机", "UAV", "drone", "unmanned aerial vehicle", "无人驾驶飞机"],
    &["机器人", "robot"],
    &["增材制造", "3D打印", "3D printing", "additive manufacturing", "三维打印"],
    &["激光雷达", "lidar"],
    &["传感器", "sensor"],
    &["微机电系统", "MEMS"],
    &["可编程控制器", "PLC", "可编程逻辑控制器"],
    &["数控机床", "CNC machine"],
    &["有限元", "FEM", "finite element"],
    // materials
    &["石墨烯", "graphene"],
    &["碳纤维", "carbon fiber", "carbon fibre"],
    &["碳纳米管", "carbon nanotube", "CNT"],
    &["涂层", "coating", "涂料"],
    &["催化剂", "catalyst"],
    &["复合材料", "composite material", "复材"],
    &["金属有机框架", "MOF", "metal organic framework"],
    // life and medicine
    &["核磁共振", "磁共振", "MRI", "magnetic resonance imaging"],
    &["聚合酶链式反应", "PCR"],
    &["阿尔茨海默病", "老年痴呆", "Alzheimer"],
    &["中药", "中草药", "traditional Chinese medicine"],
    &["疫苗", "vaccine"],
    &["基因编辑", "CRISPR", "gene editing"],
    // field and environment
    &["秸秆", "crop straw", "crop residue"],
    &["生物炭", "biochar"],
    &["水稻", "rice"],
    &["污水处理", "废水处理", "wastewater treatment", "sewage treatment"],
    &["碳捕集", "二氧化碳捕集", "CCUS", "carbon capture"],
    &["挥发性有机物", "VOC", "volatile organic compound"],
    &["膜分离", "membrane separation"],
    // the market itself
    &["中试", "中间试验", "pilot scale", "pilot plant", "pilot production"],
    &["技术转移", "technology transfer", "成果转化", "技术转让"],
    &["产学研", "校企合作", "university industry cooperation"],
    &["作价入股", "技术入股"],
];

/// A member of a group, from its second word on.
struct Member {
    rest: Vec<String>,
    concept: String,
}

/// Where a concept is named in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The first word of it.
    pub first: usize,
    /// How many words name it.
    pub count: usize,
    /// The concept as the index holds it.
    pub concept: &'static str,
}

/// The members by their first word, the longest first.
fn members() -> &'static HashMap<String, Vec<Member>> {
    static MEMBERS: OnceLock<HashMap<String, Vec<Member>>> = OnceLock::new();
    MEMBERS.get_or_init(|| {
        let mut members: HashMap<String, Vec<Member>> = HashMap::new();
        for group in GROUPS {
            let Some(name) = group.first() else { continue };
            for member in *group {
                let mut words =
                    cut(&fold(member), Cut::Plain).into_iter().map(|word| form(&word.text).into_owned());
                let Some(first) = words.next() else { continue };
                let concept = format!("{CONCEPT_MARK}{}", fold(name));
                members.entry(first).or_default().push(Member { rest: words.collect(), concept });
            }
        }
        for same_first in members.values_mut() {
            same_first.sort_by_key(|member| std::cmp::Reverse(member.rest.len()));
        }
        members
    })
}

/// The form in which words are compared.
pub(crate) fn form(word: &str) -> Cow<'_, str> {
    stem(word).map_or(Cow::Borrowed(word), Cow::Owned)
}

/// The concepts that a text names, from left to right, the longest name at each place. It is given as its words one after the other
/// (as [`Cut::Plain`] gives them), stems in place of those that have one.
pub(crate) fn concepts(forms: &[&str]) -> Vec<Named> {
    let mut named = Vec::new();
    let mut rest = forms;
    while let Some((first, after)) = rest.split_first() {
        let known = members().get(*first);
        let follows = |member: &&Member| {
            after.len() >= member.rest.len() && member.rest.iter().zip(after).all(|(a, b)| a == b)
        };
        let met = known.and_then(|known| known.iter().find(follows));
        let count = met.map_or(1, |member| 1 + member.rest.len());
        if let Some(member) = met {
            named.push(Named { first: forms.len() - rest.len(), count, concept: &member.concept });
        }
        rest = rest.get(count..).unwrap_or_default();
    }
    named
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn named(text: &str) -> Vec<String> {
        let words = cut(&fold(text), Cut::Plain);
        let forms: Vec<Cow<str>> = words.iter().map(|word| form(&word.text)).collect();
        let forms: Vec<&str> = forms.iter().map(AsRef::as_ref).collect();
        concepts(&forms).into_iter().map(|named| named.concept.to_owned()).collect()
    }

    #[test]
    fn each_member_names_its_concept_and_belongs_to_one_group() {
        let mut seen = BTreeSet::new();
        for group in GROUPS {
            assert!(group.len() > 1, "{group:?}");
            for member in *group {
                assert_eq!(named(member), [format!("={}", fold(group[0]))], "{member}");
                let forms: Vec<String> =
                    cut(&fold(member), Cut::Plain).iter().map(|word| form(&word.text).into_owned()).collect();
                assert!(seen.insert(forms), "{member} is named twice");
            }
        }
    }

    /// Concepts are in every index on disk: when the table changes, so must `SCHEMA_VERSION`, and then this number.
    #[test]
    fn the_table_is_pinned() {
        let members: usize = GROUPS.iter().map(|group| group.len()).sum();
        assert_eq!((crate::SCHEMA_VERSION, GROUPS.len(), members), (4, 51, 146));
    }

    #[test]
    fn members_count_as_whole_words_and_in_any_form() {
        assert_eq!(named("集中试验与AIR监测"), Vec::<String>::new());
        assert_eq!(named("植保無人機 (UAVs) 中试"), ["=无人机", "=无人机", "=中试"]);
        assert_eq!(named("Artificial   Intelligence of Things"), ["=人工智能"]);
    }
}
