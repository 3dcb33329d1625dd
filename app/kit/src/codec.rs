//! How the answers of server functions travel.

use bytes::Bytes;
use leptos::server_fn::codec::Post;
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::{DeserializeOwned, Error};

/// JSON in the body of a POST, arguments and answer alike.
pub type Json = Post<JsonText>;

/// A plain HTML form whose fields are known only when it is sent: the function takes `sent`, the names and texts in order.
pub type Sent = Post<SentText>;

/// The names and texts of a form, as browsers send them.
pub struct SentText;

impl ContentType for SentText {
    const CONTENT_TYPE: &'static str = "application/x-www-form-urlencoded";
}

impl FormatType for SentText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for SentText {
    type Error = serde_json::Error;

    fn encode(_: &T) -> Result<Bytes, Self::Error> {
        Err(serde::ser::Error::custom("a form is sent by the browser"))
    }
}

impl<T: DeserializeOwned> Decodes<T> for SentText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(Error::custom)?;
        let sent = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (plain(name), plain(value))
        });
        serde_json::from_value(serde_json::json!({ "sent": sent.collect::<Vec<_>>() }))
    }
}

fn plain(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().replace('\0', "")
}

/// JSON that is read as text, as leptos reads what a page holds: so the browser bundle has one reader for each type, not two.
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(std::str::from_utf8(&bytes).map_err(Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Call {
        sent: Vec<(String, String)>,
    }

    #[test]
    fn a_form_is_read_as_it_was_sent() {
        let call: Call = SentText::decode(Bytes::from_static(b"/a%2Fb=x+y%26&/a%2Fb=&flag&&%00=%ff")).expect("a form");
        let sent: Vec<(&str, &str)> = call.sent.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(sent, [("/a/b", "x y&"), ("/a/b", ""), ("flag", ""), ("", "\u{fffd}")]);
    }
}
