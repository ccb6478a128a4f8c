//! From an address to an open line: names resolved here, every address judged before it is connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::allow::Rule;
use crate::error::{Error, Kind};
use crate::settings::{Proxy, Settings};
use crate::target::Target;

/// Names that are resolved at once: the system resolves them on threads that other work needs too, and one may wait long.
const RESOLVED_AT_ONCE: usize = 4;
/// Addresses of one name that are tried, one after the other.
const ADDRESSES: usize = 4;
/// Longest answer of a proxy to `CONNECT`, bytes.
const PROXY_ANSWER: usize = 8 << 10;

/// An open line.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// An open line, and whether what is asked over it names the server too: a proxy is told.
pub(crate) struct Open {
    pub(crate) line: Box<dyn Line>,
    pub(crate) absolute: bool,
}

/// Opens lines.
pub(crate) struct Connector {
    rule: Rule,
    proxy: Option<Proxy>,
    certificates: Vec<u8>,
    within: Duration,
    resolving: Semaphore,
    /// Made when the first secure line is opened: the roots are some hundred kilobytes.
    tls: OnceLock<Result<TlsConnector, Kind>>,
}

impl Connector {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            rule: Rule(settings.allow.clone()),
            proxy: settings.proxy.clone(),
            certificates: settings.certificates.clone(),
            within: settings.limits.connect,
            resolving: Semaphore::new(RESOLVED_AT_ONCE),
            tls: OnceLock::new(),
        }
    }

    /// Opens a line to a server.
    pub(crate) async fn open(&self, target: &Target) -> Result<Open, Error> {
        let opened = self.open_any(target).await;
        opened.map_err(|kind| Error::new(target.url.as_str(), kind))
    }

    /// What can be said of a place before its name is resolved.
    pub(crate) fn check(&self, target: &Target) -> Result<(), Kind> {
        let (name, port) = (target.name.as_deref(), target.port);
        if self.rule.names(name, target.address, port) {
            return Ok(());
        }
        match (name, target.address) {
            (_, Some(address)) => self.rule.judge(None, address, port),
            // An exception may name the network that it stands in.
            (Some(name), None) if self.rule.0.is_empty() => self.rule.judge_name(name, port),
            _ => Ok(()),
        }
    }

    async fn open_any(&self, target: &Target) -> Result<Open, Kind> {
        let direct = self.rule.names(target.name.as_deref(), target.address, target.port);
        let (line, proxied) = match self.proxy.as_ref().filter(|_| !direct) {
            Some(proxy) => {
                match (&target.name, target.address) {
                    (Some(name), _) => self.rule.judge_name(name, target.port)?,
                    (None, Some(address)) => self.rule.judge(None, address, target.port)?,
                    (None, None) => {}
                }
                (self.through(proxy, target).await?, true)
            }
            None => (self.direct(target).await?, false),
        };
        if !target.is_secure() {
            return Ok(Open { line: Box::new(line), absolute: proxied });
        }
        let broken = |e: std::io::Error| Kind::Tls { why: e.to_string() };
        let name = match (&target.name, target.address) {
            (Some(name), _) => {
                ServerName::try_from(name.clone()).map_err(|e| Kind::Tls { why: e.to_string() })?
            }
            (None, Some(address)) => ServerName::from(address),
            (None, None) => return Err(Kind::Tls { why: "no host".to_owned() }),
        };
        let tls =
            self.tls.get_or_init(|| Ok(TlsConnector::from(Arc::new(config(&self.certificates)?)))).clone()?;
        let secured = timeout(self.within, tls.connect(name, line)).await;
        let secured = secured.map_err(|_| Kind::Silent { within: self.within })?.map_err(broken)?;
        Ok(Open { line: Box::new(secured), absolute: false })
    }

    async fn direct(&self, target: &Target) -> Result<TcpStream, Kind> {
        let port = target.port;
        let found = match (&target.name, target.address) {
            (_, Some(address)) => vec![SocketAddr::new(address, port)],
            (Some(name), None) => self.resolve(name, port).await?,
            (None, None) => Vec::new(),
        };
        let name = target.name.as_deref();
        let mut refused = Kind::Unresolved { why: "it has no address".to_owned() };
        let mut may = Vec::new();
        for address in found {
            match self.rule.judge(name, address.ip(), address.port()) {
                Ok(()) => may.push(address),
                Err(kind) => refused = kind,
            }
        }
        for address in may.into_iter().take(ADDRESSES) {
            match self.dial(address).await {
                Ok(line) => return Ok(line),
                Err(kind) => refused = kind,
            }
        }
        Err(refused)
    }

    async fn resolve(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Kind> {
        let unresolved = |why: String| Kind::Unresolved { why };
        let resolve = async {
            let _place = self.resolving.acquire().await.map_err(|e| unresolved(e.to_string()))?;
            // The dot says that the name is whole: the office's own endings are not tried with it.
            let found = match tokio::net::lookup_host((format!("{name}."), port)).await {
                Ok(found) => found.collect::<Vec<_>>(),
                Err(_) => tokio::net::lookup_host((name, port))
                    .await
                    .map_err(|e| unresolved(e.to_string()))?
                    .collect(),
            };
            Ok(found)
        };
        let late = || unresolved(format!("no answer within {} s", self.within.as_secs()));
        timeout(self.within, resolve).await.map_err(|_| late())?
    }

    async fn dial(&self, address: SocketAddr) -> Result<TcpStream, Kind> {
        let late = || Kind::Unreachable { why: format!("no answer within {} s", self.within.as_secs()) };
        let unreachable = |e: std::io::Error| Kind::Unreachable { why: e.to_string() };
        let dialed = timeout(self.within, TcpStream::connect(address)).await;
        let line = dialed.map_err(|_| late())?.map_err(unreachable)?;
        line.set_nodelay(true).map_err(unreachable)?;
        Ok(line)
    }

    /// A line through the proxy. Where the proxy stands is the operator's word, so no rule judges it.
    async fn through(&self, proxy: &Proxy, target: &Target) -> Result<TcpStream, Kind> {
        let failed = |why: String| Kind::Proxy { why };
        let addresses = match proxy.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, proxy.port)],
            Err(_) => self.resolve(&proxy.host, proxy.port).await?,
        };
        let mut last = failed("it has no address".to_owned());
        for address in addresses.into_iter().take(ADDRESSES) {
            match self.dial(address).await {
                Ok(mut line) if target.is_secure() => {
                    let asked = timeout(self.within, ask_through(&mut line, target)).await;
                    asked.map_err(|_| failed(format!("no answer within {} s", self.within.as_secs())))??;
                    return Ok(line);
                }
                Ok(line) => return Ok(line),
                Err(kind) => last = failed(format!("{address}: {kind:?}")),
            }
        }
        Err(last)
    }
}

/// Asks a proxy to lead on (RFC 9110, CONNECT).
async fn ask_through(line: &mut TcpStream, target: &Target) -> Result<(), Kind> {
    let failed = |why: String| Kind::Proxy { why };
    let place = target.host_and_port();
    let ask = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n");
    line.write_all(ask.as_bytes()).await.map_err(|e| failed(e.to_string()))?;
    let mut head = Vec::new();
    // Byte by byte: what follows the empty line belongs to the server behind.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= PROXY_ANSWER {
            return Err(failed("its answer is too long".to_owned()));
        }
        head.push(line.read_u8().await.map_err(|e| failed(e.to_string()))?);
    }
    let status = head.split(|&b| b == b'\r').next().unwrap_or_default();
    let status =
        String::from_utf8_lossy(status).chars().filter(|c| !c.is_control()).take(80).collect::<String>();
    let led =
        status.starts_with("HTTP/1.") && status.split(' ').nth(1).is_some_and(|code| code.starts_with('2'));
    if led { Ok(()) } else { Err(failed(status)) }
}

/// TLS that believes whom the system believes, and those of a file (PEM) beside: for lines that are not of HTTP.
///
/// # Errors
/// When the file holds no certificates, or nobody would be believed; `about` is what it is said of.
pub fn trust(about: &str, certificates: &[u8]) -> Result<ClientConfig, Error> {
    config(certificates).map_err(|kind| Error::new(about, kind))
}

fn config(certificates: &[u8]) -> Result<ClientConfig, Kind> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let own = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
    let own = own.map_err(|e| Kind::Tls { why: format!("the file of certificates: {e:?}") })?;
    if own.is_empty() && !certificates.is_empty() {
        return Err(Kind::Tls { why: "the file of certificates holds none".to_owned() });
    }
    for certificate in own {
        roots.add(certificate).map_err(|e| Kind::Tls { why: format!("the file of certificates: {e}") })?;
    }
    if roots.is_empty() {
        return Err(Kind::NoRoots);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Kind::Tls { why: e.to_string() })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
