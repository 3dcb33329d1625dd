//! Contributions that mean harm, or that do not come to an end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{checker, repository, site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;
use ux::check::{CheckError, Subject};
use ux::report::Verdict;
use ux::site::Site;

#[tokio::test]
async fn the_evidence_on_a_hostile_page_is_right() {
    let site = Site::from_dir(&repository().join("examples/contributions/hostile")).expect("a site");
    let report = checker().check(&Subject::Site(Arc::new(site))).await.expect("it can be checked");
    assert_eq!(report.verdict, Verdict::Fail, "whatever it reports of itself");
    for (rule, selector) in [
        ("color-text", "#bad"),
        ("color-text", "#late"),
        ("changes", "#late"),
        ("hides", "#dodge"),
        ("color-text", "#inner >>> #inside"),
        ("unread", "#shade"),
    ] {
        assert!(report.findings.iter().any(|f| f.rule == rule && f.selector == selector), "{rule} of {selector}");
    }
}

#[tokio::test]
async fn a_page_whose_scripts_never_end_could_not_be_checked() {
    for script in ["for (;;);", "addEventListener('load', () => { for (;;); })", "setTimeout(() => { for (;;); }, 300)"]
    {
        let page =
            format!("<!doctype html><html lang=en><title>x</title><main><h1>x</h1></main><script>{script}</script>");
        let start = Instant::now();
        let error = checker().check(&Subject::Site(site(&page))).await.expect_err("no verdict");
        assert!(error.to_string().contains("does not come to rest"), "{script}: {error}");
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_page_that_eats_memory_could_not_be_checked() {
    let eats = "const all = []; for (;;) all.push(new Uint8Array(32 << 20).fill(7));";
    let page = format!("<!doctype html><html lang=en><title>x</title><main><h1>x</h1></main><script>{eats}</script>");
    let error = checker().check(&Subject::Site(site(&page))).await.expect_err("no verdict");
    assert!(matches!(error, CheckError::Memory | CheckError::Page(_)), "{error}");
}

#[tokio::test]
async fn a_page_that_cannot_be_loaded_is_no_verdict() {
    let url = Url::parse("http://127.0.0.1:9/nothing").expect("an address");
    let error = checker().check(&Subject::Url(url)).await.expect_err("no verdict");
    assert!(error.to_string().contains("cannot be loaded"), "{error}");
    let none = checker().with_browser(PathBuf::from("/nowhere/chromium"));
    assert!(matches!(none.check(&Subject::Site(site("<p>x"))).await, Err(CheckError::Browser(_))));
}

/// Counts who comes; answers with the page that is given, or with nothing.
async fn listen(page: Option<&'static str>) -> (u16, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let body = page.unwrap_or("");
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    (port, count)
}

#[tokio::test]
async fn nothing_but_the_site_is_reached() {
    let (port, visits) = listen(None).await;
    let tries = format!(
        "<!doctype html><html lang=en><title>x</title><link rel=stylesheet href='http://127.0.0.1:{port}/a.css'>
        <link rel=preconnect href='http://127.0.0.1:{port}'><link rel=dns-prefetch href='//127.0.0.1:{port}'>
        <main><h1>x</h1><img alt='' src='http://127.0.0.1:{port}/a.png'><iframe title=x src='http://127.0.0.1:{port}/'></iframe>
        <form id=f action='http://127.0.0.1:{port}/' method=post></form></main>
        <script>
        const to = 'http://127.0.0.1:{port}/';
        for (const go of [() => fetch(to, {{mode: 'no-cors'}}), () => navigator.sendBeacon(to), () => new WebSocket('ws://127.0.0.1:{port}/'),
            () => new EventSource(to), () => {{ location = to; }}, () => window.open(to), () => f.submit(), () => {{ new Image().src = to; }},
            () => new Worker(to), () => import(to), () => {{ const s = document.createElement('script'); s.src = to; document.body.append(s); }},
            () => new RTCPeerConnection({{iceServers: [{{urls: 'turn:127.0.0.1:{port}?transport=tcp', username: 'a', credential: 'b'}}]}}).createOffer({{offerToReceiveAudio: true}}),
            () => new Worker(URL.createObjectURL(new Blob([`fetch('${{to}}')`])))]) {{
            try {{ Promise.resolve(go()).catch(() => {{}}); }} catch {{}}
        }}
        </script>"
    );
    let report = checker().check(&Subject::Site(site(&tries))).await.expect("it can be checked");
    assert_eq!(visits.load(std::sync::atomic::Ordering::SeqCst), 0, "{:?}", report.verdict);
}

#[tokio::test]
async fn a_page_on_the_network_reaches_its_own_origin_alone() {
    let (elsewhere, visits) = listen(None).await;
    let page = "<!doctype html><html lang=en><title>x</title><main><h1 style='color:#f0f'>x</h1></main>";
    let page: &'static str = Box::leak(format!("{page}<script>fetch('http://127.0.0.1:{elsewhere}/', {{mode: 'no-cors'}}).catch(() => {{}}); new Image().src = 'http://127.0.0.1:{elsewhere}/';</script>").into_boxed_str());
    let (port, own) = listen(Some(page)).await;
    let url = Url::parse(&format!("http://127.0.0.1:{port}/")).expect("an address");
    let report = checker().check(&Subject::Url(url)).await.expect("it can be checked");
    assert!(report.findings.iter().any(|f| f.rule == "color-text"), "{:?}", report.findings);
    assert!(own.load(std::sync::atomic::Ordering::SeqCst) >= 6, "each width and theme loads it");
    assert_eq!(visits.load(std::sync::atomic::Ordering::SeqCst), 0);
}
