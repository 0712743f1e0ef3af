//! The state bucket, and notification behind Lambda.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;

use keywheel_core::contract::digest::Digest;
use keywheel_testkit::{Account, World};
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
pub(crate) fn s3(world: &World, objects: &Objects, request: &Request) -> Answer {
    let key = request.path.strip_prefix(&format!("/{BUCKET}/{PREFIX}")).unwrap_or_else(|| panic!("{request:?}"));
    let is_write = request.operation == "PutObject";
    match (key.split('/').next().unwrap_or_default(), is_write) {
        ("ledger", false) => ledger(world),
        ("ledger", true) => put_ledger(world, request),
        ("notices", false) => notice(world, key),
        ("parameters.json", false) => match world.account().parameter_list.clone() {
            Some(list) => object(list, "\"1\"".to_owned()),
            None => no_such_key(),
        },
        (_, false) => match objects.lock().unwrap().get(key) {
            Some((text, writes)) => object(text.clone(), format!("\"{writes}\"")),
            None => no_such_key(),
        },
        (_, true) => put_object(objects, request, key),
    }
}

/// What is the same has the same ETag, as in S3.
fn etag(text: &str) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn stored(account: &Account) -> Option<String> {
    (!account.ledger_is_absent()).then(|| account.ledger_text())
}

fn ledger(world: &World) -> Answer {
    match stored(&world.account()) {
        Some(text) => {
            let etag = etag(&text);
            object(text, etag)
        }
        None => no_such_key(),
    }
}

fn put_ledger(world: &World, request: &Request) -> Answer {
    let mut account = world.account();
    let found = stored(&account).map(|text| etag(&text));
    let holds = match (request.header("if-none-match"), request.header("if-match")) {
        (Some("*"), None) => found.is_none(),
        (None, Some(expected)) => found.as_deref() == Some(expected),
        other => panic!("the ledger is written without a condition: {other:?}"),
    };
    if !holds {
        return precondition_failed();
    }
    account.set_ledger_text(Some(&request.body));
    object(String::new(), etag(&request.body))
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
