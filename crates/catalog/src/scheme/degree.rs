//! 学科门类: the 13 categories of degree subjects before 交叉学科 was added, which many forms offer as 学科.

use super::{Class, Scheme, class};

/// Categories of degree subjects; codes are two digits.
pub static DEGREE_CATEGORY: Scheme = Scheme {
    id: "学科门类-2011",
    zh: "学位授予和人才培养学科门类",
    en: "Categories of degree subjects",
    classes: CLASSES,
    read_code,
};

const CLASSES: &[Class] = &[
    class("01", "哲学", "Philosophy"),
    class("02", "经济学", "Economics"),
    class("03", "法学", "Law"),
    class("04", "教育学", "Education"),
    class("05", "文学", "Literature"),
    class("06", "历史学", "History"),
    class("07", "理学", "Science"),
    class("08", "工学", "Engineering"),
    class("09", "农学", "Agriculture"),
    class("10", "医学", "Medicine"),
    class("11", "军事学", "Military science"),
    class("12", "管理学", "Management"),
    class("13", "艺术学", "Art"),
];

fn read_code(code: &str) -> Option<(String, &'static str)> {
    let top = DEGREE_CATEGORY.top(code)?;
    Some((top.to_owned(), top))
}
