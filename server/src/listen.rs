//! Taking connections, with a limit on all that a client can make the server keep: connections, headers and the time for sending them.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a connection may take to send the head of a request, and so how long it may say nothing; longer than proxies keep theirs.
const HEAD_TIME: Duration = Duration::from_secs(75);

/// The most headers of a request.
const MAX_HEADERS: usize = 100;

/// The most bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;

/// The most connections at once; further ones wait.
const MAX_CONNECTIONS: usize = 8_192;

/// How long to wait when the system has no connection left to give.
const EXHAUSTED: Duration = Duration::from_millis(500);

/// Serves what comes to `listener` until `stop`, then finishes the requests under way.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_within(HEAD_TIME, listener, router, stop).await;
}

async fn serve_within(head_time: Duration, listener: TcpListener, router: Router, stop: CancellationToken) {
    let tracker = TaskTracker::new();
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some((stream, peer, permit)) = stop.run_until_cancelled(next(&listener, &free)).await {
        tracker.spawn(connection(head_time, stream, peer, router.clone(), stop.clone(), permit));
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
}

async fn next(listener: &TcpListener, free: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let permit = free.clone().acquire_owned().await.expect("nobody closes it");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

async fn connection(
    head_time: Duration,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    stop: CancellationToken,
    _: OwnedSemaphorePermit,
) {
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_time).max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD);
    let service = router.map_request(move |request: http::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let _ = stream.set_nodelay(true);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Whether only this one connection failed.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn start(head_time: Duration) -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, stop) = (listener.local_addr().expect("an address"), CancellationToken::new());
        let router = Router::new()
            .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()))
            .route("/slow", get(async || tokio::time::sleep(Duration::from_millis(300)).await));
        tokio::spawn(serve_within(head_time, listener, router, stop.clone()));
        (address, stop)
    }

    /// All that comes back until the connection ends.
    async fn told(address: SocketAddr, sent: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        // It may be refused before all of it is sent.
        let _ = stream.write_all(sent.as_bytes()).await;
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    }

    #[tokio::test]
    async fn a_request_is_answered_and_knows_where_it_comes_from() {
        let (address, _stop) = start(HEAD_TIME).await;
        let answer = told(address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("127.0.0.1"), "{answer}");
    }

    #[tokio::test]
    async fn too_many_or_too_large_headers_are_refused() {
        let (address, _stop) = start(HEAD_TIME).await;
        let many: String = (0..=MAX_HEADERS).map(|number| format!("x-{number}: y\r\n")).collect();
        let large = format!("x: {}\r\n", "y".repeat(MAX_HEAD * 2));
        for headers in [many, large] {
            let answer = told(address, &format!("GET / HTTP/1.1\r\n{headers}\r\n")).await;
            assert!(!answer.contains(" 200 ") && !answer.ends_with("127.0.0.1"), "{answer}");
        }
    }

    #[tokio::test]
    async fn whoever_sends_its_headers_a_letter_at_a_time_is_cut_off() {
        let (address, _stop) = start(Duration::from_millis(200)).await;
        let begun = Instant::now();
        let answer = told(address, "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
        assert!(!answer.contains(" 200 "), "{answer}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn what_is_under_way_is_finished() {
        let (address, stop) = start(HEAD_TIME).await;
        let asking = tokio::spawn(async move { told(address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
        let answer = asking.await.expect("asked");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(TcpStream::connect(address).await.is_err(), "nothing new is taken");
    }
}
