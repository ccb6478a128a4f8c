//! Puts the catalogue's words into the parser: explanations, headings, defaults, and what is said of a wrong command line.
//!
//! What is absent: value names such as `FILE`, which stay as they are in every language, and texts of the commands
//! themselves.

use catalog::{Lang, words};
use clap::builder::Str;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, ArgAction, Command};

/// Width to which help is broken when the terminal does not tell its own, columns.
const MAX_WIDTH: usize = 110;

/// Place of `--help` among the options: behind all of a command's own.
const LAST: usize = 900;

/// Gives a command and all below it their words. `built` is the same command, built: it knows the usage lines.
pub fn translate(command: Command, built: &mut Command, path: &str, lang: Lang) -> Command {
    let usage = built.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let usage = usage.replace("[OPTIONS]", words::say(lang, "cli.usage.placeholder"));
    let usage = usage.replace("<COMMAND>", &format!("<{}>", words::say(lang, "cli.usage.command")));
    let mut command = command
        .override_usage(usage)
        .help_template(format!(
            "{{before-help}}{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}{{after-help}}",
            words::say(lang, "cli.usage.usage")
        ))
        .max_term_width(MAX_WIDTH)
        .subcommand_help_heading(heading(lang, "cli.usage.commands"))
        .disable_help_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help));
    if path == "help" {
        command = command
            .disable_version_flag(true)
            .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version));
    }
    if let Some(about) = known(lang, path) {
        command = command.about(about);
    }
    let arguments: Vec<clap::Id> = command.get_arguments().map(|a| a.get_id().clone()).collect();
    for id in arguments {
        command = command.mut_arg(id, |arg| explained(arg, path, lang));
    }
    let names: Vec<String> = command.get_subcommands().map(|s| s.get_name().to_owned()).collect();
    for name in names {
        let inner = format!("{path}.{name}");
        if let Some(built) = built.find_subcommand_mut(&name) {
            command = command.mut_subcommand(name, |sub| translate(sub, built, &inner, lang));
        }
    }
    command
}

/// A text that exists.
fn known(lang: Lang, key: &str) -> Option<String> {
    let said = words::say(lang, key);
    (said != key).then(|| said.to_owned())
}

fn heading(lang: Lang, key: &'static str) -> Str {
    Str::from(words::say(lang, key))
}

/// An argument with its explanation, heading, choices and default.
fn explained(arg: Arg, path: &str, lang: Lang) -> Arg {
    let id = arg.get_id().as_str().replace('_', "-");
    let common = match id.as_str() {
        "help" | "version" => format!("help.{id}"),
        _ => format!("help.arg.{id}"),
    };
    let Some(mut help) = known(lang, &format!("{path}.{id}")).or_else(|| known(lang, &common)) else {
        return arg;
    };
    if arg.get_action().takes_values() {
        let choices: Vec<String> =
            arg.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
        if !choices.is_empty() && !choices.iter().all(|choice| help.contains(choice)) {
            help.push_str(&words::fill(
                lang,
                "cli.usage.choices",
                &[("values", &choices.join(lang.pick("、", ", ")))],
            ));
        }
        let defaults: Vec<&str> = arg.get_default_values().iter().filter_map(|v| v.to_str()).collect();
        let default = defaults.join(" ");
        if !default.is_empty() {
            help.push_str(&words::fill(lang, "cli.usage.default", &[("value", &default)]));
        }
    }
    let (under, order) = match id.as_str() {
        "help" => ("cli.usage.global", Some(LAST)),
        "version" => ("cli.usage.global", Some(LAST + 1)),
        _ if arg.is_global_set() && path == "help" => ("cli.usage.global", Some(LAST - 1)),
        _ if arg.is_positional() => ("cli.usage.arguments", None),
        _ => ("cli.usage.options", None),
    };
    let takes_value = arg.get_action().takes_values();
    let arg = arg.help(help).help_heading(heading(lang, under));
    let arg = order.into_iter().fold(arg, Arg::display_order);
    if takes_value { arg.hide_possible_values(true).hide_default_value(true) } else { arg }
}

/// What is wrong with a command line, and what to do about it; `None` when help or the version was asked for.
pub fn fault(error: &Error, lang: Lang) -> Option<(String, String)> {
    let one = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(lang.pick("、", ", ")),
        _ => String::new(),
    };
    let say = |key, places: &[(&str, &str)]| words::fill(lang, key, places);
    let arg = one(ContextKind::InvalidArg);
    let value = one(ContextKind::InvalidValue);
    let message = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion => return None,
        ErrorKind::MissingRequiredArgument => say("cli.usage.missing", &[("args", &arg)]),
        ErrorKind::UnknownArgument => say("cli.usage.unknown", &[("arg", &arg)]),
        ErrorKind::InvalidSubcommand => {
            say("cli.usage.unknown", &[("arg", &one(ContextKind::InvalidSubcommand))])
        }
        ErrorKind::InvalidValue if value.is_empty() => say("cli.usage.empty", &[("arg", &arg)]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            say("cli.usage.value", &[("arg", &arg), ("value", &value)])
        }
        ErrorKind::ArgumentConflict => {
            say("cli.usage.conflict", &[("arg", &arg), ("other", &one(ContextKind::PriorArg))])
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            say("cli.usage.other", &[("what", first)])
        }
    };
    let suggested = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
        ContextKind::ValidValue,
    ];
    let hint = match suggested.map(one).into_iter().find(|words| !words.is_empty()) {
        Some(words) => say("cli.usage.suggested", &[("words", &words)]),
        None => words::say(lang, "cli.usage.hint").to_owned(),
    };
    Some((message, hint))
}
