//! `[mail]`: by whom this node has mail carried.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::web_out::WebOutSection;

/// Port of a mail server that begins in the open and is then encrypted (RFC 6409).
const SUBMISSION: u16 = 587;

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
    pub fn settings(&self, web_out: &WebOutSection) -> Result<courier::MailSettings> {
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
            certificates: web_out.settings("")?.certificates,
        })
    }
}
