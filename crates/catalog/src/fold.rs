//! Folding of what people type into what programs compare: full-width forms, odd spaces, invisible characters.
//!
//! Absent: Traditional and Simplified are not folded (that is search's work), nor is NFKC as a whole.

/// One character as a parser wants it: full-width ASCII narrowed, all spaces plain, dashes one dash; invisible ones `None`.
pub fn narrow(c: char) -> Option<char> {
    match c {
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{FEFF}'
        | '\u{00AD}' => None,
        '\u{3000}' | '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => Some(' '),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' => Some('-'),
        other => Some(other),
    }
}

/// A cell for parsing: narrowed, white space and controls as single spaces, trimmed.
pub fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter_map(narrow) {
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A line of prose: its characters kept, white space and controls as single spaces, trimmed, invisible ones dropped. Where a
/// line breaks between two Chinese characters, as to fit a narrow cell, there is no space: `超声⏎烧结` is `超声烧结`.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut gap, mut broken) = (false, false);
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            (gap, broken) = (true, broken || matches!(c, '\n' | '\r'));
        } else if narrow(c).is_some() {
            let joined = broken && is_wide(c) && out.chars().next_back().is_some_and(is_wide);
            if gap && !out.is_empty() && !joined {
                out.push(' ');
            }
            out.push(c);
            (gap, broken) = (false, false);
        }
    }
    out
}

/// Whether a character is written without spaces around it: Chinese, and its punctuation.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{303F}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF01}'..='\u{FF5E}' | '\u{20000}'..='\u{3FFFF}')
}

/// Paragraphs of prose: line ends as `\n`, at most one empty line in a row, other controls dropped, trimmed.
pub fn paragraphs(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for part in text.split('\n') {
        let part = line(part);
        empty = if part.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            out.push_str(&part);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

/// The characters that count when two words are compared: narrowed, lower-case, letters and digits only.
pub fn word(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter_map(narrow).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// Whether two words are the same to a reader.
pub fn same_word(a: &str, b: &str) -> bool {
    word(a).eq(word(b))
}

/// A column header as it is compared: without what stands in brackets, stars, spaces and punctuation.
pub fn header(text: &str) -> String {
    let mut depth = 0usize;
    let mut outside = String::new();
    for c in text.chars().filter_map(narrow) {
        match c {
            '(' | '[' | '【' | '〔' | '<' => depth += 1,
            ')' | ']' | '】' | '〕' | '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    word(&outside).collect()
}

/// At most `max` characters of a text, with `…` where it goes on.
pub fn clip(text: &str, max: usize) -> String {
    let mut chars = text.chars();
    let mut out: String = chars.by_ref().take(max).collect();
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_plain() {
        assert_eq!(cell(" ２０１３．０１．０２\u{00A0}\n x "), "2013.01.02 x");
        assert_eq!(cell("１０－２０万元"), "10-20万元");
        assert_eq!(line("（高温）\u{00A0}合金\n涂层\u{200B}"), "（高温） 合金涂层");
        assert_eq!(line("超声 \r\n烧结，\n一次成形\nGaN\n器件 样机\n"), "超声烧结，一次成形 GaN 器件 样机");
        assert_eq!(paragraphs("一\r\n\r\n\r\n\n二\u{0}三\r"), "一\n\n二 三");
        assert_eq!(header(" ★价格（万元）："), "价格");
        assert_eq!(header("Patent_Number*"), "patentnumber");
        assert!(same_word("生物、医药 和医疗器械", "生物医药和医疗器械"));
        assert_eq!(clip("一二三", 2), "一二…");
    }
}
