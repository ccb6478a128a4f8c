//! One module per page of the desk.

pub(super) mod audit;
pub(super) mod bulk;
pub(super) mod draft;
pub(super) mod drafts;
pub(super) mod enquiries;
pub(super) mod files;
pub(super) mod harvest;
pub(super) mod import;
pub(super) mod job;
pub(super) mod listings;
pub(super) mod network;
pub(super) mod nodes;
pub(super) mod overview;
pub(super) mod own;
pub(super) mod peers;
pub(super) mod resume;
pub(super) mod setup;
pub(super) mod sign_in;
pub(super) mod source;
pub(super) mod tokens;
pub(super) mod users;
pub(super) mod watch;
pub(super) mod watches;

use catalog::Lang;
use catalog::words::{fill, say};

use super::gate::SignedIn;
use super::view::{Done, Said};
use crate::app::App;
use crate::limits::{DESK_PAGE, LAST_DESK_PAGE, NAME_CHARS};
use crate::shell::{Link, Place, Shell, User};
use crate::text::tidy_line;

/// States of drafts in the order of their way, with the catalogue's words.
const STATES: [&str; 4] = ["writing", "returned", "formal", "department"];

/// Rooms of the desk for administrators alone.
const OF_ADMINISTRATORS: [&str; 5] =
    ["/desk/network", "/desk/harvest", "/desk/nodes", "/desk/peers", "/desk/audit"];

/// What stands around a page of the desk.
fn shell(app: &App, place: &Place, title: &str, signed_in: Option<&SignedIn>) -> Shell {
    let mut shell = Shell::new(app, place, say(place.lang, title), None);
    let links = [
        ("/desk", "desk.nav.home"),
        ("/desk/drafts", "desk.nav.drafts"),
        ("/desk/import", "import.nav"),
        ("/desk/listings", "desk.nav.listings"),
        ("/desk/enquiries", "enquiry.nav"),
        ("/desk/watches", "watch.nav"),
        ("/desk/network", "govern.nav"),
        ("/desk/harvest", "harvest.desk.nav"),
        ("/desk/nodes", "node.nav"),
        ("/desk/peers", "peers.nav"),
        ("/desk/audit", "audit.nav"),
        ("/desk/users", "desk.nav.users"),
    ];
    shell.halls = match signed_in {
        Some(signed_in) => {
            let mine = |(href, _): &&(&str, &str)| {
                signed_in.clerk.administers() || !OF_ADMINISTRATORS.contains(href)
            };
            let link = |(href, key): &(&str, &str)| Link {
                href: (*href).to_owned(),
                label: say(place.lang, key).to_owned(),
                current: place.is_at(href),
            };
            links.iter().filter(mine).map(link).collect()
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
        let done = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
        let failed = outcomes.iter().filter_map(|(id, outcome)| Some((id, outcome.as_ref().err()?)));
        let troubles = failed.map(|(title, said)| {
            let trouble = Trouble::of(lang, said);
            let between = lang.pick("：", ": ");
            let message = format!("{}{between}{}", tidy_line(title, NAME_CHARS), trouble.message);
            Trouble { message, ..trouble }
        });
        Self { done: Self::counted(lang, done.map(|done| (done, 1))), troubles: troubles.collect() }
    }

    /// What was done, each kind of it with its number.
    fn counted<'d>(lang: Lang, done: impl Iterator<Item = (&'d Done, usize)>) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for (done, number) in done {
            let key = done_key(done);
            match counts.iter_mut().find(|(known, _)| *known == key) {
                Some((_, count)) => *count += number,
                None => counts.push((key, number)),
            }
        }
        let said: Vec<String> =
            counts.iter().map(|(key, count)| fill(lang, key, &[("n", &count.to_string())])).collect();
        said.join(lang.pick("；", "; "))
    }
}

fn done_key(done: &Done) -> &'static str {
    match done {
        Done::Draft("formal") => "desk.done.formal",
        Done::Draft("department") => "desk.done.department",
        Done::Draft("returned") => "desk.done.returned",
        Done::Draft(_) => "desk.done.saved",
        Done::Listing(_) => "desk.done.listing",
        Done::Opened(_) => "desk.done.opened",
        Done::Gone => "desk.done.gone",
    }
}

/// The first parameter of a name; empty where there is none.
fn asked<'p>(pairs: &'p [(String, String)], name: &str) -> &'p str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// Where the pages before and after this one are.
struct Paging {
    number: usize,
    /// Address of the page before; empty on the first.
    before: String,
    /// Address of the page after; empty on the last.
    after: String,
}

impl Paging {
    /// Of a list of `total`, at `path` with these parameters.
    fn new(path: &str, parameters: &[(&str, &str)], number: usize, total: usize) -> Self {
        let link = |page: usize| {
            let number = page.to_string();
            let all = parameters.iter().copied().chain([("page", number.as_str())]);
            format!("{path}?{}", crate::request::query(all))
        };
        let last = total.div_ceil(DESK_PAGE).min(LAST_DESK_PAGE);
        Self {
            number,
            before: if number > 1 { link(number.min(last + 1) - 1) } else { String::new() },
            after: if number < last { link(number + 1) } else { String::new() },
        }
    }
}
