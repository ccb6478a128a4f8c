//! Who says what a listing says: the facts of its provenance and the result of each check, in words.

use super::Fact;
use crate::limits::NAME_CHARS;
use crate::text::{count, minute, short_id, stamp, tidy_line};
use crate::view::{Check, CheckKind, CheckResult, Holders, ListingView, Provenance};
use catalog::Lang;
use catalog::words::{fill, say};

/// What the box beside a listing shows.
pub(super) struct Proof {
    /// Which sign heads the box: `good` when all passed, `bad` when one failed, `unsure` between.
    pub(super) face: &'static str,
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) signed_stamp: String,
    pub(super) facts: Vec<Fact>,
    pub(super) checks: Vec<Line>,
    pub(super) full: Vec<Fact>,
}

/// One check.
pub(super) struct Line {
    pub(super) sign: &'static str,
    pub(super) class: &'static str,
    pub(super) text: String,
    pub(super) reason: String,
}

impl Proof {
    pub(super) fn new(lang: Lang, view: &ListingView) -> Self {
        let provenance = &view.provenance;
        let [face, title, text] = verdict(&provenance.checks);
        let institution = tidy_line(&provenance.institution, NAME_CHARS);
        Proof {
            face,
            title: say(lang, title),
            text: fill(lang, text, &[("institution", &institution)]),
            signed_stamp: stamp(provenance.signed_ms),
            facts: facts(lang, view),
            checks: provenance.checks.iter().map(|check| line(lang, check)).collect(),
            full: full(lang, &view.id, provenance),
        }
    }
}

/// The verdict over all checks: one failure spoils it, and no check at all proves nothing.
fn verdict(checks: &[Check]) -> [&'static str; 3] {
    let failed = checks.iter().any(|check| matches!(check.result, CheckResult::Failed(_)));
    let passed = checks.iter().filter(|check| check.result == CheckResult::Passed).count();
    match (failed, passed) {
        (true, _) => ["bad", "proof.bad.title", "proof.bad.text"],
        (false, 0) => ["unsure", "proof.none.title", "proof.none.text"],
        (false, n) if n < checks.len() => ["unsure", "proof.partly.title", "proof.partly.text"],
        _ => ["good", "proof.good.title", "proof.good.text"],
    }
}

fn facts(lang: Lang, view: &ListingView) -> Vec<Fact> {
    let provenance = &view.provenance;
    let editors: Vec<String> = view.editors.iter().map(|name| tidy_line(name, NAME_CHARS)).collect();
    let signed = fill(lang, "proof.signed.note", &[("time", &minute(provenance.signed_ms, lang))]);
    let admitted: Vec<String> =
        provenance.admitted_by.iter().map(|name| tidy_line(name, NAME_CHARS)).collect();
    let node = match tidy_line(&provenance.node, NAME_CHARS) {
        name if name.is_empty() => short_id(&provenance.node_key),
        name => name,
    };
    let mut facts = vec![
        Fact::new(say(lang, "proof.institution"), tidy_line(&provenance.institution, NAME_CHARS)),
        Fact::mono(say(lang, "proof.credit_code"), tidy_line(&provenance.credit_code, NAME_CHARS)),
        Fact::new(say(lang, "proof.editors"), editors.join(lang.pick("、", ", "))),
        Fact::new(say(lang, "proof.node"), node),
        Fact::new(say(lang, "proof.signed"), signed),
        Fact::new(say(lang, "proof.network"), tidy_line(provenance.network.pick(lang), NAME_CHARS)),
        Fact::new(say(lang, "proof.admitted_by"), admitted.join(lang.pick("、", ", "))),
        Fact::new(say(lang, "proof.held_by"), held_by(lang, provenance)),
        Fact::mono(say(lang, "proof.id"), short_id(&view.id)),
    ];
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

/// How many nodes hold it: this one, and of those connected now the ones that say so. Who is not connected is not counted.
fn held_by(lang: Lang, provenance: &Provenance) -> String {
    match provenance.held_by {
        None => String::new(),
        Some(Holders { connected: 0, .. }) => say(lang, "proof.held_by.alone").to_owned(),
        Some(Holders { nodes, connected }) => {
            let numbers = [("n", &*count(nodes)), ("all", &*count(connected))];
            fill(lang, "proof.held_by.some", &numbers)
        }
    }
}

fn full(lang: Lang, id: &str, provenance: &Provenance) -> Vec<Fact> {
    let all = [
        ("proof.id", id),
        ("proof.institution_id", &provenance.institution_id),
        ("proof.node_key", &provenance.node_key),
        ("proof.network_id", &provenance.network_id),
    ];
    let known = all.iter().filter(|(_, value)| !value.is_empty());
    known.map(|(key, value)| Fact::mono(say(lang, key), tidy_line(value, NAME_CHARS))).collect()
}

fn line(lang: Lang, check: &Check) -> Line {
    let what = match check.what {
        CheckKind::Signature => "check.signature",
        CheckKind::Chain => "check.chain",
        CheckKind::Content => "check.content",
        CheckKind::Certificate => "check.certificate",
        CheckKind::Admission => "check.admission",
    };
    let (sign, class, result, reason) = match &check.result {
        CheckResult::Passed => ("✓", "pass", "check.passed", ""),
        CheckResult::Failed(reason) => ("✗", "fail", "check.failed", reason.as_str()),
        CheckResult::Skipped(reason) => ("–", "skipped", "check.skipped", reason.as_str()),
    };
    let text = fill(lang, result, &[("what", say(lang, what))]);
    Line { sign, class, text, reason: tidy_line(reason, NAME_CHARS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_spoils_the_verdict_and_no_check_proves_nothing() {
        let check = |result: CheckResult| Check { what: CheckKind::Signature, result };
        let passed = check(CheckResult::Passed);
        let failed = check(CheckResult::Failed("x".into()));
        let skipped = check(CheckResult::Skipped("x".into()));
        assert_eq!(verdict(&[])[1], "proof.none.title");
        assert_eq!(verdict(std::slice::from_ref(&skipped))[1], "proof.none.title");
        assert_eq!(verdict(&[passed.clone(), passed.clone()])[1], "proof.good.title");
        assert_eq!(verdict(&[passed.clone(), skipped])[1], "proof.partly.title");
        assert_eq!(verdict(&[passed, failed])[1], "proof.bad.title");
    }
}
