//! Symbols of the International Patent Classification: `H01L21/00`, with what real cells append taken off.

use crate::fold;

/// Reads `H01L 21/00`, `H01L21/00(2006.01)I`, `h01l21/00`; gives the normal form, or `None`.
pub fn parse(text: &str) -> Option<String> {
    let folded = fold::cell(text);
    let symbol: String = folded
        .split(['(', '['])
        .next()?
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect();
    is_normal(&symbol).then_some(symbol)
}

/// Whether a text is a symbol in stored form: section, class, subclass, group, `/`, subgroup.
pub fn is_normal(symbol: &str) -> bool {
    let Some((main, sub)) = symbol.split_once('/') else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (Some(section), Some(class), Some(subclass), Some(group)) =
        (main.get(..1), main.get(1..3), main.get(3..4), main.get(4..))
    else {
        return false;
    };
    matches!(section, "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H")
        && digits(class)
        && subclass.bytes().all(|b| b.is_ascii_uppercase())
        && digits(group)
        && group.len() <= 4
        && digits(sub)
        && (2..=6).contains(&sub.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn symbols_are_read_as_cells_carry_them() {
        for text in ["H01L21/00", "H01L 21/00", "h01l21/00(2006.01)I", "Ｈ０１Ｌ２１／００"] {
            assert_eq!(parse(text).as_deref(), Some("H01L21/00"), "{text}");
        }
        for bad in
            ["", "H01L", "I01L21/00", "H01L21/0", "H01L21/0000000", "H01L12345/00", "半导体", "H01121/00"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_normal(text in ".*|[A-Ha-h][0-9]{2}[A-Z] ?[0-9]{1,5}/[0-9]{1,7}") {
            if let Some(symbol) = parse(&text) {
                prop_assert!(is_normal(&symbol));
            }
        }
    }
}
