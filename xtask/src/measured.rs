//! Times and sizes that the commands tell people. Each comes from a run; the date and machine of that run are in
//! `docs/testing.md`.

/// How long the demo's build takes with an empty target directory, in words.
pub(crate) const COLD_BUILD: Option<&str> = None;

/// How long the demo's build takes when nothing changed, in words.
pub(crate) const WARM_BUILD: Option<&str> = None;

/// What a whole test run leaves on the disk, in gibibytes.
pub(crate) const DISK_GIBIBYTES: u64 = 6;
