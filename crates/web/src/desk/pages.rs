//! One module per page of the desk.

pub(super) mod draft;
pub(super) mod drafts;
pub(super) mod enquiries;
pub(super) mod files;
pub(super) mod listings;
pub(super) mod overview;
pub(super) mod setup;
pub(super) mod sign_in;
pub(super) mod users;

use catalog::Lang;
use catalog::words::{fill, say};

use super::gate::SignedIn;
use super::view::{Done, Said};
use crate::app::App;
use crate::limits::NAME_CHARS;
use crate::shell::{Link, Place, Shell, User};
use crate::text::tidy_line;

/// States of drafts in the order of their way, with the catalogue's words.
const STATES: [&str; 4] = ["writing", "returned", "formal", "department"];

/// What stands around a page of the desk.
fn shell(app: &App, place: &Place, title: &str, signed_in: Option<&SignedIn>) -> Shell {
    let mut shell = Shell::new(app, place, say(place.lang, title), None);
    let links = [
        ("/desk", "desk.nav.home"),
        ("/desk/drafts", "desk.nav.drafts"),
        ("/desk/listings", "desk.nav.listings"),
        ("/desk/enquiries", "enquiry.nav"),
        ("/desk/users", "desk.nav.users"),
    ];
    shell.halls = match signed_in {
        Some(_) => {
            let link = |(href, key): &(&str, &str)| Link {
                href: (*href).to_owned(),
                label: say(place.lang, key).to_owned(),
                current: place.is_at(href),
            };
            links.iter().map(link).collect()
        }
        None => Vec::new(),
    };
    shell.user = signed_in.map(|signed_in| User {
        name: tidy_line(&signed_in.clerk.name, NAME_CHARS),
        role: say(place.lang, role_key(&signed_in.clerk.role)).to_owned(),
        form_key: signed_in.form_key.clone(),
    });
    (shell.search_in_head, shell.indexed, shell.at_desk) = (false, false, true);
    shell
}

fn role_key(role: &str) -> &'static str {
    match role {
        "administrator" => "desk.role.administrator",
        "reviewer" => "desk.role.reviewer",
        _ => "desk.role.clerk",
    }
}

fn state_key(state: &str) -> &'static str {
    match state {
        "returned" => "desk.state.returned",
        "formal" => "desk.state.formal",
        "department" => "desk.state.department",
        _ => "desk.state.writing",
    }
}

/// What was not done, and what to do next.
pub(crate) struct Trouble {
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Trouble {
    fn of(lang: Lang, said: &Said) -> Self {
        let (message, hint) = said.in_words(lang);
        Self { message, hint }
    }
}

/// Acts on each of these, and says in words what became of them.
struct Acted {
    done: String,
    troubles: Vec<Trouble>,
}

impl Acted {
    fn none() -> Self {
        Self { done: String::new(), troubles: Vec::new() }
    }

    fn of(lang: Lang, outcomes: &[(String, Result<Done, Said>)]) -> Self {
        let key = |done: &Done| match done {
            Done::Draft("formal") => "desk.done.formal",
            Done::Draft("department") => "desk.done.department",
            Done::Draft("returned") => "desk.done.returned",
            Done::Draft(_) => "desk.done.saved",
            Done::Listing(_) => "desk.done.listing",
            Done::Gone => "desk.done.gone",
        };
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for done in outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()).map(key) {
            match counts.iter_mut().find(|(known, _)| *known == done) {
                Some((_, count)) => *count += 1,
                None => counts.push((done, 1)),
            }
        }
        let said: Vec<String> =
            counts.iter().map(|(key, count)| fill(lang, key, &[("n", &count.to_string())])).collect();
        let failed = outcomes.iter().filter_map(|(id, outcome)| Some((id, outcome.as_ref().err()?)));
        let troubles = failed.map(|(title, said)| {
            let trouble = Trouble::of(lang, said);
            let between = lang.pick("：", ": ");
            let message = format!("{}{between}{}", tidy_line(title, NAME_CHARS), trouble.message);
            Trouble { message, ..trouble }
        });
        Self { done: said.join(lang.pick("；", "; ")), troubles: troubles.collect() }
    }
}
