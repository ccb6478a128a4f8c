//! The demonstration: a province on one machine. A network is founded and six nodes in the four roles run as processes of
//! their own on the loopback interface, each with its own home; they import and publish sample listings and replicate them
//! until all hold one view. With `--networks` there are several provinces, which exchange what they agreed on (`networks`).
//!
//! What is done here is done with the program's own commands (`init`, `invite`, `run`, `import`) and the control socket:
//! nothing that an operator could not do. Absent: any shortcut into another node's store.

mod bounds;
mod cast;
mod crew;
mod face;
mod folder;
mod import;
mod networks;
mod program;
mod report;
mod samples;
mod stage;
pub mod table;
mod watch;

use std::path::Path;
use std::time::Duration;

use crate::cli::Demo;
use crate::commands::{Context, Outcome};
use crate::office::{Failure, exit};
use bounds::Bounds;
use folder::Folder;
use samples::Batch;
use stage::Stage;

/// Runs it.
pub fn run(context: &Context, args: &Demo) -> Outcome {
    let own_files = args.data.as_deref().map(|folder| own_files(context, folder)).transpose()?;
    let folder = Folder::make(args.keep.as_deref()).map_err(|error| no_folder(context, args, &error))?;
    let bounds = Bounds::begin(Duration::from_secs(args.timeout)).map_err(broken)?;
    if args.networks > 1 {
        return networks::run(context, args, bounds, folder);
    }
    let mut stage = Stage::new(context, bounds, folder)?;
    let outcome = stage.play(own_files.unwrap_or_default(), args.exit);
    stage.close();
    outcome
}

fn own_files(context: &Context, folder: &Path) -> Result<Vec<Batch>, Failure> {
    let failed = |why: String| {
        let places = [("folder", &*folder.display().to_string()), ("why", &*why)];
        Failure::new(
            exit::USAGE,
            context.fill("cli.demo.no-data", &places),
            context.say("cli.demo.no-data.hint"),
        )
    };
    let files = std::path::absolute(folder).and_then(|folder| samples::of_folder(&folder));
    let files = files.map_err(|error| failed(error.to_string()))?;
    if files.is_empty() { Err(failed(context.say("cli.demo.no-data.empty").to_owned())) } else { Ok(files) }
}

fn no_folder(context: &Context, args: &Demo, error: &std::io::Error) -> Failure {
    let path = args.keep.clone().unwrap_or_else(std::env::temp_dir).display().to_string();
    if args.keep.is_some() && error.kind() == std::io::ErrorKind::AlreadyExists {
        let message = context.fill("cli.demo.folder-full", &[("folder", &path)]);
        return Failure::new(exit::REFUSED, message, context.say("cli.demo.folder-full.hint"));
    }
    Failure::new(exit::FAILED, format!("{path}: {error}"), "--keep DIR")
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::new(exit::FAILED, error.to_string(), "")
}
