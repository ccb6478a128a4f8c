//! Tables on their way to an office and back: a template, a table with its faults marked, listings exported, edited, imported.

use std::io::{Cursor, Read, Write};

use serde_json::Value as Json;
use tests::{Home, Ran, Scene};

/// Changes the texts of a workbook, as somebody who edits it in a spreadsheet program does.
fn edit(scene: &Scene, file: &str, changes: &[(&str, &str)]) {
    let path = scene.file(file);
    let mut book = zip::ZipArchive::new(Cursor::new(std::fs::read(&path).unwrap())).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut found = vec![false; changes.len()];
    for place in 0..book.len() {
        let mut part = book.by_index(place).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        for ((from, to), found) in changes.iter().zip(&mut found) {
            *found |= text.contains(from);
            text = text.replace(from, to);
        }
        out.start_file(part.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    assert!(found.iter().all(|found| *found), "{changes:?} {found:?}");
    std::fs::write(path, out.finish().unwrap().into_inner()).unwrap();
}

fn take(home: &Home, file: &str) -> Ran {
    home.run(["import", file, "--apply", "--publish", "--json"])
}

/// (outcome, cells) of each row that has an outcome.
fn outcomes(ran: &Ran) -> Vec<(u64, String, Json)> {
    let lines =
        ran.lines().into_iter().filter(|line| line["outcome"].is_string() && line["outcome"] != "advice");
    lines
        .map(|line| {
            (
                line["row"].as_u64().unwrap(),
                line["outcome"].as_str().unwrap().to_owned(),
                line["cells"].clone(),
            )
        })
        .collect()
}

#[test]
fn a_template_is_taken_for_what_it_is() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    home.run(["template", "--kind", "demand", "--out", "demands.xlsx"]).ok();
    let ran = home.run(["import", "demands.xlsx", "--json"]).ok();
    assert_eq!(ran.lines().last().unwrap()["rows"], 0, "{}", ran.all());
    let plain = scene.write("plain.csv", "title\n柑橘保鲜\n");
    home.run(["import", &plain]).ends(2);
    home.run(["template", "--kind", "spaceship", "--out", "no.xlsx"]).ends(2);
}

#[test]
fn a_table_comes_back_with_its_faults_marked_and_is_imported_corrected() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let rows = "单位年度成果,,\n\n成果名称,所属区域,简介\n锂电池防爆阀,420106,可调\n秸秆腐熟菌剂,999999,低温\n,420106,没有名称\n";
    let file = scene.write("rows.csv", rows);
    let dry = ["import", &file, "--kind", "achievement", "--json", "--errors", "marked.xlsx"];
    let ran = home.run(dry).ends(3);
    let refused = [(5, "refused".to_owned(), "B5".to_owned()), (6, "refused".to_owned(), "A6".to_owned())];
    let named = |ran: &Ran| -> Vec<(u64, String, String)> {
        let all = outcomes(ran).into_iter().filter(|(_, outcome, _)| outcome == "refused");
        all.map(|(row, outcome, cells)| (row, outcome, cells[0].as_str().unwrap().to_owned())).collect()
    };
    assert_eq!(named(&ran), refused, "{}", ran.all());
    let said = home.run(["import", &file, "--kind", "achievement"]).ends(3);
    assert!(said.out.contains("B5") && said.out.contains("A6"), "{}", said.out);
    // As it came back: the same faults in the same cells, and nothing of the column of errors.
    let again = home.run(["import", "marked.xlsx", "--json"]).ends(3);
    assert_eq!(named(&again), refused, "{}", again.all());
    assert_eq!(again.lines().last().unwrap()["unmapped"].as_array().unwrap().len(), 0, "{}", again.all());
    // Never over the file that is read.
    home.run(["import", "marked.xlsx", "--errors", "marked.xlsx"]).ends(2);
    // One corrected: two rows are published, one is still named.
    edit(&scene, "marked.xlsx", &[("<t>999999</t>", "<t>湖北省荆州市</t>")]);
    let ran = take(&home, "marked.xlsx").ends(3);
    assert_eq!(named(&ran), refused[1..], "{}", ran.all());
    assert_eq!(home.status()["listings"]["own"], 2);
}

#[test]
fn an_exported_workbook_is_edited_and_updates_its_listings() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let rows = "成果名称,简介,成熟度,价格,关键词\n锂电池防爆阀,可调,中试,50万元,防爆；电池\n秸秆腐熟菌剂,低温,4-6,面议,秸秆\n";
    home.import(&scene.write("rows.csv", rows), &[]).ok();
    home.run(["export", "--format", "xlsx", "--kind", "achievement", "--out", "all.xlsx"]).ok();
    let ran = take(&home, "all.xlsx").ok();
    assert!(outcomes(&ran).iter().all(|(_, outcome, _)| outcome == "unchanged"), "{}", ran.all());
    let before = home.search("防爆")[0]["id"].clone();
    // A row copied to write another keeps the id of the first: named, and nothing is overwritten.
    let (one, other) = (before.as_str().unwrap(), home.search("秸秆")[0]["id"].clone());
    let other = other.as_str().unwrap();
    std::fs::copy(scene.file("all.xlsx"), scene.file("copied.xlsx")).unwrap();
    edit(&scene, "copied.xlsx", &[(other, one)]);
    let ran = take(&home, "copied.xlsx").ends(3);
    let refused = outcomes(&ran).into_iter().find(|(_, outcome, _)| outcome == "refused");
    let refused = refused.unwrap_or_else(|| panic!("{}", ran.all()));
    assert_eq!(refused.0, 3, "{}", ran.all());
    assert!(refused.2[0].as_str().unwrap().ends_with('3'), "{}", ran.all());
    edit(
        &scene,
        "all.xlsx",
        &[("<t>可调</t>", "<t>可调，已在两座矿山试用</t>"), ("<t>50 万元</t>", "<t>80</t>")],
    );
    let ran = take(&home, "all.xlsx").ok();
    let mut words: Vec<String> = outcomes(&ran).into_iter().map(|(_, outcome, _)| outcome).collect();
    words.sort();
    assert_eq!(words, ["unchanged", "updated"], "{}", ran.all());
    assert_eq!(home.status()["listings"]["own"], 2);
    let shown = home.show(before.as_str().unwrap()).unwrap();
    assert_eq!(shown["fields"]["summary"], "可调，已在两座矿山试用");
    assert_eq!(
        (&shown["fields"]["price_min"], &shown["fields"]["trl_word"]),
        (&800_000.into(), &"中试".into())
    );
}
