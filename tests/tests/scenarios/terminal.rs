//! What is asked of whoever sits at a terminal: `script` of util-linux lends one.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::{Home, Scene, binary};

/// Long enough that the program has turned the echo off after a prompt.
const ECHO_OFF: Duration = Duration::from_secs(1);

/// Types an answer after each of these prompts at a terminal in which `init` runs; what it showed. `None` where no terminal
/// can be had.
fn init_typing(scene: &Scene, name: &str, answers: &[(&str, &str)]) -> Option<String> {
    let program = binary().display();
    let init = format!("'{program}' --home {name} init --role hub --name 样例 --region 420000 --lang zh");
    let script = Command::new("script")
        .args(["--quiet", "--return", "--command", &init, "/dev/null"])
        .current_dir(scene.folder())
        .env_remove("LIANSHI_PASSPHRASE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut script) = script else {
        println!("skipped: there is no `script` (util-linux) here");
        return None;
    };
    let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let (mut shown, mut answers) = (Vec::new(), answers.iter().peekable());
    let mut some = [0; 1024];
    while let Ok(read @ 1..) = screen.read(&mut some) {
        shown.extend(&some[..read]);
        let text = String::from_utf8_lossy(&shown).into_owned();
        if let Some((_, answer)) = answers.next_if(|(prompt, _)| text.contains(prompt)) {
            std::thread::sleep(ECHO_OFF);
            keys.write_all(format!("{answer}\n").as_bytes()).unwrap();
        }
    }
    script.wait().unwrap();
    Some(String::from_utf8(shown).unwrap())
}

fn root_key(home: &Home) -> String {
    home.run(["--lang", "zh", "key", "show"]).ok().out
}

#[test]
fn init_asks_for_a_passphrase_at_a_terminal_and_shows_none_of_it() {
    const FIRST: &str = "给根密钥设一个口令（直接回车则不设）：";
    const AGAIN: &str = "再输入一次：";
    let scene = Scene::new();
    let Some(shown) = init_typing(&scene, "locked", &[(FIRST, "芝麻开门"), (AGAIN, "芝麻开门")])
    else {
        return;
    };
    assert!(shown.contains(FIRST) && shown.contains(AGAIN), "{shown}");
    assert!(!shown.contains("芝麻开门"), "nothing of it is shown: {shown}");
    let locked = scene.home("locked");
    assert!(root_key(&locked).contains("在本机，有口令"), "{}", root_key(&locked));
    let right = scene.write("right", "芝麻开门\n");
    locked.run(["key", "unlock", "--passphrase-file", &right]).ok();

    // Whoever types nothing has a root key without one; whoever mistypes it the second time has nothing.
    let shown = init_typing(&scene, "plain", &[(FIRST, "")]).unwrap();
    assert!(!shown.contains(AGAIN), "{shown}");
    assert!(root_key(&scene.home("plain")).contains("没有口令"));
    let shown = init_typing(&scene, "mistyped", &[(FIRST, "芝麻开门"), (AGAIN, "芝麻关门")]).unwrap();
    assert!(shown.contains("两次输入的口令不一样"), "{shown}");
    assert!(!scene.file("mistyped/identity").exists(), "nothing is left of it");
}
