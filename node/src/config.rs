//! The node's configuration: `config.toml` in its home. Every key has a default; unknown keys are refused with their
//! name, since a typing error must not silently change what a node does.

use std::path::Path;

use anyhow::{Context, Result};
use protocol::{Role, ShelfKind, ShelfPattern, Subscription};
use replica::Room;
use serde::{Deserialize, Serialize};

use crate::hours::Hours;

mod mail;
mod web_out;

pub use mail::MailSection;

/// The whole file. The sample files in `configs/` explain each key.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `hub`, `sub-market`, `resource-station` or `grassroots-site`.
    pub role: String,
    /// Who the node is, for people.
    pub node: NodeSection,
    /// Peers.
    pub network: NetworkSection,
    /// The line to the peers.
    pub line: LineSection,
    /// Pages.
    pub web: WebSection,
    /// What this node asks of other places on the web.
    #[serde(rename = "web-out")]
    pub web_out: web_out::WebOutSection,
    /// Disk.
    pub storage: StorageSection,
    /// What is replicated to this node.
    pub subscribe: SubscribeSection,
    /// Whose labels this node heeds.
    pub labels: LabelsSection,
    /// What is sealed to others.
    pub sealed: SealedSection,
    /// Files of listings.
    pub attachments: AttachmentsSection,
    /// Who did what.
    pub audit: AuditSection,
    /// The mail server.
    pub mail: MailSection,
    /// Logs.
    pub log: LogSection,
    /// Traces.
    pub telemetry: TelemetrySection,
}

/// Who the node is.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSection {
    /// Name of the institution.
    pub name: String,
    /// GB/T 2260 code, six digits.
    pub region: String,
}

/// Peers.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSection {
    /// Multiaddresses to listen on.
    pub listen: Vec<String>,
    /// Multiaddresses to connect to, beside those of the invitation.
    pub bootstrap: Vec<String>,
    /// Multiaddresses that others are told, in place of those listened on.
    pub announce: Vec<String>,
}

/// The line to the peers.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct LineSection {
    /// When entries pass: `always`, `never`, or hours of the day such as `22:00-07:00`.
    pub hours: String,
    /// At most so many kbit/s are sent; 0 is no bound.
    pub up_kbit: u32,
    /// At most so many kbit/s are received; 0 is no bound.
    pub down_kbit: u32,
}

/// Pages.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct WebSection {
    /// Address and port.
    pub listen: String,
    /// Where visitors reach the pages, such as `https://market.example.cn`: what codes on paper lead to. Empty when they do not.
    pub address: String,
    /// Whom harvesters of the public listings (OAI-PMH) are to write to; empty: postmaster at the host of the pages.
    pub email: String,
    /// From where the desk may be opened.
    pub desk: Door,
    /// From where the figures for monitoring (`/metrics`) may be fetched.
    pub metrics: Door,
}

/// From where something may be opened.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// From this computer alone.
    #[default]
    Here,
    /// From wherever the pages are.
    Anywhere,
}

/// Disk.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSection {
    /// Cache of the store, MiB.
    pub cache_mib: u64,
    /// Free space below which nothing is written, MiB.
    pub floor_mib: u64,
    /// What is held of one other institution's entries, MiB; past it they are pulled no further.
    pub allowance_mib: u64,
    /// The same of what it writes for the roster, MiB: what that says is kept in memory.
    pub roster_allowance_mib: u64,
}

/// What is replicated to this node.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct SubscribeSection {
    /// Prefixes of region codes, or `*`.
    pub regions: Vec<String>,
    /// Kinds, or `*`.
    pub kinds: Vec<String>,
}

/// Whose labels this node heeds.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct LabelsSection {
    /// Institutions (id, its first digits, or name on the roster) whose rejecting screening labels hide listings here.
    pub hide_screened_by: Vec<String>,
}

/// What is sealed to others.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct SealedSection {
    /// Keys of the nodes that keep and pass on what this node seals; the hubs where it names none.
    pub mailboxes: Vec<String>,
}

/// Files of listings.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct AttachmentsSection {
    /// Which files of other nodes' listings are fetched.
    pub fetch: Fetch,
    /// What all files may take, own ones too, MiB; past it none are taken.
    pub cap_mib: u64,
}

/// Which files of other nodes' listings are fetched.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Fetch {
    /// Those that someone opens.
    #[default]
    OnDemand,
    /// All that listings held here name.
    All,
}

impl AttachmentsSection {
    /// What all files may take, bytes.
    pub fn cap(&self) -> u64 {
        self.cap_mib.saturating_mul(1 << 20)
    }
}

impl Default for AttachmentsSection {
    fn default() -> Self {
        Self { fetch: Fetch::OnDemand, cap_mib: 10_240 }
    }
}

/// Who did what.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSection {
    /// Records are kept for so many days.
    pub days: u32,
    /// Records kept at most.
    pub records: u64,
}

impl Default for AuditSection {
    fn default() -> Self {
        Self { days: 400, records: 1_000_000 }
    }
}

impl AuditSection {
    /// Fewer would let an act go that nobody has had the time to look at.
    const LEAST_DAYS: u32 = 7;
    /// The same in records.
    const LEAST_RECORDS: u64 = 1_000;

    /// How much is kept.
    pub fn bounds(&self) -> market::AuditBounds {
        let days = i64::from(self.days.max(Self::LEAST_DAYS));
        market::AuditBounds { records: self.records.max(Self::LEAST_RECORDS), age_ms: days * 86_400_000 }
    }
}

/// Logs.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// `error`, `warn`, `info`, `debug`, or a filter.
    pub level: String,
    /// `text` for people, `json` for programs.
    pub format: crate::log::Format,
}

/// Traces.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySection {
    /// The collector that takes them by OTLP over HTTP, such as `http://127.0.0.1:4318`; empty: there are none.
    pub otlp: String,
}

impl Default for NetworkSection {
    fn default() -> Self {
        let listen = ["/ip4/0.0.0.0/tcp/7400", "/ip4/0.0.0.0/udp/7400/quic-v1"];
        Self { listen: listen.map(str::to_owned).into(), bootstrap: Vec::new(), announce: Vec::new() }
    }
}

impl NetworkSection {
    /// What others are told in place of the addresses listened on, with the node's key.
    ///
    /// # Errors
    /// When one is no multiaddress.
    pub fn announced(&self, key: &[u8; 32]) -> Result<Vec<String>> {
        let with_key = |address: &String| {
            network::address_with_key(address, key).with_context(|| {
                format!("[network] announce: {address:?} is no address such as /ip4/192.0.2.7/tcp/7400")
            })
        };
        self.announce.iter().take(protocol::limits::MAX_ADDRESSES).map(with_key).collect()
    }
}

impl Default for LineSection {
    fn default() -> Self {
        Self { hours: Hours::Always.to_string(), up_kbit: 0, down_kbit: 0 }
    }
}

impl LineSection {
    /// When entries pass.
    ///
    /// # Errors
    /// When `hours` is nothing of the kind.
    pub fn hours(&self) -> Result<Hours> {
        self.hours.parse().map_err(|why| anyhow::anyhow!("[line] hours: {why}"))
    }

    /// What may pass in a second.
    pub fn bandwidth(&self) -> network::Bandwidth {
        let bytes = |kbit: u32| (kbit > 0).then(|| kbit.saturating_mul(1_000 / 8));
        network::Bandwidth { up: bytes(self.up_kbit), down: bytes(self.down_kbit) }
    }
}

impl Default for WebSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7480".to_owned(),
            address: String::new(),
            email: String::new(),
            desk: Door::Here,
            metrics: Door::Here,
        }
    }
}

impl WebSection {
    /// Where visitors reach the pages; `None` when that is not said.
    ///
    /// # Errors
    /// When it is something else than a scheme, a host and a port.
    pub fn address(&self) -> Result<Option<web::Address>> {
        let given = self.address.trim();
        let read = web::Address::parse(given);
        anyhow::ensure!(
            given.is_empty() || read.is_some(),
            "[web] address: {given:?} is not like https://market.example.cn"
        );
        Ok(read)
    }
}

impl StorageSection {
    /// What is held of one other institution.
    pub fn allowance(&self) -> Room {
        let bytes = |mib: u64| mib.saturating_mul(1 << 20);
        Room { all: bytes(self.allowance_mib), roster: bytes(self.roster_allowance_mib) }
    }
}

impl Default for StorageSection {
    fn default() -> Self {
        Self { cache_mib: 64, floor_mib: 256, allowance_mib: 8_192, roster_allowance_mib: 64 }
    }
}

impl Default for SubscribeSection {
    fn default() -> Self {
        Self { regions: vec!["*".to_owned()], kinds: vec!["*".to_owned()] }
    }
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: "warn".to_owned(), format: crate::log::Format::Text }
    }
}

impl Config {
    /// Name of the file in a home.
    pub const FILE: &str = "config.toml";

    /// Reads a home's file; defaults when it has none.
    ///
    /// # Errors
    /// When it cannot be read or has a key that this version does not know.
    pub fn read(home: &Path) -> Result<Self> {
        let path = home.join(Self::FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        Self::read_file(&path)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn read_file(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a valid configuration", path.display()))
    }

    /// The role, when the file names a known one.
    pub fn role(&self) -> Option<Role> {
        Role::from_id(&self.role)
    }

    /// The subscription that the file asks for.
    ///
    /// # Errors
    /// A region that is not a prefix of digits, a kind that does not exist.
    pub fn subscription(&self) -> Result<Subscription> {
        let mut patterns = Vec::new();
        for region in &self.subscribe.regions {
            let region = if region == "*" { "" } else { region.as_str() };
            let digits = region.len() <= 6 && region.bytes().all(|b| b.is_ascii_digit());
            anyhow::ensure!(digits, "[subscribe] regions: {region:?} is not a prefix of a region code");
            for kind in &self.subscribe.kinds {
                let kind = match kind.as_str() {
                    "*" => None,
                    word => Some(ShelfKind(
                        catalog::Kind::from_id(word)
                            .with_context(|| format!("[subscribe] kinds: {word:?} is not a kind"))?
                            .code(),
                    )),
                };
                patterns.push(ShelfPattern { region_prefix: region.to_owned(), kind });
            }
            // What third parties say comes along with the listings of a region, whichever kinds are wanted.
            if !self.subscribe.kinds.iter().any(|kind| kind == "*") {
                let kind = Some(ShelfKind::STATEMENT);
                patterns.push(ShelfPattern { region_prefix: region.to_owned(), kind });
            }
        }
        Ok(Subscription { patterns })
    }
}
