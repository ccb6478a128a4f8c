//! How fast documents go in, and how fast queries come back.

use std::process::ExitCode;
use std::rc::Rc;

use measure::Part;
use search::{Facet, Index, Query, SearchDoc};

/// Documents in the index that is measured.
const DOCS: usize = 2_000;

/// Parts of titles, combined so that every document is another one.
const SUBJECTS: [&str; 8] = [
    "水轮机调速系统",
    "石墨烯复合材料",
    "锂离子电池隔膜",
    "水稻抗病育种",
    "桥梁健康监测",
    "光伏逆变器",
    "工业机器人",
    "污水深度处理",
];
const METHODS: [&str; 5] = ["优化设计方法", "在线检测装置", "制备工艺", "智能控制技术", "故障诊断模型"];

fn documents() -> Vec<SearchDoc> {
    let nth = |list: &[&str], n: usize| list.get(n % list.len()).copied().unwrap_or_default().to_owned();
    (0..DOCS)
        .map(|n| {
            let title =
                format!("一种基于{}的{}（{n}）", nth(&SUBJECTS, n), nth(&METHODS, n / SUBJECTS.len()));
            SearchDoc {
                id: format!("{n:064x}"),
                kind: "achievement".to_owned(),
                region: "420106".to_owned(),
                field: vec![format!("F{:02}", n % 20)],
                trl: Some((4, 6)),
                summary: format!("本项目针对{}，提出{}，经试验验证，效果良好。", title, nth(&METHODS, n))
                    .repeat(4),
                keywords: vec![nth(&SUBJECTS, n), nth(&METHODS, n)],
                title,
                updated_ms: n as i64,
                ..SearchDoc::default()
            }
        })
        .collect()
}

fn build(docs: &[SearchDoc]) -> Result<(tempfile::TempDir, Index), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let index = Index::open(folder.path(), 1)?.index;
    let mut writer = index.writer()?;
    writer.put(docs)?;
    writer.commit(DOCS as u64)?;
    writer.finish()?;
    Ok((folder, index))
}

fn parts() -> Result<(tempfile::TempDir, Vec<Part>), Box<dyn std::error::Error>> {
    let docs = documents();
    let (folder, index) = build(&docs)?;
    let index = Rc::new(index);
    let mut parts =
        vec![Part::new("index: 2,000 documents", DOCS as u64, || (), move |()| build(&docs).is_ok())];
    let words = Query { text: "水轮机智能控制".to_owned(), limit: 20, ..Query::default() };
    let faceted =
        Query { facets: Facet::ALL.to_vec(), region_prefix: Some("42".to_owned()), ..words.clone() };
    let list = Query { limit: 20, ..Query::default() };
    let asked = |text: &str| Query { text: text.to_owned(), ..words.clone() };
    let misspelt = asked("水沦机智能控致");
    let pinyin = asked("shuilunji");
    let typed = Query { typing: true, ..asked("水轮机智") };
    for (name, query) in [
        ("query: words", words),
        ("query: words, filter and facets", faceted),
        ("query: newest", list),
        ("query: misspelt", misspelt),
        ("query: pinyin", pinyin),
        ("query: while typing", typed),
    ] {
        let index = Rc::clone(&index);
        parts.push(Part::new(name, 1, || (), move |()| index.search(&query).map(|r| r.total)));
    }
    Ok((folder, parts))
}

fn main() -> ExitCode {
    match parts() {
        Ok((_folder, parts)) => measure::run(parts),
        Err(error) => {
            eprintln!("the benchmark could not run: {error}");
            ExitCode::FAILURE
        }
    }
}
