//! A disk that is really full: writes are refused and say why, everything can still be read, and the node starts again.
//!
//! The station lies on a small file system in memory, in a mount namespace of this test's own.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use tests::{Dice, Home, Node, Scene, get};

/// Set in the process that has namespaces of its own.
const INSIDE: &str = "LIANSHI_TEST_INSIDE";
/// Size of the station's disk and the floor that its configuration sets, MiB.
const DISK: u64 = 192;
const FLOOR: u64 = 32;

/// Whether this is the process with namespaces of its own. Elsewhere that is started, and the test is what it says.
fn inside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        let required = std::env::var("LIANSHI_REQUIRE_NAMESPACES").as_deref() == Ok("1");
        assert!(!required, "no mount namespace can be had, and LIANSHI_REQUIRE_NAMESPACES=1");
        println!("skipped: no mount namespace can be had here (unshare -rm)");
        return false;
    }
    let test = std::env::current_exe().unwrap();
    let mut again = Command::new("unshare");
    again.arg("-rm").arg(test).args(["--exact", name, "--nocapture", "--include-ignored"]).env(INSIDE, "1");
    assert!(again.status().unwrap().success(), "{name} in its own namespaces");
    false
}

fn mount(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let size = format!("size={DISK}m");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).status();
    assert!(mounted.unwrap().success(), "a small disk at {}", folder.display());
}

/// Bytes free on the disk of a folder.
fn free(folder: &Path) -> u64 {
    let told = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output().unwrap();
    String::from_utf8(told.stdout).unwrap().lines().last().unwrap().trim().parse().unwrap()
}

/// Fills the disk with something that is not the node's until no more than `left` bytes are free.
fn fill(folder: &Path, left: u64) {
    let mut ballast = File::create(folder.join("ballast")).unwrap();
    loop {
        let more = free(folder).saturating_sub(left).min(1 << 20);
        if more == 0 || ballast.write_all(&vec![7; usize::try_from(more).unwrap()]).is_err() {
            return;
        }
    }
}

/// Everything that anyone may ask of a node that writes nothing.
fn reads(node: &Node, id: &str) {
    let web = node.web();
    for page in ["/", "/list", "/status", &format!("/listing/{id}")] {
        let answer = get(&web, page);
        assert_eq!(answer.code, 200, "{page}: {}", answer.body);
    }
    assert_eq!(node.search("永磁电机").len(), 1);
    assert!(node.show(id).is_some());
    assert_eq!(node.status()["running"], true);
}

/// What is written while the disk is full, each refused with what to do.
fn refusals(node: &Home, id: &str) {
    let title = ["listing", "new", "--kind", "achievement", "title=写不进去的"];
    let publish = [&title[..], &["--publish"]].concat();
    for args in [&title[..], &publish, &["listing", "edit", id, "title=改不了"]] {
        let ran = node.begin(args).finish().ends(1);
        assert!(ran.err.contains("disk") && ran.err.contains("free some space"), "{}", ran.err);
    }
}

fn rounds(count: u64, seed: u64) {
    let (scene, mut dice) = (Scene::new(), Dice::new(seed));
    let hub = scene.hub("hub").start();
    mount(&scene.file("station"));
    let home = scene.join(&hub, "station", "resource-station", "420106");
    let config = home.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let with_floor = |line: &str| match line.starts_with("floor_mib") {
        true => format!("floor_mib = {FLOOR}\n"),
        false => format!("{line}\n"),
    };
    std::fs::write(&config, text.lines().map(with_floor).collect::<String>()).unwrap();
    let mut station = home.start();
    let id = station.publish("稀土永磁电机");
    hub.agrees_with(&[&station]);
    // What is not in the index when the disk fills up comes into it once there is room.
    assert_eq!(station.search("永磁电机").len(), 1);
    for round in 0..count {
        let left = [0, 1, FLOOR / 2, FLOOR - 1][dice.below(4) as usize] << 20;
        fill(&station.path(), left);
        println!("round {round}: {} bytes are free", free(&station.path()));
        refusals(&station, &id);
        let theirs = hub.publish(&format!("满盘时大市场发布的第 {round} 条"));
        reads(&station, &id);
        station = if dice.below(2) == 0 { station.stop() } else { station.kill() }.start();
        reads(&station, &id);
        refusals(&station, &id);
        std::fs::remove_file(station.path().join("ballast")).unwrap();
        station.publish(&format!("腾出空间后的第 {round} 条"));
        hub.agrees_with(&[&station]);
        assert!(station.show(&theirs).is_some());
    }
    println!("{count} full disks: 0 failed reads, 0 writes taken");
}

#[test]
fn on_a_full_disk_nothing_is_written_and_everything_is_read() {
    if inside("full_disk::on_a_full_disk_nothing_is_written_and_everything_is_read") {
        rounds(2, 51);
    }
}

/// `cargo test -p tests --test scenarios -- --ignored fifty_full_disks --nocapture`
#[test]
#[ignore = "about ten minutes"]
fn on_fifty_full_disks_nothing_is_written_and_everything_is_read() {
    if inside("full_disk::on_fifty_full_disks_nothing_is_written_and_everything_is_read") {
        rounds(50, 52);
    }
}
