//! Proposing at the desk: governors and their number, a listing taken down and restored, a node revoked, a version with its
//! text, a fork settled, an agreement with another network; and what is refused with nothing signed.

use serde_json::Value as Json;
use tests::{Answer, Home, Node, Scene, Visitor, get, hub_and_station, until};

use crate::desk::{PASSWORD, add, administrator, signed_in};
use crate::governance::wait_for;
use crate::governing::{hidden, sign, sign_with, waiting};

/// Proposes by a form.
fn propose(operator: &mut Visitor, from: &str, fields: &[(&str, &str)]) -> Answer {
    let all: Vec<(&str, &str)> = fields.iter().copied().chain([("from", from)]).collect();
    operator.post("/desk/network/draft", &all)
}

/// Signs as a governor whom a step reaches, by its page.
fn sign_waiting(node: &Node, operator: &mut Visitor) -> Answer {
    let paper = operator.get(&format!("/desk/network/step/{}", waiting(node)));
    let done = sign(operator, &paper, PASSWORD);
    assert!(done.code == 200 && done.body.contains("现在生效"), "{}", done.body);
    paper
}

fn pending(node: &Home) -> usize {
    node.run(["roster", "list", "--pending", "--json"]).ok().lines().len()
}

fn governors(node: &Home) -> (usize, Json) {
    let roster = node.run(["roster", "show", "--json"]).ok().json();
    (roster["governors"].as_array().unwrap().len(), roster["threshold"].clone())
}

/// The value of the option of a form that holds these words.
fn option(page: &str, words: &str) -> String {
    let found =
        page.split("<option value=\"").find(|rest| rest.split("</option>").next().unwrap().contains(words));
    assert!(found.is_some(), "no {words} in {page}");
    found.unwrap().split('"').next().unwrap().to_owned()
}

fn status(node: &Home, listing: &str) -> String {
    node.show(listing).map(|shown| shown["status"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[test]
fn governors_change_a_listing_is_hidden_and_a_node_revoked_from_the_forms() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let university = scene.join(&hub, "university", "resource-station", "420106").start();
    let market = scene.join(&hub, "market", "sub-market", "420100").start();
    let site = scene.join(&hub, "site", "grassroots-site", "420102").start();
    for node in [&university, &market, &site] {
        node.synced();
    }
    let mut at_hub = administrator(&hub);

    // The founder alone takes in a second governor; it is said twice, and the recovery key signs too.
    let form = at_hub.get("/desk/network/propose/governors").body;
    let id = option(&form, "university");
    let fields = [("act", "governor-add"), ("id", id.as_str()), ("threshold", "2")];
    let few = propose(&mut at_hub, "governors", &[fields[0], fields[1], ("threshold", "1")]);
    assert!(few.code == 422 && few.body.contains("增加一家治理方"), "{}", few.body);
    let paper = propose(&mut at_hub, "governors", &fields);
    assert!(paper.body.contains("恢复密钥在这台电脑上"), "{}", paper.body);
    let unsure = sign_with(&mut at_hub, &paper, PASSWORD, "");
    assert!(unsure.code == 422 && unsure.body.contains("没有勾选"), "{}", unsure.body);
    assert_eq!(governors(&hub).0, 1);
    let done = sign(&mut at_hub, &paper, PASSWORD);
    assert!(done.code == 200 && done.body.contains("现在生效"), "{}", done.body);
    until("the university governs", || (governors(&university) == (2, 2.into())).then_some(()));

    // A third: both sign, each at its page, where it says who wrote it first.
    let mut at_university = administrator(&university);
    let id = option(&at_hub.get("/desk/network/propose/governors").body, "market");
    let paper =
        propose(&mut at_hub, "governors", &[("act", "governor-add"), ("id", &id), ("threshold", "2")]);
    assert!(sign(&mut at_hub, &paper, PASSWORD).body.contains("还差 1 家"));
    let seen = sign_waiting(&university, &mut at_university);
    assert!(seen.body.contains("最早由“hub技术交易大市场”的节点写入名册"), "{}", seen.body);
    for node in [&hub, &university, &market] {
        until("all see three governors", || (governors(node) == (3, 2.into())).then_some(()));
    }

    // A listing, by its address: its title is on the paper. One signature hides nothing.
    let title = "一种待查的成果";
    let listing = site.publish(title);
    hub.holds_with(&[&market], 1);
    let address = format!("{}/listing/{listing}?lang=zh", hub.web());
    let none =
        propose(&mut at_hub, "listing", &[("act", "take-down"), ("listing", &address), ("reason", " ")]);
    assert!(
        none.code == 422 && none.body.contains(&listing) && none.body.contains("没有写理由"),
        "{}",
        none.body
    );
    let fields = [("act", "take-down"), ("listing", address.as_str()), ("reason", "来源<i>待查")];
    let paper = propose(&mut at_hub, "listing", &fields);
    assert!(paper.body.contains(title) && !paper.body.contains("<i>待查"), "{}", paper.body);
    assert_eq!(sign(&mut at_hub, &paper, "不是这个密码，也不是口令").code, 422);
    assert_eq!(pending(&hub), 0);
    assert_eq!(sign(&mut at_hub, &paper, PASSWORD).code, 200);
    assert_eq!(status(&hub, &listing), "published");
    let mut at_market = administrator(&market);
    sign_waiting(&market, &mut at_market);
    for node in [&hub, &market, &site] {
        until("it is hidden", || (status(node, &listing) == "hidden").then_some(()));
    }
    // Restored from the list of those taken down, by the other two.
    let page = at_market.get("/desk/network/propose/listing").body;
    assert!(page.contains(title) && page.contains("来源&#60;i&#62;待查"), "{page}");
    let paper =
        propose(&mut at_market, "listing", &[("act", "restore"), ("listing", &hidden(&page, "listing"))]);
    assert_eq!(sign(&mut at_market, &paper, PASSWORD).code, 200);
    sign_waiting(&university, &mut at_university);
    until("it is back", || (status(&hub, &listing) == "published").then_some(()));

    // What a paper says is what is signed: a byte more or less, or a step of another network, and nothing is.
    let other = Scene::new();
    let stranger = other.hub("stranger").start();
    let mut at_stranger = administrator(&stranger);
    let invite = [("act", "invite"), ("role", "resource-station"), ("region", "420106"), ("days", "7")];
    let foreign = at_stranger.post("/desk/network/draft", &invite);
    let refused = sign(&mut at_hub, &foreign, PASSWORD);
    assert!(refused.code == 422 && refused.body.contains("notice-bad"), "{}", refused.body);
    let suspend = [("act", "suspend"), ("id", id.as_str()), ("reason", "甲")];
    let paper = at_hub.post("/desk/network/draft", &suspend);
    let file = hidden(&paper.body, "paper");
    let bytes = data_encoding::BASE64URL_NOPAD.decode(file.as_bytes()).unwrap();
    for at in [10, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let changed = data_encoding::BASE64URL_NOPAD.encode(&changed);
        let form = [("paper", changed.as_str()), ("invitation", ""), ("locked", ""), ("secret", PASSWORD)];
        let answer = at_hub.post("/desk/network/sign", &form);
        assert_eq!(answer.code, 422, "byte {at}: {}", answer.body);
    }
    assert_eq!(pending(&hub), 0);

    // A node is revoked: named by its institution, said twice, what stands of its logs is shown.
    let node = option(&at_hub.get("/desk/network/propose/revoke").body, "site");
    let fields = [("act", "revoke"), ("node", node.as_str()), ("reason", "电脑被盗"), ("entries", "")];
    let paper = propose(&mut at_hub, "revoke", &fields);
    assert!(paper.body.contains("有效内容") && paper.body.contains("到第"), "{}", paper.body);
    assert_eq!(sign_with(&mut at_hub, &paper, PASSWORD, "").code, 422);
    assert_eq!(pending(&hub), 0);
    assert_eq!(sign(&mut at_hub, &paper, PASSWORD).code, 200);
    let seen = sign_waiting(&market, &mut at_market);
    assert!(seen.body.contains("电脑被盗"), "{}", seen.body);
    until("the node is gone from the form", || {
        (!at_hub.get("/desk/network/propose/revoke").body.contains(&node)).then_some(())
    });
    assert_eq!(status(&hub, &listing), "published", "what came before stays");

    // Nobody else: neither who reviews, nor an institution that does not govern.
    add(&hub, &scene, "lilei", "reviewer");
    let mut reviewer = signed_in(&hub, "lilei");
    for act in ["", "/governors", "/listing", "/revoke", "/settle", "/unified", "/peers"] {
        let path = format!("/desk/network/propose{act}");
        assert_eq!(reviewer.get(&path).code, 403, "{path}");
        assert_eq!(at_hub.get(&path).code, 200, "{path}");
    }
    assert_eq!(reviewer.get("/desk/network/card").code, 403);
    assert_eq!(propose(&mut reviewer, "revoke", &fields).code, 403);
    assert_eq!(at_hub.get("/desk/network/propose/nothing").code, 404);
    let mut at_site = administrator(&site);
    let refused =
        propose(&mut at_site, "listing", &[("act", "take-down"), ("listing", &listing), ("reason", "乙")]);
    assert!(refused.code == 422 && refused.body.contains("不是治理方"), "{}", refused.body);
    wait_for(&hub, "site", "active");
}

#[test]
fn a_version_is_signed_with_its_text_and_no_other_text_is_published_by_it() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let mut operator = administrator(&hub);
    let text = "# 管理制度\n\n每月公布<b>一次</b>月报。\n";
    let fields = [("act", "unified"), ("from", "unified"), ("part", "rules"), ("version", "2026-1")];
    let pdf = operator.upload_with("/desk/network/file", &fields, "x.pdf", b"%PDF-1.7\xff");
    assert!(pdf.code == 422 && pdf.body.contains("value=\"2026-1\""), "{}", pdf.body);
    let paper = operator.upload_with("/desk/network/file", &fields, "rules.md", text.as_bytes());
    assert!(paper.body.contains("每月公布") && !paper.body.contains("<b>一次"), "{}", paper.body);
    // Another text under the same signature is not published.
    let (file, strange) =
        (hidden(&paper.body, "paper"), data_encoding::BASE64URL_NOPAD.encode("别的".as_bytes()));
    let form = [("paper", file.as_str()), ("invitation", ""), ("text", &strange), ("secret", PASSWORD)];
    assert_eq!(operator.post("/desk/network/sign", &form).code, 200);
    hub.run(["profile", "text", "rules"]).ends(1);
    let strange = operator.upload_with("/desk/network/file", &[("act", "text")], "x.md", "别的".as_bytes());
    assert!(strange.code == 422 && strange.body.contains("notice-bad"), "{}", strange.body);
    // The one that the version names is brought behind it.
    let brought = operator.upload_with("/desk/network/file", &[("act", "text")], "rules.md", text.as_bytes());
    assert!(brought.code == 200 && brought.body.contains("文本已发布"), "{}", brought.body);
    assert_eq!(hub.run(["profile", "text", "rules"]).ok().out.trim_end(), text.trim_end());
    // And mostly both at once.
    let later = [fields[0], fields[1], fields[2], ("version", "2026-2")];
    let paper = operator.upload_with("/desk/network/file", &later, "rules.md", "第二版".as_bytes());
    assert_eq!(sign(&mut operator, &paper, PASSWORD).code, 200);
    assert_eq!(hub.run(["profile", "text", "rules"]).ok().out.trim_end(), "第二版");
    assert!(get(&hub.web(), "/profile/rules").body.contains("第二版"));
}

fn agreement(node: &Home) -> String {
    let peers = node.run(["peering", "show", "--json"]).ok().lines();
    peers.first().map(|peer| peer["state"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[test]
fn two_networks_agree_suspend_and_end_by_their_pages() {
    let scene = Scene::new();
    let [hubei, zhejiang] = [("湖北", "420000"), ("浙江", "330000")].map(|(name, region)| {
        let home = scene.home(name);
        home.run(["init", "--role", "hub", "--name", name, "--region", region]).ok();
        home.start()
    });
    let (mut here, mut there) = (administrator(&hubei), administrator(&zhejiang));
    let card = there.get("/desk/network/card");
    assert_eq!(card.code, 200);
    // A card alone is no proposal, and one's own no other network.
    assert_eq!(here.upload("/desk/network/file", "card", &card.bytes).code, 422);
    let own = here.get("/desk/network/card").bytes;
    let offer = [
        ("act", "agree"),
        ("from", "peers"),
        ("give", "achievement"),
        ("give_region", "4201"),
        ("take", "all"),
        ("until", "2099-12-31"),
        ("licence", "CC-BY-4.0"),
    ];
    let same = here.upload_with("/desk/network/file", &offer, "card", &own);
    assert!(same.code == 422 && same.body.contains("value=\"2099-12-31\""), "{}", same.body);
    let paper = here.upload_with("/desk/network/file", &offer, "card", &card.bytes);
    for words in ["成果（武汉市）", "全部类别", "CC-BY-4.0", "浙江"] {
        assert!(paper.body.contains(words), "{words}: {}", paper.body);
    }
    let signed = sign(&mut here, &paper, PASSWORD);
    assert!(signed.code == 200 && signed.body.contains("下载协议草案"), "{}", signed.body);
    let proposal = hidden(&signed.body, "proposal");
    let saved = here.post("/desk/network/save", &[("what", "proposal"), ("proposal", &proposal)]);
    assert_eq!(agreement(&zhejiang), "");
    // The other reads what it is, and signs the same.
    let paper = there.upload_with("/desk/network/file", &[("from", "peers")], "proposal", &saved.bytes);
    assert!(paper.body.contains("成果（武汉市）") && paper.body.contains("湖北"), "{}", paper.body);
    assert_eq!(sign(&mut there, &paper, "不是这个密码，也不是口令").code, 422);
    assert_eq!(agreement(&zhejiang), "");
    assert_eq!(sign(&mut there, &paper, PASSWORD).code, 200);
    assert_eq!([agreement(&hubei), agreement(&zhejiang)], ["active", "active"]);
    // Whoever was not asked has nothing to accept.
    let third = scene.hub("third").start();
    let refused = administrator(&third).upload("/desk/network/file", "proposal", &saved.bytes);
    assert!(refused.code == 422 && refused.body.contains("不是与本网络订的"), "{}", refused.body);

    // Suspended, taken up again, ended: the last is said twice.
    let id = hidden(&here.get("/desk/network/propose/peers").body, "id");
    for (act, state) in [("peer-suspend", "suspended"), ("peer-resume", "active"), ("peer-end", "ended")] {
        let paper = propose(&mut here, "peers", &[("act", act), ("id", &id), ("reason", "协商中")]);
        assert_eq!(paper.body.contains("name=\"sure\""), act == "peer-end", "{}", paper.body);
        assert!(paper.body.contains("浙江"), "{}", paper.body);
        assert_eq!(sign(&mut here, &paper, PASSWORD).code, 200);
        assert_eq!(agreement(&hubei), state);
    }
}

#[test]
fn a_fork_is_settled_from_the_form_by_who_owns_the_log() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    station.publish("共同的成果");
    hub.holds_with(&[&station], 1);
    let left = station.stop();
    let right = left.copied("copy");
    left.publish("左边的成果");
    right.publish("右边的成果");
    let station = left.start();
    hub.holds_with(&[&station], 2);
    station.stop();
    let copy = right.start();
    let mut governor = administrator(&hub);
    let page = until("the fork is on the page", || {
        let page = governor.get("/desk/network/propose/settle").body;
        page.contains("name=\"keep\"").then_some(page)
    });
    let value = |page: &str, name: &str| {
        let field = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
        field.split('"').next().unwrap().to_owned()
    };
    let fields = [("act", "settle"), ("log", &*value(&page, "log")), ("keep", &*value(&page, "keep"))]
        .map(|(name, value)| (name, value.to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // The log is the copy's own: one institution's word, though it does not govern.
    until("the copy knows the fork", || {
        copy.run(["fork", "list", "--json"]).ok().lines().first().map(|_| ())
    });
    let mut owner = administrator(&copy);
    let paper = propose(&mut owner, "settle", &fields);
    assert!(paper.body.contains("您签署后即生效"), "{}", paper.body);
    // A governor's hand cannot put another institution's own word under it.
    let stolen = sign(&mut governor, &paper, PASSWORD);
    assert!(stolen.code == 422 && stolen.body.contains("notice-bad"), "{}", stolen.body);
    assert_eq!(sign_with(&mut owner, &paper, PASSWORD, "").code, 422);
    let done = sign(&mut owner, &paper, PASSWORD);
    assert!(done.code == 200 && done.body.contains("现在生效"), "{}", done.body);
    until("it is settled everywhere", || {
        let forks = hub.run(["fork", "list", "--json"]).ok().lines();
        (forks[0]["state"] == "settled").then_some(())
    });
    assert!(governor.get("/desk/network/propose/settle").body.contains("没有分叉的日志"));
}
