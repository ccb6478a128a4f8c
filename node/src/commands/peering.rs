//! Peer markets from the command line: show oneself, propose, accept, suspend, end.

use std::path::Path;

use market::MarketError;
use protocol::{CodeMapping, MarketFile, NetworkId};
use serde_json::{Value as Json, json};

use super::roster::{carry, draft, say_steps};
use super::{
    Context, Outcome, file_in, node, print_json, print_line, print_note, read_file, show, text, write_file,
};
use crate::cli::{PeeringAction, PeeringTerms, RootArgs};
use crate::office::{
    Failure, Motion, Offer, PeerMove, PeeringAsk, Request, exit, last_day, mappings_in, side_json,
};

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

/// Mappings in a file; none without one.
fn mappings(path: Option<&Path>) -> Result<Vec<CodeMapping>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    mappings_in(&read_file(path)?, &path.display().to_string())
}

fn market_file(path: &Path) -> Result<MarketFile, Failure> {
    Ok(MarketFile::from_file(&read_file(path)?).map_err(MarketError::from)?)
}

fn propose(context: &Context, asked: &PeeringTerms) -> Outcome {
    let card = ask(context, PeeringAsk::Card { replaceable: asked.replaceable })?;
    let own = MarketFile::from_file(&file_in(&card)?).map_err(MarketError::from)?;
    let other = market_file(&asked.card)?;
    let (here, there) = (own.charter.charter.id(), other.charter.charter.id());
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
    let offer = Offer {
        give: asked.give.clone(),
        take: asked.take.clone(),
        give_fields: asked.give_field.clone(),
        take_fields: asked.take_field.clone(),
        until: asked.until.clone(),
        licence: asked.licence.clone(),
        give_mappings: mappings(asked.give_mapping.as_deref())?,
        take_mappings: mappings(asked.take_mapping.as_deref())?,
    };
    let terms = offer.terms(&own, &other, last_number(context, &there)?.saturating_add(1))?;
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
