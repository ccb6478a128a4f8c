//! A slip as QR codes (ISO/IEC 18004), on a terminal or in a file that a browser prints.

use protocol::SlipLine;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::office::{Failure, exit};

/// Lines of a slip in one code: it is then of a hundred modules a side, which a telephone reads from a screen.
const LINES_PER_CODE: usize = 24;
/// Most codes: a few are photographed gladly, a slip of more is better sent as a file.
const MAX_CODES: usize = 6;
/// Light modules around a code, as the standard wants them.
const QUIET: i32 = 4;
/// Size of a module in a file, pixels.
const MODULE: i32 = 4;

/// The codes of a slip. Read, each gives lines of its text, which may follow one another in any order.
pub fn codes(lines: &[SlipLine]) -> Result<Vec<QrCode>, Failure> {
    let all = lines.len().div_ceil(LINES_PER_CODE);
    if all > MAX_CODES {
        let places = [("codes", all.to_string()), ("most", MAX_CODES.to_string())];
        let places: Vec<(&str, &str)> = places.iter().map(|(key, text)| (*key, text.as_str())).collect();
        return Err(Failure::said(exit::FAILED, "cli.failure.bundle.qr", &places));
    }
    let code = |lines: &[SlipLine]| {
        let text: Vec<String> = lines.iter().map(SlipLine::brief).collect();
        let made = QrCode::encode_text(&text.join(" "), QrCodeEcc::Low);
        made.map_err(|error| {
            Failure::said(exit::FAILED, "cli.failure.reply", &[("what", &error.to_string())])
        })
    };
    lines.chunks(LINES_PER_CODE).map(code).collect()
}

/// A code for a terminal with light letters on dark: two modules in the height of a letter.
pub fn terminal(code: &QrCode) -> String {
    let light = |x, y| !code.get_module(x, y);
    let side = code.size() + QUIET;
    let row = |y: i32| -> String {
        let letter = |x: i32| match (light(x, y), light(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (-QUIET..side).map(letter).collect()
    };
    let rows: Vec<String> = (-QUIET..side).step_by(2).map(row).collect();
    rows.join("\n")
}

/// All codes in one picture, one below the other (SVG 1.1).
pub fn svg(codes: &[QrCode]) -> String {
    let across = |code: &QrCode| code.size() + 2 * QUIET;
    let width = codes.iter().map(across).max().unwrap_or_default();
    let height: i32 = codes.iter().map(across).sum();
    let (mut path, mut top) = (String::new(), 0);
    for code in codes {
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                path.push_str(&format!("M{},{}h1v1h-1z", x + QUIET, y + QUIET + top));
            }
        }
        top += across(code);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         shape-rendering=\"crispEdges\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path d=\"{path}\"/></svg>\n",
        width * MODULE,
        height * MODULE
    )
}
