//! Who this node is: keys, certificate and charter, as files that only their owner can read.

mod backed_up;
mod files;

use std::fs;
use std::path::{Path, PathBuf};

use protocol::{
    Capabilities, CertificateBody, Charter, Decoder, Encoder, FileKind, Governor, Governors, Institution,
    InvitationFile, NetworkId, NodeCertificate, Profile, PublicKey, Redemption, Role, SealingKey, SecretKey,
    SignedCharter, seal_file, unseal_file,
};
use replica::{Me, Room};

use crate::error::{MarketError, Result};
use crate::root_key::RootFile;

pub(crate) use backed_up::{is_backed_up, is_locked};
pub use files::write_private;
pub(crate) use files::{hex, read};
use files::{io, read_key};

/// How long a node certificate is good for, milliseconds: two years. The desk warns before it ends.
const CERTIFICATE_MS: i64 = 2 * 365 * 24 * 3600 * 1000;

/// Where a new node key waits for its certificate.
const NEXT_NODE: &str = "node.key.next";

/// What makes a home one, by its name there: written last.
pub(crate) const CERTIFICATE: &str = "identity/certificate";

/// What a newcomer says of itself.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Name of the institution.
    pub name: String,
    /// Its English name, for a hub that founds a network.
    pub name_en: String,
    /// Credit code, checked by the caller, or empty.
    pub credit_code: String,
    /// Role.
    pub role: Role,
    /// GB/T 2260 code, six digits as a number.
    pub region: u32,
    /// Year of the code list.
    pub region_as_of: u16,
}

/// The node's identity. Secret keys never leave it except into its own files.
pub struct Identity {
    /// The charter with its signatures.
    pub charter: SignedCharter,
    /// The institution's record.
    pub institution: Institution,
    /// The institution's root key; absent where it is kept offline or under a passphrase.
    pub root: Option<SecretKey>,
    /// The node's key, which is also its libp2p identity.
    pub node: SecretKey,
    /// Opens what is sealed to the node.
    pub sealing: SealingKey,
    /// The node's certificate.
    pub certificate: NodeCertificate,
    /// The invitation's redemption, kept until the roster shows the admission.
    pub redemption: Option<Redemption>,
    /// Addresses that the invitation named, dialled first.
    pub bootstrap: Vec<String>,
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| MarketError::Identity {
        path: "random numbers".to_owned(),
        why: format!("the operating system gives none ({error}); without them no key can be made"),
    })?;
    Ok(bytes)
}

struct Keys {
    root: SecretKey,
    node: SecretKey,
    sealing: SealingKey,
}

impl Keys {
    fn new() -> Result<Self> {
        Ok(Self {
            root: SecretKey::from_seed(&random()?),
            node: SecretKey::from_seed(&random()?),
            sealing: SealingKey::from_seed(&random()?),
        })
    }

    fn certificate(&self, who: &Institution, network: &NetworkId, now_ms: i64) -> NodeCertificate {
        let mut capabilities = Capabilities::PUBLISH | Capabilities::STATE | Capabilities::ROSTER;
        if matches!(who.role, Role::Hub | Role::SubMarket) {
            capabilities |= Capabilities::RELAY;
        }
        let body = CertificateBody {
            institution: who.id(),
            root: self.root.public(),
            node: self.node.public(),
            sealing: self.sealing.public(),
            role: who.role,
            region: who.region,
            capabilities: Capabilities(capabilities),
            shelves: Vec::new(),
            serial: 1,
            issued_ms: now_ms,
            not_after_ms: now_ms.saturating_add(CERTIFICATE_MS),
        };
        NodeCertificate::issue(body, network, &self.root, &self.node)
    }

    /// The identity of a node with these keys, without an invitation.
    fn identity(
        self,
        charter: SignedCharter,
        institution: Institution,
        certificate: NodeCertificate,
    ) -> Identity {
        Identity {
            charter,
            institution,
            root: Some(self.root),
            node: self.node,
            sealing: self.sealing,
            certificate,
            redemption: None,
            bootstrap: Vec::new(),
        }
    }
}

impl Applicant {
    fn institution(&self, root: PublicKey) -> Institution {
        Institution {
            root,
            name: self.name.clone(),
            credit_code: self.credit_code.clone(),
            region: self.region,
            region_as_of: self.region_as_of,
            role: self.role,
        }
    }
}

impl Identity {
    /// Founds a network with this institution as its only governor, and writes the identity into `home`. Returns the
    /// recovery key's secret too, to be written to a file that is kept elsewhere.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn found(home: &Path, who: &Applicant, now_ms: i64) -> Result<(Self, [u8; 32])> {
        let keys = Keys::new()?;
        let recovery = random()?;
        let institution = who.institution(keys.root.public());
        let charter = Charter {
            name_zh: who.name.clone(),
            name_en: who.name_en.clone(),
            region: who.region,
            founded_ms: now_ms,
            nonce: random()?,
            governors: Governors { members: vec![Governor::founding(institution.clone())], threshold: 1 },
            recovery: SecretKey::from_seed(&recovery).public(),
            profile: Profile::default(),
            sub_markets_invite: true,
        };
        let charter = SignedCharter::sign(charter, 0, &keys.root);
        let network = charter.charter.id();
        let certificate = keys.certificate(&institution, &network, now_ms);
        let identity = keys.identity(charter, institution, certificate);
        identity.write(home)?;
        Ok((identity, recovery))
    }

    /// Makes the identity of a newcomer from its invitation, and writes it into `home`.
    ///
    /// # Errors
    /// When role or region differ from what the invitation grants, or the files cannot be written.
    pub fn join(home: &Path, who: &Applicant, file: &InvitationFile, now_ms: i64) -> Result<Self> {
        let granted = &file.invitation;
        if who.role != granted.role || who.region != granted.region {
            return Err(MarketError::Refused(vec![format!(
                "the invitation is for a {} in region {:06}, not for a {} in region {:06}; use its role and region, or ask for another invitation",
                granted.role.id(),
                granted.region,
                who.role.id(),
                who.region
            )]));
        }
        let keys = Keys::new()?;
        let network = file.charter.charter.id();
        let institution = who.institution(keys.root.public());
        let certificate = keys.certificate(&institution, &network, now_ms);
        let one_time = SecretKey::from_seed(&file.secret);
        let redemption =
            Redemption::sign(institution.clone(), certificate.clone(), &network, &one_time, &keys.root);
        let identity = Self {
            redemption: Some(redemption),
            bootstrap: file.addresses.clone(),
            ..keys.identity(file.charter.clone(), institution, certificate)
        };
        identity.write(home)?;
        Ok(identity)
    }

    /// Makes the identity of an institution that asks the governors of a charter's network to admit it, and writes it
    /// into `home`.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn apply(home: &Path, who: &Applicant, charter: &SignedCharter, now_ms: i64) -> Result<Self> {
        let keys = Keys::new()?;
        let institution = who.institution(keys.root.public());
        let certificate = keys.certificate(&institution, &charter.charter.id(), now_ms);
        let identity = keys.identity(charter.clone(), institution, certificate);
        identity.write(home)?;
        Ok(identity)
    }

    /// The same node with a new certificate, of a higher serial, by the institution's present root key; written into
    /// `home`.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn renew(&mut self, home: &Path, root: &SecretKey, now_ms: i64) -> Result<()> {
        let serial = self.certificate.body.serial.saturating_add(1);
        self.certify(root, self.node.clone(), serial, now_ms);
        self.write_certificate(home)
    }

    /// Another node key in place of this one's, which the institution certifies; written into `home`. What was
    /// written with the old key stays as it is.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn rotate_node(&mut self, home: &Path, root: &SecretKey, now_ms: i64) -> Result<()> {
        let node = SecretKey::from_seed(&random()?);
        let (next, path) = (folder(home).join(NEXT_NODE), folder(home).join("node.key"));
        write_private(&next, &hex(&node.seed()))?;
        self.certify(root, node, 1, now_ms);
        // From here on the certificate is the new key's: reading puts it into its place should that not happen now.
        self.write_certificate(home)?;
        fs::rename(&next, &path).map_err(|error| io(&path, &error))
    }

    fn certify(&mut self, root: &SecretKey, node: SecretKey, serial: u64, now_ms: i64) {
        let body = CertificateBody {
            root: root.public(),
            node: node.public(),
            serial,
            issued_ms: now_ms,
            not_after_ms: now_ms.saturating_add(CERTIFICATE_MS),
            ..self.certificate.body.clone()
        };
        self.certificate = NodeCertificate::issue(body, &self.network(), root, &node);
        self.node = node;
    }

    /// Where the root key of a home lies, when it lies there.
    pub fn root_path(home: &Path) -> PathBuf {
        folder(home).join("root.key")
    }

    fn write(&self, home: &Path) -> Result<()> {
        let dir = folder(home);
        fs::create_dir_all(&dir).map_err(|error| io(&dir, &error))?;
        if let Some(root) = &self.root {
            RootFile::write_plain(&Self::root_path(home), root)?;
        }
        write_private(&dir.join("node.key"), &hex(&self.node.seed()))?;
        write_private(&dir.join("sealing.key"), &hex(&self.sealing.seed()))?;
        let mut to = Encoder::new();
        self.charter.encode(&mut to);
        write_private(&dir.join("charter.lianshi"), &seal_file(FileKind::Charter, &to.finish()))?;
        self.write_certificate(home)
    }

    fn write_certificate(&self, home: &Path) -> Result<()> {
        let mut to = Encoder::new();
        self.institution.encode(&mut to);
        self.certificate.encode(&mut to);
        to.option(self.redemption.as_ref(), |to, r| r.encode(to));
        to.list(&self.bootstrap, |to, a| {
            to.text(a);
        });
        // Written last: a home without it was never finished, and `init` may be run again.
        write_private(&folder(home).join("certificate"), &to.finish())
    }

    /// Reads the identity of a home.
    ///
    /// # Errors
    /// When the home was never initialised, or a file is missing or damaged.
    pub fn read(home: &Path) -> Result<Self> {
        let dir = folder(home);
        if !dir.join("certificate").exists() {
            let path = home.display().to_string();
            if !crate::backup::interrupted(home) {
                return Err(MarketError::NoHome { path });
            }
            let why = "a restore was cut short here; run `lianshi --home DIR restore FILE` again";
            return Err(MarketError::Identity { path, why: why.to_owned() });
        }
        let charter = read(&dir.join("charter.lianshi"))?;
        let body = unseal_file(FileKind::Charter, &charter)?;
        let charter = Decoder::whole(body, "charter", SignedCharter::decode)?;
        let bytes = read(&dir.join("certificate"))?;
        let (institution, certificate, redemption, bootstrap) = read_certificate(&bytes)?;
        let root = Self::root_path(home);
        let root = if root.exists() { RootFile::read(&root)?.plain() } else { None };
        let mut node = SecretKey::from_seed(&read_key(&dir.join("node.key"))?);
        let sealing = SealingKey::from_seed(&read_key(&dir.join("sealing.key"))?);
        let next = dir.join(NEXT_NODE);
        if node.public() != certificate.body.node && next.exists() {
            // A change of keys that was cut short after its certificate was written.
            node = SecretKey::from_seed(&read_key(&next)?);
            fs::rename(&next, dir.join("node.key")).map_err(|error| io(&next, &error))?;
        }
        Ok(Self { charter, institution, root, node, sealing, certificate, redemption, bootstrap })
    }

    /// True when a home has a finished identity.
    pub fn exists(home: &Path) -> bool {
        folder(home).join("certificate").exists()
    }

    /// The network's id.
    pub fn network(&self) -> NetworkId {
        self.charter.charter.id()
    }

    /// The charter as a file that `verify` takes.
    pub fn charter_file(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.charter.encode(&mut to);
        seal_file(FileKind::Charter, &to.finish())
    }

    /// What opens envelopes that are for this node.
    pub fn opener(&self) -> crate::Opener {
        crate::Opener { network: self.network(), key: self.sealing.clone() }
    }

    /// What the replica needs to know of this node.
    pub fn me(&self, subscription: protocol::Subscription, agent: String) -> Me {
        Me {
            charter: self.charter.charter.clone(),
            certificate: self.certificate.clone(),
            redemption: self.redemption.clone(),
            sealing: self.sealing.clone(),
            subscription,
            allowance: Room::UNBOUNDED,
            agent,
            abroad: None,
        }
    }

    /// This node as a guest of another network: its keys and its certificate, under that network's charter. It writes nothing
    /// there.
    pub fn abroad(&self, charter: Charter, bootstrap: Vec<String>) -> Self {
        Self {
            charter: SignedCharter { charter, signatures: Vec::new() },
            institution: self.institution.clone(),
            root: None,
            node: self.node.clone(),
            sealing: self.sealing.clone(),
            certificate: self.certificate.clone(),
            redemption: None,
            bootstrap,
        }
    }

    /// The governor's index of this institution's root key, when it is one.
    pub fn governor_index(&self, governors: &Governors) -> Option<u8> {
        governors.index_of(&self.certificate.body.root)
    }
}

/// What stands in the file of the certificate.
type CertificateFile = (Institution, NodeCertificate, Option<Redemption>, Vec<String>);

fn read_certificate(bytes: &[u8]) -> protocol::Checked<CertificateFile> {
    Decoder::whole(bytes, "certificate file", |from| {
        Ok((
            Institution::decode(from)?,
            NodeCertificate::decode(from)?,
            from.option("redemption", Redemption::decode)?,
            from.list(protocol::limits::MAX_ADDRESSES, "addresses", |from| {
                Ok(from.text(protocol::limits::MAX_ADDRESS, "address")?.to_owned())
            })?,
        ))
    })
}

/// Reads a charter file.
///
/// # Errors
/// Damage, another kind of file, signatures that do not hold.
pub fn read_charter(bytes: &[u8]) -> Result<SignedCharter> {
    let body = unseal_file(FileKind::Charter, bytes)?;
    Ok(Decoder::whole(body, "charter", SignedCharter::decode)?)
}

fn folder(home: &Path) -> PathBuf {
    home.join("identity")
}
