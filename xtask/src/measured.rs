//! Times and sizes that the commands tell people. Each comes from a run; the date and machine of that run are in
//! `docs/testing.md`.

/// How long the demo's build takes with an empty target directory, in words.
pub(crate) const COLD_BUILD: &str = "about 6 minutes on two cores";

/// How long the demo's build takes when nothing changed, in words.
pub(crate) const WARM_BUILD: &str = "a few seconds when nothing did";

/// What the demo needs on the disk, in gibibytes, rounded up.
pub(crate) const DEMO_GIBIBYTES: u64 = 3;

/// What a whole test run needs on the disk, in gibibytes, rounded up.
pub(crate) const TEST_GIBIBYTES: u64 = 9;
