//! Telephone numbers of mainland China (mobile, landline, 400/800, short service lines) and international ones with `+`.
//!
//! Normal forms: `13871234567`, `027-87654321`, `027-87654321-802`, `400-123-4567`, `+44 20 7946 0958`. Absent: whether
//! the number is in service. A 13-digit application number of a patent is no phone.

use crate::fold;

/// Most numbers read from one cell.
pub const MAX_PHONES: usize = 5;

/// Reads one number; gives its normal form.
pub fn parse(text: &str) -> Option<String> {
    let text = fold::cell(text);
    if text.contains('.') {
        return None;
    }
    let (text, extension) = split_extension(&text);
    let plus = text.trim_start().starts_with('+') && !text.trim_start().starts_with("+86");
    let text = text.trim().trim_start_matches("+86").trim_start_matches("0086");
    if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '+')) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if plus {
        return (7..=15).contains(&digits.len()).then(|| format!("+{}", text.trim_start_matches('+').trim()));
    }
    let digits = match digits.strip_prefix("86") {
        Some(rest) if digits.len() == 13 && is_mobile(rest) => rest.to_owned(),
        _ => digits,
    };
    let number = domestic(&digits)?;
    Some(match extension {
        Some(extension) => format!("{number}-{extension}"),
        None => number,
    })
}

/// Reads a cell with one or more numbers; `None` when any of them is none.
pub fn parse_all(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for part in text.split(['/', '、', ';', '；', ',', '，', '\n', '|']) {
        if fold::cell(part).is_empty() {
            continue;
        }
        if found.len() == MAX_PHONES {
            return None;
        }
        match parse(part) {
            Some(number) => found.push(number),
            None => found.extend(spaced(part)?),
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Whether these are the eleven digits of a mobile number.
pub fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes.first() == Some(&b'1')
        && bytes.get(1) >= Some(&b'3')
}

/// Whether a mobile number stands in a text as a number of its own: exactly eleven digits in a row.
pub fn mentions_mobile(text: &str) -> bool {
    let plain: String = text.chars().filter_map(fold::narrow).collect();
    let not_number = |c: char| !(c.is_ascii_digit() || c == '.' || c.is_ascii_alphabetic());
    plain.split(not_number).any(|run| is_mobile(run.trim_end_matches('.')))
}

/// Two numbers with only a space between them.
fn spaced(part: &str) -> Option<Vec<String>> {
    let part = fold::cell(part);
    let numbers: Option<Vec<String>> = part.split(' ').map(parse).collect();
    numbers.filter(|numbers| numbers.len() <= MAX_PHONES)
}

fn split_extension(text: &str) -> (&str, Option<String>) {
    for mark in ["转", "ext", "分机", "#"] {
        if let Some((number, extension)) = text.split_once(mark) {
            let digits: String = extension.chars().filter(char::is_ascii_digit).collect();
            return (number, (1..=6).contains(&digits.len()).then_some(digits));
        }
    }
    // 027-87654321-802
    if let Some((number, extension)) = text.rsplit_once('-')
        && number.starts_with('0')
        && number.contains('-')
        && (1..=6).contains(&extension.len())
        && number.chars().filter(char::is_ascii_digit).count() >= 10
    {
        return (number, Some(extension.to_owned()));
    }
    (text, None)
}

fn domestic(digits: &str) -> Option<String> {
    if is_mobile(digits) {
        return Some(digits.to_owned());
    }
    let three = |from: usize| digits.get(from..from + 3);
    match digits.len() {
        10 if digits.starts_with("400") || digits.starts_with("800") => {
            Some(format!("{}-{}-{}", three(0)?, three(3)?, digits.get(6..)?))
        }
        10..=12 if digits.starts_with('0') && !digits.starts_with("00") => {
            // 010 and 02x are area codes of three digits, all others of four.
            let area = if digits.starts_with("010") || digits.starts_with("02") { 3 } else { 4 };
            let (area, local) = (digits.get(..area)?, digits.get(area..)?);
            ((7..=8).contains(&local.len()) && !local.starts_with(['0', '1']))
                .then(|| format!("{area}-{local}"))
        }
        7..=8 if !digits.starts_with(['0', '1']) => Some(digits.to_owned()),
        5 if digits.starts_with("12") || digits.starts_with("95") || digits.starts_with("96") => {
            Some(digits.to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_written() {
        for (text, normal) in [
            ("13871234567", "13871234567"),
            ("138 7123 4567", "13871234567"),
            ("+86-138-7123-4567", "13871234567"),
            ("8613871234567", "13871234567"),
            ("１３８７１２３４５６７", "13871234567"),
            ("027-87654321", "027-87654321"),
            ("(027)87654321", "027-87654321"),
            ("02787654321", "027-87654321"),
            ("0718-8222222", "0718-8222222"),
            ("027-87654321-802", "027-87654321-802"),
            ("027-87654321转802", "027-87654321-802"),
            ("4001234567", "400-123-4567"),
            ("87654321", "87654321"),
            ("12345", "12345"),
            ("+44 20 7946 0958", "+44 20 7946 0958"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(normal), "{text}");
            assert_eq!(parse(normal).as_deref(), Some(normal), "{normal}");
        }
        for bad in
            ["", "201810046029.1", "2018100460291", "电话", "12871234567", "138712345678", "0271234", "1"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let two = parse_all("027-87654321 13871234567");
        assert_eq!(two, Some(vec!["027-87654321".to_owned(), "13871234567".to_owned()]));
        assert_eq!(parse_all("027-87654321/13871234567").map(|all| all.len()), Some(2));
        assert_eq!(parse_all("见官网"), None);
    }

    #[test]
    fn mobiles_are_noticed_in_prose_and_patents_are_not() {
        assert!(mentions_mobile("联系13871234567（微信同号）"));
        assert!(mentions_mobile("电话：１３８７１２３４５６７。"));
        for text in ["专利201810046029.1", "CN13871234567A", "2018100460291", "138712345678", "0.13871234567"]
        {
            assert!(!mentions_mobile(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*|[0-9+() -]{0,20}") {
            let _ = parse_all(&text);
            let _ = mentions_mobile(&text);
            if let Some(number) = parse(&text) {
                prop_assert_eq!(parse(&number), Some(number.clone()));
            }
        }
    }
}
