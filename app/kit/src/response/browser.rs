pub(super) fn set_status(_: http::StatusCode) {}

pub(super) fn set_title(_: &str) {}
