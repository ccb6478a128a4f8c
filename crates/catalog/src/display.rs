//! How values are shown: labels of terms, paths of divisions, amounts, ranges, sets. Plain text in both languages.
//!
//! A page escapes what it gets from here, since most of it was typed by someone. Absent: markup, links, layout.

use protocol::Value;

use crate::record::Record;
use crate::trl::MAPPED_BY_TABLE;
use crate::words::{Lang, fill, say};
use crate::{Field, FieldType, Kind, Part, region, scheme};

/// One field of a listing, ready to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The field id, or the document key of a field that is not known.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Its value; sets are joined.
    pub value: String,
    /// Whether it tells how to reach a person.
    pub contact: bool,
}

/// Every field that has a value, in reading order; fields that this version does not know come last under their key.
pub fn all(kind: Kind, record: &Record, lang: Lang) -> Vec<Shown> {
    let known = kind.fields().iter().filter_map(|field| {
        let value = field_value(field, record, lang)?;
        Some(Shown {
            id: field.id.to_owned(),
            label: field.label(lang).to_owned(),
            value,
            contact: field.contact,
        })
    });
    let unknown = record.entries().iter().filter(|(key, _)| kind.key(key).is_none()).map(|(key, value)| {
        Shown { id: key.clone(), label: key.clone(), value: plain(value, lang), contact: false }
    });
    known.chain(unknown).collect()
}

/// The value of a field as one text; `None` when the record says nothing of it.
pub fn field_value(field: &Field, record: &Record, lang: Lang) -> Option<String> {
    let read = match field.ty {
        FieldType::Money => money(
            record.int(&field.key_of(Part::Min)),
            record.int(&field.key_of(Part::Max)),
            record.is_true(&field.key_of(Part::Negotiable)),
            lang,
        ),
        FieldType::Trl => readiness(field, record, lang),
        FieldType::Region => {
            record.text(field.id).map(|code| division(code, record.int(&field.key_of(Part::AsOf)), lang))
        }
        _ if field.is_set() => members(field, record, lang),
        _ => record.get(field.id).map(|value| entry(field, Part::Value, field.id, value, lang)),
    };
    let given = record.text(&field.key_of(Part::AsGiven)).filter(|_| field.parts().contains(&Part::AsGiven));
    match (read, given) {
        (Some(read), Some(given)) => Some(format!("{read}{}{given}", between(lang))),
        (read, given) => read.or_else(|| given.map(str::to_owned)),
    }
}

/// One entry of a document: what history lists and concurrent values show.
pub fn entry_value(kind: Kind, key: &str, value: &Value, lang: Lang) -> String {
    match kind.key(key) {
        Some((field, part)) => entry(field, part, key, value, lang),
        None => plain(value, lang),
    }
}

/// The name of one entry of a document: the field's, with the companion's role.
pub fn entry_label(kind: Kind, key: &str, lang: Lang) -> String {
    let Some((field, part)) = kind.key(key) else {
        return key.to_owned();
    };
    let label = field.label(lang);
    let role = match part {
        Part::Value | Part::Member | Part::ForeignMember => return label.to_owned(),
        Part::Min => "part.min",
        Part::Max => "part.max",
        Part::Negotiable => "part.negotiable",
        Part::Word => "part.word",
        Part::MappedBy => "part.mapped_by",
        Part::AsOf => "part.as_of",
        Part::Scheme => "part.scheme",
        Part::AsGiven => "part.as_given",
    };
    fill(lang, "part.named", &[("label", label), ("part", say(lang, role))])
}

/// An amount: `10–20 万元`, `≥ 30 万元`, `面议`; `None` when nothing is known.
pub fn money(min: Option<i64>, max: Option<i64>, negotiable: bool, lang: Lang) -> Option<String> {
    let amount = match (min, max) {
        (Some(0), Some(0)) => Some(say(lang, "money.free").to_owned()),
        (Some(min), Some(max)) if min == max => Some(yuan(&[min], "", lang)),
        (Some(min), Some(max)) => Some(yuan(&[min, max], "", lang)),
        (Some(min), None) => Some(yuan(&[min], "≥ ", lang)),
        (None, Some(max)) => Some(yuan(&[max], "≤ ", lang)),
        (None, None) => None,
    };
    let word = negotiable.then(|| say(lang, "money.negotiable").to_owned());
    match (amount, word) {
        (Some(amount), Some(word)) => Some(format!("{amount}{}{word}", lang.pick("，", ", "))),
        (amount, word) => amount.or(word),
    }
}

/// A range of readiness levels: `TRL 6` or `TRL 6–7`.
pub fn trl(min: i64, max: i64) -> String {
    if min == max { format!("TRL {min}") } else { format!("TRL {min}–{max}") }
}

fn entry(field: &Field, part: Part, key: &str, value: &Value, lang: Lang) -> String {
    match (part, field.ty, value) {
        (Part::Member | Part::ForeignMember, _, Value::Bool(_)) => {
            let member = key.split_once('/').map_or(key, |(_, member)| member);
            let name = member_name(field, member, lang);
            if *value == Value::Bool(true) { name } else { fill(lang, "set.removed", &[("member", &name)]) }
        }
        (Part::Min | Part::Max, FieldType::Money, Value::Int(amount)) => yuan(&[*amount], "", lang),
        (Part::Min | Part::Max, FieldType::Trl, Value::Int(level)) => trl(*level, *level),
        (Part::Value, FieldType::Region, Value::Text(code)) => division(code, None, lang),
        (Part::Value, FieldType::Vocabulary(list), Value::Text(id)) => {
            list.term(id).map_or_else(|| id.clone(), |term| term.label(lang).to_owned())
        }
        (Part::Value, FieldType::Classified(schemes), Value::Text(code)) => {
            let label = schemes.iter().find_map(|scheme| scheme.label(code, lang));
            label.unwrap_or_else(|| code.clone())
        }
        (Part::Scheme, _, Value::Text(id)) => scheme::by_id(id)
            .map_or_else(|| id.clone(), |scheme| format!("{} {id}", lang.pick(scheme.zh, scheme.en))),
        (Part::MappedBy, _, Value::Text(by)) if by == MAPPED_BY_TABLE => say(lang, "trl.by_table").to_owned(),
        _ => plain(value, lang),
    }
}

fn plain(value: &Value, lang: Lang) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) | Value::Time(number) => number.to_string(),
        Value::Bool(flag) => say(lang, if *flag { "flag.yes" } else { "flag.no" }).to_owned(),
    }
}

fn members(field: &Field, record: &Record, lang: Lang) -> Option<String> {
    let foreign = if matches!(field.ty, FieldType::PatentSet) { crate::kinds::FOREIGN_PATENT } else { "" };
    let mut names: Vec<String> =
        record.members(field.set_prefix).map(|member| member_name(field, member, lang)).collect();
    if !foreign.is_empty() {
        names.extend(record.members(foreign).map(str::to_owned));
    }
    (!names.is_empty()).then(|| names.join(between(lang)))
}

fn member_name(field: &Field, member: &str, lang: Lang) -> String {
    match field.ty {
        FieldType::VocabularySet(list) => {
            list.term(member).map_or_else(|| member.to_owned(), |term| term.label(lang).to_owned())
        }
        _ => member.to_owned(),
    }
}

fn division(code: &str, as_of: Option<i64>, lang: Lang) -> String {
    let Some(path) = region::path_text(code) else {
        return code.to_owned();
    };
    match as_of {
        Some(year) if year < region::TABLE_YEAR => {
            fill(lang, "region.as_of", &[("path", &path), ("year", &year.to_string())])
        }
        _ => path,
    }
}

fn readiness(field: &Field, record: &Record, lang: Lang) -> Option<String> {
    let word = record.text(&field.key_of(Part::Word));
    let levels = record.trl().map(|(min, max)| trl(min.into(), max.into()));
    match (levels, word) {
        (Some(levels), Some(word)) => {
            Some(fill(lang, "trl.with_word", &[("levels", &levels), ("word", word)]))
        }
        (levels, word) => levels.or_else(|| word.map(str::to_owned)),
    }
}

fn between(lang: Lang) -> &'static str {
    lang.pick("；", "; ")
}

/// Amounts in the largest unit in which they read as short numbers; English keeps the yuan.
pub(crate) fn yuan(ends: &[i64], sign: &str, lang: Lang) -> String {
    if lang == Lang::En {
        let ends: Vec<String> = ends.iter().map(|end| thousands(*end)).collect();
        return format!("{sign}CNY {}", ends.join("–"));
    }
    let least = ends.iter().copied().filter(|end| *end > 0).min().unwrap_or(0);
    let (unit, name) = match least {
        100_000_000.. => (100_000_000, "亿元"),
        10_000.. => (10_000, "万元"),
        _ => (1, "元"),
    };
    let ends: Vec<String> = ends.iter().map(|end| decimal(*end, unit)).collect();
    format!("{sign}{} {name}", ends.join("–"))
}

/// `amount / unit` without rounding and without trailing zeros.
fn decimal(amount: i64, unit: i64) -> String {
    let (whole, rest) = (amount / unit, (amount % unit).abs());
    if rest == 0 {
        return whole.to_string();
    }
    let width = usize::try_from(unit.ilog10()).unwrap_or(0);
    format!("{whole}.{rest:0width$}").trim_end_matches('0').to_owned()
}

fn thousands(amount: i64) -> String {
    let digits = amount.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && c.is_ascii_digit() && (digits.len() - at).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        for (min, max, negotiable, zh, en) in [
            (Some(100_000), Some(200_000), false, "10–20 万元", "CNY 100,000–200,000"),
            (Some(500_000), Some(500_000), true, "50 万元，面议", "CNY 500,000, negotiable"),
            (Some(150_000_000), Some(150_000_000), false, "1.5 亿元", "CNY 150,000,000"),
            (Some(8_000), Some(12_000), false, "8000–12000 元", "CNY 8,000–12,000"),
            (Some(300_000), None, false, "≥ 30 万元", "≥ CNY 300,000"),
            (None, Some(50_001), false, "≤ 5.0001 万元", "≤ CNY 50,001"),
            (Some(0), Some(0), false, "免费", "free of charge"),
            (Some(0), Some(50_000), false, "0–5 万元", "CNY 0–50,000"),
            (None, None, true, "面议", "negotiable"),
        ] {
            assert_eq!(money(min, max, negotiable, Lang::Zh).as_deref(), Some(zh));
            assert_eq!(money(min, max, negotiable, Lang::En).as_deref(), Some(en));
            if min.is_some() || max.is_some() {
                let back = crate::money::parse(zh).map(|money| (money.min, money.max, money.negotiable));
                assert_eq!(back, Some((min, max, negotiable)), "{zh}");
            }
        }
        assert_eq!(money(None, None, false, Lang::Zh), None);
        assert_eq!(money(Some(-1_000), None, false, Lang::En).as_deref(), Some("≥ CNY -1,000"));
    }

    #[test]
    fn entries_of_a_document_are_named_and_shown_one_by_one() {
        let show = |key: &str, value: Value| entry_value(Kind::Achievement, key, &value, Lang::Zh);
        assert_eq!(show("region", Value::Text("420106".into())), "湖北省 / 武汉市 / 武昌区");
        assert_eq!(show("field/new_materials", Value::Bool(true)), "新材料及其应用");
        assert_eq!(show("field/a_term_of_tomorrow", Value::Bool(true)), "a_term_of_tomorrow");
        assert_eq!(show("keyword/CO/N2", Value::Bool(true)), "CO/N2");
        assert_eq!(show("price_min", Value::Int(100_000)), "10 万元");
        assert_eq!(show("unheard_of", Value::Int(7)), "7");
        assert_eq!(entry_label(Kind::Achievement, "price_min", Lang::En), "Price (from)");
        assert_eq!(entry_label(Kind::Achievement, "keyword/钢", Lang::Zh), "关键词");
        assert_eq!(entry_label(Kind::Achievement, "unheard_of", Lang::Zh), "unheard_of");
    }
}
