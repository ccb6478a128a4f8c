//! The listings of the demonstration: hand-written ones from `configs/samples`, generated ones, and a folder of one's own.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use catalog::Kind;
use serde_json::Value as Json;

use super::cast::{CAST, Origin, Part};

/// Every run of the demonstration publishes the same listings.
const SEED: u64 = 20_260_101;
/// So many are generated for each one that is kept, since a market keeps those of its surroundings.
const PER_KEPT: usize = 24;
/// Most files taken from a folder of one's own.
const MAX_FILES: usize = 1_000;
/// What can be imported.
const EXTENSIONS: [&str; 5] = ["csv", "tsv", "jsonl", "json", "xlsx"];
/// Place in the cast of the node that imports a folder of one's own: the first resource station.
pub const DATA_NODE: usize = 3;

/// Hand-written samples, one JSON object a line.
const WRITTEN: [(Kind, &str); 6] = [
    (Kind::Achievement, include_str!("../../../configs/samples/achievement.jsonl")),
    (Kind::Demand, include_str!("../../../configs/samples/demand.jsonl")),
    (Kind::Expert, include_str!("../../../configs/samples/expert.jsonl")),
    (Kind::Organization, include_str!("../../../configs/samples/organization.jsonl")),
    (Kind::Service, include_str!("../../../configs/samples/service.jsonl")),
    (Kind::Activity, include_str!("../../../configs/samples/activity.jsonl")),
];

type Cells = Vec<(String, String)>;

/// A file to import.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its kind.
    pub kind: Kind,
    /// The file.
    pub path: PathBuf,
    /// Rows in it; `None` for a file that is not our own.
    pub rows: Option<u64>,
}

/// Writes the files of one node into `folder` and names them.
///
/// # Errors
/// When a file cannot be written.
pub fn write(place: usize, part: &Part, folder: &Path) -> io::Result<Vec<Batch>> {
    std::fs::create_dir_all(folder)?;
    let mut batches = Vec::new();
    for (kind, lines) in WRITTEN {
        let lines: Vec<&str> = lines.lines().filter(|line| holder(kind, line) == Some(place)).collect();
        let path = folder.join(format!("{}-written.jsonl", kind.id()));
        batches.extend(save(kind, path, lines.len(), |out| {
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))
        })?);
    }
    for &(kind, count) in part.shares {
        let samples = generated(place, part, kind, count);
        let path = folder.join(format!("{}-generated.jsonl", kind.id()));
        batches.extend(save(kind, path, samples.len(), |out| {
            samples.iter().try_for_each(|cells| exchange::write::jsonl(out, cells))
        })?);
    }
    Ok(batches)
}

fn save(
    kind: Kind,
    path: PathBuf,
    rows: usize,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<Option<Batch>> {
    if rows == 0 {
        return Ok(None);
    }
    let mut out = BufWriter::new(File::create(&path)?);
    fill(&mut out)?;
    out.flush()?;
    Ok(Some(Batch { kind, path, rows: Some(rows as u64) }))
}

/// Generated listings that a node would have: its institution's own, or those of its surroundings.
fn generated(place: usize, part: &Part, kind: Kind, count: usize) -> Vec<Cells> {
    let seed = SEED + place as u64;
    match &part.origin {
        Origin::Around(prefixes) => {
            let near =
                |cells: &Cells| prefixes.iter().any(|prefix| cell(cells, "region").starts_with(prefix));
            let all = exchange::samples::generate(seed, kind, count * PER_KEPT);
            all.into_iter().filter(near).take(count).collect()
        }
        Origin::Own(zh, en) => {
            let mut all = exchange::samples::generate(seed, kind, count);
            for cells in &mut all {
                let name = if cell(cells, "language") == "en" { en } else { zh };
                for (field, text) in cells {
                    match field.as_str() {
                        "organization" => *text = (*name).to_owned(),
                        "region" => *text = part.region.to_owned(),
                        _ => {}
                    }
                }
            }
            all
        }
    }
}

fn cell<'c>(cells: &'c Cells, field: &str) -> &'c str {
    cells.iter().find(|(id, _)| id == field).map_or("", |(_, text)| text.as_str())
}

/// Place in the cast of the node that publishes a hand-written listing: the university that it names, else the market of
/// its surroundings; results and experts of elsewhere go to the other university, the rest to the hub.
fn holder(kind: Kind, line: &str) -> Option<usize> {
    let row: Json = serde_json::from_str(line).ok()?;
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    let who = if kind == Kind::Organization { text("title") } else { text("organization") };
    let own =
        |part: &Part| matches!(part.origin, Origin::Own(zh, en) if who.contains(zh) || who.contains(en));
    if let Some(place) = CAST.iter().position(own) {
        return Some(place);
    }
    let near = |part: &Part| match part.origin {
        Origin::Around(prefixes) => prefixes.iter().any(|prefix| text("region").starts_with(prefix)),
        Origin::Own(..) => false,
    };
    // From the most particular to the hub, whose surroundings are the whole province.
    match CAST.iter().rposition(near) {
        Some(0) | None if matches!(kind, Kind::Achievement | Kind::Expert) => Some(DATA_NODE + 1),
        found => Some(found.unwrap_or(0)),
    }
}

/// The files of a folder of one's own, by name. The kind is what a name begins with (`demand-2025.xlsx`), else
/// achievements.
///
/// # Errors
/// When the folder cannot be read.
pub fn of_folder(folder: &Path) -> io::Result<Vec<Batch>> {
    let mut batches = Vec::new();
    for item in std::fs::read_dir(folder)? {
        let path = item?.path();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !path.is_file() || !EXTENSIONS.contains(&extension.as_str()) {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let stated = name.split_once('-').map_or(name, |(kind, _)| kind);
        let kind = Kind::from_id(stated).unwrap_or(Kind::Achievement);
        batches.push(Batch { kind, path, rows: None });
        if batches.len() == MAX_FILES {
            break;
        }
    }
    batches.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_is_met_and_every_written_sample_has_a_holder() {
        let folder = std::env::temp_dir().join(format!("lianshi-demo-samples-{}", std::process::id()));
        let mut kinds = std::collections::BTreeMap::new();
        let (mut rows, mut english) = (0, 0);
        for (place, part) in CAST.iter().enumerate() {
            for &(kind, count) in part.shares {
                assert_eq!(generated(place, part, kind, count).len(), count, "{} {}", part.slug, kind.id());
            }
            for batch in write(place, part, &folder.join(part.slug)).unwrap() {
                let text = std::fs::read_to_string(&batch.path).unwrap();
                assert_eq!(text.lines().count() as u64, batch.rows.unwrap());
                english += text.lines().filter(|line| line.contains("\"en\"")).count();
                *kinds.entry(batch.kind.id()).or_insert(0) += batch.rows.unwrap();
                rows += batch.rows.unwrap();
            }
        }
        std::fs::remove_dir_all(&folder).unwrap();
        let written: usize = WRITTEN.iter().map(|(_, text)| text.lines().count()).sum();
        let shares: usize = CAST.iter().flat_map(|p| p.shares).map(|(_, n)| n).sum();
        assert_eq!(rows as usize, written + shares);
        assert!(rows >= 600 && kinds.len() == 6 && english > 60, "{rows} {kinds:?} {english}");
    }

    #[test]
    fn universities_publish_in_their_own_name() {
        for cells in generated(DATA_NODE, &CAST[DATA_NODE], Kind::Achievement, 40) {
            assert!(["东湖样例大学", "Donghu Sample University"].contains(&cell(&cells, "organization")));
            assert_eq!(cell(&cells, "region"), "420111");
        }
    }

    #[test]
    fn a_file_name_tells_the_kind() {
        let folder = std::env::temp_dir().join(format!("lianshi-demo-folder-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["成果.csv", "demand-2025.XLSX", "note.txt", "expert.jsonl"] {
            std::fs::write(folder.join(name), "x").unwrap();
        }
        let found = of_folder(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let kinds: Vec<&str> = found.iter().map(|batch| batch.kind.id()).collect();
        assert_eq!(kinds, ["demand", "expert", "achievement"]);
    }
}
