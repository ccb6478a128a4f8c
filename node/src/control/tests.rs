//! Whatever comes over the socket is answered.

use std::collections::BTreeMap;

use hostile::damage::{Dice, damage};
use serde_json::json;

use super::*;
use crate::config::Config;
use crate::office::{Ask, EnquiryAsk, ProfileAsk, Row, TableAsk};

/// Damaged requests that are put to an office.
const MUTATIONS: u64 = 800;

fn office(home: &Path) -> Office {
    let who = market::Applicant {
        name: "样例大市场".into(),
        name_en: String::new(),
        credit_code: String::new(),
        role: protocol::Role::Hub,
        region: 420_000,
        region_as_of: 2025,
    };
    market::Identity::found(home, &who, 1_790_000_000_000).unwrap();
    Office::open(home, Config::default(), false).unwrap()
}

fn requests() -> Vec<Request> {
    let id = || "0a1b".to_owned();
    let fields = BTreeMap::from([("title".to_owned(), json!("激光焊接")), ("trl".to_owned(), json!(6))]);
    vec![
        Request::Status,
        Request::Peers,
        Request::Forgive { node: String::new() },
        Request::Peer { ask: crate::office::PeerAsk::Pause { node: None, length: Some("2h".to_owned()) } },
        Request::Line { hours: None },
        Request::Search {
            text: "激光 \"焊接\" title:x AND (".to_owned(),
            kind: Some("achievement".to_owned()),
            region: Some("42".to_owned()),
            field: None,
            trl: Some((9, 1)),
            limit: usize::MAX,
            offset: usize::MAX,
        },
        Request::Show { id: id() },
        Request::History { id: id() },
        Request::Drafts { after: Some(id()) },
        Request::TakeIn {
            kind: "achievement".to_owned(),
            rows: vec![Row { row: u64::MAX, fields: fields.clone(), private: fields.clone(), listing: None }],
            publish: true,
            visibility: Some("members".to_owned()),
            editors: vec![id()],
        },
        Request::TakeTable {
            kind: "achievement".to_owned(),
            rows: vec![Row { row: 2, fields: fields.clone(), private: BTreeMap::new(), listing: Some(id()) }],
            ask: TableAsk {
                columns: vec!["title".to_owned()],
                begun_ms: i64::MAX,
                dry: true,
                publish: false,
                visibility: None,
            },
        },
        Request::Edit { id: String::new(), changes: fields },
        Request::Attach { id: id(), file: "ab".repeat(32), title: "检测报告".to_owned() },
        Request::Detach { id: id(), which: "1".to_owned() },
        Request::File { id: id(), which: id() },
        Request::Remembered { kind: "achievement".to_owned() },
        Request::Enquiry { ask: EnquiryAsk::List { all: true, sent: false } },
        Request::Enquiry { ask: EnquiryAsk::Show { id: id() } },
        Request::Enquiry {
            ask: EnquiryAsk::Make {
                listing: id(),
                asked: ["李工", "", "0710-3456789", "能否寄样？"].map(str::to_owned),
            },
        },
        Request::Enquiry { ask: EnquiryAsk::Answer { id: id(), message: "可以。".to_owned() } },
        Request::Enquiry { ask: EnquiryAsk::Close { id: id() } },
        Request::Choose { id: id(), field: "title".to_owned(), number: usize::MAX },
        Request::Conflicts { kind: None, limit: usize::MAX },
        Request::Statements { id: id() },
        Request::Publish { id: id() },
        Request::Withdraw { id: id() },
        Request::Purge { id: id(), reason: "手机号".to_owned() },
        Request::Roster { ask: Ask::Carry { steps: vec!["AAAA".to_owned(), id()] } },
        Request::Roster { ask: Ask::List { pending: false } },
        Request::Roster { ask: Ask::Steps { id: id() } },
        Request::Roster { ask: Ask::Show { name: Some("样例".to_owned()) } },
        Request::Profile { ask: ProfileAsk::Text { part: "rules".to_owned(), version: Some(id()) } },
        Request::Profile { ask: ProfileAsk::Add { text: "AAAA".to_owned() } },
        Request::Proof { id: id() },
        Request::Certificate { id: id() },
        Request::Charter,
    ]
}

/// A request in which one value is another one of its kind, or of no kind that fits.
fn with_odd_value(line: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut request: serde_json::Value = serde_json::from_slice(line).unwrap();
    let fields: Vec<String> =
        request.as_object().unwrap().keys().filter(|key| *key != "do").cloned().collect();
    if let Some(key) = fields.get(dice.below(fields.len().max(1))) {
        let texts = ["", "\0", "..", "/", "*", "a AND (", "\u{202e}\u{feff}", "𠮷"].map(|text| json!(text));
        let numbers = [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1e308)];
        let others = [
            json!(null),
            json!([]),
            json!({}),
            json!({ "title": ["x"], "": null }),
            json!("长".repeat(20_000)),
        ];
        let odd: Vec<_> = texts.into_iter().chain(numbers).chain(others).collect();
        request[key.as_str()] = odd[dice.below(odd.len())].clone();
    }
    serde_json::to_vec(&request).unwrap()
}

#[test]
fn every_request_however_damaged_is_answered() {
    let home = tempfile::tempdir().unwrap();
    let office = office(home.path());
    let lines: Vec<Vec<u8>> = requests().iter().map(|r| serde_json::to_vec(r).unwrap()).collect();
    let mut understood = 0;
    let mut answer = |line: &[u8]| match understand(line) {
        Ok(request) => {
            understood += 1;
            if let Err(failure) = office.answer(&Actor::system(0), request) {
                assert!(
                    failure.code != 0 && !failure.message.is_empty(),
                    "{}",
                    String::from_utf8_lossy(line)
                );
            }
        }
        Err(failure) => assert_eq!(failure.code, exit::USAGE),
    };
    lines.iter().for_each(|line| answer(line));
    for seed in 0..MUTATIONS {
        let mut dice = Dice(seed);
        let line = &lines[dice.below(lines.len())];
        let other = &lines[dice.below(lines.len())];
        answer(&damage(line, other, hostile::MAX_INPUT, &mut dice));
        answer(&with_odd_value(line, &mut dice));
    }
    println!("{understood} of {} lines were requests", 2 * MUTATIONS as usize + lines.len());
    assert!(understood > 300);
}
