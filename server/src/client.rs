//! Who is at the other end: the address that a request comes from and the number under which it stands in the log. What a proxy says of
//! it counts only from a proxy that the configuration trusts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{FORWARDED, HOST};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use kit::identity::{ClientAddress, RequestId};
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// The header with a request's number.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What a proxy says and nobody else may.
const OF_PROXIES: [HeaderName; 6] = [
    REQUEST_ID,
    FORWARDED_FOR,
    FORWARDED_HOST,
    FORWARDED,
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// `[proxy]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// The addresses or networks of the proxies before the portal, such as `10.0.0.0/8`; what anybody else says of a client is not believed.
    pub trusted: Vec<String>,
}

impl ProxyConfig {
    /// The networks.
    pub fn networks(&self) -> Result<Arc<[IpNet]>, ConfigError> {
        let network = |text: &String| {
            let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            parsed.map_err(|_| ConfigError {
                setting: "proxy.trusted".into(),
                problem: format!("{text:?} is not an address or a network such as 10.0.0.0/8"),
            })
        };
        self.trusted.iter().map(network).collect()
    }
}

/// Notes where the request comes from and gives it a number; what is behind this sees no header of a proxy that is not trusted.
pub async fn know(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    // Without a connection it is a test that asks.
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let headers = request.headers_mut();
    let mut address = peer;
    let mut id = None;
    if is_trusted(&peer) {
        address = client(headers, peer, &is_trusted);
        id = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_id(id)).map(str::to_owned);
        if let Some(host) = headers.get(&FORWARDED_HOST).cloned() {
            headers.insert(HOST, host);
        }
    }
    for name in &OF_PROXIES {
        headers.remove(name);
    }
    let id = id.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
    request.extensions_mut().insert(ClientAddress(address));
    request.extensions_mut().insert(RequestId(id));
    next.run(request).await
}

/// The last address in the list of proxies that is none of ours: what stands before it may be made up.
fn client(headers: &HeaderMap, peer: IpAddr, is_trusted: &dyn Fn(&IpAddr) -> bool) -> IpAddr {
    let all = headers.get_all(&FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let all: Vec<&str> = all.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for text in all.into_iter().rev() {
        let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
        let Ok(address) = text.parse::<IpAddr>().or_else(|_| with_port()) else { break };
        client = address.to_canonical();
        if !is_trusted(&client) {
            break;
        }
    }
    client
}

/// Whether a proxy's number can stand in a log and in a header as it is.
fn is_id(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trusted: &[&str], forwarded: &[&'static str]) -> String {
        let config = ProxyConfig { trusted: trusted.iter().map(|text| (*text).to_owned()).collect() };
        let networks = config.networks().expect("networks");
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, http::HeaderValue::from_static(value));
        }
        let is_trusted = |address: &IpAddr| networks.iter().any(|network| network.contains(address));
        client(&headers, "10.0.0.1".parse().expect("an address"), &is_trusted).to_string()
    }

    #[test]
    fn the_client_is_the_last_that_no_proxy_of_ours_is() {
        assert_eq!(seen(&["10.0.0.0/8"], &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            seen(&["10.0.0.0/8"], &["1.1.1.1, 203.0.113.9, 10.2.3.4"]),
            "203.0.113.9",
            "what stands before may be made up"
        );
        assert_eq!(seen(&["10.0.0.0/8"], &["1.1.1.1", "203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(seen(&["10.0.0.0/8"], &["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(seen(&["10.0.0.1"], &["10.9.9.9"]), "10.9.9.9");
        assert_eq!(seen(&["10.0.0.0/8"], &["10.9.9.9"]), "10.9.9.9");
        assert_eq!(seen(&["10.0.0.0/8"], &["1.1.1.1, unknown"]), "10.0.0.1", "what cannot be read is not passed by");
        assert_eq!(seen(&["10.0.0.0/8"], &[]), "10.0.0.1");
    }

    #[test]
    fn only_a_harmless_number_of_a_proxy_is_kept() {
        assert!(is_id("0a1b2c3d-4e5f") && is_id(&"a".repeat(64)));
        for bad in ["", "short", "with blank", "new\nline", "<script>", "quote\"", &"a".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn a_network_that_is_none_is_named() {
        let config = ProxyConfig { trusted: vec!["10.0.0.0/8".into(), "everywhere".into()] };
        let refused = config.networks().expect_err("refused").to_string();
        assert_eq!(refused, "proxy.trusted: \"everywhere\" is not an address or a network such as 10.0.0.0/8");
    }
}
