//! Who is connected with whom: through others, after a pause, on new ports; and who is turned away.

use serde_json::Value as Json;
use tests::{Home, Node, Scene, hub_and_station, until};

/// The peers that a node was or is refused by, or refuses, with the reasons.
fn reasons(home: &Home) -> Vec<String> {
    let told = |peer: &Json| Some(format!("{} {}", peer["state"].as_str()?, peer["reason"].as_str()?));
    home.peers().iter().filter_map(told).collect()
}

/// A free port of loopback.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn listen_on(port: u16) -> [String; 2] {
    ["--listen".to_owned(), format!("/ip4/127.0.0.1/tcp/{port}")]
}

#[test]
fn listings_pass_through_a_node_in_the_middle() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let middle = scene.join(&hub, "middle", "sub-market", "420100").start();
    let far = scene.join(&hub, "far", "grassroots-site", "420106").start();
    middle.synced();
    hub.agrees_with(&[&middle, &far]);

    // The far site is gone; the hub publishes and goes. The two never meet.
    let far = far.stop();
    let of_hub = hub.publish("大市场发布");
    hub.holds_with(&[&middle], 1);
    let hub = hub.stop();
    let address = middle.addresses().remove(0);
    let far = far.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &address]);
    middle.holds_with(&[&far], 1);
    assert_eq!(far.show(&of_hub).unwrap()["proof"]["state"], "verified");
    let of_far = far.publish("基层站点发布");
    middle.holds_with(&[&far], 2);
    let far = far.stop();
    let hub = hub.start();
    middle.holds_with(&[&hub], 2);
    assert_eq!(hub.show(&of_far).unwrap()["institution"]["name"], "far");
    assert_eq!(far.status()["view_hash"], hub.status()["view_hash"]);
}

#[test]
fn a_station_that_comes_back_on_a_new_port_is_in_step_again() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let old = station.addresses();
    let station = station.stop();
    hub.publish("等待期间发布");
    let [a, b] = listen_on(free_port());
    let station = station.start_with(&[&a, &b]);
    assert_ne!(old, station.addresses());
    hub.holds_with(&[&station], 1);
}

#[test]
fn a_hub_that_comes_back_on_a_new_port_finds_its_members() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let home = hub.stop();
    station.publish("大市场停机期间发布");
    let [a, b] = listen_on(free_port());
    let hub = home.start_with(&[&a, &b]);
    // The station only knows the old address: the hub has to call, from its address book.
    until("the hub has it", || (hub.status()["listings"]["held"] == 1).then_some(()));
    hub.holds_with(&[&station], 1);
}

#[test]
fn a_node_of_another_network_is_refused_with_a_reason() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    let address = hub.addresses().remove(0);
    let stranger =
        scene.hub("stranger").start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &address]);
    let told = until("the stranger is told why", || {
        reasons(&stranger).into_iter().find(|reason| reason.contains("network"))
    });
    println!("{told}");
    assert!(!told.starts_with("synced") && !told.starts_with("syncing"), "{told}");
    until("the hub says it as well", || reasons(&hub).into_iter().find(|reason| reason.contains("network")));
    assert_eq!(stranger.show(&id), None);
    assert_eq!(stranger.status()["listings"]["held"], 0);
    // The members go on as before.
    station.publish("之后发布");
    hub.holds_with(&[&station], 2);
}

#[test]
fn an_invitation_admits_one_node_only() {
    let scene = Scene::new();
    let (hub, station) = hub_and_station(&scene);
    let second = scene.home("second");
    let [a, b, c, d] = ["init", "--role", "resource-station", "--name"];
    second.run([a, b, c, d, "冒名者", "--region", "420106", "--join", "station.invitation"]).ok();
    let second: Node = second.start();
    let told = until("the second is told why", || {
        reasons(&second).into_iter().find(|reason| reason.contains("invitation"))
    });
    println!("{told}");
    second.publish("冒名者的成果");
    let id = station.publish("稀土永磁电机");
    hub.holds_with(&[&station], 1);
    assert_eq!(hub.status()["network"]["institutions"], 2);
    assert_eq!(hub.search("冒名者"), Vec::<Json>::new());
    assert_eq!(second.show(&id), None, "who is not admitted gets nothing");
}
