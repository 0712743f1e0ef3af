use aws_sdk_iam::Client;
use keywheel_aws::{AwsIam, AwsProver, AwsSecrets};
use keywheel_core::id::UserName;
use keywheel_core::secret::{KeyPair, PolicyReaders, PreviousKey, SecretRecord, VersionId, resource_policy};
use keywheel_engine::deployment::SecretOptions;
use keywheel_engine::ports::{Iam, NewSecret, Proof, Prover, Secrets};
use secrecy::SecretString;

use crate::emulator::{Account, on_ministack};

on_ministack!(
    a_pair_that_reads_its_own_version_is_proven,
    a_pair_that_may_not_read_is_told_apart_from_one_that_does_not_work_yet,
    a_pair_that_nobody_knows_does_not_work_yet,
    a_pair_of_another_user_is_not_proven,
    a_version_that_is_not_pending_is_not_proven,
);

const SECRET: &str = "Account_User_alice_AccessKey";

/// A user with a new pair, whose value is pending in a secret that nobody but the account's root may read yet.
struct Bench {
    pair: KeyPair,
    arn: String,
    version: VersionId,
    secrets: AwsSecrets,
    prover: AwsProver,
}

impl Bench {
    async fn new(account: &Account) -> Self {
        let alice: UserName = "alice".parse().unwrap();
        Client::new(&account.config).create_user().user_name("alice").path("/ops/").send().await.unwrap();
        let iam = AwsIam::new(&account.config);
        let (user, pair) = (iam.user(&alice).await.unwrap(), iam.create_access_key(&alice).await.unwrap());
        let secrets = AwsSecrets::new(&account.config, &account.config, SecretOptions::default());
        let version = VersionId::of(&account.id, &user.user_id, &pair.id);
        let old = PreviousKey { access_key_id: "AKIAOLDOLDOLDOLDOLD0".parse().unwrap(), create_date: pair.created };
        let record = SecretRecord::of_old_key(&account.id, &alice, old).without_secret().unwrap();
        let first = VersionId("f".repeat(64));
        let secret = NewSecret { name: SECRET, description: "a key", version: &first, value: &record };
        secrets.create(secret).await.unwrap();
        let value = SecretRecord::of_new_pair(&account.id, &alice, &pair, None).with_secret(&pair).unwrap();
        secrets.put_pending(SECRET, &version, &value).await.unwrap();
        Self { pair, arn: user.arn, version, secrets, prover: AwsProver::new(&account.config) }
    }

    async fn allow_reading(&self) {
        let policy = resource_policy(&self.arn, &PolicyReaders { writers: &[], others: &[] });
        self.secrets.put_policy(SECRET, &policy).await.unwrap();
    }

    async fn prove(&self) -> Proof {
        self.prover.prove(&self.pair, &self.arn, SECRET, &self.version).await
    }
}

async fn a_pair_that_reads_its_own_version_is_proven(account: Account) {
    let bench = Bench::new(&account).await;
    bench.allow_reading().await;
    assert_eq!(bench.prove().await, Proof::Proven);
}

async fn a_pair_that_may_not_read_is_told_apart_from_one_that_does_not_work_yet(account: Account) {
    let bench = Bench::new(&account).await;
    let proof = bench.prove().await;
    assert!(matches!(&proof, Proof::RetrievalDenied { why } if why.contains("AccessDenied")), "{proof:?}");
}

async fn a_pair_that_nobody_knows_does_not_work_yet(account: Account) {
    let mut bench = Bench::new(&account).await;
    bench.allow_reading().await;
    bench.pair.id = "AKIA0000000000000000".parse().unwrap();
    bench.pair.secret = SecretString::from("half");
    let proof = bench.prove().await;
    assert!(matches!(&proof, Proof::NotYet { why } if why.contains("InvalidClientTokenId")), "{proof:?}");
}

async fn a_pair_of_another_user_is_not_proven(account: Account) {
    let mut bench = Bench::new(&account).await;
    bench.allow_reading().await;
    bench.arn = bench.arn.replace("alice", "bob");
    let proof = bench.prove().await;
    assert!(matches!(&proof, Proof::NotYet { why } if why.contains("alice")), "{proof:?}");
}

async fn a_version_that_is_not_pending_is_not_proven(account: Account) {
    let bench = Bench::new(&account).await;
    bench.allow_reading().await;
    bench.secrets.remove_label(SECRET, "AWSPENDING", &bench.version).await.unwrap();
    let proof = bench.prove().await;
    assert!(matches!(proof, Proof::NotYet { .. }), "{proof:?}");
}
