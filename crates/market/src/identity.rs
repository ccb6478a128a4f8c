//! Who this node is: keys, certificate and charter, as files that only their owner can read.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use protocol::{
    Capabilities, CertificateBody, Charter, Decoder, Encoder, FileKind, Governors, Institution, Invitation,
    NetworkId, NodeCertificate, Profile, PublicKey, Redemption, Role, SecretKey, SignedCharter, limits,
    seal_file, unseal_file,
};
use replica::Me;

use crate::error::{MarketError, Result};

/// How long a node certificate is good for, milliseconds: two years. The desk warns before it ends.
const CERTIFICATE_MS: i64 = 2 * 365 * 24 * 3600 * 1000;

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

/// What an invitation file holds.
#[derive(Clone)]
pub struct InvitationFile {
    /// The network's charter.
    pub charter: SignedCharter,
    /// The invitation as the roster step grants it.
    pub invitation: Invitation,
    /// The one-time key's secret half.
    pub secret: [u8; 32],
    /// Where the issuer can be reached.
    pub addresses: Vec<String>,
}

impl InvitationFile {
    /// The file's bytes.
    pub fn to_file(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.charter.encode(&mut to);
        self.invitation.issuer.encode(&mut to);
        to.u8(self.invitation.role as u8).uint(self.invitation.region.into());
        to.int(self.invitation.not_after_ms).raw(&self.secret);
        to.list(&self.addresses, |to, a| {
            to.text(a);
        });
        seal_file(FileKind::Invitation, &to.finish())
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// Damage, another kind of file, a charter whose signatures do not hold.
    pub fn from_file(bytes: &[u8]) -> Result<Self> {
        let body = unseal_file(FileKind::Invitation, bytes)?;
        let file = Decoder::whole(body, "invitation", |from| {
            let charter = SignedCharter::decode(from)?;
            let issuer = PublicKey::decode(from)?;
            let code = from.u8("role")?;
            let role = Role::ALL.into_iter().find(|role| *role as u8 == code);
            let role = role.ok_or(protocol::Fault::Unknown { what: "role", code: code.into() })?;
            let region = from.uint_max(999_999, "region code")? as u32;
            let not_after_ms = from.int("expiry")?;
            let secret: [u8; 32] = from.array("one-time key")?;
            let key = SecretKey::from_seed(&secret).public();
            let addresses = from.list(limits::MAX_ADDRESSES, "addresses", |from| {
                Ok(from.text(limits::MAX_ADDRESS, "address")?.to_owned())
            })?;
            let invitation = Invitation { key, issuer, role, region, not_after_ms };
            Ok(Self { charter, invitation, secret, addresses })
        })?;
        Ok(file)
    }
}

/// The node's identity. Secret keys never leave it except into its own files.
pub struct Identity {
    /// The charter with its signatures.
    pub charter: SignedCharter,
    /// The institution's record.
    pub institution: Institution,
    /// The institution's root key; absent where it is kept offline.
    pub root: Option<SecretKey>,
    /// The node's key, which is also its libp2p identity.
    pub node: SecretKey,
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
    sealing: [u8; 32],
}

impl Keys {
    fn new() -> Result<Self> {
        Ok(Self {
            root: SecretKey::from_seed(&random()?),
            node: SecretKey::from_seed(&random()?),
            sealing: random()?,
        })
    }

    fn certificate(&self, who: &Institution, network: &NetworkId, now_ms: i64) -> NodeCertificate {
        let mut capabilities = Capabilities::PUBLISH | Capabilities::STATE;
        if matches!(who.role, Role::Hub | Role::SubMarket) {
            capabilities |= Capabilities::ROSTER | Capabilities::RELAY;
        }
        let sealing = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(self.sealing));
        let body = CertificateBody {
            institution: who.id(),
            root: self.root.public(),
            node: self.node.public(),
            sealing: sealing.to_bytes(),
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
            governors: Governors { members: vec![institution.clone()], threshold: 1 },
            recovery: SecretKey::from_seed(&recovery).public(),
            profile: Profile::default(),
            sub_markets_invite: true,
        };
        let charter = SignedCharter::sign(charter, 0, &keys.root);
        let network = charter.charter.id();
        let certificate = keys.certificate(&institution, &network, now_ms);
        let identity = Self {
            charter,
            institution,
            root: Some(keys.root),
            node: keys.node,
            certificate,
            redemption: None,
            bootstrap: Vec::new(),
        };
        identity.write(home, &keys.sealing)?;
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
            charter: file.charter.clone(),
            institution,
            root: Some(keys.root),
            node: keys.node,
            certificate,
            redemption: Some(redemption),
            bootstrap: file.addresses.clone(),
        };
        identity.write(home, &keys.sealing)?;
        Ok(identity)
    }

    fn write(&self, home: &Path, sealing: &[u8; 32]) -> Result<()> {
        let dir = folder(home);
        fs::create_dir_all(&dir).map_err(|error| io(&dir, &error))?;
        if let Some(root) = &self.root {
            write_private(&dir.join("root.key"), &hex(&root.seed()))?;
        }
        write_private(&dir.join("node.key"), &hex(&self.node.seed()))?;
        write_private(&dir.join("sealing.key"), &hex(sealing))?;
        let mut to = Encoder::new();
        self.charter.encode(&mut to);
        write_private(&dir.join("charter.lianshi"), &seal_file(FileKind::Charter, &to.finish()))?;
        let mut to = Encoder::new();
        self.institution.encode(&mut to);
        self.certificate.encode(&mut to);
        to.option(self.redemption.as_ref(), |to, r| r.encode(to));
        to.list(&self.bootstrap, |to, a| {
            to.text(a);
        });
        // Written last: a home without it was never finished, and `init` may be run again.
        write_private(&dir.join("certificate"), &to.finish())
    }

    /// Reads the identity of a home.
    ///
    /// # Errors
    /// When the home was never initialised, or a file is missing or damaged.
    pub fn read(home: &Path) -> Result<Self> {
        let dir = folder(home);
        if !dir.join("certificate").exists() {
            return Err(MarketError::Identity {
                path: home.display().to_string(),
                why: "there is no node here yet; create one with `lianshi --home DIR init`".to_owned(),
            });
        }
        let charter = read(&dir.join("charter.lianshi"))?;
        let body = unseal_file(FileKind::Charter, &charter)?;
        let charter = Decoder::whole(body, "charter", SignedCharter::decode)?;
        let bytes = read(&dir.join("certificate"))?;
        let (institution, certificate, redemption, bootstrap) =
            Decoder::whole(&bytes, "certificate file", |from| {
                Ok((
                    Institution::decode(from)?,
                    NodeCertificate::decode(from)?,
                    from.option("redemption", Redemption::decode)?,
                    from.list(limits::MAX_ADDRESSES, "addresses", |from| {
                        Ok(from.text(limits::MAX_ADDRESS, "address")?.to_owned())
                    })?,
                ))
            })?;
        let root = dir.join("root.key");
        let root = if root.exists() { Some(read_key(&root)?) } else { None };
        let node = read_key(&dir.join("node.key"))?;
        Ok(Self { charter, institution, root, node, certificate, redemption, bootstrap })
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

    /// What the replica needs to know of this node.
    pub fn me(&self, subscription: protocol::Subscription, agent: String) -> Me {
        Me {
            charter: self.charter.charter.clone(),
            certificate: self.certificate.clone(),
            redemption: self.redemption.clone(),
            subscription,
            agent,
        }
    }

    /// The governor's index of this institution's root key, when it is one.
    pub fn governor_index(&self, governors: &Governors) -> Option<u8> {
        let index = governors.members.iter().position(|g| g.root == self.institution.root)?;
        u8::try_from(index).ok()
    }
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

fn hex(bytes: &[u8]) -> Vec<u8> {
    format!("{}\n", data_encoding::HEXLOWER.encode(bytes)).into_bytes()
}

fn io(path: &Path, error: &std::io::Error) -> MarketError {
    MarketError::Identity { path: path.display().to_string(), why: error.to_string() }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| io(path, &error))
}

fn read_key(path: &Path) -> Result<SecretKey> {
    let text = read(path)?;
    let damaged = || MarketError::Identity {
        path: path.display().to_string(),
        why: "this is not a key of 64 hexadecimal digits; restore the file from a backup".to_owned(),
    };
    let digits = std::str::from_utf8(&text).map_err(|_| damaged())?.trim();
    let seed = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| damaged())?;
    Ok(SecretKey::from_seed(&seed.try_into().map_err(|_| damaged())?))
}

/// Writes a file that only its owner can read, fsynced before it takes its name.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("tmp");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let done = options.open(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(dir)?.sync_all()
    });
    done.map_err(|error| io(path, &error))
}
