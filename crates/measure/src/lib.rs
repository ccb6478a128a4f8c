//! Hot parts of a crate, timed by criterion or counted in instructions: what a crate's `benches/` are made of (dev only).
//!
//! A bench lists its [`Part`]s and gives them to [`run`]. `cargo bench -p CRATE` then times them. Where noise hides the answer,
//! `tests/callgrind/run` counts: it starts the same program twice under valgrind, with `--once PART RUNS OF`, and takes the
//! difference, so that nothing but the part itself is in it. With `--list` the program prints its parts.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};

/// Time that criterion spends on one part before it measures, and measuring: a whole bench stays below a minute.
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURING: Duration = Duration::from_secs(2);
/// Samples of a part.
const SAMPLES: usize = 20;

/// One hot part: something that is done again and again, each time with an input made for it beforehand.
pub struct Part {
    name: &'static str,
    items: u64,
    work: Box<dyn Work>,
}

trait Work {
    fn time(&mut self, criterion: &mut Criterion, name: &str, items: u64);
    fn count(&mut self, runs: usize, of: usize);
}

struct With<M, R> {
    make: M,
    run: R,
}

impl<I, O, M: FnMut() -> I, R: FnMut(I) -> O> Work for With<M, R> {
    fn time(&mut self, criterion: &mut Criterion, name: &str, items: u64) {
        let mut group = criterion.benchmark_group("parts");
        group.sample_size(SAMPLES).warm_up_time(WARM_UP).measurement_time(MEASURING);
        group.throughput(Throughput::Elements(items));
        let (make, run) = (&mut self.make, &mut self.run);
        group.bench_function(name, |bench| {
            bench.iter_batched(&mut *make, |input| run(black_box(input)), BatchSize::LargeInput);
        });
        group.finish();
    }

    fn count(&mut self, runs: usize, of: usize) {
        // As many inputs whatever the runs: what they cost to make, and to drop, is the same in both counts.
        let mut inputs: Vec<Option<I>> = (0..of).map(|_| Some((self.make)())).collect();
        for input in inputs.iter_mut().take(runs) {
            if let Some(input) = input.take() {
                black_box((self.run)(black_box(input)));
            }
        }
    }
}

impl Part {
    /// A part that handles so many items (listings, logs, frames) in each run.
    pub fn new<I: 'static, O: 'static>(
        name: &'static str,
        items: u64,
        make: impl FnMut() -> I + 'static,
        run: impl FnMut(I) -> O + 'static,
    ) -> Self {
        Self { name, items, work: Box::new(With { make, run }) }
    }
}

/// The `main` of a bench.
pub fn run(parts: Vec<Part>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--list", ..] => parts.iter().for_each(|part| println!("{}\t{}", part.name, part.items)),
        ["--once", name, runs, of] => return once(parts, name, runs, of),
        _ => {
            let mut criterion = Criterion::default().configure_from_args();
            for mut part in parts {
                part.work.time(&mut criterion, part.name, part.items);
            }
            criterion.final_summary();
        }
    }
    ExitCode::SUCCESS
}

fn once(parts: Vec<Part>, name: &str, runs: &str, of: &str) -> ExitCode {
    let found = parts.into_iter().find(|part| part.name == name);
    let (Some(mut part), Ok(runs), Ok(of)) = (found, runs.parse(), of.parse()) else {
        eprintln!("--once PART RUNS OF, and a part that --list shows");
        return ExitCode::FAILURE;
    };
    part.work.count(runs, of);
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn a_part_makes_all_its_inputs_and_runs_as_often_as_it_is_told() {
        let (made, ran) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (make, run) = (Rc::clone(&made), Rc::clone(&ran));
        let part = Part::new("part", 1, move || make.set(make.get() + 1), move |()| run.set(run.get() + 1));
        assert_eq!(once(vec![part], "part", "3", "8"), ExitCode::SUCCESS);
        assert_eq!((made.get(), ran.get()), (8, 3));
        assert_eq!(once(Vec::new(), "part", "3", "8"), ExitCode::FAILURE);
    }
}
