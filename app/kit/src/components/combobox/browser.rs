use super::Plain;

/// In the browser there are scripts.
pub(super) fn plain(_: Plain) -> String {
    String::new()
}
