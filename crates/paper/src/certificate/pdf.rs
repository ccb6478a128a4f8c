//! Draws the pages as PDF/A-3b (ISO 19005-3), which may carry files, with text that can be searched and read aloud.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::configure::{Configuration, Validator};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::KrillaGlyph;
use krilla::{Document, SerializeSettings};

use super::face::Faces;
use super::sheet::{HEIGHT, Ink, Line, Mark, WIDTH, frame};
use super::{File, PaperFault};

/// What the files in a certificate are to a program that knows nothing of Lianshi (RFC 2046).
const MIME: &str = "application/octet-stream";

/// What a document is beside its pages.
pub struct Cover<'a> {
    /// Its title.
    pub title: String,
    /// Its language (BCP 47).
    pub lang: &'static str,
    /// Whether its pages have a frame.
    pub framed: bool,
    /// When it was made, milliseconds since 1970 UTC.
    pub made_ms: i64,
    /// Files that lie in it.
    pub files: &'a [File],
}

/// Writes the pages, the files and what a reader is told of the document.
///
/// # Errors
/// When the writer refuses, which is a fault of this program.
pub fn write(cover: &Cover<'_>, faces: &Faces, pages: &[Vec<Mark>]) -> Result<Vec<u8>, PaperFault> {
    let failed = |what: &str| PaperFault::Writer(what.to_owned());
    let mut document = Document::new_with(SerializeSettings {
        enable_tagging: true,
        configuration: Configuration::new_with_validator(Validator::A3_B),
        ..SerializeSettings::default()
    });
    let mut paragraphs: BTreeMap<usize, TagGroup> = BTreeMap::new();
    for marks in pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| failed("A4 is no size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        if cover.framed {
            surface.start_tagged(ContentTag::Artifact(ArtifactType::Other));
            bars(&mut surface, &frame(), Ink::Accent);
            surface.end_tagged();
        }
        for mark in marks {
            draw(&mut surface, faces, (mark, cover.lang), &mut paragraphs);
        }
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new();
    paragraphs.into_values().for_each(|group| tree.push(group));
    document.set_tag_tree(tree);
    let made = moment(cover.made_ms);
    for file in cover.files {
        let embedded = EmbeddedFile {
            path: file.name.clone(),
            mime_type: MimeType::new(MIME),
            description: Some(file.description.clone()),
            association_kind: AssociationKind::Source,
            data: file.bytes.clone().into(),
            modification_date: Some(made),
            // As they are, so that they are found without reading the PDF.
            compress: Some(false),
            location: None,
        };
        document.embed_file(embedded).ok_or_else(|| failed("two files have one name"))?;
    }
    document.set_metadata(
        Metadata::new()
            .title(cover.title.clone())
            .language(cover.lang.to_owned())
            .creator("lianshi".to_owned())
            .creation_date(made),
    );
    document.finish().map_err(|error| PaperFault::Writer(format!("{error:?}")))
}

fn draw(
    surface: &mut Surface<'_>,
    faces: &Faces,
    (mark, lang): (&Mark, &'static str),
    paragraphs: &mut BTreeMap<usize, TagGroup>,
) {
    match mark {
        Mark::Line(line) => {
            let lang = if line.look.english { "en" } else { lang };
            let name = surface.start_tagged(ContentTag::Span(SpanTag::empty().with_lang(Some(lang))));
            text(surface, faces, line);
            surface.end_tagged();
            let group = paragraphs.entry(line.block).or_insert_with(|| match line.heading {
                true => TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(line.text.clone()))),
                false => TagGroup::new(Tag::P),
            });
            group.push(name);
        }
        Mark::Bar(place, ink) => {
            surface.start_tagged(ContentTag::Artifact(ArtifactType::Other));
            bars(surface, &[*place], *ink);
            surface.end_tagged();
        }
        Mark::Code(modules) => {
            surface.start_tagged(ContentTag::Artifact(ArtifactType::Other));
            bars(surface, modules, Ink::Black);
            surface.end_tagged();
        }
    }
}

fn text(surface: &mut Surface<'_>, faces: &Faces, line: &Line) {
    let face = faces.of(line.kind);
    let glyphs: Vec<KrillaGlyph> = line
        .text
        .char_indices()
        .map(|(at, c)| {
            let (glyph, width) = face.glyph(c);
            KrillaGlyph::new(glyph, width + line.look.spacing, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        })
        .collect();
    surface.set_fill(Some(fill(line.look.ink)));
    surface.draw_glyphs(
        Point::from_xy(line.x, line.baseline),
        &glyphs,
        face.font.clone(),
        &line.text,
        line.look.size,
        false,
    );
}

/// Filled rectangles, as one path.
fn bars(surface: &mut Surface<'_>, places: &[[f32; 4]], ink: Ink) {
    let mut path = PathBuilder::new();
    for [x, y, wide, high] in places {
        if let Some(rect) = Rect::from_xywh(*x, *y, *wide, *high) {
            path.push_rect(rect);
        }
    }
    surface.set_fill(Some(fill(ink)));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// The colours of the pages (`tokens.css`), which a printer without colours shows as greys that can be read.
fn fill(ink: Ink) -> Fill {
    let colour = match ink {
        Ink::Black => rgb::Color::new(0x14, 0x1c, 0x1d),
        Ink::Soft => rgb::Color::new(0x3a, 0x48, 0x4a),
        Ink::Faint => rgb::Color::new(0x5c, 0x68, 0x6a),
        Ink::Accent => rgb::Color::new(0x0e, 0x5a, 0x60),
        Ink::Line => rgb::Color::new(0xc9, 0xd4, 0xd3),
    };
    Fill { paint: colour.into(), ..Fill::default() }
}

/// Milliseconds since 1970 as a date in UTC, within the years that a PDF can name.
fn moment(ms: i64) -> DateTime {
    let seconds = ms.clamp(0, 253_402_300_799_000) / 1_000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Civil from days: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let small = |n: i64| u8::try_from(n).unwrap_or_default();
    DateTime::new(u16::try_from(year).unwrap_or(1970))
        .month(small(month))
        .day(small(doy - (153 * mp + 2) / 5 + 1))
        .hour(small(second / 3_600))
        .minute(small(second / 60 % 60))
        .second(small(second % 60))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
