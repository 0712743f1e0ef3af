//! One night of many, in which calls may fail: account-inventory is invoked, and all that follows is waited for.

use anyhow::bail;
use serde_json::{Value, json};

use crate::admin::FunctionCall;
use crate::functions::ACCOUNT_INVENTORY;
use crate::night::{self, scheduler_event};
use crate::stage::Stage;

/// What may fail: in words, and as the emulator is told.
pub(super) fn faults() -> Vec<(&'static str, Value)> {
    let times = |operation: &str, error: &str, status: u16, times: i32, after: bool| {
        json!({ "operation": operation,
        "error": error, "status": status, "times": times, "after": after })
    };
    vec![
        ("two answers of CreateAccessKey lost", times("iam:CreateAccessKey", "ServiceFailure", 500, 2, true)),
        ("CreateAccessKey denied", times("iam:CreateAccessKey", "AccessDenied", 403, -1, false)),
        ("UpdateAccessKey denied", times("iam:UpdateAccessKey", "AccessDenied", 403, -1, false)),
        ("an answer of UpdateAccessKey lost", times("iam:UpdateAccessKey", "ServiceFailure", 500, 1, true)),
        ("DeleteAccessKey throttled", times("iam:DeleteAccessKey", "Throttling", 400, 4, false)),
        ("ListAccessKeys throttled", times("iam:ListAccessKeys", "Throttling", 400, 12, false)),
        ("GetAccessKeyLastUsed denied", times("iam:GetAccessKeyLastUsed", "AccessDenied", 403, -1, false)),
        ("the exemption group unreadable", times("iam:GetGroup", "AccessDenied", 403, -1, false)),
        ("credential reports late", times("iam:GetCredentialReport", "ReportInProgress", 404, 6, false)),
        ("PutSecretValue denied", times("secretsmanager:PutSecretValue", "AccessDeniedException", 400, -1, false)),
        (
            "answers of PutSecretValue lost",
            times("secretsmanager:PutSecretValue", "InternalServiceError", 500, 2, true),
        ),
        ("writes to S3 refused", times("s3:PutObject", "SlowDown", 503, 6, false)),
        ("answers of writes to S3 lost", times("s3:PutObject", "InternalError", 500, 3, true)),
        ("mails refused", times("ses:SendEmail", "TooManyRequestsException", 429, 6, false)),
        ("the bus refusing", times("events:PutEvents", "ThrottlingException", 400, -1, false)),
        ("no replicas", times("secretsmanager:ReplicateSecretToRegions", "InvalidParameterException", 400, -1, false)),
        ("no parameters", times("ssm:PutParameter", "InternalServerError", 500, -1, false)),
        ("the member role denied", times("sts:AssumeRole", "AccessDenied", 403, 3, false)),
    ]
}

/// Runs a night and waits until nothing more comes: every event and its answer.
///
/// # Errors
/// When it does not end.
pub(super) async fn run(stage: &Stage, audit: bool, is_faulty: bool) -> anyhow::Result<Vec<FunctionCall>> {
    let event = if audit { json!({ "mode": "audit" }) } else { scheduler_event() };
    let answer = stage.functions.invoke(ACCOUNT_INVENTORY, &event).await?;
    if answer.failed && !is_faulty {
        bail!("account-inventory failed: {}", answer.payload);
    }
    let invoked = answer.payload["accounts"]["invoked"].as_u64().unwrap_or_default();
    settle(stage, usize::try_from(invoked)?).await
}

/// Waits until so many accounts have been answered for, and nothing more is to come: every event and its answer.
pub(super) async fn settle(stage: &Stage, accounts: usize) -> anyhow::Result<Vec<FunctionCall>> {
    night::settle(stage, accounts).await?;
    stage.admin.take_function_calls().await
}
