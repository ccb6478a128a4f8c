//! Peer markets from the command line: show oneself, propose, accept, suspend, end.

use std::collections::BTreeMap;
use std::path::Path;

use market::MarketError;
use protocol::{CodeMapping, MarketFile, NetworkId, ShelfKind, ShelfPattern, Side, Terms};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::roster::{carry, draft, say_steps};
use super::{
    Context, Outcome, file_in, node, print_json, print_line, print_note, read_file, show, text, write_file,
};
use crate::cli::{PeeringAction, PeeringTerms, RootArgs};
use crate::core::now_ms;
use crate::office::{Failure, Motion, PeerMove, PeeringAsk, Request, day_ms, exit, last_day, side_json};

pub fn run(context: &Context, action: PeeringAction) -> Outcome {
    match action {
        PeeringAction::Card { out, replaceable } => {
            let reply = ask(context, PeeringAsk::Card { replaceable })?;
            node::save(context, &reply, &out, "cli.peering.card")
        }
        PeeringAction::Propose(terms) => propose(context, &terms),
        PeeringAction::Accept { file, yes, root } => accept(context, &file, yes, &root),
        PeeringAction::Suspend { network, reason, root } => {
            sign(context, Motion::PeerMove { network, to: PeerMove::Suspend, reason }, &root)
        }
        PeeringAction::Resume { network, root } => {
            let motion = Motion::PeerMove { network, to: PeerMove::Resume, reason: String::new() };
            sign(context, motion, &root)
        }
        PeeringAction::End { network, reason, root } => {
            let done = sign(context, Motion::PeerMove { network, to: PeerMove::End, reason }, &root)?;
            if !context.json {
                print_note(context.say("cli.peering.ended"));
            }
            Ok(done)
        }
        PeeringAction::Show { network } => show_all(context, network),
    }
}

fn ask(context: &Context, ask: PeeringAsk) -> Result<Json, Failure> {
    context.ask(&Request::Peering { ask })
}

fn show_all(context: &Context, network: Option<String>) -> Outcome {
    let reply = ask(context, PeeringAsk::Show { network })?;
    let peers = reply["peers"].as_array().cloned().unwrap_or_default();
    for peer in &peers {
        if context.json { print_json(peer) } else { show::peer_market(context, peer) }
    }
    if peers.is_empty() && !context.json {
        print_note(context.say("cli.peering.none"));
    }
    Ok(0)
}

/// Has the governors' step made, signs it as the governor that this institution is, and carries it.
fn sign(context: &Context, motion: Motion, root: &RootArgs) -> Outcome {
    let signer = context.signer(root)?;
    let drafted = draft(context, motion)?;
    let signed = signer.sign_drafted(&drafted)?;
    carry(context, &signed).and_then(|reply| say_steps(context, &reply))
}

fn market_file(path: &Path) -> Result<MarketFile, Failure> {
    Ok(MarketFile::from_file(&read_file(path)?).map_err(MarketError::from)?)
}

fn propose(context: &Context, asked: &PeeringTerms) -> Outcome {
    let card = ask(context, PeeringAsk::Card { replaceable: asked.replaceable })?;
    let own = MarketFile::from_file(&file_in(&card)?).map_err(MarketError::from)?;
    let other = market_file(&asked.card)?;
    let (here, there) = (own.charter.charter.id(), other.charter.charter.id());
    if here == there {
        return Err(Failure::said(exit::REJECTED, "cli.failure.peering.self", &[]));
    }
    let (mut gateways, mut institutions) = (own.gateways.clone(), own.institutions.clone());
    for path in &asked.gateway {
        let further = market_file(path)?;
        if further.charter.charter.id() != here {
            return Err(Failure::said(exit::REJECTED, "cli.failure.other-network", &[]));
        }
        gateways.extend(further.gateways);
        institutions.extend(further.institutions);
    }
    let own = MarketFile { gateways, institutions, ..own };
    let gives = side(&own, &asked.give, &asked.give_field, asked.give_mapping.as_deref())?;
    let takes = side(&other, &asked.take, &asked.take_field, asked.take_mapping.as_deref())?;
    let mut sides = [Side { licence: asked.licence.clone(), ..gives }, takes];
    sides.sort_by_key(|side| side.network);
    let until_ms = day_ms(&asked.until)
        .ok_or_else(|| Failure::said(exit::USAGE, "cli.failure.peering.date", &[("what", &asked.until)]))?;
    // The day itself still counts.
    let until_ms = until_ms.saturating_add(24 * 3600 * 1000);
    let number = last_number(context, &there)?.saturating_add(1);
    let terms = Terms { number, made_ms: now_ms(), until_ms, sides };
    let file = |file: MarketFile| data_encoding::BASE64.encode(&file.to_file());
    let motion = Motion::Peer { file: file(MarketFile { terms: Some(terms.clone()), ..other }) };
    let signed = sign(context, motion, &asked.root)?;
    let proposal = MarketFile { terms: Some(terms), institutions: Vec::new(), ..own };
    write_file(&asked.out, &proposal.to_file())?;
    let path = asked.out.display().to_string();
    if context.json {
        print_json(&json!({ "v": 1, "file": path }));
    } else {
        print_line(&context.fill("cli.peering.proposed", &[("file", &path)]));
    }
    Ok(signed)
}

/// The number of the latest agreement with a network; 0 where there is none.
fn last_number(context: &Context, network: &NetworkId) -> Result<u32, Failure> {
    let reply = ask(context, PeeringAsk::Show { network: None })?;
    let id = network.to_string();
    let known = reply["peers"].as_array().into_iter().flatten().find(|peer| text(peer, "id") == id);
    Ok(known.and_then(|peer| peer["number"].as_u64()).and_then(|n| u32::try_from(n).ok()).unwrap_or_default())
}

fn side(
    of: &MarketFile,
    shelves: &[String],
    fields: &[String],
    mapping: Option<&Path>,
) -> Result<Side, Failure> {
    let charter = &of.charter.charter;
    let mut gives = shelves.iter().map(|text| pattern(text)).collect::<Result<Vec<_>, _>>()?;
    gives.sort_unstable();
    gives.dedup();
    let (mut gateways, mut institutions) = (of.gateways.clone(), of.institutions.clone());
    institutions.sort_unstable();
    institutions.dedup();
    gateways.sort_by_key(|gateway| gateway.node);
    gateways.dedup_by_key(|gateway| gateway.node);
    let mut fields = fields.to_vec();
    fields.sort_unstable();
    fields.dedup();
    Ok(Side {
        network: charter.id(),
        name_zh: charter.name_zh.clone(),
        name_en: charter.name_en.clone(),
        gives,
        fields,
        licence: String::new(),
        gateways,
        institutions,
        mappings: mapping.map(mappings).transpose()?.unwrap_or_default(),
    })
}

/// `achievement`, `achievement@42`, `all`, `all@4201`.
fn pattern(text: &str) -> Result<ShelfPattern, Failure> {
    let (kind, region) = text.split_once('@').unwrap_or((text, ""));
    let wrong = || Failure::said(exit::USAGE, "cli.failure.peering.shelf", &[("what", text)]);
    let kind = match kind {
        "all" => None,
        kind => Some(ShelfKind(catalog::Kind::from_id(kind).ok_or_else(wrong)?.code())),
    };
    let digits = region.len() <= 6 && region.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(ShelfPattern { region_prefix: region.to_owned(), kind }) } else { Err(wrong()) }
}

/// A mapping as people write it: `[field]`, `edition`, and `values`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mapped {
    edition: String,
    values: BTreeMap<String, String>,
}

/// Mappings in a file: a table for each field.
fn mappings(path: &Path) -> Result<Vec<CodeMapping>, Failure> {
    let wrong = |what: String| {
        let file = path.display().to_string();
        Failure::said(exit::REJECTED, "cli.failure.peering.mapping", &[("file", &file), ("what", &what)])
    };
    let text = String::from_utf8(read_file(path)?).map_err(|error| wrong(error.to_string()))?;
    let read: BTreeMap<String, Mapped> = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mapping = |(field, mapped): (String, Mapped)| CodeMapping {
        field,
        edition: mapped.edition,
        pairs: mapped.values.into_iter().collect(),
    };
    Ok(read.into_iter().map(mapping).collect())
}

/// Shows what another network proposes, and signs the same where somebody agrees.
fn accept(context: &Context, path: &Path, yes: bool, root: &RootArgs) -> Outcome {
    let bytes = read_file(path)?;
    let file = MarketFile::from_file(&bytes).map_err(MarketError::from)?;
    let terms =
        file.terms.ok_or_else(|| Failure::said(exit::REJECTED, "cli.failure.peering.no-terms", &[]))?;
    if !context.json {
        let sides: Vec<Json> = terms.sides.iter().map(side_json).collect();
        show::peering_terms(context, &sides, &last_day(&terms));
    }
    if !yes {
        context.typed_yes("cli.peering.ask", "cli.failure.peering.unconfirmed")?;
    }
    let done = sign(context, Motion::Peer { file: data_encoding::BASE64.encode(&bytes) }, root)?;
    if !context.json {
        print_note(context.say("cli.peering.accepted"));
    }
    Ok(done)
}
