//! What the functions ask of AWS, and with which role: `docs/permissions.md` is rendered from it, and the policies of the
//! Terraform layers are held against it.

use std::fmt::Write as _;

/// A role of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// account-inventory's own role in the hub.
    AccountInventory,
    /// The role of the management account that account-inventory assumes.
    OrganizationList,
    /// key-rotation's own role in the hub.
    KeyRotation,
    /// The role that key-rotation assumes in each account.
    Member,
    /// notification's own role in the hub.
    Notification,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] =
        [Role::AccountInventory, Role::OrganizationList, Role::KeyRotation, Role::Member, Role::Notification];

    /// Its policy's name among the rendered policies.
    #[must_use]
    pub fn policy(self) -> &'static str {
        match self {
            Role::AccountInventory => "account-inventory",
            Role::OrganizationList => "organization-list",
            Role::KeyRotation => "key-rotation",
            Role::Member => "member",
            Role::Notification => "notification",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Role::AccountInventory | Role::KeyRotation | Role::Notification => "The function's own role, in the hub.",
            Role::OrganizationList => {
                "Assumed by account-inventory, in the management account. Where the hub may list the organization itself, \
                 account-inventory's own role has these permissions."
            }
            Role::Member => "Assumed by key-rotation, in each account.",
        }
    }
}

/// A permission that a role has, and why.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    /// The role.
    pub role: Role,
    /// The action as IAM spells it.
    pub action: &'static str,
    /// The SDK's operation that needs it, in its Rust name; none where no call of that name is made.
    pub call: Option<&'static str>,
    /// On what.
    pub on: &'static str,
    /// What for.
    pub why: &'static str,
}

macro_rules! permissions {
    ($($role:ident { $($action:literal, $call:expr, $on:literal, $why:literal;)+ })+) => {
        /// Every permission that the functions use, by role.
        pub const PERMISSIONS: &[Permission] = &[
            $($(Permission { role: Role::$role, action: $action, call: $call, on: $on, why: $why },)+)+
        ];
    };
}

permissions! {
    AccountInventory {
        "lambda:InvokeFunction", Some("invoke"), "key-rotation, and account-inventory itself", "Starts key-rotation once per account, and hands on what there was no time for.";
        "s3:DeleteObject", Some("delete_object"), "ledgers and notices in the state bucket, acknowledgements in the bucket that `ACK_BUCKET` names", "Puts away what is left of accounts that left the organization. The buckets keep versions.";
        "s3:GetObject", Some("get_object"), "runs, ledgers and `departed.json` in the state bucket", "Goes on with a run, and accounts for one by its results; which accounts are missing, and which of their secrets are in the hub.";
        "s3:ListBucket", None, "the state bucket, and the bucket that `ACK_BUCKET` names", "Which accounts have answered, and of which something is stored; and without it S3 answers 403 where an object is missing.";
        "s3:PutObject", Some("put_object"), "runs and `departed.json` in the state bucket", "Writes a run's manifest, what is left of it, and what became of every account; since when accounts are missing.";
        "secretsmanager:DeleteSecret", Some("delete_secret"), "secrets that are kept in this account, never without 30 days to restore them", "Schedules those of accounts that left the organization for deletion.";
        "secretsmanager:DescribeSecret", Some("describe_secret"), "secrets that are kept in this account", "Whether it is there.";
        "secretsmanager:ListSecretVersionIds", Some("list_secret_version_ids"), "secrets that are kept in this account", "Whether it is of Keywheel's making.";
        "secretsmanager:RemoveRegionsFromReplication", Some("remove_regions_from_replication"), "secrets that are kept in this account, where `credential_replication_region` names Regions", "A secret that has replicas cannot be scheduled for deletion.";
        "sts:AssumeRole", Some("assume_role"), "the organization-list role", "Lists the organization with it.";
    }
    OrganizationList {
        "organizations:DescribeOrganization", Some("describe_organization"), "everything", "Which account is the management account.";
        "organizations:ListAccounts", Some("list_accounts"), "everything", "The accounts, their states, names and owners' addresses.";
        "organizations:ListAccountsForParent", Some("list_accounts_for_parent"), "everything", "The accounts below an OU.";
        "organizations:ListOrganizationalUnitsForParent", Some("list_organizational_units_for_parent"), "everything", "The OUs below an OU.";
    }
    KeyRotation {
        "events:PutEvents", Some("put_events"), "the bus, if `EVENT_BUS` names one", "Tells machines of completed steps.";
        "lambda:InvokeFunction", Some("invoke"), "notification, and key-rotation itself", "Hands digests on, and what there was no time for.";
        "s3:GetObject", Some("get_object"), "ledgers, runs, notices and the lists of recipients and parameters in the state bucket; acknowledgements in the bucket that `ACK_BUCKET` names", "What earlier runs did, what owners were told, for whom pairs may be encrypted, and who gets a parameter; which keys hosts have installed.";
        "s3:DeleteObject", Some("delete_object"), "acknowledgements in the bucket that `ACK_BUCKET` names", "Deletes what hosts of users who are gone acknowledged. The command line deletes with its caller's own permissions.";
        "s3:ListBucket", None, "the state bucket, and the bucket that `ACK_BUCKET` names", "Without it S3 answers 403 where an object is missing; which hosts acknowledge.";
        "s3:PutObject", Some("put_object"), "ledgers and runs in the state bucket", "Writes down what it is about to do, and what it did.";
        "kms:Decrypt", None, "the key of secrets that are kept in this account", "Secrets Manager reads them with it.";
        "kms:Encrypt", None, "the key of secrets that are kept in this account", "Secrets Manager encrypts replicas with it.";
        "kms:GenerateDataKey", None, "the key of secrets that are kept in this account", "Secrets Manager encrypts them with it.";
        "secretsmanager:CreateSecret", Some("create_secret"), "secrets that are kept in this account (`SECRET_STORE=central`)", "As the member role does in each account.";
        "secretsmanager:DeleteSecret", Some("delete_secret"), "secrets that are kept in this account", "The same, never without 30 days to restore it.";
        "secretsmanager:DescribeSecret", Some("describe_secret"), "secrets that are kept in this account", "The same.";
        "secretsmanager:GetResourcePolicy", Some("get_resource_policy"), "secrets that are kept in this account", "The same.";
        "secretsmanager:GetSecretValue", Some("get_secret_value"), "secrets that are kept in this account", "The same.";
        "secretsmanager:ListSecretVersionIds", Some("list_secret_version_ids"), "secrets that are kept in this account", "The same.";
        "secretsmanager:PutResourcePolicy", Some("put_resource_policy"), "secrets that are kept in this account", "The same.";
        "secretsmanager:PutSecretValue", Some("put_secret_value"), "secrets that are kept in this account", "The same.";
        "secretsmanager:RemoveRegionsFromReplication", Some("remove_regions_from_replication"), "secrets that are kept in this account, where `credential_replication_region` names Regions", "A secret that has replicas cannot be scheduled for deletion.";
        "secretsmanager:ReplicateSecretToRegions", Some("replicate_secret_to_regions"), "secrets that are kept in this account, where `credential_replication_region` names Regions", "The same.";
        "secretsmanager:UpdateSecretVersionStage", Some("update_secret_version_stage"), "secrets that are kept in this account", "The same.";
        "sts:AssumeRole", Some("assume_role"), "the member role of any account", "Looks after that account with it.";
    }
    Member {
        "iam:CreateAccessKey", Some("create_access_key"), "users", "Makes a replacement.";
        "iam:DeleteAccessKey", Some("delete_access_key"), "users", "Deletes an old key.";
        "iam:GetAccessKeyLastUsed", Some("get_access_key_last_used"), "users", "When a key was used last.";
        "iam:GenerateCredentialReport", Some("generate_credential_report"), "everything", "Whose keys need to be looked at, in bulk.";
        "iam:GetAccountAuthorizationDetails", Some("get_account_authorization_details"), "everything", "All users with their tags, in bulk.";
        "iam:GetCredentialReport", Some("get_credential_report"), "everything", "The same.";
        "iam:GetGroup", Some("get_group"), "the exemption group", "Who is left alone.";
        "iam:GetUser", Some("get_user"), "users", "The user once more, right before a change.";
        "iam:ListAccessKeys", Some("list_access_keys"), "users", "A user's keys.";
        "iam:UpdateAccessKey", Some("update_access_key"), "users", "Makes a key inactive; in a rollback, active.";
        "secretsmanager:CreateSecret", Some("create_secret"), "the users' secrets", "The secret, with the record of the old key.";
        "secretsmanager:DeleteSecret", Some("delete_secret"), "the users' secrets, never without 30 days to restore them", "Schedules the secrets of users who are gone, and those that a move between stores left, for deletion.";
        "secretsmanager:DescribeSecret", Some("describe_secret"), "the users' secrets", "Which key the secret hands out.";
        "secretsmanager:GetResourcePolicy", Some("get_resource_policy"), "the users' secrets", "Whether only that user may read it.";
        "secretsmanager:GetSecretValue", Some("get_secret_value"), "the users' secrets", "A pair that waits to be proven or is encrypted for its owner, and which key an old record names.";
        "secretsmanager:ListSecretVersionIds", Some("list_secret_version_ids"), "the users' secrets", "Whether a pair is stored.";
        "secretsmanager:PutResourcePolicy", Some("put_resource_policy"), "the users' secrets", "Lets only that user read it.";
        "secretsmanager:PutSecretValue", Some("put_secret_value"), "the users' secrets", "Stores a new pair.";
        "secretsmanager:RemoveRegionsFromReplication", Some("remove_regions_from_replication"), "the users' secrets, where `secret_replica_regions` names Regions", "A secret that has replicas cannot be scheduled for deletion.";
        "secretsmanager:ReplicateSecretToRegions", Some("replicate_secret_to_regions"), "the users' secrets, where `secret_replica_regions` names Regions", "Further Regions have the secret, too.";
        "secretsmanager:UpdateSecretVersionStage", Some("update_secret_version_stage"), "the users' secrets", "Hands a pair out, or no longer.";
        "ssm:DeleteParameter", Some("delete_parameter"), "the users' parameters, where `parameter_prefix` names them", "Deletes the parameters of users who are gone, once their secrets cannot be restored any more.";
        "ssm:GetParameter", Some("get_parameter"), "the users' parameters, where `parameter_prefix` names them", "Which pair a parameter hands out.";
        "ssm:PutParameter", Some("put_parameter"), "the users' parameters, where `parameter_prefix` names them", "Keeps a parameter in step with the secret.";
    }
    Notification {
        "s3:GetObject", Some("get_object"), "templates and notices in the state bucket", "The templates, and what was sent already.";
        "s3:ListBucket", None, "the state bucket", "Without it S3 answers 403 where an object is missing.";
        "s3:PutObject", Some("put_object"), "notices in the state bucket", "Records what was sent.";
        "secretsmanager:GetSecretValue", Some("get_secret_value"), "the secret that the mailer's credentials name", "Logs in to the mail server.";
        "ses:GetAccount", Some("get_account"), "everything", "What SES lets the account send today.";
        "ses:SendEmail", Some("send_email"), "mails from the sender's address", "Sends mails.";
        "sns:Publish", Some("publish"), "the topic, if `SNS_TOPIC_ARN` names one", "Tells chat and tickets of what was mailed.";
        "ssm:GetParameter", Some("get_parameter"), "the parameter that the mailer's credentials name", "Logs in to the mail server.";
    }
}

/// Calls that need no permission of a role.
pub const WITHOUT_PERMISSION: &[(&str, &str)] =
    &[("get_caller_identity", "sts:GetCallerIdentity is never denied; a new key is proven with it.")];

/// The reference of every permission, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Permissions\n\n\
         <!-- Rendered from crates/aws/src/permissions.rs; UPDATE_DOCS=1 cargo test -p keywheel-aws --test permissions writes it anew. -->\n\n\
         What each role may do, and the call that needs it. The policies of the Terraform layers are rendered to \
         [crates/stage/policies](../crates/stage/policies); a test holds them against this page, and the calls in the code, too: a call \
         without a permission, or a permission without a call, fails.\n\n\
         Besides, each function's role has a policy `platform` with what Lambda does in its name: its log, its failed events, its \
         network in a VPC, and the KMS key that encrypts them.\n",
    );
    for role in Role::ALL {
        let _ =
            write!(page, "\n## {}\n\n{}\n\n| action | on | what for |\n|---|---|---|\n", role.policy(), role.meaning());
        for Permission { action, on, why, .. } in PERMISSIONS.iter().filter(|permission| permission.role == role) {
            let _ = writeln!(page, "| `{action}` | {on} | {why} |");
        }
    }
    page
}
