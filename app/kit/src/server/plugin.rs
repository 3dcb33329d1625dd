//! The plugin contract, the server's part.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{MethodFilter, on, post};
use http::Method;

use super::jobs;
use crate::identity::Caller;
use crate::plugin::{Hit, PluginInfo};

/// What a plugin does on the server. It is made once per process and shared; everything that must last is in the database.
#[async_trait]
pub trait Plugin: Send + Sync + 'static {
    /// What the plugin is.
    fn info(&self) -> &'static PluginInfo;

    /// Its HTTP routes besides pages and server functions. Each path lies under one of the plugin's prefixes.
    fn routes(&self) -> Routes {
        Routes::new()
    }

    /// Puts what its server functions work with into the context of the request at hand.
    fn provide_context(&self) {}

    /// The handlers of its kinds of job, by kind; a kind begins with the plugin's id and a dot.
    fn jobs(&self) -> Vec<(&'static str, Arc<dyn jobs::Handler>)> {
        Vec::new()
    }

    /// The kinds of job that have a worker of their own, beside [`Self::jobs`].
    fn lanes(&self) -> Vec<jobs::Lane> {
        Vec::new()
    }

    /// Whether it can do its work at the moment. Called often: it must be cheap and must not wait for a remote system.
    async fn health(&self) -> Health {
        Health::Up
    }

    /// The best `limit` matches, of those that the caller may see, for what somebody typed in the global search.
    async fn search(&self, _caller: &Caller, _query: &str, _limit: u32) -> Vec<Hit> {
        Vec::new()
    }

    /// What it holds under these names of its own, as it is now: only what is there and what the caller may see, with the name of each.
    async fn items(&self, _caller: &Caller, _items: &[String]) -> Vec<(String, Hit)> {
        Vec::new()
    }

    /// What the caller can do at once about what messages lead to, by the address: only what is simple, and allowed as it stands now.
    async fn acts(&self, _caller: &Caller, _addresses: &[String]) -> Vec<(String, Vec<Act>)> {
        Vec::new()
    }

    /// Whether the caller may see all that the plugin's search looks through, so that any word of it may be suggested.
    fn shows_all(&self, _caller: &Caller) -> bool {
        true
    }
}

/// Something that can be done where it is told of, as a plain form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What the button says.
    pub label: &'static str,
    /// The server function that the form is posted to.
    pub posts_to: &'static str,
    /// What is sent with it.
    pub fields: Vec<(&'static str, String)>,
    /// What has to be entered: the name of the field, and what people read.
    pub asks: Option<(&'static str, &'static str)>,
}

/// Whether a plugin can do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Up,
    /// It can, and somebody has to look after something; the instance stays ready.
    Ailing(String),
    /// It cannot, for the given reason.
    Down(String),
}

/// What a form may put round a file, in bytes.
const ROUND_A_FILE: usize = 64 << 10;

/// How many bytes a route takes, where it is not what all others take: an extension of its answers.
#[derive(Debug, Clone, Copy)]
pub struct Limit(pub usize);

/// A router that remembers its routes, so that a test can ask each of them without signing in.
#[derive(Debug, Default)]
pub struct Routes {
    /// The routes as axum takes them.
    pub router: Router,
    /// Those that take files, each with a limit of its own in place of that of all others.
    pub files: Router,
    /// The same routes as a list.
    pub listed: Vec<(Method, &'static str)>,
}

impl Routes {
    /// No routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a GET route.
    pub fn get<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.on(Method::GET, MethodFilter::GET, path, handler)
    }

    /// Adds a POST route.
    pub fn post<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.on(Method::POST, MethodFilter::POST, path, handler)
    }

    /// Adds a POST route that takes a file of so many bytes, and the little that a form puts round it.
    pub fn post_file<H, T>(mut self, path: &'static str, most: usize, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.listed.push((Method::POST, path));
        let limit = most + ROUND_A_FILE;
        let say = move |mut response: Response| async move {
            response.extensions_mut().insert(Limit(most));
            response
        };
        let route = post(handler).layer(DefaultBodyLimit::max(limit)).layer(map_response(say));
        Self { files: self.files.route(path, route), ..self }
    }

    /// Adds a DELETE route.
    pub fn delete<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.on(Method::DELETE, MethodFilter::DELETE, path, handler)
    }

    fn on<H, T>(mut self, method: Method, filter: MethodFilter, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.listed.push((method, path));
        Self { router: self.router.route(path, on(filter, handler)), ..self }
    }
}
