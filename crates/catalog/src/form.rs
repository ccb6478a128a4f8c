//! A record as the texts of a form, one a field: what a person may edit and [`Record::from_cells`] reads again.
//!
//! Terms stand by their ids, which a form shows as choices; divisions by their codes; amounts and ranges as people write
//! them. What could not be read stands as it was given.

use crate::record::Record;
use crate::words::Lang;
use crate::{Field, FieldType, Part, display};

/// Between the members of a set.
pub const BETWEEN: &str = "；";

/// The text of a field; empty when the record says nothing of it.
pub fn text(field: &Field, record: &Record) -> String {
    let read = match field.ty {
        FieldType::Money => money(field, record),
        FieldType::Trl => readiness(field, record),
        FieldType::Flag => record.get(field.id).map(|_| {
            let yes = record.is_true(field.id);
            if yes { "yes" } else { "no" }.to_owned()
        }),
        FieldType::Int { .. } | FieldType::Year => record.int(field.id).map(|number| number.to_string()),
        _ if field.is_set() => members(field, record),
        _ => record.text(field.id).map(str::to_owned),
    };
    let given = field.parts().contains(&Part::AsGiven).then(|| record.text(&field.key_of(Part::AsGiven)));
    let parts: Vec<&str> = read.as_deref().into_iter().chain(given.flatten()).collect();
    parts.join(BETWEEN)
}

/// Chinese amounts have a unit in them, which makes them short and plain in both languages.
fn money(field: &Field, record: &Record) -> Option<String> {
    let (min, max) = (record.int(&field.key_of(Part::Min)), record.int(&field.key_of(Part::Max)));
    display::money(min, max, record.is_true(&field.key_of(Part::Negotiable)), Lang::Zh)
}

fn readiness(field: &Field, record: &Record) -> Option<String> {
    let word = record.text(&field.key_of(Part::Word)).map(str::to_owned);
    let levels =
        record.trl().map(|(min, max)| if min == max { min.to_string() } else { format!("{min}-{max}") });
    word.or(levels)
}

fn members(field: &Field, record: &Record) -> Option<String> {
    let foreign = if matches!(field.ty, FieldType::PatentSet) { crate::kinds::FOREIGN_PATENT } else { "" };
    let mut all: Vec<&str> = record.members(field.set_prefix).collect();
    if !foreign.is_empty() {
        all.extend(record.members(foreign));
    }
    (!all.is_empty()).then(|| all.join(BETWEEN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::record::Context;

    #[test]
    fn what_a_form_shows_is_read_as_the_same() {
        let cells = [
            ("title", "矿用隔爆型锂电池充电装置"),
            ("summary", "第一段\n第二段"),
            ("keywords", "锂电池、防爆；矿山"),
            ("field", "新材料及其应用；没有这一类"),
            ("trl", "中试"),
            ("cooperation", "独占许可、作价入股"),
            ("price", "10-20万元，面议"),
            ("patents", "ZL201810046029.1；US9876543B2"),
            ("year", "2024年"),
            ("completed_on", "2013.01.02"),
            ("region", "武汉市"),
            ("rights_granted", "是"),
            ("contact_phone", "027-87654321；13900000000"),
            ("credit_code", "9142 0100 MA4K XXXX XX"),
            ("level", "国际领先"),
        ];
        let context = Context { default_region: Some("420000"), ..Context::default() };
        let first = Record::from_cells(Kind::Achievement, &cells, &context).record;
        let texts: Vec<(&str, String)> =
            Kind::Achievement.fields().iter().map(|field| (field.id, text(field, &first))).collect();
        let shown: Vec<(&str, &str)> = texts.iter().map(|(id, text)| (*id, text.as_str())).collect();
        let again = Record::from_cells(Kind::Achievement, &shown, &context).record;
        assert_eq!(again, first);
        assert!(first.text("field_text").is_some() && first.is_true("rights_granted"));
    }
}
