//! Answers about what third parties say of listings.

use catalog::labels::{Label, matched_with};
use catalog::{Lang, words};
use market::{Listing, MarketError, Said};
use protocol::{Charter, DocumentId, Hash, InstitutionId, NetworkId, Statement};
use serde_json::{Value as Json, json};

use super::Office;
use super::failure::{Failure, exit};
use super::json;
use super::request::{Reply, Saying};
use crate::abroad::Market;

/// What is said of a listing.
pub struct Told {
    /// The statement.
    pub said: Said,
    /// The network of who says it, where that is another one than the listing's.
    pub network: Option<Network>,
}

/// A network by its names.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English; may be empty.
    pub name_en: String,
}

impl From<&Charter> for Network {
    fn from(charter: &Charter) -> Self {
        Self { id: charter.id(), name_zh: charter.name_zh.clone(), name_en: charter.name_en.clone() }
    }
}

impl Office {
    /// All that is said of a listing here: by its own network, then by others. Of a listing that a peer market gives these are
    /// members of this network; of one of this network those of the markets whose word is held here.
    ///
    /// # Errors
    /// When a store fails or is damaged.
    pub fn told_of(&self, newest: &DocumentId) -> market::Result<Vec<Told>> {
        let own = self.library().statements(newest)?.into_iter();
        let mut told: Vec<Told> = own.map(|said| Told { said, network: None }).collect();
        let mut add = |by: &Office, charter: &Charter| -> market::Result<()> {
            let network = Some(Network::from(charter));
            let said = by.library().statements_abroad(newest, self.library())?.into_iter();
            told.extend(said.map(|said| Told { said, network: network.clone() }));
            Ok(())
        };
        match self.host() {
            Some(host) => add(&host, &host.identity().charter.charter)?,
            None => {
                for market in self.markets() {
                    add(&market.office, &market.peer.charter)?;
                }
            }
        }
        Ok(told)
    }

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
        let list: Vec<Json> = self.told_of(&id)?.iter().map(json::of_told).collect();
        Ok(json!({ "v": 1, "id": id.to_string(), "statements": list }))
    }

    pub(super) fn state(&self, id: &str, saying: Saying, [label, value, reason]: [&str; 3]) -> Reply {
        if saying == Saying::New {
            let value = &self.whole(label, value)?;
            check(label, value, reason)?;
            if let Some(market) = self.elsewhere(id)? {
                return self.state_abroad(&market, id, None, [label, value, reason], "stated");
            }
            let about = self.resolve(id)?;
            return self.sign(&about, None, [label, value, reason], "stated");
        }
        let earlier = self.library().find_statement(id)?;
        if earlier.institution != self.identity().certificate.body.institution {
            let places = [("id", id), ("institution", earlier.institution_name.as_str())];
            return Err(Failure::said(exit::REFUSED, "cli.failure.not-our-statement", &places));
        }
        if let Some(network) = earlier.statement.said_of().1 {
            return self.restate_abroad(&network, &earlier, saying, [label, value, reason]);
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

    /// A value as it is signed: a match may name a listing of this network by its first digits.
    fn whole(&self, label: &str, value: &str) -> Result<String, Failure> {
        if label == Label::Match.id() && !value.is_empty() && matched_with(label, value).is_none() {
            return Ok(self.resolve(value)?.to_string());
        }
        Ok(value.to_owned())
    }

    /// Says something else of a listing of another network, or takes back what was said: the latter too while nothing is held of it.
    fn restate_abroad(
        &self,
        network: &NetworkId,
        earlier: &Said,
        saying: Saying,
        [label, value, reason]: [&str; 3],
    ) -> Reply {
        let market = self.markets().into_iter().find(|market| market.network == *network);
        let about = earlier.statement.about;
        if let Some(market) = &market {
            let newest = market.office.library().newest(&about)?;
            let stands = self.library().statements_abroad(&newest, market.office.library())?;
            if !stands.iter().any(|said| said.id == earlier.id) {
                let places = [("id", &*earlier.id.to_string())];
                return Err(Failure::said(exit::REFUSED, "cli.failure.statement-gone", &places));
            }
        }
        if saying == Saying::TakeBack {
            let statement = Statement {
                label: String::new(),
                value: String::new(),
                reason: reason.to_owned(),
                ..earlier.statement.clone()
            };
            return self.sign_abroad(&statement, Some(earlier.id), "taken-back");
        }
        let label = if label.is_empty() { earlier.statement.said_of().0 } else { label };
        check(label, value, reason)?;
        let missing = || Failure::from(MarketError::NoSuchListing { id: about.to_string() });
        let market = market.ok_or_else(missing)?;
        self.state_abroad(&market, &about.to_string(), Some(earlier.id), [label, value, reason], "restated")
    }

    /// Says something of a listing that a peer market gives: of the version that is held of it.
    fn state_abroad(
        &self,
        market: &Market,
        id: &str,
        replaces: Option<Hash>,
        [label, value, reason]: [&str; 3],
        outcome: &str,
    ) -> Reply {
        let held = market.office.library();
        let about = held.newest(&held.find(id)?)?;
        let listing = held.listing(&about)?.filter(|listing| market.office.shows_publicly(listing));
        if listing.is_none() {
            return Err(MarketError::NoSuchListing { id: id.to_owned() }.into());
        }
        let statement = Statement {
            about,
            version: held.versions(&about)?.present().to_vec(),
            label: Statement::label_abroad(label, &market.network),
            value: value.to_owned(),
            reason: reason.to_owned(),
        };
        self.sign_abroad(&statement, replaces, outcome)
    }

    fn sign_abroad(&self, statement: &Statement, replaces: Option<Hash>, outcome: &str) -> Reply {
        let id = self.writing().work(|desk| {
            let (id, authored) = desk.state_abroad(statement, replaces)?;
            Ok((id, vec![authored]))
        })?;
        let about = statement.about.to_string();
        Ok(json!({ "v": 1, "row": 0, "outcome": outcome, "id": id.to_string(), "about": about }))
    }

    fn sign(&self, about: &DocumentId, replaces: Option<Hash>, texts: [&str; 3], outcome: &str) -> Reply {
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
