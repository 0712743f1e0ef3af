//! `docs/configuration.md`, rendered from the variables themselves.

use std::fmt::Write;

use super::variable::{ALL, Function, Unset, Variable};

/// The reference of every environment variable, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         <!-- Rendered from crates/runtime/src/config/variable.rs; UPDATE_DOCS=1 cargo test -p keywheel-runtime writes it anew. -->\n\n\
         The functions read their environment and nothing else. An empty variable counts as not set. A wrong or missing one stops the\n\
         function at start with one error that names every such variable, its value and what is accepted. The standard AWS variables\n\
         (`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`) apply everywhere.\n\n\
         The three periods are ages counted from a key's creation, and `ROTATION_PERIOD < INACTIVE_PERIOD < INACTIVE_BUFFER` must hold.\n\
         What binds is the interval between two of them, so a key that is 400 days old on the first run still gets its full grace.\n",
    );
    for function in [Function::AccountInventory, Function::KeyRotation, Function::Notification] {
        let _ = write!(
            page,
            "\n## {}\n\n| variable | without it | accepted | meaning |\n|---|---|---|---|\n",
            function.name()
        );
        for variable in ALL.iter().filter(|variable| variable.functions.contains(&function)) {
            page.push_str(&row(variable));
        }
    }
    page
}

fn row(variable: &Variable) -> String {
    let unset = match variable.unset {
        Unset::Refused => "refused".to_owned(),
        Unset::Default(text) => format!("`{text}`"),
        Unset::Means(meaning) => meaning.to_owned(),
    };
    let cells = [unset.as_str(), variable.accepted, variable.meaning].map(|cell| cell.replace('|', "\\|"));
    format!("| `{}` | {} |\n", variable.name, cells.join(" | "))
}
