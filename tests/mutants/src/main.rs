//! Which of many small defects do a crate's tests notice? `run` beside this package says how to ask.
//!
//! Building a crate anew for every mutant would take hours. Here all that were drawn are built at once, each behind a switch that
//! an environment variable turns on ([`schema`]); those that do not compile are put back and others drawn ([`compile`]); a first
//! pass notes how long each test takes and which mutants it comes by, and each mutant then meets only those tests, the
//! cheapest first, until one fails ([`trial`]).
//!
//! Absent here: which mutants there are. cargo-mutants lists them ([`mutant`]).

mod compile;
mod mutant;
mod schema;
mod trial;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use mutant::{Mutant, Numbered};
use trial::{Suite, Verdict};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [list, source, tree, package, count, seed, also @ ..] = args.as_slice() else {
        bail!("six arguments are needed, see tests/mutants/run");
    };
    let (source, tree) = (Path::new(source), Path::new(tree));
    let count: usize = count.parse().context("COUNT is a number")?;
    let seed: u64 = seed.parse().context("SEED is a number")?;

    let mut all = mutant::shuffled(mutant::listed(Path::new(list))?, seed);
    if let Ok(only) = std::env::var("LIANSHI_MUTANTS_ONLY") {
        let names = std::fs::read_to_string(&only).with_context(|| format!("{only} does not read"))?;
        all.retain(|mutant| names.lines().any(|name| name == mutant.name));
    }
    let (drawn, unviable) = viable(&all, count, source, tree, package)?;
    println!(
        "{package}, seed {seed}: {} of {} mutants drawn, {unviable} that do not compile left out",
        drawn.len(),
        all.len()
    );

    let mut missed = drawn.clone();
    let mut reached = BTreeSet::new();
    for package in std::iter::once(package).chain(also) {
        let mut suite = Suite::record(tree, package)?;
        reached.extend(suite.reached());
        missed = put(&mut suite, missed)?;
    }
    for (number, mutant) in &missed {
        let why = if reached.contains(number) { "" } else { "  (no test comes by)" };
        println!("MISSED  {}{why}", mutant.name);
    }
    let caught = drawn.len() - missed.len();
    println!(
        "{caught} of {} caught: {:.1} %",
        drawn.len(),
        100.0 * caught as f64 / drawn.len().max(1) as f64
    );
    Ok(())
}

/// Tries mutants on a suite. Returns those that it missed.
fn put<'a>(suite: &mut Suite, mutants: Vec<Numbered<'a>>) -> Result<Vec<Numbered<'a>>> {
    println!("{}", suite.told());
    let mut missed = Vec::new();
    for (number, mutant) in mutants {
        match suite.put(number)? {
            Verdict::Missed => missed.push((number, mutant)),
            caught => println!("caught  {}  {caught}", mutant.name),
        }
    }
    Ok(missed)
}

/// The first `count` mutants that compile, each with its number, and how many before them do not; `tree` then holds them all.
fn viable<'a>(
    all: &'a [Mutant],
    count: usize,
    source: &Path,
    tree: &Path,
    package: &str,
) -> Result<(Vec<Numbered<'a>>, usize)> {
    let mut broken: BTreeSet<usize> = BTreeSet::new();
    loop {
        let drawn: Vec<Numbered<'_>> = all
            .iter()
            .enumerate()
            .map(|(index, mutant)| (index + 1, mutant))
            .filter(|(number, _)| !broken.contains(number))
            .take(count)
            .collect();
        let last = drawn.last().map_or(0, |(number, _)| *number);
        let unplaced = schema::write(source, tree, package, &drawn)?;
        let found = if unplaced.is_empty() { compile::errors(tree, package)? } else { unplaced };
        if found.is_empty() {
            return Ok((drawn, broken.range(..=last).count()));
        }
        broken.extend(found);
    }
}
