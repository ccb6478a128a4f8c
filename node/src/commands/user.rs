//! The accounts of the desk.

use std::path::Path;

use serde_json::Value as Json;

use super::{Context, Outcome, file_failure, print_json, print_line, print_note, text};
use crate::cli::{TokenAction, UserAction};
use crate::office::{AccountAsk, Failure, Request, TokenAsk, exit};

/// The variable that holds a new password where nobody can type it.
const PASSWORD: &str = "LIANSHI_PASSWORD";

pub fn run(context: &Context, action: UserAction) -> Outcome {
    let ask = match action {
        UserAction::Add { name, role, password_file } => AccountAsk::Add {
            name,
            role: role.id(),
            password: context.new_password(password_file.as_deref())?,
        },
        UserAction::List => AccountAsk::List,
        UserAction::Role { name, role } => AccountAsk::Role { name, role: role.id() },
        UserAction::Password { name, password_file } => {
            AccountAsk::Password { name, password: context.new_password(password_file.as_deref())? }
        }
        UserAction::Remove { name } => AccountAsk::Remove { name },
        UserAction::Link => AccountAsk::Link,
        UserAction::Token { action } => return token(context, action),
    };
    let reply = context.ask(&Request::Account { ask })?;
    if context.json {
        print_json(&reply);
    } else if let Some(link) = reply["link"].as_str() {
        print_line(&context.fill("cli.user.link", &[("link", link)]));
    } else {
        list(context, &reply);
    }
    Ok(0)
}

fn list(context: &Context, reply: &Json) {
    let accounts = reply["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    if accounts.is_empty() {
        return print_line(context.say("cli.user.none"));
    }
    for account in accounts {
        let role = format!("desk.role.{}", text(account, "role"));
        let since: String = text(account, "since").chars().take(10).collect();
        let places = [("name", text(account, "name")), ("role", context.say(&role)), ("since", &since)];
        print_line(&context.fill("cli.user.row", &places));
    }
    if let Some(desk) = reply["desk"].as_str() {
        print_line(&context.fill("cli.user.desk", &[("link", desk)]));
    }
}

fn token(context: &Context, action: TokenAction) -> Outcome {
    let ask = match action {
        TokenAction::Create { name, scope, days, note } => {
            TokenAsk::Create { name, scopes: scope.into_iter().map(|scope| scope.id()).collect(), days, note }
        }
        TokenAction::List => TokenAsk::List,
        TokenAction::Revoke { id } => TokenAsk::Revoke { id },
    };
    let reply = context.ask(&Request::Token { ask })?;
    if context.json {
        print_json(&reply);
    } else if let Some(token) = reply["token"].as_str() {
        // The token alone on stdout, so that it can be led into a file.
        print_note(&context.fill("cli.user.token.made", &[("until", &day(&reply, "until"))]));
        print_line(token);
    } else {
        tokens(context, &reply);
    }
    Ok(0)
}

fn tokens(context: &Context, reply: &Json) {
    let tokens = reply["tokens"].as_array().map(Vec::as_slice).unwrap_or_default();
    if tokens.is_empty() {
        return print_line(context.say("cli.user.token.none"));
    }
    for token in tokens {
        let scopes = token["scopes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let scopes: Vec<&str> = scopes.iter().filter_map(Json::as_str).collect();
        let until = day(token, "until");
        let places = [
            ("id", text(token, "id")),
            ("name", text(token, "name")),
            ("scopes", &scopes.join(",")),
            ("until", &until),
            ("note", text(token, "note")),
        ];
        print_line(context.fill("cli.user.token.row", &places).trim_end());
    }
}

fn day(reply: &Json, key: &str) -> String {
    text(reply, key).chars().take(10).collect()
}

impl Context {
    /// A new password: from a file's first line, the environment, or typed twice without echo.
    fn new_password(&self, file: Option<&Path>) -> Result<String, Failure> {
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| file_failure(path, &error))?;
            return Ok(text.lines().next().unwrap_or_default().to_owned());
        }
        if let Ok(password) = std::env::var(PASSWORD) {
            return Ok(password);
        }
        let typed = self.typed("cli.user.password")?;
        if typed.is_empty() {
            return Err(Failure::said(exit::REFUSED, "cli.failure.no-password", &[]));
        }
        self.once_more(typed, "cli.user.password.again")
    }
}
