//! The state bucket, and notification behind Lambda.

use std::collections::BTreeMap;
use std::sync::Mutex;

use keywheel_core::contract::digest::Digest;
use keywheel_core::ledger::AccountLedger;
use keywheel_engine::ports::{Condition, LedgerStore, WriteFailed};
use keywheel_testkit::World;
use serde_json::Value;

use crate::answer::Answer;
use crate::request::Request;

/// The name of the bucket, and what its keys begin with.
pub(crate) const BUCKET: &str = "state";
pub(crate) const PREFIX: &str = "keywheel/";

/// Objects that the model has no place for: text, and how often it was written, which is the ETag.
pub(crate) type Objects = Mutex<BTreeMap<String, (String, u64)>>;

fn no_such_key() -> Answer {
    Answer::error("s3", 404, "NoSuchKey", "The specified key does not exist.")
}

fn precondition_failed() -> Answer {
    Answer::error("s3", 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

fn object(text: String, etag: String) -> Answer {
    Answer { headers: vec![("etag", etag)], ..Answer::done(text) }
}

/// The answer of S3.
pub(crate) async fn s3(world: &World, objects: &Objects, request: &Request) -> Answer {
    let key = request.path.strip_prefix(&format!("/{BUCKET}/{PREFIX}")).unwrap_or_else(|| panic!("{request:?}"));
    let is_write = request.operation == "PutObject";
    match (key.split('/').next().unwrap_or_default(), is_write) {
        ("ledger", false) => ledger(world).await,
        ("ledger", true) => put_ledger(world, request).await,
        ("notices", false) => notice(world, key),
        (_, false) => match objects.lock().unwrap().get(key) {
            Some((text, writes)) => object(text.clone(), format!("\"{writes}\"")),
            None => no_such_key(),
        },
        (_, true) => put_object(objects, request, key),
    }
}

async fn ledger(world: &World) -> Answer {
    let id = world.account().id.clone();
    let stored = world.load(&id).await.unwrap();
    let Condition::Unchanged(etag) = stored.condition else { return no_such_key() };
    object(serde_json::to_string(&stored.ledger).unwrap(), etag)
}

async fn put_ledger(world: &World, request: &Request) -> Answer {
    let id = world.account().id.clone();
    let ledger = AccountLedger::parse(&id, request.body.as_bytes()).unwrap();
    let condition = match (request.header("if-none-match"), request.header("if-match")) {
        (Some("*"), None) => Condition::Absent,
        (None, Some(etag)) => Condition::Unchanged(etag.to_owned()),
        other => panic!("the ledger is written without a condition: {other:?}"),
    };
    match world.save(&ledger, &condition).await {
        Ok(Condition::Unchanged(etag)) => object(String::new(), etag),
        Ok(Condition::Absent) => panic!("a ledger that was written is absent"),
        Err(WriteFailed::Conflict) => precondition_failed(),
        Err(WriteFailed::Failed(error)) => panic!("{error}"),
    }
}

fn notice(world: &World, key: &str) -> Answer {
    let id = key.rsplit('/').next().and_then(|name| name.strip_suffix(".json")).unwrap().parse().unwrap();
    match world.account().notices.get(&id) {
        Some(notice) => object(serde_json::to_string(notice).unwrap(), "\"1\"".to_owned()),
        None => no_such_key(),
    }
}

fn put_object(objects: &Objects, request: &Request, key: &str) -> Answer {
    let mut objects = objects.lock().unwrap();
    let writes = objects.get(key).map(|(_, writes)| *writes);
    let holds = match (request.header("if-none-match"), request.header("if-match")) {
        (Some(_), _) => writes.is_none(),
        (None, Some(etag)) => writes.is_some_and(|writes| etag == format!("\"{writes}\"")),
        (None, None) => true,
    };
    if !holds {
        return precondition_failed();
    }
    let next = writes.unwrap_or_default() + 1;
    objects.insert(key.to_owned(), (request.body.clone(), next));
    object(String::new(), format!("\"{next}\""))
}

/// The answer of Lambda: notification gets the digest, sends it, and records that.
pub(crate) fn lambda(world: &World, request: &Request) -> Answer {
    let event: Value = serde_json::from_str(&request.body).unwrap();
    let digest: Digest = serde_json::from_value(event).unwrap();
    world.deliver(&[digest]);
    Answer { status: 202, ..Answer::done("") }
}
