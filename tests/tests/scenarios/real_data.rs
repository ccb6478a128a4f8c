//! Real lists: thousands of rows at three nodes, one hub that gathers them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tests::{Dice, Node, Ran, Scene, shared};

/// Titles looked up on the hub.
const SAMPLED: u64 = 50;

/// What an import said of each row.
struct Told {
    outcomes: BTreeMap<u64, String>,
    refused: BTreeMap<u64, Vec<Json>>,
    summary: Json,
}

/// Reads the lines of an import, and holds it to its word: each row has one outcome, or is refused with a field's name and
/// a reason.
fn told(ran: &Ran, rows: usize) -> Told {
    let mut told = Told { outcomes: BTreeMap::new(), refused: BTreeMap::new(), summary: Json::Null };
    for line in ran.lines() {
        if line["summary"] == true {
            told.summary = line;
            continue;
        }
        let row = line["row"].as_u64().expect("a row's number");
        match line["outcome"].as_str().expect("an outcome") {
            "refused" => {
                assert!(line["reason"].as_str().is_some_and(|why| !why.is_empty()), "{line}");
                assert!(line["field"].is_string() && line["code"].is_string(), "{line}");
                told.refused.entry(row).or_default().push(line);
            }
            outcome => {
                assert!(["published", "updated", "unchanged"].contains(&outcome), "{line}");
                let twice = told.outcomes.insert(row, outcome.to_owned());
                assert_eq!(twice, None, "row {row} has two outcomes");
            }
        }
    }
    assert!(told.refused.keys().all(|row| !told.outcomes.contains_key(row)), "refused and taken at once");
    assert_eq!(told.outcomes.len() + told.refused.len(), rows, "{}", told.summary);
    assert_eq!(told.summary["rows"], rows, "{}", told.summary);
    assert_eq!(told.summary["refused"], told.refused.len(), "{}", told.summary);
    assert_eq!(ran.code, if told.refused.is_empty() { 0 } else { 3 }, "{}", told.summary);
    told
}

impl Told {
    fn published(&self) -> u64 {
        self.outcomes.values().filter(|outcome| *outcome == "published").count() as u64
    }
}

/// Each sampled title is among the first three that the hub finds for it.
fn finds(hub: &Node, titles: &[String], dice: &mut Dice) {
    for _ in 0..SAMPLED {
        let title = &titles[usize::try_from(dice.below(titles.len() as u64)).unwrap()];
        let hits = hub.run(["search", title, "--limit", "3", "--json"]).ok().lines();
        assert!(hits.iter().any(|hit| hit["title"] == title.as_str()), "{title:?} is not among {hits:#?}");
    }
}

fn csl_titles(text: &str) -> Vec<String> {
    let json = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    json.map(|row| row["title"].as_str().unwrap().trim().to_owned()).collect()
}

#[test]
fn three_nodes_take_in_real_lists_and_a_hub_gathers_them() {
    let Some(outputs) = shared("cn/csl_2000_research_outputs.jsonl") else { return };
    let names =
        ["cn/csl_8000_titles_category.tsv", "en/nasa_patents.csv", "en/nasa_t2_software_releases_code.json"];
    let [Some(titles), Some(patents), Some(software)] = names.map(shared) else { return };
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let one = scene.join(&hub, "one", "resource-station", "420106").start();
    let two = scene.join(&hub, "two", "resource-station", "420111").start();
    let market = scene.join(&hub, "market", "sub-market", "420600").start();

    let path = |file: &std::path::Path| file.display().to_string();
    let (outputs_arg, titles_arg) = (path(&outputs), path(&titles));
    let (patents_arg, software_arg) = (path(&patents), path(&software));
    let named = "title=name,summary=description,keywords=tags,source_id=local-id";
    // All at once, as in life; each node has its own clerk.
    let (first, second, third, fourth) = std::thread::scope(|scope| {
        let a = scope
            .spawn(|| one.import(&outputs_arg, &["--map", "title=title,summary=abstract,keywords=keywords"]));
        let b = scope.spawn(|| two.import(&titles_arg, &["--map", "title=column1"]));
        let c = scope.spawn(|| {
            let patents = market.import(&patents_arg, &[]);
            (patents, market.import(&software_arg, &["--records", "releases", "--map", named]))
        });
        let (third, fourth) = c.join().unwrap();
        (a.join().unwrap(), b.join().unwrap(), third, fourth)
    });
    let counts = [(&first, 2_000), (&second, 8_000), (&third, 1_393), (&fourth, 1_304)];
    let told = counts.map(|(ran, rows)| told(ran, rows));
    for (told, what) in told.iter().zip(["csl 2,000", "csl 8,000", "patents", "software"]) {
        println!("{what}: {}", told.summary);
    }
    let published: u64 = told.iter().map(Told::published).sum();
    let status = hub.holds_with(&[&one, &two, &market], published);
    assert_eq!(status["listings"]["waiting"], 0, "{status}");
    assert_eq!(status["void"], 0, "{status}");

    let mut dice = Dice::new(20_261_121);
    finds(&hub, &csl_titles(&std::fs::read_to_string(outputs).unwrap()), &mut dice);
    let text = std::fs::read_to_string(titles).unwrap();
    let titles: Vec<String> =
        text.lines().filter_map(|l| Some(l.split_once('\t')?.0.trim().to_owned())).collect();
    assert_eq!(titles.len(), 8_000);
    finds(&hub, &titles, &mut dice);
}
