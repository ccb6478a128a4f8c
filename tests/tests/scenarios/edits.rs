//! A listing's life as two nodes see it: edited, withdrawn, shown again.

use serde_json::Value as Json;
use tests::{Home, Scene, hub_and_station, traces, until};

fn history(home: &Home, id: &str) -> Vec<Json> {
    home.run(["listing", "history", id, "--json"]).ok().lines()
}

fn edit(home: &Home, id: &str, change: &str) {
    let done = home.run(["listing", "edit", id, change, "--json"]).ok().json();
    assert_eq!((&done["outcome"], &done["id"]), (&"updated".into(), &id.into()), "{done}");
}

#[test]
fn an_edit_is_a_second_version_everywhere() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    assert_eq!(hub.show(&id).unwrap()["versions"], 1);

    edit(&station, &id, "summary=效率百分之九十六");
    hub.agrees_with(&[&station]);
    for home in [&*hub, &*station] {
        let shown = home.show(&id).unwrap();
        assert_eq!((&shown["versions"], &shown["title"]), (&2.into(), &"稀土永磁电机".into()), "{shown}");
        assert_eq!(shown["fields"]["summary"], "效率百分之九十六", "{shown}");
        let entries = history(home, &id);
        let verbs: Vec<&Json> = entries.iter().map(|entry| &entry["verb"]).collect();
        assert_eq!(verbs, ["create", "edit"], "{entries:?}");
        assert!(entries.iter().all(|e| e["state"] == "valid" && e["signed"] == true), "{entries:?}");
        assert_eq!(entries[1]["changes"]["summary"], "效率百分之九十六", "{entries:?}");
        assert_eq!(entries[1]["changes"].as_object().unwrap().len(), 1, "only what changed: {entries:?}");
    }
    assert_eq!(hub.search("百分之九十六")[0]["id"], id.as_str(), "the new words are found");
    // The same again is no third version.
    let again = station.run(["listing", "edit", &id, "summary=效率百分之九十六", "--json"]).ok().json();
    assert_eq!(again["outcome"], "unchanged");
    assert_eq!(station.show(&id).unwrap()["versions"], 2);
}

#[test]
fn edits_made_while_the_other_is_away_arrive_later() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);

    let hub = hub.stop();
    edit(&station, &id, "summary=第一次");
    edit(&station, &id, "summary=第二次");
    let other = station.publish("离线时发布的成果");
    // The station itself may be off as well: the store is written to directly.
    let station = station.stop();
    edit(&station, &id, "trl=6");
    assert_eq!(hub.show(&id).unwrap()["versions"], 1, "the hub cannot know yet");

    let (hub, station) = (hub.start(), station.start());
    hub.holds_with(&[&station], 2);
    let shown = hub.show(&id).unwrap();
    assert_eq!((&shown["versions"], &shown["fields"]["summary"]), (&4.into(), &"第二次".into()), "{shown}");
    assert_eq!(shown["fields"]["trl"], station.show(&id).unwrap()["fields"]["trl"]);
    assert_eq!(hub.show(&other).unwrap()["title"], "离线时发布的成果");
}

#[test]
fn a_withdrawn_listing_is_hidden_elsewhere_until_it_is_published_again() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    let found = |home: &Home| home.search("稀土永磁").iter().any(|hit| hit["id"] == id.as_str());
    assert!(found(&hub));

    assert_eq!(station.run(["listing", "withdraw", &id, "--json"]).ok().json()["outcome"], "withdrawn");
    until("the hub hides it", || (!found(&hub)).then_some(()));
    hub.agrees_with(&[&station]);
    assert!(!found(&station));
    assert_eq!(hub.show(&id).unwrap()["status"], "withdrawn");
    let page = tests::get(&hub.web(), "/list?q=%E7%A8%80%E5%9C%9F");
    assert!(!page.body.contains(&id), "the pages hide it too");

    station.run(["listing", "publish", &id, "--json"]).ok();
    until("the hub shows it again", || found(&hub).then_some(()));
    hub.agrees_with(&[&station]);
    assert_eq!(hub.show(&id).unwrap()["status"], "published");
}

/// Only what is published leaves a node, and contact details never do.
#[test]
fn drafts_and_contacts_stay_at_home() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let (draft, phone) = ("尚未公开的技术秘密", "13987654321");
    let typed = ["title=公开的成果".to_owned(), format!("contact_phone={phone}")];
    let made = station
        .run(["listing", "new", "--kind", "achievement", &format!("title={draft}"), "--json"])
        .ok()
        .json();
    assert_eq!(made["outcome"], "drafted", "{made}");
    let made = ["listing", "new", "--kind", "achievement", &typed[0], &typed[1], "--publish", "--json"];
    let id = station.run(made).ok().json()["id"].as_str().unwrap().to_owned();
    hub.holds_with(&[&station], 1);

    assert_eq!(station.show(&id).unwrap()["contact"]["contact_phone"], phone);
    assert!(hub.show(&id).unwrap().get("contact").is_none());
    assert!(station.search("技术秘密").is_empty() && hub.search("技术秘密").is_empty());
    let (hub, station) = (hub.stop(), station.stop());
    // What is looked for is there to be found: at home both are on the disk.
    for secret in [draft, phone] {
        assert!(!traces(&station.path(), secret).is_empty(), "{secret} at home");
        assert!(traces(&hub.path(), secret).is_empty(), "{secret} on the hub");
    }
}
