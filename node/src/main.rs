//! `lianshi`: a node that joins technology markets.

mod abroad;
mod ahead;
mod apart;
mod arrivals;
mod bulletin;
mod bytes;
mod certificate;
mod cli;
mod commands;
mod config;
mod control;
mod core;
mod demo;
mod desk;
mod filing;
mod harvest;
mod health;
mod home;
mod hours;
mod import;
mod log;
mod notify;
mod office;
mod open_files;
mod outgoing;
mod proven;
mod run;
mod site;
mod table;
mod turns;
mod watching;

use std::process::ExitCode;

/// Two fifths of a receiver's time went into the system's allocator: many small texts, briefly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == apart::READER) {
        return ExitCode::from(apart::read());
    }
    log::heed(std::env::args_os());
    let lang = cli::language();
    let code = match cli::parse(lang) {
        Ok(cli) => commands::run(cli, lang),
        Err(failure) => commands::refuse(&failure, lang),
    };
    ExitCode::from(code)
}
