//! Workbooks in the format of Excel 97 to 2003 ([MS-XLS] in a compound file, [MS-CFB]), as small as they can be: no program
//! on a build server writes them any more.

/// Bytes of a sector.
const SECTOR: usize = 512;
/// A stream of fewer bytes would lie elsewhere in the file.
const LEAST_STREAM: usize = 4_096;
/// Sectors that one table of sectors tells of.
const MOST_SECTORS: usize = 128;
const FREE: u32 = 0xffff_ffff;
const END: u32 = 0xffff_fffe;
const TABLE: u32 = 0xffff_fffd;

/// A workbook with one sheet of these cells: row and column from 0, text.
///
/// # Panics
/// For more text than one table of sectors tells of, about 60 KiB.
pub fn xls(sheet: &str, cells: &[(u16, u16, &str)]) -> Vec<u8> {
    let globals = bof(5);
    let bound = |at: u32| record(0x85, &[&at.to_le_bytes()[..], &[0, 0], &short(sheet)].concat());
    let head = globals.len() + bound(0).len() + record(0x0a, &[]).len();
    let mut stream = [globals, bound(head as u32), record(0x0a, &[]), bof(0x10)].concat();
    let rows = cells.iter().map(|(row, _, _)| u32::from(*row) + 1).max().unwrap_or_default();
    let columns = cells.iter().map(|(_, column, _)| column + 1).max().unwrap_or_default();
    let mut size = [0_u8; 14];
    size[4..8].copy_from_slice(&rows.to_le_bytes());
    size[10..12].copy_from_slice(&columns.to_le_bytes());
    stream.extend(record(0x200, &size));
    for (row, column, text) in cells {
        let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
        stream.extend(record(0x204, &[place, long(text)].concat()));
    }
    stream.extend(record(0x0a, &[]));
    compound(stream)
}

fn bof(of: u16) -> Vec<u8> {
    let mut body = [0_u8; 16];
    body[..2].copy_from_slice(&0x600_u16.to_le_bytes());
    body[2..4].copy_from_slice(&of.to_le_bytes());
    record(0x809, &body)
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("a record is short");
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.encode_utf16().count()).expect("a short name");
    [&[length, 1][..], &wide(text)].concat()
}

fn long(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.encode_utf16().count()).expect("a text that a cell holds");
    [&length.to_le_bytes()[..], &[1], &wide(text)].concat()
}

/// A file with one stream, `Workbook`: a table of sectors, a directory, then the stream.
fn compound(mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(stream.len().max(LEAST_STREAM).next_multiple_of(SECTOR), 0);
    let sectors = stream.len() / SECTOR;
    assert!(sectors + 2 <= MOST_SECTORS, "the workbook is too large for one table of sectors");
    let mut table = vec![FREE; MOST_SECTORS];
    (table[0], table[1]) = (TABLE, END);
    for place in 0..sectors {
        table[2 + place] = if place + 1 == sectors { END } else { 3 + place as u32 };
    }
    let mut head = vec![0_u8; SECTOR];
    head[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    for (at, value) in [(24, 0x3e_u16), (26, 3), (28, 0xfffe), (30, 9), (32, 6)] {
        head[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    for (at, value) in [(44, 1_u32), (48, 1), (56, LEAST_STREAM as u32), (60, END), (68, END)] {
        head[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    head[76..].fill(0xff);
    head[76..80].copy_from_slice(&0_u32.to_le_bytes());
    let directory = [entry("Root Entry", 5, 1, END, 0), entry("Workbook", 2, FREE, 2, stream.len() as u64)];
    let mut directory = directory.concat();
    directory.resize(SECTOR, 0);
    let table: Vec<u8> = table.into_iter().flat_map(u32::to_le_bytes).collect();
    [head, table, directory, stream].concat()
}

fn entry(name: &str, kind: u8, child: u32, start: u32, length: u64) -> Vec<u8> {
    let mut entry = vec![0_u8; 128];
    let name = wide(&format!("{name}\0"));
    entry[..name.len()].copy_from_slice(&name);
    entry[64..66].copy_from_slice(&(name.len() as u16).to_le_bytes());
    (entry[66], entry[67]) = (kind, 1);
    for (at, value) in [(68, FREE), (72, FREE), (76, child), (116, start)] {
        entry[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    entry[120..128].copy_from_slice(&length.to_le_bytes());
    entry
}
