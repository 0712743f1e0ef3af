//! The roles of a deployment. Their policies are files in `policies/`, with `${…}` for what differs from place to place.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_sdk_iam::Client;
use keywheel_core::id::AccountId;
use serde_json::Value;

use crate::clients::{Clients, REGION};
use crate::organization::Organization;

/// The role that key-rotation assumes in each account.
pub const MEMBER_ROLE: &str = "keywheel-member";
/// What key-rotation shows when it assumes it.
pub const EXTERNAL_ID: &str = "keywheel-stage-external-id";
/// The role that account-inventory assumes in the management account.
pub const ORGANIZATION_LIST_ROLE: &str = "keywheel-organization-list";
/// A role that may read every secret of its account: `SECRET_READERS` names it.
pub const BREAK_GLASS_ROLE: &str = "break-glass";
/// A role that may do everything in its account except read the secrets.
pub const ADMINISTRATOR_ROLE: &str = "OrganizationAccountAccessRole";
/// Where ledgers, manifests, results and notices live.
pub const STATE_BUCKET: &str = "keywheel-stage-state";
/// Where templates live.
pub const TEMPLATE_BUCKET: &str = "keywheel-stage-templates";
/// The domain to which tags may direct mail.
pub const EMAIL_DOMAIN: &str = "example.com";
/// Who sends the mails.
pub const SENDER: &str = "keywheel@example.com";

const FILES: [(&str, &str); 11] = [
    ("account-inventory", include_str!("../policies/account-inventory.json")),
    ("break-glass", include_str!("../policies/break-glass.json")),
    ("key-rotation", include_str!("../policies/key-rotation.json")),
    ("member", include_str!("../policies/member.json")),
    ("notification", include_str!("../policies/notification.json")),
    ("organization-list", include_str!("../policies/organization-list.json")),
    ("secret", include_str!("../policies/secret.json")),
    ("trust-account", include_str!("../policies/trust-account.json")),
    ("trust-inventory", include_str!("../policies/trust-inventory.json")),
    ("trust-lambda", include_str!("../policies/trust-lambda.json")),
    ("trust-rotation", include_str!("../policies/trust-rotation.json")),
];

/// The policies of one deployment.
#[derive(Clone, Debug)]
pub struct Policies {
    values: Vec<(&'static str, String)>,
}

impl Policies {
    /// The policies for this organization.
    #[must_use]
    pub fn of(organization: &Organization) -> Self {
        let values = vec![
            ("hub", organization.hub().to_string()),
            ("management", organization.management.to_string()),
            ("region", REGION.to_owned()),
            ("member_role", MEMBER_ROLE.to_owned()),
            ("break_glass_role", BREAK_GLASS_ROLE.to_owned()),
            ("organization_list_role", ORGANIZATION_LIST_ROLE.to_owned()),
            ("external_id", EXTERNAL_ID.to_owned()),
            ("state_bucket", STATE_BUCKET.to_owned()),
            ("template_bucket", TEMPLATE_BUCKET.to_owned()),
            ("sender", SENDER.to_owned()),
        ];
        Self { values }
    }

    /// A policy's text, with these values besides those that hold everywhere.
    ///
    /// # Errors
    /// When there is no such policy, or it asks for a value that nobody gave.
    pub fn text(&self, name: &str, more: &[(&str, &str)]) -> anyhow::Result<String> {
        let file = FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_owned());
        let mut text = file.ok_or_else(|| anyhow::anyhow!("there is no policy {name}"))?;
        for (key, value) in self.values.iter().map(|(key, value)| (*key, value.as_str())).chain(more.iter().copied()) {
            text = text.replace(&format!("${{{key}}}"), value);
        }
        anyhow::ensure!(!text.contains("${"), "policy {name} asks for a value that nobody gave: {text}");
        Ok(text)
    }

    /// The resource policy that a user's secret must have, written by hand.
    ///
    /// # Errors
    /// Never in practice.
    pub fn secret_policy(&self, account: &AccountId, user_arn: &str) -> anyhow::Result<String> {
        self.text("secret", &[("account", account.as_str()), ("user_arn", user_arn)])
    }
}

/// The actions that a policy allows.
///
/// # Errors
/// When there is no such policy.
pub fn actions(name: &str) -> anyhow::Result<BTreeSet<String>> {
    let (_, text) = FILES.iter().find(|(file, _)| *file == name).context("there is no such policy")?;
    let policy: Value = serde_json::from_str(text)?;
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let actions = statements.filter_map(|statement| statement["Action"].as_array()).flatten();
    Ok(actions.filter_map(|action| action.as_str().map(str::to_owned)).collect())
}

/// Makes, in one account, the role that key-rotation assumes, and the role for break-glass.
///
/// # Errors
/// When IAM refuses a call.
pub async fn make_member_roles(policies: &Policies, clients: &Clients, account: &AccountId) -> anyhow::Result<()> {
    let iam = Client::new(&clients.root_of(account));
    let here = [("account", account.as_str())];
    let trust = policies.text("trust-rotation", &here)?;
    make_role(&iam, MEMBER_ROLE, &trust, &policies.text("member", &here)?).await?;
    let trust = policies.text("trust-account", &here)?;
    make_role(&iam, BREAK_GLASS_ROLE, &trust, &policies.text("break-glass", &here)?).await
}

/// Makes, in the management account, the role that account-inventory assumes.
///
/// # Errors
/// When IAM refuses a call.
pub async fn make_organization_list_role(
    policies: &Policies,
    clients: &Clients,
    management: &AccountId,
) -> anyhow::Result<()> {
    let iam = Client::new(&clients.root_of(management));
    let trust = policies.text("trust-inventory", &[])?;
    make_role(&iam, ORGANIZATION_LIST_ROLE, &trust, &policies.text("organization-list", &[])?).await
}

/// Makes a role with one inline policy.
///
/// # Errors
/// When IAM refuses a call.
pub async fn make_role(iam: &Client, name: &str, trust: &str, policy: &str) -> anyhow::Result<()> {
    iam.create_role().role_name(name).assume_role_policy_document(trust).send().await?;
    iam.put_role_policy().role_name(name).policy_name(name).policy_document(policy).send().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn no_policy_names_a_session_or_excludes_a_principal() {
        let written: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/policies")).unwrap().collect();
        assert_eq!(written.len(), FILES.len(), "every file in policies/ must be listed here");
        for (name, text) in FILES {
            assert!(!text.contains(":assumed-role/"), "{name}");
            assert!(!text.contains("NotPrincipal"), "{name}");
        }
    }

    #[test]
    fn the_member_role_may_write_no_policy_and_has_no_wildcard_over_iam() {
        let (_, member) = FILES.iter().find(|(name, _)| *name == "member").unwrap();
        let policy: serde_json::Value = serde_json::from_str(member).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let actions = statements.iter().flat_map(|one| one["Action"].as_array().unwrap());
        for action in actions.map(|action| action.as_str().unwrap()) {
            assert!(!action.contains('*'), "{action}");
            assert!(!action.starts_with("iam:") || !action.contains("Policy"), "{action}");
            assert!(!action.starts_with("iam:") || !action.contains("PutUser"), "{action}");
        }
    }
}
