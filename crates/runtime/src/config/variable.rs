//! Every environment variable of the three functions, each declared once: the parser and `docs/configuration.md` both come from here.

/// One of the three functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// account-inventory.
    AccountInventory,
    /// key-rotation.
    KeyRotation,
    /// notification.
    Notification,
}

impl Function {
    /// The function's name, which is its binary's name too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Function::AccountInventory => "account-inventory",
            Function::KeyRotation => "key-rotation",
            Function::Notification => "notification",
        }
    }
}

/// What holds when a variable is not set, or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// The function does not start.
    Refused,
    /// As if this had been written.
    Default(&'static str),
    /// Nothing is set; this says what that means.
    Means(&'static str),
}

/// An environment variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Who reads it.
    pub functions: &'static [Function],
    /// What holds without it.
    pub unset: Unset,
    /// What it does.
    pub meaning: &'static str,
    /// Which values are accepted.
    pub accepted: &'static str,
}

impl Variable {
    /// Whether its value stays out of error messages.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.name == MEMBER_ROLE_EXTERNAL_ID.name
    }
}

const INVENTORY: &[Function] = &[Function::AccountInventory];
const ROTATION: &[Function] = &[Function::KeyRotation];
const NOTIFICATION: &[Function] = &[Function::Notification];
const INVENTORY_AND_ROTATION: &[Function] = &[Function::AccountInventory, Function::KeyRotation];
const EVERY: &[Function] = &[Function::AccountInventory, Function::KeyRotation, Function::Notification];

const DAYS: &str = "a whole number of days from 1 to 36500";

macro_rules! variables {
    ($($name:ident: $functions:ident, $unset:expr, $accepted:expr, $meaning:expr;)+) => {
        $(
            #[doc = $meaning]
            pub const $name: Variable = Variable {
                name: stringify!($name),
                functions: $functions,
                unset: $unset,
                meaning: $meaning,
                accepted: $accepted,
            };
        )+

        /// Every variable, in the order of the reference.
        pub const ALL: &[&Variable] = &[$(&$name,)+];
    };
}

use Unset::{Default, Means, Refused};

variables! {
    RUN_MODE: INVENTORY_AND_ROTATION, Default("audit"), "`audit` or `enforce`",
        "Whether anything may change. `audit` changes nothing in IAM, Secrets Manager, Parameter Store or the ledger: results and audit mails only.";
    STATE_BUCKET: EVERY, Refused, "the name of an S3 bucket (3 to 63 lower-case letters, digits, `.` or `-`)",
        "Where ledgers, manifests, results and records of notices live.";
    STATE_PREFIX: EVERY, Default("keywheel/"), "an S3 key prefix of letters, digits or `! - _ . / =` that ends in `/` and does not begin with it",
        "The prefix of everything in `STATE_BUCKET`.";
    AWS_LAMBDA_LOG_LEVEL: EVERY, Means("`RUST_LOG` decides"), "`trace`, `debug`, `info`, `warn`, `error` or `fatal`",
        "How much Keywheel logs. Lambda sets it from the function's logging configuration. Whatever it says, other crates, \
         the AWS SDK among them, log warnings and errors only: their finer levels show the bodies of answers, which hold secrets. A release build \
         has nothing finer than `info` in it.";
    RUST_LOG: EVERY, Default("info"), "`trace`, `debug`, `info`, `warn` or `error`",
        "How much Keywheel logs where `AWS_LAMBDA_LOG_LEVEL` is not set.";
    ROTATION_FUNCTION: INVENTORY, Refused, "a Lambda function's name or ARN",
        "The key-rotation function.";
    ORG_LIST_ROLE_ARN: INVENTORY, Means("own credentials"), "an IAM role's ARN, such as `arn:aws:iam::111122223333:role/keywheel-org-list`",
        "The role to assume for AWS Organizations.";
    INCLUDE_OUS: INVENTORY, Means("all OUs"), "a comma list of OU or root ids, such as `ou-ab12-11111111`",
        "Only accounts below these OUs, at any depth.";
    EXCLUDE_OUS: INVENTORY, Means("none"), "a comma list of OU or root ids, such as `ou-ab12-11111111`",
        "No accounts below these OUs, at any depth. Exclusion wins over inclusion.";
    INCLUDE_ACCOUNTS: INVENTORY, Means("all accounts"), "a comma list of account ids of 12 digits",
        "Only these accounts. Where `INCLUDE_OUS` is set too, an account must meet both.";
    EXCLUDE_ACCOUNTS: INVENTORY, Means("none"), "a comma list of account ids of 12 digits",
        "Not these accounts. Exclusion wins over inclusion.";
    INCLUDE_MANAGEMENT_ACCOUNT: INVENTORY, Default("false"), "`true` or `false`",
        "Whether the organization's management account is looked after too.";
    FANOUT_CONCURRENCY: INVENTORY, Default("32"), "a whole number from 1 to 500",
        "How many invocations of key-rotation are under way at the same time.";
    ROLLOUT_PERCENT: INVENTORY, Default("100"), "a whole number from 0 to 100",
        "How much of the organization takes part. A hash of the account id decides, so raising the number only adds accounts; the rest is listed as skipped.";
    MEMBER_ROLE_NAME: ROTATION, Means("own credentials, own account only"), "an IAM role's name, after its path if it has one, such as `platform/keywheel-member`",
        "The role to assume in each account.";
    MEMBER_ROLE_EXTERNAL_ID: ROTATION, Means("no external id is sent"), "2 to 1224 letters, digits or `+ = , . @ : / _ -`, together with `MEMBER_ROLE_NAME`",
        "The external id that the member role's trust policy asks for. Never printed.";
    ROTATION_PERIOD: ROTATION, Default("90"), DAYS,
        "The age in days at which a key's replacement is made.";
    INACTIVE_PERIOD: ROTATION, Default("100"), "a whole number of days above `ROTATION_PERIOD`, to 36500",
        "The age in days at which the old key is made inactive. What binds is the interval: `INACTIVE_PERIOD` - `ROTATION_PERIOD` days after the replacement was published.";
    INACTIVE_BUFFER: ROTATION, Default("135"), "a whole number of days above `INACTIVE_PERIOD`, to 36500",
        "The age in days at which the old key is deleted. What binds is the interval: `INACTIVE_BUFFER` - `INACTIVE_PERIOD` days after it was in fact made inactive.";
    WARN_DAYS: ROTATION, Default("7,3,1"), "a comma list of whole numbers of days from 1 to 365",
        "How many days before a step its owners are warned, and up to six hours more: a night may begin later than the one before.";
    LAST_USED_THRESHOLD: ROTATION, Default("7"), "a whole number of days from 0 to 36500; 0 is off",
        "An old key used within so many days is held, not made inactive.";
    MAX_HOLD: ROTATION, Default("30"), "a whole number of days from 1 to 36500, or `none` for never",
        "After so many days of holding, a key is made inactive all the same, which can be undone.";
    UNUSED_AFTER: ROTATION, Default("90"), DAYS,
        "A key unused for so many days counts as unused.";
    UNUSED_KEYS: ROTATION, Default("retire"), "`retire` or `rotate`",
        "What becomes of unused keys: warned of, made inactive and deleted without a replacement, or replaced like any other.";
    FOREIGN_INACTIVE_KEYS: ROTATION, Default("keep"), "`keep` or `delete`",
        "What becomes of an inactive key that Keywheel did not make inactive: it stays and is reported, or it is deleted after its owner was warned and it was seen inactive for `UNUSED_AFTER` days.";
    EXEMPTION_GROUP: ROTATION, Means("no group"), "an IAM group's name: 1 to 128 letters, digits or `+ = , . @ _ -`",
        "The IAM group whose members are left alone. A group that is missing or cannot be read stops all changes in that account.";
    TAG_PREFIX: ROTATION, Default("KeyRotation:"), "1 to 100 characters that a tag key may have, not beginning with `aws:`; `IKR:` for those who come from aws-iam-key-rotator",
        "The prefix of the user tags that bend the policy for one user.";
    SELECTION: ROTATION, Default("all"), "`all` or `tagged`",
        "Which users are looked after: all, or only those with an `EMAIL` tag.";
    USER_PATH: ROTATION, Default("/"), "an IAM path that begins and ends with `/`, such as `/service/`",
        "Only users below this IAM path are looked after. Set it to the `user_path` of the global layer, whose member role can change no other user's keys.";
    OWNER_TAG: ROTATION, Means("none"), "a tag key of 1 to 128 characters, not beginning with `aws:`",
        "A further user tag that holds the key owner's address. A value without `@`, such as a team's name, is left alone.";
    SECURITY_EMAIL: ROTATION, Means("no copy"), "one e-mail address, without a display name",
        "Gets a copy of every notice.";
    EMAIL_DOMAINS: ROTATION, Means("any domain"), "a comma list of domains, such as `example.com,example.org`",
        "The domains to which tags may direct mail.";
    SECRET_STORE: ROTATION, Default("member"), "`member` or `central`; `central` needs `SECRET_KMS_KEY_ID`",
        "Where secrets are kept: in the user's own account, or in this function's account, readable by that user across accounts (`docs/stores.md`). \
         What an earlier `member` left is found all the same.";
    SECRET_STORE_BEFORE: ROTATION, Means("secrets are looked for in the accounts of their users"), "`central`, together with `SECRET_STORE=member`",
        "The store from which the deployment moved back: secrets that are still in this function's account are found until their users' next keys are made.";
    SECRET_KMS_KEY_ID: ROTATION, Means("the account's `aws/secretsmanager` key"), "a KMS key's id, ARN, alias name (`alias/…`) or alias ARN",
        "The KMS key that encrypts the secrets. With `SECRET_STORE=member` it is looked for in each account, so an alias name that exists in all of them; with `central` it is a customer \
         managed key of this function's account, whose policy lets the users decrypt.";
    SECRET_REPLICA_REGIONS: ROTATION, Means("no replicas"), "a comma list of Regions, such as `eu-west-1`, without this function's own",
        "Further Regions that hold replicas of the secrets. With `SECRET_KMS_KEY_ID` it must be a name that means a key in each of them: an alias name \
         (`alias/…`), or the id of a multi-Region key (`mrk-…`).";
    SECRET_READERS: ROTATION, Means("nobody else"), "a comma list of ARN patterns of IAM roles or users, such as `arn:aws:iam::*:role/break-glass`; \
         no session ARN (`:assumed-role/`) and no bare `*`; write `?` for a comma in a name",
        "Who may also read the secrets: break-glass roles, External Secrets Operator, CI roles.";
    REQUIRE_NOTICE: ROTATION, Default("true"), "`true` or `false`",
        "Whether nothing is made inactive before a notice of it was recorded as sent.";
    ENCRYPTED_DELIVERY: ROTATION, Default("off"), "`on` or `off`",
        "Whether new pairs are attached to key owners' mails, encrypted with age, where the tag `ENCRYPT_TO` names an entry of `recipients.json`.";
    PARAMETER_PREFIX: ROTATION, Means("nobody gets a parameter"), "`/`, up to 12 words of letters, digits or `_ . -` with slashes between them, and `/`, such as `/keywheel/`; \
         not beginning with `/aws` or `/ssm`",
        "Where the parameters of those users are whom `parameters.json` in the state bucket names (`docs/parameters.md`).";
    PARAMETER_KMS_KEY_ID: ROTATION, Means("the account's `aws/ssm` key"), "a KMS key's id, ARN, alias name (`alias/…`) or alias ARN, together with `PARAMETER_PREFIX`",
        "The KMS key that encrypts the parameters.";
    HOUSEKEEPING_AFTER: INVENTORY_AND_ROTATION, Default("30"), "a whole number of days from 7 to 80, or `none`",
        "So many days after a user was found gone, or an account missing in the organization, what is left of it is put away: secrets are scheduled for deletion, and can be restored for 30 more (`docs/stores.md`). `none` = never.";
    ACK_BUCKET: INVENTORY_AND_ROTATION, Means("hosts do not acknowledge"), "an S3 bucket's name, other than `STATE_BUCKET`'s",
        "Where hosts acknowledge that they have installed a key (`docs/agent.md`).";
    ACK_FORGET_AFTER: ROTATION, Default("90"), DAYS,
        "A host that has acknowledged nothing for so many days is forgotten: it holds no key any more.";
    NOTIFICATION_FUNCTION: ROTATION, Refused, "a Lambda function's name or ARN",
        "The notification function.";
    EVENT_BUS: ROTATION, Means("no events"), "an EventBridge bus's name or ARN, such as `default`",
        "An EventBridge bus that gets an event for every completed step (`docs/contracts.md`).";
    MAX_CHANGES: ROTATION, Default("50"), "a whole number from 1 to 100000; to change nothing at all, set `RUN_MODE=audit`",
        "Changes per account and run. The rest waits for the next run, most urgent first.";
    FREEZE: ROTATION, Means("no freeze"), "a comma list of dates or ranges of dates, both ends included, such as `2026-12-20/2027-01-05` (UTC)",
        "When nothing changes. Warnings go on.";
    TEMPLATE_BUCKET: NOTIFICATION, Refused, "the name of an S3 bucket (3 to 63 lower-case letters, digits, `.` or `-`)",
        "Where the mail templates live. The templates inside the function stand in for those that the bucket does not have.";
    TEMPLATE_PREFIX: NOTIFICATION, Default("templates/"), "an S3 key prefix of letters, digits or `! - _ . / =` that ends in `/` and does not begin with it",
        "The prefix of the templates in `TEMPLATE_BUCKET`.";
    SENDER_EMAIL: NOTIFICATION, Refused, "one e-mail address, without a display name",
        "The address that mails come from.";
    REPLY_TO: NOTIFICATION, Means("answers go to the sender"), "one e-mail address, without a display name",
        "The address that answers go to.";
    CONFIGURATION_SET: NOTIFICATION, Means("the identity's own, if it has one"), "an SES configuration set's name: 1 to 64 letters, digits or `_ -`",
        "The SES configuration set with which mails are sent: its events tell of bounces and complaints.";
    MAILER: NOTIFICATION, Default("ses"), "`ses`, `smtp` or `mailgun`",
        "What sends the mails. The variables of another mailer than this one must not be set.";
    SMTP_HOST: NOTIFICATION, Means("needed with `MAILER=smtp`"), "a host's name, which is in its certificate",
        "The SMTP server.";
    SMTP_TLS: NOTIFICATION, Default("implicit"), "`implicit` or `starttls`; nothing is sent without TLS",
        "How TLS begins with the SMTP server.";
    SMTP_PORT: NOTIFICATION, Means("465, or 587 with `starttls`"), "a whole number from 1 to 65535",
        "The SMTP server's port.";
    SMTP_CREDENTIALS: NOTIFICATION, Means("needed with `MAILER=smtp`"), "`ssm:` and a parameter's name, or `secretsmanager:` and a secret's name, of this account and Region",
        "Where the login is kept, as the text `{\"username\":\"…\",\"password\":\"…\"}`. Read once per process, and again after a refusal.";
    MAILGUN_DOMAIN: NOTIFICATION, Means("needed with `MAILER=mailgun`"), "a domain, such as `mg.example.com`",
        "The domain at Mailgun that mails are sent from.";
    MAILGUN_REGION: NOTIFICATION, Means("needed with `MAILER=mailgun`"), "`us` or `eu`",
        "Where that domain is.";
    MAILGUN_CREDENTIALS: NOTIFICATION, Means("needed with `MAILER=mailgun`"), "`ssm:` and a parameter's name, or `secretsmanager:` and a secret's name, of this account and Region",
        "Where the key is kept, as the text `{\"api_key\":\"…\"}`. Read once per process, and again after a refusal.";
    MAILGUN_ENDPOINT_URL: NOTIFICATION, Means("the region's own"), "`https://` and a host's name, with a port or without; `http://` for `localhost` and `127.0.0.1` alone",
        "Another place of Mailgun's API: a proxy, or a test. It gets the key.";
    SNS_TOPIC_ARN: NOTIFICATION, Means("no topic"), "a standard SNS topic's ARN, such as `arn:aws:sns:eu-central-1:111122223333:keywheel-notices`",
        "A topic that gets one message per digest, for chat and tickets: no address, no secret.";
}
