//! Any bytes, and near misses, for everything that is read.

use std::time::{Duration, Instant};

use keywheel_hostile::{TARGETS, Target};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::{odd, random};

/// The same cases in every usual run; a full run tries others.
const USUAL_SEED: u64 = 20_261_122;
/// No input may take longer. Most take less than a millisecond; a machine may be busy.
const LONGEST: Duration = Duration::from_secs(20);

/// Rendering a mail takes a hundred times as long as reading anything else, which is tried so many times as often.
const SLOW: [&str; 2] = ["digest", "templates"];
const MORE_OFTEN: u32 = 8;

fn runner(target: &Target) -> TestRunner {
    let asked = Config { failure_persistence: None, ..Config::default() };
    let rng_seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(USUAL_SEED) } else { asked.rng_seed };
    let times = if SLOW.contains(&target.name) { 1 } else { MORE_OFTEN };
    TestRunner::new(Config { rng_seed, cases: asked.cases * times, ..asked })
}

fn tried(target: &Target, bytes: &[u8]) {
    let begun = Instant::now();
    (target.check)(bytes);
    let took = begun.elapsed();
    assert!(took < LONGEST, "{} took {took:?} for {} bytes", target.name, bytes.len());
}

#[test]
fn samples_keep_the_promises() {
    for target in TARGETS {
        for seed in random::seeds(target) {
            tried(target, &seed);
        }
    }
}

#[test]
fn odd_inputs_keep_the_promises() {
    for target in TARGETS {
        for bytes in odd::inputs() {
            tried(target, &bytes);
        }
    }
}

#[test]
fn arbitrary_bytes_keep_the_promises() {
    for target in TARGETS {
        let strategy = proptest::collection::vec(any::<u8>(), 0..300);
        let tries = runner(target).run(&strategy, |bytes| {
            tried(target, &bytes);
            Ok(())
        });
        tries.unwrap_or_else(|error| panic!("{}: {error}", target.name));
    }
}

#[test]
fn near_misses_keep_the_promises() {
    for target in TARGETS {
        let seeds = random::seeds(target);
        let tries = runner(target).run(&random::changes(), |(seed, changes)| {
            let seed = &seeds[usize::try_from(seed).unwrap() % seeds.len()];
            tried(target, &random::changed(seed, &changes));
            Ok(())
        });
        tries.unwrap_or_else(|error| panic!("{}: {error}", target.name));
    }
}
