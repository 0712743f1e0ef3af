//! The pages of `docs/` that are rendered from code are what the code says.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

/// Compares a page with what it is rendered from; with `UPDATE_DOCS` set, writes it.
fn is_fresh(page: &str, rendered: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, rendered).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == rendered, "docs/{page} is stale; write it with: UPDATE_DOCS=1 cargo test -p keywheel-runtime");
}

#[test]
fn the_page_of_variables_is_fresh() {
    is_fresh("configuration.md", &keywheel_runtime::config::reference());
}

#[test]
fn the_page_of_errors_is_fresh() {
    is_fresh("errors.md", &keywheel_runtime::errors_reference());
}

#[test]
fn the_page_of_the_log_is_fresh() {
    is_fresh("logs.md", &keywheel_runtime::telemetry::logs_reference());
}

#[test]
fn the_page_of_metrics_is_fresh() {
    is_fresh("metrics.md", &keywheel_runtime::telemetry::metrics_reference());
}
