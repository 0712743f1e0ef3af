//! In which form a verb says what it found.

/// The form of a verb whose findings make no rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
}

/// A document as verbs print it: for programs, and to be read.
pub(crate) fn json(document: &impl serde::Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}
