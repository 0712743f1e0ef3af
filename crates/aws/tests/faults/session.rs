//! Without a session nothing is done: whatever happens to AssumeRole, the account stays as it is.

use keywheel_aws::SessionFailed;
use keywheel_testkit::World;

use crate::fault::Way;
use crate::judge::judged_night;
use crate::night::session;
use crate::wire::Wire;

#[test]
fn a_role_that_cannot_be_assumed_is_an_error_and_nothing_is_changed() {
    let eve = World::busy_eve();
    for (way, sent) in
        [(Way::Throttled, 5), (Way::Failed, 5), (Way::Denied, 1), (Way::TimedOut, 3), (Way::EffectThenSilence, 3)]
    {
        let world = eve.fork();
        let wire = Wire::new(&world, Some((0, way)));
        let before = account(&world);
        let failed = wire.time.run(session(&wire)).unwrap_err();
        assert_eq!(matches!(failed, SessionFailed::Denied { .. }), way == Way::Denied, "{failed:?}");
        assert_eq!(failed.is_transient(), way != Way::Denied, "{failed:?}");
        let text = failed.to_string();
        for part in ["account 111122223333", "arn:aws:iam::111122223333:role/keywheel", "nothing was changed there"] {
            assert!(text.contains(part), "{text}");
        }
        let (ended, wrongs) = judged_night(&Wire::new(&world, Some((0, way))));
        assert!(ended.run.is_err() && wrongs.is_empty(), "{wrongs:?}");
        assert_eq!(account(&world), before, "{way:?}");
        let [call] = wire.calls().try_into().unwrap();
        assert_eq!(call.attempts, sent, "{way:?}");
    }
}

#[test]
fn a_role_whose_first_answer_is_lost_is_assumed_all_the_same() {
    for way in [Way::EffectThenBroken, Way::EffectThenFailed] {
        let wire = Wire::new(&World::busy_eve(), Some((0, way)));
        let session = wire.time.run(session(&wire)).unwrap();
        assert_eq!(session.writers, ["arn:aws:iam::111122223333:role/keywheel"]);
        assert_eq!(wire.calls()[0].attempts, 2, "{way:?}");
    }
}

/// Everything in the account that a run could change.
fn account(world: &World) -> String {
    let account = world.account();
    let keys: Vec<_> = account.users.values().map(|user| (&user.name, &user.keys)).collect();
    let ledger = serde_json::to_string(&account.ledger()).unwrap();
    format!("{keys:?} {:?} {ledger} {:?}", account.secrets, account.history)
}
