//! Random accounts with a random past: the forecast of their next weeks is what then happens.

use jiff::SignedDuration;
use keywheel_core::observed::KeyStatus;
use keywheel_core::policy::{ForeignInactiveKeys, Periods, Policy, UnusedKeys};
use keywheel_core::time::{Days, minus};
use keywheel_engine::account::Settings;
use keywheel_forecast::Hosts;
use keywheel_testkit::{Habit, Night, World};
use proptest::prelude::*;

use crate::support::{GROUP, NOW, Told, foretold, lived, look, sorted, told};

/// A user at the beginning.
#[derive(Clone, Debug)]
struct Beginner {
    ages: Vec<u32>,
    works: bool,
    unused_for: Option<u32>,
    first_is_inactive: bool,
    exempt: bool,
}

fn beginner() -> impl Strategy<Value = Beginner> {
    let ages = prop::collection::vec(0..180_u32, 1..=2);
    let flags = (prop::bool::weighted(0.7), prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (ages, flags, prop::option::of(90..120_u32)).prop_map(|(ages, flags, unused_for)| Beginner {
        ages,
        works: flags.0,
        unused_for,
        first_is_inactive: flags.1,
        exempt: flags.2,
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let periods = prop::sample::select(vec![(10, 12, 15), (20, 23, 33), (90, 100, 135), (30, 37, 50)]);
    let max_hold = prop::sample::select(vec![None, Some(Days(0)), Some(Days(5)), Some(Days(30))]);
    let freeze = prop::sample::select(vec!["", "", "2026-12-20/2027-01-05"]);
    (periods, max_hold, freeze, 1..8_usize, any::<[bool; 3]>()).prop_map(|(periods, max_hold, freeze, most, flags)| {
        Policy {
            periods: Periods::new(Days(periods.0), Days(periods.1), Days(periods.2)).unwrap(),
            max_hold,
            unused_keys: if flags[0] { UnusedKeys::Retire } else { UnusedKeys::Rotate },
            foreign_inactive_keys: if flags[1] { ForeignInactiveKeys::Keep } else { ForeignInactiveKeys::Delete },
            require_notice: flags[2],
            max_changes: most,
            freeze: freeze.parse().unwrap(),
            ..Policy::default()
        }
    })
}

fn set(beginners: &[Beginner], habit: Habit) -> World {
    let world = World::new(NOW);
    let mut account = world.account();
    // So no key is made in the second in which its night began.
    account.behaviour.call_takes = SignedDuration::from_millis(200);
    account.groups.entry(GROUP.to_owned()).or_default();
    for (number, beginner) in beginners.iter().enumerate() {
        let name = format!("user-{number}");
        account.add_user(&name);
        let keys: Vec<_> = beginner.ages.iter().map(|age| (account.add_key(&name, *age), *age)).collect();
        let (youngest, age) = keys.iter().min_by_key(|(_, age)| *age).unwrap().clone();
        let now = account.now;
        if beginner.works {
            account.user_mut(&name).habit = habit;
            account.user_mut(&name).installed = Some(youngest.clone());
            account.use_key(&name, &youngest, now);
        } else if let Some(days) = beginner.unused_for.filter(|days| *days < age) {
            // Not within UNUSED_AFTER, or a forecast would have hosts come back.
            account.use_key(&name, &youngest, minus(now, Days(days).duration()));
        }
        if beginner.first_is_inactive && keys[0].0 != youngest {
            account.set_status(&name, &keys[0].0, KeyStatus::Inactive);
        }
        if beginner.exempt {
            account.groups.get_mut(GROUP).unwrap().insert(name.parse().unwrap());
        }
    }
    drop(account);
    world
}

fn agree(beginners: &[Beginner], policy: Policy, habit: Habit, past: u32) -> Result<(), TestCaseError> {
    let hosts = if habit == Habit::Installs { Hosts::Installed } else { Hosts::NotInstalled };
    let world = set(beginners, habit);
    let night = Night::default();
    let settings = Settings { policy, exemption_group: Some(GROUP.to_owned()), ..night.settings };
    let night = Night { settings: settings.clone(), ..Night::default() };
    lived(&world, &night, &look(&world, &settings), past);
    let beginning = look(&world, &settings);
    let forecast = foretold(&world, &settings, hosts, 50);
    let lived = lived(&world, &night, &beginning, 50);
    for (night, real) in forecast.nights.iter().zip(lived) {
        let expected = sorted(night.steps.iter().map(told).collect());
        let only = |these: &[Told], those: &[Told]| -> Vec<_> {
            these.iter().filter(|step| !those.contains(step)).cloned().collect()
        };
        let differences = (only(&expected, &real), only(&real, &expected));
        prop_assert_eq!(&expected, &real, "night {}, after {} earlier ones: {:?}", night.number, past, differences);
    }
    Ok(())
}

/// So many cases of the usual seed, unless `PROPTEST_CASES` and `PROPTEST_RNG_SEED` say otherwise.
fn usual(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { cases };
    ProptestConfig { cases, failure_persistence: None, ..asked }
}

proptest! {
    #![proptest_config(usual(12))]

    #[test]
    fn where_hosts_install_new_keys_the_forecast_is_what_then_happens(
        beginners in prop::collection::vec(beginner(), 1..5), policy in policy(), past in 0..60_u32,
    ) {
        agree(&beginners, policy, Habit::Installs, past)?;
    }

    #[test]
    fn where_hosts_never_install_new_keys_the_forecast_is_what_then_happens(
        beginners in prop::collection::vec(beginner(), 1..5), policy in policy(), past in 0..60_u32,
    ) {
        agree(&beginners, policy, Habit::NeverInstalls, past)?;
    }
}
