use serde_json::json;

use super::*;

fn wrong(event: &Value) -> String {
    InventoryEvent::parse(event).expect_err("the event should be refused").to_string()
}

#[test]
fn a_schedulers_own_event_asks_for_nothing() {
    let scheduled = json!({
        "version": "0", "id": "d4aa1d57", "detail-type": "Scheduled Event", "source": "aws.scheduler",
        "account": "111122223333", "time": "2026-11-20T02:00:00Z", "region": "eu-central-1", "resources": [], "detail": "{}"
    });
    for event in
        [json!(null), json!({}), scheduled, json!({ "trigger": "nightly" }), json!({ "mode": null, "run_id": "" })]
    {
        assert_eq!(InventoryEvent::parse(&event), Ok(InventoryEvent::Run(RunEvent::default())), "{event}");
    }
}

#[test]
fn mode_accounts_and_run_id_narrow_a_run() {
    let event = json!({ "mode": "audit", "accounts": ["111122223333", "000000000001", "111122223333"], "run_id": "by-hand",
        "sweep": true });
    let InventoryEvent::Run(read) = InventoryEvent::parse(&event).unwrap() else { panic!("no run") };
    assert_eq!((read.mode, read.sweep), (Some(Mode::Audit), true));
    assert_eq!(read.accounts.unwrap().len(), 2);
    assert_eq!(read.run_id.unwrap().as_str(), "by-hand");
}

#[test]
fn a_run_is_accounted_for_by_its_id_or_as_the_latest() {
    let parse = |event: Value| InventoryEvent::parse(&event).unwrap();
    assert_eq!(parse(json!({ "finish": "latest" })), InventoryEvent::Finish(WantedRun::Latest));
    let named = WantedRun::Named("20261120T020007Z-1a2b3c4d".parse().unwrap());
    assert_eq!(parse(json!({ "finish": "20261120T020007Z-1a2b3c4d", "source": "x" })), InventoryEvent::Finish(named));
    assert_eq!(parse(json!({ "finish": null })), InventoryEvent::Run(RunEvent::default()));
}

#[test]
fn what_a_run_hands_itself_goes_on_with_it() {
    let event = json!({ "run_id": "r-1", "mode": "audit", "hand_on": { "hop": 12 } });
    let expected = GoOnEvent { run_id: "r-1".parse().unwrap(), mode: Some(Mode::Audit), hop: 12 };
    assert_eq!(InventoryEvent::parse(&event), Ok(InventoryEvent::GoOn(expected)));
}

#[test]
fn a_malformed_value_is_named() {
    for (event, part) in [
        (json!([]), "not a JSON object"),
        (json!("audit"), "not a JSON object"),
        (json!({ "mode": "Audit" }), "mode is \"Audit\""),
        (json!({ "mode": true }), "mode is true"),
        (json!({ "accounts": [] }), "accounts is empty"),
        (json!({ "accounts": "111122223333" }), "not a list"),
        (json!({ "accounts": ["111122223333", "1\r\n2"] }), r#""1\r\n2" is not an AWS account id"#),
        (json!({ "accounts": [111_122_223_333_u64] }), "111122223333 is not text"),
        (json!({ "run_id": "../x" }), "is not a run id"),
        (json!({ "run_id": 7 }), "run_id is 7"),
        (json!({ "sweep": "yes" }), "sweep is \"yes\""),
        (json!({ "run_id": "latest" }), "name the run otherwise"),
        (json!({ "finish": "" }), "\"\" is not a run id"),
        (json!({ "finish": "../x" }), "\"../x\" is not a run id"),
        (json!({ "finish": true }), "finish is true"),
        (json!({ "hand_on": { "hop": 1 } }), "run_id"),
        (json!({ "hand_on": { "hop": 0 }, "run_id": "r" }), "from 1 to 12"),
        (json!({ "hand_on": { "hop": 13 }, "run_id": "r" }), "from 1 to 12"),
        (json!({ "hand_on": {}, "run_id": "r" }), "from 1 to 12"),
        (json!({ "hand_on": { "hop": 1 }, "run_id": "r", "accounts": ["111122223333"] }), "no accounts"),
    ] {
        let message = wrong(&event);
        assert!(message.contains(part), "{event}: {message}");
        assert!(!message.contains('\n'));
    }
}

#[test]
fn what_would_be_silently_missed_is_refused() {
    for (event, part) in [
        (json!({ "finish": "r-1", "accounts": ["111122223333"] }), "send \"finish\" alone"),
        (json!({ "finish": "latest", "mode": "audit" }), "send \"finish\" alone"),
        (json!({ "Finish": "r-1" }), "write \"finish\""),
        (json!({ "dryrun": true }), "belongs into an event for key-rotation"),
        (json!({ "force_rotate": ["alice"] }), "belongs into an event for key-rotation"),
        (json!({ "account": "111122223333" }), "write \"accounts\""),
        (json!({ "Mode": "audit" }), "write \"mode\""),
        (json!({ "ACCOUNTS": ["111122223333"] }), "write \"accounts\""),
    ] {
        let message = wrong(&event);
        assert!(message.contains(part), "{event}: {message}");
    }
}
