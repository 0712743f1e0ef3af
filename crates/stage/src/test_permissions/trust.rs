//! Who can take the roles on: whoever the trust policy names, and nobody else, whatever their own policies allow.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_iam::Client as IamClient;
use keywheel_core::id::AccountId;

use super::session;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION};
use crate::policies::{EXTERNAL_ID, MEMBER_ROLE, ORGANIZATION_LIST_ROLE, Policies, make_role};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// An account that is in no organization.
const OUTSIDE: &str = "123412341234";
/// The id of an organization that is not the stage's.
const OTHER_ORGANIZATION: &str = "o-someoneelse";
/// May assume any role, as far as its own policy goes.
const OTHER_ROLE: &str = "other-role";
const ANYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Tries it out.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let hub = stage.organization.hub();
    let member = stage.organization.accounts.iter().find(|account| account.member_role);
    let member = &member.context("no account has the member role")?.id;
    let management = &stage.organization.management;
    let rotation = session::of_hub(stage, KEY_ROTATION).await?;
    let inventory = session::of_hub(stage, ACCOUNT_INVENTORY).await?;
    let other = allowed_everything(stage, hub, OTHER_ROLE).await?;
    let outside = allowed_everything(stage, &OUTSIDE.parse()?, KEY_ROTATION).await?;
    let right = Some(EXTERNAL_ID);
    for (name, caller, account, role, external_id, expected) in [
        ("key-rotation with the external id", &rotation, member, MEMBER_ROLE, right, true),
        ("key-rotation without the external id", &rotation, member, MEMBER_ROLE, None, false),
        ("key-rotation with another external id", &rotation, member, MEMBER_ROLE, Some("another"), false),
        ("another role of the hub", &other, member, MEMBER_ROLE, right, false),
        ("a role outside of the organization", &outside, member, MEMBER_ROLE, right, false),
        ("account-inventory", &inventory, management, ORGANIZATION_LIST_ROLE, None, true),
        ("another role of the hub", &other, management, ORGANIZATION_LIST_ROLE, None, false),
        ("a role outside of the organization", &outside, management, ORGANIZATION_LIST_ROLE, None, false),
        ("another role of the hub", &other, hub, KEY_ROTATION, None, false),
    ] {
        let assumed = session::assume(stage, caller, account, role, external_id).await;
        let verb = if expected { "can" } else { "cannot" };
        checks.none(&format!("{name} {verb} assume {role}"), wrong(assumed, expected));
    }
    of_other_organizations(stage, checks, &rotation, member).await
}

/// Where it came out otherwise.
fn wrong(assumed: anyhow::Result<SdkConfig>, expected: bool) -> Vec<String> {
    match assumed {
        Ok(_) if expected => Vec::new(),
        Ok(_) => vec!["it was assumed".to_owned()],
        Err(error) if !expected && error.to_string().starts_with("AccessDenied") => Vec::new(),
        Err(error) => vec![format!("{error:#}")],
    }
}

/// With policies that name another organization nothing works: the conditions are looked at.
async fn of_other_organizations(
    stage: &Stage,
    checks: &mut Checks,
    rotation: &SdkConfig,
    member: &AccountId,
) -> anyhow::Result<()> {
    let mut other = stage.organization.clone();
    OTHER_ORGANIZATION.clone_into(&mut other.id);
    let other = Policies::of(&other);
    let ours = Policies::of(&stage.organization);
    let here = [("account", member.as_str())];
    let iam = IamClient::new(&stage.clients.root_of(member));
    let hub = IamClient::new(&stage.clients.root_of(stage.organization.hub()));
    for (policies, expected) in [(&other, false), (&ours, true)] {
        let trust = policies.text("trust-rotation", &here)?;
        iam.update_assume_role_policy().role_name(MEMBER_ROLE).policy_document(trust).send().await?;
        let assumed = session::assume(stage, rotation, member, MEMBER_ROLE, Some(EXTERNAL_ID)).await;
        let whose = if expected { "of its organization" } else { "of no other organization" };
        checks.none(&format!("a member role can be assumed by a role {whose}"), wrong(assumed, expected));
    }
    for (policies, expected) in [(&other, false), (&ours, true)] {
        let put = hub.put_role_policy().role_name(KEY_ROTATION).policy_name(KEY_ROTATION);
        put.policy_document(policies.text(KEY_ROTATION, &[])?).send().await?;
        let assumed = session::assume(stage, rotation, member, MEMBER_ROLE, Some(EXTERNAL_ID)).await;
        let whose = if expected { "of its organization" } else { "of no other organization" };
        checks.none(&format!("key-rotation may assume a member role {whose}"), wrong(assumed, expected));
    }
    Ok(())
}

/// A session of a role that may do anything as far as its own policy goes.
async fn allowed_everything(stage: &Stage, account: &AccountId, name: &str) -> anyhow::Result<SdkConfig> {
    let root = stage.clients.root_of(account);
    let trust = Policies::of(&stage.organization).text("trust-account", &[("account", account.as_str())])?;
    make_role(&IamClient::new(&root), name, &trust, ANYTHING).await?;
    session::assume(stage, &root, account, name, None).await
}
