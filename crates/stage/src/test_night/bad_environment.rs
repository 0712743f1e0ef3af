//! Environments with which a function must not start: one error that names every bad variable.

use std::time::{Duration, Instant};

use serde_json::json;

use super::checks::Checks;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION};
use crate::stage::Stage;

/// What is changed in a function's environment; an empty value takes the variable away.
struct BadEnvironment {
    name: &'static str,
    function: &'static str,
    changes: &'static [(&'static str, &'static str)],
    /// Words that the one error must have.
    words: &'static [&'static str],
}

const BAD_ENVIRONMENTS: &[BadEnvironment] = &[
    BadEnvironment {
        name: "several bad and missing variables at once",
        function: KEY_ROTATION,
        changes: &[
            ("RUN_MODE", "maybe"),
            ("WARN_DAYS", "seven"),
            ("STATE_BUCKET", ""),
            ("NOTIFICATION_FUNCTION", ""),
            ("SECURITY_EMAIL", "nobody"),
            ("REQUIRE_NOTICE", "perhaps"),
            ("FREEZE", "christmas"),
            ("MAX_CHANGES", "0"),
        ],
        words: &[
            "RUN_MODE",
            "maybe",
            "WARN_DAYS",
            "seven",
            "STATE_BUCKET",
            "NOTIFICATION_FUNCTION",
            "SECURITY_EMAIL",
            "nobody",
            "REQUIRE_NOTICE",
            "perhaps",
            "FREEZE",
            "christmas",
            "MAX_CHANGES",
        ],
    },
    BadEnvironment {
        name: "a buffer that was meant as an interval",
        function: KEY_ROTATION,
        changes: &[("INACTIVE_BUFFER", "35")],
        words: &["INACTIVE_BUFFER", "35", "135"],
    },
    BadEnvironment {
        name: "an inactive period below the rotation period",
        function: KEY_ROTATION,
        changes: &[("INACTIVE_PERIOD", "45")],
        words: &["INACTIVE_PERIOD", "ROTATION_PERIOD", "45", "90"],
    },
    BadEnvironment {
        name: "several bad and missing variables at once",
        function: ACCOUNT_INVENTORY,
        changes: &[
            ("ROTATION_FUNCTION", ""),
            ("STATE_BUCKET", ""),
            ("ORG_LIST_ROLE_ARN", "keywheel-organization-list"),
            ("EXCLUDE_ACCOUNTS", "12"),
            ("ROLLOUT_PERCENT", "101"),
            ("FANOUT_CONCURRENCY", "many"),
        ],
        words: &[
            "ROTATION_FUNCTION",
            "STATE_BUCKET",
            "ORG_LIST_ROLE_ARN",
            "keywheel-organization-list",
            "EXCLUDE_ACCOUNTS",
            "ROLLOUT_PERCENT",
            "101",
            "FANOUT_CONCURRENCY",
            "many",
        ],
    },
    BadEnvironment {
        name: "several bad and missing variables at once",
        function: NOTIFICATION,
        changes: &[("TEMPLATE_BUCKET", ""), ("SENDER_EMAIL", "keywheel"), ("STATE_BUCKET", ""), ("MAILER", "pigeon")],
        words: &["TEMPLATE_BUCKET", "SENDER_EMAIL", "keywheel", "STATE_BUCKET", "MAILER", "pigeon", "ses"],
    },
];

/// How long a line of the log may take to arrive.
const LOG_PATIENCE: Duration = Duration::from_secs(5);

/// Starts a function in every bad environment.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) {
    for (number, bad) in BAD_ENVIRONMENTS.iter().enumerate() {
        let name = format!("{} does not start with {}, and names each", bad.function, bad.name);
        checks.tried(&name, refused(stage, number, bad).await);
    }
}

async fn refused(stage: &Stage, number: usize, bad: &BadEnvironment) -> anyhow::Result<Vec<String>> {
    let mut variables = stage.functions.variables(bad.function);
    for (variable, value) in bad.changes {
        if value.is_empty() {
            variables.remove(*variable);
        } else {
            variables.insert((*variable).to_owned(), (*value).to_owned());
        }
    }
    let name = format!("{}-bad-{number}", bad.function);
    stage.functions.create(&name, bad.function, variables).await?;
    let answer = stage.functions.invoke(&name, &json!({ "account": stage.organization.hub() })).await?;
    // The emulator puts the error that a function gives for its start, type and message, into the message of one of its own.
    let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
    let all = bad.words.iter().chain(&["Keywheel.ConfigurationInvalid"]);
    let missing: Vec<_> = all.filter(|word| !message.contains(**word)).collect();
    let mut wrong = Vec::new();
    if !answer.failed || !missing.is_empty() {
        wrong.push(format!("{missing:?} is missing in {}", answer.payload));
    }
    let errors = errors_logged(stage, &name).await?;
    if errors != 1 {
        wrong.push(format!("{errors} errors in the log instead of one"));
    }
    Ok(wrong)
}

/// How many errors a function logged; none only when none comes in time.
async fn errors_logged(stage: &Stage, function: &str) -> anyhow::Result<usize> {
    let began = Instant::now();
    loop {
        let lines = stage.admin.function_log().await?;
        let of_function = lines.iter().filter(|line| line.function == function);
        let errors = of_function.filter(|line| line.line.contains("\"level\":\"ERROR\"")).count();
        if errors > 0 || began.elapsed() > LOG_PATIENCE {
            return Ok(errors);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
