//! A second hub as a warm double, both behind a balancer: one of them killed under load costs no reader anything, and what is
//! published meanwhile is found at the other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tests::{Balancer, Node, PATIENCE, Scene, get, percent, until};

/// Readers at a time.
const READERS: usize = 4;
/// A reader asks for a page so often before it gives up, and waits so long before each time but the first.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(100);
/// Reads under load before and after each event.
const READS: u64 = 120;

/// What became of the reads.
#[derive(Default)]
struct Tally {
    read: AtomicU64,
    again: AtomicU64,
    failed: AtomicU64,
    over: AtomicBool,
}

impl Tally {
    /// Waits until so many more pages were read.
    fn more(&self, count: u64) {
        let goal = self.read.load(Ordering::Relaxed) + count;
        until("more pages are read", || (self.read.load(Ordering::Relaxed) >= goal).then_some(()));
    }
}

/// Asks for a page, which has to come whole and with a text in it.
fn page(origin: &str, path: &str, has: &str) -> Result<(), String> {
    let text = text(origin, path).map_err(|error| error.to_string())?;
    let whole =
        text.starts_with("HTTP/1.1 200 ") && text.contains(has) && text.trim_end().ends_with("</html>");
    whole.then_some(()).ok_or(text)
}

fn text(origin: &str, path: &str) -> std::io::Result<String> {
    let host = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let ask = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads pages until it is over; one that does not come is asked for again.
fn read_on(origin: &str, pages: &[(String, String)], tally: &Tally) {
    for (path, has) in pages.iter().cycle() {
        if tally.over.load(Ordering::Relaxed) {
            return;
        }
        let mut came = page(origin, path, has);
        for _ in 1..TRIES {
            if came.is_ok() {
                break;
            }
            tally.again.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(BETWEEN);
            came = page(origin, path, has);
        }
        if let Err(what) = &came {
            println!("{path} with {has}: {what}");
        }
        let counter = if came.is_ok() { &tally.read } else { &tally.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// The page that finds a title; what it found shows by its id, since the page repeats what was asked for.
fn search(title: &str) -> String {
    format!("/list?q={}", percent(title))
}

fn found_at(node: &Node, title: &str, id: &str) {
    let link = format!("/listing/{id}");
    until("it is found there", || get(&node.web(), &search(title)).body.contains(&link).then_some(()));
}

#[test]
fn a_hub_killed_under_load_costs_no_reader_who_asks_again_anything() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let double = scene.join(&hub, "double", "hub", "420000").start();
    let station = scene.join(&hub, "station", "resource-station", "420106").start();
    let titles = ["双枢纽样例甲", "双枢纽样例乙", "双枢纽样例丙"];
    let ids: Vec<String> = titles.iter().map(|title| station.publish(title)).collect();
    hub.holds_with(&[&double, &station], 3);
    for node in [&hub, &double] {
        titles.iter().zip(&ids).for_each(|(title, id)| found_at(node, title, id));
        // A balancer asks this, so that a hub takes part once it can answer.
        assert_eq!(get(&node.web(), "/readyz").code, 200);
    }

    let balancer = Balancer::before(&[hub.web(), double.web()]);
    let mut pages: Vec<(String, String)> = vec![("/".to_owned(), "双枢纽样例丙".to_owned())];
    for (title, id) in titles.iter().zip(&ids) {
        pages.push((format!("/listing/{id}"), (*title).to_owned()));
        pages.push((search(title), format!("/listing/{id}")));
    }
    let tally = Tally::default();
    let begun = Instant::now();
    let nodes = std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| read_on(balancer.origin(), &pages, &tally));
        }
        // Readers end whatever happens below, or the scope would wait for them for ever.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            tally.more(READS);
            let hub = hub.kill();
            tally.more(READS);
            // The station was invited by the hub: it finds the double by the address that that one published.
            let title = "枢纽不在时发布的样例";
            let id = station.publish(title);
            found_at(&double, title, &id);
            assert!(page(balancer.origin(), &format!("/listing/{id}"), title).is_ok());

            // It comes back and is level: then the other one may go.
            let hub = hub.start();
            hub.holds_with(&[&double, &station], 4);
            found_at(&hub, title, &id);
            balancer.set(&[hub.web(), double.web()]);
            tally.more(READS);
            let double = double.kill();
            tally.more(READS);
            let title = "副本不在时发布的样例";
            let id = station.publish(title);
            found_at(&hub, title, &id);
            let double = double.start();
            hub.holds_with(&[&double, &station], 5);
            balancer.set(&[hub.web(), double.web()]);
            tally.more(READS);
            (hub, double)
        }));
        tally.over.store(true, Ordering::Relaxed);
        // They run until the last reader has ended.
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    drop(nodes);
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (read, again, failed) = (count(&tally.read), count(&tally.again), count(&tally.failed));
    println!(
        "{read} pages read in {:?}, asked again {again} times, {failed} failed; passed over {} times",
        begun.elapsed(),
        balancer.passed_over()
    );
    assert_eq!(failed, 0, "of {read} pages");
    assert!(balancer.passed_over() > 0, "nothing was killed under load");
}
