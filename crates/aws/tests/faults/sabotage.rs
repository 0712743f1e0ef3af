//! A wire that does wrong itself: the judge must say so, or the sweep would show nothing.

use keywheel_testkit::World;

use crate::judge::judged_night;
use crate::wire::{Sabotage, Wire};

fn wrongs_of(sabotage: Sabotage) -> Vec<String> {
    let world = World::busy_eve_with_parameters().fork();
    // AWS's quota of two keys is not exact under load.
    world.account().behaviour.quota_is_racy = true;
    judged_night(&Wire::sabotaged(&world, sabotage)).1
}

#[test]
fn a_wire_that_sends_create_access_key_twice_is_found_out() {
    let wrongs = wrongs_of(Sabotage::CreatesTwice).join("; ");
    assert!(wrongs.contains("sent 2 times: iam:CreateAccessKey rotated"), "{wrongs}");
    assert!(wrongs.contains("a second key was made for rotated in one run"), "{wrongs}");
}

#[test]
fn a_wire_that_deletes_keys_too_early_is_found_out() {
    let wrongs = wrongs_of(Sabotage::DeletesInsteadOfDeactivating).join("; ");
    assert!(wrongs.contains("an active key of inactive was deleted"), "{wrongs}");
}

#[test]
fn a_wire_that_brings_a_secret_half_into_an_error_is_found_out() {
    let wrongs = wrongs_of(Sabotage::QuotesAHalf).join("; ");
    assert!(wrongs.contains("holds a secret half"), "{wrongs}");
}
