use super::*;
use crate::oai::reading::Element;

fn dc(elements: &[(&str, &str)]) -> Metadata {
    let element = |(name, text): &(&str, &str)| Element {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
        ..Element::default()
    };
    Metadata {
        root: "dc".to_owned(),
        elements: elements.iter().map(element).collect(),
        ..Metadata::default()
    }
}

fn made(terms: &Terms, elements: &[(&str, &str)]) -> Record {
    Record::new(terms.record(&dc(elements), "420100").unwrap().fields)
}

const ELEMENTS: [(&str, &str); 17] = [
    ("title", "Graphene <i>heat</i> spreader"),
    ("title", "石墨烯散热片"),
    ("creator", "Wang, Li"),
    ("creator", "Zhang, San"),
    ("subject", "Materials, synthetic"),
    ("subject", "heat; graphene"),
    ("description", "<p>First.</p><p>A &amp; B</p>"),
    ("description", "第二种摘要"),
    ("publisher", "某大学"),
    ("date", "2013-10-07T21:10:48Z"),
    ("date", "2011-05"),
    ("type", "Article"),
    ("identifier", "10.1/x"),
    ("identifier", "https://hdl.handle.net/1/2"),
    ("language", "en_US"),
    ("rights", "CC BY"),
    ("coverage", "湖北省武汉市"),
];

#[test]
fn the_usual_way_fills_fields_and_keeps_the_rest() {
    let record = made(&Terms::default(), &ELEMENTS);
    assert_eq!(record.title(), "Graphene heat spreader");
    assert_eq!(record.text("summary"), Some("First. A & B"));
    assert_eq!(record.text("body"), Some("First.\n\nA & B\n\n第二种摘要"));
    let single = made(&Terms::default(), &[("title", "x"), ("description", "one paragraph")]);
    assert_eq!((single.text("summary"), single.text("body")), (Some("one paragraph"), None));
    assert_eq!(record.members("keyword").collect::<Vec<_>>(), ["Materials, synthetic", "graphene", "heat"]);
    assert_eq!(record.text("organization"), Some("某大学"));
    assert_eq!((record.int("year"), record.text("language")), (Some(2011), Some("en")));
    assert_eq!(record.text("url"), Some("https://hdl.handle.net/1/2"));
    assert_eq!(record.text("region"), Some("420100"));
    for (key, text) in [
        ("dc_title", "石墨烯散热片"),
        ("dc_date", "2013-10-07T21:10:48Z\n2011-05"),
        ("dc_type", "Article"),
        ("dc_identifier", "10.1/x"),
        ("dc_rights", "CC BY"),
    ] {
        assert_eq!(record.text(key), Some(text), "{key}");
    }
    // Every value that came is somewhere.
    let all: String = record.entries().iter().map(|(k, v)| format!("{k}={v:?}\n")).collect();
    for (_, value) in ELEMENTS.into_iter().filter(|(name, _)| !["coverage", "language"].contains(name)) {
        for word in html::plain(value).split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3) {
            assert!(all.contains(word), "{word} of {value} is in none of {all}");
        }
    }
}

#[test]
fn a_file_says_it_otherwise() {
    let terms = Terms::parse(
        "kind = \"service\"\nregion = \"110000\"\nleave-out = [\"rights\"]\n[fields]\norganization = [\"contributor\", \"publisher\"]\nsummary = \"\"\nbody = \"description\"\n\
         [constants]\nsource = \"某库\"\n[codes.subject]\n\"HEAT; graphene\" = \"热\"\n[kinds]\n\"article\" = \"achievement\"\n",
    )
    .unwrap();
    let metadata = dc(&ELEMENTS);
    let record = terms.record(&metadata, "420100").unwrap();
    assert_eq!(record.kind, Kind::Achievement);
    let record = Record::new(record.fields);
    assert_eq!((record.text("source"), record.text("dc_rights")), (Some("某库"), None));
    assert!(record.text("summary").is_none() && record.text("body").is_some());
    assert_eq!(record.members("keyword").collect::<Vec<_>>(), ["Materials, synthetic", "热"]);
    let other = terms.record(&dc(&[("title", "x")]), "420100").unwrap();
    assert_eq!((other.kind, Record::new(other.fields).text("region")), (Kind::Service, Some("110000")));
    for wrong in [
        "kind = \"boat\"",
        "[fields]\nboat = \"title\"",
        "colour = 1",
        "region = \"999999\"",
        "[kinds]\na = \"b\"",
        "=",
    ] {
        let (zh, en) = Terms::parse(wrong).unwrap_err();
        assert!(!zh.is_ascii() && !en.is_empty(), "{wrong}");
    }
}

#[test]
fn what_does_not_fit_its_field_is_kept_beside_it() {
    let (long, word) = ("长".repeat(30_000), "w".repeat(500));
    let record = terms_of(&[
        ("title", &"t".repeat(5_000)),
        ("description", &long),
        ("subject", &word),
        ("publisher", &word),
    ]);
    let shortened = record.shortened.clone();
    let record = Record::new(record.fields);
    assert!(record.title().chars().count() <= 300 && !record.title().is_empty());
    assert_eq!(record.text("body").map(|text| text.chars().count()), Some(MAX_LONG_TEXT_CHARS));
    assert_eq!(record.text("dc_subject"), Some(word.as_str()));
    assert!(shortened.contains(&"body".to_owned()), "{shortened:?}");
    assert!(record.members("keyword").next().is_none());
}

fn terms_of(elements: &[(&str, &str)]) -> Made {
    Terms::default().record(&dc(elements), "420100").unwrap()
}

#[test]
fn a_record_that_can_be_no_listing_is_refused_with_a_reason() {
    let refused = |elements: &[(&str, &str)]| Terms::default().record(&dc(elements), "420100").unwrap_err();
    assert_eq!(refused(&[("description", "x")])[0].field, "title");
    let issues = refused(&[("title", "x"), ("description", "身份证 11010519491231002X")]);
    assert!(issues.iter().any(|issue| issue.code == "id_number"), "{issues:?}");
    let texts: String =
        issues.iter().map(|issue| format!("{} {}", issue.reason_zh, issue.reason_en)).collect();
    assert!(!texts.contains("11010519491231002X"));
}

#[test]
fn hundreds_of_elements_stay_within_a_listing() {
    let texts: Vec<(String, String)> =
        (0..300).map(|n| (format!("odd{}", n % 40), format!("{n} {}", "语".repeat(900)))).collect();
    let mut elements: Vec<(&str, &str)> = texts.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    elements.push(("title", "x"));
    let made = terms_of(&elements);
    assert!(Record::validate(made.kind, &made.fields).is_empty());
    assert!(!made.shortened.is_empty());
}
