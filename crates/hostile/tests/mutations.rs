//! The targets, fed with their seeds and with seeded damage of them: a failure prints the target, the seed and the bytes.

use hostile::damage::{Dice, damage};
use hostile::{TARGETS, Target};

/// Damaged inputs of each target in an ordinary run. `LIANSHI_MUTATIONS=n` feeds as many.
const MUTATIONS: u64 = 400;

fn mutations() -> u64 {
    let stated = std::env::var("LIANSHI_MUTATIONS").ok().and_then(|n| n.parse().ok());
    stated.unwrap_or(MUTATIONS)
}

/// Prints what was fed when the target panics.
struct Fed<'a>(&'a str, u64, &'a [u8]);

impl Drop for Fed<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("target {}, seed {}, {} bytes: {:02x?}", self.0, self.1, self.2.len(), self.2);
        }
    }
}

fn feed(target: &Target) -> u64 {
    let corpus = target.corpus();
    assert!(!corpus.is_empty(), "{} has no seeds", target.name);
    for (number, bytes) in corpus.iter().enumerate() {
        let _fed = Fed(target.name, number as u64, bytes);
        (target.run)(bytes);
    }
    for seed in 0..mutations() {
        let mut dice = Dice(seed);
        let mut bytes = corpus[dice.below(corpus.len())].clone();
        for _ in 0..=dice.below(3) {
            let other = &corpus[dice.below(corpus.len())];
            bytes = damage(&bytes, other, hostile::MAX_INPUT, &mut dice);
        }
        let _fed = Fed(target.name, seed, &bytes);
        (target.run)(&bytes);
    }
    corpus.len() as u64 + mutations()
}

/// One test a target, so that they run beside each other and a failure says which.
macro_rules! each {
    ($($test:ident $name:literal),* $(,)?) => {
        const NAMED: &[&str] = &[$($name),*];
        $(#[test]
        fn $test() {
            let target = hostile::target($name).expect("a target of that name");
            println!("{} inputs", feed(target));
        })*
    };
}

each! {
    frames_of_any_kind "frame",
    runs_of_any_kind "run",
    texts_of_runs "texts",
    entries_of_any_kind "entry",
    patches_of_any_kind "patch",
    identities_of_any_kind "identity",
    files_of_any_kind "file",
    certificates_of_any_kind "certificate",
    backups_of_any_kind "backup",
    volumes_and_slips "bundle",
    documents_of_hostile_editors "document",
    rosters_of_any_steps "roster",
    sessions_with_hostile_peers "session",
    tables_of_any_kind "table",
    json_of_any_kind "json",
    workbooks_of_any_kind "workbook",
    sheets_of_any_kind "sheet",
    what_a_helper_says "helper",
    answers_of_repositories "oai-answer",
    requests_of_harvesters "oai-request",
}

#[test]
fn every_target_is_fed() {
    let targets: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(NAMED, targets);
}

/// The damage is the same each time, and it is damage.
#[test]
fn damage_repeats_and_changes() {
    let bytes = vec![7; 200];
    let damaged = |seed| damage(&bytes, &[9; 50], 256, &mut Dice(seed));
    assert!((0..200).all(|seed| damaged(seed) == damaged(seed) && damaged(seed).len() <= 256));
    assert!((0..200).filter(|seed| damaged(*seed) != bytes).count() > 180);
}
