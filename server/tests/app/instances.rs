//! Two processes on one PostgreSQL behind a proxy that takes them in turn: whoever signed in at one is known to the other, and one that
//! is killed signs nobody out.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use kit::server::secrets::new_key;
use kit::server::testing::databases;
use sea_orm::DatabaseBackend;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::sso::fake::{CODE, Fake, SECRET, key, signed};
use crate::support::write;

/// A process, ended with the test.
pub struct Instance {
    child: Child,
    address: SocketAddr,
}

impl Instance {
    pub fn start(folder: &Path, number: usize, address: &str, database: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_portico"))
            .args(["serve", "--config", "portico.toml", "--addr", address, "--database-url", database])
            .args(["--data-dir", &format!("data-{number}")])
            .current_dir(folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("portico runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit_once("http://").expect("its address").1.parse().expect("an address");
        Self { child, address }
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A proxy that takes the instances in turn, and the next where one does not answer; counts who answered.
async fn proxy(instances: [SocketAddr; 2]) -> (SocketAddr, Arc<[AtomicUsize; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let counts: Arc<[AtomicUsize; 2]> = Arc::default();
    let counted = counts.clone();
    tokio::spawn(async move {
        for turn in 0.. {
            let (mut client, _) = listener.accept().await.expect("a client");
            let counted = counted.clone();
            tokio::spawn(async move {
                for next in [turn % 2, (turn + 1) % 2] {
                    if let Ok(mut instance) = TcpStream::connect(instances[next]).await {
                        counted[next].fetch_add(1, Ordering::Relaxed);
                        let _ = copy_bidirectional(&mut client, &mut instance).await;
                        return;
                    }
                }
            });
        }
    });
    (address, counts)
}

/// A browser that keeps cookies.
struct Browser {
    proxy: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Status, address that it leads to, and the body.
    async fn get(&mut self, path: &str) -> (u16, String, String) {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: portico.bank.example\r\naccept: text/html\r\ncookie: {}\r\nconnection: close\r\n\r\n",
            cookies.join("; ")
        );
        let mut stream = TcpStream::connect(self.proxy).await.expect("the proxy");
        stream.write_all(head.as_bytes()).await.expect("asked");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("answered");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        for cookie in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default().to_owned();
        (status, location, body.to_owned())
    }

    async fn is_known(&mut self, times: usize) {
        for _ in 0..times {
            let (status, location, body) = self.get("/settings").await;
            assert_eq!((status, location.as_str()), (200, ""), "{body}");
            assert!(body.contains("Jane Doe"), "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_share_their_sessions_and_one_that_is_killed_signs_nobody_out() {
    let Some(db) = databases().await.into_iter().find(|db| db.backend() == DatabaseBackend::Postgres) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let fake = Fake::start().await;
    write(&folder.path().join("keys"), &new_key());
    std::fs::set_permissions(folder.path().join("keys"), PermissionsExt::from_mode(0o600)).expect("set");
    write(
        &folder.path().join("portico.toml"),
        &format!(
            "public_url = 'https://portico.bank.example'\n[secrets]\nkey_file = 'keys'\n[proxy]\ntrusted = ['127.0.0.1']\n\
             [[providers]]\nid = 'bank'\nlabel = 'Bank SSO'\nkind = 'oidc'\nissuer = '{}'\nclient_id = 'portico'\nclient_secret = '{SECRET}'\nallow_private = true\n",
            fake.issuer
        ),
    );
    let mut one = Instance::start(folder.path(), 1, "127.0.0.1:0", db.url());
    let mut two = Instance::start(folder.path(), 2, "127.0.0.1:0", db.url());
    let (proxy, counts) = proxy([one.address, two.address]).await;
    let mut browser = Browser { proxy, cookies: BTreeMap::new() };

    let (status, location, body) = browser.get("/settings").await;
    assert!(matches!(status, 302 | 303) && location.starts_with("/sign-in"), "{status} {location} {body}");
    // The sign-in itself begins at one instance and ends at the other.
    let (_, location, body) = browser.get("/sign-in/bank?to=/settings").await;
    let asked: BTreeMap<String, String> = Url::parse(&location).expect(&body).query_pairs().into_owned().collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let claims = json!({
        "iss": fake.issuer, "aud": "portico", "sub": "4711", "exp": now + 300, "iat": now, "nonce": asked["nonce"], "name": "Jane Doe",
        "email": "jane@bank.example", "email_verified": true, "groups": [],
    });
    fake.gives(signed(&json!({ "alg": "EdDSA", "kid": "one", "typ": "JWT" }), &claims, &key(1, "one")));
    let (status, location, body) =
        browser.get(&format!("/sign-in/bank/callback?code={CODE}&state={}", asked["state"])).await;
    assert_eq!((status, location.as_str()), (303, "/settings"), "{body}");
    assert!(browser.cookies.contains_key("__Host-portico"), "{:?}", browser.cookies.keys());

    let before = counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    browser.is_known(20).await;
    let answered = counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert_eq!([answered[0] - before[0], answered[1] - before[1]], [10, 10], "both answered");

    one.kill();
    browser.is_known(4).await;
    one = Instance::start(folder.path(), 1, &one.address.to_string(), db.url());
    browser.is_known(4).await;
    two.kill();
    browser.is_known(4).await;
    drop(one);
}
