//! Answers about what third parties say of listings.

use catalog::labels::Label;
use catalog::{Lang, words};
use market::{Listing, Said};
use protocol::InstitutionId;
use serde_json::{Value as Json, json};

use super::Office;
use super::failure::{Failure, exit};
use super::json;
use super::request::{Reply, Saying};

impl Office {
    /// The rejecting screening label by which this node hides a listing from its pages and lists, when there is one.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn screened(&self, listing: &Listing) -> market::Result<Option<Said>> {
        let heeded = self.heeded();
        if heeded.is_empty() {
            return Ok(None);
        }
        let objections = self.library().objections(listing)?;
        Ok(objections.into_iter().find(|said| heeded.contains(&said.institution)))
    }

    /// The institutions whose screening labels this node heeds, as far as the roster knows them.
    pub fn heeded(&self) -> Vec<InstitutionId> {
        let names = self.config().labels.hide_screened_by.iter();
        names.filter_map(|name| self.library().find_institution(name).ok()).collect()
    }

    /// Names in the configuration whose labels are to hide listings, and that the roster does not know: they hide nothing.
    pub(super) fn unknown_screeners(&self) -> Vec<&str> {
        let names = self.config().labels.hide_screened_by.iter().map(String::as_str);
        names.filter(|name| self.library().find_institution(name).is_err()).collect()
    }

    pub(super) fn statements(&self, id: &str) -> Reply {
        let id = self.resolve(id)?;
        let said = self.library().statements(&id)?;
        let list: Vec<Json> = said.iter().map(json::of_statement).collect();
        Ok(json!({ "v": 1, "id": id.to_string(), "statements": list }))
    }

    pub(super) fn state(&self, id: &str, saying: Saying, [label, value, reason]: [&str; 3]) -> Reply {
        if saying == Saying::New {
            let value = &self.whole(label, value)?;
            check(label, value, reason)?;
            let about = self.resolve(id)?;
            return self.sign(&about, None, [label, value, reason], "stated");
        }
        let earlier = self.library().find_statement(id)?;
        if earlier.institution != self.identity().certificate.body.institution {
            let places = [("id", id), ("institution", earlier.institution_name.as_str())];
            return Err(Failure::said(exit::REFUSED, "cli.failure.not-our-statement", &places));
        }
        let standing = self.library().newest(&earlier.statement.about)?;
        let stands = self.library().statements(&standing)?;
        if !stands.iter().any(|said| said.id == earlier.id) {
            return Err(Failure::said(exit::REFUSED, "cli.failure.statement-gone", &[("id", id)]));
        }
        if saying == Saying::TakeBack {
            return self.sign(&standing, Some(earlier.id), ["", "", reason], "taken-back");
        }
        let label = if label.is_empty() { &earlier.statement.label } else { label };
        let value = &self.whole(label, value)?;
        check(label, value, reason)?;
        self.sign(&standing, Some(earlier.id), [label, value, reason], "restated")
    }

    /// A value as it is signed: a match may name the other listing by its first digits.
    fn whole(&self, label: &str, value: &str) -> Result<String, Failure> {
        if label == Label::Match.id() && !value.is_empty() {
            return Ok(self.resolve(value)?.to_string());
        }
        Ok(value.to_owned())
    }

    fn sign(
        &self,
        about: &protocol::DocumentId,
        replaces: Option<protocol::Hash>,
        texts: [&str; 3],
        outcome: &str,
    ) -> Reply {
        let id = self.writing().work(|desk| {
            let (id, authored) = desk.state(about, replaces, texts)?;
            Ok((id, vec![authored]))
        })?;
        Ok(json!({ "v": 1, "row": 0, "outcome": outcome, "id": id.to_string(), "about": about.to_string() }))
    }
}

/// Checks the form of a statement before it is signed.
fn check(label: &str, value: &str, reason: &str) -> Result<(), Failure> {
    let unfit = |key: &str| Failure {
        code: exit::USAGE,
        kind: "statement".to_owned(),
        message: words::fill(Lang::En, key, &[("label", label)]),
        message_zh: words::fill(Lang::Zh, key, &[("label", label)]),
        ..Failure::default()
    };
    let known = Label::from_id(label).ok_or_else(|| unfit("statement.unfit.label"))?;
    known.check(value, reason).map_err(|why| unfit(why.0))
}
