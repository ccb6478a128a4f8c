//! `hostile`: the names of the targets, or the seeds of one written into a folder for libFuzzer.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = args.as_slice() else {
        for target in hostile::TARGETS {
            println!("{}", target.name);
        }
        return if args.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    let Some(target) = hostile::target(name) else {
        eprintln!("there is no target {name}; without arguments this prints their names");
        return ExitCode::from(2);
    };
    for (number, seed) in target.corpus().into_iter().enumerate() {
        let path = std::path::Path::new(folder).join(format!("seed-{number:03}"));
        if let Err(error) = std::fs::write(&path, seed) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
