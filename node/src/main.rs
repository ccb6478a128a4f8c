//! `lianshi`: a node that joins technology markets.

mod config;
mod control;
mod core;
mod home;
mod office;
mod run;
mod site;

fn main() {}
