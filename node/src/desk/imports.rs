//! What the desk's pages of imports are told and do.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use catalog::{Kind, Lang, Record};
use market::Account;
use web::SourceError;
use web::desk::imports::{
    ChangeView, ColumnView, ImportAct, ImportView, Imports, RowRemark, RowView, TableAsk,
};
use web::desk::view::{Clerk, Said};

use super::{Bench, failed, said, told};
use crate::import::job::{Job, KeptRow, State};
use crate::office::{Failure, Office, act, kind_of};
use crate::table::{self, Shelf};

impl Imports for Bench {
    fn import(&self, clerk: &Clerk) -> Result<Option<ImportView>, SourceError> {
        let account = self.account(clerk).map_err(failed)?;
        let marked = self.imports.marked(&account).is_some();
        Ok(self.imports.of(&account).map(|job| view(job, marked)))
    }

    fn receive(&self, clerk: &Clerk) -> Result<Result<PathBuf, Said>, SourceError> {
        told(self.account(clerk).and_then(|account| self.imports.receive(&account)))
    }

    fn received(
        &self,
        clerk: &Clerk,
        sent: &Path,
        name: &str,
        zh: bool,
    ) -> Result<Result<(), Said>, SourceError> {
        let lang = if zh { Lang::Zh } else { Lang::En };
        told(self.done(clerk, act("imports.receive", ""), |account| {
            self.imports.received(&account, sent, name, lang)
        }))
    }

    fn change_import(&self, clerk: &Clerk, what: &ImportAct) -> Result<Result<(), Said>, SourceError> {
        let called = match what {
            ImportAct::Apply => Some("imports.apply"),
            ImportAct::Stop => Some("imports.stop"),
            ImportAct::GoOn => Some("imports.go-on"),
            ImportAct::Discard => Some("imports.discard"),
            // A look at the table, which changes nothing.
            ImportAct::Read { .. } | ImportAct::Back => None,
        };
        let change = |account: Account| match what {
            ImportAct::Read { kind, columns, publish } => {
                self.imports.read(&account, kind, columns, *publish)
            }
            ImportAct::Apply => self.imports.apply(&account),
            ImportAct::Stop => {
                self.imports.stop(&account);
                Ok(())
            }
            ImportAct::GoOn => self.imports.go_on(&account),
            ImportAct::Back => self.imports.back(&account),
            ImportAct::Discard => self.imports.discard(&account),
        };
        told(match called {
            Some(called) => self.done(clerk, act(called, ""), change),
            None => self.account(clerk).and_then(change),
        })
    }

    fn import_rows(
        &self,
        clerk: &Clerk,
        list: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(usize, Vec<RowView>), SourceError> {
        let account = self.account(clerk).map_err(failed)?;
        let (total, rows) = self.imports.rows(&account, list, offset, limit).map_err(failed)?;
        Ok((total, rows.into_iter().map(row).collect()))
    }

    fn marked_table(&self, clerk: &Clerk) -> Result<Option<PathBuf>, SourceError> {
        Ok(self.imports.marked(&self.account(clerk).map_err(failed)?))
    }

    fn write_table(&self, clerk: &Clerk, ask: &TableAsk, out: &mut dyn Write) -> Result<(), SourceError> {
        self.account(clerk).map_err(failed)?;
        let form = table::form_of(ask.form);
        let (kind, lang) = (kind_of(&ask.kind).map_err(failed)?, if ask.zh { Lang::Zh } else { Lang::En });
        let folder = self.office.scratch().map_err(failed)?;
        let written = match ask.drafts {
            true => table::write(&mut DraftShelf(&self.office, kind), kind, lang, form, out, &folder),
            false => table::write(&mut OwnShelf(&self.office, kind), kind, lang, form, out, &folder),
        };
        written.map(drop).map_err(failed)
    }

    fn template(&self, kind: &str, zh: bool) -> Result<Option<Vec<u8>>, SourceError> {
        let Ok(kind) = kind_of(kind) else { return Ok(None) };
        let lang = if zh { Lang::Zh } else { Lang::En };
        exchange::workbook::template(kind, lang).map(Some).map_err(failed)
    }
}

/// Listings of this institution.
struct OwnShelf<'a>(&'a Office, Kind);

impl Shelf for OwnShelf<'_> {
    fn ids(&mut self, offset: usize, limit: usize) -> Result<(Vec<String>, bool), Failure> {
        let query = search::Query {
            institution: Some(self.0.identity().institution.id().to_string()),
            kind: Some(self.1.id().to_owned()),
            offset,
            limit,
            sort: search::Sort::Newest,
            ..search::Query::default()
        };
        let results = self.0.finder().index().search(&query).map_err(market::MarketError::from)?;
        let ids: Vec<String> = results.hits.into_iter().map(|hit| hit.id).collect();
        let more = ids.len() == limit;
        Ok((ids, more))
    }

    fn record(&mut self, id: &str) -> Result<Option<Record>, Failure> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let Some(listing) = self.0.library().listing(&id)? else { return Ok(None) };
        // Whoever works at the desk knows how to reach whom: it is their own.
        let mut fields = listing.state.flat();
        fields.retain(|key, _| !key.starts_with('_'));
        fields.extend(self.0.library().contact(&id)?);
        Ok(Some(Record::new(fields)))
    }
}

/// Drafts of a kind. They have no id that a table keeps: an import knows them by what they say.
struct DraftShelf<'a>(&'a Office, Kind);

impl Shelf for DraftShelf<'_> {
    fn ids(&mut self, offset: usize, _: usize) -> Result<(Vec<String>, bool), Failure> {
        if offset > 0 {
            return Ok((Vec::new(), false));
        }
        let mut ids = Vec::new();
        self.0.library().each_draft(&mut |draft| {
            if draft.kind == self.1.code() {
                ids.push(draft.id);
            }
            if ids.len() < table::MAX_LISTINGS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok((ids, false))
    }

    fn record(&mut self, id: &str) -> Result<Option<Record>, Failure> {
        Ok(self.0.library().draft(id)?.map(|draft| Record::new(draft.fields)))
    }

    fn shown(&self, _: &str) -> String {
        String::new()
    }
}

fn view(job: Job, marked: bool) -> ImportView {
    let column = |column: crate::import::job::Column| ColumnView {
        header: column.header,
        sheets: column.sheets,
        samples: column.samples,
        key: column.key,
    };
    ImportView {
        name: job.name,
        kind: job.kind,
        state: job.state.id().to_owned(),
        columns: job.columns.into_iter().map(column).collect(),
        notes: job.notes,
        rows: job.rows,
        counts: job.counts,
        outcomes: job.outcomes,
        publish: job.publish,
        goes_on: job.state == State::Stopped || (job.state == State::Failed && job.begun_ms > 0),
        marked,
        failure: job.failure.as_ref().map(said),
    }
}

fn row(kept: KeptRow) -> RowView {
    let change =
        |change: crate::office::Change| ChangeView { field: change.field, zh: change.zh, en: change.en };
    let remark = |remark: crate::import::job::KeptRemark| RowRemark {
        cells: remark.cells,
        text: remark.said,
        advice: remark.advice,
    };
    RowView {
        sheet: kept.sheet.unwrap_or_default(),
        row: kept.row,
        title: kept.title,
        outcome: kept.outcome,
        id: kept.id,
        by: kept.by,
        changes: kept.changes.into_iter().map(change).collect(),
        remarks: kept.remarks.into_iter().map(remark).collect(),
    }
}
