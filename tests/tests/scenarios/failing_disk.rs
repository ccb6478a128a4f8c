//! A disk that fails while a node runs: writes are refused and say why, what was there can still be read, the node can be stopped,
//! and started again it holds all that it has acknowledged.

use std::time::{Duration, Instant};

use tests::{Disk, Home, Node, Scene, get, hub_and_station};

/// A node that was told to stop ends within so long, whatever its disk does: so long that no service manager has to kill it.
const ENDS_WITHIN: Duration = Duration::from_secs(75);

/// What visitors ask of a node whose disk does not answer.
fn visitors_read(web: &str, id: &str) {
    for page in ["/", "/list", &format!("/listing/{id}")] {
        let answer = get(web, page);
        assert_eq!(answer.code, 200, "{page}: {}", answer.body);
    }
}

/// What a person at the machine asks beside that.
fn reads(node: &Node, id: &str) {
    visitors_read(&node.web(), id);
    assert_eq!(node.search("稀土永磁电机").len(), 1);
    assert!(node.show(id).is_some());
    assert_eq!(node.status()["running"], true);
}

/// Refuses a command that writes, and says where to look.
fn refuses(node: &Node, args: &[&str]) -> String {
    let ran = node.begin(args).finish();
    assert!(matches!(ran.code, 1 | 6) && ran.err.contains("disk"), "{args:?}: {}\n{}", ran.code, ran.err);
    ran.err
}

/// Stops it, and sees that it ends in time.
fn ends(mut node: Node) -> Home {
    let begun = Instant::now();
    node.begin(&["stop"]).finish();
    while node.is_running() {
        assert!(begun.elapsed() < ENDS_WITHIN, "it was told to stop, and goes on");
        std::thread::sleep(Duration::from_millis(100));
    }
    node.kill()
}

/// Started on a disk that is well, it holds what it acknowledged, writes on, and has used no number twice.
fn is_whole(hub: &Node, home: &Home, ids: &[String]) {
    let station = home.start();
    for id in ids {
        assert!(station.show(id).is_some(), "{id} was acknowledged");
    }
    station.publish("之后的成果");
    hub.agrees_with(&[&station]);
    for node in [hub, &station] {
        assert!(node.run(["fork", "list", "--json"]).ok().lines().is_empty(), "a number was used twice");
    }
    station.stop();
}

/// A station that holds some of its own and some of a hub's, on a disk that is well for now.
fn station(scene: &Scene) -> (Node, Node, Disk, Vec<String>) {
    let (hub, station) = hub_and_station(scene);
    let home = station.stop();
    let disk = Disk::of(&home);
    let station = home.start_on(&disk);
    let ids = vec![station.publish("稀土永磁电机"), hub.publish("大市场的成果")];
    hub.agrees_with(&[&station]);
    (hub, station, disk, ids)
}

/// Every call that changes something fails, in the journal alone or in the store beside it too, or fsyncs of the journal alone.
///
/// Once one of its own writes has failed, sled answers nothing more, not even what it has read: it may have tried by then or not, so
/// of a store that cannot write the pages are shown, or say that they cannot be.
#[test]
fn a_running_node_whose_disk_fails_refuses_to_write_reads_on_and_can_be_stopped() {
    for (call, place) in [("*", "data"), ("*", "data/journal"), ("fsync", "data/journal")] {
        let scene = Scene::new();
        let (hub, station, disk, ids) = station(&scene);
        disk.fails(call, place);
        for args in [
            &["listing", "new", "--kind", "achievement", "title=写不进去的", "--publish"][..],
            &["listing", "new", "--kind", "demand", "title=写不进去的"],
            &["listing", "edit", &ids[0], "summary=改不了"],
        ] {
            refuses(&station, args);
        }
        hub.publish("盘坏时大市场发布的");
        if place == "data" {
            for page in ["/", "/list", &format!("/listing/{}", ids[0])] {
                let answer = get(&station.web(), page);
                assert!(matches!(answer.code, 200 | 500), "{page}: {} {}", answer.code, answer.body);
            }
        } else {
            reads(&station, &ids[0]);
        }
        // A disk that answers again does not make good what was not written: that takes another start.
        disk.is_well();
        let said = refuses(&station, &["listing", "new", "--kind", "demand", "title=写不进去的"]);
        assert!(said.contains("start"), "{said}");
        disk.fails(call, place);
        let home = ends(station);
        disk.is_well();
        is_whole(&hub, &home, &ids);
    }
}

/// An fsync that never returns: who writes is not told that it was written, and visitors read on.
#[test]
fn a_running_node_whose_disk_hangs_acknowledges_nothing_reads_on_and_can_be_stopped() {
    let scene = Scene::new();
    let (hub, station, disk, ids) = station(&scene);
    let web = station.web();
    disk.hangs("data");
    let mut waiting = station.begin(&["listing", "new", "--kind", "demand", "title=等不到的", "--json"]);
    std::thread::sleep(Duration::from_secs(3));
    visitors_read(&web, &ids[0]);
    let home = ends(station);
    let told = std::iter::from_fn(|| waiting.line()).collect::<Vec<_>>();
    assert!(!told.iter().any(|line| line.contains("drafted")), "{told:?}");
    assert_ne!(waiting.finish().code, 0);
    disk.is_well();
    is_whole(&hub, &home, &ids);
}
