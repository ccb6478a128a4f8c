//! The two typefaces, and what is measured of them.

use std::collections::BTreeMap;

use krilla::text::{Font, GlyphId};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

static TEXT: &[u8] = include_bytes!("../../assets/text.otf");
static HEADING: &[u8] = include_bytes!("../../assets/heading.otf");

/// What stands for a character that a typeface lacks (U+3013 GETA MARK, as printers do).
pub const GETA: char = '〓';

/// Which of the typefaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sans, for all text.
    Text,
    /// Serif and bold, for the heading's words alone.
    Heading,
}

/// A typeface.
pub struct Face {
    pub font: Font,
    glyphs: BTreeMap<char, (u32, f32)>,
}

impl Face {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let file = FontRef::new(bytes).ok()?;
        let metrics = file.glyph_metrics(Size::unscaled(), LocationRef::default());
        let em = f32::from(file.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let mapped = file.charmap().mappings();
        let glyphs = mapped.filter_map(|(code, glyph)| {
            let advance = metrics.advance_width(glyph)?;
            Some((char::from_u32(code)?, (glyph.to_u32(), advance / em)))
        });
        Some(Self { glyphs: glyphs.collect(), font: Font::new(bytes.to_vec().into(), 0)? })
    }

    /// Whether it has a character.
    pub fn has(&self, c: char) -> bool {
        self.glyphs.contains_key(&c)
    }

    /// The glyph of a character and its width in ems; of one that it lacks, nothing of no width.
    pub fn glyph(&self, c: char) -> (GlyphId, f32) {
        let (glyph, width) = self.glyphs.get(&c).copied().unwrap_or_default();
        (GlyphId::new(glyph), width)
    }

    /// Width of a text in ems.
    pub fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.glyph(c).1).sum()
    }
}

/// Both.
pub struct Faces {
    text: Face,
    heading: Face,
}

impl Faces {
    /// Opens the typefaces inside the program; `None` when one is damaged, which a test rules out.
    pub fn read() -> Option<Self> {
        Some(Self { text: Face::read(TEXT)?, heading: Face::read(HEADING)? })
    }

    /// One of them.
    pub fn of(&self, kind: Kind) -> &Face {
        match kind {
            Kind::Text => &self.text,
            Kind::Heading => &self.heading,
        }
    }
}
