//! Words around listings that belong to no single field: how values are shown.

use super::Row;

/// Key, Chinese, English; sorted by key.
pub const TABLE: &[Row] = &[
    ("flag.no", "否", "no"),
    ("flag.yes", "是", "yes"),
    ("money.free", "免费", "free of charge"),
    ("money.negotiable", "面议", "negotiable"),
    ("part.as_given", "原文", "as given"),
    ("part.as_of", "代码年份", "code as of"),
    ("part.mapped_by", "分级依据", "mapped by"),
    ("part.max", "上限", "to"),
    ("part.min", "下限", "from"),
    ("part.named", "{label}（{part}）", "{label} ({part})"),
    ("part.negotiable", "面议", "negotiable"),
    ("part.scheme", "分类体系", "classification"),
    ("part.word", "原用词", "wording"),
    ("region.as_of", "{path}（{year} 年区划）", "{path} (as of {year})"),
    ("set.removed", "{member}（已删）", "{member} (removed)"),
    ("trl.by_table", "按词语对照表", "by the table of words"),
    ("trl.with_word", "{levels}（{word}）", "{levels} ({word})"),
];
