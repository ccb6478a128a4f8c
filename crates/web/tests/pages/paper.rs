//! What belongs to paper: the code beside a listing and the page that it leads to.

use crate::fake::{FORGED, Fake, GONE, SOLID};
use crate::http::Server;

/// What somebody sees who scanned the code on a paper.
#[tokio::test]
async fn a_code_leads_to_what_stands_of_the_paper() {
    let server = Server::start(Fake::default()).await;
    let cases: &[(&str, &str, &[&str])] = &[
        (
            SOLID,
            "/3-9c4e5a6b7c8d9e0f",
            &["verdict-good", "与纸上是同一版", "请与纸上逐项核对", "湖北省科技厅", "其中 1 条不予通过"],
        ),
        (
            SOLID,
            "",
            &["verdict-good", "核验通过，现行有效", "12100000707137123P", "第 3 版 · 9c4e 5a6b 7c8d 9e0f"],
        ),
        (
            SOLID,
            "/2-8c4e5a6b7c8d9e0f",
            &["verdict-unsure", "此后有过修改", "2026年2月12日 的第 2 版，现在是第 3 版"],
        ),
        (SOLID, "/4-9c4e5a6b7c8d9e0f", &["verdict-unsure", "此后有过修改"]),
        (SOLID, "/3-00000000", &["verdict-unsure", "没有纸上的这一版"]),
        (GONE, "/3-9c4e5a6b7c8d9e0f", &["verdict-unsure", "此信息已撤下"]),
        (FORGED, "/3-9c4e5a6b7c8d9e0f", &["verdict-bad", "签名核验未通过"]),
    ];
    for (id, mark, words) in cases {
        let answer = server.get(&format!("/v/{id}{mark}")).await;
        assert_eq!(answer.status, 200, "{id}{mark}");
        for word in words.iter().chain(&["noindex", "查看全部内容"]) {
            assert!(answer.body.contains(word), "{word} is not on /v/{id}{mark}");
        }
    }
    let none = server.get("/v/00112233445566778899aabbccddeeff/1-00000000").await;
    assert!(none.status == 404 && none.body.contains("不能证实这张纸"), "{}", none.status);
    let english = server.get(&format!("/v/{SOLID}/2-8c4e5a6b7c8d9e0f?lang=en")).await;
    assert!(
        english.body.contains("Changed since it was printed")
            && english.body.contains("version 2 of 12 Feb 2026")
    );
    let listing = server.get_with(&format!("/listing/{SOLID}"), "Host: market.example.cn\r\n").await;
    assert!(
        listing.body.contains("扫码核验") && listing.body.contains("<path d=\"M4 4h7v1h-7z"),
        "the code stands beside it"
    );
}

#[tokio::test]
async fn a_certificate_is_a_file_whose_code_leads_to_where_it_was_asked_for() {
    let server = Server::start(Fake::default()).await;
    let page = server.get(&format!("/listing/{SOLID}")).await;
    let path = format!("/listing/{SOLID}/certificate.pdf");
    assert!(page.body.contains(&format!("href=\"{path}\" download")), "the page offers it");
    let answer = server.get_with(&path, "Host: market.example.cn\r\n").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/pdf"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"lianshi-3f9a02c411be.pdf\"");
    assert_eq!(answer.body, "%PDF-1.7 http://market.example.cn");
    assert_eq!(server.get(&path).await.body, "%PDF-1.7 ", "this computer's name for itself leads nowhere");
    let gone = server.get(&format!("/listing/{GONE}")).await;
    assert!(!gone.body.contains("certificate.pdf"), "a withdrawn listing has none");
    for none in [GONE, "zz", "00112233445566778899"] {
        assert_eq!(server.get(&format!("/listing/{none}/certificate.pdf")).await.status, 404, "{none}");
    }
}
