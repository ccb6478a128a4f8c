//! What every page has around its content: language, addresses of assets, title, where in the site it stands.

use crate::app::App;
use crate::assets;
use crate::limits::NAME_CHARS;
use crate::request::{SearchRequest, href_with, pairs};
use crate::text::tidy_line;
use axum::http::{HeaderMap, Uri, header};
use catalog::words::say;
use catalog::{Hall, Lang};

/// What a reader may set by an address, each remembered in a cookie of that name; the values say nothing about the reader.
pub(crate) const CHOICES: [(&str, [&str; 2]); 2] = [("lang", ["zh", "en"]), ("text", ["normal", "large"])];

/// Where a reader is, which language they read, and how large.
pub(crate) struct Place {
    pub(crate) lang: Lang,
    pub(crate) switch_href: String,
    pub(crate) large: bool,
    text_href: String,
    path: String,
}

impl Place {
    /// The language comes from `?lang=`, else from the cookie, else it is Chinese: a page looks the same to everyone who is
    /// sent its address, whatever their browser prefers.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let pairs = pairs(uri);
        let set = |name| asked(&pairs, name).or_else(|| choice(name, &cookie(headers, name)?));
        let lang = [Lang::Zh, Lang::En].into_iter().find(|lang| set("lang") == Some(lang.id()));
        let (lang, large) = (lang.unwrap_or_default(), set("text") == Some("large"));
        Place {
            lang,
            switch_href: href_with(uri, "lang", lang.other().id()),
            large,
            text_href: href_with(uri, "text", if large { "normal" } else { "large" }),
            path: uri.path().to_owned(),
        }
    }

    /// Whether this is the page at a path.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.path == path
    }
}

/// One of the values that a reader may set, exactly.
fn choice(name: &str, value: &str) -> Option<&'static str> {
    let (_, values) = CHOICES.iter().find(|(known, _)| *known == name)?;
    values.iter().find(|known| **known == value).copied()
}

/// What the parameters of an address set.
pub(crate) fn asked(pairs: &[(String, String)], name: &str) -> Option<&'static str> {
    pairs.iter().find(|(known, _)| known == name).and_then(|(_, value)| choice(name, value))
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// An entry of the navigation.
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) label: String,
    pub(crate) current: bool,
}

/// What the base template needs of every page.
pub(crate) struct Shell {
    pub(crate) lang: Lang,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) network: String,
    pub(crate) node: String,
    pub(crate) version: String,
    pub(crate) halls: Vec<Link>,
    pub(crate) status: Link,
    pub(crate) switch_href: String,
    /// Whether letters are larger.
    pub(crate) large: bool,
    /// This page with larger letters, or with the usual ones.
    pub(crate) text_href: String,
    pub(crate) help: Link,
    /// Whether search engines should list the page.
    pub(crate) indexed: bool,
    /// Whether the head of the page carries a search box, because the page has none of its own.
    pub(crate) search_in_head: bool,
    /// Whether it is a page of the desk.
    pub(crate) at_desk: bool,
    /// Whether the page is to be looked at again in a moment.
    pub(crate) again: bool,
    /// Whether this node has a desk that can be reached.
    pub(crate) has_desk: bool,
    /// Who has signed in, on pages of the desk.
    pub(crate) user: Option<User>,
}

/// Who has signed in.
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) role: String,
    /// What the form that signs out carries.
    pub(crate) form_key: String,
}

impl Shell {
    /// A shell titled `title`; an empty one gives the network's name alone. `hall` is the one whose entry is current.
    pub(crate) fn new(app: &App, place: &Place, title: &str, hall: Option<Hall>) -> Self {
        let lang = place.lang;
        let network = tidy_line(app.options.network.pick(lang), NAME_CHARS);
        let product = say(lang, "site.name");
        let parts = [title, network.as_str(), product];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let halls = halls(lang, hall);
        let link = |href: &str, label| Link {
            href: href.to_owned(),
            label: say(lang, label).to_owned(),
            current: place.is_at(href),
        };
        Shell {
            lang,
            title: parts.join(lang.pick(" – ", " – ")),
            description: say(lang, "site.description").to_owned(),
            network,
            node: tidy_line(app.options.node.pick(lang), NAME_CHARS),
            version: app.options.version.clone(),
            halls,
            status: link("/status", "nav.status"),
            switch_href: place.switch_href.clone(),
            large: place.large,
            text_href: place.text_href.clone(),
            help: link("/help", "guide.nav"),
            indexed: true,
            search_in_head: true,
            at_desk: false,
            again: false,
            has_desk: app.has_desk,
            user: None,
        }
    }

    /// A text of the catalogue.
    pub(crate) fn say<'k>(&self, key: &'k str) -> &'k str {
        say(self.lang, key)
    }

    pub(crate) fn style(&self) -> &'static str {
        assets::style()
    }

    pub(crate) fn keep_script(&self) -> &'static str {
        assets::keep()
    }

    pub(crate) fn mark(&self) -> &'static str {
        assets::mark()
    }

    pub(crate) fn script(&self) -> &'static str {
        assets::script()
    }
}

fn halls(lang: Lang, here: Option<Hall>) -> Vec<Link> {
    let entry = |hall: Hall| Link {
        href: SearchRequest::of_hall(Some(hall)).path(),
        label: crate::labels::hall(lang, hall).to_owned(),
        current: Some(hall) == here,
    };
    Hall::ALL.into_iter().map(entry).collect()
}
