//! Why a sign-in did not come about.

use http::StatusCode;

/// The longest text of a provider that is shown, in characters.
const SHOWN: usize = 200;

/// Why a sign-in did not come about: what people are told, and the word under which it stands in the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The answer belongs to no sign-in that this browser began, or to one that has been answered.
    Unknown,
    /// The answer came after the limit.
    TooLate,
    /// The provider has seen the code before, or let it expire.
    Code,
    /// The answer names another provider than the one that was asked.
    MixedUp,
    /// The person or the provider said no; the provider's own words.
    Denied(String),
    /// The provider reports an error of its own; its own words.
    Reported(String),
    /// The provider refuses the portal itself.
    Registration,
    /// The provider does not answer.
    Down,
    /// What the provider sent does not hold what it must; which part.
    Unreadable(&'static str),
    /// What the provider sent does not pass a check; which one.
    Untrusted(&'static str),
    /// The provider has not checked the e-mail address by which people are found.
    Unverified,
    /// A fault of the portal; the reference under which it is logged.
    Internal(String),
}

impl Refusal {
    /// The word for the audit trail.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-state",
            Self::TooLate => "too-late",
            Self::Code => "code",
            Self::MixedUp => "mixed-up",
            Self::Denied(_) => "denied",
            Self::Reported(_) => "reported",
            Self::Registration => "registration",
            Self::Down => "unavailable",
            Self::Unreadable(part) | Self::Untrusted(part) => part,
            Self::Unverified => "email-not-verified",
            Self::Internal(_) => "internal",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unknown | Self::TooLate | Self::Code | Self::MixedUp => StatusCode::BAD_REQUEST,
            Self::Denied(_) | Self::Unverified => StatusCode::FORBIDDEN,
            Self::Reported(_) | Self::Registration | Self::Down | Self::Unreadable(_) | Self::Untrusted(_) => {
                StatusCode::BAD_GATEWAY
            }
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The heading of the page.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Unknown | Self::TooLate | Self::Code => "This sign-in is no longer valid",
            Self::Denied(_) => "You were not signed in",
            Self::Down => "The sign-in service does not answer",
            Self::Unverified => "Your e-mail address is not confirmed",
            Self::Registration | Self::Reported(_) | Self::Internal(_) => "Sign-in failed",
            Self::MixedUp | Self::Unreadable(_) | Self::Untrusted(_) => {
                "The answer of the sign-in service is not trusted"
            }
        }
    }

    /// What happened, as a sentence.
    pub fn text(&self, label: &str) -> String {
        match self {
            Self::Unknown => {
                "The answer belongs to no sign-in that was begun in this browser, or it was used before.".into()
            }
            Self::TooLate => "More than ten minutes went by before the answer came.".into(),
            Self::Code => format!("{label} has seen this sign-in before, or it took too long."),
            Self::MixedUp => format!("The answer does not come from {label}, which was asked."),
            Self::Denied(_) => format!("{label} did not let you through."),
            Self::Reported(_) => format!("{label} reports an error."),
            Self::Registration => format!("{label} does not accept this portal as its client."),
            Self::Down => format!("{label} cannot be reached at the moment. Whoever is signed in stays signed in."),
            Self::Unreadable(part) => format!("The answer of {label} does not hold what it must ({part})."),
            Self::Untrusted("expired" | "too-early") => {
                format!("The time in the answer of {label} does not agree with the portal's clock.")
            }
            Self::Untrusted(part) => format!("The answer of {label} did not pass a check ({part})."),
            Self::Unverified => format!("{label} has not confirmed that your e-mail address is yours."),
            Self::Internal(reference) => format!("Something failed on our side; the reference is {reference}."),
        }
    }

    /// What to do next, as sentences.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unknown | Self::TooLate | Self::Code => "Begin again from here, in one tab, without the back button.",
            Self::Denied(_) => "Try again and agree, or ask the platform team for access.",
            Self::Down => "Try again in a minute.",
            Self::Unverified => "Confirm the address there, then sign in again.",
            Self::Registration | Self::Untrusted("expired" | "too-early") => {
                "Tell the platform team; only they can put this right."
            }
            Self::Reported(_) | Self::MixedUp | Self::Unreadable(_) | Self::Untrusted(_) | Self::Internal(_) => {
                "Try again. If it fails again, tell the platform team."
            }
        }
    }

    /// The provider's own words, to be shown as text.
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Denied(text) | Self::Reported(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// A provider's words, cut short and without characters that do not show.
pub fn words(text: &str) -> String {
    let mut words: String = text.chars().filter(|c| !is_hidden(*c)).take(SHOWN + 1).collect();
    if words.chars().count() > SHOWN {
        words.pop();
        words.push('…');
    }
    words
}

/// Whether a character does not show or turns the direction of those that follow.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
