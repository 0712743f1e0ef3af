//! Hands what is left of an account to a further invocation of this very function.

use std::time::Duration;

use keywheel_core::contract::hand_on::HandOn;
use keywheel_core::contract::job::AccountJob;
use keywheel_engine::account::{AccountRun, Inheritance};
use keywheel_engine::ports::Invoker;
use serde_json::Value;

/// What an earlier invocation left, by the job.
pub(crate) fn inherited(job: &AccountJob) -> Option<Inheritance> {
    let HandOn { hop, claim, from, sweep } = job.hand_on.clone()?;
    Some(Inheritance { hop, claim, from: Some(from), sweep })
}

/// The job of the invocation that is to go on; none where nothing is left. It is for this run and no looser than it was, whatever
/// the function is configured to by then.
pub(crate) fn event(job: &AccountJob, run: &AccountRun) -> Option<AccountJob> {
    let Inheritance { hop, claim, from, sweep } = run.hand_on.clone()?;
    let hand_on = Some(HandOn { hop, claim, from: from?, sweep });
    let (run_id, mode) = (Some(run.result.run_id.clone()), Some(run.result.mode));
    Some(AccountJob { run_id, mode, hand_on, ..job.clone() })
}

/// Queues the job for `function`, which is tried for `time`.
pub(crate) async fn invoke(
    invoker: &impl Invoker,
    function: &str,
    job: &AccountJob,
    time: Duration,
) -> Result<(), String> {
    if function.is_empty() {
        return Err("the function does not know its own ARN".to_owned());
    }
    let event: Value = serde_json::to_value(job).map_err(|error| error.to_string())?;
    match tokio::time::timeout(time, invoker.invoke(function, &event)).await {
        Ok(taken) => {
            taken.map_err(|error| format!("{error}; the function's role needs lambda:InvokeFunction on itself"))
        }
        Err(_) => Err(format!("Lambda did not answer within {} s", time.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use keywheel_core::contract::result::AccountResult;
    use keywheel_core::policy::Mode;
    use keywheel_engine::ports::{ErrorKind, PortError};
    use serde_json::json;

    use super::*;

    struct Lambda {
        taken: Mutex<Vec<(String, Value)>>,
        answers: bool,
        refuses: bool,
    }

    impl Invoker for Lambda {
        async fn invoke(&self, function: &str, event: &Value) -> Result<(), PortError> {
            if !self.answers {
                std::future::pending::<()>().await;
            }
            if self.refuses {
                let (operation, message) = ("lambda:InvokeFunction", "not allowed".to_owned());
                return Err(PortError { operation, kind: ErrorKind::Denied, message });
            }
            self.taken.lock().unwrap().push((function.to_owned(), event.clone()));
            Ok(())
        }
    }

    fn lambda(answers: bool, refuses: bool) -> Lambda {
        Lambda { taken: Mutex::default(), answers, refuses }
    }

    fn job() -> AccountJob {
        let event = json!({"account": "111122223333", "name": "payments", "email": "owner@example.com", "force_rotate": ["bob"]});
        AccountJob::parse(event).unwrap()
    }

    fn run(hand_on: Option<Inheritance>) -> AccountRun {
        let result = json!({"schema_version": 1, "run_id": "night-1", "account": "111122223333", "mode": "audit",
            "at": "2026-11-20T02:00:00Z", "complete": false, "users": 0, "keys": 0, "steps": [], "counts": {}});
        let result: AccountResult = serde_json::from_value(result).unwrap();
        AccountRun { result, digests: Vec::new(), retry_helps: false, hand_on, rest_waits: false, lacks_report: false }
    }

    fn left() -> Inheritance {
        Inheritance { hop: 3, claim: "heir".to_owned(), from: Some("carol".parse().unwrap()), sweep: false }
    }

    #[test]
    fn the_next_invocation_gets_the_same_job_of_the_same_run_and_what_is_left() {
        let next = event(&job(), &run(Some(left()))).unwrap();
        assert_eq!(
            (next.mode, next.run_id.as_ref().map(ToString::to_string)),
            (Some(Mode::Audit), Some("night-1".to_owned()))
        );
        let read = AccountJob::parse(serde_json::to_value(&next).unwrap()).unwrap();
        assert_eq!(inherited(&read), Some(left()));
        assert_eq!((read.email, read.force_rotate), (job().email, job().force_rotate));
        assert!(event(&job(), &run(None)).is_none() && inherited(&job()).is_none());
    }

    #[tokio::test]
    async fn the_function_invokes_itself_once() {
        let (lambda, job) = (lambda(true, false), job());
        invoke(&lambda, "arn:aws:lambda:eu-central-1:111122223333:function:key-rotation", &job, Duration::from_secs(5))
            .await
            .unwrap();
        let taken = lambda.taken.into_inner().unwrap();
        assert_eq!(taken.len(), 1);
        assert!(taken[0].0.ends_with(":key-rotation") && taken[0].1["name"] == "payments");
    }

    #[tokio::test]
    async fn an_invocation_that_cannot_be_handed_on_says_why() {
        for (lambda, arn, said) in [
            (lambda(true, true), "arn", "lambda:InvokeFunction on itself"),
            (lambda(false, false), "arn", "did not answer within"),
            (lambda(true, false), "", "its own ARN"),
        ] {
            let error = invoke(&lambda, arn, &job(), Duration::from_millis(50)).await.unwrap_err();
            assert!(error.contains(said), "{error}");
            let mut run = run(Some(left()));
            run.keep_the_rest(&error);
            assert!(run.retry_helps && run.hand_on.is_none() && !run.result.complete);
            let text = run.result.error.unwrap();
            assert!(text.contains("from user carol on") && text.contains(said), "{text}");
        }
    }
}
