//! Tables at the desk: a messy workbook sent as a browser sends it, its columns chosen by hand, each row looked at, taken in, and
//! found from another node; the same again, corrected, and after the node was killed on the way.

use std::time::{Duration, Instant};

use rust_xlsxwriter::{Format, Workbook};
use tests::{Answer, Node, Scene, Visitor, hub_and_station};

use crate::desk::{add, administrator, signed_in};

/// Rows of the messy workbook, on two sheets.
const ROWS: usize = 200;
/// Rows of it that cannot be read as what they should be.
const FAULTY: [usize; 5] = [7, 40, 90, 130, 199];
const UNITS: [&str; 4] = ["材料学院", "机械学院", "生命科学学院", "环境学院"];

/// A workbook as an office keeps it: a title above the header, a unit merged over its rows, wide digits, dates and prices as
/// people write them, a column that nobody else calls so, some rows that are wrong.
fn messy(corrected: bool) -> Vec<u8> {
    let mut book = Workbook::new();
    for (part, name) in ["2024年", "2025年"].into_iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        let title = format!("某大学{name}度科技成果汇总表");
        sheet.merge_range(0, 0, 0, 8, &title, &Format::new().set_bold()).unwrap();
        sheet.write_string(1, 0, "填表人：王芳").unwrap();
        let headers = [
            "序号",
            "★成 果\n名称",
            "完成单位（全称）",
            "简要介绍",
            "转让价格\n（万元）",
            "成熟度",
            "所属区域",
            "登记\u{a0}时间",
            "我们的分类",
        ];
        for (column, header) in (0u16..).zip(headers) {
            sheet.write_string(2, column, header).unwrap();
        }
        let half = ROWS / 2;
        for n in 0..half {
            let (row, number) = (3 + n as u32, part * half + n);
            let unit = UNITS[n / (half / UNITS.len()) % UNITS.len()];
            if n % (half / UNITS.len()) == 0 {
                let last = row + (half / UNITS.len()) as u32 - 1;
                sheet.merge_range(row, 2, last, 2, unit, &Format::new()).unwrap();
            }
            let wide = |c: char| char::from_u32(c as u32 + 0xfee0).unwrap();
            let serial: String = (number + 1).to_string().chars().map(wide).collect();
            let new = if corrected && number == 11 { "，已在两座矿山试用" } else { "" };
            let region = if FAULTY.contains(&number) { "999999" } else { "湖北省武汉市" };
            let cells = [
                serial,
                format!(" 第{number}号矿用隔爆\u{a0}装置\n"),
                String::new(),
                format!("用于瓦斯矿井的第{number}种装置{new}"),
                ["面议", "１０－２０", "50", "30万元以上"][n % 4].to_owned(),
                ["中试", "正在研发", "可以量产", "4-6"][n % 4].to_owned(),
                region.to_owned(),
                ["2013.01.02", "2024年6月", "20240630", "２０１３．０１"][n % 4].to_owned(),
                "防爆；矿山".to_owned(),
            ];
            for (column, text) in (0u16..).zip(&cells).filter(|(column, _)| *column != 2) {
                sheet.write_string(row, column, text).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// The page of the import once nothing is under way any more.
pub fn settled(visitor: &Visitor) -> String {
    let begun = Instant::now();
    loop {
        let page = visitor.get("/desk/import").body;
        if !page.contains("http-equiv=\"refresh\"") {
            return page;
        }
        assert!(begun.elapsed() < tests::PATIENCE, "{page}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn sent(visitor: &mut Visitor, bytes: &[u8]) -> String {
    let sent = visitor.upload("/desk/import/file", "成果汇总.xlsx", bytes);
    assert_eq!(sent.header("location"), Some("/desk/import"), "{}", sent.body);
    visitor.get("/desk/import").body
}

pub fn act(visitor: &mut Visitor, fields: &[(&str, &str)]) -> Answer {
    let done = visitor.post("/desk/import", fields);
    assert_eq!(done.header("location"), Some("/desk/import"), "{}", done.body);
    done
}

/// The number that a tab of the lists shows.
fn counted(page: &str, list: &str) -> u64 {
    let (_, rest) = page.split_once(&format!("?list={list}&#38;page=1\"")).expect(page);
    let label = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
    label.rsplit(' ').next().unwrap().replace(',', "").parse().unwrap()
}

fn counts(page: &str) -> [u64; 4] {
    ["new", "changed", "unchanged", "refused"].map(|list| counted(page, list))
}

/// The key that a column is read as.
fn read_as(page: &str, header: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"header\" value=\"{header}\"")).unwrap();
    let select = rest.split_once("</select>").unwrap().0;
    let chosen = select.split("<option value=\"").find(|option| option.contains(" selected")).unwrap();
    chosen.split_once('"').unwrap().0.to_owned()
}

#[test]
fn a_messy_workbook_comes_in_by_the_browser_and_is_found_from_another_node() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let mut clerk = administrator(&station);
    let page = sent(&mut clerk, &messy(false));
    assert_eq!(read_as(&page, "所属区域"), "region", "{page}");
    assert_eq!(read_as(&page, "我们的分类"), "");
    assert!(page.contains("用于瓦斯矿井的第0种装置"), "samples are shown: {page}");

    // One column by hand; nothing is written before somebody agrees.
    let read = [("act", "read"), ("kind", "achievement"), ("how", "publish")];
    act(&mut clerk, &[&read[..], &[("header", "我们的分类"), ("key", "keywords")]].concat());
    let page = settled(&clerk);
    assert_eq!(counts(&page), [195, 0, 0, 5], "{page}");
    assert_eq!(station.status()["listings"]["own"], 0);
    let refused = clerk.get("/desk/import?list=refused").body;
    for n in FAULTY {
        let cell = format!("<code>G{}</code>", 4 + n % (ROWS / 2));
        assert!(refused.contains(&cell), "{cell}: {refused}");
    }
    let marked = clerk.get("/desk/import/marked.xlsx");
    assert!(marked.code == 200 && marked.bytes.starts_with(b"PK"), "{}", marked.code);

    act(&mut clerk, &[("act", "apply")]);
    let page = settled(&clerk);
    assert!(page.contains("notice-good"), "{page}");
    hub.holds_with(&[&station], 195);
    let found = hub.search("第11号矿用隔爆装置");
    let shown = hub.show(found[0]["id"].as_str().unwrap()).unwrap();
    assert_eq!(shown["fields"]["organization"], UNITS[0], "what was merged belongs to each row: {shown}");
    assert_eq!(shown["fields"]["keyword/矿山"], true, "{shown}");
    assert_eq!(shown["fields"]["title"], "第11号矿用隔爆 装置");

    // The same again changes nothing, and its columns map themselves; a corrected one changes what was corrected.
    let page = sent(&mut clerk, &messy(false));
    assert_eq!(read_as(&page, "我们的分类"), "keywords");
    act(&mut clerk, &read);
    assert_eq!(counts(&settled(&clerk)), [0, 0, 195, 5]);
    sent(&mut clerk, &messy(true));
    act(&mut clerk, &read);
    let page = settled(&clerk);
    assert_eq!(counts(&page), [0, 1, 194, 5], "{page}");
    let changed = clerk.get("/desk/import?list=changed").body;
    assert!(changed.contains("已在两座矿山试用") && changed.contains("按本单位编号"), "{changed}");
    act(&mut clerk, &[("act", "apply")]);
    settled(&clerk);
    let shown = station.show(found[0]["id"].as_str().unwrap()).unwrap();
    assert!(shown["fields"]["summary"].as_str().unwrap().ends_with("已在两座矿山试用"), "{shown}");
    assert_eq!(station.status()["listings"]["own"], 195);
    // The command line knows the same columns.
    let file = scene.write("again.xlsx", messy(true));
    let dry = station.run(["import", &file, "--kind", "achievement", "--json"]).ends(3);
    assert_eq!(dry.lines().last().unwrap()["outcomes"]["unchanged"], 195, "{}", dry.all());
}

#[test]
fn an_import_goes_on_after_the_node_was_killed_and_goes_to_review_by_a_clerk() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    administrator(&hub);
    add(&hub, &scene, "lilei", "clerk");
    let mut clerk = signed_in(&hub, "lilei");
    sent(&mut clerk, &messy(false));
    let read = |how| [("act", "read"), ("kind", "achievement"), ("how", how)];
    // To publish past the reviews is no clerk's to decide.
    assert_eq!(clerk.post("/desk/import", &read("publish")).code, 422);
    act(&mut clerk, &read("review"));
    assert_eq!(counts(&settled(&clerk)), [195, 0, 0, 5]);
    // Killed while rows are taken in, and started again: every row once.
    let killed: Node = {
        act(&mut clerk, &[("act", "apply")]);
        hub.kill().start()
    };
    let clerk = &mut signed_in(&killed, "lilei");
    let page = settled(clerk);
    assert!(page.contains("notice-good") || page.contains("value=\"apply\""), "{page}");
    if page.contains("value=\"apply\"") {
        act(clerk, &[("act", "apply")]);
        settled(clerk);
    }
    let drafts = || killed.run(["listing", "list", "--drafts", "--json"]).ok().lines().len();
    assert_eq!(drafts(), 195);
    assert!(clerk.get("/desk/drafts?state=formal").body.contains("号矿用隔爆"));
    // Sent again, the table finds its own drafts.
    sent(clerk, &messy(false));
    act(clerk, &read("review"));
    assert_eq!(counts(&settled(clerk)), [0, 0, 195, 5]);
    // What is no form of the desk's, and what is no table, is refused, and the import before it stays.
    let nothing = clerk.upload("/desk/import/file", "a.xlsx", b"PK\x03\x04 no workbook");
    assert_eq!(nothing.code, 422, "{}", nothing.body);
    assert_eq!(counts(&settled(clerk)), [0, 0, 195, 5]);
    assert_eq!(drafts(), 195);
}

/// An old workbook is read; damaged ones, and one whose parser takes all memory that it gets, harm nothing.
#[test]
fn an_old_workbook_is_read_in_a_process_of_its_own_and_hostile_ones_harm_nothing() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let rows = [
        ("成果名称", "所属区域", "关键词"),
        ("矿用隔爆装置", "420106", "防爆"),
        ("秸秆腐熟菌剂", "999999", "秸秆"),
    ];
    let texts = rows.iter().map(|(a, b, c)| [*a, *b, *c]);
    let cells: Vec<(u16, u16, &str)> = (1_u16..)
        .zip(texts)
        .flat_map(|(row, texts)| (0_u16..).zip(texts).map(move |(column, text)| (row, column, text)))
        .collect();
    let sound = tests::xls("成果", &cells);
    let file = scene.write("old.xls", &sound);
    let dry = ["import", &file, "--kind", "achievement", "--json"];
    let ran = home.run(dry).ends(3);
    let refused = ran.lines().into_iter().find(|line| line["outcome"] == "refused").unwrap();
    assert_eq!(refused["cells"][0], "B4", "{}", ran.all());
    assert_eq!(ran.lines().last().unwrap()["outcomes"]["new"], 1, "{}", ran.all());

    // Cut and changed at many places: read as far as it can be, or refused with a reason; never a crash, never long.
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice % below as u64) as usize
    };
    for round in 0..24 {
        let mut damaged = sound.clone();
        for _ in 0..=next(4) {
            let at = next(damaged.len());
            damaged[at] = next(256) as u8;
        }
        if round % 3 == 0 {
            damaged.truncate(next(sound.len()));
        }
        std::fs::write(&file, &damaged).unwrap();
        let ran = home.run(dry);
        assert!(matches!(ran.code, 0 | 2 | 3), "round {round}: {} {}", ran.code, ran.all());
    }
    // Two cells far apart: a table of 16 million cells in the parser's memory.
    let far = tests::xls("成果", &[(0, 0, "成果名称"), (1, 0, "甲"), (65_535, 255, "远")]);
    std::fs::write(&file, far).unwrap();
    let begun = Instant::now();
    let ran = home.run(dry);
    assert!(matches!(ran.code, 0 | 3) && begun.elapsed() < Duration::from_secs(60), "{}", ran.all());
}
