//! A slip as QR codes, in a file that a browser prints.

use paper::{Code, QUIET};
use protocol::SlipLine;

use crate::office::{Failure, exit};

/// Lines of a slip in one code: it is then of a hundred modules a side, which a telephone reads from a screen.
const LINES_PER_CODE: usize = 24;
/// Most codes: a few are photographed gladly, a slip of more is better sent as a file.
const MAX_CODES: usize = 6;
/// Size of a module in a file, pixels.
const MODULE: usize = 4;

/// The codes of a slip. Read, each gives lines of its text, which may follow one another in any order.
pub fn codes(lines: &[SlipLine]) -> Result<Vec<Code>, Failure> {
    let all = lines.len().div_ceil(LINES_PER_CODE);
    if all > MAX_CODES {
        let places = [("codes", all.to_string()), ("most", MAX_CODES.to_string())];
        let places: Vec<(&str, &str)> = places.iter().map(|(key, text)| (*key, text.as_str())).collect();
        return Err(Failure::said(exit::FAILED, "cli.failure.bundle.qr", &places));
    }
    let code = |lines: &[SlipLine]| {
        let text: Vec<String> = lines.iter().map(SlipLine::brief).collect();
        let made = Code::for_screen(&text.join(" "));
        made.map_err(|error| {
            Failure::said(exit::FAILED, "cli.failure.reply", &[("what", &error.to_string())])
        })
    };
    lines.chunks(LINES_PER_CODE).map(code).collect()
}

/// All codes in one picture, one below the other (SVG 1.1).
pub fn svg(codes: &[Code]) -> String {
    let across = |code: &Code| code.side() + 2 * QUIET;
    let width = codes.iter().map(across).max().unwrap_or_default();
    let height: usize = codes.iter().map(across).sum();
    let (mut path, mut top) = (String::new(), 0);
    for code in codes {
        path.push_str(&code.path(QUIET, QUIET + top));
        top += across(code);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         shape-rendering=\"crispEdges\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path d=\"{path}\"/></svg>\n",
        width * MODULE,
        height * MODULE
    )
}
