//! `lianshi`: a node that joins technology markets.

mod bytes;
mod cli;
mod commands;
mod config;
mod control;
mod core;
mod demo;
mod desk;
mod filing;
mod home;
mod hours;
mod log;
mod notify;
mod office;
mod run;
mod site;
mod turns;

use std::process::ExitCode;

/// Two fifths of a receiver's time went into the system's allocator: many small texts, briefly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let lang = cli::language();
    let code = match cli::parse(lang) {
        Ok(cli) => commands::run(cli, lang),
        Err(failure) => commands::refuse(&failure, lang),
    };
    ExitCode::from(code)
}
