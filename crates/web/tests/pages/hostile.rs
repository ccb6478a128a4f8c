//! What a hostile text or client cannot do.

use crate::fake::{Fake, ORG, SOLID};
use crate::http::Server;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Texts that run, break out or deceive wherever a page forgets to escape.
pub const CORPUS: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "</textarea></style></script><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "{{7*7}}{% include \"x\" %}",
    "<!--<script>-->",
    "<a href=\"javascript:alert(1)\">x</a>",
    "&lt;script&gt;",
    "\u{202e}gpj.exe\u{0}\u{1b}[31m",
    "https://whu.edu.cn@evil.example/\" onclick=\"alert(1)",
    "<base href=//evil.example>",
    "＜script＞",
];

const PAGES: &[&str] = &[
    "/",
    "/list?q=x",
    "/hall/service?q=x&region=42",
    "/status",
    "/network",
    "/profile",
    "/profile/rules",
    "/stats",
    "/stats/2026-03",
    "/stats/institutions",
];

/// What every page says to have run: this program's own script, and no other.
pub fn without_own_script(body: &str) -> String {
    let mut parts = body.splitn(2, "<script src=\"/assets/suggest.");
    let (before, after) = (parts.next().unwrap(), parts.next().unwrap());
    let (name, rest) = after.split_once("\" defer></script>").unwrap();
    let is_name = name.len() == 16 + 3
        && name.ends_with(".js")
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    assert!(is_name, "{name}");
    let page = format!("{before}{rest}");
    // What a listing says for machines runs nowhere; it is JSON, and nothing in it can end it.
    let Some((before, after)) = page.split_once("<script type=\"application/ld+json\">") else { return page };
    let (data, rest) = after.split_once("</script>").unwrap();
    assert!(!data.contains(['<', '>', '&']), "{data}");
    assert!(serde_json::from_str::<serde_json::Value>(data).unwrap()["@context"] == "https://schema.org");
    format!("{before}{rest}")
}

/// Markup that only a text from the network could have brought.
pub const FOREIGN: &[&str] = &[
    "<script",
    "<img src=x",
    "<svg/onload",
    "<base",
    "</title><",
    "onmouseover='",
    "href=\"javascript",
    "href=\"JaVa",
    "href=\"data:",
    "{{7*7}}<",
    "<!--",
    "\u{202e}",
    "\u{0}",
    "\u{1b}",
    "\" onclick=\"",
];

#[tokio::test]
async fn no_text_becomes_markup_on_any_page() {
    for poison in CORPUS {
        let server = Server::start(Fake { poison: (*poison).to_owned(), ..Fake::default() }).await;
        let (listing, org) = (format!("/listing/{SOLID}"), format!("/org/{ORG}"));
        let history = format!("{listing}/history");
        let paper = format!("/v/{SOLID}/2-8c4e5a6b7c8d9e0f");
        let more = [listing.as_str(), history.as_str(), org.as_str(), paper.as_str()];
        for target in PAGES.iter().copied().chain(more) {
            for lang in ["zh", "en"] {
                let answer = server.get_with(target, &format!("Cookie: lang={lang}\r\n")).await;
                assert_eq!(answer.status, 200, "{poison} {target}");
                let body = without_own_script(&answer.body);
                for markup in FOREIGN {
                    assert!(!body.contains(markup), "{poison} brought {markup} to {target}");
                }
                assert_eq!(
                    answer.body.matches('<').count(),
                    answer.body.matches('>').count(),
                    "{poison} {target}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_a_reader_types_is_escaped_too() {
    let server = Server::start(Fake::default()).await;
    for target in [
        "/list?q=%3Cscript%3Ealert(1)%3C/script%3E&kind=%22%3E%3Cscript%3E&field=%3Cscript%3E",
        "/list?q=%22%20onfocus=%22alert(1)",
        "/%3Cscript%3E?%22%3E%3Cscript%3E=%22%3E%3Cscript%3E",
        "/listing/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    ] {
        let body = without_own_script(&server.get(target).await.body);
        assert!(!body.contains("<script") && !body.contains("\" onfocus=\""), "{target}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let server = Server::start(Fake::default()).await;
    for target in ["/", "/list", "/nowhere", "/healthz", "/favicon.ico", "/list?q=broken"] {
        let answer = server.get(target).await;
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "connect-src 'self';",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{target}: {policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
    }
}

#[tokio::test]
async fn nothing_on_a_page_needs_what_the_policy_forbids() {
    let server = Server::start(Fake::default()).await;
    let listing = format!("/listing/{SOLID}");
    let history = format!("{listing}/history");
    for target in PAGES.iter().copied().chain([listing.as_str(), history.as_str(), "/nowhere"]) {
        let body = without_own_script(&server.get(target).await.body);
        for forbidden in ["<script", " style=", "<style", " onclick=", "<iframe", "http-equiv"] {
            assert!(!body.contains(forbidden), "{forbidden} on {target}");
        }
        for source in body.split(" src=\"").skip(1) {
            let own = source.starts_with("/assets/") || source.starts_with(&format!("{listing}/file/"));
            assert!(own, "{target} fetches {}", &source[..20]);
        }
    }
}

#[tokio::test]
async fn strange_hosts_methods_and_sizes_are_refused() {
    let server = Server::start(Fake::default()).await;
    for (host, status) in [
        ("Host: evil.example\r\n", 421),
        ("Host: market.example.cn.evil.example\r\n", 421),
        ("Host: \r\n", 421),
        ("Host: MARKET.example.cn:8080\r\n", 200),
        ("Host: 192.168.1.9\r\n", 200),
        ("Host: [::1]:80\r\n", 200),
    ] {
        assert_eq!(server.get_with("/", host).await.status, status, "{host}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let answer = server
            .raw(format!("{method} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
            .await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
    assert_eq!(server.get_with("/", "Content-Length: 99999999\r\n").await.status, 413);
    assert_eq!(server.get(&format!("/list?q={}", "a".repeat(5000))).await.status, 414);
    assert_eq!(server.get_with("/", &format!("X-Long: {}\r\n", "a".repeat(40_000))).await.status, 431);
}

#[tokio::test]
async fn odd_queries_give_results_not_errors() {
    let server = Server::start(Fake::default()).await;
    for query in [
        "q=%00%01%02",
        "q=%F0%9F%98%80%CC%81",
        "q=%ff%fe%fd",
        "q=a&q=b&q=c",
        "page=99999999999999999999",
        "page=-1&trl=9-1&region=..&sort=%22",
        "q=((((%22%27%5C%5B%5D+AND+OR+NOT+*%3F~",
        "&&&=&==",
        "%",
    ] {
        for path in ["/list", "/hall/trade", "/suggest"] {
            let answer = server.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, 200, "{path}?{query}");
        }
    }
}

/// A client that sends its header a byte at a time loses its connection; others are served meanwhile.
#[tokio::test]
async fn a_slow_client_is_hung_up_on() {
    let server = Server::start(Fake::default()).await;
    let begun = Instant::now();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ").await.unwrap();
    let (mut read, mut write) = slow.into_split();
    let drip = tokio::spawn(async move {
        while write.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await
        }
    });
    assert_eq!(server.get("/healthz").await.status, 200);
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), read.read_to_end(&mut rest)).await;
    drip.abort();
    assert!(closed.is_ok(), "still open after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_client_that_says_nothing_is_hung_up_on() {
    let server = Server::start(Fake::default()).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), silent.read_to_end(&mut rest)).await;
    assert!(closed.is_ok());
}

#[tokio::test]
async fn many_slow_questions_are_answered_in_turn() {
    let server = Server::start(Fake { slow: true, ..Fake::default() }).await;
    let asked = (0..64).map(|_| server.get("/list"));
    let mut statuses: Vec<u16> = Vec::new();
    for answer in futures_all(asked).await {
        statuses.push(answer);
    }
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

/// Runs all at once; a stand-in for `join_all` without a dependency.
async fn futures_all<F: Future<Output = crate::http::Answer>>(all: impl Iterator<Item = F>) -> Vec<u16> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut statuses = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                statuses.push(answer.status);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    statuses
}

#[tokio::test]
async fn a_stopped_server_finishes_what_is_open() {
    let mut server = Server::start(Fake { slow: true, ..Fake::default() }).await;
    let mut open = TcpStream::connect(server.address).await.unwrap();
    open.write_all(b"GET /list HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop();
    let mut answer = Vec::new();
    open.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"</html>"));
    tokio::time::timeout(Duration::from_secs(2), &mut server.running).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_file_is_what_it_is_by_content_and_nothing_in_it_runs() {
    let server = Server::start(Fake { poison: CORPUS[1].to_owned(), ..Fake::default() }).await;
    let path = |byte: &str| format!("/listing/{SOLID}/file/{}", byte.repeat(32));
    for (byte, mime, how) in [("01", "image/png", "inline; "), ("02", "application/pdf", "attachment; ")] {
        let answer = server.get(&path(byte)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, mime));
        assert_eq!(
            answer.body.as_bytes(),
            crate::fake::EVIL,
            "as it came, and harmless as what it is said to be"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.ends_with("sandbox"), "{policy}");
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with(how) && !disposition.contains(['<', '\r']), "{disposition}");
        let tag = answer.header("etag").to_owned();
        let again = server.get_with(&path(byte), &format!("If-None-Match: {tag}\r\n")).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
    }
}

#[tokio::test]
async fn a_file_that_is_not_here_is_waited_for_without_a_script() {
    let server = Server::start(Fake::default()).await;
    let at = |byte: &str| format!("/listing/{SOLID}/file/{}", byte.repeat(32));
    let coming = server.get(&at("04")).await;
    assert_eq!((coming.status, coming.header("refresh")), (503, "4"));
    let away = server.get(&at("03")).await;
    assert_eq!((away.status, away.header("refresh")), (503, ""));
    for wrong in [
        at("05"),
        at("0A"),
        format!("/listing/{SOLID}/file/%3Cscript%3E"),
        format!("/listing/{SOLID}/file/01"),
        format!("/listing/x/file/{}", "01".repeat(32)),
    ] {
        let answer = server.get(&wrong).await;
        assert_eq!(answer.status, 404, "{wrong}");
        assert!(!answer.body.contains("<script>"));
    }
    let page = server.get(&format!("/listing/{SOLID}")).await.body;
    assert_eq!(page.matches("<img src=\"/listing/").count(), 1, "only what is here is a picture on the page");
    assert!(page.contains("loading=\"lazy\"") && page.contains("alt=\"检测报告\""));
}
