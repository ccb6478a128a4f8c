//! The whole story of trust on five nodes: an institution is admitted, suspended and reinstated while one governor is away
//! and signs files; its node's key is stolen and revoked, and it goes on with another one.

use serde_json::Value as Json;
use tests::{Home, Node, Scene, until};

use crate::governance::{three_governors, wait_for};

const EARLIER: &str = "失窃之前的成果";
const SUMMARY: &str = "原来的简介";
const STOLEN: &str = "冒名发布的需求";
const CHANGED: &str = "summary=冒名改写的简介";

/// Three governors, of whom two must sign, and an institution that does not govern.
struct Network {
    scene: Scene,
    hub: Node,
    university: Node,
    market: Node,
    fifth: Node,
}

impl Network {
    fn new() -> Self {
        let scene = Scene::new();
        let (hub, university, market) = three_governors(&scene);
        let [a, b, c, d] = ["--role", "resource-station", "--region", "420111"];
        let made = hub.run(["invite", a, b, c, d, "--out", "fifth.invitation", "--json"]).ok().json();
        signed_by(&university, made["step"].as_str().unwrap());
        let fifth = scene.home("fifth");
        fifth.run(["init", a, b, c, d, "--name", "fifth", "--join", "fifth.invitation"]).ok();
        let network = Self { fifth: fifth.start(), scene, hub, university, market };
        wait_for(&network.hub, "fifth", "active");
        network.agrees_with(&[]);
        network
    }

    fn agrees_with(&self, others: &[&Node]) -> Json {
        self.hub.agrees_with(&[&[&self.university, &self.market, &self.fifth], others].concat())
    }

    /// The hub asks for a step; the university, whose node is stopped, signs a file of it on a machine that knows nothing;
    /// the sub-market takes that file in. Who runs shows the same view (`others` too), and the university once it is back.
    fn decide_by_file(self, motion: &[&str], state: &str, others: &[&Node]) -> Self {
        let Self { scene, hub, university, market, fifth } = self;
        let away = university.stop();
        let step = proposed(&hub, motion);
        hub.run(["roster", "export", &step, "--out", "asked.steps"]).ok();
        let key = away.path().join("identity/root.key").display().to_string();
        let desk = scene.home("nowhere");
        desk.run(["roster", "approve", "asked.steps", "--out", "signed.steps", "--root-key", &key]).ok();
        let taken = market.run(["roster", "import", "signed.steps", "--json"]).ok().json();
        assert_eq!(taken["missing"], 0, "{taken}");
        for node in [&hub, &market, &fifth].iter().chain(others) {
            wait_for(node, "fourth", state);
        }
        let running = hub.agrees_with(&[&[&market, &fifth], others].concat());
        let network = Self { scene, hub, university: away.start(), market, fifth };
        wait_for(&network.university, "fourth", state);
        assert_eq!(network.agrees_with(others)["view_hash"], running["view_hash"]);
        network
    }
}

/// Asks for a step and signs it as the first of two; returns its id.
fn proposed(governor: &Home, motion: &[&str]) -> String {
    let typed = [&["roster", "propose"], motion, &["--json"]].concat();
    let asked = governor.begin(&typed).finish().ok().json();
    assert_eq!(asked["missing"], 1, "{asked}");
    asked["id"].as_str().unwrap().to_owned()
}

fn signed_by(governor: &Home, step: &str) {
    until(&format!("{} signs", governor.name()), || {
        (governor.run(["roster", "approve", step]).code == 0).then_some(())
    });
}

/// An entry of a listing as a node's history tells it.
fn entry(home: &Home, id: &str, verb: &str) -> Json {
    let items = home.run(["listing", "history", id, "--json"]).ok().lines();
    let found = items.into_iter().find(|item| item["verb"] == verb);
    found.unwrap_or_else(|| Json::from(format!("{} knows no {verb} of {id}", home.name())))
}

fn summary(home: &Home, id: &str) -> Json {
    home.show(id).map(|listing| listing["fields"]["summary"].clone()).unwrap_or_default()
}

/// Waits until a node is told by a peer, or tells it, why there is nothing between them.
fn turned_away(node: &Home, why: &str) {
    until(&format!("{} is told: {why}", node.name()), || {
        node.peers().iter().any(|peer| peer["reason"].to_string().contains(why)).then_some(())
    });
}

#[test]
fn five_nodes_admit_suspend_and_reinstate_with_a_governor_away_and_outlive_a_stolen_key() {
    let network = Network::new();
    let (scene, hub) = (&network.scene, &network.hub);

    // The fourth has no invitation: it applies.
    hub.run(["export", "--format", "charter", "--out", "charter.lianshi"]).ok();
    let [a, b, c, d, e, f] = ["--role", "resource-station", "--name", "fourth", "--region", "420102"];
    let [g, h, i, j] = ["--charter", "charter.lianshi", "--application", "fourth.application"];
    let fourth = scene.home("fourth");
    fourth.run(["init", a, b, c, d, e, f, g, h, i, j]).ok();
    let network = network.decide_by_file(&["admit", "fourth.application"], "active", &[]);
    let address = network.hub.addresses().remove(0);
    let at_hub = ["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &address];
    let fourth = fourth.start_with(&at_hub);
    let earlier = fourth.publish(EARLIER);
    fourth.run(["listing", "edit", &earlier, &format!("summary={SUMMARY}")]).ok();
    until("the hub holds it", || (summary(&network.hub, &earlier) == SUMMARY).then_some(()));
    network.agrees_with(&[&fourth]);

    let network = network.decide_by_file(&["suspend", "fourth", "--reason", "资料待核"], "suspended", &[]);
    assert_eq!(network.university.show(&earlier).unwrap()["status"], "hidden");
    turned_away(&fourth, "suspended");
    let network = network.decide_by_file(&["reinstate", "fourth"], "active", &[]);
    wait_for(&fourth, "fourth", "active");
    network.agrees_with(&[&fourth]);
    assert_eq!(network.university.show(&earlier).unwrap()["status"], "published");

    a_key_is_stolen(&network, fourth, &earlier);
}

/// Whoever has a copy of the fourth's home writes in its name, until two governors revoke the key.
fn a_key_is_stolen(network: &Network, fourth: Node, earlier: &str) {
    let Network { hub, university, market, fifth, .. } = network;
    let key = fourth.status()["node"].as_str().unwrap().to_owned();
    let fourth = fourth.stop();
    let thief = fourth.copied("thief").start();
    thief.synced();
    let new = ["listing", "new", "--kind", "demand", &format!("title={STOLEN}"), "--publish", "--json"];
    let stolen = thief.run(new).ok().json()["id"].as_str().unwrap().to_owned();
    thief.run(["listing", "edit", earlier, CHANGED]).ok();
    let seen = network.agrees_with(&[&thief]);
    assert_eq!((&seen["void"], &seen["listings"]["held"]), (&0.into(), &2.into()), "{seen}");

    // The fourth takes another key first, and then finds what it has not written.
    fourth.run(["key", "rotate-node"]).ok();
    let address = hub.addresses().remove(0);
    let fourth = fourth.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &address]);
    network.agrees_with(&[&thief, &fourth]);
    let made = entry(&fourth, &stolen, "create");
    let items = fourth.run(["listing", "history", earlier, "--json"]).ok().lines();
    let edit = items.last().unwrap();
    assert_eq!(edit["changes"]["summary"], &CHANGED["summary=".len()..], "{items:?}");
    assert_eq!(fourth.search(STOLEN).len(), 1);
    assert_eq!((&made["node"], &edit["node"]), (&key.as_str().into(), &key.as_str().into()));

    let [made, edit] = [&made, edit].map(|item| item["entry"].as_str().unwrap());
    let motion = ["revoke", &key[..16], "--reason", "密钥失窃", "--from", made, "--from", &edit[..16]];
    let step = proposed(university, &motion);
    assert_eq!(summary(market, earlier), CHANGED["summary=".len()..], "one signature is not enough");
    signed_by(market, &step);

    let all = [hub, university, market, fifth, &fourth];
    for node in all {
        until(&format!("{} holds the key for revoked", node.name()), || {
            (node.status()["void"] == 2 && node.search(STOLEN).is_empty()).then_some(())
        });
        assert!(node.show(&stolen).is_none(), "{}", node.name());
        assert_eq!(summary(node, earlier), SUMMARY, "{} shows the old text again", node.name());
        let items = node.run(["listing", "history", earlier, "--json"]).ok().lines();
        let states: Vec<&Json> = items.iter().map(|item| &item["state"]).collect();
        assert_eq!(states, ["valid", "valid", "void"], "{items:?}");
        for void in [&entry(node, &stolen, "create"), &items[2]] {
            assert_eq!(void["state"], "void", "{void}");
            assert!(void["reason"].as_str().unwrap().contains("revoked"), "{void}");
        }
    }
    assert_eq!(network.agrees_with(&[&fourth])["void"], 2);
    turned_away(&thief, "revoked");

    // What the copy writes from now on reaches nobody; the fourth goes on, with what it wrote under the old key too.
    thief.run(["listing", "edit", earlier, "summary=再次改写"]);
    let later = fourth.publish("换了密钥之后的成果");
    fourth.run(["listing", "edit", earlier, "summary=换了密钥之后的简介"]).ok();
    for node in all {
        until(&format!("{} sees the fourth go on", node.name()), || {
            (summary(node, earlier) == "换了密钥之后的简介" && node.show(&later).is_some()).then_some(())
        });
    }
    let last = network.agrees_with(&[&fourth]);
    assert_eq!((&last["void"], &last["listings"]["held"]), (&2.into(), &2.into()), "{last}");
    assert_ne!(fourth.status()["node"], key.as_str());
}
