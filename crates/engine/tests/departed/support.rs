//! A state bucket and a hub of which an account has left, and looks at them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::time::{Days, after, minus, plus};
use keywheel_engine::inventory::{NotPutAway, PutAway, PuttingAway, put_away};
use keywheel_engine::ports::{Clock, Departures, ErrorKind, ListedAccount, PortError, ReadFailed};
use keywheel_testkit::{Night, Store, World};

pub(crate) const SECRET: &str = "Account_111122223333_User_alice_AccessKey";
pub(crate) const BOBS: &str = "Account_111122223333_User_bob_AccessKey";
pub(crate) const LEFT: &str = "111122223333";
pub(crate) const STAYED: &str = "222233334444";
pub(crate) const SUSPENDED: &str = "333344445555";
/// The account that looks.
pub(crate) const HOME: &str = "555566667777";
pub(crate) const START: &str = "2026-11-20T06:00:00Z";

/// The state bucket of an organization of which one account has left.
pub(crate) struct State {
    /// As of the day on which it is looked.
    pub(crate) manifest: Manifest,
    /// How many days old it is.
    pub(crate) manifest_age: u32,
    /// What Organizations lists when it is asked again; by default the accounts of the manifest.
    pub(crate) listed_again: Option<Result<Vec<&'static str>, String>>,
    pub(crate) departed: Mutex<Option<DepartedAccounts>>,
    pub(crate) ledgers: Mutex<BTreeMap<AccountId, AccountLedger>>,
    /// The call that fails.
    pub(crate) failing: &'static str,
    pub(crate) calls: Mutex<Vec<String>>,
}

impl State {
    fn call(&self, name: &'static str) -> Result<(), PortError> {
        self.calls.lock().unwrap().push(name.to_owned());
        let message = format!("{name} fails");
        let failed = PortError { operation: name, kind: ErrorKind::Denied, message };
        if self.failing == name { Err(failed) } else { Ok(()) }
    }

    pub(crate) fn ledgers(&self) -> Vec<String> {
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

/// The moment at which it is looked; each time somebody asks, a minute has passed.
struct At(Timestamp, AtomicU32);

impl Clock for At {
    fn now(&self) -> Timestamp {
        let minutes = self.1.fetch_add(1, Ordering::Relaxed);
        plus(self.0, SignedDuration::from_mins(minutes.into()))
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

pub(crate) fn manifest(accounts: &[&str], mode: &str) -> Manifest {
    let account = |id: &&str| serde_json::json!({ "account": id, "name": "a", "email": "a@example.com" });
    let manifest = serde_json::json!({
        "schema_version": SCHEMA, "run_id": "r-1", "mode": mode, "at": START,
        "accounts": accounts.iter().map(account).collect::<Vec<_>>(),
        "skipped": [{ "account": SUSPENDED, "reason": "suspended" }],
    });
    serde_json::from_value(manifest).unwrap()
}

/// Alice and Bob of the account that left have a secret in the hub.
pub(crate) fn hub() -> (World, AccountLedger) {
    let world = World::new("2026-11-01T02:00:00Z");
    {
        let mut account = world.account();
        account.add_user_with_key("alice", 95);
        account.add_user_with_key("bob", 95);
        (account.store, account.knows_other_store) = (Store::Central, true);
    }
    let _ = Night::default().on(&world);
    world.forget();
    let ledger = world.account().ledger();
    assert!(world.account().secrets.contains_key(SECRET));
    (world, ledger)
}

pub(crate) fn state(ledger: &AccountLedger) -> State {
    let empty = |id: &str| (id.parse().unwrap(), AccountLedger::new(id.parse().unwrap()));
    let ledgers = [(ledger.account.clone(), ledger.clone()), empty(STAYED), empty(SUSPENDED)];
    State {
        manifest: manifest(&[STAYED], "enforce"),
        manifest_age: 0,
        listed_again: None,
        departed: Mutex::default(),
        ledgers: Mutex::new(ledgers.into()),
        failing: "",
        calls: Mutex::default(),
    }
}

pub(crate) async fn look(state: &mut State, hub: &World, day: u32) -> Result<PutAway, NotPutAway> {
    look_for(state, hub, day, 60).await
}

/// So many minutes are there for it.
pub(crate) async fn look_for(state: &mut State, hub: &World, day: u32, minutes: i64) -> Result<PutAway, NotPutAway> {
    let now = after(START.parse().unwrap(), Days(day));
    state.manifest.at = minus(now, Days(state.manifest_age).duration() + SignedDuration::from_hours(4));
    let until = plus(now, SignedDuration::from_mins(minutes));
    let wanted = PuttingAway { home: Some(HOME.parse().unwrap()), grace: Days(30), until };
    let (state, clock) = (&*state, At(now, AtomicU32::new(0)));
    put_away(state, hub, &clock, async { listing(state) }, &"r-1".parse().unwrap(), wanted).await
}

/// Looks once a week, so that the next look finds the account missing for a month.
pub(crate) async fn look_for_a_month(state: &mut State, hub: &World) {
    for day in [0, 7, 14, 21, 28] {
        look(state, hub, day).await.unwrap();
    }
}

fn listing(state: &State) -> Result<Vec<ListedAccount>, String> {
    state.calls.lock().unwrap().push("listing".to_owned());
    let of_the_run = || state.manifest.accounts.iter().map(|account| account.account.to_string()).collect();
    let ids: Vec<String> = match &state.listed_again {
        Some(listed) => listed.clone()?.into_iter().map(str::to_owned).collect(),
        None => of_the_run(),
    };
    let account = |id: &String| ListedAccount {
        id: id.parse().unwrap(),
        name: "a".to_owned(),
        email: "a@example.com".to_owned(),
        state: "ACTIVE".to_owned(),
    };
    Ok(ids.iter().map(account).collect())
}

pub(crate) fn is_scheduled(hub: &World) -> bool {
    hub.account().secrets[SECRET].is_scheduled_for_deletion
}

pub(crate) fn is_bobs_scheduled(hub: &World) -> bool {
    hub.account().secrets[BOBS].is_scheduled_for_deletion
}
