//! Help inside the program, and larger text.

use crate::fake::Fake;
use crate::http::Server;

#[tokio::test]
async fn help_is_there_for_each_who_comes_in_both_languages() {
    let server = Server::start(Fake::default()).await;
    for (lang, tag) in [("zh", "zh-CN"), ("en", "en")] {
        let first = server.get(&format!("/help?lang={lang}")).await.body;
        for who in ["visitor", "clerk", "reviewer", "operator"] {
            let path = format!("/help/{who}");
            assert!(first.contains(&format!("href=\"{path}\"")), "{first}");
            let page = server.get(&format!("{path}?lang={lang}")).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.contains(&format!("<html lang=\"{tag}\"")), "{path}");
            assert!(page.body.matches("class=\"guide-part\"").count() >= 3, "{}", page.body);
            assert!(!page.body.contains("guide."), "a key is shown: {}", page.body);
        }
        let lost = server.get(&format!("/help/nobody?lang={lang}")).await;
        assert!(lost.status == 404 && lost.body.contains("href=\"/help\""), "{}", lost.body);
    }
    let typed = server.get("/help/operator").await.body;
    assert!(typed.contains("<pre><code>lianshi doctor</code></pre>"), "{typed}");
}

#[tokio::test]
async fn larger_text_is_asked_for_by_an_address_and_remembered() {
    let server = Server::start(Fake::default()).await;
    let usual = server.get("/list?q=x").await.body;
    assert!(usual.contains("<html lang=\"zh-CN\">") && usual.contains("text=large\""), "{usual}");
    let large = server.get("/list?q=x&text=large").await;
    assert!(large.body.contains("<html lang=\"zh-CN\" class=\"large\">"), "{}", large.body);
    assert!(
        large.body.contains("/list?q=x&#38;text=normal"),
        "the way back keeps the search: {}",
        large.body
    );
    assert!(large.header("set-cookie").starts_with("text=large; Path=/;"), "{}", large.header("set-cookie"));
    let remembered = server.get_with("/", "Cookie: lang=en; text=large\r\n").await.body;
    assert!(remembered.contains("<html lang=\"en\" class=\"large\">"), "{remembered}");
    let nonsense = server.get("/?text=%22%3E%3Cscript%3E").await;
    assert!(nonsense.header("set-cookie").is_empty() && !nonsense.body.contains("><script>"));
}
