//! What a new office does with its list, and a visitor with what it finds there: each page on the way looked at.

use tests::{Browser, Look, get, until};

use crate::stage::{ADMINISTRATOR, Stage, sign_in};
use crate::visitor::too_wide;

/// A list as offices keep it: a title above the header, a name over two lines, a column that nobody knows, a faulty row.
const LIST: &str = "样例大学可转化成果汇总表,,,,\n\
    成果名称,成果简介,成果所有单位,拟转让价格（万元）,备查项\n\
    \"磁控溅射\n镀膜设备\",真空镀膜,样例大学,３０,甲\n\
    生物炭造粒工艺,秸秆就地造粒,样例大学,面议,乙\n\
    ,没有名称的一行,样例大学,50,丙\n";

/// What is wrong with the page as it is, phone and desk, by day and by night.
fn looked_at(browser: &Browser, page: &str, found: &mut Vec<String>) {
    for look in [Look::wide(360), Look::wide(360).dark(), Look::wide(1280).dark(), Look::wide(1280)] {
        browser.look(look);
        let mut lines = browser.violations();
        lines.extend(Some(too_wide(browser)).filter(|wide| !wide.is_empty()));
        found.extend(lines.into_iter().map(|line| format!("{page}, {look:?}: {line}")));
    }
}

/// Whether a person sees what a selector finds, on the page as it is.
fn is_seen(browser: &Browser, css: &str) -> bool {
    let script =
        format!("const e = document.querySelector({css:?}); return !!e && e.getClientRects().length > 0");
    browser.eval(&script) == true
}

#[test]
fn a_list_is_brought_in_published_found_and_verified_elsewhere_in_a_browser() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let third = stage.scene.join(&stage.hub, "third", "grassroots-site", "420583").start();
    let mut found = Vec::new();
    sign_in(&browser, &stage.station, ADMINISTRATOR);
    browser.go(&format!("{}/desk/import", stage.station.web()));
    looked_at(&browser, "a file is chosen", &mut found);
    browser.attach("#file", &stage.scene.write("list.csv", LIST));
    browser.follow("main form .button");
    assert!(browser.text().contains("备查项"), "{}", browser.text());
    let unread = browser.eval("return document.querySelectorAll('select.unread').length");
    assert_eq!(unread, 1, "all but one column are known: {}", browser.text());
    looked_at(&browser, "columns", &mut found);

    browser.click("input[name=how][value=publish]");
    browser.follow("button[value=read]");
    until("the rows are compared", || browser.has("button[value=apply]").then_some(()));
    assert!(browser.text().contains("没有成果名称"), "the fault is named: {}", browser.text());
    looked_at(&browser, "rows", &mut found);
    browser.follow("button[value=apply]");
    until("the rows are taken in", || browser.has(".notice-good").then_some(()));
    looked_at(&browser, "taken in", &mut found);
    browser.follow(".bar a.button");
    assert_eq!(browser.path(), "/desk/listings");

    stage.hub.agrees_with(&[&stage.station, &third]);
    until("the index has it", || (!stage.hub.search("磁控溅射镀膜设备").is_empty()).then_some(()));
    browser.forget();
    browser.go(&format!("{}/hall/achievement", stage.hub.web()));
    browser.fill("main form[role=search] input[name=q]", "磁控溅射镀膜设备");
    browser.follow("main form[role=search] button");
    browser.follow("main .entry h3 a");
    assert_eq!(browser.eval("return document.querySelector('h1').innerText"), "磁控溅射镀膜设备");
    for look in [Look::wide(360), Look::wide(1280)] {
        browser.look(look);
        assert!(is_seen(&browser, "a[href$='/certificate.pdf']"), "{look:?} {}", browser.text());
        assert!(is_seen(&browser, ".ask summary"), "{look:?} {}", browser.text());
    }
    let path = browser.path();
    let pdf = get(&stage.hub.web(), &format!("{path}/certificate.pdf"));
    assert!(pdf.bytes.starts_with(b"%PDF"), "{}", pdf.code);

    browser.go(&format!("{}{}", third.web(), path.replace("/listing/", "/v/")));
    assert!(browser.has(".verdict-good"), "{}", browser.text());
    looked_at(&browser, "verified", &mut found);
    let file = stage.scene.write("taken.pdf", &pdf.bytes);
    third.run(["verify", &file]).ok();

    assert!(found.is_empty(), "{} things:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_visitor_asks_and_reads_the_answer_in_a_browser() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let mut found = Vec::new();
    for (number, look) in [Look::wide(360).plain(), Look::wide(1280)].into_iter().enumerate() {
        browser.look(look);
        browser.forget();
        browser.go(&format!("{}/listing/{}", stage.hub.web(), stage.listings[0]));
        browser.click(".ask summary");
        browser.fill("#ask-message", "这项工艺能否用于功率器件？");
        browser.fill("#ask-name", "赵厂长");
        browser.fill("#ask-contact", "x");
        browser.follow(".ask form .button");
        assert!(browser.has("#ask-contact-wrong"), "{look:?} {}", browser.text());
        browser.fill("#ask-contact", "13812345678");
        browser.follow("main form .button");
        let receipt = browser.url();
        assert!(browser.path().starts_with("/enquiry/"), "{look:?} {receipt} {}", browser.text());
        if number == 0 {
            looked_at(&browser, "the receipt", &mut found);
            browser.look(look);
        }

        sign_in(&browser, &stage.station, ADMINISTRATOR);
        until("the enquiry is at the desk", || {
            browser.go(&format!("{}/desk/enquiries", stage.station.web()));
            browser.has("main .rows .row-title").then_some(())
        });
        browser.follow("main .rows .row-title");
        assert!(browser.text().contains("功率器件"), "{look:?} {}", browser.text());
        if number == 0 {
            looked_at(&browser, "an enquiry at the desk", &mut found);
            browser.look(look);
        }
        browser.fill("#message", "可以，请来校看样机。");
        browser.follow("button[value=answer]");
        assert!(browser.has(".notice-good"), "{look:?} {}", browser.text());
        until("the answer is at the receipt", || {
            browser.go(&receipt);
            browser.text().contains("请来校看样机").then_some(())
        });
        let seen = browser.seen();
        let own = [stage.hub.web(), stage.station.web()];
        assert!(seen.foreign(&[&own[0], &own[1]]).is_empty() && seen.dialogs.is_empty(), "{look:?} {seen:?}");
    }
    assert!(found.is_empty(), "{} things:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_whole_list_is_worked_through_and_its_page_keeps_nobody_out() {
    let Some(browser) = Browser::open() else { return };
    let stage = Stage::open();
    let mut found = Vec::new();
    sign_in(&browser, &stage.station, ADMINISTRATOR);
    browser.go(&format!("{}/desk/listings", stage.station.web()));
    browser.click(".all input");
    browser.follow("button[value=withdraw]");
    assert!(browser.path().starts_with("/desk/job/"), "{} {}", browser.path(), browser.text());
    until("the list is done", || browser.has(".bar a.button").then_some(()));
    looked_at(&browser, "a list worked through", &mut found);
    browser.follow(".bar a.button");
    assert!(browser.has(".empty"), "{}", browser.text());
    looked_at(&browser, "nothing left", &mut found);
    browser.go(&format!("{}/desk/listings?heap=withdrawn", stage.station.web()));
    looked_at(&browser, "withdrawn", &mut found);
    assert!(found.is_empty(), "{} things:\n{}", found.len(), found.join("\n"));
}
