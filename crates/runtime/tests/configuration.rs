//! Configuration as operators meet it: defaults, errors that name everything, and the reference page.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use keywheel_engine::deployment::SecretStore;
use std::collections::BTreeMap;

use keywheel_core::policy::{Mode, Policy};
use keywheel_core::time::Days;
use keywheel_runtime::config::mailer::MailerConfig;
use keywheel_runtime::config::variable;
use keywheel_runtime::{InvalidConfiguration, InventoryConfig, NotificationConfig, RotationConfig};

type Environment = BTreeMap<&'static str, &'static str>;

fn lookup(environment: &Environment) -> impl Fn(&str) -> Option<String> + '_ {
    |name| environment.get(name).map(|value| (*value).to_owned())
}

fn inventory(settings: &[(&'static str, &'static str)]) -> Result<InventoryConfig, InvalidConfiguration> {
    let mut environment =
        Environment::from([("ROTATION_FUNCTION", "key-rotation"), ("STATE_BUCKET", "keywheel-state")]);
    environment.extend(settings.iter().copied());
    InventoryConfig::from_lookup(lookup(&environment))
}

fn rotation(settings: &[(&'static str, &'static str)]) -> Result<RotationConfig, InvalidConfiguration> {
    let mut environment =
        Environment::from([("NOTIFICATION_FUNCTION", "notification"), ("STATE_BUCKET", "keywheel-state")]);
    environment.extend(settings.iter().copied());
    RotationConfig::from_lookup(lookup(&environment))
}

fn notification(settings: &[(&'static str, &'static str)]) -> Result<NotificationConfig, InvalidConfiguration> {
    let mut environment = Environment::from([
        ("TEMPLATE_BUCKET", "keywheel-templates"),
        ("SENDER_EMAIL", "keywheel@example.com"),
        ("STATE_BUCKET", "keywheel-state"),
    ]);
    environment.extend(settings.iter().copied());
    NotificationConfig::from_lookup(lookup(&environment))
}

/// The variables that a configuration was refused for, in order.
fn refused<T: std::fmt::Debug>(read: Result<T, InvalidConfiguration>) -> Vec<&'static str> {
    read.expect_err("the configuration should be refused").problems.iter().map(|problem| problem.variable).collect()
}

fn message<T: std::fmt::Debug>(read: Result<T, InvalidConfiguration>) -> String {
    read.expect_err("the configuration should be refused").to_string()
}

#[test]
fn what_must_be_set_is_enough_and_the_rest_has_the_defaults_of_the_design() {
    let inventory = inventory(&[]).unwrap();
    assert_eq!(inventory.mode, Mode::Audit);
    assert_eq!((inventory.fanout_concurrency, inventory.rollout_percent), (32, 100));
    assert!(!inventory.include_management_account && inventory.org_list_role_arn.is_none());
    assert_eq!(inventory.state.prefix, "keywheel/");
    assert!(inventory.include_ous.is_empty() && inventory.include_accounts.is_empty());

    let rotation = rotation(&[]).unwrap();
    assert_eq!(rotation.mode, Mode::Audit);
    assert_eq!(rotation.policy, Policy::default());
    assert!(rotation.member_role.is_none() && rotation.secret_readers.is_empty());

    assert_eq!(notification(&[]).unwrap().template_prefix, "templates/");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let names: Vec<_> = variable::ALL.iter().map(|variable| variable.name).collect();
    let empty: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    assert_eq!(refused(inventory(&empty)), ["ROTATION_FUNCTION", "STATE_BUCKET"]);
    assert_eq!(refused(rotation(&empty)), ["STATE_BUCKET", "NOTIFICATION_FUNCTION"]);
    assert_eq!(refused(notification(&empty)), ["TEMPLATE_BUCKET", "SENDER_EMAIL", "STATE_BUCKET"]);
}

#[test]
fn one_error_names_every_wrong_variable_its_value_and_what_is_accepted() {
    let message = message(inventory(&[
        ("RUN_MODE", "Enforce"),
        ("STATE_BUCKET", ""),
        ("FANOUT_CONCURRENCY", "0"),
        ("EXCLUDE_ACCOUNTS", "111122223333, 12"),
        ("INCLUDE_OUS", "ou-1"),
    ]));
    for part in [
        "RUN_MODE is \"Enforce\"; accepted: `audit` or `enforce`",
        "STATE_BUCKET is not set; accepted: the name of an S3 bucket",
        "FANOUT_CONCURRENCY is \"0\"; accepted: a whole number from 1 to 500",
        "EXCLUDE_ACCOUNTS is \"111122223333, 12\" (\"12\" is not an account id",
        "INCLUDE_OUS is \"ou-1\" (\"ou-1\" is not the id of an OU or root)",
        "(5)",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    assert!(!message.contains('\n'));
}

#[test]
fn numbers_with_anything_but_digits_are_refused() {
    for junk in ["9O", " 90", "90 ", "+90", "-90", "0x5a", "90.0", "1e2", "٩٠", "090", "4294967296", "36501"] {
        assert_eq!(refused(rotation(&[("UNUSED_AFTER", junk)])), ["UNUSED_AFTER"], "{junk:?}");
    }
    assert_eq!(rotation(&[("UNUSED_AFTER", "36500")]).unwrap().policy.unused_after, Days(36_500));
    assert_eq!(rotation(&[("LAST_USED_THRESHOLD", "0")]).unwrap().policy.last_used_threshold, Days(0));
    for percent in ["101", "-1", "50%"] {
        assert_eq!(refused(inventory(&[("ROLLOUT_PERCENT", percent)])), ["ROLLOUT_PERCENT"]);
    }
    assert_eq!(inventory(&[("ROLLOUT_PERCENT", "0")]).unwrap().rollout_percent, 0);
}

#[test]
fn a_buffer_that_was_meant_as_an_interval_is_explained() {
    let text = message(rotation(&[("INACTIVE_BUFFER", "35")]));
    assert!(text.contains("write INACTIVE_BUFFER=135"), "{text}");
    assert_eq!(refused(rotation(&[("ROTATION_PERIOD", "0")])), ["ROTATION_PERIOD"]);
    assert_eq!(refused(rotation(&[("INACTIVE_PERIOD", "90")])), ["INACTIVE_PERIOD"]);
    let sample = rotation(&[("ROTATION_PERIOD", "45"), ("INACTIVE_PERIOD", "60"), ("INACTIVE_BUFFER", "90")]).unwrap();
    assert_eq!(sample.policy.periods.recovery_grace(), Days(30));
}

#[test]
fn warn_days_are_sorted_from_far_to_near_and_stand_once() {
    let days = |text| rotation(&[("WARN_DAYS", text)]).map(|config| config.policy.warn_days);
    assert_eq!(days("1, 14,3,14").unwrap(), [Days(14), Days(3), Days(1)]);
    for wrong in ["0", "7,,1", "7;3", ",", "7,-1"] {
        assert_eq!(refused(days(wrong)), ["WARN_DAYS"], "{wrong:?}");
    }
}

#[test]
fn max_hold_is_a_number_of_days_or_none() {
    let hold = |text| rotation(&[("MAX_HOLD", text)]).map(|config| config.policy.max_hold);
    assert_eq!(hold("none").unwrap(), None);
    assert_eq!(hold("14").unwrap(), Some(Days(14)));
    for wrong in ["0", "never", "None"] {
        assert_eq!(refused(hold(wrong)), ["MAX_HOLD"]);
    }
}

#[test]
fn a_freeze_that_cannot_be_read_is_refused_and_not_ignored() {
    assert!(rotation(&[("FREEZE", "2026-12-20/2027-01-05, 2027-04-01")]).is_ok());
    for wrong in ["2026-12-20..2027-01-05", "2027-01-05/2026-12-20", "Christmas", ","] {
        assert_eq!(refused(rotation(&[("FREEZE", wrong)])), ["FREEZE"], "{wrong:?}");
    }
}

#[test]
fn replicas_are_encrypted_with_a_key_that_is_in_every_region() {
    let replicas = |key: &'static str| {
        let settings = [("SECRET_REPLICA_REGIONS", "eu-west-1, us-east-1"), ("SECRET_KMS_KEY_ID", key)];
        rotation(&settings).map(|config| config.secrets.replica_regions)
    };
    for key in ["", "alias/ours", "mrk-1234abcd12ab34cd56ef1234567890ab"] {
        assert_eq!(replicas(key).unwrap(), ["eu-west-1", "us-east-1"], "{key:?}");
    }
    for key in ["1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-central-1:111122223333:alias/ours"] {
        assert_eq!(refused(replicas(key)), ["SECRET_KMS_KEY_ID"], "{key:?}");
    }
    let wrong = rotation(&[("SECRET_REPLICA_REGIONS", "Ireland")]);
    assert_eq!(refused(wrong), ["SECRET_REPLICA_REGIONS"]);
}

#[test]
fn hosts_acknowledge_in_a_bucket_of_their_own_and_are_forgotten_after_a_time() {
    let forgets = |given: &[(&'static str, &'static str)]| {
        let config = rotation(given).unwrap();
        (config.ack_bucket, config.policy.ack_forget_after.map(|days| days.0))
    };
    assert_eq!(forgets(&[]), (None, None));
    assert_eq!(forgets(&[("ACK_FORGET_AFTER", "30")]), (None, None));
    let bucket = ("ACK_BUCKET", "keywheel-acknowledgements");
    assert_eq!(forgets(&[bucket]), (Some(bucket.1.to_owned()), Some(90)));
    assert_eq!(forgets(&[bucket, ("ACK_FORGET_AFTER", "30")]).1, Some(30));
    let state = ("STATE_BUCKET", "keywheel-acknowledgements");
    assert_eq!(refused(rotation(&[bucket, state])), ["ACK_BUCKET"]);
    for wrong in [("ACK_BUCKET", "s3://acks"), ("ACK_FORGET_AFTER", "0"), ("ACK_FORGET_AFTER", "never")] {
        assert_eq!(refused(rotation(&[wrong])), [wrong.0]);
    }
}

#[test]
fn a_central_store_needs_a_key_that_users_of_other_accounts_can_use() {
    let store = |settings: &[(&'static str, &'static str)]| rotation(settings).map(|config| config.secrets.store);
    let central = ("SECRET_STORE", "central");
    assert_eq!(store(&[]).unwrap(), SecretStore::Member);
    assert_eq!(store(&[central, ("SECRET_KMS_KEY_ID", "alias/keywheel-secrets")]).unwrap(), SecretStore::Central);
    assert_eq!(store(&[("SECRET_STORE_BEFORE", "central")]).unwrap(), SecretStore::MemberAfterCentral);
    for key in
        [None, Some("alias/aws/secretsmanager"), Some("arn:aws:kms:eu-central-1:999988887777:alias/aws/secretsmanager")]
    {
        let settings: Vec<_> = std::iter::once(central).chain(key.map(|key| ("SECRET_KMS_KEY_ID", key))).collect();
        assert_eq!(refused(store(&settings)), ["SECRET_KMS_KEY_ID"], "{key:?}");
    }
    let both = [central, ("SECRET_KMS_KEY_ID", "alias/ours"), ("SECRET_STORE_BEFORE", "central")];
    assert_eq!(refused(store(&both)), ["SECRET_STORE_BEFORE"]);
    assert_eq!(refused(store(&[("SECRET_STORE_BEFORE", "member")])), ["SECRET_STORE_BEFORE"]);
    assert_eq!(refused(store(&[("SECRET_STORE", "vault")])), ["SECRET_STORE"]);
}

#[test]
fn a_mailer_has_all_it_needs_and_nothing_of_another() {
    assert_eq!(refused(notification(&[("MAILER", "smtp")])), ["SMTP_HOST", "SMTP_CREDENTIALS"]);
    let needed = ["MAILGUN_DOMAIN", "MAILGUN_REGION", "MAILGUN_CREDENTIALS"];
    assert_eq!(refused(notification(&[("MAILER", "mailgun")])), needed);
    assert_eq!(refused(notification(&[("MAILER", "sendmail")])), ["MAILER"]);
    let text = message(notification(&[("SMTP_HOST", "smtp.example.com")]));
    assert!(text.contains("MAILER=smtp alone"), "{text}");
    let smtp = [("MAILER", "smtp"), ("SMTP_HOST", "smtp.example.com"), ("SMTP_CREDENTIALS", "ssm:/keywheel/smtp")];
    let port = |more: &[(&'static str, &'static str)]| match notification(&[&smtp[..], more].concat()).unwrap().mailer {
        MailerConfig::Smtp { port, .. } => port,
        other => panic!("{other:?}"),
    };
    assert_eq!([port(&[]), port(&[("SMTP_TLS", "starttls")]), port(&[("SMTP_PORT", "2525")])], [465, 587, 2525]);
    for (name, wrong) in [
        ("SMTP_TLS", "none"),
        ("SMTP_PORT", "0"),
        ("SMTP_HOST", "smtp://x"),
        ("SMTP_CREDENTIALS", "hunter2"),
        ("SMTP_CREDENTIALS", "ssm:"),
        ("SMTP_CREDENTIALS", "secretsmanager:a b"),
        ("CONFIGURATION_SET", "keywheel"),
    ] {
        assert_eq!(refused(notification(&[&smtp[..], &[(name, wrong)]].concat())), [name], "{wrong:?}");
    }
}

#[test]
fn the_mailgun_key_goes_nowhere_without_tls() {
    let mailgun = |endpoint| {
        let settings = [("MAILER", "mailgun"), ("MAILGUN_DOMAIN", "mg.example.com"), ("MAILGUN_REGION", "eu")];
        let more = [("MAILGUN_CREDENTIALS", "secretsmanager:keywheel/mailgun"), ("MAILGUN_ENDPOINT_URL", endpoint)];
        notification(&[&settings[..], &more].concat())
    };
    for good in ["https://api.mailgun.example", "https://localhost:8443", "http://127.0.0.1:8080", "http://localhost"] {
        assert!(mailgun(good).is_ok(), "{good}");
    }
    for wrong in ["http://api.mailgun.net", "http://127.0.0.1.example.com", "https://user@host", "ftp://localhost", "x"]
    {
        assert_eq!(refused(mailgun(wrong)), ["MAILGUN_ENDPOINT_URL"], "{wrong}");
    }
}

#[test]
fn a_bus_is_a_name_or_an_arn_and_a_topic_an_arn() {
    let bus = |text| rotation(&[("EVENT_BUS", text)]).map(|config| config.event_bus.unwrap());
    for good in ["default", "aws.partner/x.y/1", "arn:aws-cn:events:cn-north-1:111122223333:event-bus/keywheel"] {
        assert_eq!(bus(good).unwrap(), good);
    }
    for wrong in ["a bus", "arn:aws:events:eu-central-1:1111:event-bus/x", "arn:aws:sns:eu-central-1:111122223333:x"] {
        assert_eq!(refused(bus(wrong)), ["EVENT_BUS"], "{wrong:?}");
    }
    let topic = |text| notification(&[("SNS_TOPIC_ARN", text)]).map(|config| config.topic.unwrap());
    let good = "arn:aws:sns:eu-central-1:111122223333:keywheel-notices";
    assert_eq!(topic(good).unwrap(), good);
    for wrong in ["keywheel", "arn:aws:sqs:eu-central-1:111122223333:x", "arn:aws:sns:eu-central-1:111122223333:x.fifo"]
    {
        assert_eq!(refused(topic(wrong)), ["SNS_TOPIC_ARN"], "{wrong:?}");
    }
}

#[test]
fn an_external_id_is_never_printed() {
    let id = "Swordfish-4711";
    let config =
        rotation(&[("MEMBER_ROLE_NAME", "platform/keywheel-member"), ("MEMBER_ROLE_EXTERNAL_ID", id)]).unwrap();
    assert!(!format!("{config:?}").contains(id));
    assert_eq!(config.member_role.unwrap().external_id.unwrap().as_str(), id);

    let wrong = message(rotation(&[("MEMBER_ROLE_NAME", "member"), ("MEMBER_ROLE_EXTERNAL_ID", "Sword fish")]));
    assert!(wrong.contains("MEMBER_ROLE_EXTERNAL_ID is a value that is not shown here") && !wrong.contains("fish"));
    let alone = message(rotation(&[("MEMBER_ROLE_EXTERNAL_ID", id)]));
    assert!(alone.contains("MEMBER_ROLE_NAME is not") && !alone.contains(id));
}

#[test]
fn a_role_may_have_a_path_and_is_no_arn() {
    let role = |name| rotation(&[("MEMBER_ROLE_NAME", name)]).map(|config| config.member_role.unwrap().name);
    assert_eq!(role("a/b/Member+Role=1").unwrap(), "a/b/Member+Role=1");
    for wrong in ["/member", "member/", "a//b", "arn:aws:iam::111122223333:role/member", "mem ber", "member*"] {
        assert_eq!(refused(role(wrong)), ["MEMBER_ROLE_NAME"], "{wrong:?}");
    }
    let listed = |arn| inventory(&[("ORG_LIST_ROLE_ARN", arn)]);
    assert!(listed("arn:aws-us-gov:iam::111122223333:role/service/org-list").is_ok());
    for wrong in
        ["org-list", "arn:aws:iam::1111:role/x", "arn:aws:iam::111122223333:user/x", "arn:aws:iam::111122223333:role/"]
    {
        assert_eq!(refused(listed(wrong)), ["ORG_LIST_ROLE_ARN"], "{wrong:?}");
    }
}

#[test]
fn readers_of_secrets_are_roles_or_users_and_never_sessions_or_everybody() {
    let readers = |text| rotation(&[("SECRET_READERS", text)]).map(|config| config.secret_readers);
    let two = "arn:aws:iam::*:role/break-glass, arn:*:iam::111122223333:user/ci/*";
    assert_eq!(readers(two).unwrap(), ["arn:aws:iam::*:role/break-glass", "arn:*:iam::111122223333:user/ci/*"]);
    for wrong in [
        "*",
        "arn:*",
        "arn:aws:iam::*:*",
        "arn:aws:iam::*:role/*",
        "break-glass",
        "arn:aws:sts::111122223333:assumed-role/admin/alice",
        "arn:aws:iam::111122223333:role/a,*",
        "arn:aws:iam::111122223333:role/a\"b",
    ] {
        assert_eq!(refused(readers(wrong)), ["SECRET_READERS"], "{wrong:?}");
    }
}

#[test]
fn addresses_that_could_direct_mail_elsewhere_are_refused() {
    for wrong in [
        "a@b@example.com",
        "a b@example.com",
        "Sec <sec@example.com>",
        "a@example.com,b@example.com",
        "@example.com",
        "a@",
        "a@example.com\r\nBcc:x@y",
        "a@-x",
    ] {
        assert_eq!(refused(rotation(&[("SECURITY_EMAIL", wrong)])), ["SECURITY_EMAIL"], "{wrong:?}");
        assert_eq!(refused(notification(&[("SENDER_EMAIL", wrong)])), ["SENDER_EMAIL"], "{wrong:?}");
        assert_eq!(refused(notification(&[("REPLY_TO", wrong)])), ["REPLY_TO"], "{wrong:?}");
    }
    let config = rotation(&[("SECURITY_EMAIL", "sec+keys@example.com"), ("EMAIL_DOMAINS", "Example.com, example.org")]);
    assert_eq!(config.unwrap().email_domains, ["example.com", "example.org"]);
    assert_eq!(refused(rotation(&[("EMAIL_DOMAINS", "@example.com")])), ["EMAIL_DOMAINS"]);
}

#[test]
fn prefixes_end_in_a_slash_and_buckets_are_named_as_s3_names_them() {
    assert_eq!(inventory(&[("STATE_PREFIX", "prod/keywheel/")]).unwrap().state.prefix, "prod/keywheel/");
    for wrong in ["keywheel", "/keywheel/", "a//", "../a/", "/"] {
        assert_eq!(refused(inventory(&[("STATE_PREFIX", wrong)])), ["STATE_PREFIX"], "{wrong:?}");
    }
    for wrong in ["ab", "Keywheel", "keywheel_state", "-keywheel", "a..b", "s3://keywheel"] {
        assert_eq!(refused(inventory(&[("STATE_BUCKET", wrong)])), ["STATE_BUCKET"], "{wrong:?}");
    }
}

#[test]
fn a_level_of_the_log_that_does_not_exist_is_refused() {
    assert!(inventory(&[("AWS_LAMBDA_LOG_LEVEL", "WARN"), ("RUST_LOG", "debug")]).is_ok());
    assert_eq!(refused(inventory(&[("AWS_LAMBDA_LOG_LEVEL", "loud")])), ["AWS_LAMBDA_LOG_LEVEL"]);
    assert_eq!(refused(inventory(&[("RUST_LOG", "hyper=trace")])), ["RUST_LOG"]);
}

#[test]
fn a_wrong_value_is_shown_escaped_and_cut() {
    let long: &'static str = Box::leak(format!("x\n{}", "y".repeat(5_000)).into_boxed_str());
    let text = message(rotation(&[("SELECTION", long)]));
    assert!(text.contains(r"x\nyyy") && text.len() < 500, "{text}");
}

#[test]
fn every_variable_is_declared_once() {
    let names: Vec<_> = variable::ALL.iter().map(|variable| variable.name).collect();
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), unique.len());
}
