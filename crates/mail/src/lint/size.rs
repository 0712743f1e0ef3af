//! How long a mail may be.

use super::{Finding, Part};

/// Gmail shows the first 102 kB of a message and hides the rest behind a link.
const LONGEST_HTML: usize = 102_000;

pub(super) fn check(html: &Part<'_>) -> Vec<Finding> {
    let length = html.text.len();
    if length <= LONGEST_HTML {
        return Vec::new();
    }
    let thousand = |bytes: usize| bytes / 1_000;
    let message =
        format!("comes out {} kB long, and Gmail hides what comes after {}", thousand(length), thousand(LONGEST_HTML));
    vec![html.fault(
        "size",
        None,
        message,
        "show less of each entry where `compact` is true, and keep the styles short",
    )]
}
