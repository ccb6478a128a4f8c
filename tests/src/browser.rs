//! A real browser, where there is one.

use std::path::Path;

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::command::{Live, Ran, command};

/// Where Debian and Ubuntu put it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// A page as the browser sees it.
#[derive(Debug)]
pub struct Page {
    /// The document after scripts have run.
    pub dom: String,
    /// Every address that the browser asked for while it showed the page, in order.
    pub requests: Vec<String>,
}

/// Shows a page in Chromium, in a window of `width` × 844 points; `None`, with a word, where there is no Chromium.
///
/// # Panics
/// When Chromium fails, or is absent and `LIANSHI_REQUIRE_CHROMIUM=1` says that it must be there.
pub fn browser(url: &str, width: u32) -> Option<Page> {
    if !Path::new(CHROMIUM).exists() {
        let required = std::env::var("LIANSHI_REQUIRE_CHROMIUM").as_deref() == Ok("1");
        assert!(!required, "{CHROMIUM} is missing, and LIANSHI_REQUIRE_CHROMIUM=1");
        println!("skipped: {CHROMIUM} is not here");
        return None;
    }
    let profile = tempfile::Builder::new().prefix("lianshi-browser-").tempdir().expect("a temporary folder");
    let log = profile.path().join("net.json");
    let ran = show(&profile, &log, url, width);
    assert_eq!(ran.code, 0, "{}\n{}", ran.typed, ran.err);
    let text = std::fs::read_to_string(&log).expect("the browser writes what it asked for");
    Some(Page { dom: ran.out, requests: requests(&text, url) })
}

fn show(profile: &TempDir, log: &Path, url: &str, width: u32) -> Ran {
    let mut chromium = command(Path::new(CHROMIUM));
    chromium
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ])
        // The browser's own calls home are not the page's.
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-pings",
        ])
        .args(["--virtual-time-budget=4000", "--dump-dom", "--net-log-capture-mode=Everything"])
        .arg(format!("--window-size={width},844"))
        .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
        .arg(format!("--log-net-log={}", log.display()))
        .arg(url);
    Live::spawn(chromium).finish()
}

/// The addresses that the page and what is in it asked for, and the page itself, without
/// the browser's own calls home.
fn requests(log: &str, page: &str) -> Vec<String> {
    // One event a line; the browser's own requests say that nobody's origin began them.
    let events =
        log.lines().filter_map(|line| serde_json::from_str::<Json>(line.trim_end_matches([',', ']'])).ok());
    let mut found: Vec<String> = Vec::new();
    for event in events {
        let parameters = &event["params"];
        let (Some(url), Some(initiator)) = (parameters["url"].as_str(), parameters["initiator"].as_str())
        else {
            continue;
        };
        let of_page = url == page || initiator != "not an origin";
        if of_page && !found.iter().any(|known| known == url) {
            found.push(url.to_owned());
        }
    }
    found
}
