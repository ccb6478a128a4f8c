//! One cell into the entries of its field, as people write it.

mod contact;
mod sets;

use protocol::Value;

use super::Issue;
use super::draft::Draft;
use crate::credit_code::{self, CreditCodeError};
use crate::limits::{MAX_YEAR, MIN_YEAR};
use crate::region::{Found, RegionError, Standing};
use crate::scheme::Scheme;
use crate::trl::{self, Readiness, TrlRange};
use crate::vocabulary::Vocabulary;
use crate::words::Lang;
use crate::{Field, FieldType, Part, date, fold, money, region};

/// Most terms that an issue offers as examples.
const OFFERED: usize = 6;
/// Fields that tell of what has been: a year to come is pointed out.
const PAST: [&str; 4] = ["year", "registered_on", "completed_on", "founded_on"];

/// Reads a whole cell of a field.
pub(super) fn read(draft: &mut Draft<'_>, field: &Field, text: &str) {
    let folded = fold::cell(text);
    match field.ty {
        FieldType::Text { .. } => draft.put_text(field, Part::Value, &fold::line(text)),
        FieldType::LongText => draft.append(field.id, &fold::paragraphs(text), "\n"),
        FieldType::Int { .. } => read_int(draft, field, &folded),
        FieldType::Year => read_year(draft, field, &folded),
        FieldType::Date => read_date(draft, field, &folded),
        FieldType::Vocabulary(list) => read_term(draft, field, list, &folded),
        FieldType::Classified(schemes) => read_class(draft, field, schemes, &folded),
        FieldType::Region => read_region(draft, field, &folded),
        FieldType::CreditCode => read_credit_code(draft, field, &folded),
        FieldType::Money => read_money(draft, field, &folded),
        FieldType::Trl => read_trl(draft, field, &folded),
        FieldType::Set { max_items, max_chars } => {
            sets::read_words(draft, field, text, (max_items, max_chars))
        }
        FieldType::VocabularySet(list) => sets::read_terms(draft, field, list, text),
        FieldType::PatentSet => sets::read_patents(draft, field, text),
        FieldType::IpcSet => sets::read_ipc(draft, field, text),
        FieldType::Url => contact::read_url(draft, field, &folded),
        FieldType::Email => contact::read_email(draft, field, &folded),
        FieldType::Phone => contact::read_phone(draft, field, text, &folded),
        FieldType::Flag => read_flag(draft, field, &folded),
    }
}

/// Reads a cell that is headed by a companion's or member's key, as exports of this program write them.
pub(super) fn read_part(draft: &mut Draft<'_>, field: &Field, part: Part, key: &str, text: &str) {
    let folded = fold::cell(text);
    match part {
        Part::Min | Part::Max | Part::AsOf => match folded.parse::<i64>() {
            Ok(number) => draft.put(key, Value::Int(number)),
            Err(_) => draft.refuse(Issue::of_key(key, "not_a_number", &folded, &[])),
        },
        Part::Negotiable => match flag(&folded) {
            Some(flag) => draft.put(key, Value::Bool(flag)),
            None => draft.refuse(Issue::of_key(key, "not_a_flag", &folded, &[])),
        },
        Part::Member | Part::ForeignMember => {
            let member = key.split_once('/').map_or("", |(_, member)| member);
            match flag(&folded) {
                Some(true) => read(draft, field, member),
                Some(false) => {}
                None => draft.refuse(Issue::of_key(key, "not_a_flag", &folded, &[])),
            }
        }
        Part::Value | Part::Word | Part::MappedBy | Part::Scheme | Part::AsGiven => {
            draft.put(key, Value::Text(fold::line(text)));
        }
    }
}

/// Keeps what could not be read under `<id>_text`, and says so.
fn keep(draft: &mut Draft<'_>, field: &Field, code: &'static str, text: &str) {
    draft.append(&field.key_of(Part::AsGiven), &fold::line(text), "；");
    draft.advise(Issue::of(field, code, text, &[]));
}

fn read_int(draft: &mut Draft<'_>, field: &Field, text: &str) {
    let plain: String = text.chars().filter(|c| !matches!(c, ',' | ' ' | '约')).collect();
    let digits = plain.trim_end_matches(['人', '名', '个', '项', '家', '位', '台']);
    match digits.parse::<i64>() {
        Ok(number) => draft.put(field.id, Value::Int(number)),
        Err(_) => keep(draft, field, "number_kept", text),
    }
}

fn read_year(draft: &mut Draft<'_>, field: &Field, text: &str) {
    match date::year(text) {
        Some(year) => {
            draft.put(field.id, Value::Int(year));
            point_out_future(draft, field, year, text);
        }
        None => keep(draft, field, "year_kept", text),
    }
}

fn read_date(draft: &mut Draft<'_>, field: &Field, text: &str) {
    match date::parse(text) {
        Some(iso) => {
            draft.put_text(field, Part::Value, &iso);
            if let Some(year) = date::year(&iso) {
                point_out_future(draft, field, year, text);
            }
        }
        None => keep(draft, field, "date_kept", text),
    }
}

fn point_out_future(draft: &mut Draft<'_>, field: &Field, year: i64, text: &str) {
    let today = draft.context.today_year;
    if (MIN_YEAR..=MAX_YEAR).contains(&today) && year > today && PAST.contains(&field.id) {
        draft.advise(Issue::of(field, "in_the_future", text, &[]));
    }
}

fn read_term(draft: &mut Draft<'_>, field: &Field, list: &'static Vocabulary, text: &str) {
    match list.read(text) {
        Some(term) => draft.put_text(field, Part::Value, term.id),
        None => keep_term(draft, field, list, text),
    }
}

/// Keeps a word that a list does not have, and offers some that it has.
fn keep_term(draft: &mut Draft<'_>, field: &Field, list: &Vocabulary, text: &str) {
    draft.append(&field.key_of(Part::AsGiven), &fold::line(text), "；");
    let offer = |lang: Lang| {
        let names: Vec<&str> = list.terms.iter().take(OFFERED).map(|term| term.label(lang)).collect();
        names.join(lang.pick("、", ", "))
    };
    let (zh, en) = (offer(Lang::Zh), offer(Lang::En));
    let mut issue = Issue::of(field, "unknown_term", text, &[("terms", &zh)]);
    issue.reason_en = Issue::of(field, "unknown_term", text, &[("terms", &en)]).reason_en;
    draft.advise(issue);
}

fn read_class(draft: &mut Draft<'_>, field: &Field, schemes: &[&'static Scheme], text: &str) {
    match schemes.iter().find_map(|scheme| scheme.read(text).map(|code| (scheme.id, code))) {
        Some((scheme, code)) => {
            draft.put_text(field, Part::Value, &code);
            draft.put_text(field, Part::Scheme, scheme);
        }
        None => {
            draft.append(&field.key_of(Part::AsGiven), &fold::line(text), "；");
            let names: Vec<&str> = schemes.iter().map(|scheme| scheme.id).collect();
            draft.advise(Issue::of(field, "unknown_class", text, &[("scheme", &names.join(" / "))]));
        }
    }
}

fn read_region(draft: &mut Draft<'_>, field: &Field, text: &str) {
    match region::parse(text, draft.context.default_region) {
        Ok(found) => {
            put_region(draft, field, &found);
            point_out_standing(draft, field, &found, text);
        }
        Err(RegionError::UnknownCode) => draft.refuse(Issue::of(field, "region_code", text, &[])),
        Err(RegionError::UnknownName) => draft.refuse(Issue::of(field, "region_name", text, &[])),
        Err(RegionError::Ambiguous(codes)) => {
            let paths: Vec<String> = codes
                .iter()
                .take(OFFERED)
                .filter_map(|code| region::path_text(code).map(|path| format!("{code} {path}")))
                .collect();
            draft.refuse(Issue::of(field, "region_ambiguous", text, &[("codes", &paths.join("；"))]));
        }
    }
}

/// Writes a division and the year in which its code is meant.
pub(super) fn put_region(draft: &mut Draft<'_>, field: &Field, found: &Found) {
    draft.put_text(field, Part::Value, &found.code);
    draft.put(&field.key_of(Part::AsOf), Value::Int(found.as_of));
}

fn point_out_standing(draft: &mut Draft<'_>, field: &Field, found: &Found, text: &str) {
    match found.standing {
        Standing::Former(year) => {
            let now: Vec<&str> = region::successors(&found.code).into_iter().collect();
            let now = if now.is_empty() { "—".to_owned() } else { now.join("、") };
            let year = year.to_string();
            draft.advise(Issue::of(field, "region_former", text, &[("year", &year), ("now", &now)]));
        }
        Standing::Zone => draft.advise(Issue::of(field, "region_zone", text, &[])),
        Standing::Current => {}
    }
}

fn read_credit_code(draft: &mut Draft<'_>, field: &Field, text: &str) {
    let code = match credit_code::parse(text) {
        Ok(code) => return draft.put_text(field, Part::Value, &code),
        Err(CreditCodeError::Length) => "credit_code_length",
        Err(CreditCodeError::Character(_)) => "credit_code_character",
        Err(CreditCodeError::Layout) => "credit_code_layout",
        Err(CreditCodeError::Organization | CreditCodeError::Check) => "credit_code_check",
    };
    draft.refuse(Issue::of(field, code, text, &[]));
}

fn read_money(draft: &mut Draft<'_>, field: &Field, text: &str) {
    let Some(money) = money::parse(text) else {
        return keep(draft, field, "money_kept", text);
    };
    for (part, end) in [(Part::Min, money.min), (Part::Max, money.max)] {
        if let Some(yuan) = end {
            draft.put(&field.key_of(part), Value::Int(yuan));
        }
    }
    if money.negotiable {
        draft.put(&field.key_of(Part::Negotiable), Value::Bool(true));
    }
    if money.unitless {
        draft.advise(Issue::of(field, "money_unitless", text, &[]));
    }
}

fn read_trl(draft: &mut Draft<'_>, field: &Field, text: &str) {
    match trl::parse(text) {
        Readiness::Levels(range) => put_trl(draft, field, range, trl::MAPPED_BY_AUTHOR),
        Readiness::Word(range) => {
            put_trl(draft, field, range, trl::MAPPED_BY_TABLE);
            draft.put_text(field, Part::Word, text);
        }
        Readiness::OtherScale(_) => draft.refuse(Issue::of(field, "trl_scale", text, &[])),
        Readiness::Unknown => {
            draft.put_text(field, Part::Word, text);
            draft.advise(Issue::of(field, "trl_word", text, &[]));
        }
    }
}

fn put_trl(draft: &mut Draft<'_>, field: &Field, range: TrlRange, mapped_by: &str) {
    draft.put(&field.key_of(Part::Min), Value::Int(range.min.into()));
    draft.put(&field.key_of(Part::Max), Value::Int(range.max.into()));
    draft.put_text(field, Part::MappedBy, mapped_by);
}

fn read_flag(draft: &mut Draft<'_>, field: &Field, text: &str) {
    match flag(text) {
        Some(flag) => draft.put(field.id, Value::Bool(flag)),
        None => keep(draft, field, "flag_kept", text),
    }
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "是" | "有" | "已" | "对" | "√" | "✓" | "yes" | "y" | "true" | "t" | "1" => Some(true),
        "否" | "无" | "没有" | "不是" | "×" | "✗" | "no" | "n" | "false" | "f" | "0" => Some(false),
        _ => None,
    }
}
