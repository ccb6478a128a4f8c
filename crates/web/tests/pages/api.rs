//! The API over real HTTP: forms, versions, problems, and what a page of another site may do.

use crate::fake::{Fake, SOLID};
use crate::hostile::{CORPUS, FOREIGN, without_own_script};
use crate::http::{Answer, Server};
use serde_json::Value;

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

/// The kind of a problem, after what every problem must be.
fn problem(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.head);
    let problem = json(answer);
    assert_eq!(problem["status"], answer.status);
    for part in ["title", "detail", "next"] {
        assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {problem}");
    }
    let kind = problem["type"].as_str().unwrap();
    kind.strip_prefix("/api/problems#").unwrap().to_owned()
}

async fn method(server: &Server, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
    );
    server.raw(request.as_bytes()).await
}

#[tokio::test]
async fn what_is_public_is_read_as_json_and_a_version_saves_reading_it_again() {
    let server = Server::start(Fake::default()).await;
    let one = server.get(&format!("/api/v1/listings/{SOLID}")).await;
    assert_eq!((one.status, one.header("content-type")), (200, "application/json"));
    assert_eq!(one.header("access-control-allow-origin"), "*");
    let listing = json(&one);
    assert_eq!(
        (&listing["id"], &listing["standing"]["state"]),
        (&Value::from(SOLID), &Value::from("published"))
    );
    assert!(
        listing["fields"]
            .as_array()
            .unwrap()
            .iter()
            .any(|field| field["values"].as_array().unwrap().len() > 1)
    );
    let known = format!("If-None-Match: {}\r\n", one.header("etag"));
    let again = server.get_with(&format!("/api/v1/listings/{SOLID}"), &known).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(again.header("etag"), one.header("etag"));
    for path in
        ["/node", "/institutions", "/catalogue", "/regions?within=42", "/openapi.json", "/listings?q=x"]
    {
        let answer = server.get(&format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(!answer.header("etag").is_empty() && answer.header("set-cookie").is_empty(), "{path}");
    }
    let regions = json(&server.get("/api/v1/regions?within=42").await);
    assert!(
        regions["items"].as_array().unwrap().iter().any(|region| region["code"] == "420100"),
        "{regions}"
    );
}

#[tokio::test]
async fn whatever_goes_wrong_is_a_problem_in_the_callers_language_and_never_a_page() {
    let server = Server::start(Fake::default()).await;
    let get = async |path: &str, headers: &str| server.get_with(&format!("/api/v1{path}"), headers).await;
    for (path, headers, status, kind) in [
        ("/listings?knd=demand", "", 400, "parameter"),
        ("/listings?trl=6-4", "", 400, "parameter"),
        ("/listings?limit=0", "", 400, "parameter"),
        ("/listings?kind=demand&kind=demand", "", 400, "parameter"),
        ("/listings/zzz", "", 400, "parameter"),
        ("/listings/0000000000", "", 404, "missing"),
        ("/listings?cursor=abc", "", 404, "cursor"),
        ("/listings?cursor=0123456789abcdef.o.1", "", 404, "cursor"),
        ("/listings", "Accept: text/html\r\n", 406, "accept"),
        ("/listings?q=broken", "", 200, ""),
        ("", "", 404, "path"),
        ("/nowhere", "", 404, "path"),
        ("/desk/drafts", "", 404, "path"),
        ("/node", "Host: evil.example\r\n", 421, "host"),
    ] {
        let answer = get(path, headers).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        if status != 200 {
            assert_eq!(problem(&answer), kind, "{path}");
        }
    }
    let long = get(&format!("/listings?q={}", "a".repeat(5_000)), "").await;
    assert_eq!((long.status, problem(&long).as_str()), (414, "long"));
    let other = method(&server, "PATCH", "/api/v1/node", "", "").await;
    assert_eq!((other.status, problem(&other).as_str()), (405, "method"));
    assert_eq!(other.header("allow"), "GET, HEAD, OPTIONS");
    let large = format!("Content-Type: application/json\r\nX: {}\r\n", "a");
    let large = method(&server, "POST", "/api/v1/desk/drafts", &large, &" ".repeat(600_000)).await;
    assert_eq!((large.status, problem(&large).as_str()), (413, "large"));

    let said = |answer: &Answer| json(answer)["title"].as_str().unwrap().to_owned();
    assert_eq!(said(&get("/nowhere", "").await), "没有这个接口");
    assert_eq!(said(&get("/nowhere", "Accept-Language: en-GB,en;q=0.9\r\n").await), "No such operation");
    assert_eq!(said(&get("/nowhere?lang=en", "Accept-Language: zh\r\n").await), "No such operation");
    let page = server.get("/api/problems?lang=en").await.body;
    assert!(page.contains("id=\"cursor\"") && page.contains("The cursor leads nowhere"), "{page}");
}

#[tokio::test]
async fn pages_of_other_sites_may_read_what_is_public_and_nothing_else() {
    let server = Server::start(Fake::default()).await;
    let asks = "Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n";
    let reads = method(&server, "OPTIONS", "/api/v1/node", asks, "").await;
    assert_eq!((reads.status, reads.header("access-control-allow-methods")), (204, "GET, HEAD"));
    assert!(!reads.header("access-control-allow-headers").contains("authorization"), "{}", reads.head);
    for path in ["/api/v1/desk/drafts", &format!("/api/v1/listings/{SOLID}/enquiries")] {
        let writes = method(&server, "OPTIONS", path, asks, "").await;
        assert_eq!((writes.status, writes.header("access-control-allow-origin")), (204, ""), "{path}");
    }
    // The form for trying sends what a form of this host alone may send.
    let form = "Content-Type: application/x-www-form-urlencoded\r\nOrigin: https://evil.example\r\n";
    assert_eq!(method(&server, "POST", "/api/try/draft-create", form, "token=a").await.status, 403);
}

#[tokio::test]
async fn a_page_tells_of_every_operation_and_tries_it_without_a_script() {
    let server = Server::start(Fake::default()).await;
    for (lang, word) in [("zh", "试一试"), ("en", "Find listings")] {
        let page = server.get(&format!("/api/?lang={lang}")).await;
        assert_eq!(page.status, 200);
        assert!(
            page.body.contains("/api/try/listings") && page.body.contains("/api/v1/desk/drafts/{id}/acts")
        );
        assert!(lang == "zh" || page.body.contains(word), "{}", page.body);
    }
    let form = server.get("/api/try/listing").await.body;
    assert!(form.contains("name=\"id\"") && !form.contains("id=\"answer\""), "{form}");
    let tried = server.get(&format!("/api/try/listing?go=1&id={SOLID}")).await.body;
    assert!(tried.contains("200 OK") && tried.contains("&#34;standing&#34;"), "{tried}");
    assert!(tried.contains(&format!("/api/v1/listings/{SOLID}")), "the command is shown");
    let wrong = server.get("/api/try/listing?go=1&id=x").await.body;
    assert!(wrong.contains("400 Bad Request"), "{wrong}");
    let file = server.get(&format!("/api/try/certificate?go=1&id={SOLID}&lang=en")).await.body;
    assert!(file.contains("The answer is a file"), "{file}");
    for missing in ["/api/try/nothing", "/api/elsewhere"] {
        assert_eq!(server.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn no_text_of_an_answer_becomes_markup_where_it_is_tried() {
    for text in CORPUS {
        let server = Server::start(Fake { poison: (*text).to_owned(), ..Fake::default() }).await;
        for path in [
            format!("listing?go=1&id={SOLID}"),
            "node?go=1".to_owned(),
            "listings?go=1&q=%3Cscript%3E".to_owned(),
            "statistics?go=1".to_owned(),
        ] {
            let page = server.get(&format!("/api/try/{path}")).await;
            assert_eq!(page.status, 200);
            let body = without_own_script(&page.body);
            for foreign in FOREIGN {
                assert!(!body.contains(foreign), "{text} {path}: {foreign}");
            }
        }
        let answer = server.get(&format!("/api/v1/listings/{SOLID}")).await;
        assert_eq!(json(&answer)["title"], *text, "what is for programs is as it is");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn what_is_sent_as_it_is_has_its_own_bound_and_a_form_with_a_file_to_try_it() {
    let server = Server::start(Fake::default()).await;
    // Nothing is read before it is known who sends it: here nobody may, and what is within the bound is told so.
    for (method_of, path, bytes, status) in [
        ("POST", "/api/v1/desk/import", 1 << 20, 404),
        ("POST", "/api/v1/desk/import", (32 << 20) + 1, 413),
        ("POST", "/api/v1/desk/drafts/d-1/files", 1 << 20, 404),
        ("POST", "/api/v1/desk/drafts/d-1/files", (10 << 20) + 1, 413),
        ("PUT", "/api/v1/desk/drafts/d-1/files", 1 << 20, 413),
        ("POST", "/api/v1/desk/drafts/d-1/acts", 1 << 20, 413),
        ("POST", "/api/v1/desk/import/acts", 1 << 20, 413),
        ("POST", "/api/v1/desk/statistics/coverage/demand", 1 << 20, 404),
    ] {
        let request = format!(
            "{method_of} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\n"
        );
        let answer = server.raw(request.as_bytes()).await;
        let kind = if status == 413 { "large" } else { "path" };
        assert_eq!((answer.status, problem(&answer).as_str()), (status, kind), "{method_of} {path} {bytes}");
    }
    let form = server.get("/api/try/import-send?lang=en").await.body;
    assert!(form.contains("multipart/form-data") && form.contains("type=\"file\""), "{form}");
    assert!(form.contains("--data-binary @FILE") && !form.contains("<textarea"), "{form}");
    let plain = server.get("/api/try/import-columns").await.body;
    assert!(!plain.contains("multipart") && plain.contains("<textarea"), "{plain}");
    let form =
        "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\r\n--X--\r\n";
    let headers = "Content-Type: multipart/form-data; boundary=X\r\nOrigin: http://localhost\r\n";
    let tried = method(&server, "POST", "/api/try/import-send", headers, form).await;
    assert!(tried.status == 200 && tried.body.contains("404 Not Found"), "{}", tried.body);
    let foreign = headers.replace("http://localhost", "https://evil.example");
    assert_eq!(method(&server, "POST", "/api/try/import-send", &foreign, form).await.status, 403);
}

#[tokio::test]
async fn a_bulletin_is_given_as_what_accept_would_rather_have() {
    let server = Server::start(Fake::default()).await;
    let path = "/api/v1/statistics/bulletins/2026-11";
    for (accept, media) in [
        ("*/*", "application/json"),
        ("application/pdf", "application/pdf"),
        ("application/json;q=0.5, application/pdf;q=0.9", "application/pdf"),
        ("application/pdf;q=0.1, application/*", "application/json"),
        ("application/json;q=0, application/*;q=0.1, application/pdf;q=0", XLSX),
    ] {
        let answer = server.get_with(path, &format!("Accept: {accept}\r\n")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, media), "{accept}");
        assert!(answer.header("vary").contains("accept"), "{}", answer.head);
    }
    let refused = server.get_with(path, "Accept: text/html\r\n").await;
    assert_eq!((refused.status, problem(&refused).as_str()), (406, "accept"));
    assert_eq!(server.get(&format!("{path}?form=xlsx")).await.header("content-type"), XLSX);
    let figures = json(&server.get("/api/v1/statistics?region=42").await);
    assert_eq!(figures["asked"]["region"], "420000");
    for wrong in ["?region=4", "?month=2026-13", "?month=x", "?month=2026-1"] {
        let answer = server.get(&format!("/api/v1/statistics{wrong}")).await;
        assert_eq!((answer.status, problem(&answer).as_str()), (400, "parameter"), "{wrong}");
    }
    let nowhere = server.get("/api/v1/statistics?region=99").await;
    assert_eq!((nowhere.status, problem(&nowhere).as_str()), (422, "record"));
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
