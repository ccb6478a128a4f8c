//! The way out of this node: the client that goes only where it may, and the mail server of the configuration.

use courier::{Client, Mailer};

use crate::config::Config;

/// The way out.
pub struct Outgoing {
    client: Client,
    config: Config,
}

impl Outgoing {
    /// That of a configuration.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let client = Client::new(config.web_out.settings(&config.web.email)?);
        Ok(Self { client, config: config.clone() })
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether mail is sent at all.
    pub fn mails(&self) -> bool {
        self.config.mail.is_set()
    }

    /// Who writes mails, by the password as it is now.
    ///
    /// # Errors
    /// Why there is none, Chinese and English.
    pub fn mailer(&self) -> Result<Mailer, (String, String)> {
        let settings = self.config.mail.settings(&self.config.web_out).map_err(|error| {
            let why = format!("{error:#}");
            (format!("邮件没有设置好：{why}"), format!("mail is not set up rightly: {why}"))
        })?;
        Mailer::new(&settings).map_err(|error| (error.zh(), error.to_string()))
    }
}

/// Waits for something of the async kind on a thread that is none of the runtime's.
///
/// # Errors
/// When the system gives no runtime.
pub fn wait_for<T>(of: impl Future<Output = T>) -> std::io::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(of))
}
