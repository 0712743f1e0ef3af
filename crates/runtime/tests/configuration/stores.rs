//! Where things are kept, and who may read them.

use keywheel_engine::deployment::SecretStore;

use crate::support::{inventory, refused, rotation};

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
    assert_eq!(refused(inventory(&[bucket, state])), ["ACK_BUCKET"]);
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
fn prefixes_end_in_a_slash_and_buckets_are_named_as_s3_names_them() {
    assert_eq!(inventory(&[("STATE_PREFIX", "prod/keywheel/")]).unwrap().state.prefix, "prod/keywheel/");
    for wrong in ["keywheel", "/keywheel/", "a//", "../a/", "/"] {
        assert_eq!(refused(inventory(&[("STATE_PREFIX", wrong)])), ["STATE_PREFIX"], "{wrong:?}");
    }
    for wrong in ["ab", "Keywheel", "keywheel_state", "-keywheel", "a..b", "s3://keywheel"] {
        assert_eq!(refused(inventory(&[("STATE_BUCKET", wrong)])), ["STATE_BUCKET"], "{wrong:?}");
    }
}
