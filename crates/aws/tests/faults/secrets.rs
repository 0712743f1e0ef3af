//! Secrets Manager of the account, over JSON 1.1.

use std::collections::BTreeSet;

use keywheel_core::observed::{AWSCURRENT, AWSPENDING, SecretState};
use keywheel_core::secret::VersionId;
use keywheel_engine::ports::{PortError, Secrets};
use keywheel_testkit::{Account, Secret, Version, World};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::iam::signer;
use crate::request::Request;

const SERVICE: &str = "secretsmanager";

/// The service's answer.
pub(crate) async fn secrets(world: &World, request: &Request) -> Answer {
    let name = request.field("SecretId").unwrap_or_default();
    match request.operation.as_str() {
        "CreateSecret" => created(&mut world.account(), request),
        "PutSecretValue" => put(&mut world.account(), request, &name),
        "GetSecretValue" => value(&world.account(), request, &name),
        "UpdateSecretVersionStage" => moved(world, request, &name).await,
        "DescribeSecret" => {
            let replicas = world.account().secrets.get(&name).map(|secret| secret.replicas.clone()).unwrap_or_default();
            described(world.describe(&name).await, &replicas)
        }
        "DeleteSecret" => answered(world.schedule_deletion(&name).await, |()| json!({ "Name": name })),
        "RemoveRegionsFromReplication" => {
            world.account().secrets.get_mut(&name).unwrap().replicas.clear();
            Answer::json(&json!({}))
        }
        "ReplicateSecretToRegions" => answered(world.replicate(&name).await, |()| json!({})),
        "ListSecretVersionIds" => listed(world.describe(&name).await),
        "GetResourcePolicy" => answered(world.policy(&name).await, |policy| match policy {
            Some(policy) => json!({ "Name": name, "ResourcePolicy": policy }),
            None => json!({ "Name": name }),
        }),
        "PutResourcePolicy" => {
            answered(world.put_policy(&name, &request.needed("ResourcePolicy")).await, |()| json!({ "Name": name }))
        }
        other => panic!("no adapter calls secretsmanager:{other}"),
    }
}

fn answered<T>(result: Result<T, PortError>, told: impl FnOnce(T) -> Value) -> Answer {
    match result {
        Ok(value) => Answer::json(&told(value)),
        Err(refused) => Answer::refusal(SERVICE, &refused),
    }
}

fn refused(code: &str, message: &str) -> Answer {
    Answer::error(SERVICE, 400, code, message)
}

fn not_found() -> Answer {
    refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn token(request: &Request) -> VersionId {
    VersionId(request.needed("ClientRequestToken"))
}

/// Repeated with its token and value it is done already; else a secret of that name is in the way (CreateSecret API).
fn created(account: &mut Account, request: &Request) -> Answer {
    let (name, version, value) = (request.needed("Name"), token(request), request.needed("SecretString"));
    if let Some(secret) = account.secrets.get(&name) {
        return match secret.versions.get(&version) {
            Some(known) if known.value() == value => Answer::json(&json!({ "Name": name })),
            _ => refused("ResourceExistsException", "a secret with this name exists already"),
        };
    }
    let mut made = Secret::default();
    made.put(version, &value, AWSCURRENT, account.now);
    account.secrets.insert(name.clone(), made);
    Answer::json(&json!({ "Name": name }))
}

fn put(account: &mut Account, request: &Request, name: &str) -> Answer {
    let (version, value, now) = (token(request), request.needed("SecretString"), account.now);
    let Some(secret) = account.secrets.get_mut(name) else { return not_found() };
    match secret.versions.get(&version) {
        Some(known) if known.value() == value => {}
        Some(_) => return refused("ResourceExistsException", "the token stands for another value"),
        None => secret.put(version, &value, AWSPENDING, now),
    }
    Answer::json(&json!({ "Name": name }))
}

fn may_read(account: &Account, secret: &Secret, request: &Request) -> bool {
    if !request.is_signed_by_a_user() {
        return true;
    }
    let Some(user) = signer(account, request) else { return false };
    let is_allowed = secret.policy.as_ref().is_some_and(|policy| policy.contains(&user.arn));
    is_allowed && !account.behaviour.retrieval_is_denied
}

fn value(account: &Account, request: &Request, name: &str) -> Answer {
    let Some(secret) = account.secrets.get(name) else { return not_found() };
    if request.is_signed_by_a_user() && signer(account, request).is_none() {
        return refused("UnrecognizedClientException", "The security token included in the request is invalid.");
    }
    if !may_read(account, secret, request) {
        return refused("AccessDeniedException", "not authorized to perform: secretsmanager:GetSecretValue");
    }
    let (id, stage) = (request.field("VersionId").map(VersionId), request.field("VersionStage"));
    let is_asked = |(known, version): &(&VersionId, &Version)| {
        id.as_ref().is_none_or(|id| id == *known) && stage.as_ref().is_none_or(|stage| version.stages.contains(stage))
    };
    match secret.versions.iter().find(is_asked) {
        Some((id, version)) => Answer::json(&json!({
            "Name": name, "VersionId": id.as_str(), "VersionStages": version.stages, "SecretString": version.value(),
        })),
        None => not_found(),
    }
}

/// A label is taken only off the version that has it (UpdateSecretVersionStage API, `RemoveFromVersionId`).
async fn moved(world: &World, request: &Request, name: &str) -> Answer {
    let label = request.needed("VersionStage");
    let version = |field: &str| request.field(field).map(VersionId);
    let (to, from) = (version("MoveToVersionId"), version("RemoveFromVersionId"));
    let holder = {
        let account = world.account();
        let Some(secret) = account.secrets.get(name) else { return not_found() };
        secret.labelled(&label).map(|(id, _)| id.clone())
    };
    if holder != from {
        return refused("InvalidParameterException", "the label is attached to another version");
    }
    let done = match (&to, &from) {
        (Some(to), from) => world.move_current(name, to, from.as_ref()).await,
        (None, Some(from)) => world.remove_label(name, &label, from).await,
        (None, None) => panic!("a label is to be moved from nowhere to nowhere"),
    };
    answered(done, |()| json!({ "Name": name }))
}

fn described(state: Result<Option<SecretState>, PortError>, replicas: &BTreeSet<String>) -> Answer {
    match state {
        Ok(None) => not_found(),
        other => answered(other.map(Option::unwrap_or_default), |state| {
            let replica = |region| json!({ "Region": region, "Status": "InSync" });
            let told: Vec<_> = replicas.iter().map(replica).collect();
            let deleted = state.scheduled_for_deletion;
            if deleted { json!({ "DeletedDate": 1_800_000_000 }) } else { json!({ "ReplicationStatus": told }) }
        }),
    }
}

/// Dates are seconds with milliseconds, as a number.
fn listed(state: Result<Option<SecretState>, PortError>) -> Answer {
    match state {
        Ok(None) => not_found(),
        other => answered(other.map(Option::unwrap_or_default), |state| {
            let entry = |version: &keywheel_core::observed::SecretVersion| {
                let created: Value = serde_json::from_str(&milliseconds(version.created)).unwrap();
                json!({ "VersionId": version.id.as_str(), "VersionStages": version.stages, "CreatedDate": created })
            };
            json!({ "Versions": state.versions.iter().map(entry).collect::<Vec<_>>() })
        }),
    }
}

fn milliseconds(at: jiff::Timestamp) -> String {
    let whole = at.as_millisecond();
    format!("{}.{:03}", whole.div_euclid(1000), whole.rem_euclid(1000))
}
