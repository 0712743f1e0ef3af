//! Where events go that Lambda gives up, and whether any wait there.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use keywheel_aws::{SdkConfig, port_error};
use keywheel_engine::ports::{ErrorKind, PortError};
use keywheel_report::text::counted;

use super::finding::Verdict;
use super::ground::{Deployed, Ground};

/// Whether what the function failed at is kept, and how much of it waits for somebody.
pub(super) async fn failed_events(ground: &Ground, function: &Deployed) -> Verdict {
    let to_do = "give the function an on-failure destination, so that no event is lost in silence";
    let config = &ground.hub.config;
    let target = match &function.dead_letters {
        Some(target) => Ok(Some(target.clone())),
        None => destination(config, &function.name).await,
    };
    match target {
        Err(error) => Verdict::of_error(&error, to_do),
        Ok(None) => Verdict::warn("are dropped", to_do),
        Ok(Some(target)) => match queue(&target) {
            None => Verdict::ok(format!("go to {target}")),
            Some((account, name)) => match waiting(config, account, name).await {
                Ok(waiting) => judged(&target, waiting),
                Err(error) => Verdict::of_error(&error, "create the queue, or correct the function's destination"),
            },
        },
    }
}

async fn destination(config: &SdkConfig, function: &str) -> Result<Option<String>, PortError> {
    let lambda = aws_sdk_lambda::Client::new(config);
    let answer = lambda.get_function_event_invoke_config().function_name(function).send().await;
    match answer.map_err(|error| port_error("lambda:GetFunctionEventInvokeConfig", &error)) {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(answer) => {
            let on_failure = answer.destination_config.and_then(|config| config.on_failure);
            Ok(on_failure.and_then(|on_failure| on_failure.destination))
        }
    }
}

/// Account and name in `arn:<partition>:sqs:<region>:<account>:<name>`.
fn queue(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(2);
    (parts.next()? == "sqs").then_some(())?;
    Some((parts.nth(1)?, parts.next()?))
}

async fn waiting(config: &SdkConfig, account: &str, name: &str) -> Result<usize, PortError> {
    let client = Client::new(config);
    let found = client.get_queue_url().queue_name(name).queue_owner_aws_account_id(account).send().await;
    let found = found.map_err(|error| port_error("sqs:GetQueueUrl", &error))?;
    let waiting = QueueAttributeName::ApproximateNumberOfMessages;
    let ask = client.get_queue_attributes().set_queue_url(found.queue_url).attribute_names(waiting.clone());
    let answer = ask.send().await.map_err(|error| port_error("sqs:GetQueueAttributes", &error))?;
    let count = answer.attributes.as_ref().and_then(|attributes| attributes.get(&waiting)?.parse().ok());
    count.ok_or_else(|| PortError {
        operation: "sqs:GetQueueAttributes",
        kind: ErrorKind::Unanswered,
        message: format!("SQS does not say how much waits in {name}"),
    })
}

fn judged(target: &str, waiting: usize) -> Verdict {
    if waiting == 0 {
        return Verdict::ok(format!("go to {target}, where none waits"));
    }
    let to_do = "see what they are (aws sqs receive-message) and why they failed (the function's log), mend that, and purge the queue: the next \
                 night does what is still due";
    Verdict::warn(
        format!(
            "about {} in {target}",
            if waiting == 1 { "1 event waits".to_owned() } else { format!("{} wait", counted(waiting, "event")) }
        ),
        to_do,
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_queue_is_told_from_other_destinations() {
        assert_eq!(queue("arn:aws:sqs:eu-central-1:111122223333:failed"), Some(("111122223333", "failed")));
        assert_eq!(queue("arn:aws:sns:eu-central-1:111122223333:failed"), None);
        assert_eq!(queue("failed"), None);
    }

    #[test]
    fn events_that_wait_are_to_be_looked_at() {
        assert_eq!(judged("q", 0).of("group", "one").level, Level::Ok);
        let waits = judged("q", 2).of("group", "one");
        assert_eq!((waits.level, waits.found.as_str()), (Level::Warn, "about 2 events wait in q"));
    }
}
