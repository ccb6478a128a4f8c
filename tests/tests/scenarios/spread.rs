//! News on their way to nodes that are not connected with their author, and junk that gets no further than its first reader.

use std::time::Duration;

use market::Identity;
use network::{Config, Event};
use protocol::{
    Credential, Draft, Entry, Frame, Head, Hello, LogId, OpenLog, Payload, RunBuilder, Shelf, ShelfKind,
    Shown, Signature, Subscription, Verb, Visibility,
};
use serde_json::Value as Json;
use tests::{Home, Node, Scene, until};

/// Sessions after which a member that sends nothing but junk must have been refused.
const LIVES: usize = 20;

fn peer_of<'a>(peers: &'a [Json], node: &Home) -> &'a Json {
    let key = Identity::read(&node.path()).unwrap().node.public().to_string();
    peers.iter().find(|peer| peer["node"] == key.as_str()).expect("it is known")
}

#[test]
fn a_listing_reaches_who_is_connected_with_its_author_through_others_alone() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let stations = ["a", "b", "c"].map(|name| scene.join(&hub, name, "resource-station", "420106").start());
    hub.agrees_with(&stations.each_ref());
    let homes = stations.map(Node::stop);
    // In a line now: where the invitations lead nobody listens any more.
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let mut line = vec![hub.stop().start_with(&["--listen", &format!("/ip4/127.0.0.1/tcp/{free}")])];
    for home in homes {
        let before = line.last().unwrap().addresses().remove(0);
        line.push(home.start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &before]));
        line.last().unwrap().synced();
    }
    let [hub, _, b, c] = &line[..] else { unreachable!("four nodes") };
    let (ours, theirs) = (hub.publish("大市场发布"), c.publish("末端发布"));
    until("both ends have both", || c.show(&ours).zip(hub.show(&theirs)));
    // Shown is not yet confirmed: the neighbour is in step once it knows that the other has it too.
    c.synced();
    let peers = c.peers();
    let brought: Vec<&Json> = peers.iter().filter(|peer| peer["entries_in"].as_u64() > Some(0)).collect();
    assert_eq!((brought.len(), brought[0]["state"].as_str()), (1, Some("synced")), "{peers:?}");
    assert_eq!(brought[0], peer_of(&peers, b), "all of it came from the neighbour");
    assert_eq!(c.show(&ours).unwrap()["proof"]["state"], "verified");
}

/// One life of a member that announces entries of its own under signatures that do not hold, as fast as it can. Why it ended.
async fn send_junk(home: &Home, target: &str) -> String {
    let identity = Identity::read(&home.path()).unwrap();
    let certificate = identity.certificate.clone();
    let kind = ShelfKind(catalog::Kind::Achievement.code());
    let shelf = Shelf { region: certificate.body.region, kind, visibility: Visibility::Public };
    let log = LogId { node: identity.node.public(), incarnation: 1, shelf };
    let open = OpenLog { certificate: certificate.clone(), predecessors: Vec::new() };
    let payload = Payload { salt: [1; 16], bytes: open.to_bytes() };
    let draft = Draft { document: None, verb: Verb::OPEN, payload, time_ms: 0 };
    let mut entry = Entry::author(log, Head::default(), draft, &identity.network(), &identity.node).unwrap();
    entry.signature = Signature([7; 64]);
    let mut run = RunBuilder::new(log, Head::default());
    run.push(&entry);
    let junk = Frame::Run(run.finish().unwrap()).to_bytes();
    let hello = Hello {
        network: identity.network(),
        shown: Shown::InFull(Credential::Certificate(Box::new(certificate))),
        subscription: Subscription::everything(),
        agent: "junk".to_owned(),
    };
    let (handle, mut events) = network::start(Config::new(identity.node.seed())).unwrap();
    handle.dial(target, None).unwrap();
    let mut said = String::new();
    loop {
        match tokio::time::timeout(Duration::from_secs(30), events.recv()).await.unwrap() {
            Some(Event::Connected { session, .. }) => {
                handle.answers(session, None);
                let _ = handle.send(session, Frame::Hello(Box::new(hello.clone())).to_bytes());
                (0..16).for_each(|_| drop(handle.send(session, junk.clone())));
            }
            Some(Event::Frame { bytes, .. }) => {
                if let Ok(Frame::Refused(why)) = Frame::from_bytes(&bytes) {
                    said = why;
                }
            }
            Some(Event::Closed { .. } | Event::DialFailed { .. }) | None => break,
            Some(_) => {}
        }
    }
    handle.shutdown().await;
    said
}

#[test]
fn junk_announcements_cost_their_sender_and_nobody_else() {
    let scene = Scene::new();
    let hub = scene.hub("hub").start();
    let [a, b, bad] = ["a", "b", "bad"].map(|name| {
        let node = scene.join(&hub, name, "resource-station", "420106").start();
        node.synced();
        node
    });
    let bad = bad.stop();
    hub.agrees_with(&[&a, &b]);
    let target = hub.addresses().remove(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = (0..LIVES).find(|n| {
        // What the honest write meanwhile goes on as ever.
        let id = a.publish(&format!("旁人发布 {n}"));
        let said = runtime.block_on(send_junk(&bad, &target));
        until("it is passed on", || b.show(&id));
        said.contains("this node is refused")
    });
    assert!(refused.is_some(), "it is refused in the end");
    let peers = hub.peers();
    assert!(peer_of(&peers, &bad)["conduct"]["refused_until"].is_string(), "{peers:?}");
    for node in [&a, &b] {
        assert_eq!(peer_of(&peers, node)["conduct"], Json::Null, "{peers:?}");
        assert_eq!(peer_of(&node.peers(), &hub)["conduct"], Json::Null, "nothing of it was passed on");
    }
    assert_eq!(hub.agrees_with(&[&a, &b])["void"], 0);
}
