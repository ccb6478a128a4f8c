//! Cells that hold several members.

use super::super::draft::Draft;
use super::super::{Issue, lists};
use super::{keep, keep_term};
use crate::kinds::FOREIGN_PATENT;
use crate::limits::{MAX_IPC, MAX_PATENTS, MAX_TERMS};
use crate::patent::{self, Patent, PatentError};
use crate::vocabulary::Vocabulary;
use crate::{Field, Part, ipc};

/// A foreign number with fewer digits than this is pointed out: real catalogues carry remains such as `/9`.
const FEW_DIGITS: usize = 4;

pub(super) fn read_words(draft: &mut Draft<'_>, field: &Field, text: &str, limits: (usize, usize)) {
    let (max_items, max_chars) = limits;
    let members = lists::words(text);
    for member in &members {
        if member.chars().count() > max_chars {
            let max = max_chars.to_string();
            draft.append(&field.key_of(Part::AsGiven), member, "；");
            draft.advise(Issue::of(field, "member_too_long", member, &[("max", &max)]));
        } else if draft.members_of(field.set_prefix) >= max_items {
            draft.append(&field.key_of(Part::AsGiven), member, "；");
        } else {
            draft.put_member(field.set_prefix, member);
        }
    }
    point_out_excess(draft, field, members.len(), max_items);
}

pub(super) fn read_terms(draft: &mut Draft<'_>, field: &Field, list: &'static Vocabulary, text: &str) {
    let members = lists::terms(text, |word| list.read(word).is_some());
    for member in members.iter().take(MAX_TERMS) {
        match list.read(member) {
            Some(term) => draft.put_member(field.set_prefix, term.id),
            None => keep_term(draft, field, list, member),
        }
    }
    point_out_excess(draft, field, members.len(), MAX_TERMS);
}

pub(super) fn read_patents(draft: &mut Draft<'_>, field: &Field, text: &str) {
    let numbers = lists::numbers(text);
    for number in numbers.iter().take(MAX_PATENTS) {
        read_patent(draft, field, number);
    }
    if numbers.len() > MAX_PATENTS {
        let (count, max) = (numbers.len().to_string(), MAX_PATENTS.to_string());
        draft.refuse(Issue::of(field, "too_many_patents", text, &[("count", &count), ("max", &max)]));
    }
}

fn read_patent(draft: &mut Draft<'_>, field: &Field, number: &str) {
    match patent::parse(number) {
        Ok(Patent::Chinese(normal)) => draft.put_member(field.set_prefix, &normal),
        Ok(Patent::Completed(normal)) => {
            draft.put_member(field.set_prefix, &normal);
            draft.advise(Issue::of(field, "patent_completed", number, &[("normal", &normal)]));
        }
        Ok(Patent::Foreign(given)) => {
            draft.put_member(FOREIGN_PATENT, &given);
            if given.chars().filter(char::is_ascii_digit).count() < FEW_DIGITS {
                draft.advise(Issue::of(field, "patent_short", number, &[]));
            }
        }
        Ok(Patent::None) => draft.advise(Issue::of(field, "patent_none", number, &[])),
        Err(PatentError::Check(right)) => {
            let right = right.to_string();
            draft.refuse(Issue::of(field, "patent_check", number, &[("right", &right)]));
        }
        Err(PatentError::Kind(_)) => draft.refuse(Issue::of(field, "patent_kind", number, &[])),
        Err(PatentError::Year) => draft.refuse(Issue::of(field, "patent_year", number, &[])),
        Err(PatentError::Letter(_)) => draft.refuse(Issue::of(field, "patent_letter", number, &[])),
        Err(PatentError::Form) => draft.refuse(Issue::of(field, "patent_form", number, &[])),
    }
}

pub(super) fn read_ipc(draft: &mut Draft<'_>, field: &Field, text: &str) {
    let symbols = lists::words(text);
    for symbol in symbols.iter().take(MAX_IPC) {
        match ipc::parse(symbol) {
            Some(normal) => draft.put_member(field.set_prefix, &normal),
            None => keep(draft, field, "ipc_kept", symbol),
        }
    }
    point_out_excess(draft, field, symbols.len(), MAX_IPC);
}

fn point_out_excess(draft: &mut Draft<'_>, field: &Field, count: usize, max: usize) {
    if count > max {
        let (count, max) = (count.to_string(), max.to_string());
        draft.advise(Issue::of(field, "too_many_members", "", &[("count", &count), ("max", &max)]));
    }
}
