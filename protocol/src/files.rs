//! Files that go between an institution and the governors: an application, and steps to sign; and between two networks.

use crate::certificate::NodeCertificate;
use crate::charter::{Governors, Institution, SignedCharter};
use crate::codec::{Decoder, Encoder};
use crate::fault::{Checked, Fault};
use crate::hash::{InstitutionId, NetworkId};
use crate::limits::{MAX_GATEWAYS, MAX_PAYLOAD, MAX_STEPS_FILE};
use crate::peering::{Gateway, Terms, decode_institutions, encode_institutions};
use crate::proof::{FileKind, seal_file, unseal_file};
use crate::steps::SignedStep;

/// What an institution that asks to be admitted says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The network that it wants to join.
    pub network: NetworkId,
    /// Who it is.
    pub institution: Institution,
    /// Its node.
    pub certificate: NodeCertificate,
}

impl Application {
    /// The file's bytes.
    pub fn to_file(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.network.encode(&mut to);
        self.institution.encode(&mut to);
        self.certificate.encode(&mut to);
        seal_file(FileKind::Application, &to.finish())
    }

    /// Reads a file for a network and checks that both keys signed.
    ///
    /// # Errors
    /// Damage, another network, signatures that do not hold.
    pub fn from_file(bytes: &[u8], network: &NetworkId) -> Checked<Self> {
        let body = unseal_file(FileKind::Application, bytes)?;
        let read = Decoder::whole(body, "application", |from| {
            Ok(Self {
                network: NetworkId::decode(from)?,
                institution: Institution::decode(from)?,
                certificate: NodeCertificate::decode(from)?,
            })
        })?;
        let own = &read.certificate.body;
        if read.network != *network {
            return Err(Fault::Mismatch { what: "the application's network" });
        }
        if own.root != read.institution.root || own.institution != read.institution.id() {
            return Err(Fault::Mismatch { what: "application and certificate" });
        }
        read.certificate.verify(network)?;
        Ok(read)
    }
}

/// Steps in a file, for governors who sign away from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepsFile {
    /// The network.
    pub network: NetworkId,
    /// The governors of the steps' epoch: a signature names its governor's place among them.
    pub governors: Governors,
    /// The steps, in the order in which they build on each other.
    pub steps: Vec<SignedStep>,
}

impl StepsFile {
    /// The file's bytes.
    pub fn to_file(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.network.encode(&mut to);
        self.governors.encode(&mut to);
        to.list(&self.steps, |to, step| step.encode(to));
        seal_file(FileKind::Steps, &to.finish())
    }

    /// Reads a file. The signatures in it are the roster's to judge.
    ///
    /// # Errors
    /// Damage, or another kind of file.
    pub fn from_file(bytes: &[u8]) -> Checked<Self> {
        let body = unseal_file(FileKind::Steps, bytes)?;
        Decoder::whole(body, "roster steps", |from| {
            Ok(Self {
                network: NetworkId::decode(from)?,
                governors: Governors::decode(from)?,
                steps: from.list(MAX_STEPS_FILE, "roster steps", SignedStep::decode)?,
            })
        })
    }
}

/// A network as it shows itself to another one, with or without what the two are to exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketFile {
    /// Its charter, with the signatures of its governors.
    pub charter: SignedCharter,
    /// Its gateways.
    pub gateways: Vec<Gateway>,
    /// What it proposes.
    pub terms: Option<Terms>,
    /// Institutions whose other nodes may take a gateway's place, ascending.
    pub institutions: Vec<InstitutionId>,
}

impl MarketFile {
    /// The file's bytes.
    pub fn to_file(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.charter.encode(&mut to);
        to.list(&self.gateways, |to, gateway| gateway.encode(to));
        to.option(self.terms.as_ref(), |to, terms| {
            to.bytes(&terms.to_bytes());
        });
        // Where there are none the file is as it was before they could be named.
        if !self.institutions.is_empty() {
            encode_institutions(&mut to, &self.institutions);
        }
        seal_file(FileKind::Market, &to.finish())
    }

    /// Reads a file; the charter's signatures must hold, and terms must be between its network and another.
    ///
    /// # Errors
    /// Damage, another kind of file, a charter that its governors did not sign, terms of others.
    pub fn from_file(bytes: &[u8]) -> Checked<Self> {
        let body = unseal_file(FileKind::Market, bytes)?;
        let empty = Fault::NotCanonical { what: "institutions of gateways" };
        let read = Decoder::whole(body, "market", |from| {
            Ok(Self {
                charter: SignedCharter::decode(from)?,
                gateways: from.list(MAX_GATEWAYS, "gateways", Gateway::decode)?,
                terms: from.option("terms", |from| {
                    let terms = from.bytes(MAX_PAYLOAD, "agreement")?;
                    Decoder::whole(terms, "agreement", Terms::decode)
                })?,
                institutions: match from.is_empty() {
                    true => Vec::new(),
                    false => Some(decode_institutions(from)?).filter(|all| !all.is_empty()).ok_or(empty)?,
                },
            })
        })?;
        let network = read.charter.charter.id();
        match &read.terms {
            Some(terms) if terms.side(&network).is_none() => {
                Err(Fault::Mismatch { what: "agreement and charter" })
            }
            _ => Ok(read),
        }
    }
}
