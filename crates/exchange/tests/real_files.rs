//! The real files of the shared data folder: every row is read, or named.

use catalog::{Context, Kind, Record};
use exchange::RowProblem;
use exchange::mapping::Mapping;
use exchange::read::{Format, HeaderRow, ReadOptions, Row, Source, open};
use std::path::PathBuf;

/// The file, or `None` when the folder is not here (an error if the environment says it must be).
fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var("LIANSHI_REQUIRE_SHARED").as_deref() != Ok("1"), "{} is missing", file.display());
    println!("skipped: ../shared/data is not here");
    None
}

fn read(source: &mut Source) -> (Vec<Row>, Vec<RowProblem>) {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for item in source {
        match item {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(problem),
        }
    }
    (rows, problems)
}

fn cell<'a>(row: &'a Row, header: &str) -> &'a str {
    row.cells.iter().find(|(name, _)| name == header).map_or("", |(_, text)| text)
}

#[test]
fn chinese_research_outputs_jsonl() {
    let Some(file) = shared("cn/csl_2000_research_outputs.jsonl") else { return };
    let mut source = open(file, &ReadOptions::default()).unwrap();
    assert_eq!(source.format(), Format::Jsonl);
    let (rows, problems) = read(&mut source);
    assert_eq!((rows.len(), problems.len()), (2000, 0));
    assert!(cell(&rows[0], "keywords").contains("；平方和优化；"));
    let mapping = Mapping::guess(Kind::Achievement, source.headers());
    for field in ["title", "summary", "keywords", "discipline"] {
        assert!(mapping.has(field), "{field} is not in {mapping}");
    }
    assert_eq!(mapping.unmapped(source.headers()), ["split"]);
    for row in &rows {
        let cells = mapping.apply(row);
        assert!(cells.iter().any(|(id, text)| id == "title" && !text.is_empty()), "row {}", row.number);
    }
}

#[test]
fn chinese_titles_tsv_without_header() {
    let Some(file) = shared("cn/csl_8000_titles_category.tsv") else { return };
    let mut source = open(file.clone(), &ReadOptions::default()).unwrap();
    assert_eq!((source.format(), source.header_row()), (Format::Tsv, None));
    assert_eq!(source.headers(), ["column1", "column2"]);
    assert!(source.notes().iter().any(|note| note.code == "no_header"));
    let (rows, problems) = read(&mut source);
    assert_eq!((rows.len(), problems.len(), source.blank_rows()), (8000, 0, 0));
    assert_eq!((rows[0].number, cell(&rows[0], "column2")), (1, "历史学"));

    let mapping = Mapping::parse(Kind::Achievement, "title=column1,discipline=column2").unwrap();
    assert!(mapping.missing(source.headers()).is_empty());
    assert_eq!(mapping.apply(&rows[7999]).len(), 2);

    let with_header = ReadOptions { header: HeaderRow::First, ..ReadOptions::default() };
    let (rows, _) = read(&mut open(file, &with_header).unwrap());
    assert_eq!(rows.len(), 7999);
}

#[test]
fn nasa_patents_csv() {
    let Some(file) = shared("en/nasa_patents.csv") else { return };
    let mut source = open(file, &ReadOptions::default()).unwrap();
    assert_eq!(source.header_row(), Some(1));
    let (rows, problems) = read(&mut source);
    println!("{} rows, {} blank, problems {problems:?}", rows.len(), source.blank_rows());
    assert_eq!((rows.len(), problems.len()), (1393, 0));
    assert_eq!(rows[0].number, 2);
    assert_eq!(cell(&rows[0], "Application SN"), "13/033,085");
    let mapping = Mapping::guess(Kind::Achievement, source.headers());
    println!("{mapping} and not {:?}", mapping.unmapped(source.headers()));
    for field in ["title", "source_id", "patents", "organization", "expires_on"] {
        assert!(mapping.has(field), "{field} is not in {mapping}");
    }
    assert!(mapping.apply(&rows[0]).contains(&("source_id".to_owned(), "KSC-12871".to_owned())));
    let patents = mapping.apply(&rows[1]).into_iter().find(|(id, _)| id == "patents").unwrap();
    assert_eq!(patents.1, "5694939；08/543,093");
}

#[test]
fn nasa_software_json_with_a_path() {
    let Some(file) = shared("en/nasa_t2_software_releases_code.json") else { return };
    let stated = ReadOptions { records: Some("releases".to_owned()), ..ReadOptions::default() };
    for options in [stated, ReadOptions::default()] {
        let mut source = open(file.clone(), &options).unwrap();
        assert_eq!(source.format(), Format::Json);
        let (rows, problems) = read(&mut source);
        assert_eq!((rows.len(), problems.as_slice()), (1304, [].as_slice()));
        assert_eq!(cell(&rows[0], "contact.email"), "arc-sra-team@mail.nasa.gov");
        assert_eq!(cell(&rows[0], "permissions.licenses.name"), "Pending Release");
        let mapping = Mapping::guess(Kind::Achievement, source.headers());
        println!("{mapping} and not {:?}", mapping.unmapped(source.headers()));
        for field in ["title", "summary", "contact_email"] {
            assert!(mapping.has(field), "{field} is not in {mapping}");
        }
    }
    let wrong = ReadOptions { records: Some("items".to_owned()), ..ReadOptions::default() };
    let error = open(file, &wrong).unwrap_err().to_string();
    assert!(error.contains("releases"), "{error}");
}

#[test]
fn nasa_catalogue_json_array() {
    let Some(file) = shared("en/nasa_open_source_catalog.json") else { return };
    let mut source = open(file, &ReadOptions::default()).unwrap();
    let (rows, problems) = read(&mut source);
    assert_eq!((rows.len(), problems.len()), (601, 0));
    let mapping = Mapping::guess(Kind::Achievement, source.headers());
    assert!(mapping.has("title") && mapping.has("summary"), "{mapping}");
}

#[test]
fn real_rows_become_records() {
    for (path, records, kind) in [
        ("cn/csl_2000_research_outputs.jsonl", 2000, Kind::Achievement),
        ("en/nasa_patents.csv", 1393, Kind::Achievement),
        ("en/nasa_t2_software_releases_code.json", 1304, Kind::Achievement),
        ("en/nasa_open_source_catalog.json", 601, Kind::Achievement),
    ] {
        let Some(file) = shared(path) else { return };
        let mut source = open(file, &ReadOptions::default()).unwrap();
        let mapping = Mapping::guess(kind, source.headers());
        let rows: Vec<Row> = source.by_ref().map(Result::unwrap).collect();
        let mut refused = Vec::new();
        for row in &rows {
            let cells = mapping.apply(row);
            let borrowed: Vec<(&str, &str)> =
                cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
            let outcome = Record::from_cells(kind, &borrowed, &Context::default());
            refused
                .extend(outcome.refused.into_iter().map(|issue| (row.number, issue.code, issue.reason_en)));
        }
        println!(
            "{path}: {} rows, {} refusals: {:?}",
            rows.len(),
            refused.len(),
            refused.iter().take(5).collect::<Vec<_>>()
        );
        assert_eq!(rows.len(), records);
        assert!(refused.len() * 100 <= rows.len(), "more than one row in a hundred of {path} is refused");
    }
}
