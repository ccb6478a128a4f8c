//! A report: figures and tables on A4, as a PDF that may carry files. Its bytes follow from what is put in.
//!
//! Absent: what the figures are, and pictures; bars beside numbers are drawn.

use std::collections::BTreeSet;

use crate::certificate::face::{Faces, Kind};
use crate::certificate::sheet::setter::Setter;
use crate::certificate::sheet::{BOTTOM, Ink, LEFT, Look, MEASURE, Mark, legible, zh};
use crate::certificate::{File, PaperFault, pdf};

/// Height of a row of a table, points.
const ROW: f32 = 15.0;
/// Below this many points a section's heading goes to the next page.
const HEADED: f32 = 72.0;
/// How far a row stands in for each step of depth.
const STEP: f32 = 12.0;
/// Missing characters that are named.
const NAMED: usize = 40;

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Numbers stand to the right.
    pub number: bool,
    /// Its part of the width.
    pub part: f32,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Cells, as many as there are columns.
    pub cells: Vec<String>,
    /// How deep the first one stands below others.
    pub depth: usize,
    /// How long its bar is, of 1; `None` for no bar. Bars stand in the last column.
    pub bar: Option<f32>,
}

/// A table under a heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What is to be said of it; may be empty.
    pub note: String,
    /// Columns; none for a section that is its note alone.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<Row>,
}

/// All that stands in a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Over the heading.
    pub over: String,
    /// The heading.
    pub heading: String,
    /// Under it.
    pub sub: String,
    /// Labels with numbers, side by side.
    pub facts: Vec<(String, String)>,
    /// Tables.
    pub sections: Vec<Section>,
    /// Small print.
    pub notes: Vec<String>,
    /// Said of characters that are missing, with a place `{chars}`.
    pub missing: String,
    /// The line at the foot of each page, with places `{n}` and `{all}`.
    pub page: String,
    /// Whether its texts are English.
    pub english: bool,
    /// When it was made, milliseconds since 1970 UTC.
    pub made_ms: i64,
    /// Files that lie in it.
    pub files: Vec<File>,
}

impl Report {
    /// The PDF's bytes.
    ///
    /// # Errors
    /// When it would be too long.
    pub fn to_pdf(&self) -> Result<Vec<u8>, PaperFault> {
        let faces = Faces::read().ok_or_else(|| PaperFault::Writer("a typeface does not open".to_owned()))?;
        let pages = self.lay_out(&faces)?;
        let cover = pdf::Cover {
            title: self.heading.clone(),
            lang: if self.english { "en" } else { "zh-CN" },
            framed: false,
            made_ms: self.made_ms,
            files: &self.files,
        };
        pdf::write(&cover, &faces, &pages)
    }

    fn lay_out(&self, faces: &Faces) -> Result<Vec<Vec<Mark>>, PaperFault> {
        let report = self.cleaned(faces);
        let mut to = Setter::new(faces);
        report.head(&mut to);
        for section in &report.sections {
            section.lay_out(&mut to)?;
        }
        to.y += 14.0;
        for note in &report.notes {
            to.block();
            for line in to.wrapped(note, MEASURE, 7.8) {
                to.make_room(11.5)?;
                to.y += 11.5;
                to.text(&line, LEFT, to.y, zh(7.8, Ink::Soft));
            }
            to.y += 2.5;
        }
        let all = to.pages.len();
        for number in 0..all {
            to.at(number);
            report.running(&mut to, number, all);
        }
        Ok(to.pages)
    }

    fn cleaned(&self, faces: &Faces) -> Self {
        let (mut report, mut missing) = (self.clone(), BTreeSet::new());
        let face = faces.of(Kind::Text);
        let mut text = |text: &mut String| *text = legible(text, face, &mut missing);
        for own in [&mut report.over, &mut report.heading, &mut report.sub, &mut report.page] {
            text(own);
        }
        for (label, value) in &mut report.facts {
            text(label);
            text(value);
        }
        for section in &mut report.sections {
            text(&mut section.title);
            text(&mut section.note);
            section.columns.iter_mut().for_each(|column| text(&mut column.heading));
            section.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(&mut text);
        }
        report.notes.iter_mut().for_each(&mut text);
        if !missing.is_empty() {
            let names: Vec<String> =
                missing.iter().take(NAMED).map(|c| format!("U+{:04X}", *c as u32)).collect();
            report.notes.push(report.missing.replace("{chars}", &names.join(" ")));
        }
        report
    }

    fn head(&self, to: &mut Setter<'_>) {
        to.y = 62.0;
        to.block();
        to.text(&self.over, LEFT, to.y, Look { spacing: 0.06, ..zh(10.5, Ink::Accent) });
        for (n, line) in to.wrapped(&self.heading, MEASURE, 24.0).into_iter().enumerate() {
            to.y += if n > 0 { 32.0 } else { 36.0 };
            to.title(&line, zh(24.0, Ink::Black));
        }
        to.block();
        to.y += 8.0;
        for line in to.wrapped(&self.sub, MEASURE, 9.0) {
            to.y += 13.0;
            to.text(&line, LEFT, to.y, zh(9.0, Ink::Soft));
        }
        to.y += 12.0;
        to.bar([LEFT, to.y, MEASURE, 1.4], Ink::Accent);
        let wide = MEASURE / self.facts.len().max(1) as f32;
        for (n, (label, value)) in self.facts.iter().enumerate() {
            let x = LEFT + n as f32 * wide;
            to.block();
            to.text(value, x, to.y + 30.0, zh(20.0, Ink::Accent));
            let label = to.clipped(label, wide - 6.0, 8.5);
            to.text(&label, x, to.y + 45.0, zh(8.5, Ink::Soft));
        }
        to.y += 56.0;
        to.bar([LEFT, to.y, MEASURE, 0.5], Ink::Line);
        to.y += 2.0;
    }

    fn running(&self, to: &mut Setter<'_>, number: usize, all: usize) {
        let foot = self.page.replace("{n}", &(number + 1).to_string()).replace("{all}", &all.to_string());
        to.block();
        to.bar([LEFT, BOTTOM + 8.0, MEASURE, 0.4], Ink::Line);
        to.right(&foot, LEFT + MEASURE, BOTTOM + 20.0, zh(7.5, Ink::Faint));
        to.text(&self.over, LEFT, BOTTOM + 20.0, zh(7.5, Ink::Faint));
        if number > 0 {
            to.text(&self.heading, LEFT, 52.0, zh(8.0, Ink::Faint));
            to.bar([LEFT, 58.0, MEASURE, 0.4], Ink::Line);
        }
    }
}

impl Section {
    fn lay_out(&self, to: &mut Setter<'_>) -> Result<(), PaperFault> {
        to.make_room(HEADED)?;
        to.y += 25.0;
        to.block();
        to.text(&self.title, LEFT, to.y, zh(12.5, Ink::Accent));
        to.block();
        for line in to.wrapped(&self.note, MEASURE, 8.0).into_iter().filter(|line| !line.is_empty()) {
            to.make_room(12.0)?;
            to.y += 13.0;
            to.text(&line, LEFT, to.y, zh(8.0, Ink::Soft));
        }
        if self.columns.is_empty() {
            return Ok(());
        }
        self.headings(to);
        for row in &self.rows {
            let page = to.pages.len();
            to.make_room(ROW)?;
            if to.pages.len() > page {
                self.headings(to);
            }
            self.row(row, to);
        }
        Ok(())
    }

    /// Where each column begins and ends.
    fn places(&self) -> Vec<(f32, f32)> {
        let all: f32 = self.columns.iter().map(|column| column.part).sum();
        let mut x = LEFT;
        let place = |column: &Column| {
            let begin = x;
            x += MEASURE * column.part / all.max(f32::EPSILON);
            (begin, x - 6.0)
        };
        self.columns.iter().map(place).collect()
    }

    fn headings(&self, to: &mut Setter<'_>) {
        to.y += 16.0;
        to.block();
        for (column, (begin, end)) in self.columns.iter().zip(self.places()) {
            let heading = to.clipped(&column.heading, end - begin, 7.8);
            match column.number {
                true => to.right(&heading, end, to.y, zh(7.8, Ink::Soft)),
                false => drop(to.text(&heading, begin, to.y, zh(7.8, Ink::Soft))),
            }
        }
        to.y += 4.0;
        to.bar([LEFT, to.y, MEASURE, 0.7], Ink::Accent);
    }

    fn row(&self, row: &Row, to: &mut Setter<'_>) {
        let base = to.y + 10.6;
        to.block();
        let look = zh(9.0, Ink::Black);
        for ((cell, column), (n, (begin, end))) in
            row.cells.iter().zip(&self.columns).zip(self.places().into_iter().enumerate())
        {
            let begin = begin + if n == 0 { row.depth as f32 * STEP } else { 0.0 };
            let cell = to.clipped(cell, end - begin, look.size);
            match column.number {
                true => to.right(&cell, end, base, look),
                false => drop(to.text(&cell, begin, base, look)),
            }
        }
        if let (Some(bar), Some((begin, end))) = (row.bar, self.places().last()) {
            let long = (end - begin) * bar.clamp(0.0, 1.0);
            to.bar([*begin, to.y + 4.4, long.max(0.6), 7.0], Ink::Accent);
        }
        to.y += ROW;
        to.bar([LEFT, to.y, MEASURE, 0.3], Ink::Line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Report {
        let column = |heading: &str, number, part| Column { heading: heading.to_owned(), number, part };
        let row = |name: &str, count: u64, depth| Row {
            cells: vec![name.to_owned(), count.to_string(), String::new()],
            depth,
            bar: Some(count as f32 / 321.0),
        };
        Report {
            over: "湖北联合技术市场".to_owned(),
            heading: "技术市场月报　2026年11月".to_owned(),
            sub: "全部地区".to_owned(),
            facts: vec![("本月新增".to_owned(), "321".to_owned()), ("在列".to_owned(), "12,408".to_owned())],
            sections: vec![Section {
                title: "地区".to_owned(),
                note: String::new(),
                columns: vec![column("名称", false, 3.0), column("条数", true, 1.0), column("", false, 2.0)],
                rows: (0..90).map(|n| row(&format!("样例地区{n}𰻝"), 321 - n, (n % 3) as usize)).collect(),
            }],
            notes: vec!["说明".to_owned()],
            missing: "缺字：{chars}".to_owned(),
            page: "第 {n} 页，共 {all} 页".to_owned(),
            made_ms: 1_795_795_200_000,
            files: vec![File {
                name: "figures.txt".into(),
                description: "figures".into(),
                bytes: b"mine: 7".to_vec(),
            }],
            ..Report::default()
        }
    }

    #[test]
    fn every_figure_stands_on_a_page_and_the_same_words_make_the_same_bytes() {
        let faces = Faces::read().expect("it opens");
        let pages = sample().lay_out(&faces).expect("it fits");
        assert_eq!(pages.len(), 3, "ninety rows");
        let said = format!("{pages:?}");
        for n in 0..90 {
            assert!(
                said.contains(&format!("\"{}\"", 321 - n)) && said.contains(&format!("样例地区{n}〓")),
                "row {n}"
            );
        }
        for part in ["技术市场月报", "12,408", "缺字：U+30EDD", "第 3 页，共 3 页"] {
            assert!(said.contains(part), "{part}");
        }
        let pdf = sample().to_pdf().expect("it is made");
        assert_eq!(sample().to_pdf(), Ok(pdf.clone()));
        assert_eq!(crate::certificate::attached(&pdf, b"mine:"), Some(b"mine: 7".as_slice()));
    }

    #[test]
    fn a_report_without_end_is_refused() {
        let mut long = sample();
        long.sections[0].rows = vec![Row { cells: vec!["x".to_owned()], ..Row::default() }; 20_000];
        assert_eq!(long.to_pdf(), Err(PaperFault::Long));
    }
}
