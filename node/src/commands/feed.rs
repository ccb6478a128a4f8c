//! A database that is kept level with a node: changes are asked of the node, and go into the database with the place behind them.
//! Nothing is kept here, so this process may end at any moment.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use warehouse::{Database, Institution, Place, Standing, Taken};

use super::parquet::{LOOK_EVERY, PAGE, item_of};
use super::{Answerer, Context, Outcome, print_json, print_line, print_note, read_file, text};
use crate::cli::{FeedAction, FeedPostgres};
use crate::office::{Ask, Failure, Mark, Request, exit};

/// The roster is looked at as often: a new institution is there soon after its first listing.
const ROSTER_EVERY: Duration = Duration::from_secs(5);
/// First wait after an interruption; doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub fn run(context: &Context, action: FeedAction) -> Outcome {
    let FeedAction::Postgres(args) = action;
    if !warehouse::is_schema_name(&args.schema) {
        return Err(Failure::said(exit::USAGE, "cli.failure.schema", &[("name", &args.schema)]));
    }
    let password = args.password_file.as_deref().map(read_file).transpose()?;
    let password =
        password.map(|bytes| String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned());
    let certificates = args.certificates.as_deref().map(read_file).transpose()?.unwrap_or_default();
    let source = Source { context, args: &args, password, certificates };
    // What is wrong at the beginning is wrong in what was typed; what happens later passes.
    let mut feed = source.open()?;
    let (mut tally, mut wait) = (Tally::default(), FIRST_WAIT);
    loop {
        match feed.round(&mut tally) {
            Ok(Round::Taken { more: true }) => wait = FIRST_WAIT,
            Ok(Round::Waits) => std::thread::sleep(LOOK_EVERY),
            Ok(Round::Taken { more: false }) => {
                wait = FIRST_WAIT;
                tally.tell(context, args.once);
                if args.once {
                    return Ok(0);
                }
                std::thread::sleep(Duration::from_secs(args.every));
            }
            Err(failure) if args.once || failure.code != exit::UNREACHABLE => return Err(failure),
            Err(failure) => {
                let mut what = failure;
                // Both ends are opened anew: which one was away does not matter.
                feed = loop {
                    let seconds = wait.as_secs().to_string();
                    let (message, _) = what.in_words(context.lang);
                    print_note(&context.fill("cli.feed.again", &[("what", message), ("seconds", &seconds)]));
                    std::thread::sleep(wait);
                    wait = (wait * 2).min(LONGEST_WAIT);
                    match source.open() {
                        Ok(feed) => break feed,
                        Err(failure) if failure.code == exit::UNREACHABLE => what = failure,
                        Err(failure) => return Err(failure),
                    }
                };
            }
        }
    }
}

/// What was taken since it was last told.
#[derive(Default)]
struct Tally {
    taken: u64,
    gone: u64,
}

impl Tally {
    fn tell(&mut self, context: &Context, also_nothing: bool) {
        let Self { taken, gone } = std::mem::take(self);
        if taken == 0 && !also_nothing {
            return;
        }
        if context.json {
            print_json(&json!({ "v": 1, "taken": taken, "gone": gone, "level": true }));
        } else {
            let (taken, gone) = (taken.to_string(), gone.to_string());
            print_line(&context.fill("cli.feed.level", &[("count", &taken), ("gone", &gone)]));
        }
    }
}

/// From where to where.
struct Source<'a> {
    context: &'a Context,
    args: &'a FeedPostgres,
    password: Option<String>,
    /// Believed beside those of the system.
    certificates: Vec<u8>,
}

impl Source<'_> {
    fn open(&self) -> Result<Feed, Failure> {
        let args = self.args;
        // A feed that goes on must not keep the store of a node that is to start.
        let mut node = match args.once {
            true => self.context.desk()?,
            false => Answerer::Running(Box::new(self.context.running()?)),
        };
        let status = node.ask(&Request::Status)?;
        let (network, id) = (text(&status["network"], "id"), text(&status, "node"));
        let trust = || {
            let trusted = courier::trust("PostgreSQL", &self.certificates);
            trusted.map_err(|error| {
                warehouse::Error::Trust(self.context.lang.pick(error.zh(), error.to_string()))
            })
        };
        let database = Database::connect(&args.to, self.password.as_deref(), &args.schema, trust);
        let mut database = database.map_err(|error| failed(&error))?;
        let standing = database.stand(network, id).map_err(|error| failed(&error))?;
        Ok(Feed { node, database, standing, members: String::new(), looked: None })
    }
}

/// What a round came to.
enum Round {
    /// The node is not ready yet.
    Waits,
    /// Changes were taken, perhaps none; whether more wait.
    Taken { more: bool },
}

/// Both ends, and how far the database has come.
struct Feed {
    node: Answerer,
    database: Database,
    standing: Standing,
    /// The roster that the database has, by its digest.
    members: String,
    looked: Option<Instant>,
}

impl Feed {
    /// Asks for changes once and takes them.
    fn round(&mut self, tally: &mut Tally) -> Result<Round, Failure> {
        let after = self.standing.place.as_ref().map(mark_of);
        let page = self.node.ask(&Request::Changes { after, limit: PAGE })?;
        if page["ready"] != true {
            return Ok(Round::Waits);
        }
        let catalogue = text(&page, "catalogue");
        let changes = page["changes"].as_array().into_iter().flatten();
        let taken: Vec<Taken> = changes.map(|change| taken_of(change, catalogue)).collect();
        let end = place_of(&page["end"], catalogue);
        let more = page["more"] == true;
        let roster = self.roster()?;
        let level = !more && !self.standing.level;
        if !taken.is_empty() || roster.is_some() || level {
            let members = roster.as_ref().map(|(_, members)| members.as_slice());
            let took = self.database.take(&self.standing, &taken, end.as_ref(), !more, members);
            self.standing = took.map_err(|error| failed(&error))?;
            self.members = roster.map_or_else(|| std::mem::take(&mut self.members), |(digest, _)| digest);
            tally.taken += taken.len() as u64;
            tally.gone += taken.iter().filter(|one| one.item.is_none()).count() as u64;
        }
        Ok(Round::Taken { more })
    }

    /// The members of the network, when the database has not these.
    fn roster(&mut self) -> Result<Option<(String, Vec<Institution>)>, Failure> {
        if self.looked.is_some_and(|at| at.elapsed() < ROSTER_EVERY) {
            return Ok(None);
        }
        self.looked = Some(Instant::now());
        let roster = self.node.ask(&Request::Roster { ask: Ask::Show { name: None } })?;
        let digest = text(&roster, "digest");
        if digest == self.members {
            return Ok(None);
        }
        let members = roster["members"].as_array().into_iter().flatten();
        Ok(Some((digest.to_owned(), members.map(institution_of).collect())))
    }
}

fn institution_of(member: &Json) -> Institution {
    let text = |key| text(member, key).to_owned();
    Institution {
        id: text("id"),
        name: text("name"),
        credit_code: text("credit_code"),
        role: text("role"),
        region: text("region"),
        state: text("state"),
    }
}

fn taken_of(change: &Json, catalogue: &str) -> Taken {
    let text = |key| text(change, key).to_owned();
    Taken {
        id: text("id"),
        kind: text("kind"),
        region: text("region"),
        place: place_of(change, catalogue).unwrap_or_else(|| Place {
            catalogue: catalogue.to_owned(),
            at_s: 0,
            number: 0,
        }),
        item: item_of(&change["listing"]),
    }
}

fn place_of(json: &Json, catalogue: &str) -> Option<Place> {
    let (at_s, number) = (json["at_s"].as_i64()?, json["number"].as_i64()?);
    Some(Place { catalogue: catalogue.to_owned(), at_s, number })
}

fn mark_of(place: &Place) -> Mark {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Mark { catalogue: place.catalogue.clone(), at_s: count(place.at_s), number: count(place.number) }
}

/// The failure that an error of the database is; what may be otherwise later is unreachable.
fn failed(error: &warehouse::Error) -> Failure {
    use warehouse::Error as E;
    let what = error.to_string();
    match error {
        E::Connection(_) => Failure::said(exit::UNREACHABLE, "cli.failure.database.away", &[("what", &what)]),
        E::Moved => Failure::said(exit::UNREACHABLE, "cli.failure.database.moved", &[]),
        E::Version { .. } => Failure::said(exit::REFUSED, "cli.failure.database.version", &[("what", &what)]),
        E::Other { .. } => Failure::said(exit::REFUSED, "cli.failure.database.other", &[("what", &what)]),
        E::Certificate(_) => {
            Failure::said(exit::REFUSED, "cli.failure.database.certificate", &[("what", &what)])
        }
        E::Plain => Failure::said(exit::REFUSED, "cli.failure.database.plain", &[]),
        E::Trust(_) => Failure::said(exit::FAILED, "cli.failure.database.trust", &[("what", &what)]),
        E::Database(_) | E::Parquet(_) => {
            Failure::said(exit::FAILED, "cli.failure.database", &[("what", &what)])
        }
    }
}
