use serde_json::{Value, json};

use super::*;

/// A run of two accounts, of which those named have answered; nobody has accounted for it.
fn run(at: &str, answered: &[&str]) -> StoredRun {
    let accounts = BOTH.map(|account| json!({ "account": account, "name": "payments" }));
    let manifest = json!({ "schema_version": 1, "run_id": format!("r-{}", &at[..10]), "mode": "enforce", "at": at,
        "accounts": accounts, "skipped": [] });
    StoredRun {
        manifest: serde_json::from_value(manifest).unwrap(),
        inventory: None,
        finish: None,
        answered: answered.iter().map(|account| account.parse().unwrap()).collect::<BTreeSet<_>>(),
    }
}

/// The run, accounted for.
fn accounted(at: &str, answered: &[&str], state: &str) -> StoredRun {
    let run = run(at, answered);
    let record = json!({ "schema_version": 1, "run_id": run.manifest.run_id, "mode": "enforce", "listed_at": at, "at": at,
        "state": state, "fan_out_finished": true,
        "accounts": { "listed": 2, "scanned": { "complete": answered.len(), "incomplete": [] },
            "skipped": { "count": 0, "reasons": {} },
            "unreachable": { "role": [], "unanswered": run.unanswered() }, "failed": [] },
        "sums": { "users": 0, "keys": 0, "steps": {}, "keys_overdue": 0 } });
    StoredRun { finish: Some(serde_json::from_value(record).unwrap()), ..run }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn status(runs: &[StoredRun], now: &str) -> Status {
    Status::of(runs, &BTreeMap::new(), at(now))
}

const BOTH: [&str; 2] = ["111100000001", "111100000002"];
const FIRST: [&str; 1] = ["111100000001"];

#[test]
fn while_a_run_goes_nothing_of_it_is_a_finding_and_when_it_has_ended_what_is_silent_is() {
    let now = "2026-11-20T08:15:00Z";
    let going = status(&[accounted("2026-11-20T02:00:00Z", &FIRST, "going")], now);
    assert_eq!((going.runs[0].state, going.has_findings()), (State::Going, false));
    assert!(going.failing.is_empty() && going.oldest_unanswered.is_none());
    let ended = status(&[accounted("2026-11-20T02:00:00Z", &FIRST, "ended")], now);
    assert_eq!((ended.runs[0].state, ended.has_findings()), (State::Incomplete, true));
    assert_eq!(ended.failing[0].ended, Ended::NeverAnswered);
}

#[test]
fn an_account_that_was_handed_on_does_not_fail_while_the_rest_of_it_is_awaited() {
    let result = json!({ "schema_version": 1, "run_id": "r-2026-11-20", "account": BOTH[1], "mode": "enforce",
        "at": "2026-11-20T02:10:00Z", "complete": false, "users": 1, "keys": 1, "steps": [], "counts": {},
        "handed_on": { "hop": 1, "from": "nora", "users": 1, "keys": 1, "complete": true } });
    let results = BTreeMap::from([(BOTH[1].parse().unwrap(), serde_json::from_value(result).unwrap())]);
    let of = |state| {
        let runs = [accounted("2026-11-20T02:00:00Z", &FIRST, state)];
        Status::of(&runs, &results, at("2026-11-20T03:00:00Z")).failing.iter().map(|one| one.ended).collect::<Vec<_>>()
    };
    assert_eq!(of("going"), []);
    assert!(of("ended").contains(&Ended::Incomplete));
}

#[test]
fn a_step_that_failed_for_good_is_a_finding_though_its_account_is_complete() {
    let with = |step| {
        let step = json!({ "user": "nora", "access_key_id": "AKIAAAAAAAAAAAAAAAA1", "step": "delete", "reason": "rotation-due",
            "status": step, "due": "2026-11-20T01:00:00Z", "error": "AccessDenied" });
        let result = |account: &str, steps: &[Value]| {
            let result = json!({ "schema_version": 1, "run_id": "r-2026-11-20", "account": account, "mode": "enforce",
                "at": "2026-11-20T02:10:00Z", "complete": true, "users": 1, "keys": 1, "steps": steps, "counts": {} });
            (account.parse().unwrap(), serde_json::from_value(result).unwrap())
        };
        let results = BTreeMap::from([result(BOTH[0], &[step]), result(BOTH[1], &[])]);
        let runs = [accounted("2026-11-20T02:00:00Z", &BOTH, "ended")];
        let status = Status::of(&runs, &results, at("2026-11-20T03:00:00Z"));
        (status.failed.len(), status.has_findings())
    };
    assert_eq!((with("failed"), with("done")), ((1, true), (0, false)));
}

#[test]
fn while_a_run_goes_the_one_before_it_is_judged() {
    let before = accounted("2026-11-19T02:00:00Z", &FIRST, "ended");
    let runs = [accounted("2026-11-20T02:00:00Z", &FIRST, "going"), before];
    let status = status(&runs, "2026-11-20T03:00:00Z");
    assert!(status.has_findings());
    assert_eq!(status.oldest_unanswered.unwrap().runs, 1);
}

#[test]
fn silence_is_counted_in_runs_in_a_row() {
    let runs = [
        run("2026-11-20T02:00:00Z", &FIRST),
        run("2026-11-19T02:00:00Z", &FIRST),
        run("2026-11-18T02:00:00Z", &BOTH),
        run("2026-11-17T02:00:00Z", &FIRST),
    ];
    let silent = status(&runs, "2026-11-21T02:00:00Z").oldest_unanswered.unwrap();
    assert_eq!((silent.account.as_str(), silent.runs, silent.since), (BOTH[1], 2, at("2026-11-19T02:00:00Z")));
}

#[test]
fn a_run_whose_results_nobody_has_added_up_is_not_called_complete() {
    let runs = [accounted("2026-11-20T02:00:00Z", &BOTH, "ended"), run("2026-11-19T02:00:00Z", &BOTH)];
    let status = status(&runs, "2026-11-21T02:00:00Z");
    assert_eq!(status.runs.iter().map(|run| run.state).collect::<Vec<_>>(), [State::Complete, State::Answered]);
}
