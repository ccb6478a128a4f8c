//! What a listing weighs on the line, for `decisions/0002-wire-layout.md`. Prints a table:
//! `cargo test -p protocol --test spec weigh -- --ignored --nocapture`.

use std::io::Write;
use std::process::{Command, Stdio};

use protocol::{Actor, Encoder, Entry, Head, Origin, Patch, RunBuilder, SignedPatch, Value, value_bytes};

use crate::support::{World, shared_file};

/// Signature and salt: what a listing costs that no compression can take away.
const RANDOM: usize = 64 + 16;

type Columns = Vec<Vec<u8>>;
type Layout = fn(&[Patch]) -> Columns;

#[test]
#[ignore = "prints figures; it takes a minute"]
fn table() {
    let Some(records) = shared_file("data/cn/csl_2000_research_outputs.jsonl") else { return };
    let text = String::from_utf8(records).unwrap();
    let patches: Vec<Patch> = text.lines().map(patch_of).collect();
    let n = patches.len();
    let json: usize = text.lines().map(str::len).sum::<usize>() + n;
    println!("{n} listings, {} bytes of JSON each", json / n);
    for level in ["-9e", "-6"] {
        if let Some(size) = xz(text.as_bytes(), level) {
            println!("{:<44} {:>7.1}", format!("xz {level} of all the JSON at once"), size as f64 / n as f64);
        }
    }
    for level in [3, 9, 19] {
        let whole = zstd::bulk::compress(text.as_bytes(), level).unwrap().len();
        println!("{:<44} {:>7.1}", format!("zstd -{level} of all the JSON at once"), whole as f64 / n as f64);
    }
    let runs = runs_of(&patches);
    let sent: usize = runs.iter().sum();
    println!("{:<44} {:>7.1}", "runs as sent, signatures and salts included", sent as f64 / n as f64);
    println!(
        "{:<44} {:>7.1}",
        format!("… without them ({} runs)", runs.len()),
        sent as f64 / n as f64 - RANDOM as f64
    );
    println!("texts of a run in other layouts, bytes a listing, random part left out:");
    println!("{:<34} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "zstd -3", "-5", "-7", "-9", "-15", "-19");
    let layouts: [(&str, Layout); 7] = [
        ("one stream, entry by entry", |p| vec![rows(p)]),
        ("keys and lengths | values", |p| split(p, false)),
        ("keys | lengths | values", |p| split(p, true)),
        ("values by key, one frame", |p| vec![by_key(p).concat()]),
        ("values by key, a frame each", by_key),
        ("one stream, text as UTF-16", |p| vec![utf16(p)]),
        ("one stream, two-byte", |p| vec![two_byte(&rows(p))]),
    ];
    for (name, layout) in layouts {
        print!("{name:<34}");
        for level in [3, 5, 7, 9, 15, 19] {
            let size: usize = per_run(&patches).map(|run| packed(&layout(run), level)).sum();
            print!(" {:>8.1}", size as f64 / n as f64);
        }
        println!();
    }
    let interleaved: usize = per_run(&patches).map(|run| packed(&[with_random(run)], 3)).sum();
    println!("{:<34} {:>8.1}", "random part interleaved", interleaved as f64 / n as f64 - RANDOM as f64);
    for target in [64, 256, 1024, 4096] {
        let size: usize = chunks(&patches, target * 1024).map(|run| packed(&[two_byte(&rows(run))], 3)).sum();
        println!("{:<34} {:>8.1}", format!("runs of {target} KiB"), size as f64 / n as f64);
    }
    let each: usize = patches.iter().map(|p| packed(&[two_byte(&rows(std::slice::from_ref(p)))], 3)).sum();
    println!("{:<34} {:>8.1}", "one listing alone", each as f64 / n as f64);
}

fn patch_of(line: &str) -> Patch {
    let record: serde_json::Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| Value::Text(record[key].as_str().unwrap_or_default().to_owned());
    let mut fields = vec![
        ("title".to_owned(), text("title")),
        ("summary".to_owned(), text("abstract")),
        ("discipline".to_owned(), text("discipline")),
        ("category".to_owned(), text("category")),
    ];
    for word in record["keywords"].as_array().unwrap() {
        fields.push((format!("keyword/{}", word.as_str().unwrap()), Value::Bool(true)));
    }
    fields.sort();
    fields.dedup_by(|a, b| a.0 == b.0);
    Patch::first(fields)
}

fn xz(bytes: &[u8], level: &str) -> Option<usize> {
    let mut child =
        Command::new("xz").args([level, "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    let bytes = bytes.to_vec();
    let feed = std::thread::spawn(move || stdin.write_all(&bytes));
    let out = child.wait_with_output().ok()?;
    feed.join().ok()?.ok()?;
    Some(out.stdout.len())
}

fn runs_of(patches: &[Patch]) -> Vec<usize> {
    let world = World::new();
    let log = world.log(world.shelf());
    let mut head = Head { seq: 1, ..Head::default() };
    let mut sizes = Vec::new();
    let mut run = RunBuilder::new(log, head);
    for (n, patch) in patches.iter().enumerate() {
        let origin = Origin { log, seq: head.seq + 1 };
        let time_ms = 1_700_000_000_000 + n as i64 * 40;
        let signed = SignedPatch::of(patch.clone(), Actor::derive(&log, &origin, 0), time_ms).unwrap();
        let entry: Entry = world.create_signed(log, head, &signed, time_ms);
        head = entry.head();
        run.push(&entry);
        if run.is_full() {
            let full = std::mem::replace(&mut run, RunBuilder::new(log, head));
            sizes.push(full.finish().unwrap().len());
        }
    }
    if !run.is_empty() {
        sizes.push(run.finish().unwrap().len());
    }
    sizes
}

fn per_run(patches: &[Patch]) -> impl Iterator<Item = &[Patch]> {
    chunks(patches, protocol::limits::RUN_TARGET)
}

/// Slices whose plain size with the random part is about `target` bytes.
fn chunks(patches: &[Patch], target: usize) -> impl Iterator<Item = &[Patch]> {
    let mut slices = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (n, patch) in patches.iter().enumerate() {
        size += patch.to_bytes().len() + 6 + RANDOM;
        if size >= target || n + 1 == patches.len() {
            slices.push(&patches[start..=n]);
            (start, size) = (n + 1, 0);
        }
    }
    slices.into_iter()
}

fn packed(columns: &[Vec<u8>], level: i32) -> usize {
    columns.iter().map(|c| zstd::bulk::compress(c, level).unwrap().len()).sum()
}

fn rows(patches: &[Patch]) -> Vec<u8> {
    let mut to = Encoder::new();
    for patch in patches {
        to.u8(4).uint(2).int(40).bytes(&patch.to_bytes());
    }
    to.finish()
}

fn with_random(patches: &[Patch]) -> Vec<u8> {
    let mut to = Encoder::new();
    let mut state = 1u64;
    for patch in patches {
        to.u8(4).uint(2).int(40);
        for _ in 0..RANDOM / 8 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            to.raw(&(state ^ (state >> 29)).wrapping_mul(0xbf58476d1ce4e5b9).to_be_bytes());
        }
        to.bytes(&patch.to_bytes());
    }
    to.finish()
}

fn split(patches: &[Patch], lengths_apart: bool) -> Columns {
    let (mut keys, mut lengths, mut values) = (Encoder::new(), Encoder::new(), Encoder::new());
    for patch in patches {
        keys.u8(4).uint(2).int(40).uint(patch.ops.len() as u64);
        for op in &patch.ops {
            keys.text(&op.key);
            let to = if lengths_apart { &mut lengths } else { &mut keys };
            match &op.put {
                Some(Value::Text(text)) => {
                    to.u8(1).uint(text.len() as u64);
                    values.raw(text.as_bytes());
                }
                Some(other) => {
                    to.raw(&value_bytes(other));
                }
                None => {}
            }
        }
    }
    vec![keys.finish(), lengths.finish(), values.finish()]
}

fn by_key(patches: &[Patch]) -> Columns {
    let mut columns = vec![Encoder::new()];
    let names = ["title", "summary", "discipline", "category"];
    columns.resize_with(names.len() + 1, Encoder::new);
    for patch in patches {
        columns[0].u8(4).uint(2).int(40).uint(patch.ops.len() as u64);
        for op in &patch.ops {
            match names.iter().position(|name| *name == op.key) {
                Some(place) => {
                    columns[0].u8(place as u8);
                    columns[place + 1].raw(&value_bytes(op.put.as_ref().unwrap()));
                }
                None => {
                    columns[0].text(&op.key).raw(&value_bytes(op.put.as_ref().unwrap()));
                }
            }
        }
    }
    columns.into_iter().map(Encoder::finish).collect()
}

fn utf16(patches: &[Patch]) -> Vec<u8> {
    let mut to = Encoder::new();
    let wide = |to: &mut Encoder, text: &str| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        to.bytes(&bytes);
    };
    for patch in patches {
        to.u8(4).uint(2).int(40).uint(patch.ops.len() as u64);
        for op in &patch.ops {
            wide(&mut to, &op.key);
            match &op.put {
                Some(Value::Text(text)) => wide(&mut to, text),
                Some(other) => {
                    to.raw(&value_bytes(other));
                }
                None => {}
            }
        }
    }
    to.finish()
}

/// The narrow form of `src/narrow.rs`, written a second time.
fn two_byte(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        if *first < 0x80 {
            out.push(*first);
            rest = tail;
            continue;
        }
        let cont = |n: usize| rest.get(n).filter(|b| **b & 0xc0 == 0x80).map(|b| u32::from(*b & 0x3f));
        let two = (0xc2..=0xdf)
            .contains(first)
            .then(|| Some(((u32::from(*first) & 0x1f) << 6) | cont(1)?))
            .flatten();
        let three = (*first & 0xf0 == 0xe0)
            .then(|| Some(((u32::from(*first) & 0x0f) << 12) | (cont(1)? << 6) | cont(2)?))
            .flatten();
        let (v, used) = match (two, three) {
            (Some(u), _) => (Some(0x7700 + u - 0x80), 2),
            (_, Some(u @ 0x3000..=0x9fff)) => (Some(u - 0x3000), 3),
            (_, Some(u @ 0xff00..=0xffff)) => (Some(0x7000 + u - 0xff00), 3),
            (_, Some(u @ 0x2000..=0x25ff)) => (Some(0x7100 + u - 0x2000), 3),
            _ => (None, 1),
        };
        match v {
            Some(v) => out.extend([0x80 | (v >> 8) as u8, v as u8]),
            None => out.extend([0xff, *first]),
        }
        rest = &rest[used..];
    }
    out
}
