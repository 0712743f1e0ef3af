//! A half-year in the life of an organization: 200 days over 40 accounts with everything switched on. People and hosts, faults and
//! explicit actions are random; the rules are judged at every call, and what is promised every day.
//!
//! `HALF_YEAR_ACCOUNTS` sets the number of accounts, `PROPTEST_RNG_SEED` another half-year.

mod chance;
mod days;
mod deployment;
mod people;
mod promises;
mod sums;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use days::live;
use sums::Sums;

/// How many accounts a plain `cargo test` follows; in the step of its own name there are forty.
const FEW_ACCOUNTS: u64 = 2;
const DAYS: u32 = 200;

/// The same half-year in every usual run; a full run tries another.
const USUAL_SEED: u64 = 20_261_122;

#[test]
fn half_a_year_in_the_life_of_an_organization() {
    let asked = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = asked.unwrap_or(USUAL_SEED);
    let asked = std::env::var("HALF_YEAR_ACCOUNTS").ok().and_then(|accounts| accounts.parse().ok());
    let accounts = asked.unwrap_or(FEW_ACCOUNTS);
    let (sums, broken) = (Mutex::new(Sums::default()), Mutex::new(Vec::new()));
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < accounts)
                {
                    let lived = live(number, seed);
                    sums.lock().unwrap_or_else(PoisonError::into_inner).add(&lived.sums);
                    broken.lock().unwrap_or_else(PoisonError::into_inner).extend(lived.broken);
                }
            });
        }
    });
    let (sums, mut broken) = (sums.into_inner().unwrap(), broken.into_inner().unwrap());
    broken.sort();
    eprintln!("half a year: {accounts} accounts, {DAYS} days, PROPTEST_RNG_SEED={seed}\n{sums}");
    assert!(broken.is_empty(), "with PROPTEST_RNG_SEED={seed}\n{}", broken.join("\n"));
    sums.assert_that_it_was_tried(accounts > FEW_ACCOUNTS);
}
