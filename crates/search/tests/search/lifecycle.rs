//! Opening, reopening, rebuilding, replacing, removing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use search::{Error, Index, Rebuild, SearchDoc, State};

use crate::{doc, filled, ids, text};

fn fill(folder: &Path, cursor: u64) {
    let index = Index::open(folder, 1).unwrap().index;
    let mut writer = index.writer().unwrap();
    writer.put(&[doc("a", "水轮机"), doc("b", "石墨烯")]).unwrap();
    writer.commit(cursor).unwrap();
    writer.finish().unwrap();
}

/// Opens and expects an empty index that wants a rebuild.
fn rebuilds(folder: &Path, cursor_version: u64) -> Rebuild {
    let opened = Index::open(folder, cursor_version).unwrap();
    assert!(opened.index.is_empty());
    assert!(opened.index.search(&text("水轮机")).unwrap().hits.is_empty());
    let State::MustRebuild { why } = opened.state else { panic!("{:?}", opened.state) };
    why
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(rebuilds(folder.path(), 1), Rebuild::Missing);
    assert_eq!(rebuilds(folder.path(), 1), Rebuild::Unfinished);
    fill(folder.path(), 77);
    let opened = Index::open(folder.path(), 1).unwrap();
    assert_eq!(opened.state, State::Ready { cursor: 77 });
    assert_eq!(ids(&opened.index.search(&text("石墨烯")).unwrap()), ["b"]);
    // What a writer did not commit is gone with it.
    let mut writer = opened.index.writer().unwrap();
    writer.put(&[doc("c", "电池")]).unwrap();
    drop(writer);
    let opened = Index::open(folder.path(), 1).unwrap();
    assert_eq!((opened.state, opened.index.len()), (State::Ready { cursor: 77 }, 2));
}

#[test]
fn another_store_or_another_version_means_a_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    assert_eq!(rebuilds(folder.path(), 2), Rebuild::OtherCursor);
    fill(folder.path(), 5);
    let meta = folder.path().join("meta.json");
    let text = std::fs::read_to_string(&meta).unwrap();
    let old = text.replace(&format!("\"{} 1 5\"", search::SCHEMA_VERSION), "\"0 1 5\"");
    assert_ne!(text, old);
    std::fs::write(&meta, old).unwrap();
    assert_eq!(rebuilds(folder.path(), 1), Rebuild::OtherVersion);
}

/// The files of the index in `folder`, by what follows the first point: the names before it are random.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let extension =
        |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().split_once('.').unwrap().1.to_owned();
    paths.map(|path| (extension(&path), path)).filter(|(extension, _)| !extension.ends_with("lock")).collect()
}

fn damage(path: &Path, how: &str) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    match how {
        "flip" => bytes[middle] ^= 0x55,
        "cut" => bytes.truncate(middle),
        "empty" => bytes.clear(),
        _ => return std::fs::remove_file(path).unwrap(),
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn any_damaged_file_means_a_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    let extensions: Vec<String> = files(folder.path()).into_keys().collect();
    assert!(extensions.len() >= 7, "{extensions:?}");
    for extension in extensions {
        for how in ["flip", "cut", "empty", "delete"] {
            let folder = tempfile::tempdir().unwrap();
            fill(folder.path(), 5);
            damage(&files(folder.path())[&extension], how);
            let opened = Index::open(folder.path(), 1).unwrap();
            // The list of files serves cleaning up alone: the documents are whole without it. The rest of the index is
            // either known to be whole or built anew.
            let rebuilt = matches!(opened.state, State::MustRebuild { .. });
            let whole = opened.index.len() == 2 && opened.index.verify().is_ok();
            assert!(rebuilt || (whole && extension.ends_with("json")), "{how} {extension}");
            fill(folder.path(), 6);
            let reopened = Index::open(folder.path(), 1).unwrap();
            assert_eq!(
                (reopened.state, reopened.index.len()),
                (State::Ready { cursor: 6 }, 2),
                "{how} {extension}"
            );
        }
    }
}

#[test]
fn emptying_leaves_foreign_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("thesis.docx");
    std::fs::write(&foreign, "mine").unwrap();
    fill(folder.path(), 5);
    let before = files(folder.path());
    assert_eq!(rebuilds(folder.path(), 2), Rebuild::OtherCursor);
    assert!(
        before
            .iter()
            .all(|(extension, path)| !path.exists() || extension.ends_with("json") || *path == foreign)
    );
    assert_eq!(std::fs::read_to_string(foreign).unwrap(), "mine");
}

#[test]
fn put_replaces_and_remove_removes_once_committed() {
    let filled = filled(&[doc("a", "水轮机"), doc("b", "水轮机"), doc("c", "水轮机")]);
    let mut writer = filled.index.writer().unwrap();
    writer.put(&[doc("a", "电池"), doc("a", "石墨烯")]).unwrap();
    writer.remove(&["b", "no such id"]).unwrap();
    assert_eq!(filled.find("水轮机").len(), 3, "not before the commit");
    writer.commit(9).unwrap();
    assert_eq!(filled.find("水轮机"), ["c"]);
    assert_eq!(filled.find("石墨烯"), ["a"]);
    assert!(filled.find("电池").is_empty());
    assert_eq!(filled.index.len(), 2);
}

#[test]
fn there_is_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path(), 1).unwrap().index;
    let writer = index.writer().unwrap();
    assert!(matches!(index.writer(), Err(Error::InUse { .. })));
    assert!(matches!(Index::open(folder.path(), 1), Err(Error::InUse { .. })));
    drop(writer);
    assert!(index.writer().is_ok());
}

#[test]
fn a_bad_id_is_refused_before_anything_is_added() {
    let filled = filled(&[]);
    let mut writer = filled.index.writer().unwrap();
    for id in [String::new(), "f".repeat(129)] {
        let docs = [doc("good", "水轮机"), SearchDoc { id, ..SearchDoc::default() }];
        assert!(matches!(writer.put(&docs), Err(Error::BadId { .. })));
    }
    writer.commit(1).unwrap();
    assert!(filled.index.is_empty());
}

#[test]
fn much_text_is_committed_on_the_way_with_the_old_cursor() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    let index = Index::open(folder.path(), 1).unwrap().index;
    let mut writer = index.writer().unwrap();
    let body = "x".repeat(search::limits::MAX_PENDING_BYTES / 8);
    let docs: Vec<SearchDoc> =
        (0..9).map(|n| SearchDoc { body: body.clone(), ..doc(&format!("big{n}"), "大") }).collect();
    writer.put(&docs).unwrap();
    drop(writer);
    let opened = Index::open(folder.path(), 1).unwrap();
    assert_eq!(opened.state, State::Ready { cursor: 5 });
    assert!(opened.index.len() > 2, "{}", opened.index.len());
}
