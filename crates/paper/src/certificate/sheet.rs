//! Where everything stands: A4 in points from the upper left, page by page. Nothing is drawn here.

mod frame;
pub(crate) mod setter;

use std::collections::BTreeSet;

use super::face::{Face, Faces, GETA, Kind};
use super::{Certificate, Fact, PaperFault, Two};
use crate::{Code, QUIET};
use setter::Setter;

pub use frame::frame;

/// A4 (ISO 216), points.
pub const WIDTH: f32 = 595.276;
pub const HEIGHT: f32 = 841.89;
/// Where text begins and how wide it is.
pub(crate) const LEFT: f32 = 62.0;
pub(crate) const MEASURE: f32 = WIDTH - 2.0 * LEFT;
/// The first baseline of a page that goes on, and where text ends.
pub(crate) const TOP: f32 = 78.0;
pub(crate) const BOTTOM: f32 = 786.0;
/// Side of the code, quiet zone included: 36 mm, of which 32 are the code.
const CODE_SIDE: f32 = 102.0;
/// Missing characters that are named; the proof inside has all of them.
const NAMED: usize = 40;

/// What something is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Black,
    /// Labels.
    Soft,
    /// What stands beside the Chinese in English.
    Faint,
    /// Headings, frame.
    Accent,
    /// Thin rules.
    Line,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Points.
    pub size: f32,
    pub ink: Ink,
    /// Between letters, ems.
    pub spacing: f32,
    pub english: bool,
}

pub(crate) const fn zh(size: f32, ink: Ink) -> Look {
    Look { size, ink, spacing: 0.0, english: false }
}

pub(crate) const fn en(size: f32) -> Look {
    Look { size, ink: Ink::Faint, spacing: 0.0, english: true }
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub x: f32,
    pub baseline: f32,
    pub kind: Kind,
    pub look: Look,
    pub text: String,
    /// The paragraph that it belongs to, counted through the document.
    pub block: usize,
    /// Whether that is the heading.
    pub heading: bool,
}

/// Something on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Line(Line),
    /// A filled rectangle: left, top, width, height.
    Bar([f32; 4], Ink),
    /// The code's dark modules, each run a rectangle.
    Code(Vec<[f32; 4]>),
}

/// The pages of a certificate.
///
/// # Errors
/// When there are too many.
pub fn lay_out(certificate: &Certificate, faces: &Faces, code: &Code) -> Result<Vec<Vec<Mark>>, PaperFault> {
    let (mut certificate, missing) = cleaned(certificate, faces.of(Kind::Text));
    if !missing.is_empty() {
        certificate.notes.insert(0, named(&certificate.missing, &missing));
    }
    let mut measured = Setter::new(faces);
    let foot = foot(&mut measured, &certificate, code, 0.0);
    let mut to = Setter::new(faces);
    to.bottom = BOTTOM - foot - 12.0;
    head(&mut to, &certificate);
    body(&mut to, &certificate)?;
    to.on_first_page();
    self::foot(&mut to, &certificate, code, BOTTOM - foot);
    let all = to.pages.len();
    for number in 0..all {
        to.at(number);
        running(&mut to, &certificate, number, all);
    }
    Ok(to.pages)
}

/// The texts without what no typeface draws, and the characters that were replaced.
fn cleaned(certificate: &Certificate, face: &Face) -> (Certificate, BTreeSet<char>) {
    let mut missing = BTreeSet::new();
    let mut clean = certificate.clone();
    let mut text = |text: &mut String| *text = legible(text, face, &mut missing);
    let Certificate { over, heading, claim, title, facts, parts, marks, code_note, notes, page, .. } =
        &mut clean;
    for two in [over, heading, claim, code_note, page].into_iter().chain(notes) {
        text(&mut two.zh);
        text(&mut two.en);
    }
    text(title);
    for fact in facts.iter_mut().chain(parts).chain(marks) {
        text(&mut fact.label.zh);
        text(&mut fact.label.en);
        text(&mut fact.value);
    }
    (clean, missing)
}

/// A text without what the typeface does not draw, and what was replaced.
pub(crate) fn legible(text: &str, face: &Face, missing: &mut BTreeSet<char>) -> String {
    let shown = text.chars().filter_map(|c| match c {
        '\n' => Some('\n'),
        c if c.is_whitespace() => Some(if c == '\u{3000}' { c } else { ' ' }),
        c if c.is_control() => None,
        c if face.has(c) => Some(c),
        c => {
            missing.insert(c);
            Some(GETA)
        }
    });
    shown.collect()
}

fn named(words: &Two, missing: &BTreeSet<char>) -> Two {
    let names: Vec<String> = missing.iter().take(NAMED).map(|c| format!("U+{:04X}", *c as u32)).collect();
    let more = if missing.len() > NAMED { " …" } else { "" };
    let names = format!("{}{more}", names.join(" "));
    Two { zh: words.zh.replace("{chars}", &names), en: words.en.replace("{chars}", &names) }
}

/// From the network's name to the title.
fn head(to: &mut Setter<'_>, certificate: &Certificate) {
    to.y = 88.0;
    to.block();
    to.centred(&certificate.over.zh, Look { spacing: 0.12, ..zh(12.5, Ink::Accent) });
    to.y += 15.0;
    to.centred(&certificate.over.en, Look { spacing: 0.02, ..en(8.5) });
    to.y += 50.0;
    to.heading(&certificate.heading.zh, Look { spacing: 0.24, ..zh(33.0, Ink::Accent) });
    to.y += 21.0;
    to.block();
    to.centred(&certificate.heading.en.to_uppercase(), Look { ink: Ink::Accent, spacing: 0.22, ..en(10.0) });
    to.y += 30.0;
    to.block();
    to.paragraph(&certificate.claim.zh, 16.5, zh(10.0, Ink::Black));
    to.y -= 2.0;
    to.paragraph(&certificate.claim.en, 11.5, en(8.0));
    to.y += 6.0;
    to.bar([LEFT, to.y, MEASURE, 1.0], Ink::Accent);
    title(to, &certificate.title);
    to.bar([LEFT, to.y, MEASURE, 0.5], Ink::Accent);
    to.y += 4.0;
}

/// As large as it can be on few lines.
fn title(to: &mut Setter<'_>, title: &str) {
    let sizes = [(19.0, 1), (16.5, 2), (14.0, 3), (11.5, usize::MAX)];
    for (size, most) in sizes {
        let lines = to.wrapped(title, MEASURE - 20.0, size);
        if lines.len() > most {
            continue;
        }
        to.block();
        to.y += size + 9.0;
        for (n, line) in lines.iter().enumerate() {
            to.y += if n > 0 { size * 1.45 } else { 0.0 };
            to.centred(line, zh(size, Ink::Black));
        }
        to.y += 14.0;
        return;
    }
}

/// The table and the long texts.
fn body(to: &mut Setter<'_>, certificate: &Certificate) -> Result<(), PaperFault> {
    const LABEL: f32 = 104.0;
    for Fact { label, value } in &certificate.facts {
        let lines = to.wrapped(value, MEASURE - LABEL - 8.0, 10.0);
        let high = (lines.len() as f32 * 15.0 + 10.0).max(28.0);
        to.make_room(high.min(90.0))?;
        let top = to.y;
        to.block();
        to.text(&label.zh, LEFT + 4.0, top + 12.5, zh(9.0, Ink::Soft));
        to.text(&label.en, LEFT + 4.0, top + 22.0, en(6.8));
        to.block();
        let single = if lines.len() == 1 { 3.5 } else { 0.0 };
        for (n, line) in lines.iter().enumerate() {
            if n > 0 {
                to.make_room(15.0)?;
            }
            to.y += if n > 0 { 15.0 } else { 13.5 + single };
            to.text(line, LEFT + LABEL, to.y, zh(10.0, Ink::Black));
        }
        to.y = (to.y + 8.5).max(if lines.len() == 1 { top + 28.0 } else { to.y + 8.5 });
        to.bar([LEFT, to.y, MEASURE, 0.4], Ink::Line);
    }
    for Fact { label, value } in &certificate.parts {
        to.make_room(52.0)?;
        to.y += 19.0;
        to.block();
        let end = to.text(&label.zh, LEFT + 4.0, to.y, zh(10.0, Ink::Accent));
        to.text(&label.en, end + 7.0, to.y, en(7.5));
        to.y += 2.0;
        to.block();
        for line in to.wrapped(value, MEASURE - 8.0, 9.5) {
            to.make_room(15.0)?;
            to.y += 15.0;
            to.text(&line, LEFT + 4.0, to.y, zh(9.5, Ink::Black));
        }
    }
    Ok(())
}

/// The code, the numbers beside it and the small print, from `top` on; gives how high they are.
fn foot(to: &mut Setter<'_>, certificate: &Certificate, code: &Code, top: f32) -> f32 {
    to.bar([LEFT, top, MEASURE, 1.0], Ink::Accent);
    let module = CODE_SIDE / (code.side() + 2 * QUIET) as f32;
    let place = |(x, y, long): (usize, usize, usize)| {
        let (left, down) = ((x + QUIET) as f32 * module, (y + QUIET) as f32 * module);
        [LEFT - QUIET as f32 * module + left + 4.0, top + 8.0 + down, long as f32 * module, module]
    };
    to.mark(Mark::Code(code.runs().into_iter().map(place).collect()));
    to.block();
    let under = top + CODE_SIDE + 16.0;
    to.text(&certificate.code_note.zh, LEFT + 4.0, under, zh(8.0, Ink::Soft));
    to.text(&certificate.code_note.en, LEFT + 4.0, under + 9.5, en(6.5));
    let (x, mut y) = (LEFT + CODE_SIDE + 16.0, top + 18.0);
    for Fact { label, value } in &certificate.marks {
        to.block();
        let end = to.text(&label.zh, x, y, zh(7.5, Ink::Soft));
        to.text(&label.en, end + 5.0, y, en(6.3));
        for line in to.wrapped(value, LEFT + MEASURE - x, 8.2) {
            y += 10.4;
            to.text(&line, x, y, zh(8.2, Ink::Black));
        }
        y += 12.6;
    }
    y = y.max(under + 22.0);
    for Two { zh: zh_text, en: en_text } in &certificate.notes {
        to.block();
        for (text, leading, look) in [(zh_text, 10.5, zh(7.2, Ink::Soft)), (en_text, 8.6, en(6.3))] {
            for line in to.wrapped(text, MEASURE, look.size) {
                to.text(&line, LEFT, y, look);
                y += leading;
            }
        }
        y += 1.5;
    }
    y - top
}

/// What stands on every page.
fn running(to: &mut Setter<'_>, certificate: &Certificate, number: usize, all: usize) {
    let place =
        |text: &str| text.replace("{n}", &(number + 1).to_string()).replace("{all}", &all.to_string());
    to.block();
    to.y = 803.0;
    let foot = format!("{}　{}", place(&certificate.page.zh), place(&certificate.page.en));
    to.centred(&foot, zh(7.0, Ink::Faint));
    if number > 0 {
        let line = format!("{}　{}", certificate.heading.zh, certificate.title);
        let first = to.wrapped(&line, MEASURE, 8.0).into_iter().next().unwrap_or_default();
        to.text(&first, LEFT, 58.0, zh(8.0, Ink::Faint));
        to.bar([LEFT, 64.0, MEASURE, 0.4], Ink::Line);
    }
}
