//! What a check-up finds of the sources that are harvested.

use serde_json::Value as Json;

use super::super::{Context, text};
use super::Findings;
use crate::office::Failure;

/// Passes that fail in a row before it is a problem: one or two pass by themselves.
const FAILING: u64 = 3;
/// Nothing whole for so many times a source's own pace is long.
const PACES: i64 = 4;
/// But not before so long, whatever its pace: a computer is off over a weekend.
const LEAST_MS: i64 = 3 * super::DAY_MS;
/// Characters of an address that a finding shows.
const SHOWN: usize = 120;

/// Sources that fail, that are behind, whose records are held back, or that cannot be compared.
pub(super) fn harvests(context: &Context, reply: &Json, running: bool, found: &mut Findings) {
    let now = crate::core::now_ms();
    for source in reply["sources"].as_array().into_iter().flatten() {
        if source["paused"] == true {
            continue;
        }
        let url = catalog::fold::clip(&catalog::fold::line(text(source, "url")), SHOWN);
        let named = [("what", url), ("source", text(source, "id").to_owned())];
        let with = |more: &[(&'static str, String)]| [&named, more].concat();
        let failures = source["failures"].as_u64().unwrap_or_default();
        let done_ms = source["done_ms"].as_i64().unwrap_or_default();
        let pace_ms = source["every_s"].as_i64().unwrap_or_default().saturating_mul(1_000);
        let long_ms = pace_ms.saturating_mul(PACES).max(LEAST_MS);
        if failures >= FAILING {
            found
                .add("harvest-failing", &with(&[("n", failures.to_string()), ("why", why(context, source))]));
        } else if running && done_ms > 0 && now.saturating_sub(done_ms) > long_ms {
            found.add("harvest-old", &with(&[("done", text(source, "done").to_owned())]));
        }
        let compared = &source["comparison"];
        let held = &compared["held"];
        if !held.is_null() {
            let number = |key: &'static str| (key, held[key].as_u64().unwrap_or_default().to_string());
            found.add("harvest-held", &with(&[number("missing"), number("known")]));
        } else if !compared["failure"].is_null() {
            found.add("harvest-compare", &with(&[("why", why(context, compared))]));
        }
    }
}

fn why(context: &Context, of: &Json) -> String {
    let failure = serde_json::from_value::<Failure>(of["failure"].clone()).ok();
    failure.map(|failure| failure.in_words(context.lang).0.to_owned()).unwrap_or_default()
}
