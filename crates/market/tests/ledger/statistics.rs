//! Figures: the same on every node that holds the same entries, whatever came when and whenever somebody asked.

use std::sync::Arc;

use catalog::statistics::{Dimension, Month};
use market::{Apart, Demands, Figures, Moving, Question, Statistics, StatisticsAnswer};
use protocol::{Action, Subject, Visibility};

use super::documents::{Traffic, govern, guest, moving};
use super::*;

/// Entries between two times that the figures are asked for, while they come.
const ASKED_EVERY: usize = 7;
const MONTH_MS: i64 = 31 * 86_400_000;

fn answer(library: &Library, question: Question) -> Arc<StatisticsAnswer> {
    Statistics::default().answer(library, question, || (), || true).unwrap().unwrap()
}

fn counts(figures: &Figures, dimension: Dimension) -> Vec<(&str, u64)> {
    figures.of(dimension).collect()
}

fn with(mut record: Incoming, fields: &[(&str, Value)]) -> Incoming {
    record.fields.extend(fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    record
}

/// What a year at three institutions leaves: edits, withdrawals, moves one after the other, words of others, a take-down.
fn year() -> (Node, Traffic) {
    let mut hub = hub();
    let (mut judge, other) = (guest(&mut hub, 21), guest(&mut hub, 22));
    let mut traffic = Traffic::new();
    traffic.admit(&mut hub, &[&judge, &other]);
    let text = |text: &str| Value::Text(text.to_owned());
    let records: Vec<Incoming> = (0..12)
        .map(|n| {
            let place = text(if n % 2 == 0 { "420106" } else { "no place" });
            with(record(&format!("成果 {n}")), &[("region", place), ("field/energy", Value::Bool(true))])
        })
        .collect();
    let (outcomes, created) = hub.desk(NOW).take_in(&records, true).unwrap();
    let ids: Vec<DocumentId> = outcomes.iter().map(published).collect();
    traffic.sent(created);
    let demand = Incoming { kind: 17, visibility: Some(Visibility::Public), ..record("需求") };
    let (outcomes, created) = hub.desk(NOW + MONTH_MS).take_in(&[demand], true).unwrap();
    let demand = published(&outcomes[0]);
    traffic.sent(created);
    traffic.bring(&mut judge);
    traffic.sent(hub.desk(NOW + 1).edit(&ids[0], &put("summary", "改")).unwrap());
    traffic.sent(hub.desk(NOW + 1).withdraw(&ids[1], true).unwrap());
    // Words about what is moved on twice, some of them about the first document, some about the last.
    let (_, written) = judge.desk(NOW + 1).state(&ids[2], None, ["evaluation", "trl=6", ""]).unwrap();
    traffic.sent([written]);
    let to = Moving { kind: 20, ..moving(&hub.library, &ids[2]) };
    let (second, written) = hub.desk(NOW + 2 * MONTH_MS).relocate(&ids[2], to).unwrap().unwrap();
    traffic.sent([written]);
    let to = Moving { kind: ACHIEVEMENT, ..moving(&hub.library, &second) };
    let (third, written) = hub.desk(NOW + 3 * MONTH_MS).relocate(&second, to).unwrap().unwrap();
    traffic.sent([written]);
    traffic.bring(&mut judge);
    let (_, written) = judge.desk(NOW + 2).state(&third, None, ["recognition", "一等奖", ""]).unwrap();
    traffic.sent([written]);
    let (_, written) = judge.desk(NOW + 2).state(&demand, None, ["screening", "passed", ""]).unwrap();
    traffic.sent([written]);
    // How the demand came to a contract, by others' words; its own institution's word on that does not count.
    let contract = ["contract", "number=2026420100000012,amount=120", ""];
    for texts in [["match", &ids[6].to_string(), ""], contract] {
        let (_, written) = judge.desk(NOW + 3).state(&demand, None, texts).unwrap();
        traffic.sent([written]);
    }
    let (_, written) = hub.desk(NOW + 3).state(&ids[3], None, contract).unwrap();
    traffic.sent([written]);
    // Moved once, to a log of its own, which may come long before the one that it began in; evaluated where it began.
    let (_, written) = judge.desk(NOW + 1).state(&ids[6], None, ["evaluation", "trl=4", ""]).unwrap();
    traffic.sent([written]);
    let to = Moving { kind: 21, ..moving(&hub.library, &ids[6]) };
    traffic.sent([hub.desk(NOW + 4 * MONTH_MS).relocate(&ids[6], to).unwrap().unwrap().1]);
    // Moved apart by two nodes of one institution: one of the moves leads on, the other stands by itself.
    let mut second = sibling(&hub);
    second.library.set_roster(traffic.fold(&hub));
    traffic.bring(&mut second);
    let to = Moving { kind: 19, ..moving(&hub.library, &ids[7]) };
    traffic.sent([hub.desk(NOW + 5 * MONTH_MS).relocate(&ids[7], to).unwrap().unwrap().1]);
    let to = Moving { kind: 18, ..moving(&second.library, &ids[7]) };
    traffic.sent([second.desk(NOW + 5 * MONTH_MS).relocate(&ids[7], to).unwrap().unwrap().1]);
    // Nobody's word about its own listing counts.
    let (_, written) = hub.desk(NOW + 2).state(&ids[3], None, ["certificate", "自评", ""]).unwrap();
    traffic.sent([written]);
    let to = Moving { visibility: Visibility::Members, ..moving(&hub.library, &ids[4]) };
    traffic.sent([hub.desk(NOW + 3).relocate(&ids[4], to).unwrap().unwrap().1]);
    let step = govern(&mut hub, Subject::Document(ids[5]), Action::TakeDown("核查".into()));
    traffic.roster.steps.push(step);
    hub.library.set_roster(traffic.fold(&hub));
    traffic.bring(&mut hub);
    (hub, traffic)
}

#[test]
fn each_listing_counts_once_at_its_newest_place_and_where_it_stands() {
    let (hub, _) = year();
    let all = answer(&hub.library, Question::default());
    let figures = &all.figures;
    // Of thirteen one is withdrawn, one for members now, one taken down; one was moved twice and counts once, one was moved apart and is
    // two now.
    assert_eq!((figures.listings, figures.standing, figures.withdrawn), (11, 11, 1));
    assert_eq!(
        counts(figures, Dimension::Kind),
        [("achievement", 7), ("activity", 1), ("demand", 1), ("expert", 1), ("organization", 1)]
    );
    let first = Month::of_ms(NOW).unwrap();
    let months = [
        (first.to_string(), 9),
        (Month::of_ms(NOW + MONTH_MS).unwrap().to_string(), 1),
        (Month::of_ms(NOW + 5 * MONTH_MS).unwrap().to_string(), 1),
    ];
    let found = counts(figures, Dimension::Month);
    assert_eq!(found, months.iter().map(|(month, count)| (month.as_str(), *count)).collect::<Vec<_>>());
    assert_eq!(
        counts(figures, Dimension::Region),
        [("420000", 6), ("420106", 5)],
        "what names no place is where it is published"
    );
    assert_eq!(counts(figures, Dimension::Readiness), [("5", 11)]);
    assert_eq!(counts(figures, Dimension::Field).iter().map(|(_, count)| count).sum::<u64>(), 11);
    let own = &figures.institutions[&hub.identity.institution.id()];
    assert_eq!((own.listings, own.withdrawn, own.received), (11, 1, [1, 0, 2, 1, 0, 1, 1, 0]));
    let judge = figures.institutions.values().find(|work| work.listings == 0).unwrap();
    assert_eq!((judge.given, own.given), ([1, 0, 2, 1, 0, 1, 1, 0], [0; 8]));
    let demands = Demands { listed: 1, looked_at: 1, matched: 1, contracted: 1 };
    assert_eq!(figures.demands, demands);

    let of_month = answer(&hub.library, Question { month: Some(first), region: None });
    assert_eq!((of_month.figures.listings, of_month.figures.standing), (9, 11));
    assert_ne!(of_month.digest, all.digest);
    assert_eq!(of_month.entry_digest, all.entry_digest);
    let of_place = answer(&hub.library, Question { region: Some(420_100), month: None });
    assert_eq!(of_place.figures.listings, 5);
    let elsewhere = answer(&hub.library, Question { region: Some(330_000), month: None });
    assert_eq!(elsewhere.figures, Figures::default());
}

#[test]
fn the_same_entries_give_the_same_figures_in_every_order_and_whenever_they_are_asked_for() {
    let (hub, traffic) = year();
    let questions = [
        Question::default(),
        Question { region: Some(420_100), month: None },
        Question { region: Some(420_000), month: Month::of_ms(NOW) },
    ];
    let wanted = questions.map(|question| answer(&hub.library, question).digest);
    for seed in 0..12 {
        // One is asked again and again while the entries come, without the roster at first; the other one once, at the end.
        let (_dir, mut ledger, library) = hub.mirror(&[]);
        let often = Statistics::default();
        for (n, (log, entry)) in traffic.order(seed).iter().enumerate() {
            let plain = CheckedEntry { beginning: None, ..entry.clone() };
            ledger.persist(log, &[plain]).unwrap();
            if n % ASKED_EVERY == 0 {
                often.answer(&library, questions[n / ASKED_EVERY % 3], || (), || true).unwrap().unwrap();
            }
            if n == 20 {
                library.set_roster(traffic.fold(&hub));
            }
        }
        library.set_roster(traffic.fold(&hub));
        for (question, wanted) in questions.iter().zip(&wanted) {
            let asked = often.answer(&library, *question, || (), || true).unwrap().unwrap();
            assert_eq!(asked.digest, *wanted, "order {seed}, asked often: {:?}", asked.figures);
        }
        let (_dir, _ledger, library) = hub.mirror(&traffic.order(seed + 100));
        library.set_roster(traffic.fold(&hub));
        assert_eq!(
            questions.map(|question| answer(&library, question).digest),
            wanted,
            "order {seed}, asked once"
        );
    }
}

/// What continues a listing may come before it, and what is said of it after it; the roster stands from the beginning, so that
/// nothing is looked at again for its sake.
#[test]
fn a_log_that_comes_before_or_after_all_others_is_counted_alike() {
    let (hub, traffic) = year();
    let wanted = answer(&hub.library, Question::default());
    let all = traffic.order(3);
    let kinds: std::collections::BTreeSet<u16> = all.iter().map(|(log, _)| log.shelf.kind.0).collect();
    assert!(kinds.len() > 4, "{kinds:?}");
    for kind in kinds {
        for early in [true, false] {
            let (_dir, mut ledger, library) = hub.mirror(&[]);
            library.set_roster(traffic.fold(&hub));
            let statistics = Statistics::default();
            let ask = || statistics.answer(&library, Question::default(), || (), || true).unwrap().unwrap();
            for own in [early, !early] {
                for (log, entry) in all.iter().filter(|(log, _)| (log.shelf.kind.0 == kind) == own) {
                    ledger.persist(log, &[CheckedEntry { beginning: None, ..entry.clone() }]).unwrap();
                }
                ask();
            }
            assert_eq!(ask().digest, wanted.digest, "kind {kind}, early: {early}: {:?}", ask().figures);
        }
    }
}

#[test]
fn a_node_that_lacks_entries_is_told_which() {
    let (hub, traffic) = year();
    let there = answer(&hub.library, Question::default());
    let all = traffic.order(1);
    let (log, last) = all.last().unwrap();
    let held =
        all.iter().filter(|(of, entry)| of != log || entry.entry.header.seq < last.entry.header.seq - 1);
    let (_dir, _ledger, library) = hub.mirror(&held.cloned().collect::<Vec<_>>());
    library.set_roster(traffic.fold(&hub));
    let here = answer(&library, Question::default());
    assert_ne!(here.entry_digest, there.entry_digest);
    assert_eq!(
        here.entries.apart(&there.entries).into_iter().collect::<Vec<_>>(),
        [(*log, Apart::Behind(2))]
    );
    assert_eq!(there.entries.apart(&here.entries).into_values().collect::<Vec<_>>(), [Apart::Ahead(2)]);
}

#[test]
fn what_the_roster_hides_and_shows_again_counts_accordingly() {
    let mut table = super::governance::Table::new();
    let statistics = Statistics::default();
    let (outcomes, _) = table.hub.desk(NOW).take_in(&[record("甲"), record("乙")], true).unwrap();
    let listings = |table: &super::governance::Table| {
        let asked =
            statistics.answer(&table.hub.library, Question::default(), || (), || true).unwrap().unwrap();
        asked.figures.listings
    };
    assert_eq!(listings(&table), 2);
    table.alone(Subject::Document(published(&outcomes[0])), Action::TakeDown("核查".into()));
    assert_eq!(listings(&table), 1);
    let own = table.hub.identity.institution.id();
    table.alone(Subject::Institution(own), Action::Suspend("年审".into()));
    assert_eq!(listings(&table), 0);
    table.alone(Subject::Institution(own), Action::Reinstate);
    assert_eq!(listings(&table), 1);
}

#[test]
fn marks_are_made_bit_by_bit_and_after_restarts_the_same() {
    let mut node = hub();
    let records: Vec<Incoming> = (0..1_300).map(|n| record(&format!("成果 {n}"))).collect();
    node.desk(NOW).take_in(&records, true).unwrap();
    let mut calls = 0;
    let figures = loop {
        let mut looks = 0;
        let twice = || {
            looks += 1;
            looks <= 2
        };
        calls += 1;
        let asked = Statistics::default().answer(&node.library, Question::default(), || (), twice).unwrap();
        if let Some(answer) = asked {
            break answer;
        }
        node = node.reopened();
        assert!(calls < 20);
    };
    assert!(calls > 1, "in pieces");
    assert_eq!(figures.figures.listings, 1_300);
    assert_eq!(figures.entries.entries(), 1_301, "the opening of the log is one of them");
}

/// What a first count of a hundred thousand listings costs, one more, and one after a change.
#[test]
#[ignore = "takes a minute or two; prints figures"]
fn figures_of_a_hundred_thousand() {
    const ALL: usize = 100_000;
    let mut node = hub();
    let text = |text: &str| Value::Text(text.to_owned());
    for from in (0..ALL).step_by(5_000) {
        let records: Vec<Incoming> = (from..from + 5_000)
            .map(|n| {
                let place = text(["420106", "420107", "420502", "429004", "420602"][n % 5]);
                let fields =
                    [("region", place), ("field/energy", Value::Bool(true)), ("summary", text("样例"))];
                with(record(&format!("成果 {n}")), &fields)
            })
            .collect();
        node.desk(NOW).take_in(&records, true).unwrap();
    }
    let statistics = Statistics::default();
    let ask = |node: &Node, what: &str, question| {
        let begun = std::time::Instant::now();
        let answer = statistics.answer(&node.library, question, || (), || true).unwrap().unwrap();
        println!("{what}: {:?}, {} listings", begun.elapsed(), answer.figures.listings);
        answer
    };
    ask(&node, "first count", Question::default());
    ask(&node, "the same again", Question::default());
    ask(&node, "another question", Question { region: Some(420_100), month: None });
    let (outcomes, _) = node.desk(NOW).take_in(&[record("又一条")], true).unwrap();
    let one = ask(&node, "after one more", Question::default());
    assert_eq!(one.figures.listings, ALL as u64 + 1);
    node.desk(NOW).withdraw(&published(&outcomes[0]), true).unwrap();
    assert_eq!(ask(&node, "after a withdrawal", Question::default()).figures.listings, ALL as u64);
}
