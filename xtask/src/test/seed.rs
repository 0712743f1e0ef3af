//! The seed of the property tests.

use std::time::SystemTime;

/// The caller's own seed repeats an earlier run.
pub(super) fn seed() -> String {
    std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.as_nanos().to_string().chars().rev().take(12).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::seed;

    #[test]
    fn a_seed_is_a_number_that_proptest_takes() {
        assert!(seed().parse::<u64>().is_ok());
    }
}
