//! The visitor's whole path, and what pages ask for while they are shown.

use std::io::{Read, Write};
use std::net::TcpListener;

use tests::{Browser, Look};

use crate::stage::{ADMINISTRATOR, Stage, sign_in};

/// Phone and desk, with scripts and without.
const LOOKS: [Look; 4] =
    [Look::wide(360), Look::wide(360).plain(), Look::wide(1280), Look::wide(1280).plain()];
/// Most bytes of the first page with all that it needs, as they come over the line: a slow line shows it within a second.
const FIRST_PAGE_BYTES: u64 = 100 << 10;

#[test]
fn a_visitor_gets_from_the_hall_to_a_verified_listing_in_a_browser() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let web = stage.hub.web();
    for look in LOOKS {
        browser.look(look);
        browser.forget();
        browser.go(&web);
        browser.follow("main .hall");
        assert!(browser.has("main .entry"), "{look:?} {}", browser.text());
        browser.fill("main form[role=search] input[name=q]", "技术");
        browser.follow("main form[role=search] button");
        let all = browser.eval("return document.querySelectorAll('main .entry').length").as_u64().unwrap();
        assert!(all > 1, "{look:?} {}", browser.text());
        // On a phone the filters are folded away.
        if look.width < 800 {
            browser.click(".filters-label");
        }
        browser.follow(".facet ul a");
        assert!(browser.has(".active a"), "{look:?} the filter is named: {}", browser.text());
        browser.follow("main .entry h3 a");
        assert!(browser.path().starts_with("/listing/"), "{look:?} {}", browser.path());
        assert!(browser.has(".checks .pass"), "{look:?} {}", browser.text());
        let seen = browser.seen();
        assert!(seen.foreign(&[&web]).is_empty() && seen.dialogs.is_empty(), "{look:?} {seen:?}");
        assert!(seen.complaints.is_empty(), "{look:?} {:?}", seen.complaints);
    }
}

#[test]
fn pages_fit_a_phone_ask_nobody_else_and_the_first_is_small() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let web = stage.hub.web();
    browser.go(&web);
    let first = browser.seen();
    assert!(first.requests.len() > 1 && first.bytes > 4_096, "{first:?}");
    assert!(first.bytes <= FIRST_PAGE_BYTES, "{} bytes: {:?}", first.bytes, first.requests);
    println!("the first page: {} bytes in {} requests", first.bytes, first.requests.len());
    for width in [320, 360, 768, 1280] {
        browser.look(Look::wide(width));
        for (path, lang) in stage.public().iter().flat_map(|path| [(path, "zh"), (path, "en")]) {
            let url = spoken(&format!("{web}{path}"), lang);
            browser.go(&url);
            let seen = browser.seen();
            assert!(seen.requests.contains(&url), "{url}: {seen:?}");
            assert_eq!(seen.foreign(&[&web]), Vec::<&str>::new(), "{url}");
            assert_eq!(seen.complaints, Vec::<String>::new(), "{url}");
            assert_eq!(too_wide(&browser), "", "{url} at {width} points");
        }
    }
}

/// The desk's navigation is longest for administrators, in English.
#[test]
fn pages_of_the_desk_fit_a_phone_a_tablet_and_a_screen() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let web = stage.station.web();
    sign_in(&browser, &stage.station, ADMINISTRATOR);
    for width in [320, 700, 1024, 1280] {
        browser.look(Look::wide(width));
        for (path, lang) in stage.desk().iter().flat_map(|path| [(path, "zh"), (path, "en")]) {
            browser.go(&spoken(&format!("{web}{path}"), lang));
            assert_eq!(too_wide(&browser), "", "{path} in {lang} at {width} points");
        }
    }
}

/// What sticks out of the page to the right; empty when all fits.
pub fn too_wide(browser: &Browser) -> String {
    let script = "const w = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= w) return '';
        const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > w + 1);
        return out.slice(0, 5).map(e => e.outerHTML.slice(0, 160)).join('\\n') || 'something';";
    browser.eval(script).as_str().unwrap().to_owned()
}

/// An address in a language.
pub fn spoken(url: &str, lang: &str) -> String {
    format!("{url}{}lang={lang}", if url.contains('?') { '&' } else { '?' })
}

/// The watch over what a page asks for sees what it is there to see.
#[test]
fn a_page_that_asks_elsewhere_is_noticed() {
    let Some(browser) = Browser::open() else { return };
    let page =
        "<title>x</title><img src=\"http://127.0.0.2:9/elsewhere.png\"><p style=\"width: 9000px\">wide</p>";
    let origin = serve(page.to_owned());
    browser.go(&origin);
    let seen = browser.seen();
    assert_eq!(seen.foreign(&[&origin]), ["http://127.0.0.2:9/elsewhere.png"], "{seen:?}");
    assert!(too_wide(&browser).contains("9000px"));
}

/// Serves one page on loopback; its origin.
pub fn serve(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4_096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    origin
}
