//! The deployments, with everything switched on, and which of them an account belongs to.

use std::collections::BTreeSet;

use keywheel_core::id::AccountId;
use keywheel_core::policy::{ForeignInactiveKeys, Mode, UnusedKeys};
use keywheel_core::time::Days;
use keywheel_engine::inventory::rollout_rank;
use keywheel_testkit::{Night, Store, World};
use serde_json::json;

use super::people::OTHERS;
use crate::people::renamed;
use crate::play::name_of;

/// The day on which the deployment that began with the users' own accounts moves its secrets to the hub.
const MOVES_ON: u32 = 80;
/// In the first days the deployments only look.
const AUDIT_UNTIL: u32 = 7;
/// From which day on how many hundredths of the accounts take part.
const ROLLOUT: [(u32, u32); 4] = [(0, 100), (AUDIT_UNTIL, 10), (14, 50), (21, 100)];

/// An account of the organization, as the deployment knows it.
pub(crate) struct Membership {
    number: u64,
    id: AccountId,
    /// The day on which the account comes, and the one on which it leaves.
    from: u32,
    until: u32,
}

impl Membership {
    pub(crate) fn of(number: u64) -> Self {
        let from = if number % 10 == 7 { 60 } else { 0 };
        let until = if number % 10 == 8 { 150 } else { u32::MAX };
        Self { number, id: format!("{:012}", 111_122_223_300 + number).parse().unwrap(), from, until }
    }

    pub(crate) fn is_member(&self, day: u32) -> bool {
        (self.from..self.until).contains(&day)
    }

    /// What a night may do: nothing where the rollout does not reach the account yet.
    pub(crate) fn mode(&self, day: u32) -> Option<Mode> {
        let percent = ROLLOUT.iter().rfind(|(from, _)| *from <= day).map_or(0, |(_, percent)| *percent);
        let mode = if day < AUDIT_UNTIL { Mode::Audit } else { Mode::Enforce };
        (rollout_rank(&self.id) < percent).then_some(mode)
    }

    /// Whether the ledger is damaged now and then. Who loses a ledger when a call's answer is lost may be left with a key of unknown maker,
    /// so that here no answer is.
    pub(crate) fn has_damaged_ledgers(&self) -> bool {
        self.number % 5 == 4
    }

    /// The account on its first day.
    pub(crate) fn found(&self) -> World {
        let world = World::new("2026-11-20T02:00:00Z");
        let mut account = world.account();
        account.id = self.id.clone();
        account.store = if self.number % 3 == 1 { Store::Central } else { Store::Member };
        account.replica_regions = ["us-east-1".to_owned()].into();
        account.recipients.insert("operations".to_owned());
        // Whoever lost a ledger is told to say this, or the parameter counts as somebody else's.
        let adopt = self.has_damaged_ledgers();
        let others = (0..OTHERS).map(|number| name_of(number, OTHERS)).flat_map(|name| [renamed(&name), name]);
        let users: Vec<_> = others.chain(["steady-1".to_owned()]).map(|name| format!("*/{name}")).collect();
        let entry = json!({ "users": users, "layout": "new-old", "adopt": adopt });
        account.parameter_list = Some(json!({ "schema_version": 1, "parameters": [entry] }).to_string());
        account.groups.insert("exempt".to_owned(), BTreeSet::new());
        drop(account);
        world
    }

    /// What changes in the deployment on this day.
    pub(crate) fn change(&self, day: u32, world: &World) {
        if self.number % 3 == 2 && day == MOVES_ON {
            let mut account = world.account();
            account.store = Store::Central;
            account.knows_other_store = true;
        }
    }

    /// A night of its deployment.
    pub(crate) fn night(&self) -> Night {
        let mut night = Night { email: format!("owner-{}@example.com", self.number), ..Night::default() };
        night.account_name = format!("account-{}", self.number);
        let settings = &mut night.settings;
        settings.exemption_group = Some("exempt".to_owned());
        settings.secret_readers = vec!["arn:aws:iam::*:role/break-glass".to_owned()];
        settings.audience.owner_tag = Some("Owner".to_owned());
        settings.audience.security_email = Some("security@example.com".to_owned());
        settings.audience.encrypted_delivery = true;
        let policy = &mut settings.policy;
        policy.parameters = true;
        policy.ack_forget_after = Some(Days(90));
        policy.freeze = "2026-12-20/2027-01-05".parse().unwrap();
        if self.number % 2 == 1 {
            policy.foreign_inactive_keys = ForeignInactiveKeys::Delete;
            policy.unused_keys = UnusedKeys::Rotate;
        }
        night
    }
}
