//! What a visitor can send, what of it goes nowhere, and what the address of an enquiry shows.

use crate::fake::{Fake, GONE, NOW, SOLID};
use crate::http::{Answer, Server};
use catalog::enquiry::Asked;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use web::SourceError;
use web::desk::view::{Clerk, Said};
use web::enquiry::{Enquiries, EnquiryFigures, EnquiryLine, EnquiryView, Which};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Notes what was asked; has one enquiry to show, with `poison` in every text where there is some.
#[derive(Default)]
struct Counter {
    asked: Mutex<Vec<(String, Asked)>>,
    poison: String,
    closed: bool,
}

impl Counter {
    fn view(&self) -> EnquiryView {
        let text = |text: &str| if self.poison.is_empty() { text.to_owned() } else { self.poison.clone() };
        EnquiryView {
            line: EnquiryLine {
                id: SOLID.to_owned(),
                title: text("固态电解质"),
                who: (text("李工"), text("襄阳电池厂")),
                institution: text("武汉大学"),
                state: "received",
                ..EnquiryLine::default()
            },
            listing: SOLID.to_owned(),
            asked: Asked::new(&text("李工"), "", &text("0710-3456789"), &text("能否寄样？")),
            sent_ms: NOW,
            received_ms: Some(NOW),
            answers: if self.closed { Vec::new() } else { vec![(text("可以"), NOW)] },
            closed_ms: Some(NOW),
            ours: false,
        }
    }
}

impl Enquiries for Counter {
    fn ask(&self, listing: &str, asked: &Asked) -> Result<Result<String, Said>, SourceError> {
        self.asked.lock().unwrap().push((listing.to_owned(), asked.clone()));
        Ok(Ok(TOKEN.to_owned()))
    }
    fn seen(&self, token: &str) -> Result<Option<EnquiryView>, SourceError> {
        Ok((token == TOKEN).then(|| self.view()))
    }
    fn enquiries(&self, _: Which, _: usize) -> Result<(usize, Vec<EnquiryLine>), SourceError> {
        none()
    }
    fn enquiry(&self, _: &str) -> Result<Option<EnquiryView>, SourceError> {
        none()
    }
    fn answer(&self, _: &Clerk, _: &str, _: &str) -> Result<Result<(), Said>, SourceError> {
        none()
    }
    fn close(&self, _: &Clerk, _: &str) -> Result<Result<(), Said>, SourceError> {
        none()
    }
    fn enquiry_figures(&self) -> Result<EnquiryFigures, SourceError> {
        none()
    }
    fn demand_figures(&self) -> Result<EnquiryFigures, SourceError> {
        none()
    }
}

fn none<T>() -> Result<T, SourceError> {
    Err(SourceError::Failed("nobody has signed in".to_owned()))
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

const GOOD: [(&str, &str); 4] =
    [("name", "李工"), ("organisation", ""), ("contact", "0710-3456789"), ("message", "能否寄样？")];

/// Sends the form of a listing, with these fields in place of good ones.
async fn post(server: &Server, path: &str, changed: &[(&str, &str)], headers: &str) -> Answer {
    let mut fields: BTreeMap<&str, &str> = GOOD.into();
    fields.extend(changed.iter().copied());
    let body: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={}", percent(v))).collect();
    let body = body.join("&");
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    server.raw(request.as_bytes()).await
}

const OWN: &str = "Origin: http://localhost\r\n";

fn about(id: &str) -> String {
    format!("/listing/{id}/enquiry")
}

#[tokio::test]
async fn a_good_form_is_sent_once_and_leads_to_its_address() {
    let desk = Arc::new(Counter::default());
    let server = Server::start_with_enquiries(Fake::default(), desk.clone()).await;
    let listing = server.get(&format!("/listing/{SOLID}")).await;
    assert!(listing.body.contains(&format!("action=\"/listing/{SOLID}/enquiry\"")));
    assert!(!server.get(&format!("/listing/{GONE}")).await.body.contains("/enquiry\""), "it is withdrawn");
    let sent = post(&server, &about(SOLID), &[], OWN).await;
    assert_eq!((sent.status, sent.header("location")), (303, format!("/enquiry/{TOKEN}").as_str()));
    let asked = desk.asked.lock().unwrap().clone();
    assert_eq!(asked, [(SOLID.to_owned(), Asked::new("李工", "", "0710-3456789", "能否寄样？"))]);

    let seen = server.get(&format!("/enquiry/{TOKEN}")).await;
    assert!(
        seen.status == 200 && seen.body.contains("可以") && seen.body.contains("noindex"),
        "{}",
        seen.body
    );
    assert_eq!(seen.header("cache-control"), "no-store");
    assert!(!seen.body.contains("0710-3456789"), "who finds the address does not find the person");
    for wrong in ["/enquiry/", "/enquiry/0", &format!("/enquiry/{}", "f".repeat(32)), "/enquiry/%3Cscript%3E"]
    {
        assert_eq!(server.get(wrong).await.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_wrong_goes_nowhere_and_is_not_lost() {
    let desk = Arc::new(Counter::default());
    let server = Server::start_with_enquiries(Fake::default(), desk.clone()).await;
    let long = "长".repeat(4_001);
    for (field, value) in
        [("name", ""), ("contact", "1"), ("message", ""), ("message", &long), ("name", "11010519491231002X")]
    {
        let again = post(&server, &about(SOLID), &[(field, value)], OWN).await;
        assert_eq!(again.status, 422, "{field}");
        assert!(again.body.contains(&format!("id=\"ask-{field}-wrong\"")), "{field}: {}", again.body);
        assert!(field == "message" || again.body.contains("能否寄样？"), "what was typed stands there");
    }
    let trapped = post(&server, &about(SOLID), &[("website", "http://spam.example")], OWN).await;
    assert!(trapped.status == 422 && trapped.body.contains("notice-bad"));
    let typed =
        post(&server, &about(SOLID), &[("name", "\"><script>x</script>"), ("contact", "")], OWN).await;
    let body = crate::hostile::without_own_script(&typed.body);
    assert!(typed.status == 422 && !body.contains("<script"), "{body}");
    for (path, status) in [(about(GONE), 404), (about("00000000"), 404), (about("x"), 404)] {
        assert_eq!(post(&server, &path, &[], OWN).await.status, status, "{path}");
    }
    let huge = "x".repeat(70_000);
    assert_eq!(post(&server, &about(SOLID), &[("message", &huge)], OWN).await.status, 413);
    assert!(desk.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn forms_from_elsewhere_and_to_elsewhere_are_refused() {
    let desk = Arc::new(Counter::default());
    let server = Server::start_with_enquiries(Fake::default(), desk.clone()).await;
    for headers in [
        "",
        "Origin: null\r\n",
        "Origin: http://evil.example\r\n",
        "Origin: http://localhost\r\nSec-Fetch-Site: cross-site\r\n",
        "Origin: http://localhost\r\nSec-Fetch-Site: same-site\r\n",
    ] {
        assert_eq!(post(&server, &about(SOLID), &[], headers).await.status, 403, "{headers}");
    }
    let listing = format!("/listing/{SOLID}");
    let seen = format!("/enquiry/{TOKEN}");
    for path in ["/", "/list", &listing, &seen, "/listing//enquiry/x"] {
        assert_eq!(post(&server, path, &[], OWN).await.status, 405, "{path}");
    }
    // Where there is no desk nobody would read it.
    let deaf = Server::start(Fake::default()).await;
    assert!(!deaf.get(&listing).await.body.contains("/enquiry\""));
    assert_eq!(post(&deaf, &about(SOLID), &[], OWN).await.status, 405);
    assert_eq!(deaf.get(&seen).await.status, 404);
    assert!(desk.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_listing_is_not_asked_about_without_end() {
    let desk = Arc::new(Counter::default());
    let server = Server::start_with_enquiries(Fake::default(), desk.clone()).await;
    let most = web::limits::ENQUIRIES_ABOUT_ONE as usize;
    for _ in 0..most {
        assert_eq!(post(&server, &about(SOLID), &[], OWN).await.status, 303);
    }
    let refused = post(&server, &about(&SOLID[..12]), &[], OWN).await;
    assert!(refused.status == 429 && refused.body.contains("能否寄样？"), "{}", refused.body);
    assert_eq!(desk.asked.lock().unwrap().len(), most);
}

#[tokio::test]
async fn whoever_was_not_answered_is_told_and_what_to_do() {
    let page = async |closed| {
        let desk = Counter { closed, ..Counter::default() };
        let server = Server::start_with_enquiries(Fake::default(), Arc::new(desk)).await;
        server.get(&format!("/enquiry/{TOKEN}")).await.body
    };
    let again = format!("href=\"/listing/{SOLID}/enquiry\"");
    let closed = page(true).await;
    assert!(closed.contains("武汉大学已关闭这次询问，没有答复") && closed.contains(&again), "{closed}");
    assert!(!closed.contains("way-open"), "nothing is waited for any more: {closed}");
    let answered = page(false).await;
    assert!(
        answered.contains("可以") && !answered.contains("已关闭") && !answered.contains(&again),
        "{answered}"
    );
}

#[tokio::test]
async fn hostile_text_stays_text_where_an_enquiry_is_shown() {
    for poison in crate::hostile::CORPUS {
        let desk = Counter { poison: (*poison).to_owned(), ..Counter::default() };
        let server = Server::start_with_enquiries(Fake::default(), Arc::new(desk)).await;
        let answer = server.get(&format!("/enquiry/{TOKEN}")).await;
        assert_eq!(answer.status, 200);
        let body = crate::hostile::without_own_script(&answer.body);
        for markup in crate::hostile::FOREIGN {
            assert!(!body.contains(markup), "{poison} brought {markup}");
        }
    }
}
