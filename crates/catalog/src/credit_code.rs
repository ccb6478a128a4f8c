//! 统一社会信用代码, GB 32100-2015: 18 characters with two check characters.
//!
//! Layout: 1 registering department · 1 type · 6 division of the registering authority · 9 body (an organisation code of
//! GB 11714: 8 and a check) · 1 check. A code that passes says nothing about who owns it: that takes a signed attestation.

use crate::fold;

/// The 31 characters of the code; a character's value is its place. I, O, S, V and Z are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of the first 17 characters: powers of 3 modulo 31.
const OUTER: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the 8 characters of the organisation code (GB 11714).
const INNER: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Why a text is no credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditCodeError {
    /// Not 18 characters.
    Length,
    /// A character that the code never uses (I, O, S, V, Z, or not a digit or capital letter).
    Character(char),
    /// The division (characters 3–8) is not six digits, or the first character is a letter other than those in use.
    Layout,
    /// The organisation code inside (character 17) does not check.
    Organization,
    /// The last character does not check.
    Check,
}

/// Reads a credit code as people write it (spaces, dashes, small letters, full width) and gives its normal form.
pub fn parse(text: &str) -> Result<String, CreditCodeError> {
    let code: String = fold::cell(text)
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let bytes = code.as_bytes();
    if let Some(c) = code.chars().find(|c| !c.is_ascii() || value(*c as u8).is_none()) {
        return Err(if code.chars().count() == 18 {
            CreditCodeError::Character(c)
        } else {
            CreditCodeError::Length
        });
    }
    if bytes.len() != 18 {
        return Err(CreditCodeError::Length);
    }
    if !bytes.iter().skip(2).take(6).all(u8::is_ascii_digit) {
        return Err(CreditCodeError::Layout);
    }
    if bytes.get(16).copied() != organization_check(bytes) {
        return Err(CreditCodeError::Organization);
    }
    if bytes.get(17).copied() != check(bytes) {
        return Err(CreditCodeError::Check);
    }
    Ok(code)
}

/// Whether a text, as it stands, is a credit code.
pub fn is_valid(code: &str) -> bool {
    parse(code).is_ok_and(|normal| normal == code)
}

fn value(byte: u8) -> Option<u32> {
    ALPHABET.iter().position(|c| *c == byte).and_then(|at| u32::try_from(at).ok())
}

/// The check character that belongs to the first 17.
fn check(bytes: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in bytes.iter().zip(OUTER) {
        sum += value(*byte)? * weight;
    }
    ALPHABET.get(((31 - sum % 31) % 31) as usize).copied()
}

/// The check character of the organisation code, characters 9–16; letters count 10–35 there.
fn organization_check(bytes: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in bytes.get(8..16)?.iter().zip(INNER) {
        sum += char::from(*byte).to_digit(36)? * weight;
    }
    match 11 - sum % 11 {
        10 => Some(b'X'),
        11 => Some(b'0'),
        digit => u8::try_from(digit).ok().map(|d| b'0' + d),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRUE: [&str; 4] = [
        "12100000707137123P", // 武汉大学
        "12100000441626842D", // 华中科技大学
        "12100000400000624D", // 清华大学
        "1210000042500615X0", // 上海交通大学: both checks at their edge
    ];

    #[test]
    fn true_codes_pass_however_they_are_typed() {
        for code in TRUE {
            assert_eq!(parse(code).as_deref(), Ok(code));
            assert!(is_valid(code));
        }
        assert_eq!(parse(" １２１０００００７０７１３７１２３ｐ ").as_deref(), Ok(TRUE[0]));
        assert_eq!(parse("12100000-44162684 2d").as_deref(), Ok(TRUE[1]));
        assert!(!is_valid("12100000707137123p"));
    }

    #[test]
    fn the_standards_worked_example_takes_3_and_rejects_z() {
        // The public worked example stops at the outer check; its inner check is not one.
        assert_eq!(check(b"91350100M000100Y4"), Some(b'3'));
        assert_eq!(parse("91350100M000100Y4Z"), Err(CreditCodeError::Character('Z')));
        assert!(parse("91350100M000100Y44").is_err());
        // A remainder of 0 gives 0, not a digit past 9.
        assert_eq!(organization_check(b"9142010000000000"), Some(b'0'));
    }

    #[test]
    fn errors_say_which_rule() {
        assert_eq!(parse("12100000707137123"), Err(CreditCodeError::Length));
        assert_eq!(parse(""), Err(CreditCodeError::Length));
        assert_eq!(parse("武汉大学"), Err(CreditCodeError::Length));
        assert_eq!(parse("1210000070713712IP"), Err(CreditCodeError::Character('I')));
        assert_eq!(parse("12100000707137123R"), Err(CreditCodeError::Check));
        assert_eq!(parse("12100000707137133P"), Err(CreditCodeError::Organization));
        assert_eq!(parse("12A00000707137123P"), Err(CreditCodeError::Layout));
    }

    proptest! {
        /// No weight is 0 modulo the prime 31: every single change is caught.
        #[test]
        fn every_single_change_is_caught(which in 0usize..4, at in 0usize..18, to in 0usize..31) {
            let mut bytes = TRUE[which].as_bytes().to_vec();
            prop_assume!(bytes[at] != ALPHABET[to]);
            bytes[at] = ALPHABET[to];
            prop_assert!(parse(std::str::from_utf8(&bytes).unwrap()).is_err());
        }

        /// Neighbours have different weights: their swap is caught. The first and the last weigh the same, so theirs is not.
        #[test]
        fn every_swap_of_neighbours_is_caught(which in 0usize..4, at in 0usize..17) {
            let mut bytes = TRUE[which].as_bytes().to_vec();
            if bytes[at] != bytes[at + 1] {
                bytes.swap(at, at + 1);
                prop_assert!(parse(std::str::from_utf8(&bytes).unwrap()).is_err());
            }
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = parse(&text);
        }
    }
}
