//! All nodes of the network: how each is by its own signed word, the worst first, with what to do. For administrators, since
//! what a node lacks is of use to whoever wishes it ill.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalog::Lang;
use catalog::words::{fill, say};

use super::shell;
use crate::desk::Bench;
use crate::desk::gate::{Away, administrator, signed_in};
use crate::labels;
use crate::limits::{NAME_CHARS, NODES_SHOWN};
use crate::pages::draw;
use crate::pages::org::org_href;
use crate::shell::{Place, Shell};
use crate::text::{ago, count, date, minute, size, tidy_line};
use crate::view::{NodeHealth, NodeSaid, NodeSeen, NodesView, PeerState};

/// A clock that is behind by less is not worth a number, milliseconds.
const CLOCK_TOLD_MS: u64 = 60_000;

#[derive(Template)]
#[template(path = "desk/nodes.html")]
struct Page {
    shell: Shell,
    all: String,
    sum: String,
    nodes: Vec<Line>,
    more: String,
}

/// One node.
struct Line {
    href: String,
    name: String,
    about: String,
    state: &'static str,
    class: &'static str,
    said: String,
    words: Vec<(String, String)>,
    facts: Vec<(&'static str, String)>,
    key: String,
}

pub(in crate::desk) async fn show(State(bench): State<Arc<Bench>>, uri: Uri, headers: HeaderMap) -> Response {
    let place = Place::of(&uri, &headers);
    let answer = async {
        let who = administrator(signed_in(&bench, &headers).await?)?;
        let view = bench.ask(|desk| desk.nodes()).await?;
        let shell = shell(&bench.app, &place, "node.title", Some(&who));
        Ok(draw(StatusCode::OK, &page(shell, place.lang, &view), place.lang))
    };
    answer.await.unwrap_or_else(|away: Away| away.answer(&bench, &place))
}

fn page(shell: Shell, lang: Lang, view: &NodesView) -> Page {
    let numbers = NodeHealth::ALL.map(|health| (health.id(), count(view.count(health) as u64)));
    let places: Vec<(&str, &str)> = numbers.iter().map(|(id, number)| (*id, number.as_str())).collect();
    Page {
        shell,
        all: fill(lang, "node.all", &[("n", &count(view.nodes.len() as u64))]),
        sum: fill(lang, "node.sum", &places),
        nodes: view.nodes.iter().take(NODES_SHOWN).map(|node| line(lang, view.now_ms, node)).collect(),
        more: match view.nodes.len().saturating_sub(NODES_SHOWN) {
            0 => String::new(),
            more => fill(lang, "node.more", &[("n", &count(more as u64))]),
        },
    }
}

fn line(lang: Lang, now_ms: i64, node: &NodeSeen) -> Line {
    let (state, class) = match node.health() {
        NodeHealth::Problem => ("node.state.problem", "state-bad"),
        NodeHealth::Notice => ("node.state.notice", "state-wait"),
        NodeHealth::Unknown => ("node.state.unknown", "state-busy"),
        NodeHealth::Well => ("node.state.well", "state-good"),
    };
    let about = [labels::role(lang, node.role).to_owned(), labels::region(lang, &node.region)];
    Line {
        href: org_href(&node.institution),
        name: tidy_line(&node.name, NAME_CHARS),
        about: about.join(" · "),
        state: say(lang, state),
        class,
        said: said(lang, now_ms, node.said.as_ref()),
        words: node.words.iter().map(|word| word.in_words(lang)).collect(),
        facts: facts(lang, node),
        key: node.key.clone(),
    }
}

/// When it said so.
fn said(lang: Lang, now_ms: i64, said: Option<&NodeSaid>) -> String {
    let Some(said) = said else { return say(lang, "node.said.never").to_owned() };
    let at = minute(said.made_ms.unwrap_or(said.heard_ms), lang);
    let heard = ago(now_ms, said.heard_ms, lang);
    fill(lang, "node.said", &[("time", &at), ("ago", &heard)])
}

fn facts(lang: Lang, node: &NodeSeen) -> Vec<(&'static str, String)> {
    let link = match (node.own, node.link) {
        (true, _) => "node.link.here",
        (_, Some(PeerState::InStep)) => "peer.in_step",
        (_, Some(PeerState::Syncing)) => "peer.syncing",
        (_, Some(PeerState::Closed)) => "peer.closed",
        (_, Some(PeerState::Paused)) => "peer.paused",
        (_, Some(PeerState::Refused)) => "peer.refused",
        (_, Some(PeerState::Connecting | PeerState::Waiting)) => "node.link.linked",
        (_, None) => "node.link.away",
    };
    let mut facts = vec![("node.fact.link", say(lang, link).to_owned())];
    if let Some(said) = &node.said {
        let unknown = || say(lang, "node.unknown").to_owned();
        let number = |n: Option<u64>| n.map_or_else(unknown, count);
        let backlog = match (said.missing, said.unshared) {
            (None, _) => unknown(),
            (Some(missing), None) => fill(lang, "node.backlog.in", &[("missing", &count(missing))]),
            (Some(missing), Some(unshared)) => {
                fill(lang, "node.backlog", &[("missing", &count(missing)), ("unshared", &count(unshared))])
            }
        };
        let disk = said.disk.map_or_else(unknown, |(free, total)| {
            fill(lang, "node.disk", &[("free", &size(free)), ("total", &size(total))])
        });
        facts.extend([
            ("node.fact.backlog", backlog),
            ("node.fact.last", said.last_success_ms.map_or_else(unknown, |ms| minute(ms, lang))),
            ("node.fact.version", said.agent.as_deref().map_or_else(unknown, |a| tidy_line(a, NAME_CHARS))),
            ("node.fact.clock", said.clock_behind_ms.map_or_else(unknown, |behind| clock(lang, behind))),
            ("node.fact.certificate", said.not_after_ms.map_or_else(unknown, |ms| date(ms, lang))),
            ("node.fact.disk", disk),
            ("node.fact.store", said.store.map_or_else(unknown, size)),
            ("node.fact.entries", number(said.entries)),
        ]);
    }
    facts.into_iter().map(|(key, value)| (say(lang, key), value)).collect()
}

fn clock(lang: Lang, behind_ms: u64) -> String {
    match behind_ms {
        0..CLOCK_TOLD_MS => say(lang, "node.in-step").to_owned(),
        _ => fill(lang, "node.slow", &[("minutes", &count(behind_ms / CLOCK_TOLD_MS))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{NodeWord, Role};

    const NOW: i64 = 1_772_604_300_000;

    fn node(words: &[(&str, bool)], said: Option<NodeSaid>) -> NodeSeen {
        NodeSeen {
            key: "ab".repeat(32),
            institution: "cd".repeat(32),
            name: "宜昌\u{202e}站\n二".to_owned(),
            role: Role::ResourceStation,
            region: "420500".to_owned(),
            own: false,
            link: None,
            said,
            words: words.iter().map(|(code, problem)| word(code, *problem)).collect(),
        }
    }

    fn word(code: &str, problem: bool) -> NodeWord {
        NodeWord { code: code.to_owned(), problem }
    }

    fn said() -> NodeSaid {
        NodeSaid {
            made_ms: Some(NOW - 600_000),
            heard_ms: NOW - 540_000,
            agent: Some("lianshi/9.9.9".to_owned()),
            not_after_ms: Some(NOW + 86_400_000),
            missing: Some(1_234),
            unshared: Some(5),
            last_success_ms: Some(NOW - 700_000),
            clock_behind_ms: Some(3_600_000),
            disk: Some((2 << 30, 64 << 30)),
            store: Some(5 << 20),
            entries: Some(48_210),
        }
    }

    #[test]
    fn every_state_is_a_word_and_says_what_to_do() {
        let states = [
            (node(&[("disk-full", true), ("no-backup", false)], Some(said())), "problem"),
            (node(&[("disk-low", false)], Some(said())), "to do"),
            (node(&[("never", false)], None), "unknown"),
            (node(&[], Some(said())), "well"),
        ];
        for (node, state) in &states {
            let line = line(Lang::En, NOW, node);
            assert_eq!(line.state, *state);
            assert_eq!(line.words.len(), node.words.len());
            assert!(
                line.words.iter().all(|(meant, to_do)| !meant.contains("node.") && !to_do.contains("node."))
            );
        }
        let mut sorted: Vec<NodeHealth> = states.iter().map(|(node, _)| node.health()).collect();
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, NodeHealth::ALL, "the worst first");
    }

    #[test]
    fn what_a_node_says_stands_with_its_time_and_what_it_does_not_say_is_said() {
        let line = line(Lang::En, NOW, &node(&[], Some(said())));
        assert!(line.said.contains("13:55") && line.said.contains("9 min ago"), "{}", line.said);
        let told = |key: &str| line.facts.iter().find(|(label, _)| *label == say(Lang::En, key)).unwrap();
        for (key, value) in [
            ("node.fact.backlog", "1,234 entries to come, 5 to go"),
            ("node.fact.clock", "about 60 minutes slow"),
            ("node.fact.disk", "2.0 GB free of 64.0 GB"),
            ("node.fact.link", "not connected here"),
            ("node.fact.version", "lianshi/9.9.9"),
        ] {
            assert_eq!(told(key).1, value);
        }
        let silent = NodeSaid { heard_ms: NOW, ..NodeSaid::default() };
        let facts = facts(Lang::En, &node(&[], Some(silent)));
        assert!(facts.iter().skip(1).all(|(_, value)| value == "not said"), "{facts:?}");
        let alone = line_of_none();
        assert_eq!((alone.facts.len(), alone.said.as_str()), (1, "its own word has never come"));
    }

    fn line_of_none() -> Line {
        line(Lang::En, NOW, &node(&[("never", false)], None))
    }

    #[test]
    fn names_are_tidied_and_strange_words_are_quoted() {
        let line =
            line(Lang::En, NOW, &node(&[("of-a-later-version", false), ("other", false)], Some(said())));
        assert!(!line.name.contains('\n') && !line.name.contains('\u{202e}'), "{:?}", line.name);
        assert!(line.words[0].0.contains("“of-a-later-version”"), "{:?}", line.words);
        assert!(line.words[1].0.contains("“other”"), "{:?}", line.words);
    }

    #[test]
    fn every_word_that_nodes_say_has_words_of_its_own() {
        let known = catalog::words::nodes::TABLE.iter().filter_map(|row| row.0.strip_prefix("node.word."));
        for code in known.filter(|code| *code != "other") {
            for lang in [Lang::Zh, Lang::En] {
                let (meant, to_do) = word(code, false).in_words(lang);
                assert!(!meant.contains('“') && !to_do.contains("node."), "{code}: {meant} {to_do}");
            }
        }
    }
}
