//! Style sheet, mark and scripts, inside the binary, served under names that carry a hash of their bytes so that a browser may
//! keep them for ever. A script only spares a step that the page offers without it. Absent: anything fetched from elsewhere,
//! fonts.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

/// The style sheet in reading order: the tokens that all the rest refers to come first.
const STYLE: &str = concat!(
    include_str!("../assets/tokens.css"),
    include_str!("../assets/base.css"),
    include_str!("../assets/parts.css"),
    include_str!("../assets/pages.css"),
    include_str!("../assets/network.css"),
    include_str!("../assets/paper.css"),
    include_str!("../assets/desk.css"),
    include_str!("../assets/files.css"),
    include_str!("../assets/guide.css"),
    include_str!("../assets/import.css"),
    include_str!("../assets/api.css"),
    include_str!("../assets/statistics.css"),
    include_str!("../assets/profile.css"),
    include_str!("../assets/print.css"),
);

/// The mark: two markets joined at a hub, and with each other directly.
const MARK: &str = include_str!("../assets/mark.svg");

/// Suggestions under a search box; every page works without it.
const SCRIPT: &str = include_str!("../assets/suggest.js");

/// The script that keeps a draft while it is written.
const KEEP: &str = include_str!("../assets/keep.js");

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        Asset::new("lianshi", "css", "text/css; charset=utf-8", STYLE),
        Asset::new("suggest", "js", "text/javascript; charset=utf-8", SCRIPT),
        Asset::new("keep", "js", "text/javascript; charset=utf-8", KEEP),
        Asset::new("mark", "svg", "image/svg+xml", MARK),
    ]
});

struct Asset {
    path: String,
    media: &'static str,
    body: &'static str,
}

impl Asset {
    fn new(stem: &str, suffix: &str, media: &'static str, body: &'static str) -> Self {
        Asset { path: format!("/assets/{stem}.{:016x}.{suffix}", fingerprint(body)), media, body }
    }
}

/// Address of the script that keeps a draft while it is written.
pub(crate) fn keep() -> &'static str {
    ASSETS.get(2).map_or("", |asset| asset.path.as_str())
}

/// Address of the style sheet.
pub(crate) fn style() -> &'static str {
    ASSETS.first().map_or("", |asset| asset.path.as_str())
}

/// Address of the script that suggests.
pub(crate) fn script() -> &'static str {
    ASSETS.get(1).map_or("", |asset| asset.path.as_str())
}

/// Address of the mark.
pub(crate) fn mark() -> &'static str {
    ASSETS.last().map_or("", |asset| asset.path.as_str())
}

/// The asset at a path, or nothing when its name or hash is not one of this binary's.
pub(crate) fn serve(path: &str) -> Option<Response> {
    let asset = ASSETS.iter().find(|asset| asset.path == path)?;
    let headers =
        [(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Some((StatusCode::OK, headers, asset.body).into_response())
}

/// The mark under the name that browsers ask for on their own.
pub(crate) fn favicon() -> Response {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, MARK).into_response()
}

/// FNV-1a, 64 bits: tells versions of one file apart; it need not withstand anyone.
fn fingerprint(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
