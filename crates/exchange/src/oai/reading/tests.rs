use super::*;

fn answer(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><o:OAI-PMH xmlns:o=\"http://www.openarchives.org/OAI/2.0/\"><o:responseDate>2026-11-27T10:00:00Z</o:responseDate><request>x</request>{inside}</o:OAI-PMH>"
    )
}

fn of(inside: &str) -> Reading {
    read(answer(inside).as_bytes(), None).unwrap()
}

fn record(metadata: &str) -> Metadata {
    let inside = format!(
        "<ListRecords><record><header><identifier>a:1</identifier><datestamp>2026-01-01</datestamp></header><metadata>{metadata}</metadata></record></ListRecords>"
    );
    of(&inside).records.remove(0).metadata.unwrap()
}

fn texts(metadata: &Metadata) -> Vec<(&str, &str)> {
    metadata.elements.iter().map(|e| (e.name.as_str(), e.text.as_str())).collect()
}

#[test]
fn prefixes_cdata_markup_and_references_are_all_text() {
    let dc = record(
        "<q:dc xmlns:q=\"x\" xmlns:z=\"y\"><z:title xml:lang=\"zh\">甲<![CDATA[ <乙>]]>&amp;&#20008;&#x4e01;</z:title><z:description>A<b>bold</b>end &nbsp;&unheard;</z:description><z:subject/></q:dc>",
    );
    assert_eq!(dc.root, "dc");
    assert_eq!(
        texts(&dc),
        [("title", "甲 <乙>&丨丁"), ("description", "A bold end &nbsp;&unheard;"), ("subject", "")]
    );
    assert_eq!(dc.elements[0].lang, "zh");
    let full = record(
        "<listing xmlns=\"urn:lianshi:listing:1\" kind=\"demand\" id=\"7\"><field name=\"title\"> x </field></listing>",
    );
    assert_eq!(
        full.attributes,
        [("kind".to_owned(), "demand".to_owned()), ("id".to_owned(), "7".to_owned())]
    );
    assert_eq!((full.elements[0].called.as_str(), full.elements[0].text.as_str()), ("title", "x"));
}

#[test]
fn an_element_called_metadata_or_record_within_the_contents_is_contents() {
    let odd =
        record("<a><metadata>one</metadata><record><header status=\"deleted\">two</header></record></a>");
    assert_eq!(texts(&odd), [("metadata", "one"), ("record", "two")]);
}

#[test]
fn lists_go_on_and_tell_what_is_gone() {
    let page = of(
        "<ListRecords><record><header status=\"deleted\"><identifier>a:1</identifier><datestamp>2026-01-01T00:00:00Z</datestamp><setSpec>s:1</setSpec><setSpec>s:2</setSpec></header></record><resumptionToken completeListSize=\"9\"> t&amp;1 </resumptionToken></ListRecords>",
    );
    assert_eq!((page.token.as_deref(), page.total), (Some("t&1"), Some(9)));
    assert_eq!(page.at, Stamp::parse("2026-11-27T10:00:00Z"));
    assert!(page.records[0].gone && page.records[0].sets == ["s:1", "s:2"]);
    let last = of("<ListRecords><resumptionToken cursor=\"9\" completeListSize=\"many\"/></ListRecords>");
    assert_eq!((last.token, last.total), (None, None));
}

#[test]
fn what_is_no_answer_is_refused_by_what_it_is() {
    let why = |text: &str| read(text.as_bytes(), None).unwrap_err();
    assert_eq!(why("<!DOCTYPE html><html><body>x</body></html>"), Unreadable::WebPage);
    assert_eq!(why("<html><body><br>x</body></html>"), Unreadable::WebPage);
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><OAI-PMH>&c;</OAI-PMH>";
    assert_eq!(why(bomb), Unreadable::DocumentType);
    assert_eq!(why("<rss/>"), Unreadable::Other { root: "rss".to_owned() });
    assert_eq!(why("<OAI-PMH/>"), Unreadable::Other { root: "OAI-PMH".to_owned() });
    assert!(matches!(why(""), Unreadable::Broken { .. }));
    assert!(matches!(why("broken xml"), Unreadable::Broken { .. }));
    assert!(matches!(why("<OAI-PMH></b>"), Unreadable::Broken { .. }));
    let whole =
        answer("<ListRecords><record><header><identifier>a</identifier></header></record></ListRecords>");
    for end in whole.find("<o:responseDate").unwrap()..whole.len() - 1 {
        assert!(read(&whole.as_bytes()[..end], None).is_err(), "{}", &whole[..end]);
    }
    let deep = answer(&"<a>".repeat(200));
    assert_eq!(why(&deep), Unreadable::TooLarge);
    assert_eq!(why(&answer(&"<a/>".repeat(MAX_ELEMENTS))), Unreadable::TooLarge);
    assert_eq!(read(&vec![b' '; MAX_ANSWER + 1], None), Err(Unreadable::TooLarge));
    for unreadable in [Unreadable::TooLarge, Unreadable::WebPage, Unreadable::DocumentType] {
        assert!(!unreadable.zh().is_ascii() && unreadable.to_string().is_ascii());
    }
}
