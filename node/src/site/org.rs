//! An institution, for its page.

use market::Said;
use protocol::{DocumentId, InstitutionId, Member, MemberState, Visibility};
use search::{Facet, Query};
use web::SourceError;
use web::limits::{NEWEST_OF_ORG, SAID_BY_ORG};
use web::view::{Bucket, Membership, Names, OrgNode, OrgView, OrgWord};

use super::{Site, failed, role, statement};

impl Site {
    pub(super) fn institution(&self, id: &str) -> Result<Option<OrgView>, SourceError> {
        let roster = self.office.library().roster();
        let mut found = roster.members.iter().filter(|(member, _)| member.to_string().starts_with(id));
        let (Some((id, member)), None) = (found.next(), found.next()) else { return Ok(None) };
        let query = Query {
            public_only: true,
            institution: Some(id.to_string()),
            limit: NEWEST_OF_ORG,
            facets: vec![Facet::Kind],
            ..Query::default()
        };
        let (results, newest) = self.find(query)?;
        let kinds = results.facets.kind.into_iter().map(|(value, listings)| Bucket { value, listings });
        let identity = self.office.identity();
        let charter = &identity.charter.charter;
        Ok(Some(OrgView {
            id: id.to_string(),
            name: member.institution.name.clone(),
            credit_code: member.institution.credit_code.clone(),
            region: format!("{:06}", member.institution.region),
            role: role(member.institution.role),
            membership: membership(member),
            governs: roster.governors.members.iter().any(|governor| governor.institution.id() == *id),
            network: Names::new(&charter.name_zh, &charter.name_en),
            nodes: self.nodes(id)?,
            kinds: kinds.collect(),
            newest,
            said: self.words(id)?,
        }))
    }

    fn nodes(&self, id: &InstitutionId) -> Result<Vec<OrgNode>, SourceError> {
        let nodes = self.office.library().nodes_of(id).map_err(failed)?;
        let node = |node: market::MemberNode| OrgNode {
            key: node.key.to_string(),
            role: role(node.certificate.body.role),
            region: format!("{:06}", node.certificate.body.region),
            logs: node.logs as u64,
            revoked: node.revoked,
        };
        Ok(nodes.into_iter().map(node).collect())
    }

    /// What it says of listings that anyone may see here.
    fn words(&self, id: &InstitutionId) -> Result<Vec<OrgWord>, SourceError> {
        let stated = self.office.library().stated_by(id, SAID_BY_ORG).map_err(failed)?;
        let mut words = Vec::with_capacity(stated.len());
        for (about, said) in stated {
            words.extend(self.word(about, said)?);
        }
        Ok(words)
    }

    /// A statement with the title of what it is about. A listing that it objects to, and this node therefore does not show, is
    /// named by its number alone.
    fn word(&self, about: DocumentId, said: Said) -> Result<Option<OrgWord>, SourceError> {
        let Some(listing) = self.office.library().listing(&about).map_err(failed)? else { return Ok(None) };
        if listing.log.shelf.visibility != Visibility::Public {
            return Ok(None);
        }
        let shown = self.office.shows_publicly(&listing);
        let title = if shown { listing.title().to_owned() } else { about.to_string() };
        Ok(Some(OrgWord { about: about.to_string(), title, word: statement(said) }))
    }
}

pub(super) fn membership(member: &Member) -> Membership {
    match &member.state {
        MemberState::Active => Membership::Active,
        MemberState::Suspended(why) => Membership::Suspended(why.clone()),
        MemberState::Exited(why) => Membership::Exited(why.clone()),
    }
}
