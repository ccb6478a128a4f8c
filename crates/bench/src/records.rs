//! Listings to move: Chinese records of about 1.8 KB of JSON, the same ones in every run.
//!
//! Text decides what a compressor can do, so it is drawn from real records where they are there (2,000 of CSL, Apache-2.0,
//! `../shared/data/cn`), else from `exchange::samples`. Each text is made of pieces of a few characters: somewhat more
//! than half from one abstract, which gives a record its topic, the rest from anywhere. So made, 500 characters deflate
//! to 0.62 of their size and 10,000 records shrink to 0.34 under `xz -9e`; the real abstracts: 0.62, and 0.34 to 0.36.
//! Contacts are left out: Lianshi keeps them at home, and files with them would be larger than what it sends.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::random::Random;

/// Most listings of a run.
pub const MAX_LISTINGS: usize = 1_100_000;
/// Yuan in a price of 1.
const YUAN: u64 = 10_000;
/// Characters of a piece, from and to.
const PIECE: (usize, usize) = (2, 5);
/// Pieces in a hundred that come from the record's topic.
const TOPICAL: u64 = 55;
/// Characters of an abstract that make a topic.
const TOPIC: usize = 120;
/// Characters of the real text that a corpus needs at the least.
const SMALLEST_CORPUS: usize = 10_000;
const SEED: u64 = 20_260_101;
/// Divisions of Hubei.
const REGIONS: &[&str] = &["420106", "420111", "420500", "420600", "420700", "421000", "429004", "429005"];
const FIELDS: &[&str] =
    &["电子信息", "先进制造", "新材料及其应用", "农业", "环境保护与资源综合利用", "生物、医药和医疗器械"];
const MODES: &[&str] = &["普通许可", "独占许可", "作价入股", "合作开发", "技术服务", "技术咨询"];
const STAGES: &[&str] = &["正在研发", "通过小试", "已有样品", "通过中试", "可以量产"];
const HOUSES: &[&str] = &["大学", "研究院", "理工学院", "农业科学院", "科技有限公司"];

/// What was written.
pub struct Made {
    /// Listings.
    pub count: usize,
    /// Bytes of JSON, ends of lines included.
    pub bytes: u64,
    /// Where the text was drawn from.
    pub source: &'static str,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean = self.bytes as f64 / self.count.max(1) as f64;
        write!(
            f,
            "{} listings, {} bytes of JSON, {mean:.0} each; text from {}",
            self.count, self.bytes, self.source
        )
    }
}

/// Writes `count` listings, one JSON object a line.
///
/// # Errors
/// More than [`MAX_LISTINGS`], or a file that cannot be written.
pub fn write(path: &Path, count: usize) -> anyhow::Result<Made> {
    written(path, count, |corpus, place| record(corpus, place).to_string())
}

/// Writes the same listings in the fields of the peers' harness (`../shared/peers/gen.py`): its drivers know those alone, and
/// one of them carries no others, so what has no field there goes into the one that is nearest.
///
/// # Errors
/// As [`write`].
pub fn write_for_peers(path: &Path, count: usize) -> anyhow::Result<Made> {
    written(path, count, |corpus, place| {
        let rest = for_peers(&record(corpus, place), place).to_string();
        format!("{{\"id\":\"{}\",{}", peer_id(place), rest.trim_start_matches('{'))
    })
}

fn for_peers(record: &Json, place: usize) -> Json {
    let text = |field: &str| record[field].as_str().unwrap_or_default();
    let first = |field: &str| record[field][0].as_str().unwrap_or_default();
    let stage = STAGES.iter().position(|stage| *stage == text("trl")).unwrap_or_default();
    let keywords = record["keywords"].as_array().into_iter().flatten().chain([&record["discipline"]]);
    let day = format!("{}-01-01", record["year"]);
    json!({
        "type": "supply",
        "title": text("title"),
        "field": first("field"),
        "region": text("region"),
        "org": text("organization"),
        "stage": text("trl"),
        "trl": 2 * stage + 1,
        "mode": first("cooperation"),
        "price_cny": price(place) * YUAN,
        "abstract": text("summary"),
        "advantages": format!("{}{}", text("advantages"), text("indicators")),
        "keywords": keywords.collect::<Vec<_>>(),
        "patents": [text("source_id")],
        "contact": { "name": text("team"), "tel": "", "mail": "" },
        "created": day,
        "updated": day,
    })
}

/// How the harness names a record.
pub fn peer_id(place: usize) -> String {
    format!("L{place:09}")
}

/// The cells of the records from `first` on, as an import reads them: field id and text.
///
/// # Errors
/// When there is no text to draw from.
pub fn cells(first: usize, count: usize) -> anyhow::Result<impl Iterator<Item = Vec<(String, String)>>> {
    let corpus = Corpus::find()?;
    Ok((first..first + count).map(move |place| {
        let record = record(&corpus, place);
        let text = |value: &Json| match value {
            Json::String(text) => text.clone(),
            Json::Array(items) => items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("；"),
            other => other.to_string(),
        };
        let fields = record.as_object().into_iter().flatten();
        fields.map(|(field, value)| (field.clone(), text(value))).collect()
    }))
}

fn written(path: &Path, count: usize, line: impl Fn(&Corpus, usize) -> String) -> anyhow::Result<Made> {
    ensure!((1..=MAX_LISTINGS).contains(&count), "between 1 and {MAX_LISTINGS} listings, not {count}");
    let corpus = Corpus::find()?;
    let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut out = BufWriter::new(file);
    let mut bytes = 0;
    for place in 0..count {
        let line = line(&corpus, place);
        bytes += line.len() as u64 + 1;
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(Made { count, bytes, source: corpus.source })
}

/// What a record costs, in ten thousand yuan.
fn price(place: usize) -> u64 {
    Random::new(SEED ^ place as u64).below(9_999) + 1
}

/// Text to draw records from.
pub struct Corpus {
    topics: Vec<Vec<char>>,
    all: Vec<char>,
    keywords: Vec<String>,
    disciplines: Vec<String>,
    source: &'static str,
}

impl Corpus {
    /// The real records where they are there, else the program's samples.
    ///
    /// # Errors
    /// When the file does not read, or is too short.
    pub fn find() -> anyhow::Result<Self> {
        let real = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/cn/csl_2000_research_outputs.jsonl");
        let corpus = match std::fs::read_to_string(&real) {
            Ok(text) => Self::of_csl(&text)?,
            Err(_) => Self::of_samples(),
        };
        ensure!(corpus.all.len() >= SMALLEST_CORPUS, "the text to draw from is too short");
        Ok(corpus)
    }

    /// The running text of the record at a place: what makes nearly all of its size.
    pub fn texts(&self, place: usize) -> BTreeMap<String, String> {
        let record = record(self, place);
        let text = |key: &&str| record[key].as_str().map(|text| ((*key).to_owned(), text.to_owned()));
        ["title", "summary", "advantages", "indicators", "team"].iter().filter_map(text).collect()
    }

    fn empty(source: &'static str) -> Self {
        let (topics, all, keywords, disciplines) = Default::default();
        Self { topics, all, keywords, disciplines, source }
    }

    fn of_csl(text: &str) -> anyhow::Result<Self> {
        let mut corpus = Self::empty("2,000 real records of CSL");
        for line in text.lines() {
            let record: Json = serde_json::from_str(line)?;
            corpus.add(record["abstract"].as_str().unwrap_or_default());
            corpus.disciplines.extend(record["discipline"].as_str().map(str::to_owned));
            let words = record["keywords"].as_array().into_iter().flatten();
            corpus.keywords.extend(words.filter_map(Json::as_str).map(str::to_owned));
        }
        Ok(corpus)
    }

    fn of_samples() -> Self {
        let mut corpus = Self::empty("the program's own samples (repetitive: smaller than real text)");
        for cells in exchange::samples::generate(SEED, catalog::Kind::Achievement, 2_000) {
            let chinese = |(_, text): &&(String, String)| !text.is_ascii();
            let text: String = cells.iter().filter(chinese).map(|(_, text)| text.as_str()).collect();
            corpus.add(&text);
            let words =
                cells.iter().filter(|(field, _)| field == "keywords").flat_map(|(_, text)| text.split('；'));
            corpus.keywords.extend(words.map(str::to_owned));
        }
        corpus.disciplines.push("计算机科学与技术".to_owned());
        corpus
    }

    fn add(&mut self, text: &str) {
        let chars: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
        self.all.extend(&chars);
        if chars.len() >= TOPIC {
            self.topics.push(chars);
        }
    }

    fn prose(&self, random: &mut Random, topic: &[char], chars: usize) -> String {
        let mut out = Vec::with_capacity(chars + PIECE.1);
        while out.len() < chars {
            let from = if random.below(100) < TOPICAL && topic.len() > PIECE.1 { topic } else { &self.all };
            let size = PIECE.0 + random.below((PIECE.1 - PIECE.0 + 1) as u64) as usize;
            let start = random.below((from.len() - size) as u64) as usize;
            out.extend_from_slice(&from[start..start + size]);
        }
        out.truncate(chars);
        out.into_iter().collect::<String>().trim().to_owned()
    }
}

fn record(corpus: &Corpus, place: usize) -> Json {
    let mut random = Random::new(SEED ^ ((place as u64) << 20));
    let random = &mut random;
    let topic = random.pick(&corpus.topics).map_or(&[][..], |topic| &topic[..TOPIC]);
    let text = |random: &mut Random, from: u64, to: u64| {
        let chars = from + random.below(to - from + 1);
        corpus.prose(random, topic, chars as usize)
    };
    let mut keywords: Vec<String> = (0..4).filter_map(|_| random.pick(&corpus.keywords).cloned()).collect();
    keywords.sort_unstable();
    keywords.dedup();
    json!({
        "source_id": format!("B-{:06}", place + 1),
        "title": text(random, 14, 28),
        "summary": text(random, 250, 340),
        "advantages": text(random, 90, 150),
        "indicators": text(random, 60, 100),
        "keywords": keywords,
        "discipline": random.pick(&corpus.disciplines),
        "field": [random.pick(FIELDS)],
        "region": random.pick(REGIONS),
        "organization": format!("样例{}{}", text(random, 3, 4), random.pick(HOUSES).copied().unwrap_or_default()),
        "team": text(random, 6, 12),
        "cooperation": [random.pick(MODES)],
        "trl": random.pick(STAGES),
        "year": 2010 + random.below(16),
        "price": format!("{}万元", price(place)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_the_same_each_time_differ_and_are_of_the_size() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        let made = write(&a, 500).unwrap();
        write(&b, 500).unwrap();
        assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
        let text = std::fs::read_to_string(&a).unwrap();
        let titles: std::collections::BTreeSet<String> = text
            .lines()
            .map(|line| serde_json::from_str::<Json>(line).unwrap()["title"].to_string())
            .collect();
        assert!(titles.len() > 495, "{} titles of 500", titles.len());
        let mean = made.bytes / 500;
        assert!((1_500..2_100).contains(&mean), "{mean} bytes a record");
    }

    #[test]
    fn peers_get_the_same_text_in_about_the_same_size() {
        let corpus = Corpus::of_samples();
        for place in 0..200 {
            let ours = record(&corpus, place);
            let theirs = for_peers(&ours, place).to_string();
            for text in corpus.texts(place).values() {
                assert!(theirs.contains(text.as_str()), "{text} is not in {theirs}");
            }
            // The id is put before the rest.
            let size = theirs.len() + peer_id(place).len() + 8;
            assert!(
                size.abs_diff(ours.to_string().len()) < 100,
                "{size} bytes of {}",
                ours.to_string().len()
            );
        }
    }

    #[test]
    fn samples_serve_where_the_real_records_are_not() {
        let corpus = Corpus::of_samples();
        assert!(
            corpus.all.len() >= SMALLEST_CORPUS && !corpus.topics.is_empty() && corpus.keywords.len() > 100
        );
        assert_eq!(record(&corpus, 7), record(&corpus, 7));
    }
}
