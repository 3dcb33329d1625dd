pub(super) fn set_status(_: http::StatusCode) {}
