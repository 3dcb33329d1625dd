//! The check as a whole, in a real browser.

mod cases;
mod hostile;
mod labelled;
mod salt;
mod set;
mod support;
