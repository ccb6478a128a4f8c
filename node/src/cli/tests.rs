//! The command line is explained, consistent, and says what its reference says; every word that the node speaks exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use catalog::words;

use super::*;

const LANGUAGES: [Lang; 2] = [Lang::Zh, Lang::En];

fn untold(command: &Command, path: &str, missing: &mut Vec<String>) {
    if command.get_about().is_none() {
        missing.push(path.to_owned());
    }
    for arg in command.get_arguments() {
        if arg.get_help().is_none() {
            missing.push(format!("{path} {}", arg.get_id()));
        }
    }
    for sub in command.get_subcommands() {
        untold(sub, &format!("{path}.{}", sub.get_name()), missing);
    }
}

#[test]
fn every_command_and_argument_is_explained_in_both_languages() {
    for lang in LANGUAGES {
        let mut missing = Vec::new();
        untold(&command(lang), "help", &mut missing);
        assert!(missing.is_empty(), "no help in {lang:?} for: {missing:#?}");
    }
}

#[test]
fn the_command_line_is_consistent() {
    for lang in LANGUAGES {
        command(lang).debug_assert();
    }
}

#[test]
fn a_wrong_command_line_is_answered_in_words() {
    let said = |line: &str, lang| {
        let error = read(line.split(' ').map(OsString::from), lang).unwrap_err();
        wording::fault(&error, lang)
    };
    let cases = [
        ("lianshi verfy", "没有 verfy 这个写法", "是不是想写 verify"),
        ("lianshi search --kid demand", "没有 --kid 这个写法", "--kind"),
        ("lianshi verify", "缺少 ", "--help"),
        ("lianshi init --role king", "“king”不能用", "sub-market"),
        ("lianshi search --limit many", "“many”不能用", "--help"),
        ("lianshi import a.csv --kind demand --header --no-header", "不能与", "--help"),
        ("lianshi invite --out", "后面要写上值", "--help"),
        ("lianshi import a.csv --kind demand --publish", "缺少 --apply", "--help"),
    ];
    for (line, message, hint) in cases {
        let (said, next) = said(line, Lang::Zh).unwrap();
        assert!(said.contains(message) && next.contains(hint), "{line}: {said} / {next}");
    }
    assert!(said("lianshi verfy", Lang::En).unwrap().0.contains("There is no verfy"));
    for asked in ["lianshi --help", "lianshi init -h", "lianshi --version", "lianshi"] {
        assert_eq!(said(asked, Lang::Zh), None, "{asked} asks for help");
    }
}

/// Help of a command and of all below it, as Markdown.
fn reference(command: &mut Command, name: &str, out: &mut String) {
    let help = command.render_help().to_string();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    out.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n")));
    let names: Vec<String> = command.get_subcommands().map(|s| s.get_name().to_owned()).collect();
    for sub in names {
        reference(command.find_subcommand_mut(&sub).unwrap(), &format!("{name} {sub}"), out);
    }
}

/// `LIANSHI_BLESS=1` rewrites the files.
#[test]
fn the_reference_is_what_the_program_says() {
    for lang in LANGUAGES {
        let mut command = command(lang).term_width(110);
        command.build();
        let title = lang.pick("命令行参考", "Command line reference");
        let note = lang.pick(
            "本文由程序的 `--help` 生成。重新生成：`LIANSHI_BLESS=1 cargo test -p lianshi reference`。",
            "Made from the program's `--help`. To make it anew: `LIANSHI_BLESS=1 cargo test -p lianshi reference`.",
        );
        let mut now = format!("# {title}\n\n{note}\n");
        reference(&mut command, "lianshi", &mut now);
        let path = root().join(format!("tests/cli/reference.{}.md", lang.id()));
        if std::env::var_os("LIANSHI_BLESS").is_some_and(|v| v == "1") {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &now).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if let Some((kept, now)) = kept.lines().zip(now.lines()).find(|(kept, now)| kept != now) {
            panic!("{}: says {kept:?}, the program {now:?}; LIANSHI_BLESS=1 rewrites it", path.display());
        }
        assert_eq!(
            kept.len(),
            now.len(),
            "{} has another length; LIANSHI_BLESS=1 rewrites it",
            path.display()
        );
    }
}

#[test]
fn the_sample_configurations_are_valid() {
    let folder = root().join("configs");
    let mut roles = BTreeSet::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let config = crate::config::Config::read_file(&path).unwrap();
            let role = config.role().unwrap_or_else(|| panic!("{} names no role", path.display()));
            assert_eq!(path.file_stem().unwrap().to_str(), Some(role.id()), "a file is named after its role");
            config.subscription().unwrap();
            roles.insert(role.id());
        }
    }
    assert_eq!(roles.len(), 4, "one sample for each role");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of all sources of the node, tests left out.
fn sources(folder: &Path, out: &mut String) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            out.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Keys that the sources name whole, and beginnings of keys that they complete: `"cli.role.{}"`, `"help.arg.{id}"`.
fn named(text: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut whole, mut begun) = (BTreeSet::new(), BTreeSet::new());
    for quoted in text.split('"').filter(|part| part.starts_with("cli.")) {
        let end = quoted
            .find(|c: char| !(c.is_ascii_lowercase() || matches!(c, '.' | '-')))
            .unwrap_or(quoted.len());
        match quoted.get(end..) {
            Some("") if quoted.ends_with('.') => {}
            Some("") => drop(whole.insert(quoted)),
            Some(rest) if rest.starts_with('{') => drop(begun.insert(&quoted[..end])),
            _ => {}
        }
    }
    (whole, begun)
}

/// The tables of words that commands speak.
fn of_commands() -> impl Iterator<Item = &'static words::Row> {
    words::cli::TABLE
        .iter()
        .chain(words::care::TABLE)
        .chain(words::disclosure::TABLE)
        .chain(words::doctor::TABLE)
        .chain(words::enquiry::TABLE)
        .chain(words::statistics::TABLE)
        .chain(words::watches::TABLE)
}

fn exists(key: &str) -> bool {
    words::say(Lang::En, key) != key
}

#[test]
fn every_word_that_the_node_speaks_exists_and_none_is_idle() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let (whole, begun) = named(&text);
    assert!(
        whole.len() > 80 && begun.len() > 5,
        "the scan found only {} keys, {} beginnings",
        whole.len(),
        begun.len()
    );
    let lost: Vec<_> = whole.iter().filter(|key| !exists(key)).collect();
    assert!(lost.is_empty(), "keys without words: {lost:#?}");
    let tables =
        of_commands().chain(words::demo::TABLE).chain(words::forks::TABLE).chain(words::peering::TABLE);
    let tables = tables.chain(words::harvest::TABLE).chain(words::roster::TABLE);
    // What else stands in these is of the pages.
    let shared = words::audit::TABLE.iter().chain(words::peers::TABLE);
    let tables = tables.chain(shared.filter(|row| row.0.starts_with("cli.")));
    let keys: Vec<&str> = tables.map(|row| row.0).collect();
    let empty: Vec<_> = begun.iter().filter(|b| !keys.iter().any(|k| k.starts_with(**b))).collect();
    assert!(empty.is_empty(), "no key begins with {empty:#?}");
    // A hint belongs to its failure; help keys are looked up by the parser's own names.
    let used = |key: &str| {
        whole.contains(key)
            || begun.iter().any(|b| key.starts_with(b))
            || key.strip_suffix(".hint").is_some_and(|of| whole.contains(of))
    };
    let idle: Vec<_> = keys.iter().filter(|key| key.starts_with("cli.") && !used(key)).collect();
    assert!(idle.is_empty(), "nobody says {idle:#?}");
    let unsaid = whole.iter().filter(|key| key.starts_with("cli.failure.") && !key.ends_with(".hint"));
    let unsaid: Vec<_> = unsaid.filter(|key| !exists(&format!("{key}.hint"))).collect();
    assert!(unsaid.is_empty(), "no hint for {unsaid:#?}");
}

#[test]
fn every_help_text_belongs_to_something() {
    fn walk(command: &Command, path: &str, known: &mut BTreeSet<String>) {
        known.insert(path.to_owned());
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str().replace('_', "-");
            known.insert(format!("{path}.{id}"));
            known.insert(format!("help.arg.{id}"));
        }
        for sub in command.get_subcommands() {
            walk(sub, &format!("{path}.{}", sub.get_name()), known);
        }
    }
    let mut known = BTreeSet::new();
    walk(&command(Lang::Zh), "help", &mut known);
    let keys = of_commands().map(|row| row.0).filter(|key| key.starts_with("help"));
    let idle: Vec<&str> = keys.filter(|key| !known.contains(*key)).collect();
    assert!(idle.is_empty(), "help without a place: {idle:#?}");
}

#[test]
fn the_check_up_says_of_every_finding_what_it_is_why_it_matters_and_what_to_do() {
    for (id, _) in crate::commands::FINDINGS {
        for part in ["", ".why", ".do"] {
            assert!(exists(&format!("cli.doctor.{id}{part}")), "cli.doctor.{id}{part}");
        }
    }
    let known: BTreeSet<&str> = crate::commands::FINDINGS.iter().map(|(id, _)| *id).collect();
    let said = words::doctor::TABLE.iter().filter_map(|row| row.0.strip_prefix("cli.doctor."));
    let idle: Vec<&str> =
        said.filter(|id| !known.contains(id.split('.').next().unwrap_or_default())).collect();
    assert!(idle.is_empty(), "no finding is called {idle:?}");
}

/// Words that a state, an outcome or a role makes at run time.
#[test]
fn words_made_at_run_time_exist() {
    let families: [(&str, &[&str]); 11] = [
        (
            "cli.outcome",
            &[
                "published",
                "updated",
                "unchanged",
                "drafted",
                "withdrawn",
                "moved",
                "stated",
                "restated",
                "taken-back",
                "requested",
                "disclosed",
                "asked",
                "answered",
                "closed",
            ],
        ),
        ("cli.enquiry.state", &["new", "read", "answered", "closed", "sent", "received"]),
        ("cli.disclosure.way", &["in", "out"]),
        ("cli.disclosure.kind", &["request", "disclosure"]),
        ("cli.disclosure.state", &["open", "answered", "disclosed"]),
        ("cli.hidden", &["unknown", "suspended", "exited", "taken-down", "purged", "reason"]),
        ("cli.listing.status", &["published", "withdrawn", "hidden", "draft"]),
        (
            "cli.peer",
            &[
                "synced",
                "syncing",
                "closed",
                "greeting",
                "admitting",
                "refused",
                "disconnected",
                "unreachable",
            ],
        ),
        ("cli.role", &["hub", "sub-market", "resource-station", "grassroots-site"]),
        ("cli.verb", &["create", "edit", "move"]),
        ("cli.fate", &["valid", "waiting", "void"]),
    ];
    for (family, members) in families {
        for member in members {
            assert!(exists(&format!("{family}.{member}")), "{family}.{member}");
        }
        let here = format!("{family}.");
        let there = of_commands().filter_map(|row| row.0.strip_prefix(&here));
        for member in there.filter(|m| !m.contains('.') && !matches!(*m, "nobody" | "none")) {
            assert!(members.contains(&member), "{family}.{member} is never made");
        }
    }
}

#[test]
fn every_command_has_a_manual_page_in_both_languages() {
    fn pages(command: &clap::Command) -> usize {
        1 + command.get_subcommands().map(pages).sum::<usize>()
    }
    for (lang, said) in [(Lang::Zh, "月报"), (Lang::En, "monthly bulletin")] {
        let folder = tempfile::tempdir().unwrap();
        let context = crate::commands::Context { home: PathBuf::new(), lang, json: false };
        crate::commands::manual(&context, folder.path()).unwrap();
        let mut command = super::command(lang);
        command.build();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), pages(&command));
        let page = std::fs::read_to_string(folder.path().join("lianshi-stats-bulletin.1")).unwrap();
        assert!(page.contains(said) && page.contains("register"), "{page}");
    }
}
