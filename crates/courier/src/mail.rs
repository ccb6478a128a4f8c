//! Mail through one SMTP server, which the operator names: so no rule judges where it stands.
//!
//! Absent: receiving, trying again, and how many mails an hour are sent, which the caller bounds.

use std::fmt;
use std::time::Duration;

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

/// A server is waited for this long, step by step.
const STEP: Duration = Duration::from_secs(20);
/// A mail takes no longer in all.
const WHOLE: Duration = Duration::from_secs(60);
/// Characters of what a server said that are told on.
const SAID_CHARS: usize = 200;

/// How the line to the mail server is kept private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailTls {
    /// Begun in the open and then encrypted, or not used at all (STARTTLS, port 587).
    #[default]
    Start,
    /// Encrypted from the first byte (port 465).
    Whole,
    /// Not at all: a server on this very computer.
    None,
}

/// What an operator says of the mail server.
#[derive(Clone, Debug, Default)]
pub struct MailSettings {
    /// Its name.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the line is kept private.
    pub tls: MailTls,
    /// The user's name; empty where it asks for none.
    pub user: String,
    /// The password.
    pub password: String,
    /// Who writes: `联市 <market@example.cn>`.
    pub from: String,
    /// Certificates (PEM) that are believed beside those of the system.
    pub certificates: Vec<u8>,
}

/// A mail.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// To whom.
    pub to: String,
    /// What about.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as a page.
    pub html: String,
    /// The part of its id before the host, the same when it is sent again.
    pub id: String,
    /// An address that ends such mails when something is posted to it (RFC 8058).
    pub stop: Option<String>,
}

/// Why a mail was not sent. Displayed in English; [`MailError::zh`] is the same in Chinese.
#[derive(Debug)]
pub struct MailError {
    what: What,
}

#[derive(Debug)]
enum What {
    Settings(String),
    To(String),
    Refused(String),
    Passing(String),
    Late,
}

impl std::error::Error for MailError {}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Settings(why) => write!(f, "mail is not set up rightly: {why}; see [mail] in config.toml"),
            What::To(why) => write!(f, "no mail can be sent to that address: {why}"),
            What::Refused(why) => write!(f, "the mail server refused: {why}"),
            What::Passing(why) => write!(f, "the mail server did not take it: {why}"),
            What::Late => write!(f, "the mail server did not answer within {} s", WHOLE.as_secs()),
        }
    }
}

impl MailError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match &self.what {
            What::Settings(why) => format!("邮件没有设置好：{why}；见 config.toml 的 [mail]"),
            What::To(why) => format!("这个邮箱地址不能发信：{why}"),
            What::Refused(why) => format!("邮件服务器拒收：{why}"),
            What::Passing(why) => format!("邮件服务器没有收下：{why}"),
            What::Late => format!("邮件服务器 {} 秒没有答复", WHOLE.as_secs()),
        }
    }

    /// Whether it may be otherwise later, without anyone changing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self.what, What::Passing(_) | What::Late)
    }
}

fn wrong(what: impl FnOnce(String) -> What) -> impl FnOnce(String) -> MailError {
    |why| MailError { what: what(tidy(&why)) }
}

/// What a server said, short and on one line.
fn tidy(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(SAID_CHARS).collect::<String>().trim().to_owned()
}

/// Writes mails.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// One that goes through the server of these settings. Nothing is connected to yet.
    ///
    /// # Errors
    /// When a setting makes no sense.
    pub fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let bad = |why: &dyn fmt::Display| wrong(What::Settings)(why.to_string());
        let from: Mailbox =
            settings.from.parse().map_err(|e| bad(&format!("from {:?}: {e}", settings.from)))?;
        let mut parameters = TlsParameters::builder(settings.server.clone());
        if !settings.certificates.is_empty() {
            parameters = parameters
                .add_root_certificate(Certificate::from_pem(&settings.certificates).map_err(|e| bad(&e))?);
        }
        let tls = match settings.tls {
            MailTls::None => Tls::None,
            MailTls::Start => Tls::Required(parameters.build_rustls().map_err(|e| bad(&e))?),
            MailTls::Whole => Tls::Wrapper(parameters.build_rustls().map_err(|e| bad(&e))?),
        };
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.server.clone())
            .port(settings.port)
            .timeout(Some(STEP))
            .hello_name(hello)
            .tls(tls);
        if !settings.user.is_empty() {
            builder = builder.credentials(Credentials::new(settings.user.clone(), settings.password.clone()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Sends one mail.
    ///
    /// # Errors
    /// When its address is none, or the server does not take it.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message = self.message(letter)?;
        let sent = tokio::time::timeout(WHOLE, self.transport.send(message)).await;
        let sent = sent.map_err(|_| MailError { what: What::Late })?;
        sent.map(drop).map_err(|error| {
            let mut why = error.to_string();
            let mut below = std::error::Error::source(&error);
            while let Some(source) = below {
                let text = source.to_string();
                if !why.contains(&text) {
                    why = format!("{why}: {text}");
                }
                below = source.source();
            }
            if error.is_permanent() { wrong(What::Refused)(why) } else { wrong(What::Passing)(why) }
        })
    }

    fn message(&self, letter: &Letter) -> Result<Message, MailError> {
        let to: Mailbox =
            letter.to.parse().map_err(|e: lettre::address::AddressError| wrong(What::To)(e.to_string()))?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(tidy(&letter.subject))
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.email.domain())))
            .header(AutoSubmitted("auto-generated".to_owned()));
        if let Some(stop) = letter.stop.as_ref().filter(|stop| stop.bytes().all(|b| b.is_ascii_graphic())) {
            builder = builder
                .header(ListUnsubscribe(format!("<{stop}>")))
                .header(ListUnsubscribePost("List-Unsubscribe=One-Click".to_owned()));
        }
        builder
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| wrong(What::To)(error.to_string()))
    }
}

macro_rules! header {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        struct $name(String);

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($text)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

header!(
    /// No machine is to answer it (RFC 3834).
    AutoSubmitted,
    "Auto-Submitted"
);
header!(
    /// Where such mails are ended (RFC 2369).
    ListUnsubscribe,
    "List-Unsubscribe"
);
header!(
    /// By posting there, without a question (RFC 8058).
    ListUnsubscribePost,
    "List-Unsubscribe-Post"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer() -> Mailer {
        let settings = MailSettings {
            server: "mail.example.cn".to_owned(),
            port: 587,
            from: "联市 <market@example.cn>".to_owned(),
            ..MailSettings::default()
        };
        Mailer::new(&MailSettings { tls: MailTls::None, ..settings }).unwrap()
    }

    #[test]
    fn a_text_makes_no_header_and_no_second_mail() {
        let letter = Letter {
            to: "a@example.cn".to_owned(),
            subject: "三条\r\nBcc: evil@example.cn\r\n\r\nx".to_owned(),
            text: "一\r\n.\r\nMAIL FROM:<x@y.cn>\r\n".to_owned(),
            html: "<p>一</p>".to_owned(),
            id: "msg_1".to_owned(),
            stop: Some("https://a.cn/stop/ab".to_owned()),
        };
        let made = String::from_utf8(mailer().message(&letter).unwrap().formatted()).unwrap();
        let (head, _) = made.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        for line in [
            "List-Unsubscribe: <https://a.cn/stop/ab>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Message-ID: <msg_1@example.cn>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(head.lines().any(|found| found == line), "{line}: {head}");
        }
        for to in ["", "nobody", "a@b.cn\r\nBcc: c@d.cn", "a@b.cn, c@d.cn"] {
            let made = mailer().message(&Letter { to: to.to_owned(), ..letter.clone() });
            assert!(made.is_err(), "{to:?}");
        }
        let stop = Some("https://a.cn/\r\nBcc: evil@example.cn".to_owned());
        let made = mailer().message(&Letter { stop, ..letter }).unwrap().formatted();
        assert!(!String::from_utf8(made).unwrap().contains("List-Unsubscribe"));
    }

    #[test]
    fn settings_that_make_no_sense_are_told_in_both_languages() {
        let error = Mailer::new(&MailSettings { from: "nobody".to_owned(), ..MailSettings::default() });
        let error = error.err().unwrap();
        assert!(error.to_string().contains("[mail]") && error.zh().contains("[mail]"), "{error}");
        assert!(!error.is_passing());
    }
}
