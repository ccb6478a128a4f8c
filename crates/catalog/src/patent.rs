//! Chinese patent numbers, ZC 0006-2003: application numbers with their check digit, and publication numbers.
//!
//! Normal forms: application `CN201220249767.4` (since October 2003: year, kind, 7 serial) or `CN85100001.0` (before:
//! two-digit year, kind, 5 serial); publication `CN102345678A`. Absent: any check of foreign numbers, which have none.

use crate::fold;

/// What a written patent number turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patent {
    /// A Chinese number in normal form.
    Chinese(String),
    /// A Chinese application number written without its check digit, which was added.
    Completed(String),
    /// Another office's number, or a form this module does not know: as given, spaces folded.
    Foreign(String),
    /// `0`, `/`, `无`, an empty cell: there is none.
    None,
}

/// Why a number that claims to be Chinese is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatentError {
    /// The check digit is wrong; the right one is given.
    Check(char),
    /// The fifth (or third) digit names no kind of patent.
    Kind(char),
    /// The year is impossible: the office opened on 1 April 1985.
    Year,
    /// The letter of a publication and the kind digit contradict each other.
    Letter(char),
    /// Neither an application nor a publication number has this form.
    Form,
}

/// Longest text that is kept as a foreign number, characters.
pub const MAX_FOREIGN_CHARS: usize = 40;
/// The first year of two-digit and the first of four-digit application numbers.
const FIRST_YEAR: u32 = 1985;
const FIRST_LONG_YEAR: u32 = 2003;
/// No number is from a later year: a typing error.
const LAST_YEAR: u32 = 2100;

/// Reads one number as people write it: `ZL`, `CN`, full width, spaces, small letters, with or without the point.
pub fn parse(text: &str) -> Result<Patent, PatentError> {
    let given = fold::cell(text);
    let mut compact: String =
        given.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    for label in ["专利号", "申请号", "公开号", "公告号", ":"] {
        compact = compact.replace(label, "");
    }
    if is_nothing(&compact) {
        return Ok(Patent::None);
    }
    let body = compact.trim_start_matches("ZL").trim_start_matches("CN").trim_start_matches("ZL");
    let claimed = body.len() < compact.len();
    match application(body, claimed) {
        Some(answer) => answer,
        None => publication(body, claimed).unwrap_or_else(|| other(given, claimed)),
    }
}

/// Whether a text is the normal form of a Chinese number.
pub fn is_normal(text: &str) -> bool {
    parse(text).is_ok_and(|patent| patent == Patent::Chinese(text.to_owned()))
}

/// `2 3 4 5 6 7 8 9 2 3 4 5` over the digits, modulo 11; 10 is `X`.
pub fn check_digit(digits: &str) -> Option<char> {
    let mut sum = 0;
    for (c, weight) in digits.chars().zip((2..=9).cycle()) {
        sum += c.to_digit(10)? * weight;
    }
    match sum % 11 {
        10 => Some('X'),
        rest => char::from_digit(rest, 10),
    }
}

fn is_nothing(compact: &str) -> bool {
    compact.chars().all(|c| matches!(c, '0' | '/' | '-' | '.' | '\\' | '—' | '*'))
        || matches!(compact, "无" | "暂无" | "没有" | "NONE" | "N/A" | "NA" | "NULL" | "NIL")
}

/// Application numbers: 12 or 8 digits, then the check digit after a point, directly, or (when CN or ZL claims it) absent.
fn application(body: &str, claimed: bool) -> Option<Result<Patent, PatentError>> {
    let (digits, check) = match body.split_once('.') {
        Some((digits, check)) => (digits, Some(single(check)?)),
        None => match body.len() {
            13 if body.is_ascii() => (body.get(..12)?, body.chars().last()),
            9 if claimed && body.ends_with('X') => (body.get(..8)?, Some('X')),
            12 | 8 if claimed => (body, None),
            _ => return None,
        },
    };
    if !matches!(digits.len(), 8 | 12) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if check.is_some_and(|c| !c.is_ascii_digit() && c != 'X') {
        return None;
    }
    // Thirteen digits without a point and without CN may be anything; only a number that fits in every way is taken.
    let certain = claimed || body.contains('.');
    match checked_application(digits, check) {
        Err(_) if !certain => None,
        answer => Some(answer),
    }
}

fn checked_application(digits: &str, check: Option<char>) -> Result<Patent, PatentError> {
    let year_digits = if digits.len() == 12 { 4 } else { 2 };
    let number: u32 = digits.get(..year_digits).and_then(|y| y.parse().ok()).ok_or(PatentError::Form)?;
    let (year, first) =
        if year_digits == 4 { (number, FIRST_LONG_YEAR) } else { (two_digit_year(number), FIRST_YEAR) };
    if !(first..=LAST_YEAR).contains(&year) {
        return Err(PatentError::Year);
    }
    let kind = digits.chars().nth(year_digits).ok_or(PatentError::Form)?;
    if !matches!(kind, '1' | '2' | '3' | '8' | '9') {
        return Err(PatentError::Kind(kind));
    }
    let right = check_digit(digits).ok_or(PatentError::Form)?;
    let normal = format!("CN{digits}.{right}");
    match check {
        Some(given) if given == right => Ok(Patent::Chinese(normal)),
        Some(_) => Err(PatentError::Check(right)),
        None => Ok(Patent::Completed(normal)),
    }
}

/// 85…99 and 00…03: two-digit years were in use until September 2003.
fn two_digit_year(number: u32) -> u32 {
    match number {
        0..=3 => 2000 + number,
        _ => 1900 + number,
    }
}

/// Publication numbers: 7 or 9 digits, of which the first names the kind, and a letter that must agree with it.
fn publication(body: &str, claimed: bool) -> Option<Result<Patent, PatentError>> {
    let letters = body.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = body.get(..body.len() - letters.len())?;
    // Letters may carry a step: A, B, B1, U, Y.
    let letter = letters.chars().next()?;
    if !matches!(digits.len(), 7 | 9)
        || letters.len() > 2
        || !letters.chars().skip(1).all(|c| c.is_ascii_digit())
    {
        return None;
    }
    if !claimed {
        return None;
    }
    let kind = digits.chars().next()?;
    let letter_fits = match kind {
        '1' | '8' => matches!(letter, 'A' | 'B' | 'C'),
        '2' | '9' => matches!(letter, 'U' | 'Y'),
        '3' => matches!(letter, 'S' | 'D'),
        _ => return Some(Err(PatentError::Kind(kind))),
    };
    Some(if letter_fits {
        Ok(Patent::Chinese(format!("CN{digits}{letters}")))
    } else {
        Err(PatentError::Letter(letter))
    })
}

/// What is neither: foreign as given, unless it claimed to be Chinese.
fn other(given: String, claimed: bool) -> Result<Patent, PatentError> {
    if claimed || given.chars().count() > MAX_FOREIGN_CHARS {
        return Err(PatentError::Form);
    }
    Ok(Patent::Foreign(given))
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chinese(text: &str) -> Option<String> {
        match parse(text) {
            Ok(Patent::Chinese(normal)) => Some(normal),
            _ => None,
        }
    }

    #[test]
    fn true_numbers_pass_however_they_are_typed() {
        for (text, normal) in [
            ("CN201220249767.4", "CN201220249767.4"),
            ("ZL 2012 2 0249767.4", "CN201220249767.4"),
            ("zl2012202497674", "CN201220249767.4"),
            ("２０１２２０２４９７６７．４", "CN201220249767.4"),
            ("CN202121635235.X", "CN202121635235.X"),
            ("202121635235.x", "CN202121635235.X"),
            ("85100001.0", "CN85100001.0"),
            ("201810046029.1", "CN201810046029.1"),
            ("专利号：ZL201810046029.1", "CN201810046029.1"),
            ("CN102345678A", "CN102345678A"),
            ("cn 1234567 c", "CN1234567C"),
            ("CN212345678U", "CN212345678U"),
        ] {
            assert_eq!(chinese(text).as_deref(), Some(normal), "{text}");
            assert!(is_normal(normal), "{normal}");
        }
        assert_eq!(parse("CN201220249767"), Ok(Patent::Completed("CN201220249767.4".into())));
    }

    #[test]
    fn wrong_numbers_are_named() {
        assert_eq!(parse("CN201220249767.5"), Err(PatentError::Check('4')));
        assert_eq!(parse("201220249767.X"), Err(PatentError::Check('4')));
        assert_eq!(parse("CN201270249767.4"), Err(PatentError::Kind('7')));
        assert_eq!(parse("CN199920249767.4"), Err(PatentError::Year));
        assert_eq!(parse("CN102345678U"), Err(PatentError::Letter('U')));
        assert_eq!(parse("CN702345678U"), Err(PatentError::Kind('7')));
        assert_eq!(parse("CN12"), Err(PatentError::Form));
    }

    #[test]
    fn numbers_of_other_offices_are_kept_and_nothing_is_nothing() {
        for text in [
            "US 5694939",
            "5694939",
            "13/033,085",
            "/9",
            "10,123,456",
            "EP 1234567 B1",
            "WO2012/123456",
            "2012202497675",
        ] {
            assert_eq!(parse(text), Ok(Patent::Foreign(text.into())), "{text}");
        }
        for text in ["0", "", " ", "/", "无", "N/A", "--"] {
            assert_eq!(parse(text), Ok(Patent::None), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_change_of_one_digit_is_caught(serial in 0u32..10_000_000, kind in prop::sample::select(vec!['1', '2', '3', '8', '9']),
            year in 2004u32..2030, at in 0usize..12, to in 0u32..10) {
            let digits = format!("{year}{kind}{serial:07}");
            let right = check_digit(&digits).unwrap();
            let number = format!("CN{digits}.{right}");
            prop_assert_eq!(parse(&number), Ok(Patent::Chinese(number.clone())));
            let mut changed: Vec<char> = digits.chars().collect();
            let to = char::from_digit(to, 10).unwrap();
            prop_assume!(changed[at] != to);
            changed[at] = to;
            let changed: String = changed.into_iter().collect();
            let changed = format!("CN{changed}.{right}");
            prop_assert!(parse(&changed).is_err());
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn any_claimed_text_is_answered(text in "(CN|ZL)[0-9A-Z. ]{0,16}") {
            let _ = parse(&text);
        }
    }
}
