//! Founding, joining, inviting, running, and how the node is.

use std::time::{Duration, Instant};

use market::{Applicant, Identity, MarketError, RootFile};
use protocol::{Action, Application, InvitationFile, SecretKey};
use serde_json::{Value as Json, json};

use super::{
    Context, Outcome, file_in, print_json, print_line, print_note, read_file, roster, show, text, write_file,
    write_secret,
};
use crate::cli::{Init, Invite, Run, Status, WaitFor};
use crate::config::{Config, Fetch};
use crate::control::Client;
use crate::core::now_ms;
use crate::office::{Failure, Motion, Request, exit, region_code, time_text};

/// Year of the list of regions inside the program.
const REGIONS_AS_OF: u16 = 2025;
/// A status that waits looks this often.
const LOOK_EVERY: Duration = Duration::from_millis(150);

pub fn init(context: &Context, args: Init) -> Outcome {
    let home = &context.home;
    if market::backup::interrupted(home) {
        return Err(Failure::said(
            exit::REFUSED,
            "cli.failure.restoring",
            &[("home", &home.display().to_string())],
        ));
    }
    if Identity::exists(home) {
        let message = context.fill("cli.init.exists", &[("home", &home.display().to_string())]);
        return Err(Failure::new(exit::REFUSED, message, context.say("cli.init.exists.hint")));
    }
    let mut config = match &args.config {
        Some(path) => Config::read_file(path)
            .map_err(|e| Failure::said(exit::USAGE, "cli.failure.config", &[("what", &format!("{e:#}"))]))?,
        None => Config::default(),
    };
    let file = args.join.as_deref().map(read_file).transpose()?;
    // A file, or what a telephone read from its code.
    let file = file.map(|bytes| web::desk::governing::invitation_in(&bytes).unwrap_or(bytes));
    let file = file.map(|bytes| InvitationFile::from_file(&bytes).map_err(MarketError::from)).transpose()?;
    let granted = file.as_ref().map(|file| &file.invitation);
    let stated = args.role.map(crate::cli::RoleArg::role);
    let role = stated.or(granted.map(|g| g.role)).or(config.role());
    let role = role.ok_or_else(|| Failure::new(exit::USAGE, context.say("cli.init.role"), "--role hub"))?;
    let region = match (&args.region, granted) {
        (Some(stated), _) => stated.clone(),
        (None, Some(granted)) => format!("{:06}", granted.region),
        (None, None) if config.node.region.is_empty() => {
            return Err(Failure::said(exit::USAGE, "cli.failure.no-region", &[]));
        }
        (None, None) => config.node.region.clone(),
    };
    let code = region_code(&region)?;
    let name = args.name.clone().unwrap_or_else(|| config.node.name.clone());
    if name.trim().is_empty() || name.len() > protocol::limits::MAX_NAME {
        return Err(Failure::new(exit::USAGE, context.say("cli.init.name"), "--name …"));
    }
    let credit_code = match &args.credit_code {
        Some(given) => catalog::credit_code::parse(given).map_err(|_| {
            Failure::new(
                exit::REJECTED,
                context.fill("cli.init.credit", &[("code", given)]),
                context.say("cli.init.credit.hint"),
            )
        })?,
        None => String::new(),
    };
    let charter =
        args.charter.as_deref().map(|path| market::read_charter(&read_file(path)?).map_err(Failure::from));
    let charter = charter.transpose()?;
    if file.is_none() && charter.is_none() && role != protocol::Role::Hub {
        return Err(Failure::new(
            exit::USAGE,
            context.say("cli.init.join"),
            context.say("cli.init.join.hint"),
        ));
    }
    if let Some(granted) = file.as_ref().map(|file| &file.invitation)
        && (granted.role, granted.region) != (role, code)
    {
        let (role, region) = (format!("cli.role.{}", granted.role.id()), format!("{:06}", granted.region));
        let message =
            context.fill("cli.init.invitation", &[("role", context.say(&role)), ("region", &region)]);
        return Err(Failure::new(exit::REJECTED, message, context.say("cli.init.invitation.hint")));
    }
    let passphrase = context.chosen_passphrase(args.passphrase_file.as_deref())?;
    config.role = role.id().to_owned();
    config.node.name = name.clone();
    config.node.region = region.clone();
    if args.config.is_none() && role == protocol::Role::Hub {
        // So that they are seen while their authors are away.
        config.attachments.fetch = Fetch::All;
    }
    make_home(home, &config)?;
    let who = Applicant {
        name,
        name_en: args.name_en.clone(),
        credit_code,
        role,
        region: code,
        region_as_of: REGIONS_AS_OF,
    };
    let identity = match (&file, &charter) {
        (Some(file), _) => Identity::join(home, &who, file, now_ms())?,
        (None, Some(charter)) => Identity::apply(home, &who, charter, now_ms())?,
        (None, None) => {
            let (identity, recovery) = Identity::found(home, &who, now_ms())?;
            let path = home.join("recovery.key");
            let hex = data_encoding::HEXLOWER.encode(&recovery);
            market::write_private(&path, format!("{hex}\n").as_bytes())?;
            print_note(&context.fill("cli.init.recovery", &[("path", &path.display().to_string())]));
            identity
        }
    };
    if let (Some(passphrase), Some(root)) = (&passphrase, &identity.root) {
        RootFile::write_locked(&Identity::root_path(home), root, passphrase)?;
    }
    if let Some(out) = &args.application {
        let (institution, certificate) = (identity.institution.clone(), identity.certificate.clone());
        let asked = Application { network: identity.network(), institution, certificate };
        write_file(out, &asked.to_file())?;
    }
    let node = identity.node.public().to_string();
    let network = identity.network().to_string();
    if context.json {
        let out = json!({ "v": 1, "home": home.display().to_string(), "node": node, "network": network, "role": role.id() });
        print_json(&out);
    } else {
        let key = match (&file, &charter) {
            (Some(_), _) => "cli.init.joined",
            (None, Some(_)) => "cli.init.applied",
            (None, None) => "cli.init.founded",
        };
        let charter = &identity.charter.charter;
        print_line(&context.fill(
            key,
            &[("name", &identity.institution.name), ("network", &charter.name_zh), ("node", &node[..16])],
        ));
        print_note(&context.fill("cli.init.next", &[("home", &home.display().to_string())]));
    }
    Ok(0)
}

fn make_home(home: &std::path::Path, config: &Config) -> Result<(), Failure> {
    let failed = |error: std::io::Error| super::file_failure(home, &error);
    std::fs::create_dir_all(home).map_err(failed)?;
    #[cfg(unix)]
    std::fs::set_permissions(home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(failed)?;
    let text = toml::to_string_pretty(config).map_err(|e| Failure::new(exit::FAILED, e.to_string(), ""))?;
    std::fs::write(home.join(Config::FILE), text).map_err(failed)?;
    crate::home::choose_port(home).map_err(failed)?;
    Ok(())
}

pub fn invite(context: &Context, args: &Invite) -> Outcome {
    let signer = context.signer(&args.root)?;
    let secret: [u8; 32] = market::random()?;
    let drafted = roster::draft(
        context,
        Motion::Invite {
            key: SecretKey::from_seed(&secret).public().to_string(),
            role: args.role.role().id().to_owned(),
            region: args.region.clone(),
            days: args.days,
        },
    )?;
    let signed = signer.sign_drafted(&drafted)?;
    let Some(Action::Invite(invitation)) = signed.first().map(|signed| signed.step.action.clone()) else {
        return Err(Failure::said(exit::FAILED, "cli.failure.reply", &[("what", "no invitation")]));
    };
    let until = time_text(invitation.not_after_ms);
    let addresses = drafted["addresses"].as_array().into_iter().flatten();
    let addresses = addresses.filter_map(Json::as_str).map(str::to_owned).collect();
    let charter = signer.identity.charter.clone();
    let file = InvitationFile { charter, invitation, secret, addresses };
    // The file first: an invitation that counts and that nobody has would be of no use.
    write_secret(&args.out, &file.to_file())?;
    let carried = roster::carry(context, &signed)?;
    let step = &carried["steps"][0];
    let missing = step["missing"].as_u64().unwrap_or_default();
    if context.json {
        let out = json!({
            "v": 1, "file": args.out.display().to_string(), "addresses": drafted["addresses"],
            "not_after": until, "step": step["id"], "missing": missing,
        });
        print_json(&out);
        return Ok(0);
    }
    let path = args.out.display().to_string();
    print_line(&context.fill("cli.invite.done", &[("file", &path), ("until", &until)]));
    if missing > 0 {
        let (missing, id) = (missing.to_string(), text(step, "id").get(..12).unwrap_or_default());
        print_note(&context.fill("cli.roster.missing", &[("missing", &missing), ("id", id)]));
    }
    print_note(context.say(if missing > 0 { "cli.invite.wait" } else { "cli.invite.next" }));
    Ok(0)
}

pub fn run(context: &Context, args: Run) -> Outcome {
    let mut config = context.config()?;
    config.log.format = args.log_format.unwrap_or(config.log.format);
    crate::log::choose(config.log.format);
    if !args.listen.is_empty() {
        config.network.listen = args.listen;
    }
    config.network.bootstrap.extend(args.peer);
    for address in config.network.listen.iter().chain(&config.network.bootstrap) {
        network::check_address(address).map_err(|what| {
            Failure::said(exit::USAGE, "cli.failure.address", &[("address", address), ("what", &what)])
        })?;
    }
    if let Some(web) = args.web {
        config.web.listen = web;
    }
    let collector = config.telemetry.otlp.trim().to_owned();
    let traces = (!collector.is_empty()).then(|| {
        let (version, node) = (env!("CARGO_PKG_VERSION"), config.node.name.as_str());
        telemetry::Traces::to(&collector, version, node).map_err(|error| {
            let what = format!("[telemetry] otlp: {error}");
            Failure::said(exit::USAGE, "cli.failure.config", &[("what", &what)])
        })
    });
    let traces = traces.transpose()?;
    crate::log::start(&config.log.level, traces.as_ref());
    let (json, lang) = (context.json || crate::log::is_json(), context.lang);
    let announce = move |line: &str| {
        let (what, address) = line.split_once(' ').unwrap_or((line, ""));
        if json {
            print_json(&json!({ "v": 1, what: address }));
        } else {
            let key = match what {
                "web" => "cli.run.web",
                "desk" => "cli.run.desk",
                _ => "cli.run.listening",
            };
            print_line(&format!("{} {address}", catalog::words::say(lang, key)));
        }
    };
    let ran = crate::run::run(&context.home, config, announce);
    if let Some(traces) = traces {
        traces.end();
    }
    ran.map_err(|error| super::opening_failure(&error))?;
    Ok(0)
}

pub fn status(context: &Context, args: &Status) -> Outcome {
    let begun = Instant::now();
    let limit = Duration::from_secs(args.timeout);
    loop {
        let status = match args.wait {
            None => Some(context.ask(&Request::Status)?),
            // Only a running node can become what is waited for; the store must not be taken from it meanwhile.
            Some(_) => {
                Client::connect(&context.home).map(|mut client| client.ask(&Request::Status)).transpose()?
            }
        };
        let reached = match (&status, args.wait) {
            (Some(_), None | Some(WaitFor::Running)) => true,
            (Some(status), Some(WaitFor::Synced)) => is_synced(status),
            (None, _) => false,
        };
        if reached || begun.elapsed() >= limit {
            let Some(status) = status else {
                return Err(Failure::said(exit::UNREACHABLE, "cli.status.not-running", &[]));
            };
            if context.json {
                print_json(&status);
            } else {
                show::status(context, &status);
            }
            if !reached {
                let message =
                    context.fill("cli.status.not-synced", &[("seconds", &args.timeout.to_string())]);
                return Err(Failure::new(
                    exit::UNREACHABLE,
                    message,
                    context.say("cli.status.not-synced.hint"),
                ));
            }
            return Ok(0);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Equal frontiers with every connected peer, at least one.
pub fn is_synced(status: &Json) -> bool {
    let peers = status["peers"].as_array().map_or(&[][..], Vec::as_slice);
    let connected: Vec<&Json> = peers
        .iter()
        .filter(|p| !matches!(text(p, "state"), "disconnected" | "unreachable" | "refused" | "paused"))
        .collect();
    !connected.is_empty() && connected.iter().all(|p| text(p, "state") == "synced")
}

pub fn line(context: &Context, hours: Option<String>) -> Outcome {
    let reply = context.running()?.ask(&Request::Line { hours })?;
    if context.json {
        print_json(&reply)
    } else {
        print_line(&show::line_state(context, &reply))
    }
    Ok(0)
}

/// All nodes that are known, as they say they are.
pub(super) fn nodes(context: &Context) -> Outcome {
    let reply = context.ask(&Request::Nodes)?;
    let nodes = reply["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    for node in nodes {
        if context.json {
            print_json(node);
        } else {
            show::node(context, node);
        }
    }
    if nodes.is_empty() && !context.json {
        print_note(context.say("node.none"));
    }
    Ok(0)
}

pub fn stop(context: &Context) -> Outcome {
    context.running()?.ask(&Request::Stop)?;
    let begun = Instant::now();
    while Client::connect(&context.home).is_some() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(0)
}

/// Writes an answer's file where it was asked for.
pub fn save(context: &Context, reply: &Json, out: &std::path::Path, key: &str) -> Outcome {
    write_file(out, &file_in(reply)?)?;
    let path = out.display().to_string();
    if context.json {
        print_json(&json!({ "v": 1, "file": path }));
    } else {
        print_line(&context.fill(key, &[("file", &path)]));
    }
    Ok(0)
}
