//! Where everything random comes from.

use keywheel_testkit::{Fault, Operation};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The random course of one account.
pub(crate) struct Chance(TestRunner);

impl Chance {
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self(TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, random))
    }

    pub(crate) fn draw<T>(&mut self, from: impl Strategy<Value = T>) -> T {
        from.new_tree(&mut self.0).unwrap().current()
    }

    pub(crate) fn once_in(&mut self, days: u32) -> bool {
        self.draw(0..days) == 0
    }
}

/// What may fail for a whole night.
pub(crate) fn outages() -> impl Strategy<Value = (Operation, Fault)> {
    use Operation::{
        CreateAccessKey, GetAccessKeyLastUsed, GetCredentialReport, GetGroup, GetUser, ListAccessKeys, ListUsers,
        LoadLedger, Prove, PutPending, SaveLedger, UpdateAccessKey,
    };
    prop::sample::select(vec![
        (CreateAccessKey, Fault::LostAfter),
        (CreateAccessKey, Fault::Denied),
        (GetAccessKeyLastUsed, Fault::Throttled),
        (GetCredentialReport, Fault::Denied),
        (GetGroup, Fault::Denied),
        (GetUser, Fault::Throttled),
        (ListAccessKeys, Fault::Throttled),
        (ListUsers, Fault::Denied),
        (LoadLedger, Fault::LostBefore),
        (Prove, Fault::Throttled),
        (PutPending, Fault::Denied),
        (PutPending, Fault::Death),
        (SaveLedger, Fault::ConflictAfter),
        (UpdateAccessKey, Fault::LostAfter),
        (UpdateAccessKey, Fault::Denied),
    ])
}
