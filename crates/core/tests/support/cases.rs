//! How many random cases a property test tries, and which.

use proptest::test_runner::{Config, RngSeed};

/// The same cases in every usual run, so that a failure is the change's; a full run tries others.
const USUAL_SEED: u64 = 20_261_121;

/// So many cases of the usual seed, unless `PROPTEST_CASES` and `PROPTEST_RNG_SEED` say otherwise.
pub(crate) fn usual(cases: u32) -> Config {
    let asked = Config { failure_persistence: None, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { cases };
    let rng_seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(USUAL_SEED) } else { asked.rng_seed };
    Config { cases, rng_seed, ..asked }
}
