//! The actions that reach outside, against real git and against stand-ins that check each request.

mod catalog;
mod external;
mod git;
mod github;
mod gitlab;
mod support;
