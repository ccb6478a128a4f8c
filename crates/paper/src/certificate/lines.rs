//! Breaking texts into lines as Chinese and English are set: anywhere between Chinese characters, between words of Latin, with no line
//! beginning with a full stop nor ending with an opening bracket.

use super::face::Face;

/// What may not begin a line (GB/T 15834: 标点不居行首).
const NOT_FIRST: &str = "、，。；：！？）〕】》〉」』”’…—·％℃‰,.;:!?)]}%";
/// What may not end one.
const NOT_LAST: &str = "（〔【《〈「『“‘([{￥$";

/// Lines of a text, none wider than `width` ems, but where a single character is. Blank lines stay.
pub fn wrap(face: &Face, text: &str, width: f32) -> Vec<String> {
    text.split('\n').flat_map(|paragraph| wrap_one(face, paragraph.trim_end(), width)).collect()
}

fn wrap_one(face: &Face, text: &str, width: f32) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    let (mut lines, mut begin) = (Vec::new(), 0);
    while begin < all.len() {
        let rest = all.get(begin..).unwrap_or_default();
        let length = fitting(face, rest, width);
        let line: String = rest.iter().take(length).collect();
        lines.push(line.trim_end().to_owned());
        begin += length;
        while all.get(begin) == Some(&' ') {
            begin += 1;
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// How many characters make the next line, at least one.
fn fitting(face: &Face, text: &[char], width: f32) -> usize {
    let (mut taken, mut fits) = (0.0, 0);
    for c in text {
        taken += face.glyph(*c).1;
        if taken > width && *c != ' ' {
            break;
        }
        fits += 1;
    }
    if fits == text.len() {
        return fits;
    }
    // Back to where a line may end, unless that leaves next to nothing.
    let least = (fits / 2).max(1);
    let good = (least..=fits).rev().find(|at| may_break(text, *at));
    good.unwrap_or(fits).max(1)
}

/// Whether a line may end before the character at a place.
fn may_break(text: &[char], at: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(at.wrapping_sub(1)), text.get(at)) else { return true };
    if NOT_FIRST.contains(*after) || NOT_LAST.contains(*before) {
        return false;
    }
    *before == ' ' || *after == ' ' || is_wide(*before) || is_wide(*after) || *before == '/' || *before == '-'
}

fn is_wide(c: char) -> bool {
    c as u32 >= 0x2E80
}

#[cfg(test)]
mod tests {
    use super::super::face::{Faces, Kind};
    use super::*;
    use proptest::prelude::*;

    fn set(text: &str, width: f32) -> Vec<String> {
        wrap(Faces::read().expect("it opens").of(Kind::Text), text, width)
    }

    #[test]
    fn lines_break_between_characters_and_words_and_punctuation_stays_with_its_text() {
        assert_eq!(set("一二三四五六七", 3.0), ["一二三", "四五六", "七"]);
        assert_eq!(set("一二三，四五六", 3.0), ["一二", "三，四", "五六"]);
        assert_eq!(set("一二（三四）五", 3.0), ["一二", "（三", "四）五"]);
        assert_eq!(set("solid state battery", 6.0), ["solid state", "battery"]);
        assert_eq!(set("a\n\nb", 6.0), ["a", "", "b"]);
        assert_eq!(set("", 6.0), [""]);
        assert!(set(&"x".repeat(200), 10.0).len() > 5, "a word that is too long is broken");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn nothing_but_spaces_is_lost_and_no_line_is_too_wide(text in "[一二三，。（）a-z /\n-]{0,120}", width in 2.0_f32..20.0) {
            let faces = Faces::read().expect("it opens");
            let face = faces.of(Kind::Text);
            let lines = wrap(face, &text, width);
            let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(solid(&lines.concat()), solid(&text));
            for line in &lines {
                prop_assert!(face.width(line) <= width + 0.01 || line.chars().count() == 1, "{}", line);
            }
        }
    }
}
