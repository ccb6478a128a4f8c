//! An import: a table sent, its columns looked at, its rows compared, taken in; by the desk's own steps.

use super::{further, offset};
use crate::api::ROOT;
use crate::api::answer::{Answer, Keep};
use crate::api::call::Call;
use crate::api::model::imports::{Import, ImportChoice, ImportRow, ImportRowPage, ImportStep};
use crate::api::operation::{Answering, Scope};
use crate::api::problem::{Kind, Problem, wrong};
use crate::api::sent::bare;
use crate::desk::imports::{ImportAct, ImportView, TableAsk};
use crate::limits::{API_PAGE, NAME_CHARS};
use crate::text::tidy_line;
use crate::view::TableForm;
use catalog::Lang;
use catalog::words::fill;

/// What the column of listing ids is read as: `exchange::mapping::LISTING`.
const LISTING: &str = "_listing";

/// `POST /desk/import`
pub(in crate::api) fn send(call: Call) -> Answering {
    Box::pin(async move {
        let _one = call.api.app.imports_in.try_acquire().map_err(|_| Problem::new(Kind::Busy))?;
        let (clerk, asked) = (call.holder()?.clerk.clone(), call.holder()?.clerk.clone());
        let path = call.api.ask_desk(move |desk| desk.receive(&asked)).await?.map_err(Problem::of_desk)?;
        call.sent.save(&path).await?;
        let (name, zh) = (called(&call), call.lang == Lang::Zh);
        let received = call.api.ask_desk(move |desk| desk.received(&clerk, &path, &name, zh)).await?;
        received.map_err(Problem::of_desk)?;
        Ok(told(&call).await?.at(format!("{ROOT}/desk/import")))
    })
}

/// What the table is called. Its ending says what it is where its bytes do not.
pub(super) fn called(call: &Call) -> String {
    let given = [bare(call.get("name").unwrap_or_default()), call.sent.name.clone()];
    let given = given.into_iter().find(|name| !name.is_empty()).map(|name| tidy_line(&name, NAME_CHARS));
    given.unwrap_or_else(|| {
        let ending = match call.sent.media.as_str() {
            "text/csv" => ".csv",
            "text/tab-separated-values" => ".tsv",
            "application/json" => ".json",
            "application/x-ndjson" => ".jsonl",
            _ => "",
        };
        format!("table{ending}")
    })
}

/// `GET /desk/import`
pub(in crate::api) fn show(call: Call) -> Answering {
    Box::pin(async move { told(&call).await })
}

/// `PUT /desk/import/columns`
pub(in crate::api) fn choose(call: Call) -> Answering {
    Box::pin(async move {
        let choice: ImportChoice = call.read()?;
        if choice.publish {
            call.must(Scope::Publish)?;
        }
        let (view, kind) = (found(&call).await?, choice.kind.kind());
        let mut problem = Problem::new(Kind::Record);
        let mut faulty = false;
        for column in &choice.columns {
            let known = view.columns.iter().any(|of| of.header == column.header);
            let key = column.key.as_str();
            let reads =
                key.is_empty() || key == LISTING || kind.field(key).is_some() || kind.key(key).is_some();
            let fault = match (known, reads) {
                (true, true) => continue,
                (false, _) => "api.wrong.header",
                (true, false) => "api.wrong.field",
            };
            (problem, faulty) = (problem.fault(&column.header, wrong(call.lang, fault)), true);
        }
        if faulty {
            return Err(problem);
        }
        let columns = choice.columns.into_iter().map(|column| (column.header, column.key)).collect();
        let (kind, publish) = (kind.id().to_owned(), choice.publish);
        change(&call, ImportAct::Read { kind, columns, publish }).await?;
        told(&call).await
    })
}

/// `POST /desk/import/acts`
pub(in crate::api) fn act(call: Call) -> Answering {
    Box::pin(async move {
        let act: ImportAct = call.read::<ImportStep>()?.act.into();
        // Who decided to publish may have held another token.
        if matches!(act, ImportAct::Apply | ImportAct::GoOn) && found(&call).await?.publish {
            call.must(Scope::Publish)?;
        }
        change(&call, act).await?;
        told(&call).await
    })
}

/// `DELETE /desk/import`
pub(in crate::api) fn discard(call: Call) -> Answering {
    Box::pin(async move {
        found(&call).await?;
        change(&call, ImportAct::Discard).await?;
        Ok(Answer::nothing().keep(Keep::Never))
    })
}

/// `GET /desk/import/rows`
pub(in crate::api) fn rows(call: Call) -> Answering {
    Box::pin(async move {
        let view = found(&call).await?;
        let list = call.text("list");
        let question = format!("import rows {list}");
        let (from, limit) = (offset(&call, &question)?, call.number("limit", API_PAGE) as usize);
        // Of a table whose rows are being compared the file of rows is not whole yet.
        let ready = matches!(view.state.as_str(), "read" | "applying" | "stopped" | "done");
        let (total, rows) = match ready {
            true => {
                let skipped = usize::try_from(from).unwrap_or(usize::MAX);
                let clerk = call.holder()?.clerk.clone();
                call.api.ask_desk(move |desk| desk.import_rows(&clerk, &list, skipped, limit)).await?
            }
            false => (0, Vec::new()),
        };
        let next = further(&question, from, rows.len(), total as u64);
        let link = next.as_deref().map(|cursor| call.page_at(cursor));
        let items = rows.iter().map(ImportRow::from).collect();
        let page = ImportRowPage { total: total as u64, items, next };
        Ok(Answer::json(&page)?.next(link).keep(Keep::Never))
    })
}

/// `GET /desk/import/marked`
pub(in crate::api) fn marked(call: Call) -> Answering {
    Box::pin(async move {
        let (view, clerk) = (found(&call).await?, call.holder()?.clerk.clone());
        let path = call.api.ask_desk(move |desk| desk.marked_table(&clerk)).await?;
        let path = path.ok_or_else(|| Problem::new(Kind::Missing).what(&view.name))?;
        let stem = view.name.rsplit_once('.').map_or(view.name.as_str(), |(stem, _)| stem);
        let name = fill(call.lang, "import.marked.name", &[("name", stem)]);
        let media = TableForm::Xlsx.media();
        let body = crate::download::of_file(path, &name, media).await?.into_body();
        Ok(Answer::flow(body, media, name).keep(Keep::Never))
    })
}

/// `GET /desk/import/templates/{kind}`
pub(in crate::api) fn template(call: Call) -> Answering {
    Box::pin(async move {
        let (kind, zh) = (call.text("kind"), call.lang == Lang::Zh);
        let asked = kind.clone();
        let made = call.api.ask_desk(move |desk| desk.template(&asked, zh)).await?;
        let bytes = made.ok_or_else(|| Problem::new(Kind::Missing).what(&kind))?;
        let label = crate::labels::kind(call.lang, &kind);
        let name = fill(call.lang, "import.template.name", &[("kind", &label)]);
        Ok(Answer::file(bytes, TableForm::Xlsx.media(), name).spoken().keep(Keep::Never))
    })
}

/// `GET /desk/tables/{kind}`
pub(in crate::api) fn table(call: Call) -> Answering {
    Box::pin(async move {
        let (clerk, kind, zh) = (call.holder()?.clerk.clone(), call.text("kind"), call.lang == Lang::Zh);
        // As asked for; where nothing is said, as what the caller takes.
        let taken = TableForm::ALL.into_iter().find(|form| form.media() == call.wanted);
        let form = call.get("form").and_then(TableForm::from_id).or(taken).unwrap_or(TableForm::Xlsx);
        let name = format!("{}.{}", crate::labels::kind(call.lang, &kind), form.id());
        let ask = TableAsk { drafts: call.get("of") == Some("drafts"), kind, form, zh };
        let Some(desk) = call.api.desk.clone() else { return Err(Problem::new(Kind::Path)) };
        let body = call.api.app.write(move |out| desk.write_table(&clerk, &ask, out))?;
        Ok(Answer::flow(body, form.media(), name).formed().keep(Keep::Never))
    })
}

async fn change(call: &Call, act: ImportAct) -> Result<(), Problem> {
    let clerk = call.holder()?.clerk.clone();
    call.api.ask_desk(move |desk| desk.change_import(&clerk, &act)).await?.map_err(Problem::of_desk)
}

async fn found(call: &Call) -> Result<ImportView, Problem> {
    let clerk = call.holder()?.clerk.clone();
    let view = call.api.ask_desk(move |desk| desk.import(&clerk)).await?;
    view.ok_or_else(|| Problem::new(Kind::Missing).what("import"))
}

async fn told(call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::json(&Import::of(call.lang, &found(call).await?))?.keep(Keep::Never))
}
