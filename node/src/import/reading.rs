//! A file, or a sheet of it, about to be read.

use catalog::words::fill;
use catalog::{Kind, Lang};
use exchange::ReadError;
use exchange::mapping::Mapping;
use exchange::read::{self, ReadOptions, Source};

use super::Order;
use crate::office::{Failure, exit};

/// A text of the catalogue of words in both languages: Chinese, English.
pub fn in_both(key: &str, places: &[(&str, &str)]) -> (String, String) {
    (fill(Lang::Zh, key, places), fill(Lang::En, key, places))
}

/// The failure of a file that cannot be read.
pub fn unread(error: &ReadError) -> Failure {
    Failure { message_zh: error.zh(), ..Failure::new(exit::REJECTED, error.to_string(), "") }
}

/// A sheet with its columns mapped.
pub struct Reading {
    input: read::Input,
    options: ReadOptions,
    /// The rows.
    pub source: Source,
    /// What its columns are.
    pub mapping: Mapping,
}

impl Reading {
    /// Opens a sheet of a file.
    ///
    /// # Errors
    /// When it cannot be read, or the stated mapping is none.
    pub fn open(order: &Order, kind: Kind, options: ReadOptions) -> Result<Reading, Failure> {
        let opened = read::open(order.input.clone(), &options);
        let source = opened.map_err(|error| unread(&error))?;
        let stated = with_title(order.stated.clone(), source.headers());
        let mapping = Mapping::with(kind, &stated, &source, &order.chosen, &order.remembered);
        let mapping = mapping.map_err(|error| {
            let (hint_zh, hint) = in_both("cli.import.map.hint", &[]);
            let (message_zh, message) = (error.zh(), error.to_string());
            Failure { code: exit::USAGE, message, hint, message_zh, hint_zh, ..Failure::default() }
        })?;
        Ok(Reading { input: order.input.clone(), options, source, mapping })
    }

    /// Refuses a mapping that names columns which are not there: most likely a slip of the pen.
    ///
    /// # Errors
    /// Names the columns.
    pub fn refuse_missing(&self) -> Result<(), Failure> {
        let missing = self.mapping.missing(self.source.headers());
        if missing.is_empty() || self.source.header_row().is_none() {
            return Ok(());
        }
        let said = |lang: Lang| {
            let between = lang.pick("、", ", ");
            let (columns, there) = (missing.join(between), self.source.headers().join(between));
            fill(lang, "cli.import.missing", &[("columns", &columns), ("there", &there)])
        };
        let (hint_zh, hint) = in_both("cli.import.map.hint", &[]);
        let (message_zh, message) = (said(Lang::Zh), said(Lang::En));
        Err(Failure { code: exit::USAGE, message, hint, message_zh, hint_zh, ..Failure::default() })
    }

    /// Why a sheet among several is not of the kind; `None` when it is.
    pub fn stranger(&self) -> Option<&'static str> {
        let headers = self.source.headers();
        match self.source.header_row() {
            _ if headers.is_empty() => Some("cli.import.passed.empty"),
            None => Some("cli.import.passed.header"),
            Some(_) if !self.mapping.has("title") => Some("cli.import.passed.title"),
            Some(_) if !self.mapping.missing(headers).is_empty() => Some("cli.import.passed.map"),
            Some(_) => None,
        }
    }

    /// The names of all columns. JSON tells some late, and a table without a header may grow, so these are read twice.
    ///
    /// # Errors
    /// When the file is gone.
    pub fn all_headers(&self) -> Result<Vec<String>, Failure> {
        if self.source.header_row().is_some() {
            return Ok(self.source.headers().to_vec());
        }
        let opened = read::open(self.input.clone(), &self.options);
        let mut source = opened.map_err(|error| unread(&error))?;
        source.by_ref().for_each(drop);
        Ok(source.headers().to_vec())
    }

    /// Ids of the fields for which there are columns, or texts that stand in every row.
    pub fn columns(&self) -> Vec<String> {
        let mut ids: Vec<String> =
            self.mapping.entries().iter().map(|entry| entry.field.id.to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// A list without a header row nearly always begins with the name: its first column is taken for the title where the
/// mapping names none. The note on the missing header says so.
fn with_title(stated: String, headers: &[String]) -> String {
    let nameless = headers.first().is_some_and(|header| header == "column1");
    let named = stated.split(',').any(|part| part.trim_start().starts_with("title="));
    match (nameless && !named, stated.is_empty()) {
        (false, _) => stated,
        (true, true) => "title=column1".to_owned(),
        (true, false) => format!("{stated},title=column1"),
    }
}
