//! Runs as Lambda may treat them: events that come twice, processes that die anywhere, calls that are refused.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use keywheel_core::id::AccountId;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::tests::{Ended, deliver};
use crate::inventory::fakes::{World, id};
use crate::inventory::tests::settings;
use crate::inventory::{InventoryError, InventorySettings};
use crate::ports::ErrorKind;

/// What happens to one delivery of an event.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    /// The process dies at this call, before or after it has its effect.
    dies: Option<(usize, bool)>,
    /// Lambda delivers the event once more, though it succeeded.
    again: bool,
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    let delivery = (prop::option::weighted(0.5, (0..12_usize, any::<bool>())), prop::bool::weighted(0.3));
    vec(delivery.prop_map(|(dies, again)| Delivery { dies, again }), 40)
}

fn refusals() -> impl Strategy<Value = Vec<(u32, usize, ErrorKind)>> {
    let kind = prop_oneof![Just(ErrorKind::Throttled), Just(ErrorKind::Unanswered), Just(ErrorKind::Denied)];
    vec((1..20_u32, 0..12_usize, kind), 0..6)
}

/// Delivers one event; none where the process died.
async fn delivered(world: &World, settings: &InventorySettings, event: &Value, how: Delivery) -> Option<Ended> {
    *world.dies.lock().unwrap() = how.dies;
    let ended = tokio::select! {
        biased;
        () = world.died.notified() => None,
        ended = deliver(world, settings, event) => Some(ended),
    };
    *world.dies.lock().unwrap() = None;
    world.is_dead.store(false, Ordering::Relaxed);
    world.under_way.store(0, Ordering::Relaxed);
    ended
}

/// Lambda: an event is tried three times, and may come again later all the same. Brings whether one was given up for good.
async fn lambda(world: &World, settings: &InventorySettings, deliveries: &[Delivery]) -> bool {
    let mut deliveries = deliveries.iter().copied().chain(std::iter::repeat(Delivery { dies: None, again: false }));
    let (mut queue, mut given_up) = (vec![Value::Null], false);
    while let Some(event) = queue.pop() {
        let mut has_answered = false;
        for _ in 0..3 {
            let how = deliveries.next().unwrap();
            let ended = delivered(world, settings, &event, how).await;
            queue.append(&mut world.handed_on.lock().unwrap());
            honest(world);
            has_answered = ended.is_some();
            match ended {
                Some(Ok(_)) => {
                    queue.extend(how.again.then(|| event.clone()));
                    break;
                }
                None | Some(Err(InventoryError::Incomplete(_))) => {}
                Some(Err(other)) => panic!("{other}"),
            }
        }
        given_up |= !has_answered;
    }
    given_up
}

/// Nothing that is stored calls an account invoked that was not.
fn honest(world: &World) {
    let invoked: BTreeSet<String> = world.invoked().into_iter().collect();
    let Some(manifest) = world.manifest.lock().unwrap().clone() else { return };
    let claims = |not: BTreeSet<&AccountId>| {
        let claimed = manifest.accounts.iter().map(|account| &account.account).filter(|account| !not.contains(account));
        let wrong: Vec<_> = claimed.filter(|account| !invoked.contains(account.as_str())).collect();
        assert!(wrong.is_empty(), "claimed and not invoked: {wrong:?}");
    };
    for checkpoint in world.checkpoints.lock().unwrap().values().filter(|one| one.listed_at == manifest.at) {
        let failed = checkpoint.failed.iter().map(|failed| &failed.account);
        claims(checkpoint.left.iter().chain(failed).collect());
    }
    if let Some(record) = world.record.lock().unwrap().as_ref().filter(|one| one.listed_at == Some(manifest.at)) {
        claims(record.result.accounts.failed.iter().map(|failed| &failed.account).collect());
        let accounts = &record.result.accounts;
        assert_eq!(accounts.listed, accounts.invoked + accounts.skipped.len() + accounts.failed.len());
    }
}

proptest! {
    #[test]
    fn wherever_it_dies_and_however_often_it_is_delivered_every_account_is_invoked_or_reported(
        accounts in 1..20_u32,
        takes in prop_oneof![Just(0_usize), Just(3_000), Just(10_000), Just(25_000)],
        concurrency in 1..4_usize,
        refusals in refusals(),
        deliveries in deliveries(),
    ) {
        let world = World { invocation_takes: takes, ..World::of(1..=accounts) };
        for (account, times, kind) in refusals {
            world.refusing.lock().unwrap().insert(id(account), (times, kind));
        }
        let settings = InventorySettings { fanout_concurrency: concurrency, ..settings() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let given_up = runtime.block_on(lambda(&world, &settings, &deliveries));
        let manifest = world.manifest.lock().unwrap().clone();
        let record = world.record.lock().unwrap().clone();
        if given_up {
            return Ok(());
        }
        let (manifest, record) = (manifest.unwrap(), record.unwrap());
        prop_assert_eq!(record.listed_at, Some(manifest.at));
        prop_assert!(record.result.handed_on.is_none());
        let invoked: BTreeSet<String> = world.invoked().into_iter().collect();
        let failed: BTreeSet<&AccountId> = record.result.accounts.failed.iter().map(|failed| &failed.account).collect();
        for number in 1..=accounts {
            let account = id(number);
            prop_assert!(invoked.contains(account.as_str()) || failed.contains(&account), "{account} is lost");
        }
    }
}
