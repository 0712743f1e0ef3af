//! Whether the random worlds try what the rules are about: a rule that nothing tries is not tested.

mod support;

use std::collections::BTreeMap;

use support::random::world;

/// How often the sample's plans hold each of the steps that the rules are about. The sample is the same in every run.
#[test]
fn the_random_worlds_try_every_rule() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let sample = 10_000;
    for seed in 0..sample {
        for step in world(seed).plan().steps.iter().filter(|step| step.action.is_change()) {
            *found.entry(format!("{}/{}", step.kind.as_str(), step.reason)).or_default() += 1;
        }
    }
    let changing = [
        ("create/rotation-due", 120),
        ("create/forced", 20),
        ("publish/replacement-pending", 50),
        ("deactivate/install-grace-over", 80),
        ("deactivate/max-hold-over", 8),
        ("retire/unused", 30),
        ("delete/recovery-grace-over", 20),
        ("delete/retired-grace-over", 100),
        ("delete/orphaned-key", 12),
        ("delete/foreign-inactive", 50),
        ("delete/emergency-grace-over", 8),
        ("rollback/rolled-back", 5),
        ("reconcile/never-stored", 20),
        ("reconcile/orphaned-key", 30),
    ];
    let too_few: Vec<_> = changing.iter().filter(|(step, least)| found.get(*step).unwrap_or(&0) < least).collect();
    assert!(too_few.is_empty(), "of {sample} worlds too few try {too_few:?}: {found:?}");
}
