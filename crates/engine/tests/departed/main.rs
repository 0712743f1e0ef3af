//! What is left of accounts that left the organization: put away after the grace, never when a look failed, never of who is still there.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use keywheel_core::id::AccountId;
use keywheel_core::ledger::{AccountLedger, UserRecord};
use keywheel_engine::inventory::{NotPutAway, PutAway};
use keywheel_testkit::Operation;

use support::{
    BOBS, HOME, LEFT, SECRET, START, STAYED, SUSPENDED, hub, is_bobs_scheduled, is_scheduled, look, look_for,
    look_for_a_month, manifest, state,
};

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
async fn the_only_account_with_a_ledger_may_leave_by_a_list_that_has_the_account_that_looks() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    state.ledgers.lock().unwrap().retain(|account, _| account.as_str() == LEFT);
    state.manifest = manifest(&[HOME, "999988887777"], "enforce");
    look_for_a_month(&mut state, &hub).await;
    let put_away = look(&mut state, &hub, 35).await.unwrap();
    assert_eq!(put_away.done, [LEFT.parse().unwrap()]);
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

#[tokio::test]
async fn a_secret_that_fails_keeps_no_other() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    look_for_a_month(&mut state, &hub).await;
    hub.account().secrets.get_mut(SECRET).unwrap().versions.clear();
    let put_away = look(&mut state, &hub, 35).await.unwrap();
    let [(_, why)] = put_away.failed.as_slice() else { panic!("{put_away:?}") };
    assert!(why.contains(SECRET) && !why.contains(BOBS), "{why}");
    assert_eq!((state.ledgers().len(), is_scheduled(&hub), is_bobs_scheduled(&hub)), (3, false, true));
}

#[tokio::test]
async fn a_secret_that_somebody_restored_is_not_scheduled_again() {
    let (hub, ledger) = hub();
    let mut state = state(&ledger);
    look_for_a_month(&mut state, &hub).await;
    state.failing = "forget";
    for day in [35, 42, 49] {
        assert_eq!(look(&mut state, &hub, day).await.unwrap().failed.len(), 1);
        assert_eq!((is_scheduled(&hub), is_bobs_scheduled(&hub)), (day == 35, true));
        hub.account().secrets.get_mut(SECRET).unwrap().is_scheduled_for_deletion = false;
    }
    state.failing = "";
    assert_eq!(look(&mut state, &hub, 56).await.unwrap().done.len(), 1);
    assert_eq!((state.ledgers().len(), is_scheduled(&hub)), (2, false));
}

#[tokio::test]
async fn what_there_is_no_time_for_is_said_and_done_the_next_time() {
    for (minutes, scheduled) in [(1, [false, false]), (3, [true, false])] {
        let (hub, ledger) = hub();
        let mut state = state(&ledger);
        look_for_a_month(&mut state, &hub).await;
        let put_away = look_for(&mut state, &hub, 35, minutes).await.unwrap();
        let [(account, why)] = put_away.failed.as_slice() else { panic!("{put_away:?}") };
        assert_eq!((account.to_string().as_str(), why.as_str()), (LEFT, "no time was left for it"));
        assert_eq!((state.ledgers().len(), [is_scheduled(&hub), is_bobs_scheduled(&hub)]), (3, scheduled));
        assert_eq!(look(&mut state, &hub, 42).await.unwrap().done.len(), 1);
        assert_eq!((state.ledgers().len(), [is_scheduled(&hub), is_bobs_scheduled(&hub)]), (2, [true, true]));
    }
}

#[tokio::test]
async fn a_former_secret_and_one_that_is_being_made_are_found_too() {
    let as_left = |record: &mut UserRecord| record.secret_left = Some(START.parse().unwrap());
    let as_pending = |record: &mut UserRecord| record.keys.values_mut().for_each(|key| key.published = None);
    for change in [as_left as fn(&mut UserRecord), as_pending] {
        let (hub, mut ledger) = hub();
        let record = ledger.users.get_mut(&"alice".parse().unwrap()).unwrap();
        record.secret_arn = None;
        change(record);
        let mut state = state(&ledger);
        look_for_a_month(&mut state, &hub).await;
        assert_eq!(look(&mut state, &hub, 35).await.unwrap().done.len(), 1);
        assert!(is_scheduled(&hub));
    }
}
