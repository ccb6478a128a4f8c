//! Template: a workbook to fill in with listings of a kind.

use serde_json::json;

use super::{Context, Outcome, print_json, print_line, write_file};
use crate::cli::Template;
use crate::office::{Failure, kind_of};

pub fn run(context: &Context, args: &Template) -> Outcome {
    let kind = kind_of(&args.kind)?;
    let made = exchange::workbook::template(kind, context.lang);
    let bytes = made.map_err(|fault| Failure::of_fault(&fault))?;
    write_file(&args.out, &bytes)?;
    let file = args.out.display().to_string();
    if context.json {
        print_json(&json!({ "v": 1, "file": file, "kind": kind.id() }));
    } else {
        let places = [("file", file.as_str()), ("kind", kind.label(context.lang))];
        print_line(&context.fill("cli.template", &places));
    }
    Ok(0)
}
