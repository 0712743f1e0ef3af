use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use keywheel_aws::{S3State, S3Templates};
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::NoticeId;
use keywheel_core::ledger::{AccountLedger, LedgerRefused};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_engine::ports::{Condition, LedgerStore, NoticeStore, ReadFailed, RunStore, WriteFailed};
use keywheel_mail::ports::{FetchedTemplate, TemplateStore};

use crate::emulator::{Account, on_both, on_ministack, unique};

on_both!(
    a_ledger_is_written_only_over_the_one_that_was_read,
    a_ledger_that_was_deleted_in_between_is_a_conflict,
    a_ledger_of_a_newer_version_is_refused,
    a_missing_bucket_is_named,
    recorded_notices_are_found_and_the_others_left_out,
    a_damaged_notice_is_an_error_that_names_it,
    a_template_is_fetched_once_and_again_when_it_changed,
    a_second_result_is_added_to_the_first,
);
on_ministack!(results_that_are_stored_at_once_lose_nothing);

struct Bench {
    client: Client,
    bucket: String,
    state: S3State,
    account: Account,
}

impl Bench {
    async fn new(account: Account) -> Self {
        let bucket = unique("state");
        // The emulators listen on an IP address: the SDK then puts the bucket into the path by itself.
        let client = Client::new(&account.config);
        let place = BucketLocationConstraint::EuCentral1;
        let place = CreateBucketConfiguration::builder().location_constraint(place).build();
        client.create_bucket().bucket(&bucket).create_bucket_configuration(place).send().await.unwrap();
        let state = S3State::new(&account.config, &bucket, "keywheel/");
        Self { client, bucket, state, account }
    }

    fn ledger(&self, writer: &str) -> AccountLedger {
        AccountLedger { writer: writer.to_owned(), ..AccountLedger::new(self.account.id.clone()) }
    }

    fn ledger_key(&self) -> String {
        format!("keywheel/ledger/{}.json", self.account.id)
    }

    async fn put(&self, key: &str, text: &str) {
        let body = text.as_bytes().to_vec().into();
        self.client.put_object().bucket(&self.bucket).key(key).body(body).send().await.unwrap();
    }
}

async fn a_ledger_is_written_only_over_the_one_that_was_read(account: Account) {
    let bench = Bench::new(account).await;
    let state = &bench.state;
    let absent = state.load(&bench.account.id).await.unwrap();
    assert_eq!((absent.condition.clone(), absent.ledger), (Condition::Absent, bench.ledger("")));
    let first = state.save(&bench.ledger("one"), &Condition::Absent).await.unwrap();
    assert_eq!(state.save(&bench.ledger("two"), &Condition::Absent).await, Err(WriteFailed::Conflict));
    let read = state.load(&bench.account.id).await.unwrap();
    assert_eq!((&read.condition, read.ledger.writer.as_str()), (&first, "one"));

    let second = state.save(&bench.ledger("three"), &first).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(state.save(&bench.ledger("four"), &first).await, Err(WriteFailed::Conflict));
    assert_eq!(state.load(&bench.account.id).await.unwrap().ledger.writer, "three");

    let object = bench.client.head_object().bucket(&bench.bucket).key(bench.ledger_key()).send().await.unwrap();
    assert_eq!(object.content_type(), Some("application/json"));
}

async fn a_ledger_that_was_deleted_in_between_is_a_conflict(account: Account) {
    let bench = Bench::new(account).await;
    let condition = bench.state.save(&bench.ledger("one"), &Condition::Absent).await.unwrap();
    bench.client.delete_object().bucket(&bench.bucket).key(bench.ledger_key()).send().await.unwrap();
    assert_eq!(bench.state.save(&bench.ledger("two"), &condition).await, Err(WriteFailed::Conflict));
}

async fn a_ledger_of_a_newer_version_is_refused(account: Account) {
    let bench = Bench::new(account).await;
    bench.put(&bench.ledger_key(), r#"{"schema_version":4000000000}"#).await;
    let error = bench.state.load(&bench.account.id).await.unwrap_err();
    assert!(matches!(error, ReadFailed::Refused(LedgerRefused::Newer { .. })), "{error}");
}

async fn a_missing_bucket_is_named(account: Account) {
    let bucket = unique("nobody");
    let state = S3State::new(&account.config, &bucket, "keywheel/");
    let read = state.load(&account.id).await.unwrap_err().to_string();
    let written = state.save(&AccountLedger::new(account.id.clone()), &Condition::Absent).await.unwrap_err();
    for error in [read, written.to_string()] {
        assert!(error.contains(&bucket) && error.contains("create it"), "{error}");
    }
    let template = S3Templates::new(&account.config, &bucket, "templates/").fetch("digest.html", None).await;
    assert!(template.unwrap_err().to_string().contains(&bucket));
}

fn notice(bench: &Bench, digit: char) -> SentNotice {
    SentNotice {
        schema_version: 1,
        notice_id: notice_id(digit),
        account: bench.account.id.clone(),
        run_id: "run-1".parse().unwrap(),
        state: NoticeState::Sent,
        at: "2026-11-20T02:00:07Z".parse().unwrap(),
        message_id: None,
        detail: None,
    }
}

fn notice_id(digit: char) -> NoticeId {
    digit.to_string().repeat(32).parse().unwrap()
}

async fn recorded_notices_are_found_and_the_others_left_out(account: Account) {
    let bench = Bench::new(account).await;
    let (first, second) = (notice(&bench, 'a'), notice(&bench, 'b'));
    bench.state.record(&first).await.unwrap();
    bench.state.record(&second).await.unwrap();
    let ids = [notice_id('a'), notice_id('c'), notice_id('b')];
    let found = bench.state.find(&bench.account.id, &ids).await.unwrap();
    assert_eq!(found.into_values().collect::<Vec<_>>(), [first, second]);
}

async fn a_damaged_notice_is_an_error_that_names_it(account: Account) {
    let bench = Bench::new(account).await;
    let key = format!("keywheel/notices/{}/{}.json", bench.account.id, notice_id('a'));
    bench.put(&key, "{").await;
    let error = bench.state.find(&bench.account.id, &[notice_id('a')]).await.unwrap_err();
    assert!(error.message.contains(&key), "{error}");
}

async fn a_template_is_fetched_once_and_again_when_it_changed(account: Account) {
    let bench = Bench::new(account).await;
    let templates = S3Templates::new(&bench.account.config, &bench.bucket, "templates/");
    assert_eq!(templates.fetch("digest.html", None).await, Ok(FetchedTemplate::Missing));
    bench.put("templates/digest.html", "one").await;
    let Ok(FetchedTemplate::Fresh { bytes, etag: Some(etag) }) = templates.fetch("digest.html", None).await else {
        panic!("no template, or none with an ETag");
    };
    assert_eq!(bytes, b"one");
    assert_eq!(templates.fetch("digest.html", Some(&etag)).await, Ok(FetchedTemplate::Unchanged));
    bench.put("templates/digest.html", "two").await;
    let changed = templates.fetch("digest.html", Some(&etag)).await.unwrap();
    assert!(matches!(&changed, FetchedTemplate::Fresh { bytes, .. } if bytes == b"two"), "{changed:?}");
}

fn result(bench: &Bench, user: &str) -> AccountResult {
    let step = StepResult {
        user: user.parse().unwrap(),
        access_key_id: None,
        step: StepKind::Create,
        reason: Reason::RotationDue,
        status: StepStatus::Done,
        due: None,
        error: None,
        last_used: None,
        overridden: std::collections::BTreeSet::new(),
        hosts: keywheel_core::acknowledgement::Hosts::default(),
    };
    AccountResult {
        schema_version: 1,
        run_id: "run-1".parse().unwrap(),
        account: bench.account.id.clone(),
        mode: Mode::Enforce,
        at: "2026-11-20T02:00:07Z".parse().unwrap(),
        complete: true,
        users: 3,
        keys: 3,
        steps: vec![step],
        swept: false,
        counts: BTreeMap::new(),
        error: None,
        unreachable: false,
        hop: 0,
        handed_on: None,
        follows: None,
    }
}

/// The users of the steps in the account's result, as it is stored.
async fn users_in_the_result(bench: &Bench) -> Vec<String> {
    let key = format!("keywheel/runs/run-1/accounts/{}.json", bench.account.id);
    let object = bench.client.get_object().bucket(&bench.bucket).key(&key).send().await.unwrap();
    let bytes = object.body.collect().await.unwrap().to_vec();
    let kept: AccountResult = serde_json::from_slice(&bytes).unwrap();
    let mut users: Vec<_> = kept.steps.iter().map(|step| step.user.to_string()).collect();
    users.sort();
    users
}

async fn a_second_result_is_added_to_the_first(account: Account) {
    let bench = Bench::new(account).await;
    bench.state.put_result(&result(&bench, "alice")).await.unwrap();
    assert_eq!(users_in_the_result(&bench).await, ["alice"]);
    bench.state.put_result(&result(&bench, "bob")).await.unwrap();
    bench.state.put_result(&result(&bench, "bob")).await.unwrap();
    assert_eq!(users_in_the_result(&bench).await, ["alice", "bob"]);
}

async fn results_that_are_stored_at_once_lose_nothing(account: Account) {
    let bench = Bench::new(account).await;
    let users = ["alice", "bob", "carol"];
    let results = users.map(|user| result(&bench, user));
    let stored = futures::future::join_all(results.iter().map(|result| bench.state.put_result(result))).await;
    assert_eq!(stored, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(users_in_the_result(&bench).await, users);
}
