//! Roles: whether Lambda may take the functions' roles on, and key-rotation the member role of the accounts that were named.

use aws_sdk_iam::Client;
use futures::{StreamExt, stream};
use keywheel_aws::port_error;
use keywheel_core::id::AccountId;
use keywheel_engine::ports::PortError;
use keywheel_runtime::config::variable::{MEMBER_ROLE_EXTERNAL_ID, MEMBER_ROLE_NAME};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::ACCOUNTS_AT_ONCE;
use super::finding::{Finding, Verdict};
use super::ground::{Deployed, Ground};
use super::trust::{Trust, Trusted};

const GROUP: &str = "roles";

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, found) in ground.functions() {
        if let Some(function) = found.deployed() {
            findings.push(of_function(ground, function).await.of(GROUP, name));
        }
    }
    let looks = ground
        .accounts
        .iter()
        .map(async |account| of_member(ground, account).await.of(GROUP, format!("member role in {account}")));
    findings.extend(stream::iter(looks).buffered(ACCOUNTS_AT_ONCE).collect::<Vec<_>>().await);
    findings
}

async fn of_function(ground: &Ground, function: &Deployed) -> Verdict {
    let name = function.role_arn.rsplit('/').next().unwrap_or_default();
    let to_do = "give the function a role that lambda.amazonaws.com may assume";
    match trust_of(&Client::new(&ground.hub.config), name).await {
        Err(error) => Verdict::of_error(&error, to_do),
        Ok(trust) if trust.names_service("lambda.amazonaws.com") => {
            Verdict::ok(format!("{name}, which Lambda assumes"))
        }
        Ok(_) => Verdict::fail(format!("the trust policy of {name} does not name Lambda"), to_do),
    }
}

/// Looks at the member role of an account with the role that was named, or in the own account with whoever is signed in.
async fn of_member(ground: &Ground, account: &AccountId) -> Verdict {
    let Some(rotation) = ground.rotation.deployed() else {
        return Verdict::not_checked("key-rotation was not found", "see the functions");
    };
    let Some(member) = rotation.value(&MEMBER_ROLE_NAME) else {
        return Verdict::ok("key-rotation assumes none: it looks after its own account alone");
    };
    let config = match ground.config_in(account).await {
        Ok(config) => config,
        Err(verdict) => return verdict,
    };
    let name = member.rsplit('/').next().unwrap_or(member);
    match trust_of(&Client::new(&config), name).await {
        Err(error) => Verdict::of_error(&error, "push the global layer to the account"),
        Ok(trust) => judged(&trust, member, rotation),
    }
}

fn judged(trust: &Trust, member: &str, rotation: &Deployed) -> Verdict {
    let to_do = "push the global layer to the account with the hub's account, role and external id";
    let external_id = rotation.value(&MEMBER_ROLE_EXTERNAL_ID);
    match trust.of_role(&rotation.role_arn, external_id) {
        Trusted::Yes => Verdict::ok(format!("{member} trusts {}", rotation.role_arn)),
        Trusted::WithoutExternalId => Verdict::warn(
            format!("{member} asks for no external id, though key-rotation sends one"),
            "add the condition StringEquals sts:ExternalId to its trust policy",
        ),
        Trusted::OtherExternalId => Verdict::fail(
            format!("{member} asks for another external id than key-rotation sends"),
            "give MEMBER_ROLE_EXTERNAL_ID and the role's trust policy the same value",
        ),
        Trusted::No => Verdict::fail(format!("{member} does not trust {}", rotation.role_arn), to_do),
    }
}

/// The trust policy of a role; IAM encodes it as in a URL (IAM API, `Role`).
async fn trust_of(client: &Client, role: &str) -> Result<Trust, PortError> {
    let answer = client.get_role().role_name(role).send().await;
    let answer = answer.map_err(|error| port_error("iam:GetRole", &error))?;
    let encoded = answer.role.and_then(|role| role.assume_role_policy_document).unwrap_or_default();
    let text = percent_decode_str(&encoded).decode_utf8_lossy();
    Ok(Trust::of(serde_json::from_str(&text).unwrap_or(Value::Null)))
}
