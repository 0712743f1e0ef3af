//! The roles hold no more than the functions use.

use super::checks::Checks;
use crate::admin::Call;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION};
use crate::policies::{MEMBER_ROLE, ORGANIZATION_LIST_ROLE, Policies, Statement};
use crate::stage::Stage;

/// Roles and their policies.
pub(crate) const ROLES: [(&str, &str); 5] = [
    (ACCOUNT_INVENTORY, "account-inventory"),
    (KEY_ROTATION, "key-rotation"),
    (NOTIFICATION, "notification"),
    (MEMBER_ROLE, "member"),
    (ORGANIZATION_LIST_ROLE, "organization-list"),
];

/// What other steps use: "Mail channels", "Encrypted delivery and command line", "Hosts and acknowledgements" and "Parameters and stores"; and what
/// the emulator asks nobody for, the use of a key.
const USED_ELSEWHERE: [&str; 20] = [
    "ReadsLists",
    "ListsHosts",
    "ReadsAcknowledgements",
    "KeepsTheUsersParameters",
    "KeepsCentralSecrets",
    "ReplicatesCentralSecrets",
    "ReplicatesTheUsersSecrets",
    "EncryptsCentralSecrets",
    "ForgetsHosts",
    "SchedulesCentralSecrets",
    "SchedulesSecretsOfUsersWhoAreGone",
    "DeletesParametersOfUsersWhoAreGone",
    "ReadsLedgersOfAccountsThatLeft",
    "PutsAwayAccountsThatLeft",
    "LooksAtCentralSecrets",
    "TakesReplicasAway",
    "TellsMachines",
    "TellsTheTopic",
    "ReadsTheMailersParameter",
    "ReadsTheMailersSecret",
];

/// No call needs it, but without it S3 answers 403 where an object is missing.
const NOT_A_CALL: &str = "s3:ListBucket";

/// Holds each action of each statement against what the role's sessions did in all nights so far, and to which resources.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let calls = stage.admin.calls().await?;
    let policies = Policies::of(&stage.organization);
    for (role, policy) in ROLES {
        let session = format!(":assumed-role/{role}/");
        let is_of_role = |call: &&Call| call.principal.as_ref().is_some_and(|arn| arn.contains(&session));
        let of_role: Vec<_> = calls.iter().filter(is_of_role).collect();
        let mut unused = Vec::new();
        // Whatever the account: a member role is the same in all of them.
        let statements = policies.statements(policy, &[("account", "*")])?;
        for statement in statements.iter().filter(|statement| !USED_ELSEWHERE.contains(&statement.sid.as_str())) {
            unused.extend(never_used(statement, &of_role));
        }
        checks.none(&format!("no statement lets the role {role} do what it never does"), unused);
    }
    Ok(())
}

fn never_used(statement: &Statement, calls: &[&Call]) -> Vec<String> {
    let uses =
        |action: &String| calls.iter().any(|call| call.operation == **action && statement.covers(&call.resource));
    let unused = statement.actions.iter().filter(|action| !uses(action) && *action != NOT_A_CALL);
    unused.map(|action| format!("{}: {action}", statement.sid)).collect()
}
