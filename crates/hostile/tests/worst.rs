//! Promise 19: the worst 64 KiB that could be made for each decoder cost at most 64 MiB and two seconds. Memory is counted
//! at the allocator; time is held against a control that is measured beside it, since machines differ.

#![expect(clippy::unwrap_used, reason = "in a test a failed expectation is the answer")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hostile::{MAX_INPUT, world};
use protocol::{Encoder, Frame, Hash, Head, LogHead, Patch, SignedPatch, Value};

/// The promise's bound of memory, bytes.
const MAX_MEMORY: usize = 64 << 20;
/// The control hashes this much, which took 0.10 s where 2 s were promised.
const CONTROL_BYTES: usize = 96 << 20;
/// Times the control that an input may take.
const MAX_RATIO: f64 = 20.0;

/// Counts what is allocated and the most that was at once.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "the allocator's interface is unsafe; all is passed on to the system's")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Peak memory above what was held before, and time.
fn cost(work: impl FnOnce()) -> (usize, Duration) {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let begun = Instant::now();
    work();
    (MOST.load(Ordering::Relaxed).saturating_sub(before), begun.elapsed())
}

fn filled(mut bytes: Vec<u8>, with: &[u8]) -> Vec<u8> {
    while bytes.len() + with.len() <= MAX_INPUT {
        bytes.extend_from_slice(with);
    }
    bytes
}

/// A run of as many entries as there may be, its texts as long as they may be, made of nothing.
fn runs() -> Vec<Vec<u8>> {
    let run = |count: u64, form: u8, texts: &[u8], randoms: &[u8]| {
        let mut to = Encoder::new();
        world::log(11, 1).encode(&mut to);
        to.uint(1).raw(&[0; 32]).uint(count).u8(form).uint(texts.len() as u64);
        to.bytes(&zstd::bulk::compress(texts, 19).unwrap()).raw(randoms);
        to.finish()
    };
    let room = vec![0; MAX_INPUT - 1_000];
    let zeros = vec![0; protocol::limits::MAX_RUN_PLAIN];
    // 96 random bytes an entry without payload.
    let most = protocol::limits::MAX_RUN_ENTRIES;
    let bare = [2, 3, 0, 0].repeat(most);
    // The longest payloads that the texts hold, with creating patches of many small operations.
    let first = Patch::first((0..512).map(|n| (format!("{n:03}"), Value::Bool(true)))).to_bytes();
    let mut implied = Encoder::new();
    for _ in 0..300_000 / first.len() {
        implied.u8(4).uint(2).int(0).bytes(&first);
    }
    let implied = implied.finish();
    vec![
        run(most as u64, 0, &zeros, &room),
        run(most as u64, 1, &zeros, &room),
        run(most as u64, 1, &vec![0xff; protocol::limits::MAX_RUN_PLAIN], &room),
        run(most as u64, 0, &bare, &room[..most * 96]),
        run((300_000 / first.len()) as u64, 0, &implied, &room[..(300_000 / first.len()) * 80]),
    ]
}

fn frames() -> Vec<Vec<u8>> {
    let head = LogHead { log: world::log(11, 1), head: Head { seq: 1, hash: Hash([1; 32]) } };
    let heads = Frame::Heads(vec![head; 700]).to_bytes();
    let mut frames: Vec<Vec<u8>> = runs().into_iter().map(|run| Frame::Run(run).to_bytes()).collect();
    frames.push(heads);
    frames
}

/// Patches of as many operations as there may be, with keys, texts and predecessors of every size.
fn patches() -> Vec<Vec<u8>> {
    let of = |patch: Patch| {
        SignedPatch::of(patch, protocol::Actor([1; 16]), 0)
            .map(|signed| signed.to_bytes())
            .unwrap_or_default()
    };
    let small = Patch::first((0..512).map(|n| (format!("{n:0100}"), Value::Int(n))));
    let text = Patch::first([("a".to_owned(), Value::Text("x".repeat(32_768)))]);
    let mut wide = Encoder::new();
    wide.u8(1).uint(0).uint(2).uint(9_000).list(&[Hash([3; 32])], |to, hash| hash.encode(to));
    wide.list(&[[4u8; 16]], |to, actor| {
        to.raw(actor);
    });
    wide.uint(300);
    for n in 0..300u64 {
        wide.text(&format!("{n:03}")).u8(4).uint(64);
        for pred in 1..=64 {
            wide.uint(pred + n).uint(0);
        }
    }
    wide.raw(&[0; 32]);
    vec![of(small), of(text), wide.finish()]
}

fn deflated(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let best = zip::write::SimpleFileOptions::default().compression_level(Some(9));
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, best).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Workbooks that inflate as far as deflate can, in each of their parts.
fn workbooks() -> Vec<Vec<u8>> {
    let book = hostile::target("workbook").unwrap();
    let mut all: Vec<Vec<u8>> = (book.seeds)();
    let whole = |inflated: usize, name: &str, begin: &str, piece: &str, end: &str| {
        let body = |times: usize| [begin, &piece.repeat(times), end].concat().into_bytes();
        let mut parts: Vec<(String, Vec<u8>)> = vec![
            ("_rels/.rels".to_owned(), RELATIONS.into()),
            ("xl/workbook.xml".to_owned(), BOOK.into()),
            ("xl/_rels/workbook.xml.rels".to_owned(), BOOK_RELATIONS.into()),
            ("xl/worksheets/sheet1.xml".to_owned(), b"<worksheet><sheetData/></worksheet>".to_vec()),
        ];
        // Inflated sizes from beyond what is allowed downwards: the largest that is read costs most.
        let mut times = inflated / piece.len();
        loop {
            parts.retain(|(known, _)| known != name);
            parts.push((name.to_owned(), body(times)));
            let borrowed: Vec<(&str, &[u8])> =
                parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
            let bytes = deflated(&borrowed);
            if bytes.len() <= MAX_INPUT {
                return bytes;
            }
            times = times * 3 / 4;
        }
    };
    let namespace = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main""#;
    let strings = format!(r#"<sst {namespace} count="1" uniqueCount="1">"#);
    let sheet = format!("<worksheet {namespace}><sheetData>");
    let (row, styles) = (format!("{sheet}<row>"), format!("<styleSheet {namespace}><cellXfs>"));
    for inflated in [56 << 20, 7 << 20, 2_000_000, 500_000] {
        let mut add = |name: &str, begin: &str, piece: &str, end: &str| {
            all.push(whole(inflated, name, begin, piece, end));
        };
        add("xl/sharedStrings.xml", &strings, "<si><t>a</t></si>", "</sst>");
        add("xl/sharedStrings.xml", &strings, "<si/>", "</sst>");
        add("xl/worksheets/sheet1.xml", &sheet, "<row><c><v>1</v></c></row>", "</sheetData></worksheet>");
        add("xl/worksheets/sheet1.xml", &sheet, "<row/>", "</sheetData></worksheet>");
        add("xl/worksheets/sheet1.xml", &row, "<c><v>1</v></c>", "</row></sheetData></worksheet>");
        add("xl/styles.xml", &styles, "<xf/>", "</cellXfs></styleSheet>");
    }
    all
}

const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

/// What was made on purpose for a target, beside its seeds grown to the full size.
fn made(name: &str) -> Vec<Vec<u8>> {
    let pieces = |all: &[&str]| -> Vec<Vec<u8>> {
        all.iter().map(|piece| filled(Vec::new(), piece.as_bytes())).collect()
    };
    match name {
        "run" => runs(),
        "frame" => frames(),
        "patch" => patches(),
        "workbook" => workbooks(),
        "table" => pieces(&[",", "\n", "a,\n", "\"", "\"\",", "成果名称,", "a\n", "\t", ";", "\r"]),
        "json" => pieces(&["[", "{\"a\":", "1\n", "{}\n", "[],", "\"\\u0000\"", "{\"a\":1}\n", "\\", "1e9,"]),
        "sheet" => pieces(&["<row>", "<row/>", "<c/>", "<row><c><v>1</v></c></row>", "<!--", "&amp;", "<a "]),
        "oai-answer" => {
            let open = b"<OAI-PMH><ListRecords><record><header/><metadata><dc>";
            let inside = ["<a/>", "<title>a</title>", "<subject>a;b</subject>", "&x;", "<a>", "<![CDATA[]]>"];
            let list = b"<OAI-PMH><ListRecords>";
            let records =
                ["<record><header/><metadata><dc><title>a</title></dc></metadata></record>", "<record/>"];
            let bare = ["<", "<p ", "<script>", "</", "&", "&#65;", "<!--", "[[a]]\n", "a.a.", "[a.a]\n"];
            let within = inside.iter().map(|piece| filled(open.to_vec(), piece.as_bytes()));
            let within = within.chain(records.iter().map(|piece| filled(list.to_vec(), piece.as_bytes())));
            within.chain(pieces(&bare)).collect()
        }
        "oai-request" => pieces(&["&", "verb=", "set=a:", "from=", "="]),
        _ => Vec::new(),
    }
}

/// One test, since memory is counted for the whole process.
#[test]
fn the_worst_64_kib_cost_little_memory_and_time() {
    let block = vec![1u8; CONTROL_BYTES];
    let control = cost(|| assert_ne!(protocol::hash("control", &[&block]), Hash::default())).1.as_secs_f64();
    drop(block);
    let mut dear = Vec::new();
    for target in hostile::TARGETS {
        let mut inputs = made(target.name);
        inputs.extend(
            target
                .corpus()
                .into_iter()
                .filter(|seed| !seed.is_empty())
                .map(|seed| filled(seed.clone(), &seed)),
        );
        // What is made once (keys, certificates) is no cost of an input.
        (target.run)(&[]);
        let (mut memory, mut ratio) = ((0, 0), 0.0f64);
        for (n, input) in inputs.iter().enumerate() {
            let (bytes, mut time) = cost(|| (target.run)(input));
            memory = memory.max((bytes, n));
            // What else the machine does is no cost of an input: where it seems dear, the least of three counts.
            for _ in 0..2 {
                if time.as_secs_f64() > MAX_RATIO * control {
                    time = time.min(cost(|| (target.run)(input)).1);
                }
            }
            ratio = ratio.max(time.as_secs_f64() / control);
        }
        let mib = memory.0 as f64 / f64::from(1 << 20);
        println!(
            "{:>9}: {} inputs, at most {mib:.1} MiB (input {}) and {ratio:.2} of the control ({control:.2} s)",
            target.name,
            inputs.len(),
            memory.1,
        );
        if memory.0 > MAX_MEMORY || ratio > MAX_RATIO {
            dear.push(target.name);
        }
    }
    assert!(dear.is_empty(), "too dear: {dear:?}");
}
