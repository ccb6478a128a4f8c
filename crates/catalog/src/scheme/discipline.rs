//! 学科分类与代码 GB/T 13745-2009: the 62 disciplines of the first level.

use super::{Class, Scheme, class};

/// GB/T 13745-2009; codes are three digits, `.`, and two or four more.
pub static DISCIPLINE: Scheme = Scheme {
    id: "GB/T 13745-2009",
    zh: "学科分类与代码",
    en: "Classification and code of disciplines",
    classes: CLASSES,
    read_code,
};

const CLASSES: &[Class] = &[
    class("110", "数学", "Mathematics"),
    class("120", "信息科学与系统科学", "Information and system science"),
    class("130", "力学", "Mechanics"),
    class("140", "物理学", "Physics"),
    class("150", "化学", "Chemistry"),
    class("160", "天文学", "Astronomy"),
    class("170", "地球科学", "Earth science"),
    class("180", "生物学", "Biology"),
    class("190", "心理学", "Psychology"),
    class("210", "农学", "Agronomy"),
    class("220", "林学", "Forestry"),
    class("230", "畜牧、兽医科学", "Animal husbandry and veterinary science"),
    class("240", "水产学", "Fisheries"),
    class("310", "基础医学", "Basic medicine"),
    class("320", "临床医学", "Clinical medicine"),
    class("330", "预防医学与公共卫生学", "Preventive medicine and public health"),
    class("340", "军事医学与特种医学", "Military and special medicine"),
    class("350", "药学", "Pharmacy"),
    class("360", "中医学与中药学", "Chinese medicine and pharmacology"),
    class("410", "工程与技术科学基础学科", "Basic engineering and technology"),
    class("413", "信息与系统科学相关工程与技术", "Engineering of information and systems"),
    class("416", "自然科学相关工程与技术", "Engineering of natural sciences"),
    class("420", "测绘科学技术", "Surveying and mapping"),
    class("430", "材料科学", "Materials science"),
    class("440", "矿山工程技术", "Mining engineering"),
    class("450", "冶金工程技术", "Metallurgical engineering"),
    class("460", "机械工程", "Mechanical engineering"),
    class("470", "动力与电气工程", "Power and electrical engineering"),
    class("480", "能源科学技术", "Energy science"),
    class("490", "核科学技术", "Nuclear science"),
    class("510", "电子与通信技术", "Electronics and communications"),
    class("520", "计算机科学技术", "Computer science"),
    class("530", "化学工程", "Chemical engineering"),
    class("535", "产品应用相关工程与技术", "Engineering of product application"),
    class("540", "纺织科学技术", "Textile science"),
    class("550", "食品科学技术", "Food science"),
    class("560", "土木建筑工程", "Civil engineering and architecture"),
    class("570", "水利工程", "Hydraulic engineering"),
    class("580", "交通运输工程", "Transport engineering"),
    class("590", "航空、航天科学技术", "Aviation and space science"),
    class("610", "环境科学技术及资源科学技术", "Environmental and resource science"),
    class("620", "安全科学技术", "Safety science"),
    class("630", "管理学", "Management"),
    class("710", "马克思主义", "Marxism"),
    class("720", "哲学", "Philosophy"),
    class("730", "宗教学", "Religion"),
    class("740", "语言学", "Linguistics"),
    class("750", "文学", "Literature"),
    class("760", "艺术学", "Art"),
    class("770", "历史学", "History"),
    class("780", "考古学", "Archaeology"),
    class("790", "经济学", "Economics"),
    class("810", "政治学", "Political science"),
    class("820", "法学", "Law"),
    class("830", "军事学", "Military science"),
    class("840", "社会学", "Sociology"),
    class("850", "民族学与文化学", "Ethnology and cultural studies"),
    class("860", "新闻学与传播学", "Journalism and communication"),
    class("870", "图书馆、情报与文献学", "Library and information science"),
    class("880", "教育学", "Education"),
    class("890", "体育科学", "Sports science"),
    class("910", "统计学", "Statistics"),
];

/// Three, five or seven digits, with or without the point after the third.
fn read_code(code: &str) -> Option<(String, &'static str)> {
    let (first, rest) = match code.split_once('.') {
        Some((first, rest)) if first.len() == 3 => (first, rest),
        Some(_) => return None,
        None => (code.get(..3)?, code.get(3..)?),
    };
    let top = DISCIPLINE.top(first)?;
    if !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match rest.len() {
        0 if code.len() == 3 => Some((top.to_owned(), top)),
        2 | 4 => Some((format!("{top}.{rest}"), top)),
        _ => None,
    }
}
