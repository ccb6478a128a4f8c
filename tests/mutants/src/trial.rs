//! Runs tests, one at a time, each in a process of its own.

use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::compile;

/// Processor time that a test may take with a mutant, in times of what it takes without, and at the least: then it hangs.
const SLOWER: u32 = 4;
const AT_LEAST: Duration = Duration::from_secs(4);
/// The same by the clock, for one that waits for ever; much longer, as the machine may have other things to do.
const WAITS: Duration = Duration::from_secs(30);
/// Longest that a test takes without a mutant.
const LONGEST: Duration = Duration::from_secs(300);
/// With these the system ends a test that has used up its processor time.
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;
/// Address space of a test, KiB: a mutant that grows without end is stopped before the machine suffers.
const MEMORY: u32 = 8 << 20;

/// A package's tests.
pub struct Suite {
    package: String,
    folder: PathBuf,
    tests: Vec<Test>,
}

struct Test {
    program: PathBuf,
    name: String,
    takes: Duration,
    /// The mutants that it comes by.
    reaches: BTreeSet<usize>,
    /// How many it has noticed.
    notices: u32,
}

impl Test {
    /// What it costs to have it notice a mutant, judged by what it has noticed so far.
    fn price(&self) -> Duration {
        self.takes / (1 + self.notices)
    }
}

/// What became of a mutant.
pub enum Verdict {
    Failed(String),
    Hung(String),
    Missed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(test) => write!(f, "by {test}"),
            Self::Hung(test) => write!(f, "by {test}, which hung"),
            Self::Missed => write!(f, "by none"),
        }
    }
}

enum Outcome {
    Passed,
    Failed,
    Hung,
}

impl Suite {
    /// Builds the tests, runs each once without a mutant, and notes what it comes by and how long it takes.
    pub fn record(tree: &Path, package: &str) -> Result<Self> {
        let folder = compile::folder(tree, package)?;
        let seen = tree.with_extension("seen");
        let mut suite = Self { package: package.to_owned(), folder, tests: Vec::new() };
        for program in compile::tests(tree, package)? {
            let ignored = suite.names(&program, &["--ignored"])?;
            for name in suite.names(&program, &[])?.difference(&ignored) {
                let mut test = Test {
                    program: program.clone(),
                    name: name.clone(),
                    takes: LONGEST,
                    reaches: BTreeSet::new(),
                    notices: 0,
                };
                std::fs::write(&seen, "")?;
                let begun = Instant::now();
                let outcome = suite.run(&test, &[("LIANSHI_MUTANTS_SEEN", seen.display().to_string())])?;
                ensure!(matches!(outcome, Outcome::Passed), "{name} fails without a mutant");
                test.takes = begun.elapsed();
                test.reaches =
                    std::fs::read_to_string(&seen)?.lines().filter_map(|line| line.parse().ok()).collect();
                suite.tests.push(test);
            }
        }
        Ok(suite)
    }

    /// How many tests there are and how long they take.
    pub fn told(&self) -> String {
        let sum: Duration = self.tests.iter().map(|test| test.takes).sum();
        format!(
            "{}: {} tests, {:.0} s one after the other",
            self.package,
            self.tests.len(),
            sum.as_secs_f32()
        )
    }

    /// The mutants that any test comes by.
    pub fn reached(&self) -> impl Iterator<Item = usize> {
        self.tests.iter().flat_map(|test| test.reaches.iter().copied())
    }

    /// Runs the tests that come by a mutant, the cheapest first, until one notices it.
    pub fn put(&mut self, mutant: usize) -> Result<Verdict> {
        let mut order: Vec<usize> =
            (0..self.tests.len()).filter(|index| self.tests[*index].reaches.contains(&mutant)).collect();
        order.sort_by_key(|index| self.tests[*index].price());
        for index in order {
            let test = &self.tests[index];
            let verdict = match self.run(test, &[("LIANSHI_MUTANT", mutant.to_string())])? {
                Outcome::Passed => continue,
                Outcome::Failed => Verdict::Failed(test.name.clone()),
                Outcome::Hung => Verdict::Hung(test.name.clone()),
            };
            self.tests[index].notices += 1;
            return Ok(verdict);
        }
        Ok(Verdict::Missed)
    }

    fn names(&self, program: &Path, args: &[&str]) -> Result<BTreeSet<String>> {
        let output = Command::new(program)
            .args(["--list", "--format=terse"])
            .args(args)
            .current_dir(&self.folder)
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
    }

    fn run(&self, test: &Test, settings: &[(&str, String)]) -> Result<Outcome> {
        let processor = test.takes.saturating_mul(SLOWER).max(AT_LEAST).as_secs();
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -v {MEMORY}; ulimit -t {processor}; exec \"$@\""), "sh"])
            .arg(&test.program)
            .args(["--exact", &test.name, "--test-threads=1"])
            // What failed is not sought in its smallest form, nor written down.
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} does not start", test.program.display()))?;
        let longest = WAITS.saturating_add(test.takes.saturating_mul(SLOWER));
        let begun = Instant::now();
        while begun.elapsed() < longest {
            if let Some(status) = child.try_wait()? {
                return Ok(match status.signal() {
                    None if status.success() => Outcome::Passed,
                    Some(SIGXCPU | SIGKILL) => Outcome::Hung,
                    _ => Outcome::Failed,
                });
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // The whole group, with what the test has started.
        Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status()?;
        child.wait()?;
        Ok(Outcome::Hung)
    }
}
