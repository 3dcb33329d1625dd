use leptos::prelude::*;

use crate::components::choice::Choice;

/// In the browser there are scripts.
pub(super) fn plain(_: &str, _: &str, _: &[(Choice, bool)], _: bool, _: bool, _: bool, _: bool) -> AnyView {
    ().into_any()
}
