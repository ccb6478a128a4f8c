//! Poor lines: slow, far, losing packets, cut again and again; and lines that are metered.

use std::time::{Duration, Instant};

use tests::{Dice, Home, Node, PoorLine, Scene, Weather, get, until};

/// A hub that others reach by `line` alone, with so many listings, and a station that has its invitation.
fn far_apart(scene: &Scene, line: &PoorLine, quic: bool, listings: usize) -> (Node, Home) {
    let at = |port: u16| match quic {
        true => format!("/ip4/127.0.0.1/udp/{port}/quic-v1"),
        false => format!("/ip4/127.0.0.1/tcp/{port}"),
    };
    let hub = scene.hub("hub");
    // Nobody can call the station: whoever tries finds a port at which nothing listens.
    announce(&hub, &at(line.port()));
    let station = scene.join(&hub, "station", "resource-station", "420106");
    announce(&station, &at(1));
    hub.import(&scene.write("rows.csv", rows(listings)), &[]).ok();
    let hub = hub.start_with(&["--listen", &at(0)]);
    let address = hub.addresses()[0].clone();
    line.lead_to(address.split('/').nth(4).unwrap().parse().unwrap());
    (hub, station)
}

fn announce(home: &Home, address: &str) {
    let path = home.path().join("config.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(path, with_announced(&text, address)).unwrap();
}

/// The configuration with one address announced.
fn with_announced(text: &str, address: &str) -> String {
    let (line, section) = (format!("announce = [{address:?}]\n"), "[network]\n");
    let kept: String =
        text.lines().filter(|l| !l.starts_with("announce")).map(|l| format!("{l}\n")).collect();
    match kept.contains(section) {
        true => kept.replacen(section, &format!("{section}{line}"), 1),
        false => format!("{kept}\n{section}{line}"),
    }
}

/// Listings of half a kilobyte or so, of words that come as often as words do: half of a text are of a few dozen.
fn rows(count: usize) -> String {
    let mut dice = Dice::seeded(40);
    let letter = |dice: &mut Dice| char::from_u32(0x4e00 + u32::try_from(dice.below(2_000)).unwrap());
    let words: Vec<String> = (0..4_000).map(|_| (0..2).filter_map(|_| letter(&mut dice)).collect()).collect();
    let mut text = String::from("title,summary\n");
    for row in 0..count {
        let said: String = (0..80)
            .map(|_| {
                let (one, other) = (dice.below(63) + 1, dice.below(63) + 1);
                words[usize::try_from((one * other).min(dice.below(4_000))).unwrap()].as_str()
            })
            .collect();
        text.push_str(&format!("第{row}号成果,{said}\n"));
    }
    text
}

/// What a first sync over a line took.
struct Took {
    seconds: f64,
    bytes: u64,
    cuts: u64,
    connections: u64,
}

/// The first sync of a newcomer over a line.
fn first_sync(weather: Weather, quic: bool, listings: usize) -> Took {
    let scene = Scene::new();
    let line = PoorLine::start(weather);
    let (hub, station) = far_apart(&scene, &line, quic, listings);
    let listen = if quic { "/ip4/127.0.0.1/udp/0/quic-v1" } else { "/ip4/127.0.0.1/tcp/0" };
    let begun = Instant::now();
    let station = station.start_with(&["--listen", listen]);
    let held = || station.status()["listings"]["held"].as_u64() == Some(listings as u64);
    let patience = Duration::from_secs(1_800);
    while !held() {
        assert!(begun.elapsed() < patience, "{} listings: {}", listings, station.status());
        std::thread::sleep(Duration::from_millis(200));
    }
    let took = Took {
        seconds: begun.elapsed().as_secs_f64(),
        bytes: line.passed().bytes(),
        cuts: line.passed().cuts(),
        connections: line.passed().connections(),
    };
    // What is written now finds its way too, whatever the line does.
    let id = station.publish("对面写的");
    until("the hub has it", || hub.show(&id));
    took
}

#[test]
fn a_newcomer_catches_up_over_a_line_that_is_cut_again_and_again() {
    let weather = Weather {
        delay: Duration::from_millis(60),
        rate: 32_000,
        loss: 5,
        cut_every: Some(Duration::from_secs(6)),
    };
    let took = first_sync(weather, false, 600);
    assert!(took.cuts >= 1 && took.connections >= 2, "{} cuts, {} connections", took.cuts, took.connections);
}

#[test]
#[ignore = "a quarter of an hour; prints the table of poor lines"]
fn poor_lines_beside_clean_ones() {
    const LISTINGS: usize = 1_500;
    let poor = Weather {
        delay: Duration::from_millis(300),
        rate: 8_000,
        loss: 10,
        cut_every: Some(Duration::from_secs(30)),
    };
    println!(
        "| | listings | s | bytes | beside a clean line | cuts | connections |\n|---|---|---|---|---|---|---|"
    );
    for (name, quic) in [("TCP", false), ("QUIC", true)] {
        let clean = first_sync(Weather::CLEAN, quic, LISTINGS);
        let far = first_sync(poor, quic, LISTINGS);
        for (weather, took) in [("clean", &clean), ("poor", &far)] {
            println!(
                "| {name}, {weather} | {LISTINGS} | {:.1} | {} | {:+.1} % | {} | {} |",
                took.seconds,
                took.bytes,
                (took.bytes as f64 / clean.bytes as f64 - 1.0) * 100.0,
                took.cuts,
                took.connections
            );
        }
        assert!(quic || far.bytes * 10 < clean.bytes * 11, "a tenth more at the most");
    }
}

#[test]
fn on_a_metered_line_announcements_pass_alone_until_it_opens() {
    let scene = Scene::new();
    let (hub, station) = tests::hub_and_station(&scene);
    let said = station.run(["line", "never", "--json"]).ok().json();
    assert_eq!((&said["open"], &said["hours"]), (&false.into(), &"never".into()));
    let (mine, theirs) = (station.publish("站点写的"), hub.publish("大市场写的"));
    until("both say that they wait", || {
        let closed = |node: &Node| node.peers().iter().any(|peer| peer["state"] == "closed");
        (closed(&hub) && closed(&station)).then_some(())
    });
    assert!(hub.show(&mine).is_none() && station.show(&theirs).is_none());
    let shown = station.run(["status"]).ok();
    assert!(shown.out.contains("announcements only"), "{}", shown.out);
    let page = get(&station.web(), "/status").body;
    assert!(page.contains("已连接 1 个节点") && page.contains("只互相通告"), "{page}");
    station.run(["line", "always"]).ok();
    hub.holds_with(&[&station], 2);
    let refused = station.run(["line", "at night"]).ends(2);
    assert!(refused.err.contains("22:00-07:00"), "{}", refused.err);
}
