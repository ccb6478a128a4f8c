//! Whom the pages keep out: axe on every page, and ways of those who use a keyboard.

use tests::{Browser, Look};

use crate::stage::{ADMINISTRATOR, Stage, sign_in};
use crate::visitor::{serve, spoken, too_wide};

fn check(browser: &Browser, web: &str, paths: &[String], found: &mut Vec<String>) {
    for look in [Look::wide(1280), Look::wide(360).dark(), Look::wide(1280).dark(), Look::wide(360)] {
        browser.look(look);
        for (path, lang) in paths.iter().flat_map(|path| [(path, "zh"), (path, "en")]) {
            browser.go(&spoken(&format!("{web}{path}"), lang));
            let lines = browser.violations();
            found.extend(lines.into_iter().map(|line| format!("{path} in {lang}, {look:?}: {line}")));
        }
    }
}

#[test]
fn axe_finds_nothing_on_any_page_in_both_schemes_and_languages() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let mut found = Vec::new();
    check(&browser, &stage.hub.web(), &stage.public(), &mut found);
    let web = stage.station.web();
    check(&browser, &web, &["/desk/sign-in".to_owned(), "/desk/setup?key=0".to_owned()], &mut found);
    sign_in(&browser, &stage.station, ADMINISTRATOR);
    check(&browser, &web, &stage.desk(), &mut found);
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// What has the focus: nothing once the page is left; else its markup, whether that is seen, and whether it is in the window.
const FOCUS: &str = "const e = document.activeElement;
    if (!e || e === document.body) return null;
    const label = e.classList.contains('filters-switch') ? e.labels[0] : e;
    const style = getComputedStyle(label), box = label.getBoundingClientRect();
    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
    return { what: e.outerHTML.slice(0, 160), seen, inside, skip: e.classList.contains('skip') };";
/// A page with more stops than this is taken for a trap.
const STOPS: usize = 600;
/// WebDriver's names of keys.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Walks a page from its beginning with the tab key; what is wrong on the way.
fn walk(browser: &Browser, url: &str) -> Vec<String> {
    let mut found = Vec::new();
    browser.go(url);
    browser.eval("document.activeElement?.blur()");
    browser.press(TAB);
    let first = browser.eval(FOCUS);
    if first["skip"] != true || first["inside"] != true {
        found.push(format!("{url}: the first stop does not lead past the navigation: {first}"));
    }
    for stop in 1..=STOPS {
        browser.press(TAB);
        let focus = browser.eval(FOCUS);
        if focus.is_null() || focus["skip"] == true {
            break;
        }
        if focus["seen"] != true || focus["inside"] != true {
            found.push(format!("{url}: nobody sees where the focus is: {focus}"));
        }
        if stop == STOPS {
            found.push(format!("{url}: no way out after {STOPS} stops"));
        }
    }
    browser.go(url);
    browser.eval("document.activeElement?.blur()");
    browser.press(TAB);
    browser.press(ENTER);
    if browser.eval("return document.activeElement.id") != "main" {
        found.push(format!("{url}: the way past the navigation leads nowhere"));
    }
    found
}

#[test]
fn pages_can_be_walked_by_keyboard_and_the_focus_is_seen() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    sign_in(&browser, &stage.station, ADMINISTRATOR);
    let web = stage.station.web();
    let listing = format!("/listing/{}", stage.listings[0]);
    let paths = ["/", "/hall/achievement", &listing, "/help/clerk", "/desk", &stage.drafts[0], "/desk/users"];
    let mut found = Vec::new();
    for look in [Look::wide(1280), Look::wide(360).plain()] {
        browser.look(look);
        for path in paths {
            found.extend(walk(&browser, &format!("{web}{path}")));
        }
    }
    assert!(found.is_empty(), "{} things:\n{}", found.len(), found.join("\n"));
}

/// Larger text: what is clicked is at least 44 points high, letters are a third larger, and it fits a phone.
#[test]
fn larger_text_has_larger_targets_and_fits_a_phone() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let web = stage.hub.web();
    let small = "return [...document.querySelectorAll('main button, main select, main input:not([type=hidden]):not([type=checkbox]),\
        .halls a, .head-end a, .tabs a, .facet a, .pages a, main summary')]
        .filter(e => e.offsetParent && e.tabIndex >= 0 && e.getBoundingClientRect().height < 44)
        .map(e => e.outerHTML.slice(0, 120) + ' ' + e.getBoundingClientRect().height)";
    for look in [Look::wide(1280), Look::wide(360).plain()] {
        browser.look(look);
        browser.forget();
        browser.go(&format!("{web}/?text=large"));
        for path in stage.public().iter().filter(|path| !path.contains("text=")) {
            browser.go(&format!("{web}{path}"));
            let size = browser.eval("return parseFloat(getComputedStyle(document.body).fontSize)");
            assert!(size.as_f64().unwrap() >= 21.0, "{path} at {look:?}: {size}");
            assert_eq!(browser.eval(small), serde_json::json!([]), "{path} at {look:?}");
            assert_eq!(too_wide(&browser), "", "{path} at {look:?}");
        }
    }
}

/// axe sees what it is there to see.
#[test]
fn a_page_that_keeps_people_out_is_noticed() {
    let Some(browser) = Browser::open() else { return };
    let page = "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><p style='color:#bbb'>faint</p>\
        <img src=data:, width=30 height=30><form><input name=q></form><a href=/1>one</a></main>";
    browser.go(&serve(page.to_owned()));
    let found = browser.violations().join("\n");
    for rule in ["color-contrast", "image-alt", "label"] {
        assert!(found.contains(&format!("\"{rule}\"")), "{rule}: {found}");
    }
}
