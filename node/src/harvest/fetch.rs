//! One request of a repository, and its answer.

use std::time::{Duration, SystemTime};

use courier::Client;
use exchange::oai::reading::{self, Reading};

use super::Source;
use crate::office::{Failure, exit};

/// A repository that asks to be left alone for no longer than this is waited for within the pass.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long it is left alone where it does not say.
const USUAL_WAIT: Duration = Duration::from_secs(30);

/// Why a pass ended before the list did.
pub(super) struct Trouble {
    pub(super) failure: Failure,
    /// How long the repository asked to be left alone.
    pub(super) asked: Duration,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self { failure, asked: Duration::ZERO }
    }
}

impl From<courier::Error> for Trouble {
    fn from(error: courier::Error) -> Self {
        let code = if error.is_passing() { exit::UNREACHABLE } else { exit::REFUSED };
        Failure { message_zh: error.zh(), ..Failure::new(code, error.to_string(), "") }.into()
    }
}

impl From<reading::Unreadable> for Trouble {
    fn from(error: reading::Unreadable) -> Self {
        let code = if error.is_passing() { exit::UNREACHABLE } else { exit::REJECTED };
        Failure { message_zh: error.zh(), ..Failure::new(code, error.to_string(), "") }.into()
    }
}

/// Names and values of a request.
pub(super) type Arguments = Vec<(String, String)>;

/// Asks for one answer. A repository that is busy is waited for, if not for long, and so often at the most.
pub(super) async fn fetch(
    client: &Client,
    source: &Source,
    arguments: &[(String, String)],
    most_waits: u32,
) -> Result<Reading, Trouble> {
    let borrowed: Vec<(&str, &str)> = arguments.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let url = courier::with_query(&source.url, &borrowed)?;
    let mut waits = 0;
    loop {
        let answer = client.get(&url, &[("accept", "text/xml, application/xml;q=0.9, */*;q=0.1")]).await?;
        let status = answer.status();
        if matches!(status, 429 | 503) {
            let asked =
                answer.retry_after(SystemTime::now()).unwrap_or(USUAL_WAIT).max(Duration::from_secs(1));
            if waits >= most_waits || asked > PATIENCE {
                let failure = Failure::said(exit::UNREACHABLE, "harvest.failure.busy", &[]);
                return Err(Trouble { failure, asked });
            }
            waits += 1;
            tokio::time::sleep(asked).await;
            continue;
        }
        let (good, kind) =
            (answer.is_success(), answer.header("content-type").unwrap_or_default().to_owned());
        let body = answer.read(reading::MAX_ANSWER).await?;
        let read = aside(move || reading::read(&body, charset(&kind))).await?;
        return match (good, read) {
            (true, read) => Ok(read?),
            // Some tell their objections with a status of failure.
            (false, Ok(read)) if !read.faults.is_empty() => Ok(read),
            (false, _) => {
                let key = "harvest.failure.status";
                Err(Failure::said(exit::UNREACHABLE, key, &[("status", &status.to_string())]).into())
            }
        };
    }
}

/// Does something on a thread that may wait for the disk.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let ended = |error: tokio::task::JoinError| Failure::new(exit::FAILED, error.to_string(), "");
    tokio::task::spawn_blocking(work).await.map_err(ended)
}

/// What a server calls the encoding of its answer.
fn charset(content_type: &str) -> Option<&str> {
    let parts = content_type.split(';').skip(1).filter_map(|part| part.split_once('='));
    let mut named = parts.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}

/// What a repository says against a request.
pub(super) fn objection(code: &str, text: &str) -> Failure {
    let short = |text: &str| catalog::fold::clip(&catalog::fold::line(text), 300);
    let places = [("code", short(code)), ("what", short(text))];
    let places = places.each_ref().map(|(key, value)| (*key, value.as_str()));
    Failure::said(exit::REJECTED, "harvest.failure.objection", &places)
}

/// Owned names and values.
pub(super) fn arguments(of: &[(&str, &str)]) -> Arguments {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_found_in_a_content_type() {
        assert_eq!(charset("text/xml; Charset=\"gbk\""), Some("gbk"));
        assert_eq!(charset("text/xml"), None);
        assert_eq!(charset("text/xml; q=1; charset=utf-8"), Some("utf-8"));
    }
}
