//! What a reader sees.

use crate::fake::{EXPERT, FORGED, Fake, GONE, NEED, ORG, SOLID, SUSPENDED};
use crate::http::Server;

async fn server() -> Server {
    Server::start(Fake::default()).await
}

/// Every page, in both languages, with words that must stand on it.
#[tokio::test]
async fn every_page_speaks_both_languages() {
    let server = server().await;
    let pages: &[(&str, &[&str], &[&str])] = &[
        (
            "/",
            &[
                "让技术找到用处",
                "六个大厅",
                "7,312",
                "武汉市东湖节点",
                "分市场",
                "12,408",
                "硫化物固态电解质",
            ],
            &["Where technology finds its use", "Six halls", "Wuhan East Lake node", "sub-market", "12,408"],
        ),
        (
            "/list?q=LiDAR&kind=achievement&region=4201&field=new_materials&trl=4-6",
            &[
                "找到",
                "1,284",
                "武汉市",
                "新材料及其应用",
                "<mark>LiDAR</mark>",
                "清除全部条件",
                "成熟度 4–6 级",
            ],
            &["1,284", "New materials", "<mark>LiDAR</mark>", "Clear all", "TRL 4–6"],
        ),
        (
            &format!("/listing/{SOLID}"),
            &[
                "签名核验通过",
                "12100000707137123P",
                "联系方式",
                "027-6875 0000",
                "2 个并存",
                "300–500 万元",
                "版本记录（3）",
            ],
            &["Verified", "Contact", "2 values side by side", "CNY 3,000,000–5,000,000", "Versions (3)"],
        ),
        (
            &format!("/listing/{SOLID}/history"),
            &["修改记录", "旧的简介", "首次发布", "（空）", "签名节点自己的时钟"],
            &["History", "Published", "(nothing)", "clock of the node"],
        ),
        (
            "/stats/2026-03?region=42",
            &[
                "技术市场月报 2026年3月",
                "湖北省",
                "1,234",
                "12,408",
                "武昌区",
                "对接成功",
                "登记合同",
                "2026年2月",
                "lianshi stats --month 2026-03 --region 420000 --verify d1d1",
                "href=\"/stats/2026-03.pdf?region=420000\"",
            ],
            &[
                "bulletin, Mar 2026",
                "new this month",
                "83.8%",
                "a contract was registered",
                "Who can confirm it",
                "Keep as PDF",
            ],
        ),
        (
            "/stats/institutions",
            &["机构工作情况", "武汉大学", "获评价", "均为他人签名所作"],
            &["Work of the institutions", "Evaluated", "statements of others"],
        ),
        (
            "/status",
            &["运行正常", "已同步", "对方证书已过期", "31 分钟前", "视图指纹", "48,210"],
            &["Running", "In step", "31 min ago", "View hash", "48,210"],
        ),
        (
            "/profile",
            &["四统一", "管理制度", "2026-2", "湖北技术交易所", "另有更早的 1 版", "未附文本"],
            &["The four unifications", "Management rules", "1 earlier versions", "No text"],
        ),
        (
            "/profile/rules",
            &["管理制度", "<h2>一、准入</h2>", "<strong>过半数</strong>", "文本哈希", "还没有到本节点"],
            &["Management rules", "Hash of the text", "has not come to this node yet", "step c7c7"],
        ),
        (
            "/network",
            &["全网分布图", "武汉市", "武汉分市场 · 分市场 · 已同步", "核查中", "正在交换", "1,234"],
            &[
                "Map of the network",
                "says: something is wrong",
                "sub-market · In step",
                "suspended",
                "exchanging",
                "1,234",
            ],
        ),
    ];
    for (target, zh, en) in pages {
        for (lang, words) in [("zh", zh), ("en", en)] {
            let answer = server.get_with(target, &format!("Cookie: lang={lang}\r\n")).await;
            assert_eq!(answer.status, 200, "{target} {lang}");
            assert_eq!(answer.header("content-language"), if lang == "zh" { "zh-CN" } else { "en" });
            for word in *words {
                assert!(answer.body.contains(word), "{word} is not on {target} in {lang}");
            }
        }
    }
}

#[tokio::test]
async fn figures_come_with_their_lists_and_files_and_few_enquiries_are_not_told() {
    let server = server().await;
    let page = server.get("/stats").await.body;
    for part in [
        "href=\"/list?kind=achievement\"",
        "href=\"/list?region=420106\"",
        "<title id=\"chart-title\">",
        "<option value=\"4201\">",
        "href=\"/stats/all.xlsx\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let file = server.get("/stats/2026-03.xlsx?region=4201&lang=en").await;
    assert!(file.header("content-disposition").contains("2026-03.xlsx"));
    assert!(file.body.contains("420100") && file.body.contains("Xlsx false"), "{}", file.body);
    for path in ["/stats/2026-13", "/stats/x", "/stats/x.pdf", "/stats/2026-03.doc"] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    // An area or a month that is none is as good as not asked for.
    assert_eq!(server.get("/stats?region=%3Cb%3E&month=never").await.status, 200);
    let empty = Server::start(Fake { empty: true, ..Fake::default() }).await;
    assert!(empty.get("/stats").await.body.contains("还没有可以统计的信息"));
}

#[tokio::test]
async fn the_language_is_asked_for_remembered_and_else_chinese() {
    let server = server().await;
    let plain = server.get_with("/", "Accept-Language: en\r\n").await;
    assert!(plain.body.contains("lang=\"zh-CN\"") && plain.header("set-cookie").is_empty());
    let asked = server.get("/list?q=a&lang=en").await;
    assert!(asked.body.contains("<html lang=\"en\">") && asked.body.contains("/list?q=a&#38;lang=zh"));
    assert!(asked.header("set-cookie").starts_with("lang=en; Path=/;"));
    let odd = server.get_with("/?lang=%0d%0aSet-Cookie:x", "Cookie: lang=<script>; a=b\r\n").await;
    assert!(odd.body.contains("lang=\"zh-CN\"") && odd.header("set-cookie").is_empty());
}

#[tokio::test]
async fn standing_and_failed_checks_are_said_aloud() {
    let server = server().await;
    let gone = server.get(&format!("/listing/{GONE}")).await;
    assert!(
        gone.body.contains("此信息已撤下")
            && gone.body.contains("已整体转让")
            && gone.body.contains("noindex")
    );
    let forged = server.get(&format!("/listing/{FORGED}")).await;
    assert!(forged.body.contains("签名核验未通过") && forged.body.contains("内容与签名一致：未通过"));
    assert!(forged.body.contains("机构准入：未核验"));
    let need = server.get(&format!("/listing/{NEED}")).await;
    assert!(need.body.contains("联系方式由发布机构保管") && !need.body.contains("027-6875"));
}

#[tokio::test]
async fn values_of_several_editors_and_words_of_third_parties_say_whose_they_are() {
    let server = server().await;
    for (lang, words) in [
        (
            "zh",
            [
                "合作编辑机构",
                "武汉理工大学 · ",
                "审核：不通过",
                "缺少第三方检测报告",
                "成熟度 6 级，价值 120 万元",
                "green_label：A+",
                "针对较早的版本",
            ],
        ),
        (
            "en",
            [
                "Co-editors",
                "武汉理工大学 · ",
                "Screening: rejected",
                "缺少第三方检测报告",
                "TRL 6, worth CNY 1,200,000",
                "green_label: A+",
                "about an earlier version",
            ],
        ),
    ] {
        let body =
            server.get_with(&format!("/listing/{SOLID}"), &format!("Cookie: lang={lang}\r\n")).await.body;
        for word in words {
            assert!(body.contains(word), "{word} is not there in {lang}");
        }
        assert!(!body.contains(&format!("href=\"/listing/{SOLID}\"")), "it was asked for by its newest id");
    }
    let moved = server.get(&format!("/listing/{NEED}")).await.body;
    assert!(moved.contains("旧编号继续有效") && moved.contains(&format!("href=\"/listing/{NEED}\"")));
}

#[tokio::test]
async fn filters_lead_on_and_come_off_again() {
    let server = server().await;
    let body = server.get("/list?q=x&kind=demand&region=4201&page=3").await.body;
    for link in [
        "href=\"/list?q=x&#38;kind=demand\"",
        "href=\"/list?q=x&#38;region=4201\"",
        "href=\"/hall/service?q=x&#38;region=4201\"",
        "href=\"/list?q=x&#38;kind=demand&#38;region=4201&#38;field=agriculture\"",
        "href=\"/list?q=x&#38;kind=demand&#38;region=4201&#38;page=4\"",
        "<input type=\"hidden\" name=\"kind\" value=\"demand\">",
    ] {
        assert!(body.contains(link), "{link}");
    }
    let none = server.get("/list?q=nothing&kind=demand").await;
    assert_eq!(none.status, 200);
    assert!(none.body.contains("没有符合的信息") && none.body.contains("去掉全部筛选条件"));
}

/// Each hall has an address, says what stands in it, and keeps its name and filters in every link on its page.
#[tokio::test]
async fn the_six_halls_are_addresses_that_can_be_passed_on() {
    let server = server().await;
    for (hall, zh, en) in [
        ("trade", "交易", "Trade"),
        ("achievement", "成果", "Achievements"),
        ("demand", "需求", "Demands"),
        ("service", "服务", "Services"),
        ("activity", "活动", "Activities"),
        ("beyond", "境外/跨区域", "Beyond the region"),
    ] {
        let home = server.get("/").await.body;
        assert!(home.contains(&format!("href=\"/hall/{hall}\"")), "{hall}");
        let page = server.get(&format!("/hall/{hall}")).await;
        assert!(page.status == 200 && page.body.contains(&format!("<h1>{zh}大厅</h1>")), "{hall}");
        assert!(!page.body.contains("noindex") && page.body.contains(&format!("data-hall=\"{hall}\"")));
        assert!(server.get(&format!("/hall/{hall}?lang=en")).await.body.contains(&format!("<h1>{en}</h1>")));
    }
    let body = server.get("/hall/trade?q=x&mode=transfer&price=100-500&sort=price&page=2").await.body;
    for part in [
        "action=\"/hall/trade\"",
        "<input type=\"hidden\" name=\"price\" value=\"100-500\">",
        "href=\"/hall/trade?q=x&#38;price=100-500&#38;sort=price\"",
        "href=\"/hall/trade?q=x&#38;mode=transfer&#38;price=100-500&#38;sort=trl\"",
        "href=\"/hall/trade?q=x&#38;mode=transfer&#38;price=100-500&#38;sort=price&#38;page=3\"",
        "href=\"/hall/demand?q=x&#38;mode=transfer&#38;price=100-500&#38;sort=price\"",
        "1,200 条包含全部检索词",
        "noindex",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!server.get("/hall/demand").await.body.contains("<h2>类别</h2>"), "it has one kind alone");
    assert!(server.get("/hall/service").await.body.contains("<h2>类别</h2>"));
    assert_eq!(server.get("/hall/nowhere").await.status, 404);
}

#[tokio::test]
async fn suggestions_are_few_and_a_fault_is_an_empty_list() {
    let server = server().await;
    let answer = server.get("/suggest?q=%E5%9B%BA&hall=achievement").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json; charset=utf-8"));
    for part in ["\"v\":1", "8 条建议", &format!("\"href\":\"/listing/{SOLID}\""), "武汉大学"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert!(server.get("/suggest?q=nothing&lang=en").await.body.contains("No suggestions"));
    let unready = server.get("/suggest?q=unready").await;
    assert!(unready.status == 503 && unready.body.contains("\"items\":[]"));
    assert!(server.get("/suggest").await.body.contains("\"items\":[]"));
    let page = server.get("/hall/demand").await.body;
    let script = page.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = server.get(script).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    // Offices have browsers of 2020, and titles are put in as text alone.
    for absent in ["innerHTML", "?.", "??=", "=>", "eval("] {
        assert!(!script.body.contains(absent), "{absent}");
    }
}

#[tokio::test]
async fn an_empty_node_says_what_to_do_next() {
    let server = Server::start(Fake { empty: true, ..Fake::default() }).await;
    assert!(server.get("/").await.body.contains("导入本单位的表格并发布"));
    assert!(server.get("/status").await.body.contains("要一份邀请"));
}

#[tokio::test]
async fn refusals_are_pages_in_words() {
    let server = server().await;
    let cases = [
        ("/listing/00000000ffffffff", 404, "没有找到这条信息"),
        ("/listing/..%2f..%2fetc%2fpasswd", 404, "没有找到这条信息"),
        ("/listing/%ff%fe", 404, "没有找到这条信息"),
        ("/nowhere", 404, "没有这个页面"),
        ("/assets/lianshi.0000000000000000.css", 404, "没有这个页面"),
        ("/list?q=unready", 503, "节点正在准备"),
        ("/list?q=broken", 500, "这一页没能显示"),
        ("/list?q=panic", 500, "这一页没能显示"),
    ];
    for (target, status, words) in cases {
        let answer = server.get(target).await;
        assert_eq!(answer.status, status, "{target}");
        assert!(answer.body.contains(words), "{target} lacks {words}");
        assert!(!answer.body.contains("secret path"), "{target} tells of the machine");
    }
    assert_eq!(server.get("/list?q=unready").await.header("retry-after"), "30");
}

#[tokio::test]
async fn small_addresses_answer() {
    let server = server().await;
    let health = server.get("/healthz").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    assert!(server.get("/robots.txt").await.body.contains("Disallow: /list?"));
    assert_eq!(server.get("/favicon.ico").await.header("content-type"), "image/svg+xml");
    let head = server.raw(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let zipped = server.get_with("/", "Accept-Encoding: gzip\r\n").await;
    assert_eq!(zipped.header("content-encoding"), "gzip");
}

#[tokio::test]
async fn assets_are_found_through_the_page_and_kept_for_ever() {
    let server = server().await;
    let body = server.get("/").await.body;
    for (before, media) in
        [("rel=\"stylesheet\" href=\"", "text/css"), ("type=\"image/svg+xml\" href=\"", "image/svg")]
    {
        let path = body.split(before).nth(1).unwrap().split('"').next().unwrap();
        let asset = server.get(path).await;
        assert_eq!(asset.status, 200);
        assert!(asset.header("content-type").starts_with(media));
        assert!(asset.header("cache-control").contains("immutable"));
    }
}

/// A teaser says that there is more, in the list and on its page, and what to do; of others no such thing is said.
#[tokio::test]
async fn a_teaser_says_how_to_ask_for_its_details() {
    let server = server().await;
    let page = server.get(&format!("/listing/{NEED}")).await.body;
    for part in [
        "详情可申请",
        "网络成员",
        "<span>b07d51c2a3948e</span> <span>--message</span>",
        "其他访问者",
        "b07d 51c2 a394",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = server.get(&format!("/listing/{NEED}?lang=en")).await.body;
    for part in ["Details on request", "Members of the network", "Everyone else"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let list = server.get("/list").await.body;
    assert_eq!(
        list.matches("详情可申请").count(),
        list.matches(&format!("/listing/{NEED}\"")).count(),
        "{list}"
    );
    for id in [SOLID, GONE] {
        let page = server.get(&format!("/listing/{id}")).await.body;
        assert!(!page.contains("id=\"details\""), "{id}");
        // The teaser among its related listings is marked; the page's own listing is not.
        let teasers = page.matches(&format!("/listing/{NEED}\"")).count();
        assert_eq!(page.matches("详情可申请").count(), teasers, "{id}");
    }
}

/// What a listing says for machines is what it says for people, but for the contact details.
#[tokio::test]
async fn a_listing_speaks_to_machines_as_well() {
    let server = server().await;
    let data = |body: &str| -> serde_json::Value {
        let data = body.split("application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
        serde_json::from_str(data).unwrap()
    };
    let body = server.get(&format!("/listing/{SOLID}")).await.body;
    let solid = data(&body);
    assert_eq!(solid["@type"], "Product");
    assert_eq!(solid["identifier"], SOLID);
    assert_eq!(solid["offers"]["priceSpecification"]["maxPrice"], 5_000_000);
    assert!(solid["offers"]["priceSpecification"].get("minPrice").is_none(), "two stand side by side");
    assert_eq!(solid["offers"]["seller"]["taxID"], "12100000707137123P");
    assert_eq!(solid["keywords"].as_array().unwrap().len(), 3);
    assert!(!solid.to_string().contains("6875"), "a telephone number: {solid}");
    assert!(body.contains("</article>\n<script type=\"application/ld+json\">"));
    let gone = server.get(&format!("/listing/{GONE}")).await.body;
    assert!(!gone.contains("ld+json"), "what is withdrawn offers nothing");
}

#[tokio::test]
async fn a_listing_leads_to_what_is_like_it_and_to_its_institution() {
    let server = server().await;
    let body = server.get(&format!("/listing/{SOLID}")).await.body;
    for part in [
        &format!("<a href=\"/org/{ORG}\">"),
        "相关信息",
        "海上风电塔筒内壁长效防腐涂层",
        "目前相连的 4 个节点中的 3 个",
        "href=\"/hall/achievement?region=4201\"",
    ] {
        assert!(body.contains(part), "{part}");
    }
    assert!(!body.contains("所在机构的成果"));
    let expert = server.get(&format!("/listing/{EXPERT}")).await.body;
    assert!(expert.contains("所在机构的成果") && expert.contains("href=\"/hall/service?kind=expert\""));
}

#[tokio::test]
async fn an_institution_has_a_page_of_its_own() {
    let server = server().await;
    let page = server.get(&format!("/org/{}", &ORG[..12])).await;
    assert_eq!(page.status, 200);
    for part in [
        "<h1><bdi>武汉大学</bdi></h1>",
        "12100000707137123P",
        "网络治理方",
        &format!("href=\"/list?kind=achievement&#38;org={ORG}\">成果 <span class=\"num\">412</span>"),
        "成熟度 6 级，价值 120 万元",
        &format!("href=\"/listing/{NEED}\""),
        "密钥已吊销",
        "12 份日志",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let suspended = server.get(&format!("/org/{SUSPENDED}?lang=en")).await.body;
    for part in ["Institution suspended", "年度核查未完成", "Nothing public yet", "noindex"] {
        assert!(suspended.contains(part), "{part}: {suspended}");
    }
    for missing in ["/org/ffffffffffffffff", "/org/x", "/org/%3Cscript%3E"] {
        let answer = server.get(missing).await;
        assert!(answer.status == 404 && answer.body.contains("没有找到这家机构"), "{missing}");
    }
}

/// The first page with all that it asks for, as it comes over the wire.
#[tokio::test]
async fn the_first_page_weighs_less_than_its_budget() {
    let server = server().await;
    let page = server.get("/").await.body;
    let mut whole = page.len();
    for part in page
        .split(['"'])
        .filter(|part| part.starts_with("/assets/"))
        .collect::<std::collections::BTreeSet<_>>()
    {
        whole += server.get(part).await.body.len();
    }
    assert!(whole < 100 * 1024, "{whole} bytes before they are compressed");
}

#[tokio::test]
async fn what_was_found_is_taken_as_a_table_of_one_kind() {
    let server = Server::start(Fake::default()).await;
    let page = server.get("/list?q=a%26b&kind=achievement").await.body;
    let href = "/table?q=a%26b&amp;kind=achievement&amp;form=csv";
    assert!(page.contains(href) || page.contains(&href.replace("&amp;", "&#38;")), "{page}");
    let kept = server.get("/table?hall=demand&q=a%26b&kind=demand&form=csv").await;
    assert_eq!(kept.status, 200);
    assert!(kept.body.contains("Some(\"demand\") Csv true a&b"), "{}", kept.body);
    let head = kept.head.to_ascii_lowercase();
    assert!(head.contains("content-type: text/csv") && head.contains("attachment; filename="), "{head}");
    // A table holds one kind, in a form that there is.
    for target in
        ["/table?form=csv", "/table?kind=spaceship&form=csv", "/table?kind=demand&form=exe", "/table"]
    {
        assert_eq!(server.get(target).await.status, 404, "{target}");
    }
}
