//! Plan files hold every step that there can be, and tell when one was changed.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use keywheel_core::contract::plan_file::{PlanFile, PlanFileRefused, PlannedAccount};
use keywheel_core::policy::Mode;
use proptest::prelude::*;
use serde_json::Value;
use support::World;
use support::random::worlds;

fn file(world: &World) -> PlanFile {
    let (name, email) = ("payments".to_owned(), String::new());
    let account =
        PlannedAccount { account_id: "111122223333".parse().unwrap(), name, email, steps: world.plan().steps };
    PlanFile::new(Some("o-example".to_owned()), support::now(), Mode::Audit, vec![account]).unwrap()
}

/// Every place in the value that has no fields of its own.
fn leaves(value: &Value, at: &str) -> Vec<String> {
    let inner = |part: (String, &Value)| leaves(part.1, &format!("{at}/{}", part.0));
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).flat_map(inner).collect(),
        Value::Array(values) => {
            values.iter().enumerate().map(|(place, value)| (place.to_string(), value)).flat_map(inner).collect()
        }
        _ => vec![at.to_owned()],
    }
}

proptest! {
    #![proptest_config(support::cases::usual(500))]

    #[test]
    fn what_is_saved_is_what_is_read(world in worlds()) {
        let file = file(&world);
        prop_assert_eq!(PlanFile::parse(file.text().unwrap().as_bytes()).unwrap(), file);
    }

    #[test]
    fn no_change_to_an_account_or_a_step_goes_unseen(world in worlds(), place in any::<prop::sample::Index>()) {
        let mut value = serde_json::to_value(file(&world)).unwrap();
        let places = leaves(&value["accounts"], "/accounts");
        let place: &String = place.get(&places);
        let changed = value.pointer_mut(place).unwrap();
        *changed = Value::from(format!("{changed}0"));
        let refused = PlanFile::parse(value.to_string().as_bytes());
        let is_refused = matches!(refused, Err(PlanFileRefused::Changed { .. } | PlanFileRefused::Unreadable(_)));
        prop_assert!(is_refused);
    }
}
