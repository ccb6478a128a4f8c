//! What a webhook is told.

use std::time::{Duration, SystemTime};

use catalog::Record;
use market::Watch;
use serde_json::{Value as Json, json};

use super::telling::{News, Sent};
use crate::core::now_ms;
use crate::office::{Office, kind_id, time_text};
use crate::outgoing::Outgoing;
use crate::site::identifier;

/// A server answers within so long; what it has to do with a message it does afterwards.
const WITHIN: Duration = Duration::from_secs(15);
/// Status of an address that wants to hear nothing more (RFC 9110 §15.5.11).
const GONE: u16 = 410;
/// Characters of a summary.
const SUMMARY_CHARS: usize = 1_000;

/// The body of a message, JSON; one without anything found says that it is a test.
pub(super) fn body(office: &Office, watch: &Watch, found: &[News], more: bool) -> Vec<u8> {
    let address = office.config().web.address().ok().flatten();
    let listings: Vec<Json> = found.iter().map(|news| one(office, news, address.as_ref())).collect();
    let mut data = json!({
        "watch": watch.id,
        "network": office.identity().network().to_string(),
        "listings": listings,
        "more": more,
    });
    if watch.tells {
        data["name"] = watch.name.as_str().into();
        data["asks"] = watch.asks.as_str().into();
    }
    let kind = if found.is_empty() { "watch.test" } else { "watch.found" };
    let whole = json!({ "type": kind, "timestamp": time_text(now_ms()), "data": data });
    whole.to_string().into_bytes()
}

fn one(office: &Office, News { found, listing, market }: &News, address: Option<&web::Address>) -> Json {
    let named = market.as_ref().map_or(office, |market| &*market.office);
    let record = Record::new(listing.state.flat());
    let mut one = json!({
        "id": listing.id.to_string(),
        "identifier": identifier(named, &listing.id),
        "change": if found.changed { "changed" } else { "new" },
        "kind": kind_id(listing.log.shelf.kind.0),
        "title": listing.title(),
        "summary": record.text("summary").unwrap_or_default().chars().take(SUMMARY_CHARS).collect::<String>(),
        "institution": listing.institution_name,
        "region": record.text("region").unwrap_or_default(),
        "updated": time_text(listing.updated_ms),
    });
    if let Some(market) = market {
        let charter = &market.peer.charter;
        let name = json!({ "zh": charter.name_zh, "en": charter.name_en });
        one["market"] = json!({ "network": market.network.to_string(), "name": name });
    }
    // Under its name for itself nobody else finds this node.
    if let Some(address) = address {
        one["page"] = format!("{}/listing/{}", address.as_str(), listing.id).into();
    }
    one
}

/// Posts a message.
pub(super) async fn post(
    outgoing: &Outgoing,
    url: String,
    headers: [(&'static str, String); 3],
    body: Vec<u8>,
) -> Sent {
    let mut request = courier::Request::post(url, body).within(WITHIN);
    request = request.header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match outgoing.client().send(request).await {
        Ok(answer) if answer.is_success() => Sent::Taken,
        Ok(answer) => {
            let status = answer.status();
            let why = (format!("对方答复 {status}"), format!("it answered {status}"));
            let asked = answer.retry_after(SystemTime::now());
            if status == GONE { Sent::Failed(why) } else { Sent::Passing(why, asked) }
        }
        Err(error) => {
            let why = (error.zh(), error.to_string());
            if error.is_passing() { Sent::Passing(why, None) } else { Sent::Failed(why) }
        }
    }
}
