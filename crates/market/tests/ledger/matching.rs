//! Which listing of ours a record of a table is: found again after edits and a rebuild, and never somebody else's.

use super::*;
use market::Match;

fn with(title: &str, more: &[(&str, &str)]) -> Incoming {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut fields = Fields::from([("title".to_owned(), text(title))]);
    for (key, value) in more {
        match key.contains('/') {
            true => fields.insert((*key).to_owned(), Value::Bool(true)),
            false => fields.insert((*key).to_owned(), text(value)),
        };
    }
    Incoming { kind: ACHIEVEMENT, fields, contact: Fields::new(), visibility: None, private: Fields::new() }
}

fn published(node: &mut Node, records: &[Incoming]) -> Vec<DocumentId> {
    let (outcomes, _) = node.desk(NOW).take_in(records, true).unwrap();
    let id = |outcome: &Outcome| match outcome {
        Outcome::Published(id) => *id,
        other => panic!("{other:?}"),
    };
    outcomes.iter().map(id).collect()
}

fn found(node: &Node, record: &Incoming) -> Option<(DocumentId, Match)> {
    let found = node.library.match_of(record, Some(NOW + 1)).unwrap();
    found.map(|(listing, by)| (listing.id, by))
}

const PATENT: &str = "patent/CN201220249767.4";

#[test]
fn a_record_is_known_by_its_number_its_words_its_title_or_its_patent() {
    let mut node = hub();
    let records = [
        with("稀土永磁电机", &[("source_id", "K-1"), ("summary", "一")]),
        with("锂电池隔膜", &[("organization", "某大学"), (PATENT, "")]),
        with("锂电池隔膜", &[("organization", "另一大学")]),
    ];
    let ids = published(&mut node, &records);
    for (record, id, by) in [
        (with("改了名的电机", &[("source_id", "K-1")]), Some(ids[0]), Match::Number),
        (records[1].clone(), Some(ids[1]), Match::Content),
        (with("锂电池 隔膜", &[("organization", "某大学"), ("summary", "新")]), Some(ids[1]), Match::Title),
        (with("高安全隔膜", &[(PATENT, "")]), Some(ids[1]), Match::Patent),
        // Not without the institution, which is another for each of the two.
        (with("锂电池隔膜", &[("summary", "新")]), None, Match::Title),
        // A number of its own says that it is another, whatever its title.
        (with("稀土永磁电机", &[("source_id", "K-2")]), None, Match::Title),
    ] {
        assert_eq!(found(&node, &record), id.map(|id| (id, by)), "{record:?}");
    }
    // By words alone where nothing else was asked for, and never by what the same table brought.
    let alike = with("高安全隔膜", &[(PATENT, "")]);
    for before in [None, Some(NOW)] {
        assert!(node.library.match_of(&alike, before).unwrap().is_none());
    }
}

#[test]
fn two_institutions_may_use_the_same_number() {
    let mut node = hub();
    let of = |code: &str, title: &str| with(title, &[("source_id", "001"), ("credit_code", code)]);
    let (one, other) = ("12100000707137123P", "12100000441626842D");
    let ids = published(&mut node, &[of(one, "甲"), of(other, "乙")]);
    assert_eq!(found(&node, &of(one, "丙")), Some((ids[0], Match::Number)));
    assert_eq!(found(&node, &of(other, "丙")), Some((ids[1], Match::Number)));
    // One that was published without a code is the one that now has it.
    let bare = published(&mut node, &[with("丁", &[("source_id", "002")])])[0];
    let coded = with("丁", &[("source_id", "002"), ("credit_code", one)]);
    assert_eq!(found(&node, &coded), Some((bare, Match::Number)));
}

#[test]
fn a_listing_is_found_by_what_it_says_now() {
    let mut node = hub();
    let id = published(&mut node, &[with("旧题名", &[(PATENT, "")])])[0];
    let changes = [
        ("title".to_owned(), Some(Value::Text("新题名".to_owned()))),
        (PATENT.to_owned(), None),
        ("source_id".to_owned(), Some(Value::Text("K-9".to_owned()))),
    ];
    node.desk(NOW).edit(&id, &changes.into()).unwrap();
    for (record, by) in [
        (with("新题名", &[("summary", "新")]), Some(Match::Title)),
        (with("什么都行", &[("source_id", "K-9")]), Some(Match::Number)),
        (with("旧题名", &[("summary", "新")]), None),
        (with("什么都行", &[(PATENT, "")]), None),
    ] {
        assert_eq!(found(&node, &record), by.map(|by| (id, by)), "{record:?}");
    }
    // Keys are local records of the journal's: a node killed at once has them still.
    let node = node.reopened();
    assert_eq!(found(&node, &with("新题名", &[])).map(|(id, _)| id), Some(id));
}

#[test]
fn where_several_are_alike_none_is_taken() {
    let mut node = hub();
    published(&mut node, &[with("甲", &[(PATENT, "")]), with("乙", &[(PATENT, "")])]);
    assert_eq!(found(&node, &with("丙", &[(PATENT, "")])), None);
}

#[test]
fn the_same_table_brings_the_same_drafts() {
    let mut node = hub();
    let records = [(None, with("甲", &[("source_id", "1")])), (None, with("乙", &[]))];
    let first = node.desk(NOW).keep_drafts(&records, "lilei", true).unwrap();
    let drafts = node.library.drafts(None, 10).unwrap();
    assert_eq!(drafts.len(), 2);
    assert!(drafts.iter().all(|draft| draft.way.state == market::DraftState::Formal));
    let corrected = [(None, with("甲，改正", &[("source_id", "1")])), (None, with("乙", &[]))];
    assert_eq!(node.desk(NOW).keep_drafts(&corrected, "lilei", true).unwrap(), first);
    let titles: Vec<_> =
        node.library.drafts(None, 10).unwrap().iter().map(|d| d.fields["title"].clone()).collect();
    assert!(titles.len() == 2 && titles.contains(&Value::Text("甲，改正".to_owned())), "{titles:?}");
}
