//! One module per page: ask the source, turn the view into what the template shows, draw.

pub(crate) mod card;
pub(crate) mod certificate;
pub(crate) mod feed;
pub(crate) mod file;
pub(crate) mod harvest;
pub(crate) mod help;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod list;
pub(crate) mod listing;
pub(crate) mod message;
pub(crate) mod network;
pub(crate) mod org;
pub(crate) mod profile;
pub(crate) mod statistics;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod suggest;
pub(crate) mod table;
pub(crate) mod verification;

use crate::view::SourceError;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A label and its value, both ready to show.
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
    /// Whether the value is an identifier that is read digit by digit.
    pub(crate) mono: bool,
}

impl Fact {
    pub(crate) fn new(label: &str, value: impl Into<String>) -> Self {
        Fact { label: label.to_owned(), value: value.into(), mono: false }
    }

    pub(crate) fn mono(label: &str, value: impl Into<String>) -> Self {
        Fact { mono: true, ..Fact::new(label, value) }
    }
}

/// Draws a page. A template that fails to draw is a fault of this program: it is logged and answered with 500.
pub(crate) fn draw(status: StatusCode, page: &impl Template, lang: catalog::Lang) -> Response {
    match page.render() {
        Ok(body) => {
            let headers =
                [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_LANGUAGE, lang.html())];
            (status, headers, body).into_response()
        }
        Err(error) => {
            let error = SourceError::Failed(error.to_string());
            tracing::error!(%error, "a page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use catalog::Lang;
    use catalog::words::say;
    use std::collections::BTreeSet;
    use std::path::Path;

    const TEMPLATES: &[&str] = &[
        include_str!("../templates/api/index.html"),
        include_str!("../templates/api/problems.html"),
        include_str!("../templates/api/try.html"),
        include_str!("../templates/base.html"),
        include_str!("../templates/desk/draft.html"),
        include_str!("../templates/desk/drafts.html"),
        include_str!("../templates/desk/enquiries.html"),
        include_str!("../templates/desk/enquiry.html"),
        include_str!("../templates/desk/files.html"),
        include_str!("../templates/desk/job.html"),
        include_str!("../templates/desk/import.html"),
        include_str!("../templates/desk/listings.html"),
        include_str!("../templates/desk/notes.html"),
        include_str!("../templates/desk/overview.html"),
        include_str!("../templates/desk/own.html"),
        include_str!("../templates/desk/resume.html"),
        include_str!("../templates/desk/setup.html"),
        include_str!("../templates/desk/sign_in.html"),
        include_str!("../templates/desk/tokens.html"),
        include_str!("../templates/desk/users.html"),
        include_str!("../templates/desk/watch.html"),
        include_str!("../templates/desk/watches.html"),
        include_str!("../templates/enquiry/ask.html"),
        include_str!("../templates/enquiry/card.html"),
        include_str!("../templates/enquiry/fields.html"),
        include_str!("../templates/enquiry/seen.html"),
        include_str!("../templates/files.html"),
        include_str!("../templates/help.html"),
        include_str!("../templates/history.html"),
        include_str!("../templates/home.html"),
        include_str!("../templates/institutions.html"),
        include_str!("../templates/list.html"),
        include_str!("../templates/listing.html"),
        include_str!("../templates/message.html"),
        include_str!("../templates/org.html"),
        include_str!("../templates/parts.html"),
        include_str!("../templates/statistics.html"),
        include_str!("../templates/statistics_parts.html"),
        include_str!("../templates/status.html"),
        include_str!("../templates/steps.html"),
        include_str!("../templates/stop.html"),
        include_str!("../templates/verification.html"),
    ];

    /// All source and templates of this crate, as one text.
    fn sources() -> String {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"));
        let mut text = String::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    text.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        text
    }

    #[test]
    fn words_and_pages_agree() {
        let sources = sources();
        use catalog::words::{
            api, desk, enquiry, feeds, halls, import, statistics, verification, watches, web,
        };
        let own = [
            api::TABLE,
            api::rooms::TABLE,
            web::TABLE,
            feeds::TABLE,
            watches::TABLE,
            halls::TABLE,
            desk::TABLE,
            enquiry::TABLE,
            import::TABLE,
            statistics::TABLE,
            verification::TABLE,
        ];
        let rows = || own.into_iter().flatten();
        let node = [
            "web.",
            "desk.failure.",
            "enquiry.wrong.",
            "import.failure.",
            "cli.",
            "help.",
            "api.op.",
            "api.param.",
            "api.problem.",
            "api.group.",
            "api.scope.",
            "bulletin.",
            "statistics.",
        ];
        let elsewhere = |key: &str| node.iter().any(|at| key.starts_with(at));
        for (key, _, _) in rows().filter(|(key, _, _)| !elsewhere(key)) {
            assert!(sources.contains(&format!("\"{key}\"")), "no page says {key}");
        }
        let families: BTreeSet<&str> = rows().filter_map(|(key, _, _)| key.split('.').next()).collect();
        for literal in
            sources.split('"').filter(|text| text.len() < 60 && text.contains('.') && !text.ends_with('.'))
        {
            let is_key = literal.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_');
            let family = literal.split('.').next().unwrap();
            if is_key
                && families.contains(family)
                && !["html", "svg", "cn", "example"].iter().any(|end| literal.ends_with(end))
            {
                assert_ne!(say(Lang::Zh, literal), literal, "{literal} is missing");
            }
        }
    }

    #[test]
    fn no_template_inserts_anything_unescaped() {
        for template in TEMPLATES {
            assert!(
                !template.contains("|safe")
                    && !template.contains("| safe")
                    && !template.contains("escape(\"none")
            );
        }
    }
}
