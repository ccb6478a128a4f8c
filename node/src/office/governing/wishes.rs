//! What the pages' forms ask for, as motions and papers.

use market::{Account, MarketError};
use protocol::{Action, InvitationFile, Profile, RosterStep, SecretKey, SignedStep, StepsFile};
use web::desk::governing::{Agreement, Paper, PeerTurn, Wish};

use super::check_rank;
use crate::office::roster::{Ask, Motion, bytes_of};
use crate::office::{Failure, Offer, Office, PeerMove, exit, judge_text, mappings_in};

/// Lines that name a thief's entries: one a log of a node is enough, and there are few.
const MAX_FROM: usize = 64;

impl Office {
    /// What a motion asks to be signed.
    ///
    /// # Errors
    /// As when it is proposed at the command line.
    pub fn paper_for(&self, account: &Account, wish: &Wish) -> Result<Paper, Failure> {
        check_rank(account)?;
        match wish.clone() {
            Wish::Invite { role, region, days } => {
                self.invitation_paper(role, self.region_of(&region)?, days)
            }
            Wish::Unified { part, version, text } => self.unified_paper(&part, version, text),
            Wish::Agree(agreement) => {
                let (card, replaceable) = (agreement.card.clone(), agreement.replaceable);
                self.drafted_paper(self.offer(&card, replaceable, offer_of(*agreement)?)?)
            }
            wish => self.drafted_paper(self.motion_of(wish)?),
        }
    }

    /// The motion behind a wish that needs nothing beside it.
    fn motion_of(&self, wish: Wish) -> Result<Motion, Failure> {
        Ok(match wish {
            Wish::Suspend { institution, reason } => {
                Motion::Suspend { institution, reason: given_reason(&reason)? }
            }
            Wish::Reinstate { institution } => Motion::Reinstate { institution },
            Wish::Exit { institution, reason } => {
                Motion::Exit { institution, reason: given_reason(&reason)? }
            }
            Wish::Role { institution, role, region } => {
                Motion::Role { institution, role, region: self.region_of(&region)? }
            }
            Wish::TakeDown { listing, reason } => {
                Motion::TakeDown { listing: listing_in(&listing), reason: given_reason(&reason)? }
            }
            Wish::Restore { listing } => Motion::Restore { listing: listing_in(&listing) },
            Wish::Purge { listing, reason } => {
                Motion::Purge { listing: listing_in(&listing), reason: given_reason(&reason)? }
            }
            Wish::Revoke { node, from, reason } => {
                let from = from.iter().map(|entry| entry.trim().to_ascii_lowercase());
                let from = from.filter(|entry| !entry.is_empty()).take(MAX_FROM).collect();
                Motion::Revoke { node, from, reason: given_reason(&reason)? }
            }
            Wish::Settle { log, keep } => Motion::Settle { log, keep },
            Wish::AddGovernor { institution, threshold } => Motion::AddGovernor { institution, threshold },
            Wish::RemoveGovernor { institution, threshold } => {
                Motion::RemoveGovernor { institution, threshold }
            }
            Wish::Peer { network, turn: PeerTurn::Resume, .. } => {
                Motion::PeerMove { network, to: PeerMove::Resume, reason: String::new() }
            }
            Wish::Peer { network, turn, reason } => {
                let to = if turn == PeerTurn::End { PeerMove::End } else { PeerMove::Suspend };
                Motion::PeerMove { network, to, reason: given_reason(&reason)? }
            }
            Wish::Invite { .. } | Wish::Unified { .. } | Wish::Agree(_) => {
                return Err(Failure::said(exit::USAGE, "cli.failure.digits", &[("what", "")]));
            }
        })
    }

    fn region_of(&self, given: &str) -> Result<String, Failure> {
        let near = format!("{:06}", self.identity().institution.region);
        catalog::region::parse(given.trim(), Some(&near))
            .map(|found| found.code.to_owned())
            .map_err(|_| Failure::said(exit::REJECTED, "govern.failure.region", &[("what", given.trim())]))
    }

    fn invitation_paper(&self, role: String, region: String, days: u32) -> Result<Paper, Failure> {
        let secret: [u8; 32] = market::random()?;
        let key = SecretKey::from_seed(&secret).public().to_string();
        let mut paper = self.drafted_paper(Motion::Invite { key, role, region, days })?;
        let steps = StepsFile::from_file(&paper.file).map_err(MarketError::from)?.steps;
        if let Some(Action::Invite(invitation)) = steps.into_iter().next().map(|signed| signed.step.action) {
            let charter = self.identity().charter.clone();
            let addresses = self.invitation_addresses();
            paper.invitation = InvitationFile { charter, invitation, secret, addresses }.to_file();
        }
        Ok(paper)
    }

    /// Another version of one of the four unifications; its text is judged before anything is signed.
    fn unified_paper(&self, part: &str, version: String, text: Vec<u8>) -> Result<Paper, Failure> {
        let version = version.trim().to_owned();
        let place = Profile::PARTS.iter().position(|known| *known == part);
        let Some(place) = place.filter(|_| !version.is_empty()) else {
            return Err(Failure::said(exit::REJECTED, "propose.failure.version", &[]));
        };
        let mut hash = protocol::Hash::default();
        if !text.is_empty() {
            judge_text(&text)?;
            hash = Profile::text(&text);
        }
        let mut parts = [const { None }; 4];
        parts[place] = Some((version, hash.to_string()));
        let texts = if text.is_empty() { Vec::new() } else { vec![text] };
        self.drafted_with(Motion::Profile { parts }, texts)
    }

    pub(super) fn drafted_paper(&self, motion: Motion) -> Result<Paper, Failure> {
        self.drafted_with(motion, Vec::new())
    }

    fn drafted_with(&self, motion: Motion, texts: Vec<Vec<u8>>) -> Result<Paper, Failure> {
        let drafted = self.answer_roster(Ask::Draft { motion })?;
        let read = |text: &serde_json::Value| {
            let bytes = bytes_of(text.as_str().unwrap_or_default())?;
            Ok::<_, Failure>(RosterStep::from_bytes(&bytes).map_err(MarketError::from)?)
        };
        let steps = drafted["steps"].as_array().into_iter().flatten().map(read);
        let bare = |step| SignedStep { step, signatures: Vec::new(), own: None };
        let steps = steps.map(|step| step.map(bare)).collect::<Result<Vec<_>, _>>()?;
        let fall = drafted["fall"].as_array().into_iter().flatten();
        let fall = fall.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        let (roster, input) = self.roster_now();
        let file = StepsFile { network: roster.network, governors: roster.governors.clone(), steps };
        Ok(Paper { fall, ..self.paper(&roster, &input, file, texts) })
    }
}

fn offer_of(agreement: Agreement) -> Result<Offer, Failure> {
    let mappings = |text: &str| match text.trim() {
        "" => Ok(Vec::new()),
        text => mappings_in(text.as_bytes(), "TOML"),
    };
    Ok(Offer {
        give_mappings: mappings(&agreement.give_mapping)?,
        take_mappings: mappings(&agreement.take_mapping)?,
        give: agreement.give,
        take: agreement.take,
        give_fields: agreement.give_fields,
        take_fields: agreement.take_fields,
        until: agreement.until,
        licence: agreement.licence.trim().to_owned(),
    })
}

/// The id in what was typed, which may be a listing's address.
fn listing_in(text: &str) -> String {
    let text = text.trim();
    let id = text.split_once("/listing/").map_or(text, |(_, rest)| rest);
    id.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
}

/// A reason that everyone is to see.
fn given_reason(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::said(exit::REJECTED, "govern.failure.reason", &[]));
    }
    if text.len() > protocol::limits::MAX_NAME {
        let most = (protocol::limits::MAX_NAME / 3).to_string();
        return Err(Failure::said(exit::REJECTED, "govern.failure.reason.long", &[("most", &most)]));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_named_by_its_id_or_by_any_address_of_its_page() {
        for text in ["abc123", " abc123 ", "/listing/abc123", "https://x.cn/listing/abc123?lang=en#top"] {
            assert_eq!(listing_in(text), "abc123", "{text}");
        }
        assert_eq!(listing_in("https://x.cn/listing/abc123/history"), "abc123");
    }
}
