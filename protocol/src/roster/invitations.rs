//! Who is let in by invitation: the governors' invitations and the sub-markets', and their redemptions.

use std::collections::btree_map::Entry;

use super::words::{Word, lies_in};
use super::{Member, MemberState, Roster, RosterBook};
use crate::charter::Role;
use crate::hash::{Hash, InstitutionId};
use crate::keys::PublicKey;
use crate::steps::{Action, Invitation};

/// What names an invitation. A step shows the one-time key to all, so others may invite with it too, and whoever stole the
/// issuer's key in its name: neither may displace the invitation of anyone else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The one-time key.
    pub key: PublicKey,
    /// The node whose log countersigns the redemption.
    pub issuer: PublicKey,
    /// The institution by whose own word it is; `None` for the governors'.
    pub by: Option<InstitutionId>,
}

impl Roster {
    /// An invitation by the governors. Of several for one key the last stands.
    pub(super) fn invite(&mut self, invitation: &Invitation, by: Hash) {
        let of_key = Grant { key: invitation.key, issuer: PublicKey([0; 32]), by: None };
        let known = self.invitations.range(of_key..).take_while(|(grant, _)| grant.key == invitation.key);
        let known: Vec<Grant> = known.map(|(grant, _)| *grant).filter(|grant| grant.by.is_none()).collect();
        for grant in known {
            self.invitations.remove(&grant);
        }
        self.invitations.insert(Grant { issuer: invitation.issuer, ..of_key }, (by, invitation.clone()));
    }

    /// Invitations of grassroots sites by sub-markets. True when there is a new one.
    pub(super) fn invite_by_word(&mut self, words: &[Word<'_>]) -> bool {
        let mut found = false;
        for word in words {
            let Some(invitation) = self.invitation_of(word) else { continue };
            let by = word.body().institution;
            let grant = Grant { key: invitation.key, issuer: invitation.issuer, by: Some(by) };
            if let Entry::Vacant(place) = self.invitations.entry(grant) {
                place.insert((word.id, invitation.clone()));
                self.words.entry(word.id).or_default().insert(by);
                found = true;
            }
        }
        found
    }

    fn invitation_of<'a>(&self, word: &Word<'a>) -> Option<&'a Invitation> {
        let Action::Invite(invitation) = &word.step.action else { return None };
        let member = self.members.get(&word.body().institution)?;
        let may = self.sub_markets_invite
            && member.institution.role == Role::SubMarket
            && !matches!(member.state, MemberState::Exited(_))
            && lies_in(invitation.region, member.institution.region);
        may.then_some(invitation)
    }

    /// Counts of each invitation the first redemption in its issuer's log, of redemptions in the order of log and place.
    /// Returns who joined.
    pub(super) fn redeem(&mut self, book: &RosterBook) -> Vec<InstitutionId> {
        let mut joined = Vec::new();
        for (log, seq, redemption) in book.redemptions() {
            let who = &redemption.institution;
            if seq > self.last_valid(log) || self.has_redeemed(redemption.invitation, log.node, &who.id()) {
                continue;
            }
            let is_open = |(grant, _, invitation): &(Grant, Hash, &Invitation)| {
                invitation.grants(who) && !self.redeemed.contains_key(grant)
            };
            let open = self.invitations_of(redemption.invitation, log.node).find(is_open);
            let Some((grant, admitted_by, _)) = open else { continue };
            self.redeemed.insert(grant, who.id());
            self.enter(who, admitted_by);
            joined.push(who.id());
        }
        joined
    }

    /// By whose own word a member is in, if it is by an institution's.
    pub fn vouched_by(&self, member: &Member) -> Option<InstitutionId> {
        let id = member.institution.id();
        let made =
            |grant: &Grant| self.invitations.get(grant).is_some_and(|(step, _)| *step == member.admitted_by);
        let redeemed = self.redeemed.iter().find(|(grant, who)| **who == id && made(grant));
        redeemed.and_then(|(grant, _)| grant.by)
    }

    fn has_redeemed(&self, one_time: PublicKey, issuer: PublicKey, who: &InstitutionId) -> bool {
        self.invitations_of(one_time, issuer).any(|(grant, _, _)| self.redeemed.get(&grant) == Some(who))
    }

    /// The invitations of a one-time key that a node countersigns, the governors' first: each with its name and the step
    /// that made it.
    pub fn invitations_of(
        &self,
        one_time: PublicKey,
        issuer: PublicKey,
    ) -> impl Iterator<Item = (Grant, Hash, &Invitation)> {
        let first = Grant { key: one_time, issuer, by: None };
        let of_key = self.invitations.range(first..);
        let of_key = of_key.take_while(move |(g, _)| (g.key, g.issuer) == (first.key, first.issuer));
        of_key.map(|(grant, (step, invitation))| (*grant, *step, invitation))
    }

    /// True when a one-time key was redeemed at that node as often as it may be.
    pub fn is_used(&self, one_time: PublicKey, issuer: PublicKey) -> bool {
        let mut grants = self.invitations_of(one_time, issuer).peekable();
        grants.peek().is_some() && grants.all(|(grant, ..)| self.redeemed.contains_key(&grant))
    }
}
