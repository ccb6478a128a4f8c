//! Who comes to the desk: from where, from which page, and whether they have signed in.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Bench;
use super::view::Clerk;
use crate::guard::host;
use crate::limits::FORM_FIELDS;
use crate::pages::message;
use crate::refusal::Refusal;
use crate::shell::{Place, cookie};

/// The cookie of a session.
const COOKIE: &str = "desk";
/// Under this name forms carry the session's key.
pub(super) const FORM_KEY: &str = "form_key";

/// The address that a request came from; absent where nobody says (then it is taken for a stranger's).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(IpAddr);

impl Client {
    /// Who stands behind a connection. One from this computer may be a reverse proxy's: the last address that it names in
    /// `X-Forwarded-For` is where it heard the request from. What stands before that is hearsay, and what others name counts
    /// for nothing.
    pub(crate) fn of(from: IpAddr, headers: &HeaderMap) -> Self {
        let from = from.to_canonical();
        let named = || headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok();
        let last = || named().and_then(|named| named.rsplit(',').next()).map(str::trim);
        let heard = |text: &str| {
            let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
            text.parse().or_else(|_| with_port()).ok()
        };
        let forwarded = from.is_loopback().then(last).flatten().and_then(heard);
        Self(forwarded.unwrap_or(from).to_canonical())
    }
}

/// Someone with a session, as their account is now.
pub(super) struct SignedIn {
    pub(super) clerk: Clerk,
    pub(super) form_key: String,
}

/// Lets a request through to the desk.
pub(super) async fn gate(State(bench): State<Arc<Bench>>, request: Request, next: Next) -> Response {
    let place = Place::of(request.uri(), request.headers());
    let mut response = match admit(&bench, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => message::page(&bench.app, &place, &refusal),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn admit(bench: &Bench, request: &Request) -> Result<(), Refusal> {
    let (uri, headers) = (request.uri(), request.headers());
    if !is_here(request) && !bench.app.options.desk_anywhere {
        return Err(Refusal::DeskElsewhere);
    }
    if *request.method() == Method::POST && !is_own_page(uri, headers) {
        return Err(Refusal::CrossSite);
    }
    Ok(())
}

/// Whether a request comes from this computer, and names it so.
pub(crate) fn is_here(request: &Request) -> bool {
    let host = host(request.uri(), request.headers());
    client(request.extensions().get()).is_loopback() && is_loopback(&host)
}

/// Where a request comes from.
pub(crate) fn client(stated: Option<&Client>) -> IpAddr {
    stated.map_or(IpAddr::from([0, 0, 0, 0]), |client| client.0)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a form was sent by a page of this very host. Browsers say so in `Origin` with every POST, and newer ones in
/// `Sec-Fetch-Site` too; who says nothing is no browser that a clerk sits before.
pub(crate) fn is_own_page(uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let own = text("host").or_else(|| uri.authority().map(|authority| authority.as_str()));
    let origin = text("origin").and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    let same = own.zip(origin).is_some_and(|(own, origin)| own.eq_ignore_ascii_case(origin));
    same && text("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

/// Who has signed in, or the way to do so.
pub(super) async fn signed_in(bench: &Bench, headers: &HeaderMap) -> Result<SignedIn, Away> {
    let session = cookie(headers, COOKIE).and_then(|token| bench.sessions.find(&token));
    let Some(session) = session else { return Err(Away::To("/desk/sign-in".to_owned())) };
    let name = session.name;
    match bench.ask(move |desk| desk.clerk(&name)).await? {
        Some(clerk) => Ok(SignedIn { clerk, form_key: session.form_key }),
        // The account was removed meanwhile.
        None => Err(Away::To("/desk/sign-in".to_owned())),
    }
}

/// Who looks after this node and its network: nobody else sees the rooms of administrators.
pub(super) fn administrator(who: SignedIn) -> Result<SignedIn, Away> {
    if who.clerk.administers() { Ok(who) } else { Err(Refusal::NotAdministrator.into()) }
}

/// Who sent a form of the desk, and its fields.
pub(super) async fn posted(
    bench: &Bench,
    headers: &HeaderMap,
    pairs: Vec<(String, String)>,
) -> Result<(SignedIn, Fields), Away> {
    let who = signed_in(bench, headers).await?;
    let fields = Fields::new(pairs);
    fields.check(&who)?;
    Ok((who, fields))
}

/// A request that goes no further: elsewhere, or with a page that says why.
pub(super) enum Away {
    To(String),
    Refused(Refusal),
}

impl From<Refusal> for Away {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Away {
    pub(super) fn answer(self, bench: &Bench, place: &Place) -> Response {
        match self {
            Self::To(href) => see(&href),
            Self::Refused(refusal) => message::page(&bench.app, place, &refusal),
        }
    }
}

/// Sends the browser to another page of this node.
pub(crate) fn see(href: &str) -> Response {
    match HeaderValue::from_str(href) {
        Ok(href) => (StatusCode::SEE_OTHER, [(header::LOCATION, href)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The same, with a session begun (`Some` token) or ended.
pub(super) fn see_with_session(href: &str, token: Option<&str>) -> Response {
    let mut response = see(href);
    let age = if token.is_some() { "" } else { "; Max-Age=0" };
    let text = format!("{COOKIE}={}; Path=/desk; SameSite=Strict; HttpOnly{age}", token.unwrap_or_default());
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The token that a request carries.
pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    cookie(headers, COOKIE)
}

/// A form's fields, in their order.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn new(mut pairs: Vec<(String, String)>) -> Self {
        pairs.truncate(FORM_FIELDS);
        Self(pairs)
    }

    /// The first of a name; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// All of a name.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All of them, in their order.
    pub(super) fn all_pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The same, and nothing else is left.
    pub(super) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// Whether it comes from a page that this session was given.
    pub(super) fn check(&self, signed_in: &SignedIn) -> Result<(), Refusal> {
        let same = self.get(FORM_KEY).as_bytes().iter().zip(signed_in.form_key.as_bytes());
        let differ = same.fold(0, |sum, (a, b)| sum | (a ^ b));
        let fits = self.get(FORM_KEY).len() == signed_in.form_key.len() && differ == 0;
        if fits { Ok(()) } else { Err(Refusal::CrossSite) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn behind_a_proxy_on_this_computer_a_client_is_who_the_proxy_heard() {
        let here = IpAddr::from([127, 0, 0, 1]);
        let there = IpAddr::from([203, 0, 113, 7]);
        let of =
            |from: IpAddr, named: &'static str| Client::of(from, &headers(&[("x-forwarded-for", named)])).0;
        assert_eq!(of(here, "203.0.113.7"), there);
        assert_eq!(
            of(here, "127.0.0.1, 198.51.100.9,203.0.113.7:4711"),
            there,
            "what came before is hearsay"
        );
        assert_eq!(of("::ffff:127.0.0.1".parse().unwrap(), "::ffff:203.0.113.7"), there);
        assert_eq!(of(there, "127.0.0.1"), there, "nobody else is believed");
        for wrong in ["", ",", "unknown", "203.0.113.7, _hidden"] {
            assert_eq!(of(here, wrong), here, "{wrong}");
        }
        assert_eq!(Client::of(here, &HeaderMap::new()).0, here);
    }

    #[test]
    fn a_form_counts_from_a_page_of_this_host_alone() {
        let uri = Uri::from_static("/desk/drafts");
        let own = |pairs: &[(&'static str, &'static str)]| is_own_page(&uri, &headers(pairs));
        assert!(own(&[("host", "127.0.0.1:7480"), ("origin", "http://127.0.0.1:7480")]));
        assert!(own(&[("host", "Hub.cn"), ("origin", "https://hub.cn"), ("sec-fetch-site", "same-origin")]));
        for wrong in [
            &[("host", "127.0.0.1:7480")][..],
            &[("host", "127.0.0.1:7480"), ("origin", "null")],
            &[("host", "127.0.0.1:7480"), ("origin", "http://127.0.0.1:7481")],
            &[("host", "127.0.0.1:7480"), ("origin", "http://evil.example")],
            &[
                ("host", "127.0.0.1:7480"),
                ("origin", "http://127.0.0.1:7480"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[
                ("host", "127.0.0.1:7480"),
                ("origin", "http://127.0.0.1:7480"),
                ("sec-fetch-site", "same-site"),
            ],
            &[("origin", "http://127.0.0.1:7480")],
        ] {
            assert!(!own(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_form_needs_the_key_of_its_session() {
        let clerk = Clerk { name: "Li".to_owned(), role: "clerk".to_owned(), token: String::new() };
        let signed_in = SignedIn { clerk, form_key: "ab".repeat(32) };
        let form = |key: &str| Fields::new(vec![(FORM_KEY.to_owned(), key.to_owned())]);
        assert!(form(&"ab".repeat(32)).check(&signed_in).is_ok());
        for wrong in ["", "ab", &"ab".repeat(33), &"ac".repeat(32)] {
            assert!(form(wrong).check(&signed_in).is_err(), "{wrong}");
        }
        assert!(Fields::new(Vec::new()).check(&signed_in).is_err());
    }
}
