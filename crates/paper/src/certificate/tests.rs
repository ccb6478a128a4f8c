use super::*;
use proptest::prelude::*;

fn fact(zh: &str, en: &str, value: &str) -> Fact {
    Fact { label: Two::new(zh, en), value: value.to_owned() }
}

fn sample() -> Certificate {
    Certificate {
        over: Two::new("湖北联合技术市场", "Hubei Joined Technology Market"),
        heading: Two::new("挂牌信息证明书", "Certificate of listing"),
        claim: Two::new(
            "兹证明下列信息由所列机构签名发布，该机构经本网络治理方准入；签名、内容与准入均已核验。",
            "The listing below was signed and published by the institution named, which the network's governors admitted; signature, contents and admission were verified.",
        ),
        title: "面向动力电池的硫化物固态电解质膜连续制备技术".to_owned(),
        facts: vec![
            fact("类别", "Kind", "成果"),
            fact("发布机构", "Institution", "武汉大学"),
            fact("统一社会信用代码", "Unified social credit code", "12100000707137123P"),
            fact("技术领域", "Technical field", "新材料及其应用；新能源与高效节能"),
            fact("成熟度", "Readiness", "4–6 级（“通过小试”）"),
            fact("合作方式", "Cooperation", "独占许可；合作开发；技术服务"),
            fact("专利", "Patents", "CN202310123456.7；CN202310654321.0"),
            fact("价格", "Price", "300–500 万元，或面议"),
        ],
        parts: vec![
            fact(
                "简介",
                "Summary",
                "以干法成膜代替溶剂浇铸，膜厚 30 微米，室温离子电导率 3.1 mS/cm，已完成 10 米级连续试制，可用于 20 Ah 级软包电池。",
            ),
            fact(
                "第三方说明",
                "What others say",
                "评价：成熟度 6 级，价值 120 万元　湖北省科技评估中心，2026年3月3日，针对当前版本",
            ),
        ],
        marks: vec![
            fact("信息编号", "Listing number", &"3f9a02c4".repeat(8)),
            fact("版本", "Version", "第 3 版 · 9c4e 5a6b 7c8d 9e0f"),
            fact("签名时间", "Signed", "2026年3月3日 14:05（北京时间，以作者的时钟为准）"),
            fact("签名节点", "Signing node", &"5e6f7081".repeat(8)),
            fact("网络", "Network", &"c411be77".repeat(8)),
        ],
        code: format!("https://market.example.cn/v/{}/3-9c4e5a6b7c8d9e0f", "3f9a02c4".repeat(8)),
        code_note: Two::new("扫码查看现状", "Scan to see how it stands"),
        notes: vec![Two::new(
            "本证明书内附证明文件 proof.lianshi。离线核验：lianshi verify 本文件 --charter 章程文件。制作之后是否撤下、修改，请扫码查看。",
            "The proof lies in this file as proof.lianshi. To verify offline: lianshi verify FILE --charter CHARTER.",
        )],
        missing: Two::new(
            "〓 处是本程序字库未收的字：{chars}，见所附证明文件。",
            "〓 stands for characters that this program's typeface lacks: {chars}; the proof inside has them.",
        ),
        page: Two::new("第 {n} 页，共 {all} 页", "Page {n} of {all}"),
        made_ms: 1_772_604_300_000,
        files: vec![File {
            name: "proof.lianshi".into(),
            description: "the proof".into(),
            bytes: b"lianshi proof 1\n\nendstream\n\xff\x00 etc".to_vec(),
        }],
    }
}

/// Looks at `LIANSHI_LOOK=folder cargo test -p paper looks`.
fn keep(name: &str, pdf: &[u8]) {
    if let Some(folder) = std::env::var_os("LIANSHI_LOOK") {
        std::fs::write(std::path::Path::new(&folder).join(name), pdf).expect("the folder is there");
    }
}

#[test]
fn the_same_words_make_the_same_bytes_and_carry_their_files() {
    let pdf = sample().to_pdf().expect("it is made");
    keep("plain.pdf", &pdf);
    assert_eq!(sample().to_pdf().as_deref(), Ok(pdf.as_slice()));
    assert_eq!(attached(&pdf, b"lianshi proof 1\n"), Some(sample().files[0].bytes.as_slice()));
    assert!(pdf.len() < 200_000, "{} bytes: the typefaces are subset", pdf.len());
    let text = String::from_utf8_lossy(&pdf);
    for part in ["%PDF-1.7", "/Lang (zh-CN)", "/StructTreeRoot", "/ToUnicode", "pdfaid:part"] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn long_texts_go_on_on_further_pages() {
    let mut long = sample();
    long.title =
        "面向动力电池的硫化物固态电解质膜连续制备技术及其在低空飞行器与储能电站中的工程化应用研究".repeat(3);
    long.parts[0].value = "以干法成膜代替溶剂浇铸，膜厚 30 微米，室温离子电导率 3.1 mS/cm。".repeat(120);
    long.facts[5].value = "独占许可；合作开发；".repeat(60);
    let pdf = long.to_pdf().expect("it is made");
    keep("long.pdf", &pdf);
    long.parts[0].value = "长".repeat(300_000);
    assert_eq!(long.to_pdf(), Err(PaperFault::Long));
}

#[test]
fn characters_that_the_typeface_lacks_are_shown_and_named() {
    let mut odd = sample();
    odd.title = "\u{2CEB4}\u{30edd}面\u{200b}与表情😀".to_owned();
    let faces = face::Faces::read().expect("it opens");
    let code = crate::Code::for_paper("x").expect("it is short");
    let pages = sheet::lay_out(&odd, &faces, &code).expect("it fits");
    let all = format!("{pages:?}");
    for part in ["〓〓面〓与表情〓", "U+30EDD", "U+1F600", "U+200B"] {
        assert!(all.contains(part), "{part}");
    }
    keep("odd.pdf", &odd.to_pdf().expect("it is made"));
}

#[test]
fn the_heading_is_in_its_own_typeface() {
    let faces = face::Faces::read().expect("it opens");
    assert!("挂牌信息证明书".chars().all(|c| faces.of(face::Kind::Heading).has(c)));
    for c in "联市镕喆堃淼臺灣衛龘〓✓".chars() {
        assert!(faces.of(face::Kind::Text).has(c) || c == '龘', "{c}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_is_said_is_drawn_or_refused(title in "\\PC{0,200}", value in "(\\PC|\n){0,400}", label in "\\PC{0,30}") {
        let mut any = sample();
        any.title = title;
        any.facts.push(Fact { label: Two::new(label.clone(), label), value: value.clone() });
        any.parts.push(fact("", "", &value));
        let pdf = any.to_pdf().expect("it is made");
        prop_assert_eq!(attached(&pdf, b"lianshi proof 1\n"), Some(any.files[0].bytes.as_slice()));
    }
}
