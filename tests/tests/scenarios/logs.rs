//! Logs for programs: every line is one JSON object, whatever happens.

use serde_json::Value as Json;
use tests::{Ran, Scene};

/// The objects that a text consists of.
fn objects(text: &str) -> Vec<Json> {
    let one = |line: &str| -> Json {
        let json: Json = serde_json::from_str(line).expect(line);
        assert!(json.is_object(), "{line}");
        json
    };
    text.lines().map(one).collect()
}

/// The one line that a command which failed says on standard error.
fn last_words(ran: &Ran, message: &str) {
    let lines = objects(&ran.err);
    assert_eq!(lines.len(), 1, "{}", ran.err);
    let line = &lines[0];
    assert_eq!(
        (&line["level"], line["exit_code"].as_i64()),
        (&"ERROR".into(), Some(ran.code.into())),
        "{line}"
    );
    assert!(line["message"].as_str().unwrap().contains(message), "{line}");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
}

#[test]
fn every_line_of_a_log_for_programs_is_one_object() {
    let scene = Scene::new();
    let home = scene.hub("hub");
    let file = home.path().join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let config = config.replace("level = \"warn\"", "level = \"debug\"");
    for (format, options) in [("json", &[][..]), ("text", &["--log-format", "json"][..])] {
        let stated = config.replace("format = \"text\"", &format!("format = \"{format}\""));
        assert!(stated.contains("\"debug\"") && stated.contains(&format!("\"{format}\"")), "{stated}");
        std::fs::write(&file, stated).unwrap();
        // One address is taken: what is said of that is an object too.
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port());
        let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--listen", &taken];
        home.start_with(&[&listen, options].concat()).stop();
    }
    let logs = std::fs::read_dir(scene.folder()).unwrap().map(|file| file.unwrap().path());
    let logs: Vec<_> = logs.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    assert_eq!(logs.len(), 2);
    for log in logs {
        let lines = objects(&std::fs::read_to_string(log).unwrap());
        for key in ["web", "level", "message", "timestamp"] {
            assert!(lines.iter().any(|line| line[key].is_string()), "no {key} in {lines:?}");
        }
        assert!(lines.len() > 5, "{lines:?}");
    }

    std::fs::write(&file, "[log]\nformat = \"jsno\"\n").unwrap();
    last_words(&home.run(["run", "--log-format", "json"]), "jsno");
    last_words(&scene.home("nowhere").run(["run", "--log-format=json"]), "nowhere");
    last_words(&home.run(["run", "--log-format", "json", "--bogus"]), "--bogus");
    std::fs::write(&file, "").unwrap();
    last_words(&home.run(["run", "--log-format", "json", "--listen", "anywhere"]), "anywhere");
    assert!(
        home.run(["run", "--listen", "anywhere"]).err.starts_with("lianshi: "),
        "lines for people stay so"
    );
}
