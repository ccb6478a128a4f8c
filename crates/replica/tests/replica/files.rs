//! Files of listings: fetched piece by piece from who has them, whole and right, or not kept.

use protocol::{Attachment, DocumentId, FileAsk, FilePiece, Frame, ShelfPattern, Subscription};
use replica::Input;

use crate::harness::{Faults, KIND, World};
use crate::sync::star;

/// A PDF of so many bytes.
fn pdf(size: usize) -> Vec<u8> {
    let filler = (0..size).map(|n| (n * 7 % 251) as u8);
    b"%PDF-1.7\n".iter().copied().chain(filler).take(size).collect()
}

fn holds(world: &World, node: usize, file: &Attachment) -> bool {
    world.nodes[node].files.contains_key(&file.file)
}

/// Lines of the trace that hold these words.
fn lines_with(world: &World, words: &str) -> usize {
    world.lines().iter().filter(|line| line.contains(words)).count()
}

/// A hub and two sites, the first of which has published a listing with a file of ten pieces.
fn published(seed: u64) -> (World, Vec<u64>, DocumentId, Attachment) {
    let (mut world, sessions) = star(3, seed);
    let (id, file) = world.publish_with_file(1, KIND, "with a report", &pdf(5_000));
    world.settle();
    world.assert_same(&[0, 1, 2]);
    (world, sessions, id, file)
}

#[test]
fn a_file_comes_piece_by_piece_when_someone_wants_it_and_is_passed_on_from_there() {
    let (mut world, sessions, id, file) = published(9_000);
    assert!(!holds(&world, 0, &file), "entries bring no files");
    world.want_file(0, &id, &file);
    world.settle();
    assert!(holds(&world, 0, &file) && world.nodes[0].pieces == 10);
    assert_eq!(world.nodes[0].replica.files_wanted(), 0);
    // Its author is away: the third has it from the hub.
    world.cut(sessions[0]);
    world.want_file(2, &id, &file);
    world.settle();
    assert!(holds(&world, 2, &file));
    world.want_file(2, &id, &file);
}

#[test]
fn a_file_comes_over_a_line_that_loses_frames_and_goes_on_where_it_was_cut() {
    let (mut world, sessions, id, file) = published(9_010);
    world.want_file(0, &id, &file);
    for _ in 0..9 {
        world.step();
    }
    world.cut(sessions[0]);
    let come = world.nodes[0].parts[&file.file].len();
    assert!(come > 0 && come < 5_000, "{come} bytes came before the cut");
    let before = world.nodes[0].pieces;
    world.connect(1, 0);
    world.pass(2);
    assert!(holds(&world, 0, &file));
    assert_eq!(world.nodes[0].pieces - before, (5_000 - come).div_ceil(512), "no byte comes twice");
    // And over a bad line, cut now and then.
    world.faults = Faults { drop: 150, duplicate: 50, ..Faults::default() };
    world.want_file(2, &id, &file);
    for _ in 0..40 {
        world.pass(90);
        if holds(&world, 2, &file) {
            return;
        }
        for session in world.sessions_of(2) {
            world.cut(session);
        }
        world.connect(2, 0);
    }
    panic!("it never came");
}

#[test]
fn other_bytes_are_not_kept_and_counted_against_who_sent_them_and_another_is_asked() {
    let (mut world, sessions, id, file) = published(9_020);
    world.want_file(0, &id, &file);
    world.settle();
    world.cut(sessions[0]);
    let mut wrong = pdf(5_000);
    wrong[4_321] ^= 1;
    world.nodes[0].files.insert(file.file, wrong);
    world.want_file(2, &id, &file);
    world.settle();
    assert!(!holds(&world, 2, &file) && world.nodes[2].parts.is_empty());
    let hub = world.nodes[0].key.public();
    let conduct = world.nodes[2].replica.conduct(world.now_ms);
    let said = conduct.iter().find(|view| view.peer == hub).unwrap();
    assert!(said.score >= 10 && said.misdeeds[0].what.contains("other bytes"), "{said:?}");
    // The hub is not asked again; the author is, once it is there.
    let pieces = world.nodes[2].pieces;
    world.pass(200);
    assert_eq!(world.nodes[2].pieces, pieces);
    world.connect(2, 1);
    world.pass(2);
    assert!(holds(&world, 2, &file));
}

#[test]
fn what_several_brought_and_is_wrong_is_held_against_nobody_and_fetched_anew() {
    let (mut world, sessions, id, file) = published(9_030);
    // Half of it is there from before, and spoiled.
    world.nodes[0].parts.insert(file.file, vec![0; 2_048]);
    world.want_file(0, &id, &file);
    world.settle();
    assert!(holds(&world, 0, &file), "the second time all of it came from one");
    assert!(world.nodes[0].replica.conduct(world.now_ms).is_empty());
    assert!(world.is_open(sessions[0]));
}

#[test]
fn on_a_closed_line_no_file_passes_whichever_side_it_is() {
    for (closed, seed) in [(0, 9_040), (1, 9_041)] {
        let (mut world, sessions, id, file) = published(seed);
        world.give(closed, Input::Line { open: false });
        world.settle();
        world.want_file(0, &id, &file);
        world.pass(120);
        let ask = FileAsk { document: id, file: file.file, offset: 0 };
        world.inject(sessions[0], 0, Frame::AskFile(ask).to_bytes());
        world.pass(120);
        assert_eq!(lines_with(&world, "file piece"), 0, "{:#?}", world.lines());
        world.give(closed, Input::Line { open: true });
        world.pass(2);
        assert!(holds(&world, 0, &file));
    }
}

#[test]
fn a_file_is_for_those_alone_who_may_have_a_listing_that_names_it() {
    let (mut world, sessions, id, file) = published(9_050);
    let (other, _) = world.publish_with_file(1, KIND, "another", &pdf(900));
    world.settle();
    let answers = |world: &mut World, ask: FileAsk| {
        world.forget_lines();
        world.inject(sessions[0], 0, Frame::AskFile(ask).to_bytes());
        world.settle();
        (lines_with(world, "file piece"), lines_with(world, "no file"))
    };
    let ask = |document, offset| FileAsk { document, file: file.file, offset };
    assert_eq!(answers(&mut world, ask(id, 0)), (1, 0));
    assert_eq!(answers(&mut world, ask(other, 0)), (0, 1), "another document does not name it");
    assert_eq!(answers(&mut world, ask(DocumentId([9; 32]), 0)), (0, 1), "nor one that nobody has");
    assert_eq!(answers(&mut world, ask(id, 5_000)), (0, 1), "nor is there anything behind its end");
    // Who subscribes to none of its shelf is told of neither the listing nor the file.
    world.cut(sessions[0]);
    let elsewhere = vec![ShelfPattern { region_prefix: "99".to_owned(), kind: None }];
    let charter = world.charter.clone();
    world.nodes[0].narrow(Subscription { patterns: elsewhere }, &charter);
    let session = world.connect(0, 1);
    world.settle();
    world.forget_lines();
    world.inject(session, 0, Frame::AskFile(ask(id, 0)).to_bytes());
    world.settle();
    assert_eq!((lines_with(&world, "file piece"), lines_with(&world, "no file")), (0, 1));
}

#[test]
fn pieces_that_nobody_asked_for_are_not_taken() {
    let (mut world, sessions, id, file) = published(9_060);
    let piece = |offset: usize, size, len: usize| {
        let bytes = pdf(5_000)[offset..offset + len].to_vec();
        Frame::FilePiece(FilePiece { file: file.file, size, offset: offset as u64, bytes }).to_bytes()
    };
    world.inject(sessions[0], 1, piece(0, 5_000, 500));
    world.settle();
    assert_eq!(world.nodes[0].pieces, 0);
    // Of a wanted one: another size, another place, from another peer.
    world.nodes[1].files.clear();
    world.want_file(0, &id, &file);
    // The author has been asked, and nobody else.
    world.give(0, Input::Frame { session: sessions[1], bytes: piece(0, 5_000, 500) });
    assert_eq!(world.nodes[0].pieces, 0);
    world.inject(sessions[0], 1, piece(0, 6_000, 500));
    world.inject(sessions[0], 1, piece(600, 5_000, 500));
    world.settle();
    assert_eq!(world.nodes[0].pieces, 0);
    let bad = world.nodes[0].replica.conduct(world.now_ms);
    assert!(bad.iter().all(|view| view.score < 10), "an honest peer may be late: {bad:?}");
    for n in 0..400_u32 {
        let other = Attachment::of(format!("%PDF-{n}").as_bytes(), "").unwrap();
        world.want_file(0, &id, &other);
    }
    assert_eq!(world.nodes[0].replica.files_wanted(), 256, "what is wanted is bounded");
    world.now_ms += 3_700_000;
    world.pass(1);
    assert_eq!(world.nodes[0].replica.files_wanted(), 0, "and forgotten when nobody has it");
}
