//! The demonstration: a whole province on one machine.

use crate::cli::Demo;
use crate::commands::{Context, Outcome};
use crate::office::{Failure, exit};

/// Runs it.
pub fn run(_context: &Context, _args: &Demo) -> Outcome {
    Err(Failure::new(exit::FAILED, "not yet", ""))
}
