//! Traces for a collector, by OTLP over HTTP, from a node that runs.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tests::{Scene, get, until};

/// A request, whole; answered with 200.
fn take(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 16 << 10]);
    loop {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())?;
        if bytes.len() >= head.len() + 4 + length {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()?;
            return Some(bytes);
        }
    }
}

#[test]
fn a_collector_hears_what_a_node_does_and_nothing_of_what_listings_say() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", collector.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&heard);
    std::thread::spawn(move || {
        for mut stream in collector.incoming().flatten() {
            if let Some(bytes) = take(&mut stream) {
                all.lock().unwrap().extend(bytes);
            }
        }
    });
    let scene = Scene::new();
    let home = scene.hub("hub");
    let file = home.path().join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    assert!(config.contains("otlp = \"\""), "{config}");
    std::fs::write(&file, config.replace("otlp = \"\"", &format!("otlp = \"{address}\""))).unwrap();
    let hub = home.start();
    let canary = "canary-in-a-title";
    hub.publish(canary);
    get(&hub.web(), &format!("/list?q={canary}"));
    let home = hub.stop();
    let names = ["POST /v1/traces ", "service.name", "page", "http.route", "request", "take-in", "index"];
    let text = until("the spans have come", || {
        let text = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        names.iter().all(|name| text.contains(name)).then_some(text)
    });
    assert!(!text.contains(canary), "spans say what was written or looked for");

    // A node whose collector is away runs all the same; an address that is none is said.
    std::fs::write(&file, "[telemetry]\notlp = \"http://127.0.0.1:1\"\n").unwrap();
    home.start().stop();
    std::fs::write(&file, "[telemetry]\notlp = \"collector\"\n").unwrap();
    assert!(home.run(["run"]).ends(2).err.contains("4318"));
}
