//! OAI-PMH, both sides: what repositories answer, and what harvesters ask.

use catalog::Record;
use exchange::oai::reading::{self, MAX_ELEMENTS};
use exchange::oai::terms::Terms;
use exchange::oai::{Request, Stamp, full, html, parse};

/// What another repository answers: read, made into records, or refused. A record that is made is one that may be published.
pub fn answer(bytes: &[u8]) {
    for charset in [None, Some("gbk")] {
        let Ok(read) = reading::read(bytes, charset) else { continue };
        assert!(read.records.len() + read.sets.len() + read.formats.len() <= MAX_ELEMENTS);
        for metadata in read.records.iter().filter_map(|record| record.metadata.as_ref()) {
            if let Ok(made) = Terms::default().record(metadata, "420100") {
                assert_eq!(Record::validate(made.kind, &made.fields), Vec::new());
            }
            if let Some(full) = full::read(metadata) {
                let _ = Record::validate(full.kind, &full.fields);
            }
        }
    }
    let text = String::from_utf8_lossy(bytes);
    let plain = html::plain(&text);
    assert!(plain.len() <= 3 * text.len());
    let _ = Terms::parse(&text);
}

const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\"><responseDate>2026-11-27T10:00:00Z</responseDate><request verb=\"ListRecords\">http://a.cn/oai</request>";

pub fn answers() -> Vec<Vec<u8>> {
    let record = |metadata: &str| {
        format!(
            "<record><header><identifier>oai:a:1</identifier><datestamp>2026-01-01</datestamp><setSpec>s</setSpec></header><metadata>{metadata}</metadata></record>"
        )
    };
    let dc = record(
        "<oai_dc:dc xmlns:oai_dc=\"x\" xmlns:dc=\"y\"><dc:title xml:lang=\"zh\">石墨烯 &lt;b&gt;A&amp;B</dc:title><dc:description><![CDATA[<p>甲</p>]]>&nbsp;&#x4e01;</dc:description><dc:subject>a; b</dc:subject><dc:date>2011-05</dc:date><dc:language>eng</dc:language><dc:identifier>http://a.cn/1</dc:identifier><dc:rights>CC</dc:rights></oai_dc:dc>",
    );
    let listing = record(
        "<listing xmlns=\"urn:lianshi:listing:1\" kind=\"achievement\"><field name=\"title\">甲</field><field name=\"keyword\">乙</field><field name=\"price_min\">7</field><field name=\"trl_min\">x</field></listing>",
    );
    let gone = "<record><header status=\"deleted\"><identifier>oai:a:2</identifier><datestamp>2026-01-01T00:00:00Z</datestamp></header></record>";
    let list = format!(
        "{OPEN}<ListRecords>{dc}{listing}{gone}<resumptionToken completeListSize=\"9\">t</resumptionToken></ListRecords></OAI-PMH>"
    );
    vec![
        list.into_bytes(),
        format!("{OPEN}<Identify><repositoryName>甲</repositoryName><granularity>YYYY-MM-DDThh:mm:ssZ</granularity></Identify></OAI-PMH>").into_bytes(),
        format!("{OPEN}<error code=\"badArgument\">x</error></OAI-PMH>").into_bytes(),
        format!("{OPEN}<ListSets><set><setSpec>a</setSpec><setName>b</setName></set></ListSets></OAI-PMH>").into_bytes(),
        b"<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><OAI-PMH>&c;</OAI-PMH>".to_vec(),
        b"kind = \"service\"\n[fields]\ntitle = [\"title\", \"source\"]\n[codes.subject]\n\"a\" = \"b\"\n".to_vec(),
        b"<p>a&amp;b<script>x</script><!-- c --> <jats:p>d</jats:p>&#65;&nbsp;".to_vec(),
    ]
}

/// What a harvester asks: read, or refused by the protocol's word.
pub fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pairs: Vec<(String, String)> = text
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    match parse(&pairs) {
        Ok(Request::List { walk, .. }) => {
            for stamp in [walk.from, walk.until].into_iter().flatten() {
                assert_eq!(Stamp::parse(&stamp.text()), Some(stamp));
            }
        }
        Ok(_) => {}
        Err(fault) => assert!(
            fault.code.starts_with("bad")
                || fault.code.starts_with("cannot")
                || fault.code.starts_with("no")
                || fault.code.starts_with("id")
        ),
    }
}

pub fn requests() -> Vec<Vec<u8>> {
    let token = data_encoding::BASE64URL_NOPAD.encode(b"1 oai_dc 2026-01-01 2026-01-02 kind:demand 1 2 3 4");
    [
        "verb=Identify".to_owned(),
        "verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2026-11-27&set=region:42:4201"
            .to_owned(),
        "verb=ListIdentifiers&metadataPrefix=lianshi&from=2026-01-01T00:00:00Z&set=kind:demand".to_owned(),
        "verb=GetRecord&identifier=oai:n.lianshi:7&metadataPrefix=oai_dc".to_owned(),
        format!("verb=ListRecords&resumptionToken={token}"),
        "verb=ListMetadataFormats&identifier=x".to_owned(),
    ]
    .map(String::into_bytes)
    .into()
}
