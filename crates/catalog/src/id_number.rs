//! Finds Chinese resident identity numbers (GB 11643-1999: 18 characters with a check, 15 digits before 1999) anywhere in a
//! text. A record that holds one is refused: real forms ask for them, and they must never replicate.
//!
//! Found however written: full width, with spaces, dashes or line breaks between groups, with invisible characters. Not
//! taken for one: application numbers of patents (13 digits), contract numbers (14, 16), credit codes, phone numbers, and
//! 18 digits whose check, birth date or region is impossible. Absent: who the person is; nothing is kept of what was found.

use crate::{date, fold};

/// Weights of the first 17 digits, ISO 7064 MOD 11-2.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character by remainder.
const CHECKS: &[u8; 11] = b"10X98765432";
/// The two digits by which provinces begin (GB/T 2260); 81–83 are residence permits of Hong Kong, Macao and Taiwan.
const PROVINCES: [u8; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
    61, 62, 63, 64, 65, 71, 81, 82, 83,
];
/// Most characters between two groups of one number.
const MAX_GAP: usize = 2;
/// Most groups of one number as people write it.
const MAX_GROUPS: usize = 9;
/// Earliest and latest birth year that count.
const BIRTH_YEARS: std::ops::RangeInclusive<i64> = 1850..=2099;

/// Whether a text holds an identity number.
pub fn contains(text: &str) -> bool {
    let groups = groups(text);
    (0..groups.len()).any(|start| starts_number(groups.get(start..).unwrap_or_default()))
}

/// Whether exactly these 18 characters (digits, last may be `X`) are an identity number.
pub fn is_valid(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 18
        && bytes.iter().take(17).all(u8::is_ascii_digit)
        && plausible_region(number)
        && plausible_birth(number.get(6..14))
        && bytes.last().map(u8::to_ascii_uppercase) == check(bytes)
}

/// A run of digits, or an `X`, and whether only few separators stand before it.
struct Group {
    digits: String,
    joined: bool,
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut gap = MAX_GAP + 1;
    let mut open = false;
    for c in text.chars().filter_map(fold::narrow) {
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        match (c, groups.last_mut()) {
            ('0'..='9', Some(group)) if open => group.digits.push(c),
            ('0'..='9', _) => {
                groups.push(Group { digits: c.to_string(), joined: gap <= MAX_GAP });
                open = true;
            }
            // An `X` is a group of its own: it may end a number, or begin the next word.
            ('x' | 'X', Some(_)) if open || gap <= MAX_GAP => {
                groups.push(Group { digits: "X".to_owned(), joined: true });
                open = false;
            }
            (' ' | '-' | '.' | '_' | '·' | ',' | '/' | '~', _) => {
                gap = if open { 1 } else { gap.saturating_add(1) };
                open = false;
                continue;
            }
            _ => {
                open = false;
                gap = MAX_GAP + 1;
                continue;
            }
        }
        gap = 0;
    }
    groups
}

/// Whether an identity number begins with the first of these groups and ends with one of them.
fn starts_number(groups: &[Group]) -> bool {
    let mut number = String::new();
    for (at, group) in groups.iter().take(MAX_GROUPS).enumerate() {
        if at > 0 && !group.joined {
            return false;
        }
        number.push_str(&group.digits);
        match number.len() {
            18 if is_valid(&number) => return true,
            // The old form has no check, so only one unbroken run counts, or a number in its three natural groups.
            15 if (at == 0 || (at == 2 && is_natural(groups))) && is_valid_old(&number) => return true,
            19.. => return false,
            _ => {}
        }
    }
    false
}

fn is_natural(groups: &[Group]) -> bool {
    groups.iter().take(3).map(|group| group.digits.len()).eq([6, 6, 3])
}

fn is_valid_old(number: &str) -> bool {
    number.bytes().all(|b| b.is_ascii_digit())
        && plausible_region(number)
        && number.get(6..12).is_some_and(|birth| plausible_birth(Some(&format!("19{birth}"))))
}

/// A known province, a prefecture number that has been in use, and a county number.
fn plausible_region(number: &str) -> bool {
    let part = |from: usize| number.get(from..from + 2).and_then(|two| two.parse::<u8>().ok());
    let (Some(province), Some(prefecture), Some(county)) = (part(0), part(2), part(4)) else {
        return false;
    };
    // Residence permits have 0000 after the province; elsewhere a county always has a number.
    if matches!(province, 81..=83) {
        return prefecture == 0 && county == 0;
    }
    PROVINCES.contains(&province) && matches!(prefecture, 1..=43 | 51..=53 | 90) && county > 0
}

fn plausible_birth(digits: Option<&str>) -> bool {
    let number =
        |from: usize, to: usize| digits.and_then(|d| d.get(from..to)).and_then(|d| d.parse::<i64>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(4, 6), number(6, 8)) else {
        return false;
    };
    BIRTH_YEARS.contains(&year) && date::exists(year, month, day)
}

fn check(bytes: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in bytes.iter().zip(WEIGHTS) {
        sum += char::from(*byte).to_digit(10)? * weight;
    }
    CHECKS.get((sum % 11) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example that teaching texts use; its bearer does not exist.
    const EXAMPLE: &str = "11010519491231002X";

    #[test]
    fn numbers_are_found_however_they_are_written() {
        for text in [
            EXAMPLE,
            "身份证号：11010519491231002x，电话见下",
            "ID11010519491231002X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "110105 19491231 002X",
            "110105-1949-1231-002-X",
            "1101 0519 4912 3100 2X",
            "110105\u{200B}19491231\u{FEFF}002X",
            "110105\n19491231002X",
            "2012 11010519491231002X",
            "工号 7 11010519491231002X",
            "11010519491231002X, x",
            "110105194912310011 Xiao Ming",
            "110105491231002",
            "旧号(110105 491231 002)",
        ] {
            assert!(contains(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "201810046029.1",
            "CN201220249767.4 CN202121635235.X",
            "ZL 2012 2 0249767.4；ZL 2018 1 0046029.1",
            "12100000707137123P",
            "12100000400000624D",
            "1210000042500615X0",
            "2024420100001234",       // contract, 16 digits
            "21420101000123",         // contract, old form
            "110105194912310021",     // check digit wrong
            "11010519491331002X",     // month 13
            "99010519491231002X",     // no such province
            "1101051949123100200000", // longer run
            "13871234567 027-87654321",
            "+86 138 7123 4567、027-8765 4321",
            "2013.01.02-2014.12.31",
            "430.1410",
            "6222 0212 3456 7890 123",
            "",
        ] {
            assert!(!contains(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_change_of_one_digit_is_no_number(at in 0usize..17, to in 0u32..10) {
            let mut changed: Vec<char> = EXAMPLE.chars().collect();
            let to = char::from_digit(to, 10).unwrap();
            prop_assume!(changed[at] != to);
            changed[at] = to;
            prop_assert!(!is_valid(&changed.into_iter().collect::<String>()));
        }

        #[test]
        fn numbers_are_found_in_any_text(before in "[^0-9０-９]{0,20}[a-z中，] {0}", after in "[a-wyz中，][^x]{0,20}") {
            let text = format!("{before}{EXAMPLE}{after}");
            prop_assert!(contains(&text));
        }

        #[test]
        fn application_numbers_are_never_one(serial in 0u64..10_000_000, kind in 1u8..4, year in 2003u32..2030) {
            let digits = format!("{year}{kind}{serial:07}");
            let check = crate::patent::check_digit(&digits).unwrap();
            let one = format!("{}.{}", digits, check);
            let two = format!("{}{}", digits, check);
            prop_assert!(!contains(&one));
            prop_assert!(!contains(&two));
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = contains(&text);
        }
    }
}
