//! Five hundred different faults in one workbook: each is named with the cell in which it stands, as a refusal or as advice.

use std::collections::BTreeSet;

use catalog::{Context, Field, FieldType, Kind, Record};
use exchange::mapping::Mapping;
use exchange::read::{Input, ReadOptions, open};
use exchange::workbook::cell_name;
use exchange::write::CsvWriter;

/// Texts that are wrong in a field, whatever it is.
fn anywhere(field: &Field) -> Vec<String> {
    let mut wrong = vec![
        "张三 11010519491231002X".to_owned(),
        "ID11010519491231002X".to_owned(),
        "工号 7 11010519491231002X；李四".to_owned(),
        "2012 11010519491231002X".to_owned(),
        "１１０１０５１９４９１２３１００２Ｘ".to_owned(),
        "字".repeat(catalog::limits::MAX_CELL_BYTES / 3 + 1),
    ];
    if matches!(field.ty, FieldType::Text { .. } | FieldType::LongText) && !field.contact {
        // Everyone reads it; such a number is for those who may call.
        wrong.push("联系 13912345678".to_owned());
    }
    wrong
}

/// Texts that are wrong in a field of its type.
fn of_type(field: &Field) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    match field.ty {
        FieldType::Text { max_chars } => vec!["长".repeat(max_chars + 1), "x".repeat(max_chars + 40)],
        FieldType::LongText => {
            let max = catalog::limits::MAX_LONG_TEXT_CHARS;
            vec!["段".repeat(max + 1), "long ".repeat(max / 4)]
        }
        FieldType::Int { .. } => {
            words(&["很多", "-5", "十来个", "1e99", "3.5", "99999999999999999999", "约若干"])
        }
        FieldType::Year => words(&["前年", "3024", "18", "二零二四", "2024-2025年间", "0"]),
        FieldType::Date => words(&[
            "某天",
            "2024-13-40",
            "2024年2月30日",
            "9999-99-99",
            "31/12/2024x",
            "2024.0.0",
            "去年底",
            "十二月",
            "2024-02-30",
            "0000-01-01",
        ]),
        FieldType::Vocabulary(_) => {
            words(&["占星", "炼金", "其他的什么", "？？", "N/A-1", "第九类", "不详待查"])
        }
        FieldType::VocabularySet(_) => {
            words(&["占星；炼金", "没有这一类", "未知领域一", "？？；！！", "N/A-2", "第九类", "不详待查"])
        }
        FieldType::Classified(_) => words(&["Z99999", "不是代码", "ZZ", "9999", "C3985X"]),
        FieldType::Region => {
            words(&["999999", "没有这个地方", "鼓楼区", "429999", "火星", "000000", "４２０９９９"])
        }
        FieldType::CreditCode => words(&[
            "12100000707137123",
            "12100000707137123Q",
            "1210000070713712OP",
            "12ABCDEF707137123P",
            "无",
            "12100000707137123PP",
            "91350100M000100Y4Z",
        ]),
        FieldType::Money => {
            words(&["大约一辆车", "-5万元", "看着给", "万元", "1-2-3万元", "价高者得", "￥￥"])
        }
        FieldType::Trl => words(&["13级", "差不多了", "TRL 12", "0级", "快好了", "十级"]),
        FieldType::Set { max_items, max_chars } => {
            let many: Vec<String> = (0..=max_items).map(|n| format!("词{n}")).collect();
            vec![many.join("；"), "长".repeat(max_chars + 1), format!("好词；{}", "x".repeat(max_chars + 2))]
        }
        FieldType::PatentSet => words(&[
            "ZL201220249767.5",
            "CN2012202497674444",
            "无专利",
            "ZL99999999",
            "CN202121635235.1",
            "正在申请",
        ]),
        FieldType::IpcSet => words(&["XX", "H01L", "Z01L21/00", "H01L21-00", "不知道"]),
        FieldType::Url => {
            words(&["不是网址", "javascript:alert(1)", "ftp://a.example", "http://", "www", "http:// a b"])
        }
        FieldType::Email => {
            words(&["a@b@c", "没有", "name@", "@example.cn", "name.example.cn", "a b@example.cn"])
        }
        FieldType::Phone => words(&["12", "没有电话", "０２７", "139123456789012345", "abc", "027-"]),
        FieldType::Flag => words(&["也许", "看情况", "2", "部分", "是否", "maybe"]),
    }
}

/// Field and wrong text, each pair once.
fn planted() -> Vec<(&'static Field, String)> {
    let mut all = Vec::new();
    for field in Kind::Achievement.fields() {
        let texts: BTreeSet<String> = of_type(field).into_iter().chain(anywhere(field)).collect();
        all.extend(texts.into_iter().map(|text| (field, text)));
    }
    // As many as the promise says, spread over all fields.
    let step = all.len() as f64 / FAULTS as f64;
    (0..FAULTS).map(|n| all[(n as f64 * step) as usize].clone()).collect()
}

const FAULTS: usize = 500;

#[test]
fn each_of_five_hundred_faults_is_named_with_its_cell() {
    let kind = Kind::Achievement;
    let planted = planted();
    assert_eq!(planted.iter().map(|(field, text)| (field.id, text)).collect::<BTreeSet<_>>().len(), FAULTS);
    let columns: Vec<(&str, &str)> = kind.fields().iter().map(|field| (field.id, field.label_zh)).collect();
    let mut csv = CsvWriter::new(Vec::new(), &columns).unwrap();
    for (n, (field, text)) in planted.iter().enumerate() {
        let title = format!("第 {n} 种");
        let mut cells = vec![(field.id, text.as_str())];
        if field.id != "title" {
            cells.push(("title", &title));
        }
        csv.write(&cells).unwrap();
    }
    let file = Input::named(csv.finish().unwrap(), "faults.csv");
    let mut source = open(file, &ReadOptions::default()).unwrap();
    let mapping = Mapping::of(kind, "", &source).unwrap();
    let context = Context { today_year: 2026, ..Context::default() };
    let (mut refused, mut unnamed) = (0, Vec::new());
    for (field, text) in &planted {
        let row = source.next().unwrap().unwrap();
        let cells = mapping.apply(&row);
        let cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        let outcome = Record::from_cells(kind, &cells, &context);
        refused += usize::from(!outcome.is_accepted());
        let place = source.headers().iter().position(|header| header == field.label_zh).unwrap();
        let cell = cell_name(place, row.number);
        let issues = outcome.refused.iter().chain(&outcome.advice).filter(|issue| issue.code != "missing");
        let named = issues
            .flat_map(|issue| mapping.places(&issue.field, source.headers()))
            .any(|place| cell_name(place, row.number) == cell);
        if !named {
            unnamed.push(format!("{cell} {} {text:.30}", field.id));
        }
    }
    assert!(source.next().is_none());
    println!("{FAULTS} faults, {refused} refused, {} named by advice", FAULTS - refused - unnamed.len());
    assert!(unnamed.is_empty(), "{} of {FAULTS} are not named:\n{}", unnamed.len(), unnamed.join("\n"));
}
