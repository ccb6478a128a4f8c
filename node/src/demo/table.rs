//! Tables in a terminal: columns as wide as their widest cell, wide characters counted as two.

/// A column: its heading, and whether it holds numbers, which stand to the right.
#[derive(Clone, Copy, Debug)]
pub struct Column<'t> {
    /// Heading.
    pub heading: &'t str,
    /// Numbers stand to the right.
    pub number: bool,
}

/// Space between columns.
const GAP: &str = "  ";

/// The lines of a table, heading first.
pub fn lines(columns: &[Column<'_>], rows: &[Vec<String>]) -> Vec<String> {
    let widest = |at: usize, column: &Column<'_>| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell));
        cells.chain([width(column.heading)]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = columns.iter().enumerate().map(|(at, column)| widest(at, column)).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut out = String::new();
        for ((cell, column), &room) in cells.zip(columns).zip(&widths) {
            let space = " ".repeat(room.saturating_sub(width(cell)));
            let (before, after) = if column.number { (space.as_str(), "") } else { ("", space.as_str()) };
            out.extend([before, cell, after, GAP]);
        }
        out.trim_end().to_owned()
    };
    let heading = line(&mut columns.iter().map(|column| column.heading));
    let body = rows.iter().map(|row| line(&mut row.iter().map(String::as_str)));
    std::iter::once(heading).chain(body).collect()
}

/// Columns that a text takes in a terminal: two for East Asian wide characters (UAX 11, the blocks in use here).
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD)
}

/// As much of a line as fits into so many columns.
pub fn cut(line: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in line.char_indices() {
        used += if is_wide(c) { 2 } else { 1 };
        if used > columns {
            return &line[..at];
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_wide_characters() {
        let columns = [Column { heading: "名称", number: false }, Column { heading: "n", number: true }];
        let rows =
            [vec!["武汉（样例）".to_owned(), "7".to_owned()], vec!["ab ✓".to_owned(), "1234".to_owned()]];
        let lines = lines(&columns, &rows);
        assert_eq!(lines[0], "名称             n");
        assert_eq!(lines[1], "武汉（样例）     7");
        assert_eq!(lines[2], "ab ✓          1234");
        assert!(lines.iter().all(|line| width(line) == 18), "{lines:#?}");
    }

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(cut("武汉市", 5), "武汉");
        assert_eq!(cut("武汉市", 6), "武汉市");
        assert_eq!(cut("abc", 2), "ab");
    }
}
