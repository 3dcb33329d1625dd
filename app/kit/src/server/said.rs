//! What a form that was sent had to say, kept in a cookie until the page that follows shows it. It is no part of an address: a link
//! of somebody else's must not be able to put words into the portal's mouth.

use http::HeaderValue;
use http::header::SET_COOKIE;
use http::request::Parts;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::cookies::Secure;
use super::html::drawn;
use crate::components::{Banner, CopyButton, Tone};
use crate::html::Html;

const NAME: &str = "portico-said";

/// The longest text, in characters: browsers keep cookies of 4 KB, and a character takes up to 12 bytes there.
const MAX_TEXT: usize = 300;

/// The longest that it waits for the page, in seconds.
const SECONDS: u32 = 60;

/// The cookie of an action that failed.
pub fn refused(text: &str, secure: Secure) -> HeaderValue {
    written('-', text, secure)
}

/// Has the page that follows the form at hand say that it is done.
pub fn done(text: &str) {
    say('+', text);
}

/// Has the page that follows say that it is done, and show a secret that is kept nowhere else.
pub fn done_with_secret(text: &str, secret: &str) {
    say('!', &format!("{secret} {text}"));
}

/// What was said, as HTML, and no longer to be said again.
pub(crate) fn take() -> Option<Html> {
    let parts = use_context::<Parts>()?;
    let secure = Secure::of(&parts.extensions);
    let value = secure.read(&parts.headers, NAME)?;
    if let (Some(options), Ok(gone)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&secure.write(NAME, "", 0, "Strict")))
    {
        options.append_header(SET_COOKIE, gone);
    }
    let (tone, text) = match value.split_at_checked(1) {
        Some(("+", text)) => (Tone::Fine, text),
        Some(("-", text)) => (Tone::Wrong, text),
        Some(("!", text)) => return Some(with_secret(text)),
        _ => return None,
    };
    let text = percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some(drawn(|| view! { <Banner title=text tone=tone dismissible=tone == Tone::Fine/> }))
}

fn with_secret(text: &str) -> Html {
    let text = percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (secret, text) = text.split_once(' ').unwrap_or((&text, ""));
    let (secret, text) = (secret.to_owned(), text.to_owned());
    drawn(|| {
        view! {
            <Banner title=text tone=Tone::Fine>
                <p class="pk-inline"><code id="secret">{secret}</code> <CopyButton from="secret" label="Copy the secret"/></p>
            </Banner>
        }
    })
}

fn say(sign: char, text: &str) {
    let secure = use_context::<Parts>().map(|parts| Secure::of(&parts.extensions)).unwrap_or_default();
    if let Some(options) = use_context::<ResponseOptions>() {
        options.append_header(SET_COOKIE, written(sign, text, secure));
    }
}

fn written(sign: char, text: &str, secure: Secure) -> HeaderValue {
    let text: String = text.chars().take(MAX_TEXT).collect();
    let text = utf8_percent_encode(&text, NON_ALPHANUMERIC);
    let cookie = secure.write(NAME, &format!("{sign}{text}"), SECONDS, "Strict");
    HeaderValue::from_str(&cookie).expect("what is escaped is ASCII")
}
