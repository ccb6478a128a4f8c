//! Where this node goes out to, and by whom it has mail carried.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Port of a mail server that begins in the open and is then encrypted (RFC 6409).
const SUBMISSION: u16 = 587;

/// Going out: webhooks.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct OutgoingSection {
    /// Places in one's own network that may be gone to: `10.20.0.0/16`, `hook.office.cn:8443`, `127.0.0.1:9000`.
    pub allow: Vec<String>,
    /// The proxy through which the internet is reached; empty for none.
    pub proxy: String,
    /// A file of certificates (PEM) that are believed beside those of the system; empty for none.
    pub certificates: String,
}

impl OutgoingSection {
    /// What the client is told.
    ///
    /// # Errors
    /// When an exception or the proxy is none, or the file cannot be read.
    pub fn settings(&self) -> Result<courier::Settings> {
        let wrong = |key: &str, why: String| anyhow::anyhow!("[outgoing] {key}: {why}");
        let mut settings = courier::Settings::default();
        for place in &self.allow {
            settings.allow.push(place.parse().map_err(|why| wrong("allow", why))?);
        }
        if !self.proxy.is_empty() {
            settings.proxy = Some(self.proxy.parse().map_err(|why| wrong("proxy", why))?);
        }
        settings.certificates = self.certificates()?;
        Ok(settings)
    }

    fn certificates(&self) -> Result<Vec<u8>> {
        if self.certificates.is_empty() {
            return Ok(Vec::new());
        }
        std::fs::read(&self.certificates)
            .with_context(|| format!("[outgoing] certificates: cannot read {}", self.certificates))
    }
}

/// The mail server.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct MailSection {
    /// Its name; empty where no mail is sent.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the line is kept private.
    pub tls: LineTls,
    /// The user's name; empty where it asks for none.
    pub user: String,
    /// The file whose first line is the password.
    pub password_file: String,
    /// Who writes: `联市 <market@example.cn>`.
    pub from: String,
}

impl Default for MailSection {
    fn default() -> Self {
        Self {
            server: String::new(),
            port: SUBMISSION,
            tls: LineTls::default(),
            user: String::new(),
            password_file: String::new(),
            from: String::new(),
        }
    }
}

/// How the line to a mail server is kept private.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LineTls {
    /// Begun in the open and then encrypted, or not used.
    #[default]
    Starttls,
    /// Encrypted from the first byte.
    Tls,
    /// Not at all.
    None,
}

impl MailSection {
    /// Whether mail is sent at all.
    pub fn is_set(&self) -> bool {
        !self.server.is_empty()
    }

    /// What the mailer is told; the password is read anew each time, since it may have been changed.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn settings(&self, outgoing: &OutgoingSection) -> Result<courier::MailSettings> {
        let password = match self.password_file.as_str() {
            "" => String::new(),
            path => {
                let text = std::fs::read_to_string(Path::new(path));
                let text = text.with_context(|| format!("[mail] password_file: cannot read {path}"))?;
                text.lines().next().unwrap_or_default().to_owned()
            }
        };
        Ok(courier::MailSettings {
            server: self.server.clone(),
            port: self.port,
            tls: match self.tls {
                LineTls::Starttls => courier::MailTls::Start,
                LineTls::Tls => courier::MailTls::Whole,
                LineTls::None => courier::MailTls::None,
            },
            user: self.user.clone(),
            password,
            from: self.from.clone(),
            certificates: outgoing.certificates()?,
        })
    }
}
