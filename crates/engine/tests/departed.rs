//! What is left of accounts that left the organization: put away after the grace, never when a look failed, never of who is still there.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::time::{Days, after, minus};
use keywheel_engine::inventory::{NotPutAway, PutAway, PuttingAway, put_away};
use keywheel_engine::ports::{Clock, Departures, ErrorKind, ListedAccount, PortError, ReadFailed};
use keywheel_testkit::{Night, Operation, Store, World};

const SECRET: &str = "Account_111122223333_User_alice_AccessKey";
const LEFT: &str = "111122223333";
const STAYED: &str = "222233334444";
const SUSPENDED: &str = "333344445555";
const START: &str = "2026-11-20T06:00:00Z";

/// The state bucket of an organization of which one account has left.
struct State {
    /// As of the day on which it is looked.
    manifest: Manifest,
    /// How many days old it is.
    manifest_age: u32,
    /// What Organizations lists when it is asked again; by default the accounts of the manifest.
    listed_again: Option<Result<Vec<&'static str>, String>>,
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
        manifest_age: 0,
        listed_again: None,
        departed: Mutex::default(),
        ledgers: Mutex::new(ledgers.into()),
        failing: "",
        calls: Mutex::default(),
    }
}

async fn look(state: &mut State, hub: &World, day: u32) -> Result<PutAway, NotPutAway> {
    let now = after(START.parse().unwrap(), Days(day));
    state.manifest.at = minus(now, Days(state.manifest_age).duration() + SignedDuration::from_hours(4));
    let wanted = PuttingAway { grace: Days(30), until: Timestamp::MAX };
    let state = &*state;
    put_away(state, hub, &At(now), listing(state), &"r-1".parse().unwrap(), wanted).await
}

/// Looks once a week, so that the next look finds the account missing for a month.
async fn look_for_a_month(state: &mut State, hub: &World) {
    for day in [0, 7, 14, 21, 28] {
        look(state, hub, day).await.unwrap();
    }
}

async fn listing(state: &State) -> Result<Vec<ListedAccount>, String> {
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

fn is_scheduled(hub: &World) -> bool {
    hub.account().secrets[SECRET].is_scheduled_for_deletion
}

const ALL: [&str; 3] = [LEFT, STAYED, SUSPENDED];

#[tokio::test]
async fn an_account_that_left_is_put_away_after_the_grace_and_who_is_suspended_stays() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    let first = look(&mut state, &hub, 0).await.unwrap();
    assert_eq!(first, PutAway { newly_missing: vec![LEFT.parse().unwrap()], ..PutAway::default() });
    for day in [7, 14, 21, 28] {
        assert_eq!(look(&mut state, &hub, day).await.unwrap(), PutAway::default());
        assert_eq!((state.ledgers(), is_scheduled(&hub)), (ALL.map(str::to_owned).to_vec(), false), "{day}");
    }
    let done = look(&mut state, &hub, 35).await.unwrap();
    assert_eq!(done, PutAway { done: vec![LEFT.parse().unwrap()], ..PutAway::default() });
    assert_eq!((state.ledgers(), is_scheduled(&hub)), (vec![STAYED.to_owned(), SUSPENDED.to_owned()], true));
    assert_eq!(look(&mut state, &hub, 42).await.unwrap(), PutAway::default());
    assert!(state.departed.lock().unwrap().as_ref().unwrap().accounts.is_empty());
}

#[tokio::test]
async fn between_two_weeks_one_object_is_read_and_nothing_else() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    look(&mut state, &hub, 0).await.unwrap();
    state.calls.lock().unwrap().clear();
    look(&mut state, &hub, 3).await.unwrap();
    assert_eq!(*state.calls.lock().unwrap(), ["departed"]);
}

#[tokio::test]
async fn an_account_that_is_back_keeps_everything() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    look(&mut state, &hub, 0).await.unwrap();
    state.manifest = manifest(&[STAYED, LEFT], "enforce");
    for day in [7, 14, 21, 28, 35, 42] {
        look(&mut state, &hub, day).await.unwrap();
    }
    state.manifest = manifest(&[STAYED], "enforce");
    look(&mut state, &hub, 49).await.unwrap();
    assert_eq!((state.ledgers().len(), is_scheduled(&hub)), (3, false));
}

#[tokio::test]
async fn in_an_audit_and_with_most_accounts_missing_nothing_is_noted() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    state.manifest = manifest(&[STAYED], "audit");
    look(&mut state, &hub, 0).await.unwrap();
    assert!(state.departed.lock().unwrap().is_none());
    state.manifest = manifest(&[], "enforce");
    for nth in 0..20 {
        let id: AccountId = format!("4444{nth:08}").parse().unwrap();
        state.ledgers.lock().unwrap().insert(id.clone(), AccountLedger::new(id));
    }
    let refused = look(&mut state, &hub, 0).await.unwrap_err();
    assert!(matches!(refused, NotPutAway::TooManyMissing(_)), "{refused}");
    assert!(state.departed.lock().unwrap().is_none());
}

#[tokio::test]
async fn whatever_look_fails_nothing_is_put_away_then_and_all_of_it_a_week_later() {
    for failing in ["departed", "manifest", "with_ledger", "put_departed", "ledger", "forget"] {
        let (hub, ledger) = hub();
        let mut state = state(&ledger);
        look_for_a_month(&mut state, &hub).await;
        state.failing = failing;
        let failed = look(&mut state, &hub, 35).await.map_or(true, |put_away| put_away.failed.len() == 1);
        assert!(failed && state.ledgers().len() == 3, "{failing}");
        assert_eq!(is_scheduled(&hub), failing == "forget", "{failing}");
        state.failing = "";
        look(&mut state, &hub, 42).await.unwrap();
        assert_eq!((state.ledgers().len(), is_scheduled(&hub)), (2, true), "{failing}");
    }
}

#[tokio::test]
async fn an_old_list_and_one_that_was_looked_at_before_say_nothing() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    state.manifest_age = 2;
    look(&mut state, &hub, 0).await.unwrap();
    assert!(state.departed.lock().unwrap().is_none());
    state.manifest_age = 0;
    look_for_a_month(&mut state, &hub).await;
    // From now on no run lists anything: the account may be back.
    for day in [35, 42, 49] {
        state.manifest_age = day - 28;
        assert_eq!(look(&mut state, &hub, day).await.unwrap(), PutAway::default());
    }
    assert_eq!((state.ledgers().len(), is_scheduled(&hub)), (3, false));
    // And when one does again, the account is missed anew.
    state.manifest_age = 0;
    for day in [56, 63, 70, 77, 84] {
        assert!(look(&mut state, &hub, day).await.unwrap().done.is_empty());
    }
    assert_eq!(look(&mut state, &hub, 91).await.unwrap().done.len(), 1);
}

#[tokio::test]
async fn organizations_is_asked_again_before_anything_is_put_away() {
    let lists = [
        (Ok(vec![STAYED, LEFT]), "has account 111122223333"),
        (Ok(vec![]), "only 0 of the 2"),
        (Ok(vec!["999988887777"]), "only 0 of the 2"),
        (Err("AccessDenied".to_owned()), "could not be listed again: AccessDenied"),
    ];
    for (listed_again, says) in lists {
        let (hub, ledger) = hub();
        let mut state = state(&ledger);
        look_for_a_month(&mut state, &hub).await;
        assert!(!state.calls.lock().unwrap().contains(&"listing".to_owned()));
        state.listed_again = Some(listed_again);
        let put_away = look(&mut state, &hub, 35).await.unwrap();
        let [(account, why)] = put_away.failed.as_slice() else { panic!("{put_away:?}") };
        assert!(account.to_string() == LEFT && why.contains(says), "{why}");
        assert_eq!((put_away.done.len(), state.ledgers().len(), is_scheduled(&hub)), (0, 3, false), "{says}");
        state.listed_again = None;
        assert_eq!(look(&mut state, &hub, 42).await.unwrap().done.len(), 1);
    }
}

#[tokio::test]
async fn where_every_account_is_missing_nobody_is() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    state.manifest = manifest(&["999988887777"], "enforce");
    state.manifest.skipped.clear();
    let refused = look(&mut state, &hub, 0).await.unwrap_err();
    assert!(matches!(refused, NotPutAway::TooManyMissing(_)), "{refused}");
    assert!(state.departed.lock().unwrap().is_none());
}

#[tokio::test]
async fn a_secret_that_cannot_be_looked_at_or_is_not_of_keywheels_making_keeps_its_account() {
    for is_denied in [true, false] {
        let (hub, ledger) = hub();
        let mut state = state(&ledger);
        look_for_a_month(&mut state, &hub).await;
        if is_denied {
            hub.fail_every(Operation::DescribeSecret, keywheel_testkit::Fault::Denied);
        } else {
            hub.account().secrets.get_mut(SECRET).unwrap().versions.clear();
        }
        let put_away = look(&mut state, &hub, 35).await.unwrap();
        let [(account, why)] = put_away.failed.as_slice() else { panic!("{put_away:?}") };
        assert_eq!(
            (account.to_string().as_str(), state.ledgers().len(), is_scheduled(&hub)),
            (LEFT, 3, false),
            "{why}"
        );
    }
}
