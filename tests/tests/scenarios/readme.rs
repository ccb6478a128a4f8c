//! The commands in the README work as they are written: every fence ```` ```sh ```` is run, one after the other and from
//! top to bottom, in one temporary folder with `lianshi` on the `PATH`. A fence with the comment `# test: skip` is not run.
//! `# test: exit N` says that a fence ends with that code.
//!
//! What a fence leaves running in the background runs on for the later ones, and is killed at the end.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tests::{Scene, binary, until};

/// A fence: its first line in the file, and its text.
struct Fence {
    line: usize,
    text: String,
}

fn fences(readme: &str) -> Vec<Fence> {
    let mut fences: Vec<Fence> = Vec::new();
    let mut open = false;
    for (number, line) in readme.lines().enumerate() {
        match (open, line.trim()) {
            (false, "```sh") => {
                open = true;
                fences.push(Fence { line: number + 2, text: String::new() });
            }
            (true, "```") => open = false,
            (true, _) => fences.last_mut().unwrap().text.push_str(&format!("{line}\n")),
            (false, _) => {}
        }
    }
    assert!(!open, "the README's last fence is not closed");
    fences.retain(|fence| !fence.text.contains("# test: skip"));
    fences
}

/// Runs the fence that is handed to it, writes its exit code down, and ends all that the fence left behind once standard
/// input closes: when the test is done with it, or is gone.
const KEEPER: &str = r#"bash -euo pipefail "$1" </dev/null; echo $? >"$1.code.new"; mv "$1.code.new" "$1.code"
cat >/dev/null; trap '' TERM; kill -TERM 0"#;

/// Begins a fence; the file that will hold its exit code.
fn begin(fence: &Fence, scene: &Scene) -> (Child, PathBuf) {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", binary().parent().unwrap().display());
    let script = scene.write(&format!("fence-{}", fence.line), &fence.text);
    let log = File::create(format!("{script}.log")).unwrap();
    let child = Command::new("bash")
        .args(["-c", KEEPER, "keeper", &script])
        .current_dir(scene.folder())
        .env("PATH", path)
        .env("HOME", scene.folder())
        .env("LANG", "zh_CN.UTF-8")
        .env_remove("LC_ALL")
        .env_remove("LIANSHI_HOME")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0)
        .spawn()
        .unwrap();
    (child, format!("{script}.code").into())
}

#[test]
fn the_commands_of_the_readme_work_as_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let fences = fences(&readme);
    assert!(!fences.is_empty(), "the README has no fence that is run");
    let scene = Scene::new();
    let mut keepers = Vec::new();
    let mut failed = None;
    for fence in &fences {
        let (keeper, code) = begin(fence, &scene);
        keepers.push(keeper);
        let what = format!("the README's fence at line {} ends:\n{}", fence.line, fence.text);
        let code = until(&what, || std::fs::read_to_string(&code).ok());
        let stated = fence.text.lines().find_map(|line| line.trim().strip_prefix("# test: exit "));
        if code.trim() != stated.map_or("0", str::trim) {
            let log = std::fs::read_to_string(scene.file(&format!("fence-{}.log", fence.line))).unwrap();
            failed = Some(format!("README.md:{}: {code}\n{}\n--- printed\n{log}", fence.line, fence.text));
            break;
        }
    }
    for mut keeper in keepers {
        drop(keeper.stdin.take());
        keeper.wait().unwrap();
    }
    assert!(failed.is_none(), "{}", failed.unwrap_or_default());
}
