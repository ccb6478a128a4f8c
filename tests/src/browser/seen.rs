//! What a page did while it was shown.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::driver::Driver;
use crate::LOOK_EVERY;

/// How long a request may be open before what was seen is told without its end.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// What happened between two looks.
#[derive(Debug, Default)]
pub struct Seen {
    /// Addresses that were asked for, in order; what the policy then blocked is among them.
    pub requests: Vec<String>,
    /// Addresses that a frame was led to, by the person or by the page.
    pub navigations: Vec<String>,
    /// Texts of dialogs that were opened.
    pub dialogs: Vec<String>,
    /// What the browser or the page's scripts complained of, violations of the policy among it.
    pub complaints: Vec<String>,
    /// Bytes that came over the line, as they were sent.
    pub bytes: u64,
    /// Requests whose end was not told yet, by the browser's own numbers.
    open: BTreeSet<String>,
}

impl Seen {
    /// What the driver's logs hold; the browser tells of a request's end some time after the page is there.
    pub(super) fn of(driver: &Driver) -> Self {
        let mut seen = Self::default();
        let begun = Instant::now();
        loop {
            for entry in log(driver, "performance") {
                let message =
                    entry["message"].as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
                let message = message.expect("an event");
                seen.take(&message["message"]);
            }
            if seen.open.is_empty() || begun.elapsed() > ANSWERED_WITHIN {
                break;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        for entry in log(driver, "browser") {
            // Answers such as 404 and 422 are announced here too; a test that opens such a page means to.
            if entry["source"] != "network" {
                seen.complaints.push(text(&entry["message"]));
            }
        }
        seen
    }

    fn take(&mut self, event: &Json) {
        let parameters = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                self.requests.push(text(&parameters["request"]["url"]));
                self.open.insert(text(&parameters["requestId"]));
            }
            "Network.loadingFinished" => {
                self.bytes += parameters["encodedDataLength"].as_f64().map_or(0, whole);
                self.open.remove(&text(&parameters["requestId"]));
            }
            "Network.loadingFailed" => {
                self.open.remove(&text(&parameters["requestId"]));
            }
            "Page.frameStartedNavigating" => self.navigations.push(text(&parameters["url"])),
            "Page.javascriptDialogOpening" => self.dialogs.push(text(&parameters["message"])),
            _ => {}
        }
    }

    /// What was asked of anyone but these origins (`http://HOST:PORT`), or led there.
    pub fn foreign(&self, own: &[&str]) -> Vec<&str> {
        let is_own = |url: &str| own.iter().any(|origin| url.starts_with(origin)) || url == "data:,";
        let all = self.requests.iter().chain(&self.navigations).map(String::as_str);
        all.filter(|url| !is_own(url) && !url.starts_with("data:image/")).collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count that JSON carries as a float"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

fn log(driver: &Driver, of: &str) -> Vec<Json> {
    let mut entries = driver.post("/se/log", &json!({ "type": of }));
    entries.as_array_mut().map(std::mem::take).unwrap_or_default()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
