//! The roles hold no more than the functions use.

use std::collections::BTreeSet;

use super::checks::Checks;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION};
use crate::policies::{MEMBER_ROLE, ORGANIZATION_LIST_ROLE, actions};
use crate::stage::Stage;

/// Roles and their policies.
const ROLES: [(&str, &str); 5] = [
    (ACCOUNT_INVENTORY, "account-inventory"),
    (KEY_ROTATION, "key-rotation"),
    (NOTIFICATION, "notification"),
    (MEMBER_ROLE, "member"),
    (ORGANIZATION_LIST_ROLE, "organization-list"),
];

/// No call needs it, but without it S3 answers 403 where an object is missing.
const NOT_A_CALL: &str = "s3:ListBucket";

/// Holds what each role may do against what its sessions did in all nights so far.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let calls = stage.admin.calls().await?;
    for (role, policy) in ROLES {
        let session = format!(":assumed-role/{role}/");
        let of_role = calls.iter().filter(|call| call.principal.as_ref().is_some_and(|arn| arn.contains(&session)));
        let used: BTreeSet<_> = of_role.map(|call| call.operation.clone()).collect();
        let unused = actions(policy)?.into_iter().filter(|action| !used.contains(action) && action != NOT_A_CALL);
        checks.none(&format!("the role {role} may do nothing that it never does"), unused.collect());
    }
    Ok(())
}
