//! The roles of a deployment. Their policies are files in `policies/`, with `${…}` for what differs from place to place.
//!
//! The step "Terraform" of `cargo xtask test` renders them from the plans of the layers. By hand are only `break-glass`,
//! `trust-account` and `secret`: the layers make none of these.

mod statement;

use anyhow::Context;
use aws_sdk_iam::Client;
use keywheel_core::id::AccountId;
use serde_json::Value;

use crate::clients::{Clients, REGION};
use crate::organization::Organization;
pub use statement::Statement;

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
/// The role with which EventBridge Scheduler starts account-inventory.
pub const SCHEDULE_ROLE: &str = "schedule";
/// Where templates, ledgers, manifests, results and notices live, and the functions' code, which no role may read.
pub const STATE_BUCKET: &str = "keywheel-stage-state";
/// The domain to which tags may direct mail.
pub const EMAIL_DOMAIN: &str = "example.com";
/// Who sends the mails.
pub const SENDER: &str = "keywheel@example.com";
/// The EventBridge bus for machines, which the test of the channels makes.
pub const EVENT_BUS: &str = "keywheel-steps";
/// The SNS topic for chat and tickets, which the test of the channels makes.
pub const TOPIC: &str = "keywheel-notices";
/// The parameter with the SMTP login, which the same test makes.
pub const SMTP_PARAMETER: &str = "keywheel-smtp";
/// The secret with Mailgun's key, which the same test makes.
pub const MAILGUN_SECRET: &str = "keywheel-mailgun";
/// The bucket in which hosts acknowledge, which the tests of stores and hosts make.
pub const ACK_BUCKET: &str = "keywheel-stage-acks";
/// The KMS key that the policies name. The stage has none: the emulator enforces no key's permissions.
const KEY: &str = "no-key-on-the-stage";

const FILES: [(&str, &str); 16] = [
    ("acknowledgements", include_str!("../policies/acknowledgements.json")),
    ("account-inventory", include_str!("../policies/account-inventory.json")),
    ("break-glass", include_str!("../policies/break-glass.json")),
    ("host", include_str!("../policies/host.json")),
    ("key-rotation", include_str!("../policies/key-rotation.json")),
    ("member", include_str!("../policies/member.json")),
    ("notification", include_str!("../policies/notification.json")),
    ("organization-list", include_str!("../policies/organization-list.json")),
    ("platform", include_str!("../policies/platform.json")),
    ("schedule", include_str!("../policies/schedule.json")),
    ("secret", include_str!("../policies/secret.json")),
    ("trust-account", include_str!("../policies/trust-account.json")),
    ("trust-inventory", include_str!("../policies/trust-inventory.json")),
    ("trust-lambda", include_str!("../policies/trust-lambda.json")),
    ("trust-rotation", include_str!("../policies/trust-rotation.json")),
    ("trust-schedule", include_str!("../policies/trust-schedule.json")),
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
            ("organization_id", organization.id.clone()),
            ("exemption_group", organization.exemption_group.clone()),
            ("key", KEY.to_owned()),
            ("sender", SENDER.to_owned()),
            ("event_bus", EVENT_BUS.to_owned()),
            ("topic", TOPIC.to_owned()),
            ("ack_bucket", ACK_BUCKET.to_owned()),
            ("smtp_parameter", SMTP_PARAMETER.to_owned()),
            ("mailgun_secret", MAILGUN_SECRET.to_owned()),
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
        // What is left is AWS's: the variables of policies.
        anyhow::ensure!(
            !text.replace("${aws:", "").contains("${"),
            "policy {name} asks for a value that nobody gave: {text}"
        );
        Ok(text)
    }

    /// The statements of a policy, with these values besides those that hold everywhere.
    ///
    /// # Errors
    /// Like [`Policies::text`].
    pub fn statements(&self, name: &str, more: &[(&str, &str)]) -> anyhow::Result<Vec<Statement>> {
        let policy: Value = serde_json::from_str(&self.text(name, more)?)?;
        policy["Statement"].as_array().into_iter().flatten().map(|value| Statement::of(name, value)).collect()
    }

    /// The resource policy that a user's secret must have, written by hand.
    ///
    /// # Errors
    /// Never in practice.
    pub fn secret_policy(&self, account: &AccountId, user_arn: &str) -> anyhow::Result<String> {
        self.text("secret", &[("account", account.as_str()), ("user_arn", user_arn)])
    }
}

/// The names of a policy's statements.
///
/// # Errors
/// When there is no such policy, or a statement has no name.
pub fn sids(name: &str) -> anyhow::Result<Vec<String>> {
    let (_, text) = FILES.iter().find(|(file, _)| *file == name).context("there is no such policy")?;
    let policy: Value = serde_json::from_str(text)?;
    let statements = policy["Statement"].as_array().into_iter().flatten();
    statements.map(|statement| Ok(Statement::of(name, statement)?.sid)).collect()
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
    use keywheel_core::id::UserName;
    use keywheel_core::parameter::parameter_name;

    use super::FILES;
    use super::statement::matches;

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

    #[test]
    fn nobody_may_be_called_as_the_parameter_of_another_user_is_spelt() {
        let (_, host) = FILES.iter().find(|(name, _)| *name == "host").unwrap();
        let policy: serde_json::Value = serde_json::from_str(host).unwrap();
        let mut statements = policy["Statement"].as_array().into_iter().flatten();
        let own = statements.find(|statement| statement["Sid"] == "ReadsItsOwnParameter").unwrap();
        let refused = own["Condition"]["StringNotLike"]["aws:username"].as_str().unwrap_or_default();
        for user in ["alice@example.com", "a+b", "a=b", "a,b", "a_.b"] {
            let name = parameter_name("/keywheel/", &"111122223333".parse().unwrap(), &user.parse().unwrap());
            let spelt: UserName = name.rsplit('/').next().unwrap().parse().unwrap();
            assert!(matches(refused, spelt.as_str()), "user {spelt} may read the parameter of {user}");
        }
        assert!(!matches(refused, "alice") && !matches(refused, "a_b.c"));
    }
}
