//! Enquiries: who reads them, when they are received, what the clock measures, and how many of them one institution can
//! bring to another's desk.

use catalog::enquiry::Asked;
use market::{
    ANSWER_WITHIN_MS, EnquiryState, MAX_OPEN_OF_ONE, MAX_SENT_TO_ONE_A_DAY, MarketError, SENT_FOR_MS,
};

use super::*;

const MESSAGE: &str = "能否先寄两套样件试装？";

fn asked() -> Asked {
    Asked::new("李工", "襄阳轴承厂", "0710-3456789", MESSAGE)
}

impl Node {
    fn at(&mut self, now_ms: i64) -> Desk<'_> {
        Desk { now_ms, ..self.desk() }
    }

    fn ask(&mut self, about: &DocumentId, wire: &mut Wire, now_ms: i64) -> (DocumentId, String) {
        let (id, token, written) = self.at(now_ms).enquire(about, &asked(), &[]).unwrap();
        wire.take([written]);
        (id, token)
    }

    /// Receives all that may be received at a moment; how many that were.
    fn receive(&mut self, wire: &mut Wire, now_ms: i64) -> usize {
        let mut count = 0;
        while let Some(written) = self.at(now_ms).acknowledge(|_, _| true).unwrap() {
            wire.take(written);
            count += 1;
        }
        count
    }

    fn state(&self, id: &DocumentId) -> Option<EnquiryState> {
        let enquiry = self.library.enquiry(id).unwrap()?;
        Some(self.library.held(&enquiry.from, id).unwrap()?.state())
    }
}

#[test]
fn an_enquiry_is_received_answered_and_read_by_its_two_sides_alone() {
    let ([mut hub, mut firm, mut university, mut outsider], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    wire.give(&mut university);
    let (id, token) = university.ask(&about, &mut wire, NOW);
    let seen = |node: &Node| node.library.enquiry_at(&token).unwrap();
    assert_eq!(seen(&university).unwrap().received_ms, None);
    wire.give(&mut firm);

    // What is here and not yet durable has no receipt.
    assert!(firm.at(NOW + 5).acknowledge(|_, _| false).unwrap().is_none());
    assert_eq!(firm.state(&id), None);
    assert_eq!(firm.receive(&mut wire, NOW + 10), 1);
    assert_eq!(firm.receive(&mut wire, NOW + 11), 0, "once");
    assert_eq!(firm.state(&id), Some(EnquiryState::New));
    wire.give(&mut university);
    assert_eq!(seen(&university).unwrap().received_ms, Some(NOW + 10), "by the home node's clock");
    assert_eq!(university.receive(&mut wire, NOW + 12), 0, "who asks receives nothing of its own");

    let enquiry = firm.library.find_enquiry(&id.to_string()[..12]).unwrap();
    assert_eq!((enquiry.asked.clone(), enquiry.title.as_str()), (asked(), "轴承需求"));
    firm.at(NOW + 20).open_enquiry(&enquiry).unwrap();
    assert_eq!(firm.state(&id), Some(EnquiryState::Read));
    let answer = firm.at(NOW + 30).answer_enquiry(&enquiry, "  可以。\r\n下周寄出 ", "王芳").unwrap();
    wire.take([answer]);
    for node in [&mut hub, &mut university, &mut outsider] {
        wire.give(node);
    }
    let answers = seen(&university).unwrap().answers;
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].message.as_str(), answers[0].time_ms), ("可以。\n下周寄出", NOW + 30));
    let held = firm.library.held(&enquiry.from, &id).unwrap().unwrap();
    assert_eq!((held.state(), held.by.as_str(), held.waited_ms(0)), (EnquiryState::Answered, "王芳", 20));

    // It is among no requests and no listings, and nobody else reads a word of it.
    assert!(firm.library.letters().unwrap().is_empty() && university.library.letters().unwrap().is_empty());
    for node in [&hub, &outsider] {
        assert!(node.library.enquiry(&id).unwrap().is_none());
        assert!(node.library.find_enquiry(&id.to_string()).is_err());
    }
    for needle in [MESSAGE, "李工", "0710-3456789", "王芳", "下周寄出", token.as_str()] {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|part| part == needle.as_bytes());
        assert!(!wire.entries.iter().any(|(_, e)| holds(&e.entry.to_bytes())), "{needle}");
    }
    let foreign = university.desk().answer_enquiry(&enquiry, "x", "");
    assert!(matches!(foreign, Err(MarketError::NoSuchEnquiry { .. })), "who asked does not answer");
}

/// Either side may write into a document of the circle; what was asked and answered stays as it was signed first.
#[test]
fn no_later_edit_changes_what_was_asked_or_answered() {
    let ([_, mut firm, mut university, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    wire.give(&mut university);
    let (id, token) = university.ask(&about, &mut wire, NOW);
    wire.give(&mut firm);
    firm.receive(&mut wire, NOW);
    let enquiry = firm.library.enquiry(&id).unwrap().unwrap();
    wire.take([firm.desk().answer_enquiry(&enquiry, "三万元", "").unwrap()]);
    wire.give(&mut university);
    let answer = university.library.enquiry_at(&token).unwrap().unwrap().answers[0].id;
    let change = |value: &str| BTreeMap::from([("message".to_owned(), Some(Value::Text(value.to_owned())))]);
    wire.take(university.desk().edit_sealed(&answer, &change("三元")).unwrap());
    wire.take(firm.desk().edit_sealed(&id, &change("我要赔偿")).unwrap());
    for node in [&mut firm, &mut university] {
        wire.give(node);
        let seen = node.library.enquiry(&id).unwrap().unwrap();
        assert_eq!((seen.asked.message.as_str(), seen.answers[0].message.as_str()), (MESSAGE, "三万元"));
    }
}

#[test]
fn what_is_asked_at_the_home_node_itself_needs_nobody_else() {
    let ([_, mut firm, _, mut outsider], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let (id, token) = firm.ask(&about, &mut wire, NOW);
    assert_eq!(firm.receive(&mut wire, NOW + 1), 1);
    assert_eq!(firm.library.enquiry_at(&token).unwrap().unwrap().received_ms, Some(NOW + 1));
    wire.give(&mut outsider);
    assert!(outsider.library.enquiry(&id).unwrap().is_none());
    let enquiry = firm.library.enquiry(&id).unwrap().unwrap();
    wire.take(firm.desk().close_enquiry(&enquiry, "王芳").unwrap());
    assert_eq!(firm.state(&id), Some(EnquiryState::Closed));
    assert!(firm.desk().close_enquiry(&enquiry, "王芳").unwrap().is_none(), "nobody is told twice");
    wire.take([firm.desk().answer_enquiry(&enquiry, "还是答一下", "王芳").unwrap()]);
    assert_eq!(firm.state(&id), Some(EnquiryState::Answered), "what was closed can still be answered");
    for wrong in ["", "  \n ", &"长".repeat(market::ANSWER_CHARS + 1)] {
        let refused = firm.desk().answer_enquiry(&enquiry, wrong, "");
        assert!(matches!(refused, Err(MarketError::AnswerWrong { .. })));
    }
    let refused = firm.desk().answer_enquiry(&enquiry, "证件 11010519491231002X", "");
    assert!(matches!(refused, Err(MarketError::AnswerNamesIdentity)));
    let refused = firm.desk().enquire(&about, &Asked::default(), &[]);
    assert!(matches!(refused, Err(MarketError::AskedWrong(wrong)) if wrong.len() == 3));
}

#[test]
fn the_figures_tell_what_waits_and_how_long_answers_took() {
    let ([_, mut firm, _, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(firm.ask(&about, &mut wire, NOW + n).0);
        firm.receive(&mut wire, NOW + n);
    }
    let answer_at = |firm: &mut Node, n: usize, now_ms: i64| {
        let enquiry = firm.library.enquiry(&ids[n]).unwrap().unwrap();
        firm.at(now_ms).answer_enquiry(&enquiry, "答", "").unwrap();
    };
    answer_at(&mut firm, 0, NOW + 1_000);
    answer_at(&mut firm, 1, NOW + 3_001);
    answer_at(&mut firm, 2, NOW + 2 + ANSWER_WITHIN_MS + 1);
    answer_at(&mut firm, 0, NOW + 9 * ANSWER_WITHIN_MS);
    let figures = firm.library.enquiry_figures(NOW + 3 + ANSWER_WITHIN_MS + 1).unwrap();
    assert_eq!((figures.new, figures.open, figures.overdue), (2, 2, 1));
    assert_eq!((figures.answered, figures.in_time, figures.median_ms), (3, 2, Some(3_000)));
    let later = firm.library.enquiry_figures(NOW + market::FIGURES_OVER_MS + 10).unwrap();
    assert_eq!((later.open, later.overdue, later.answered, later.median_ms), (2, 2, 0, None));
}

/// However many one institution sends, so many of them come to the desk; others' come all the same, and more of its own as
/// these are dealt with.
#[test]
fn one_institution_fills_no_desk() {
    let ([_, mut firm, mut university, mut outsider], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    wire.give(&mut university);
    wire.give(&mut outsider);
    let many = MAX_OPEN_OF_ONE + 3;
    for n in 0..many {
        let day = i64::try_from(n / MAX_SENT_TO_ONE_A_DAY).unwrap();
        outsider.ask(&about, &mut wire, NOW + day * (ANSWER_WITHIN_MS + 1) + n as i64);
    }
    // A polite node sends no more in a day; the bound at the desk does not rest on that.
    let last = NOW + 2 * (ANSWER_WITHIN_MS + 1) + many as i64;
    for _ in 3..MAX_SENT_TO_ONE_A_DAY {
        outsider.ask(&about, &mut wire, last);
    }
    let refused = outsider.at(last).enquire(&about, &asked(), &[]);
    assert!(matches!(refused, Err(MarketError::TooManyEnquiries)));
    let (from_other, _) = university.ask(&about, &mut wire, NOW);
    wire.give(&mut firm);
    assert_eq!(firm.receive(&mut wire, NOW), MAX_OPEN_OF_ONE + 1);
    assert_eq!(firm.state(&from_other), Some(EnquiryState::New));
    let (first, _) =
        firm.library.open_enquiries().unwrap().into_iter().find(|(id, _)| *id != from_other).unwrap();
    let enquiry = firm.library.enquiry(&first).unwrap().unwrap();
    firm.desk().close_enquiry(&enquiry, "").unwrap();
    assert_eq!(firm.receive(&mut wire, NOW), 1, "one goes, one comes");
    let logs = wire.entries.iter().map(|(log, _)| *log).filter(|log| log.shelf.circle().is_some());
    let logs: std::collections::BTreeSet<LogId> = logs.collect();
    assert_eq!(logs.len(), 4, "one circle for each two, however much is asked: {logs:?}");
}

#[test]
fn a_lost_store_has_its_enquiries_again_with_their_receipts() {
    let ([_, mut firm, mut university, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    wire.give(&mut university);
    let mut asked = Vec::new();
    for n in 0..3 {
        asked.push(university.ask(&about, &mut wire, NOW + n).0);
    }
    wire.give(&mut firm);
    firm.receive(&mut wire, NOW + 50);
    let answered = firm.library.enquiry(&asked[0]).unwrap().unwrap();
    wire.take([firm.desk().answer_enquiry(&answered, "答", "王芳").unwrap()]);
    let closed = firm.library.enquiry(&asked[1]).unwrap().unwrap();
    wire.take(firm.at(NOW + 60).close_enquiry(&closed, "").unwrap());
    wire.give(&mut university);
    let seen = university.library.enquiry(&asked[1]).unwrap().unwrap();
    assert_eq!((seen.closed_ms, seen.answers.len()), (Some(NOW + 60), 0), "who asked is told");
    let Node { identity, ledger, library, home } = firm;
    drop((ledger, library));
    std::fs::remove_dir_all(home.path().join("data/store")).unwrap();
    let mut firm = node(identity, home);
    let before = wire.entries.len();
    wire.give(&mut firm);
    assert_eq!(firm.receive(&mut wire, NOW + 90_000), 0, "all of them are known");
    assert_eq!(wire.entries.len(), before, "no receipt is signed twice");
    let states = asked.iter().map(|id| firm.state(id).unwrap()).collect::<Vec<_>>();
    assert_eq!(states, [EnquiryState::Answered, EnquiryState::Closed, EnquiryState::New]);
    let held = firm.library.held(&answered.from, &asked[2]).unwrap().unwrap();
    assert_eq!(held.since_ms, NOW + 50, "the clock goes on from the receipt");
}

#[test]
fn a_visitors_address_is_no_guess_and_ends() {
    let ([_, mut firm, _, _], mut wire) = network();
    let about = publish(&mut firm, &mut wire);
    let (id, token) = firm.ask(&about, &mut wire, NOW);
    assert_eq!(token.len(), 32);
    for wrong in ["", "zz", &id.to_string(), &token[..30], &"0".repeat(32)] {
        assert!(firm.library.enquiry_at(wrong).unwrap().is_none(), "{wrong}");
    }
    let later = NOW + SENT_FOR_MS + 1;
    firm.ask(&about, &mut wire, later);
    assert!(firm.library.enquiry_at(&token).unwrap().is_none());
    assert_eq!(firm.library.sent_enquiries(0).unwrap().len(), 1);
    assert!(firm.library.enquiry(&id).unwrap().is_some(), "at the desk it stays");
}
