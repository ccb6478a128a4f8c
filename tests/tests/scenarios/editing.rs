//! Editing at the desk of a running node, as a browser without scripts does it: what is published is revised and reviewed
//! again, concurrent values are chosen between, whole lists are worked through, and nothing that was typed is lost.

use tests::{Answer, Node, Scene, Visitor, hub_and_station, until};

use crate::desk::{add, administrator, begin, changed, save, signed_in};

/// Publishes a draft with these fields, as someone who is alone at a desk.
fn publish(visitor: &mut Visitor, fields: &[(&str, &str)]) -> String {
    let draft = begin(visitor);
    let done = save(visitor, &draft, &[fields, &[("act", "publish")]].concat());
    let listing = done.header("location").expect(&done.body);
    listing.strip_prefix("/listing/").unwrap().to_owned()
}

/// Opens a listing as a draft.
fn revise(visitor: &mut Visitor, id: &str) -> String {
    let opened = visitor.post(&format!("/desk/listing/{id}"), &[("act", "revise")]);
    opened.header("location").expect(&opened.body).to_owned()
}

/// The fields of a draft's form as the page shows them: lines of text and texts of several lines.
fn form(visitor: &Visitor, draft: &str) -> Vec<(String, String)> {
    let page = visitor.get(draft).body;
    let plain = |text: &str| text.replace("&#34;", "\"").replace("&#38;", "&").replace("&#60;", "<");
    let inputs = page.split("<input id=\"").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("\" name=")?;
        let (_, rest) = rest.split_once("value=\"")?;
        Some((name.to_owned(), plain(rest.split_once('"')?.0)))
    });
    let areas = page.split("<textarea id=\"").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once('"')?;
        let (_, rest) = rest.split_once(">\n")?;
        Some((name.to_owned(), plain(rest.split_once("</textarea>")?.0)))
    });
    inputs.chain(areas).filter(|(name, value)| name != "reason" && !value.is_empty()).collect()
}

/// Sends a draft's form as it stands, some fields typed anew.
fn retype(visitor: &mut Visitor, draft: &str, anew: &[(&str, &str)]) -> Answer {
    let before = form(visitor, draft);
    let kept = before.iter().filter(|(name, _)| anew.iter().all(|(other, _)| other != name));
    let all: Vec<(&str, &str)> =
        kept.map(|(name, value)| (name.as_str(), value.as_str())).chain(anew.iter().copied()).collect();
    save(visitor, draft, &all)
}

fn act(visitor: &mut Visitor, draft: &str, act: &str) -> Answer {
    let now = changed(visitor, draft);
    visitor.post(draft, &[("act", act), ("changed", &now)])
}

#[test]
fn a_published_listing_is_revised_reviewed_twice_and_changed_everywhere() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let mut boss = administrator(&station);
    let id = publish(
        &mut boss,
        &[("title", "稀土永磁电机"), ("summary", "旧的简介"), ("contact_phone", "13900000000")],
    );
    hub.holds_with(&[&station], 1);
    add(&station, &scene, "lilei", "clerk");
    add(&station, &scene, "meimei", "reviewer");
    let (mut clerk, mut reviewer) = (signed_in(&station, "lilei"), signed_in(&station, "meimei"));

    // A first form says where it is from the start.
    let fresh = begin(&mut clerk);
    assert!(clerk.get(&fresh).body.contains("value=\"420106\""), "the node's own region");
    assert_eq!(act(&mut clerk, &fresh, "discard").code, 303);

    // The form holds what is published; what is sent back unchanged changes nothing.
    let draft = revise(&mut clerk, &id);
    assert_eq!(revise(&mut reviewer, &id), draft, "one revision at a time");
    let held = form(&clerk, &draft);
    assert!(held.contains(&("contact_phone".to_owned(), "13900000000".to_owned())), "{held:?}");
    assert!(clerk.get(&draft).body.contains("desk/listing/"), "it leads to its listing");
    assert_eq!(retype(&mut clerk, &draft, &[("title", "稀土永磁电机")]).code, 303);
    assert!(clerk.get(&draft).body.contains("还没有改动"), "{}", clerk.get(&draft).body);
    retype(&mut clerk, &draft, &[("summary", "新的简介"), ("act", "submit")]);
    // Meanwhile the title is changed from the command line.
    station.run(["listing", "edit", &id, "title=稀土永磁电机（改）"]).ok();

    let seen = reviewer.get(&draft).body;
    assert!(seen.contains("<del><bdi>旧的简介") && seen.contains("<ins><bdi>新的简介"), "{seen}");
    assert!(!seen.contains("可能重复"), "it is no copy of itself");
    assert_eq!(act(&mut clerk, &draft, "pass").code, 422);
    assert_eq!(act(&mut reviewer, &draft, "pass").code, 303);
    let done = act(&mut boss, &draft, "pass");
    assert_eq!(done.header("location"), Some(format!("/listing/{id}").as_str()), "{}", done.body);

    hub.agrees_with(&[&station]);
    let shown = hub.show(&id).unwrap();
    assert_eq!(shown["fields"]["summary"], "新的简介", "{shown}");
    assert_eq!(shown["fields"]["title"], "稀土永磁电机（改）", "what others changed stays: {shown}");
    let history = hub.run(["listing", "history", &id, "--json"]).ok().lines();
    assert_eq!(history.last().unwrap()["changes"].as_object().unwrap().len(), 1, "{history:?}");

    // Who did it is told at home alone; from what to what to everyone.
    let home = boss.get(&format!("/desk/listing/{id}")).body;
    assert!(home.contains("lilei") && home.contains("meimei"), "{home}");
    for node in [&hub, &station] {
        let page = tests::get(&node.web(), &format!("/listing/{id}/history"));
        assert!(
            page.body.contains("<del><bdi>旧的简介") && page.body.contains("<ins><bdi>新的简介"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("lilei") && !page.body.contains("13900000000"), "{}", page.body);
    }
    let elsewhere = administrator(&hub).get(&format!("/desk/listing/{id}"));
    assert_eq!(elsewhere.code, 404, "another institution's is not edited here");
}

#[test]
fn what_is_withdrawn_comes_back_and_what_is_removed_does_not() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let mut boss = administrator(&station);
    let id = publish(&mut boss, &[("title", "高温合金叶片"), ("summary", "机密的一句话")]);
    let page = format!("/desk/listing/{id}");
    assert_eq!(boss.post(&page, &[("act", "withdraw")]).code, 303);
    let listed = boss.get("/desk/listings?heap=withdrawn").body;
    assert!(listed.contains(&page), "{listed}");
    assert!(!boss.get("/desk/listings").body.contains(&page));
    assert_eq!(boss.post("/desk/listings", &[("heap", "withdrawn"), ("act", "show"), ("id", &id)]).code, 200);
    let search = format!("/desk/listings?q={}", tests::percent("高温合金"));
    until("it is found again", || boss.get(&search).body.contains(&page).then_some(()));
    hub.agrees_with(&[&station]);

    add(&station, &scene, "meimei", "reviewer");
    let mut reviewer = signed_in(&station, "meimei");
    let draft = revise(&mut reviewer, &id);
    assert_eq!(reviewer.post(&page, &[("act", "purge"), ("reason", "误发")]).code, 422, "not a reviewer's");
    assert_eq!(boss.post(&page, &[("act", "purge"), ("reason", " ")]).code, 422, "not without a reason");
    assert_eq!(boss.post(&page, &[("act", "purge"), ("reason", "误发")]).code, 303);
    until("its contents are gone everywhere", || {
        let gone = |node: &Node| {
            let history = tests::get(&node.web(), &format!("/listing/{id}/history"));
            !history.body.contains("机密的一句话")
        };
        (gone(&hub) && gone(&station) && boss.get(&draft).code == 404).then_some(())
    });
}

#[test]
fn of_concurrent_values_somebody_chooses_one() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    administrator(&hub);
    let new = ["listing", "new", "--kind", "achievement", "title=燃料电池", "--publish", "--json"];
    let id = hub.begin(&[&new[..], &["--editor", "station"]].concat()).finish().ok().json();
    let id = id["id"].as_str().unwrap().to_owned();
    station.holds_with(&[&hub], 1);
    // Each changes it without the other's change.
    let (hub_down, station_down) = (hub.stop(), station.stop());
    hub_down.run(["listing", "edit", &id, "summary=甲方的写法", "trl=5"]).ok();
    station_down.run(["listing", "edit", &id, "summary=乙方的写法", "trl=7-8"]).ok();
    let (hub, station) = (hub_down.start(), station_down.start());
    hub.agrees_with(&[&station]);
    let mut boss = signed_in(&hub, "王芳");
    let page = format!("/desk/listing/{id}");
    assert!(boss.get("/desk/listings?heap=disputed").body.contains(&page));
    let seen = boss.get(&page).body;
    assert!(seen.contains("甲方的写法") && seen.contains("乙方的写法"), "{seen}");
    let choices: Vec<String> = seen
        .split("name=\"choose\" value=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.replace("&#124;", "|")))
        .collect();
    // Two of the summary, and two of the maturity, both ends of its range at once.
    assert_eq!(choices.len(), 4, "{seen}");
    let choice_of = |text: &str| {
        let (_, behind) = seen.split_once(text).unwrap();
        let value = behind.split_once("name=\"choose\" value=\"").unwrap().1.split_once('"').unwrap().0;
        value.replace("&#124;", "|")
    };
    assert_eq!(boss.post(&page, &[("choose", "summary|00")]).code, 422);
    assert_eq!(boss.post(&page, &[("choose", &choice_of("乙方的写法"))]).code, 303);
    assert_eq!(boss.post(&page, &[("choose", &choice_of("7–8 级"))]).code, 303);
    hub.agrees_with(&[&station]);
    let fields = &station.show(&id).unwrap()["fields"];
    assert_eq!(
        (&fields["summary"], &fields["trl_min"], &fields["trl_max"]),
        (&"乙方的写法".into(), &7.into(), &8.into())
    );
    assert!(!boss.get("/desk/listings?heap=disputed").body.contains(&page));
}

#[test]
fn what_is_there_already_is_pointed_out() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("矿用隔爆型锂电池充电装置");
    hub.holds_with(&[&station], 1);
    let mut boss = administrator(&hub);
    let draft = begin(&mut boss);
    until("the other institution's is pointed out", || {
        save(
            &mut boss,
            &draft,
            &[("title", "一种矿用隔爆型锂电池充电装置"), ("patents", "ZL201810046029.1")],
        );
        boss.get(&draft).body.contains(&format!("/listing/{id}")).then_some(())
    });
    let second = begin(&mut boss);
    save(&mut boss, &second, &[("title", "别的名字"), ("patents", "CN 201810046029.1")]);
    let page = boss.get(&second).body;
    assert!(page.contains(draft.as_str()) && page.contains("专利号相同"), "{page}");
    save(&mut boss, &second, &[("title", "别的名字")]);
    assert!(!boss.get(&second).body.contains("可能重复"));
}

#[test]
fn a_whole_list_is_worked_through_and_what_was_refused_is_told() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let mut boss = administrator(&hub);
    let rows: String = (0..130).map(|n| format!("成果之{n},简介{n}\n")).collect();
    let file = scene.write("rows.csv", format!("名称,简介\n{rows}"));
    hub.run(["import", &file, "--kind", "achievement", "--apply"]).ok();
    let empty = begin(&mut boss);
    // Three pages, each draft on one of them.
    let on = |page: &str| boss.get(&format!("/desk/drafts?page={page}")).body.matches("name=\"id\"").count();
    assert_eq!([on("1"), on("2"), on("3"), on("4")], [50, 50, 31, 0]);
    let begun = boss.post("/desk/drafts", &[("all", "1"), ("act", "publish")]);
    let job = begun.header("location").unwrap_or_else(|| panic!("{}", begun.body)).to_owned();
    assert_eq!(signed_in(&hub, "王芳").get("/desk/job/999").code, 404);
    until("all of it is done", || boss.get(&job).body.contains("已全部处理完").then_some(()));
    let report = boss.get(&job).body;
    assert!(report.contains("已处理 131 / 131 条") && report.contains("130 条已在信息库中更新"), "{report}");
    assert!(report.contains("1 条没有做成") && report.contains("名称"), "{report}");
    assert!(!report.contains("http-equiv"), "it is looked at no more");
    assert_eq!(boss.get(&empty).code, 200, "what was refused is still there");
    let third = |page: &str| page.matches("name=\"id\"").count() == 30;
    until("they are searchable", || third(&boss.get("/desk/listings?page=3").body).then_some(()));
    let begun = boss.post("/desk/listings", &[("all", "1"), ("act", "withdraw")]);
    let job = begun.header("location").unwrap().to_owned();
    until("all are withdrawn", || boss.get(&job).body.contains("已全部处理完").then_some(()));
    until("the lists know it", || {
        third(&boss.get("/desk/listings?heap=withdrawn&page=3").body).then_some(())
    });
}

#[test]
fn what_was_typed_outlives_a_session_and_stands_beside_what_others_saved() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let mut boss = administrator(&hub);
    let draft = begin(&mut boss);
    save(&mut boss, &draft, &[("title", "第一版"), ("region", "420000")]);
    let before = changed(&boss, &draft);
    save(&mut boss, &draft, &[("title", "对方的"), ("summary", "对方写的简介"), ("region", "420000")]);
    let mine = [("form", "1"), ("changed", &before), ("title", "我的"), ("region", "420000")];
    let crossed = boss.post(&draft, &mine);
    assert_eq!(crossed.code, 409);
    assert!(
        crossed.body.contains("value=\"我的\"") && crossed.body.contains("<bdi>对方的"),
        "{}",
        crossed.body
    );
    assert_eq!(crossed.body.matches("name=\"take\"").count(), 2, "only where they differ");
    let now = changed(&boss, &draft);
    let taken =
        [("form", "1"), ("changed", &*now), ("title", "我的"), ("region", "420000"), ("take", "summary")];
    assert_eq!(boss.post(&draft, &taken).code, 303);
    let both = form(&boss, &draft);
    for (name, value) in [("title", "我的"), ("summary", "对方写的简介")] {
        assert!(both.contains(&(name.to_owned(), value.to_owned())), "{both:?}");
    }

    // The script's own way: the page as it is now, and what is wrong with each field on it.
    let origin = hub.web().trim_end_matches('/').to_owned();
    let now = changed(&boss, &draft);
    let key = boss.form_key();
    let typed = [("form", "1"), ("changed", &*now), ("title", "我的"), ("region", "没有这个地方")];
    let kept = boss.post_with(&draft, &typed, &[("Origin", &origin), ("X-Keep", "1")], &key);
    assert_eq!(kept.code, 200);
    let remarks = kept.body.split_once("id=\"region-remarks\"").unwrap().1;
    assert!(remarks.split_once("</div>").unwrap().0.contains("class=\"wrong\""), "{remarks}");
    assert_ne!(changed(&boss, &draft), now);

    // The session is over while something is typed: it is carried through the login.
    let now = changed(&boss, &draft);
    let old_key = boss.form_key();
    let mut out = Visitor::new(&hub.web());
    let late = [("form", "1"), ("changed", &*now), ("title", "<b>夜里写的</b>\"")];
    let resume = out.post_with(&draft, &late, &[("Origin", &origin)], &old_key);
    assert_eq!(resume.code, 401);
    assert!(resume.body.contains("夜里写的") && !resume.body.contains("<b>夜里"), "{}", resume.body);
    let mut again = signed_in(&hub, "王芳");
    let back = again.post_with(&draft, &late, &[("Origin", &origin)], "");
    assert_eq!(back.code, 200);
    assert!(back.body.contains("夜里写的") && back.body.contains("还没有保存"), "{}", back.body);
    assert!(!again.get(&draft).body.contains("夜里写的"), "nothing is done by a form of another session");
    let elsewhere = again.post_with(&draft, &late, &[("Origin", "http://evil.example")], "");
    assert_eq!(elsewhere.code, 403);
}
