//! Mail through the bank's own SMTP server. Nothing of a message reaches a header but the subject, and that only through lettre's types, which
//! encode it; so no text can add a header or a recipient.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::Url;

/// How long one mail may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Plain at first, then TLS or nothing.
    StartTls,
    /// TLS from the beginning.
    Tls,
    /// None: for a relay on the same machine.
    None,
}

/// Where mail goes through.
pub struct MailSettings {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
    /// Name and password, where the server asks for them.
    pub credentials: Option<(String, String)>,
    /// The sender: `portico@bank.example` or `Portico <portico@bank.example>`.
    pub from: String,
    /// Where people reach the portal, for links.
    pub public_url: Url,
}

/// A mail to one person.
#[derive(Debug)]
pub struct Mail<'a> {
    /// The address.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The text, before the link.
    pub text: &'a str,
    /// The page of the portal that it is about.
    pub path: &'a str,
    /// Names the mail: it is sent again under the same `Message-ID`, by which readers know it.
    pub key: &'a str,
}

/// Why a mail is not sent, or cannot be.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// An address is none.
    #[error("{0:?} is not an address for mail")]
    Address(String),
    /// The mail cannot be put together.
    #[error("the mail cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
    /// The server did not take it.
    #[error("the mail server did not take it: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
}

/// Sends mail.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    public_url: Url,
}

impl std::fmt::Debug for Mailer {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Checks the settings; no connection is made.
    pub fn new(settings: MailSettings) -> Result<Self, MailError> {
        let from = settings.from.parse().map_err(|_| MailError::Address(settings.from.clone()))?;
        let tls = match settings.protection {
            Protection::None => Tls::None,
            Protection::StartTls => Tls::Required(TlsParameters::new(settings.host.clone())?),
            Protection::Tls => Tls::Wrapper(TlsParameters::new(settings.host.clone())?),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some((user, password)) = settings.credentials {
            transport = transport.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: transport.build(), from, public_url: settings.public_url })
    }

    /// Sends a mail. One that the server took without our hearing of it is sent again with the same `Message-ID`.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        self.transport.send(self.message(mail)?).await?;
        Ok(())
    }

    fn message(&self, mail: &Mail<'_>) -> Result<Message, MailError> {
        let address: Address = mail.to.parse().map_err(|_| MailError::Address(mail.to.to_owned()))?;
        let domain = self.public_url.host_str().unwrap_or("portico");
        let id = format!("<{}@{domain}>", &blake3::hash(mail.key.as_bytes()).to_hex()[..32]);
        let link = |path: &str| self.public_url.join(path).map_or_else(|_| self.public_url.to_string(), String::from);
        let about = if mail.text.is_empty() { String::new() } else { format!("{}\n\n", mail.text) };
        let text = format!(
            "{}.\n\n{about}{}\n\n--\nPortico sends you this because of your settings: {}\n",
            one_line(mail.subject),
            link(mail.path),
            link(crate::plugin::INBOX_SETTINGS)
        );
        let builder: MessageBuilder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(one_line(mail.subject))
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN);
        Ok(builder.body(text)?)
    }
}

/// The text in one line, without control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mailer() -> Mailer {
        Mailer::new(MailSettings {
            host: "localhost".into(),
            port: 25,
            protection: Protection::None,
            credentials: Some(("portico".into(), "geheim".into())),
            from: "Portico <portico@bank.example>".into(),
            public_url: "https://portico.bank.example".parse().unwrap(),
        })
        .unwrap()
    }

    fn written(mail: &Mail<'_>) -> String {
        String::from_utf8(mailer().message(mail).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_names_the_matter_and_links_to_it() {
        let mail = Mail {
            to: "jane@bank.example",
            subject: "A matter",
            text: "Because.",
            path: "/locations/7",
            key: "7:jane",
        };
        let text = written(&mail);
        assert!(text.contains("Subject: A matter\r\n") && text.contains("To: jane@bank.example\r\n"), "{text}");
        assert!(
            text.contains("https://portico.bank.example/locations/7\r\n") && text.contains("/inbox/settings"),
            "{text}"
        );
        let id = |text: &str| text.lines().find(|line| line.starts_with("Message-ID")).map(str::to_owned).unwrap();
        assert_eq!(id(&text), id(&written(&mail)), "sent again it is the same mail");
        assert_ne!(id(&text), id(&written(&Mail { key: "8:jane", ..mail })));
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", mailer()).contains("geheim"));
    }

    proptest! {
        #[test]
        fn no_text_adds_a_header_or_a_recipient(subject in "(?s).{0,80}", text in "(?s).{0,80}", to in "(?s).{0,40}", path in "(?s).{0,40}") {
            let subject = format!("{subject}\r\nBcc: all@evil.example\r\n\r\nx{text}");
            let mail = Mail { to: "jane@bank.example", subject: &subject, text: &text, path: &path, key: &text };
            let message = mailer().message(&mail).unwrap();
            prop_assert_eq!(message.envelope().to(), ["jane@bank.example".parse::<Address>().unwrap()]);
            let whole = String::from_utf8(message.formatted()).unwrap();
            let head = whole.split("\r\n\r\n").next().unwrap();
            let names: Vec<&str> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split(':').next()).collect();
            for name in &names {
                prop_assert!(["From", "To", "Subject", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "Date", "MIME-Version"].contains(name), "{:?}", names);
            }
            // An address with a line break in it is none.
            if let Ok(message) = mailer().message(&Mail { to: &format!("{to}\r\nBcc: all@evil.example"), ..mail }) {
                prop_assert_eq!(message.envelope().to().len(), 1);
            }
        }
    }
}
