use catalog::Context;
use proptest::prelude::*;

use super::*;

fn fields(cells: &[(&str, &str)]) -> Fields {
    Record::from_cells(Kind::Achievement, cells, &Context::default()).record.into_entries()
}

fn revision(base: &Fields) -> Revision {
    Revision { of: DocumentId([7; 32]), base: base.clone() }
}

#[test]
fn a_field_whose_text_was_left_alone_stands_as_the_listing_has_it_now() {
    let base = fields(&[("title", "电机"), ("summary", "旧的"), ("keywords", "永磁；稀土")]);
    let mut present = base.clone();
    present.insert("summary".to_owned(), Value::Text("别人改的".to_owned()));
    let mut written = base.clone();
    written.insert("title".to_owned(), Value::Text("新电机".to_owned()));
    let (next, kept) = revision(&base).rebased(Kind::Achievement, written, &present);
    assert_eq!(kept.get("summary"), present.get("summary"));
    let changed: Vec<String> = next.changes(Kind::Achievement, &kept, &present).into_keys().collect();
    assert_eq!(changed, ["title"]);
}

#[test]
fn what_the_form_cannot_say_is_not_changed_by_saving_it() {
    // A range that another program wrote the wrong way round shows no text, and typing none leaves it alone.
    let mut base = fields(&[("title", "电机")]);
    base.insert("trl_min".to_owned(), Value::Int(40));
    let mut written = base.clone();
    written.remove("trl_min");
    let (next, kept) = revision(&base).rebased(Kind::Achievement, written, &base);
    let changes = next.changes(Kind::Achievement, &kept, &base);
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn files_come_and_go_one_by_one() {
    let file = |n: u8| (format!("{FILE}{n}"), Value::Text("a file".to_owned()));
    let with = |files: &[u8]| -> Fields {
        fields(&[("title", "电机")]).into_iter().chain(files.iter().map(|n| file(*n))).collect()
    };
    // One is taken away and one added, while somebody else does the same with others.
    let (next, kept) = revision(&with(&[1, 2])).rebased(Kind::Achievement, with(&[2, 3]), &with(&[1, 4]));
    let changes = next.changes(Kind::Achievement, &kept, &with(&[1, 4]));
    let wanted = [(file(1).0, None), (file(3).0, Some(file(3).1))];
    assert_eq!(changes, wanted.into_iter().collect());
}

#[test]
fn a_revision_is_read_as_it_was_written() {
    let revision = revision(&fields(&[("title", "电机"), ("price", "10-20万元")]));
    let mut to = Encoder::new();
    revision.encode(&mut to);
    assert_eq!(Decoder::whole(&to.finish(), "revision", Revision::decode).unwrap(), revision);
}

fn some_fields() -> impl Strategy<Value = Fields> {
    let text = prop::sample::select(vec!["", "甲", "乙", "丙"]);
    let number = prop::sample::select(vec!["", "3", "4-6", "通过中试"]);
    (text.clone(), text.clone(), number, text).prop_map(|(title, summary, trl, keyword)| {
        fields(&[("title", title), ("summary", summary), ("trl", trl), ("keywords", keyword)])
    })
}

proptest! {
    /// Whatever was there, written, and written by others meanwhile: what is published holds for each field what its clerk
    /// wrote, or where they left it alone, what the listing has.
    #[test]
    fn each_field_is_its_clerks_or_the_listings(base in some_fields(), written in some_fields(), present in some_fields()) {
        let kind = Kind::Achievement;
        let (next, kept) = revision(&base).rebased(kind, written.clone(), &present);
        let published = with(present.clone(), &next.changes(kind, &kept, &present));
        let text = |field, fields: &Fields| form::text(field, &Record::new(fields.clone()));
        for field in kind.fields() {
            let left = text(field, &base) == text(field, &written);
            let wanted = if left { &present } else { &written };
            prop_assert_eq!(text(field, &published), text(field, wanted), "{}", field.id);
        }
    }
}
