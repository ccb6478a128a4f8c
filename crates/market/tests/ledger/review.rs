//! Drafts on their way: who may take which step, and what a step is worth after an edit.

use market::{Account, DeskRole, DraftState, MarketError, Outcome};
use storage::Table;

use super::{NOW, Node, hub, record};

const PASSWORD: &str = "石榴树下的三只猫咪呀";

fn account(node: &mut Node, name: &str, role: DeskRole) -> Account {
    let account = Account::new(name, role, PASSWORD, NOW).unwrap();
    node.desk(NOW).add_account(&account).unwrap();
    account
}

fn draft(node: &mut Node, by: &Account) -> String {
    match node.desk(NOW).keep_draft_of(None, &record("一项成果"), &by.name).unwrap() {
        Outcome::Drafted(id) => id,
        other => panic!("{other:?}"),
    }
}

fn state(node: &Node, id: &str) -> DraftState {
    node.library.draft(id).unwrap().unwrap().way.state
}

fn is_reviewed(node: &mut Node, id: &str) -> bool {
    let draft = node.library.draft(id).unwrap().unwrap();
    node.desk(NOW).is_reviewed(&draft)
}

#[test]
fn a_draft_passes_two_reviews_by_people_who_did_not_write_it() {
    let mut node = hub();
    let clerk = account(&mut node, "clerk", DeskRole::Clerk);
    let first = account(&mut node, "first", DeskRole::Reviewer);
    let second = account(&mut node, "second", DeskRole::Administrator);
    let id = draft(&mut node, &clerk);
    let refused = |outcome: market::Result<_>| matches!(outcome, Err(MarketError::NotTheirs { .. }));

    assert!(matches!(node.desk(NOW).review_draft(&id, &first, None), Err(MarketError::OutOfTurn { .. })));
    assert_eq!(node.desk(NOW).submit_draft(&id, &clerk).unwrap(), DraftState::Formal);
    assert!(matches!(node.desk(NOW).submit_draft(&id, &clerk), Err(MarketError::OutOfTurn { .. })));
    assert!(refused(node.desk(NOW).review_draft(&id, &clerk, None)), "a clerk reviews nothing");
    assert_eq!(node.desk(NOW).review_draft(&id, &first, None).unwrap(), Some(DraftState::Department));
    assert!(refused(node.desk(NOW).review_draft(&id, &first, None)), "nobody takes both steps");
    assert!(!is_reviewed(&mut node, &id));
    assert_eq!(node.desk(NOW).review_draft(&id, &second, None).unwrap(), None);
    assert!(is_reviewed(&mut node, &id));

    // A word changed afterwards makes both steps worth nothing.
    node.desk(NOW).keep_draft_of(Some(&id), &record("另一项成果"), "clerk").unwrap();
    assert_eq!(state(&node, &id), DraftState::Writing);
    let kept = node.library.draft(&id).unwrap().unwrap();
    assert_eq!(kept.way.reviews.len(), 2, "what happened is not forgotten");
    assert!(node.desk(NOW).steps_that_hold(&kept).is_empty() && !is_reviewed(&mut node, &id));
    node.desk(NOW).keep_draft_of(Some(&id), &record("一项成果"), "clerk").unwrap();
    let kept = node.library.draft(&id).unwrap().unwrap();
    assert_eq!(node.desk(NOW).steps_that_hold(&kept).len(), 2, "what was reviewed stands as it was");

    // Nobody reviews what they wrote while somebody else can.
    let own = draft(&mut node, &first);
    node.desk(NOW).submit_draft(&own, &first).unwrap();
    assert!(refused(node.desk(NOW).review_draft(&own, &first, None)));
}

#[test]
fn a_demand_is_answered_by_the_first_review_of_somebody_else() {
    const DAY: i64 = market::ANSWER_WITHIN_MS;
    let mut node = hub();
    let clerk = account(&mut node, "clerk", DeskRole::Clerk);
    let reviewer = account(&mut node, "reviewer", DeskRole::Reviewer);
    let demand = market::Incoming { kind: 17, ..record("一项需求") };
    let begin = |node: &mut Node, by: &str| match node.desk(NOW).keep_draft_of(None, &demand, by).unwrap() {
        Outcome::Drafted(id) => id,
        other => panic!("{other:?}"),
    };
    let [soon, late, own] = ["clerk", "clerk", "reviewer"].map(|by| begin(&mut node, by));
    for id in [&soon, &late, &own] {
        node.desk(NOW + 10).submit_draft(id, &clerk).unwrap();
    }
    // What is no demand has no clock.
    let result = draft(&mut node, &clerk);
    node.desk(NOW + 10).submit_draft(&result, &clerk).unwrap();
    node.desk(NOW + 20).review_draft(&result, &reviewer, None).unwrap();
    node.desk(NOW + 1_010).review_draft(&soon, &reviewer, Some("指标不清")).unwrap();
    let figures = node.library.demand_figures(NOW + 10 + DAY + 1).unwrap();
    assert_eq!((figures.open, figures.overdue, figures.answered), (2, 2, 1));
    assert_eq!((figures.in_time, figures.median_ms), (1, Some(1_000)));
    node.desk(NOW + 10 + 2 * DAY).review_draft(&late, &reviewer, None).unwrap();
    let second = account(&mut node, "second", DeskRole::Administrator);
    node.desk(NOW + 10 + 3 * DAY).review_draft(&late, &second, None).unwrap();
    let figures = node.library.demand_figures(NOW + 4 * DAY).unwrap();
    assert_eq!(
        (figures.open, figures.answered, figures.in_time),
        (1, 2, 1),
        "the second step is no first answer"
    );
    // It comes again: another submission, another clock.
    node.desk(NOW + 5 * DAY).keep_draft_of(Some(&soon), &demand, "clerk").unwrap();
    node.desk(NOW + 5 * DAY).submit_draft(&soon, &clerk).unwrap();
    let figures = node.library.demand_figures(NOW + 6 * DAY).unwrap();
    assert_eq!((figures.open, figures.overdue), (2, 1));
}

#[test]
fn a_draft_comes_back_with_a_reason() {
    let mut node = hub();
    let clerk = account(&mut node, "clerk", DeskRole::Clerk);
    let reviewer = account(&mut node, "reviewer", DeskRole::Administrator);
    let id = draft(&mut node, &clerk);
    node.desk(NOW).submit_draft(&id, &clerk).unwrap();
    assert!(matches!(node.desk(NOW).review_draft(&id, &reviewer, Some(" ")), Err(MarketError::NoReason)));
    let back = node.desk(NOW).review_draft(&id, &reviewer, Some("缺少检测报告")).unwrap();
    assert_eq!((back, state(&node, &id)), (Some(DraftState::Returned), DraftState::Returned));
    let review = node.library.draft(&id).unwrap().unwrap().way.reviews.pop().unwrap();
    assert_eq!(
        (review.passed, review.reason.as_str(), review.by.as_str()),
        (false, "缺少检测报告", "reviewer")
    );
    node.desk(NOW).submit_draft(&id, &clerk).unwrap();
    assert_eq!(state(&node, &id), DraftState::Formal);
}

#[test]
fn who_is_alone_at_a_desk_takes_every_step() {
    let mut node = hub();
    let alone = account(&mut node, "alone", DeskRole::Administrator);
    account(&mut node, "clerk", DeskRole::Clerk);
    let id = draft(&mut node, &alone);
    node.desk(NOW).submit_draft(&id, &alone).unwrap();
    node.desk(NOW).review_draft(&id, &alone, None).unwrap();
    assert_eq!(node.desk(NOW).review_draft(&id, &alone, None).unwrap(), None);
    assert!(is_reviewed(&mut node, &id));
}

#[test]
fn a_review_that_nobody_signed_counts_for_nothing() {
    let mut node = hub();
    let alone = account(&mut node, "alone", DeskRole::Administrator);
    let id = draft(&mut node, &alone);
    node.desk(NOW).submit_draft(&id, &alone).unwrap();
    node.desk(NOW).review_draft(&id, &alone, None).unwrap();
    node.desk(NOW).review_draft(&id, &alone, None).unwrap();
    let key = format!("draft:{id}").into_bytes();
    let stored = node.ledger.store().get(Table::Drafts, &key).unwrap().unwrap();
    let reviewed = node.library.draft(&id).unwrap().unwrap();
    // Whatever bit of what is stored is changed: both steps no longer hold, unless it only tells when it was changed.
    let mut unharmed = 0;
    for bit in 0..stored.len() * 8 {
        let mut bytes = stored.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        node.desk(NOW).ledger.keep(Table::Drafts, &key, Some(&bytes)).unwrap();
        let Some(draft) = node.library.draft(&id).unwrap() else { continue };
        if node.desk(NOW).is_reviewed(&draft) {
            assert_eq!(
                (&draft.fields, &draft.way.reviews),
                (&reviewed.fields, &reviewed.way.reviews),
                "bit {bit}"
            );
            unharmed += 1;
        }
    }
    assert!(unharmed < stored.len(), "{unharmed}");

    // What was changed behind the desk's back between the steps is not published with the second.
    let second = draft(&mut node, &alone);
    node.desk(NOW).submit_draft(&second, &alone).unwrap();
    node.desk(NOW).review_draft(&second, &alone, None).unwrap();
    let place = format!("draft:{second}").into_bytes();
    let mut bytes = node.ledger.store().get(Table::Drafts, &place).unwrap().unwrap();
    let title = "一项成果".as_bytes();
    let at = bytes.windows(title.len()).position(|part| part == title).unwrap();
    bytes[at..at + title.len()].copy_from_slice("两项成果".as_bytes());
    node.desk(NOW).ledger.keep(Table::Drafts, &place, Some(&bytes)).unwrap();
    assert_eq!(node.desk(NOW).review_draft(&second, &alone, None).unwrap(), Some(DraftState::Formal));
    node.desk(NOW).review_draft(&second, &alone, None).unwrap();
    assert_eq!(node.desk(NOW).review_draft(&second, &alone, None).unwrap(), None);

    // A draft of an earlier program ends before its way.
    let empty = market::Way::default();
    let old = stored.len() - 1;
    let cut = (0..old).rev().find(|cut| {
        node.desk(NOW).ledger.keep(Table::Drafts, &key, Some(&stored[..*cut])).unwrap();
        node.library.draft(&id).unwrap().is_some_and(|draft| draft.way == empty)
    });
    assert_eq!(node.library.draft(&id).unwrap().unwrap().fields, reviewed.fields, "cut at {cut:?}");
}

#[test]
fn a_desk_keeps_an_administrator() {
    let mut node = hub();
    let first = account(&mut node, "Wang.Fang", DeskRole::Administrator);
    let clerk = account(&mut node, "clerk", DeskRole::Clerk);
    assert!(matches!(node.desk(NOW).add_account(&first), Err(MarketError::AccountExists { .. })));
    assert!(node.library.account("wang.fang ").unwrap().unwrap().opens_with(PASSWORD));
    assert!(matches!(node.desk(NOW).drop_account("wang.fang"), Err(MarketError::LastAdministrator { .. })));
    let lower = first.with_role(DeskRole::Clerk);
    assert!(matches!(node.desk(NOW).change_account(&lower), Err(MarketError::LastAdministrator { .. })));
    node.desk(NOW).change_account(&clerk.with_role(DeskRole::Administrator)).unwrap();
    node.desk(NOW).drop_account("wang.fang").unwrap();
    assert!(matches!(node.desk(NOW).drop_account("wang.fang"), Err(MarketError::NoSuchAccount { .. })));
    let names: Vec<String> =
        node.library.accounts().unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["clerk"]);
}
