//! Against real servers on this machine.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::routing::get;
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::*;

const TOKEN: &str = "Bearer s3cret";

#[tokio::test]
async fn what_is_allowed_is_fetched() {
    let server = serve().await;
    let fetched = fetcher([private(&server)]).get(&at(&server, "/ok?x=1#fragment")).await.expect("allowed");
    assert_eq!((fetched.body.as_slice(), fetched.url.as_str()), (&b"hello"[..], at(&server, "/ok?x=1").as_str()));
    let fetched = fetcher([private(&server)]).get(&at(&server, &to("/to?u=/ok"))).await.expect("two redirects");
    assert_eq!((fetched.body.as_slice(), fetched.url.as_str()), (&b"hello"[..], at(&server, "/ok").as_str()));
}

#[tokio::test]
async fn nothing_is_allowed_unless_it_is_listed() {
    let server = serve().await;
    let nothing = Fetcher::new(Policy::default()).expect("a policy");
    for url in [at(&server, "/ok?token=s3cret"), url("https://example.com/"), url("http://[::1]/")] {
        assert!(matches!(told(nothing.get(&url).await), FetchError::HostNotAllowed(_)), "{url}");
    }
}

#[tokio::test]
async fn cve_2026_24048_a_redirect_off_the_list_is_refused() {
    let (server, other) = (serve().await, serve().await);
    let fetcher = fetcher([private(&server)]);
    for target in [at(&other, "/ok").to_string(), "http://169.254.169.254/latest".into(), "//example.com/".into()] {
        let error = told(fetcher.get(&at(&server, &to(&target))).await);
        assert!(matches!(error, FetchError::HostNotAllowed(_)), "{target}: {error}");
    }
    for target in
        ["file:///etc/passwd", "ftp://127.0.0.1/", "http://u:s3cret@127.0.0.1/", "gopher://x/", "/a%2fb", "http://"]
    {
        let error = told(fetcher.get(&at(&server, &to(target))).await);
        assert!(matches!(error, FetchError::BadUrl(_)), "{target}: {error}");
    }
}

#[tokio::test]
async fn cve_2026_32236_private_address_after_redirect() {
    let (server, inner) = (serve().await, serve().await);
    let by_name = Host { name: format!("localhost:{}", inner.port()), ..Host::default() };
    let by_address = Host { name: inner.to_string(), ..Host::default() };
    let fetcher = fetcher([private(&server), by_name, by_address]);
    for target in [
        format!("http://localhost:{}/ok", inner.port()),
        format!("http://{inner}/ok"),
        format!("http://0x7f.1:{}/ok", inner.port()),
        format!("http://2130706433:{}/ok", inner.port()),
    ] {
        for url in [at(&server, &to(&target)), url(&target)] {
            let error = told(fetcher.get(&url).await);
            assert!(matches!(error, FetchError::AddressNotAllowed(_)), "{url}: {error}");
        }
    }
}

#[tokio::test]
async fn cve_2026_32236_an_address_in_another_notation_is_still_private() {
    let notations =
        ["[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "[::]", "169.254.169.254", "[64:ff9b::7f00:1]", "[fe80::1]"];
    let hosts = notations.map(|name| Host { name: name.into(), ..Host::default() });
    let fetcher = fetcher(hosts);
    for host in notations {
        let error = told(fetcher.get(&url(&format!("http://{host}/"))).await);
        assert!(matches!(error, FetchError::AddressNotAllowed(_)), "{host}: {error}");
    }
}

#[tokio::test]
async fn cve_2026_101027_an_allowed_name_with_a_private_address_is_refused() {
    let server = serve().await;
    let name = |allow_private| Host { name: format!("git.test:{}", server.port()), allow_private, ..Host::default() };
    let url = url(&format!("http://git.test:{}/ok", server.port()));
    for (answer, allow_private) in [
        (vec!["127.0.0.1"], false),
        (vec!["::ffff:127.0.0.1"], false),
        (vec!["93.184.216.34", "10.0.0.1"], false),
        (vec!["169.254.169.254"], true),
        (vec!["127.0.0.1", "fd00:ec2::254"], true),
    ] {
        let fetcher = looking_up([name(allow_private)], Answers::new([answer.clone()]));
        let error = told(fetcher.get(&url).await);
        assert!(matches!(error, FetchError::AddressNotAllowed(_)), "{answer:?}: {error}");
    }
    let fetcher = looking_up([name(true)], Answers::new([vec!["127.0.0.1"]]));
    assert_eq!(fetcher.get(&url).await.expect("allowed").body, b"hello");
}

#[tokio::test]
async fn a_name_that_is_rebound_is_connected_to_the_address_that_was_checked() {
    let server = serve().await;
    let host = Host { name: format!("git.test:{}", server.port()), allow_private: true, ..Host::default() };
    let url = url(&format!("http://git.test:{}/ok", server.port()));
    // The second answer would be refused: were the name looked up again for the connection, the fetch would fail.
    let fetcher = looking_up([host.clone()], Answers::new([vec!["127.0.0.1"], vec!["169.254.169.254"]]));
    assert_eq!(fetcher.get(&url).await.expect("the first answer").body, b"hello");
    // A new connection is a new look-up with a new check.
    let fetcher = looking_up([host], Answers::new([vec!["127.0.0.1"], vec!["169.254.169.254"]]));
    fetcher.get(&at_name(&url, "/close")).await.expect("the first answer");
    assert!(matches!(told(fetcher.get(&url).await), FetchError::AddressNotAllowed(_)));
}

#[tokio::test]
async fn cve_2026_106459_a_credential_goes_to_its_host_alone() {
    let (server, other) = (serve().await, serve().await);
    let with_token = Host { authorization: Some(TOKEN.into()), ..private(&server) };
    let fetcher = fetcher([with_token, private(&other)]);
    let asked = async |url: &Url| String::from_utf8(fetcher.get(url).await.expect("allowed").body).expect("text");
    assert_eq!(asked(&at(&server, "/auth")).await, TOKEN);
    assert_eq!(asked(&at(&other, "/auth")).await, "none");
    assert_eq!(asked(&at(&server, &to("/auth"))).await, TOKEN, "the same origin");
    assert_eq!(asked(&at(&server, &to(at(&other, "/auth").as_str()))).await, "none", "a redirect elsewhere");
    assert_eq!(asked(&at(&other, &to(at(&server, "/auth").as_str()))).await, "none", "a redirect from elsewhere");
    let back = at(&other, &to(at(&server, "/auth").as_str()));
    assert_eq!(asked(&at(&server, &to(back.as_str()))).await, "none", "there and back");
}

#[tokio::test]
async fn a_credential_is_not_sent_in_the_clear() {
    let server = serve().await;
    let (name, authorization) = (format!("git.test:{}", server.port()), Some(TOKEN.to_owned()));
    let host = Host { name, allow_private: true, authorization, ..Host::default() };
    let fetcher = looking_up([host], Answers::new([vec!["127.0.0.1"]]));
    let url = url(&format!("http://git.test:{}/auth", server.port()));
    assert_eq!(fetcher.get(&url).await.expect("allowed").body, b"none");
}

#[tokio::test]
async fn a_certificate_authority_of_ones_own_counts_for_its_host_alone() {
    let (server, ca_file) = serve_tls().await;
    let host = |ca_file: Option<&Path>| Host {
        name: format!("git.test:{}", server.port()),
        allow_private: true,
        authorization: Some(TOKEN.into()),
        ca_file: ca_file.map(Path::to_owned),
        ..Host::default()
    };
    let answers = || Answers::new([vec!["127.0.0.1"], vec!["127.0.0.1"]]);
    let other = Host { name: format!("other.test:{}", server.port()), allow_private: true, ..Host::default() };
    let fetcher = looking_up([host(Some(ca_file.path())), other], answers());
    let fetched = fetcher.get(&url(&format!("https://git.test:{}/", server.port()))).await.expect("trusted");
    assert_eq!(fetched.body, TOKEN.as_bytes());
    let error = told(fetcher.get(&url(&format!("https://other.test:{}/", server.port()))).await);
    assert!(error.to_string().contains("certificate"), "{error}");
    let fetcher = looking_up([host(None)], answers());
    let error = told(fetcher.get(&url(&format!("https://git.test:{}/", server.port()))).await);
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn redirects_are_counted() {
    let server = serve().await;
    let error = told(fetcher([private(&server)]).get(&at(&server, "/loop")).await);
    assert!(matches!(error, FetchError::TooManyRedirects(_)), "{error}");
}

#[tokio::test]
async fn a_large_body_is_cut_off_while_it_comes() {
    let server = serve().await;
    let fetcher = limited(&server, 1000, Duration::from_secs(20));
    for path in ["/large", "/endless", "/bomb"] {
        let error = told(fetcher.get(&at(&server, path)).await);
        assert!(matches!(error, FetchError::TooLarge(_)), "{path}: {error}");
    }
    assert_eq!(limited(&server, 5, Duration::from_secs(20)).get(&at(&server, "/ok")).await.expect("5").body, b"hello");
}

#[tokio::test]
async fn all_hops_and_the_body_share_one_time() {
    let server = serve().await;
    let fetcher = limited(&server, 1000, Duration::from_millis(300));
    for path in ["/never", "/drip", &to("/drip")] {
        let begun = std::time::Instant::now();
        let error = told(fetcher.get(&at(&server, path)).await);
        assert!(matches!(error, FetchError::Timeout(_)), "{path}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{path}");
    }
}

#[tokio::test]
async fn only_success_is_accepted() {
    let server = serve().await;
    let fetcher = fetcher([private(&server)]);
    for (path, status) in [("/absent", 404), ("/304", 304), ("/lost", 302)] {
        let error = told(fetcher.get(&at(&server, path)).await);
        assert!(matches!(error, FetchError::Status(is) if is == status), "{path}: {error}");
    }
    let nobody = Host { name: "127.0.0.1:1".into(), allow_private: true, ..Host::default() };
    let error = told(self::fetcher([nobody]).get(&url("http://127.0.0.1:1/x?token=s3cret")).await);
    assert!(error.to_string().starts_with("http://127.0.0.1:1/x could not be fetched: Connection refused"), "{error}");
}

#[tokio::test]
async fn cve_2026_106491_a_proxy_serves_its_host_alone() {
    let proxy = serve().await;
    let through = Host {
        name: "git.bank.example".into(),
        proxy: Some(url(&format!("http://user:s3cret@{proxy}/"))),
        ..Host::default()
    };
    let fetcher = fetcher([through]);
    let fetched = fetcher.get(&url("http://git.bank.example/x")).await.expect("through the proxy");
    assert_eq!(fetched.body, b"proxied http://git.bank.example/x");
    for other in [format!("http://{proxy}/ok"), "http://169.254.169.254/".into()] {
        assert!(matches!(told(fetcher.get(&url(&other)).await), FetchError::HostNotAllowed(_)));
    }
    assert!(!format!("{fetcher:?}").contains("s3cret"));
}

#[test]
fn a_wrong_setting_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let host = |name: &str| Host { name: name.into(), ..Host::default() };
    for (hosts, part) in [
        (vec![host("a/b")], "hosts[a/b].name"),
        (vec![host("a.example"), host("A.example")], "hosts[A.example].name"),
        (vec![Host { ca_file: Some("/absent/ca.pem".into()), ..host("a") }], "hosts[a].ca_file"),
        (vec![Host { ca_file: Some(file.path().into()), ..host("a") }], "hosts[a].ca_file"),
        (vec![Host { proxy: Some(url("ftp://s3cret@proxy/")), ..host("a") }], "hosts[a].proxy"),
        (vec![Host { authorization: Some("s3cret\n".into()), ..host("a") }], "hosts[a].authorization"),
        (vec![Host { authorization: Some(TOKEN.into()), ..host("*.a") }], "hosts[*.a].authorization"),
    ] {
        let error = Fetcher::new(Policy { hosts, ..Policy::default() }).expect_err(part);
        assert!(matches!(&error, FetchError::Setting { name, .. } if name == part), "{part}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn the_narrower_of_two_entries_counts_in_either_order() {
    let mut hosts = ["*.example.com", "*.git.example.com", "a.git.example.com"]
        .map(|name| Host { name: name.into(), ..Host::default() });
    for _ in 0..2 {
        hosts.reverse();
        let fetcher = fetcher(hosts.clone());
        for (host, name) in [("a.git", "a.git.example.com"), ("b.git", "*.git.example.com"), ("b", "*.example.com")] {
            let url = url(&format!("https://{host}.example.com/"));
            assert_eq!(fetcher.entry(&url).expect("listed").name, name);
        }
    }
}

#[test]
fn the_default_allows_nothing() {
    let policy = Policy::default();
    assert!(policy.hosts.is_empty());
    assert_eq!((policy.max_bytes, policy.timeout), (10 * 1024 * 1024, Duration::from_secs(30)));
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(
            [
                "http://",
                "https://",
                "HTTPS:",
                "//",
                "/",
                "\\",
                "@",
                ":",
                ":443",
                ":8443",
                "?",
                "#",
                ".",
                "..",
                "%2e",
                "%2E%2e",
                "%2f",
                "%5c",
                "%252e",
                "%25",
                ";",
                "good.example",
                "GOOD.example",
                "sub.example",
                "a.sub.example",
                "evil.example",
                "127.0.0.1",
                "[::1]",
                "0x7f.1",
                "u:p@",
                "\t",
                "\n",
                " ",
                "。",
                "／",
                "ｇood.example",
                "\u{ad}",
                "xn--",
            ]
            .as_slice()
        )
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(4000)))]

    /// Whatever is written, what is let through is one of the hosts, at its own port, without credentials or hidden steps.
    #[test]
    fn no_url_gets_around_the_rules(scheme in prop::sample::select(vec!["", "http://", "https://"]), pieces in prop::collection::vec(piece(), 1..8)) {
        let hosts = ["good.example", "*.sub.example"].map(|name| Host { name: name.into(), ..Host::default() });
        thread_local!(static FETCHER: std::cell::OnceCell<Fetcher> = const { std::cell::OnceCell::new() });
        let Ok(url) = Url::parse(&format!("{scheme}{}", pieces.concat())) else { return Ok(()) };
        let passed = FETCHER.with(|cell| cell.get_or_init(|| fetcher(hosts)).entry(&url).is_ok());
        if passed {
            let host = url.host_str().unwrap_or_default();
            prop_assert!(host == "good.example" || host.ends_with(".sub.example"), "{}", url);
            prop_assert!(matches!(url.scheme(), "http" | "https") && url.port().is_none(), "{}", url);
            prop_assert!(url.username().is_empty() && url.password().is_none(), "{}", url);
            let mut path = url.path().as_bytes().to_vec();
            for _ in 0..4 {
                let steps: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
                prop_assert_eq!(steps.len(), url.path().split('/').count(), "{}", url);
                prop_assert!(steps.iter().all(|step| !matches!(*step, b"." | b"..") && !step.contains(&b'\\')), "{}", url);
                path = percent_encoding::percent_decode(&path).collect();
            }
        }
    }
}

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

fn at(server: &SocketAddr, path: &str) -> Url {
    url(&format!("http://{server}{path}"))
}

fn at_name(url: &Url, path: &str) -> Url {
    url.join(path).expect("a path")
}

/// The path of a redirect to `target`.
fn to(target: &str) -> String {
    let target: String = percent_encoding::utf8_percent_encode(target, percent_encoding::NON_ALPHANUMERIC).collect();
    format!("/to?u={target}")
}

fn private(server: &SocketAddr) -> Host {
    Host { name: server.to_string(), allow_private: true, ..Host::default() }
}

fn fetcher<const N: usize>(hosts: [Host; N]) -> Fetcher {
    Fetcher::new(Policy { hosts: hosts.into(), ..Policy::default() }).expect("a policy")
}

fn limited(server: &SocketAddr, max_bytes: u64, timeout: Duration) -> Fetcher {
    Fetcher::new(Policy { hosts: vec![private(server)], max_bytes, timeout }).expect("a policy")
}

fn looking_up<const N: usize>(hosts: [Host; N], lookup: Answers) -> Fetcher {
    let policy = Policy { hosts: hosts.into(), ..Policy::default() };
    Fetcher::with_lookup(policy, Arc::new(lookup)).expect("a policy")
}

/// The error, which never holds what is secret.
fn told(result: Result<Fetched, FetchError>) -> FetchError {
    let error = result.expect_err("refused");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    error
}

/// A look-up that gives one answer after the other.
struct Answers(Mutex<Vec<Vec<IpAddr>>>);

impl Answers {
    fn new<const N: usize>(answers: [Vec<&str>; N]) -> Self {
        let read = |answer: Vec<&str>| answer.into_iter().map(|address| address.parse().expect("an address")).collect();
        Self(Mutex::new(answers.into_iter().rev().map(read).collect()))
    }
}

impl Lookup for Answers {
    fn lookup(&self, _name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let answer = self.0.lock().expect("lock").pop();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("asked too often")) })
    }
}

async fn serve() -> SocketAddr {
    let router = Router::new()
        .route("/ok", get(async || "hello"))
        .route("/close", get(async || ([(header::CONNECTION, "close")], "hello")))
        .route("/auth", get(authorization))
        .route("/to", get(redirect))
        .route("/loop", get(async || (StatusCode::FOUND, [(header::LOCATION, "/loop")])))
        .route("/lost", get(async || StatusCode::FOUND))
        .route("/304", get(async || StatusCode::NOT_MODIFIED))
        .route("/absent", get(async || StatusCode::NOT_FOUND))
        .route("/large", get(async || "x".repeat(1001)))
        .route("/endless", get(async || drip(Duration::ZERO)))
        .route("/bomb", get(async || ([(header::CONTENT_ENCODING, "gzip")], bomb())))
        .route("/never", get(std::future::pending::<()>))
        .route("/drip", get(async || drip(Duration::from_millis(50))))
        .fallback(async |uri: Uri| format!("proxied {uri}"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A server with a certificate of its own for `git.test` and `other.test`, which says what `Authorization` it was sent.
async fn serve_tls() -> (SocketAddr, tempfile::NamedTempFile) {
    let names = ["git.test".to_owned(), "other.test".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
        .expect("a configuration");
    let ca_file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(ca_file.path(), made.cert.pem()).expect("write");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let sent = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or("none");
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{sent}", sent.len());
            // A client that has gone has no use for the answer.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, ca_file)
}

async fn authorization(headers: HeaderMap) -> String {
    headers.get(header::AUTHORIZATION).map_or("none".into(), |value| value.to_str().expect("text").into())
}

async fn redirect(Query(query): Query<HashMap<String, String>>) -> impl IntoResponse {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, query["u"].clone())])
}

/// A body that goes on, a little at a time.
fn drip(pause: Duration) -> Body {
    Body::from_stream(stream::repeat(Bytes::from_static(b"drop")).then(move |drop| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, io::Error>(drop)
    }))
}

/// Half a million bytes that are less than the limit before they are unpacked.
fn bomb() -> Vec<u8> {
    let mut gzip = Command::new("gzip").arg("-9c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip");
    let mut stdin = gzip.stdin.take().expect("piped");
    std::thread::spawn(move || stdin.write_all(&vec![0; 500_000]));
    let packed = gzip.wait_with_output().expect("gzip").stdout;
    assert!(packed.len() < 1000);
    packed
}
