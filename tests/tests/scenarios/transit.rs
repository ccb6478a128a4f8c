//! Bytes changed on their way, and another transport.

use tests::{Direction, Flip, Flipper, Home, Scene, until};

/// Long texts that do not compress to nothing.
fn list(scene: &Scene) -> String {
    let mut dice = tests::Dice::new(6);
    let mut text = String::from("title,summary\n");
    for row in 0..400 {
        let words: String = (0..220)
            .filter_map(|_| char::from_u32(0x4e00 + u32::try_from(dice.below(5_000)).unwrap()))
            .collect();
        text.push_str(&format!("第{row}号成果,{words}\n"));
    }
    scene.write("rows.csv", text)
}

/// The port that a home will prefer once it runs; its invitations name it.
fn preferred_port(home: &Home) -> u16 {
    std::fs::read_to_string(home.path().join("port")).unwrap().trim().parse().unwrap()
}

fn tcp_port(addresses: &[String]) -> u16 {
    addresses[0].split('/').nth(4).unwrap().parse().unwrap()
}

#[test]
fn bytes_changed_in_transit_cost_a_connection_and_nothing_else() {
    use Direction::{ToDialler, ToListener};
    let scene = Scene::new();
    let hub = scene.hub("hub");
    // The invitation names the port that the relay takes; the hub itself is elsewhere.
    let station = scene.join(&hub, "station", "resource-station", "420106");
    let port = preferred_port(&hub);
    let held = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let elsewhere = held.local_addr().unwrap().port();
    drop(held);
    let hub = hub.start_with(&["--listen", &format!("/ip4/127.0.0.1/tcp/{elsewhere}")]);
    assert_eq!(tcp_port(&hub.addresses()), elsewhere);
    // In the greeting, in the handshake of either side, in the first frames, and in the midst of the listings.
    let flips = [
        Flip { direction: ToListener, offset: 3 },
        Flip { direction: ToListener, offset: 60 },
        Flip { direction: ToDialler, offset: 150 },
        Flip { direction: ToListener, offset: 400 },
        Flip { direction: ToDialler, offset: 600 },
        Flip { direction: ToListener, offset: 60_000 },
    ];
    let relay = Flipper::start(port, elsewhere, &flips);
    let station = station.start();
    station.import(&list(&scene), &[]).ok();
    until("every byte was changed", || (relay.done() == flips.len()).then_some(()));
    let status = hub.holds_with(&[&station], 400);
    assert_eq!((&status["void"], &status["listings"]["waiting"]), (&0.into(), &0.into()), "{status}");
    assert!(relay.connections() >= flips.len(), "{} connections", relay.connections());
}

#[test]
fn two_nodes_over_quic_alone() {
    let scene = Scene::new();
    let quic = ["--listen", "/ip4/127.0.0.1/udp/0/quic-v1"];
    let hub = scene.hub("hub").start_with(&quic);
    let station = scene.join(&hub, "station", "resource-station", "420106").start_with(&quic);
    let mut addresses = hub.addresses();
    addresses.extend(station.addresses());
    assert!(addresses.len() >= 2 && addresses.iter().all(|a| a.contains("/quic-v1")), "{addresses:?}");
    station.import(&list(&scene), &[]).ok();
    let id = hub.publish("大市场自己的成果");
    hub.holds_with(&[&station], 401);
    assert_eq!(station.show(&id).unwrap()["title"], "大市场自己的成果");
}
