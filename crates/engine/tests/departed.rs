//! What is left of accounts that left the organization: put away after the grace, never when a look failed, never of who is still there.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::time::{Days, after};
use keywheel_engine::inventory::{NotPutAway, PutAway, PuttingAway, put_away};
use keywheel_engine::ports::{Clock, Departures, ErrorKind, PortError, ReadFailed};
use keywheel_testkit::{Night, Operation, Store, World};

const SECRET: &str = "Account_111122223333_User_alice_AccessKey";
const LEFT: &str = "111122223333";
const STAYED: &str = "222233334444";
const SUSPENDED: &str = "333344445555";
const START: &str = "2026-11-20T06:00:00Z";

/// The state bucket of an organization of which one account has left.
struct State {
    manifest: Manifest,
    departed: Mutex<Option<DepartedAccounts>>,
    ledgers: Mutex<BTreeMap<AccountId, AccountLedger>>,
    /// The call that fails.
    failing: &'static str,
    calls: Mutex<Vec<String>>,
}

impl State {
    fn call(&self, name: &'static str) -> Result<(), PortError> {
        self.calls.lock().unwrap().push(name.to_owned());
        let message = format!("{name} fails");
        let failed = PortError { operation: name, kind: ErrorKind::Denied, message };
        if self.failing == name { Err(failed) } else { Ok(()) }
    }

    fn ledgers(&self) -> Vec<String> {
        self.ledgers.lock().unwrap().keys().map(ToString::to_string).collect()
    }
}

impl Departures for State {
    async fn departed(&self) -> Result<Option<DepartedAccounts>, PortError> {
        self.call("departed")?;
        Ok(self.departed.lock().unwrap().clone())
    }

    async fn put_departed(&self, departed: &DepartedAccounts) -> Result<(), PortError> {
        self.call("put_departed")?;
        *self.departed.lock().unwrap() = Some(departed.clone());
        Ok(())
    }

    async fn manifest(&self, _: &RunId) -> Result<Option<Manifest>, PortError> {
        self.call("manifest")?;
        Ok(Some(self.manifest.clone()))
    }

    async fn with_ledger(&self) -> Result<BTreeSet<AccountId>, PortError> {
        self.call("with_ledger")?;
        Ok(self.ledgers.lock().unwrap().keys().cloned().collect())
    }

    async fn ledger(&self, account: &AccountId) -> Result<AccountLedger, ReadFailed> {
        self.call("ledger")?;
        Ok(self.ledgers.lock().unwrap()[account].clone())
    }

    async fn forget(&self, account: &AccountId) -> Result<(), PortError> {
        self.call("forget")?;
        self.ledgers.lock().unwrap().remove(account);
        Ok(())
    }
}

/// The moment at which it is looked.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

fn manifest(accounts: &[&str], mode: &str) -> Manifest {
    let account = |id: &&str| serde_json::json!({ "account": id, "name": "a", "email": "a@example.com" });
    let manifest = serde_json::json!({
        "schema_version": SCHEMA, "run_id": "r-1", "mode": mode, "at": START,
        "accounts": accounts.iter().map(account).collect::<Vec<_>>(),
        "skipped": [{ "account": SUSPENDED, "reason": "suspended" }],
    });
    serde_json::from_value(manifest).unwrap()
}

/// Alice of the account that left has a secret in the hub.
fn hub() -> (World, AccountLedger) {
    let world = World::new("2026-11-01T02:00:00Z");
    {
        let mut account = world.account();
        account.add_user_with_key("alice", 95);
        (account.store, account.knows_other_store) = (Store::Central, true);
    }
    let _ = Night::default().on(&world);
    world.forget();
    let ledger = world.account().ledger();
    assert!(world.account().secrets.contains_key(SECRET));
    (world, ledger)
}

fn state(ledger: &AccountLedger) -> State {
    let empty = |id: &str| (id.parse().unwrap(), AccountLedger::new(id.parse().unwrap()));
    let ledgers = [(ledger.account.clone(), ledger.clone()), empty(STAYED), empty(SUSPENDED)];
    State {
        manifest: manifest(&[STAYED], "enforce"),
        departed: Mutex::default(),
        ledgers: Mutex::new(ledgers.into()),
        failing: "",
        calls: Mutex::default(),
    }
}

async fn look(state: &State, hub: &World, day: u32) -> Result<PutAway, NotPutAway> {
    let now = after(START.parse().unwrap(), Days(day));
    let wanted = PuttingAway { grace: Days(30), until: Timestamp::MAX };
    put_away(state, hub, &At(now), &"r-1".parse().unwrap(), wanted).await
}

fn is_scheduled(hub: &World) -> bool {
    hub.account().secrets[SECRET].is_scheduled_for_deletion
}

const ALL: [&str; 3] = [LEFT, STAYED, SUSPENDED];

#[tokio::test]
async fn an_account_that_left_is_put_away_after_the_grace_and_who_is_suspended_stays() {
    let (hub, ledger) = hub();
    let state = state(&ledger);
    let first = look(&state, &hub, 0).await.unwrap();
    assert_eq!(first, PutAway { newly_missing: vec![LEFT.parse().unwrap()], ..PutAway::default() });
    for day in [7, 14, 21, 28] {
        assert_eq!(look(&state, &hub, day).await.unwrap(), PutAway::default());
        assert_eq!((state.ledgers(), is_scheduled(&hub)), (ALL.map(str::to_owned).to_vec(), false), "{day}");
    }
    let done = look(&state, &hub, 35).await.unwrap();
    assert_eq!(done, PutAway { done: vec![LEFT.parse().unwrap()], ..PutAway::default() });
    assert_eq!((state.ledgers(), is_scheduled(&hub)), (vec![STAYED.to_owned(), SUSPENDED.to_owned()], true));
    assert_eq!(look(&state, &hub, 42).await.unwrap(), PutAway::default());
    assert!(state.departed.lock().unwrap().as_ref().unwrap().accounts.is_empty());
}

#[tokio::test]
async fn between_two_weeks_one_object_is_read_and_nothing_else() {
    let (hub, ledger) = hub();
    let state = state(&ledger);
    look(&state, &hub, 0).await.unwrap();
    state.calls.lock().unwrap().clear();
    look(&state, &hub, 3).await.unwrap();
    assert_eq!(*state.calls.lock().unwrap(), ["departed"]);
}

#[tokio::test]
async fn an_account_that_is_back_keeps_everything() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    look(&state, &hub, 0).await.unwrap();
    state.manifest = manifest(&[STAYED, LEFT], "enforce");
    for day in [7, 14, 21, 28, 35, 42] {
        look(&state, &hub, day).await.unwrap();
    }
    state.manifest = manifest(&[STAYED], "enforce");
    look(&state, &hub, 49).await.unwrap();
    assert_eq!((state.ledgers().len(), is_scheduled(&hub)), (3, false));
}

#[tokio::test]
async fn in_an_audit_and_with_most_accounts_missing_nothing_is_noted() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    state.manifest = manifest(&[STAYED], "audit");
    look(&state, &hub, 0).await.unwrap();
    assert!(state.departed.lock().unwrap().is_none());
    state.manifest = manifest(&[], "enforce");
    for nth in 0..20 {
        let id: AccountId = format!("4444{nth:08}").parse().unwrap();
        state.ledgers.lock().unwrap().insert(id.clone(), AccountLedger::new(id));
    }
    let refused = look(&state, &hub, 0).await.unwrap_err();
    assert!(matches!(refused, NotPutAway::TooManyMissing(_)), "{refused}");
    assert!(state.departed.lock().unwrap().is_none());
}

#[tokio::test]
async fn whatever_look_fails_nothing_is_put_away_then_and_all_of_it_a_week_later() {
    for failing in ["departed", "manifest", "with_ledger", "put_departed", "ledger", "forget"] {
        let (hub, ledger) = hub();
        let mut state = state(&ledger);
        look(&state, &hub, 0).await.unwrap();
        state.failing = failing;
        let failed = look(&state, &hub, 35).await.map_or(true, |put_away| put_away.failed.len() == 1);
        assert!(failed && state.ledgers().len() == 3, "{failing}");
        assert_eq!(is_scheduled(&hub), failing == "forget", "{failing}");
        state.failing = "";
        look(&state, &hub, 42).await.unwrap();
        assert_eq!((state.ledgers().len(), is_scheduled(&hub)), (2, true), "{failing}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_looked_at_or_is_not_of_keywheels_making_keeps_its_account() {
    for is_denied in [true, false] {
        let (hub, ledger) = hub();
        let state = state(&ledger);
        look(&state, &hub, 0).await.unwrap();
        if is_denied {
            hub.fail_every(Operation::DescribeSecret, keywheel_testkit::Fault::Denied);
        } else {
            hub.account().secrets.get_mut(SECRET).unwrap().versions.clear();
        }
        let put_away = look(&state, &hub, 35).await.unwrap();
        let [(account, why)] = put_away.failed.as_slice() else { panic!("{put_away:?}") };
        assert_eq!(
            (account.to_string().as_str(), state.ledgers().len(), is_scheduled(&hub)),
            (LEFT, 3, false),
            "{why}"
        );
    }
}
