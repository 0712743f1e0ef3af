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
