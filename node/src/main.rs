//! `lianshi`: a node that joins technology markets.

mod cli;
mod commands;
mod config;
mod control;
mod core;
mod demo;
mod home;
mod log;
mod office;
mod run;
mod site;

use std::process::ExitCode;

fn main() -> ExitCode {
    let lang = cli::language();
    let code = match cli::parse(lang) {
        Ok(cli) => commands::run(cli, lang),
        Err(failure) => commands::refuse(&failure, lang),
    };
    ExitCode::from(code)
}
