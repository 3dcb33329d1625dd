use leptos::prelude::*;

use super::Plain;

/// In the browser there are scripts.
pub(super) fn plain(_: Plain) -> AnyView {
    ().into_any()
}
