//! The server as a whole: the real plugins on real databases, asked as a browser, a script or a terminal asks.

mod advisories;
mod cli;
mod corpus;
mod crash;
mod definition;
mod docs;
mod find;
mod fuzz;
mod graph;
mod harden;
mod http;
mod ingest;
mod invariants;
mod look;
mod migration;
mod operate;
mod order;
mod people;
mod plans;
mod probe;
mod register;
mod remote;
mod rest;
mod security;
mod sign_in;
mod support;
