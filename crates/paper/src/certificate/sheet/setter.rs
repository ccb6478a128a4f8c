//! Sets lines and bars on pages.

use super::super::face::{Faces, Kind};
use super::super::lines::wrap;
use super::super::{MAX_PAGES, PaperFault};
use super::{BOTTOM, Ink, LEFT, Line, Look, MEASURE, Mark, TOP, WIDTH, zh};

/// Where the next mark goes. `y` is the last baseline; `bottom` is where text of this page ends.
pub struct Setter<'a> {
    faces: &'a Faces,
    pub pages: Vec<Vec<Mark>>,
    page: usize,
    pub y: f32,
    pub bottom: f32,
    blocks: usize,
}

impl<'a> Setter<'a> {
    pub fn new(faces: &'a Faces) -> Self {
        Self { faces, pages: vec![Vec::new()], page: 0, y: TOP, bottom: BOTTOM, blocks: 0 }
    }

    /// Begins another paragraph.
    pub fn block(&mut self) {
        self.blocks += 1;
    }

    /// Goes back to a page.
    pub fn at(&mut self, page: usize) {
        self.page = page;
    }

    /// Goes back to the first page.
    pub fn on_first_page(&mut self) {
        self.at(0);
    }

    pub fn mark(&mut self, mark: Mark) {
        self.pages.get_mut(self.page).into_iter().for_each(|page| page.push(mark.clone()));
    }

    pub fn bar(&mut self, place: [f32; 4], ink: Ink) {
        self.mark(Mark::Bar(place, ink));
    }

    /// Goes to the next page when less than `high` is left on this one.
    pub fn make_room(&mut self, high: f32) -> Result<(), PaperFault> {
        if self.y + high <= self.bottom {
            return Ok(());
        }
        if self.pages.len() == MAX_PAGES {
            return Err(PaperFault::Long);
        }
        self.pages.push(Vec::new());
        self.page = self.pages.len() - 1;
        (self.y, self.bottom) = (TOP, BOTTOM);
        Ok(())
    }

    /// The lines of a text in a size, none wider than `width` points.
    pub fn wrapped(&self, text: &str, width: f32, size: f32) -> Vec<String> {
        wrap(self.faces.of(Kind::Text), text, width / size)
    }

    /// A line; gives where it ends.
    pub fn text(&mut self, text: &str, x: f32, baseline: f32, look: Look) -> f32 {
        self.line(Line { x, baseline, look, text: text.to_owned(), ..self.blank() })
    }

    /// A line that ends at `end`.
    pub fn right(&mut self, text: &str, end: f32, baseline: f32, look: Look) {
        let x = end - self.width(text, look.size);
        self.line(Line { x, baseline, look, text: text.to_owned(), ..self.blank() });
    }

    /// How wide a text is in a size, points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        self.faces.of(Kind::Text).width(text) * size
    }

    /// As much of a text as one line of `width` points holds; an ellipsis says where it was cut.
    pub fn clipped(&self, text: &str, width: f32, size: f32) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let mut short = String::new();
        for c in text.chars() {
            short.push(c);
            if self.width(&short, size) > width - size {
                short.pop();
                break;
            }
        }
        short.push('…');
        short
    }

    /// A line that is a heading of the document.
    pub fn title(&mut self, text: &str, look: Look) {
        self.block();
        self.line(Line { look, text: text.to_owned(), heading: true, ..self.blank() });
    }

    /// A line in the middle, at `y`.
    pub fn centred(&mut self, text: &str, look: Look) {
        let x = self.centre(Kind::Text, text, look);
        self.line(Line { x, look, text: text.to_owned(), ..self.blank() });
    }

    /// The heading, in its own typeface.
    pub fn heading(&mut self, text: &str, look: Look) {
        self.block();
        // A character that only the text's typeface has would not be drawn in the other.
        let own = text.chars().all(|c| self.faces.of(Kind::Heading).has(c));
        let kind = if own { Kind::Heading } else { Kind::Text };
        let x = self.centre(kind, text, look);
        self.line(Line { x, kind, look, text: text.to_owned(), heading: true, ..self.blank() });
    }

    /// Lines from `y` on, over the whole measure; afterwards `y` is where the next would stand.
    pub fn paragraph(&mut self, text: &str, leading: f32, look: Look) {
        for line in self.wrapped(text, MEASURE, look.size) {
            self.text(&line, LEFT, self.y, look);
            self.y += leading;
        }
    }

    fn centre(&self, kind: Kind, text: &str, look: Look) -> f32 {
        let letters = text.chars().count().saturating_sub(1) as f32;
        (WIDTH - (self.faces.of(kind).width(text) + letters * look.spacing) * look.size) / 2.0
    }

    fn line(&mut self, line: Line) -> f32 {
        let end = line.x + self.faces.of(line.kind).width(&line.text) * line.look.size;
        if !line.text.is_empty() {
            self.mark(Mark::Line(line));
        }
        end.min(LEFT + MEASURE)
    }

    fn blank(&self) -> Line {
        Line {
            x: LEFT,
            baseline: self.y,
            kind: Kind::Text,
            look: zh(10.0, Ink::Black),
            text: String::new(),
            block: self.blocks,
            heading: false,
        }
    }
}
