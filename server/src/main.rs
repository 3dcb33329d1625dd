//! The `portico` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::run()
}
