use keywheel_engine::deployment::SecretOptions;
use std::collections::BTreeSet;

use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;
use keywheel_aws::AwsSecrets;
use keywheel_core::id::{AccountId, UserId, UserName};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, SecretState};
use keywheel_core::secret::{
    KeyPair, PolicyReaders, PreviousKey, SecretRecord, SecretValue, VersionId, resource_policy, secret_name,
};
use keywheel_engine::ports::{ErrorKind, NewSecret, Secrets};
use secrecy::{ExposeSecret, SecretString};

use crate::emulator::{Account, on_both, on_ministack};

on_both!(
    a_missing_secret_is_none,
    the_first_version_is_current_and_holds_no_secret_half,
    a_pair_is_put_pending_and_becomes_current,
    a_repeated_put_is_the_same_version,
    a_secret_that_exists_is_not_made_again,
    a_secret_that_is_scheduled_for_deletion_is_described_as_such,
    a_policy_is_put_and_read_back,
    a_name_with_a_comma_is_accepted,
);
on_ministack!(a_version_is_written_once, a_public_policy_is_blocked);

struct Bench {
    secrets: AwsSecrets,
    name: String,
    account: AccountId,
    user: UserName,
    old: PreviousKey,
}

impl Bench {
    fn new(account: &Account, user: &str) -> Self {
        let user: UserName = user.parse().unwrap();
        let created = "2026-01-02T03:04:05Z".parse().unwrap();
        Self {
            secrets: AwsSecrets::new(&account.config, &account.config, SecretOptions::default()),
            name: secret_name(&account.id, &user),
            account: account.id.clone(),
            user,
            old: PreviousKey { access_key_id: "AKIAOLDOLDOLDOLDOLD0".parse().unwrap(), create_date: created },
        }
    }

    fn version(&self, key: &str) -> VersionId {
        let user_id: UserId = "AIDA0000000000000000".parse().unwrap();
        VersionId::of(&self.account, &user_id, &key.parse().unwrap())
    }

    async fn make(&self) -> VersionId {
        let version = self.version("AKIAOLDOLDOLDOLDOLD0");
        let record = SecretRecord::of_old_key(&self.account, &self.user, self.old.clone());
        let value = record.without_secret().unwrap();
        let secret = NewSecret { name: &self.name, description: "a key", version: &version, value: &value };
        self.secrets.create(secret).await.unwrap();
        version
    }

    fn new_value(&self, half: &str) -> (VersionId, SecretValue) {
        let pair = KeyPair {
            id: "AKIANEWNEWNEWNEWNEW0".parse().unwrap(),
            created: "2026-11-20T02:00:07Z".parse().unwrap(),
            secret: SecretString::from(half),
        };
        let record = SecretRecord::of_new_pair(&self.account, &self.user, &pair, Some(self.old.clone()));
        (self.version("AKIANEWNEWNEWNEWNEW0"), record.with_secret(&pair).unwrap())
    }

    async fn state(&self) -> SecretState {
        self.secrets.describe(&self.name).await.unwrap().unwrap()
    }

    async fn labels(&self, version: &VersionId) -> BTreeSet<String> {
        self.state().await.version(version).map(|version| version.stages.clone()).unwrap_or_default()
    }
}

fn labels<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn a_missing_secret_is_none(account: Account) {
    let bench = Bench::new(&account, "alice");
    assert_eq!(bench.secrets.describe(&bench.name).await, Ok(None));
    assert_eq!(bench.secrets.previous_key(&bench.name).await, Ok(None));
    assert_eq!(bench.secrets.policy(&bench.name).await.unwrap_err().kind, ErrorKind::NotFound);
}

async fn the_first_version_is_current_and_holds_no_secret_half(account: Account) {
    let bench = Bench::new(&account, "alice");
    let first = bench.make().await;
    let state = bench.state().await;
    assert_eq!((state.versions.len(), state.scheduled_for_deletion), (1, false));
    assert_eq!(state.versions[0].id, first);
    assert_eq!(state.versions[0].stages, labels([AWSCURRENT]));
    assert!(Timestamp::now().duration_since(state.versions[0].created).abs().as_secs() < 120, "{state:?}");
    assert!(bench.secrets.pair(&bench.name, &first).await.unwrap().is_none());
    assert_eq!(bench.secrets.previous_key(&bench.name).await, Ok(None));
}

async fn a_pair_is_put_pending_and_becomes_current(account: Account) {
    let bench = Bench::new(&account, "alice");
    let first = bench.make().await;
    let (second, value) = bench.new_value("half");
    bench.secrets.put_pending(&bench.name, &second, &value).await.unwrap();
    assert_eq!(bench.labels(&second).await, labels([AWSPENDING]));
    assert_eq!(bench.labels(&first).await, labels([AWSCURRENT]));
    assert_eq!(bench.secrets.previous_key(&bench.name).await, Ok(None));
    let pair = bench.secrets.pair(&bench.name, &second).await.unwrap().unwrap();
    assert_eq!((pair.id.as_str(), pair.secret.expose_secret()), ("AKIANEWNEWNEWNEWNEW0", "half"));

    bench.secrets.move_current(&bench.name, &second, Some(&first)).await.unwrap();
    assert_eq!(bench.labels(&second).await, labels([AWSCURRENT, AWSPENDING]));
    assert_eq!(bench.labels(&first).await, labels([AWSPREVIOUS]));
    bench.secrets.move_current(&bench.name, &second, Some(&first)).await.unwrap();
    bench.secrets.remove_label(&bench.name, AWSPENDING, &second).await.unwrap();
    bench.secrets.remove_label(&bench.name, AWSPENDING, &second).await.unwrap();
    assert_eq!(bench.labels(&second).await, labels([AWSCURRENT]));
    assert_eq!(bench.secrets.previous_key(&bench.name).await, Ok(Some(bench.old.access_key_id.clone())));

    bench.secrets.remove_label(&bench.name, AWSPREVIOUS, &first).await.unwrap();
    assert_eq!(bench.labels(&first).await, labels([]));
}

async fn a_repeated_put_is_the_same_version(account: Account) {
    let bench = Bench::new(&account, "alice");
    bench.make().await;
    let (version, value) = bench.new_value("half");
    bench.secrets.put_pending(&bench.name, &version, &value).await.unwrap();
    bench.secrets.put_pending(&bench.name, &version, &value).await.unwrap();
    assert_eq!(bench.state().await.versions.len(), 2);
    assert_eq!(bench.labels(&version).await, labels([AWSPENDING]));
}

async fn a_version_is_written_once(account: Account) {
    let bench = Bench::new(&account, "alice");
    bench.make().await;
    let (version, value) = bench.new_value("half");
    bench.secrets.put_pending(&bench.name, &version, &value).await.unwrap();
    let (_, other) = bench.new_value("other half");
    let again = bench.secrets.put_pending(&bench.name, &version, &other).await;
    assert_eq!(again.unwrap_err().kind, ErrorKind::Conflict);
    let kept = bench.secrets.pair(&bench.name, &version).await.unwrap().unwrap();
    assert_eq!(kept.secret.expose_secret(), "half");
}

async fn a_secret_that_exists_is_not_made_again(account: Account) {
    let bench = Bench::new(&account, "alice");
    bench.make().await;
    let (version, value) = bench.new_value("half");
    let secret = NewSecret { name: &bench.name, description: "again", version: &version, value: &value };
    bench.secrets.create(secret).await.unwrap();
    assert_eq!(bench.state().await.versions.len(), 1);
}

async fn a_secret_that_is_scheduled_for_deletion_is_described_as_such(account: Account) {
    let bench = Bench::new(&account, "alice");
    bench.make().await;
    let client = Client::new(&account.config);
    client.delete_secret().secret_id(&bench.name).recovery_window_in_days(7).send().await.unwrap();
    assert!(bench.state().await.scheduled_for_deletion);
    let (version, value) = bench.new_value("half");
    let secret = NewSecret { name: &bench.name, description: "again", version: &version, value: &value };
    assert!(bench.secrets.create(secret).await.is_err());
    if !account.is_moto {
        assert!(bench.secrets.put_pending(&bench.name, &version, &value).await.is_err());
    }
}

async fn a_policy_is_put_and_read_back(account: Account) {
    let bench = Bench::new(&account, "alice");
    aws_sdk_iam::Client::new(&account.config).create_user().user_name("alice").send().await.unwrap();
    bench.make().await;
    assert_eq!(bench.secrets.policy(&bench.name).await, Ok(None));
    let writers = [format!("arn:aws:iam::{}:role/keywheel-member", account.id)];
    let readers = PolicyReaders { writers: &writers, others: &[] };
    let policy = resource_policy(&format!("arn:aws:iam::{}:user/alice", account.id), &readers);
    bench.secrets.put_policy(&bench.name, &policy).await.unwrap();
    let found = bench.secrets.policy(&bench.name).await.unwrap().unwrap();
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(parse(&found), parse(&policy));
}

async fn a_public_policy_is_blocked(account: Account) {
    let bench = Bench::new(&account, "alice");
    bench.make().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}"#;
    let error = bench.secrets.put_policy(&bench.name, policy).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(error.message.contains("PublicPolicyException"), "{error}");
}

async fn a_name_with_a_comma_is_accepted(account: Account) {
    let bench = Bench::new(&account, "a,b=c+d@e");
    let first = bench.make().await;
    assert_eq!(bench.labels(&first).await, labels([AWSCURRENT]));
}
