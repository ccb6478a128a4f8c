//! 国民经济行业分类 GB/T 4754-2017: sections A–T, divisions 01–97 by section.

use super::{Class, Scheme, class};

/// GB/T 4754-2017; codes are a section letter and up to four digits.
pub static INDUSTRY: Scheme = Scheme {
    id: "GB/T 4754-2017",
    zh: "国民经济行业分类",
    en: "Industrial classification for national economic activities",
    classes: CLASSES,
    read_code,
};

const CLASSES: &[Class] = &[
    class("A", "农、林、牧、渔业", "Agriculture, forestry, animal husbandry and fishery"),
    class("B", "采矿业", "Mining"),
    class("C", "制造业", "Manufacturing"),
    class("D", "电力、热力、燃气及水生产和供应业", "Electricity, heat, gas and water supply"),
    class("E", "建筑业", "Construction"),
    class("F", "批发和零售业", "Wholesale and retail trade"),
    class("G", "交通运输、仓储和邮政业", "Transport, storage and post"),
    class("H", "住宿和餐饮业", "Accommodation and catering"),
    class("I", "信息传输、软件和信息技术服务业", "Information transmission, software and IT services"),
    class("J", "金融业", "Finance"),
    class("K", "房地产业", "Real estate"),
    class("L", "租赁和商务服务业", "Leasing and business services"),
    class("M", "科学研究和技术服务业", "Scientific research and technical services"),
    class("N", "水利、环境和公共设施管理业", "Water, environment and public facilities"),
    class("O", "居民服务、修理和其他服务业", "Household, repair and other services"),
    class("P", "教育", "Education"),
    class("Q", "卫生和社会工作", "Health and social work"),
    class("R", "文化、体育和娱乐业", "Culture, sports and entertainment"),
    class(
        "S",
        "公共管理、社会保障和社会组织",
        "Public administration, social security and social organizations",
    ),
    class("T", "国际组织", "International organizations"),
];

/// The last division of each section, in section order.
const LAST_DIVISION: [u8; 20] =
    [5, 12, 43, 46, 50, 52, 60, 62, 65, 69, 70, 72, 75, 79, 82, 83, 85, 90, 96, 97];

/// A letter, a letter with two to four digits, or the digits alone (the division tells the section).
fn read_code(code: &str) -> Option<(String, &'static str)> {
    let code = code.to_ascii_uppercase();
    let digits = code.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = code.get(..code.len() - digits.len())?;
    if digits.is_empty() {
        let top = INDUSTRY.top(letters)?;
        return Some((top.to_owned(), top));
    }
    if !(2..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let division: u8 = digits.get(..2)?.parse().ok().filter(|n| *n > 0)?;
    let at = LAST_DIVISION.iter().position(|last| division <= *last)?;
    let top = CLASSES.get(at)?.code;
    (letters.is_empty() || letters == top).then(|| (format!("{top}{digits}"), top))
}
