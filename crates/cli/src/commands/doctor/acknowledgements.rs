//! The bucket in which hosts acknowledge: whether it believes nobody but the user itself, and key-rotation may read it.

use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client;
use keywheel_aws::port_error;
use keywheel_engine::ports::PortError;
use keywheel_runtime::config::variable::{ACK_BUCKET, HOUSEKEEPING_AFTER};
use percent_encoding::percent_decode_str;

use super::buckets::{client, closed, there};
use super::finding::{Finding, Verdict};
use super::ground::{Deployed, Ground};
use super::policy::{Policies, Statement};

const GROUP: &str = "acknowledgements";

const PUT: &str = "s3:PutObject";

/// Nothing where hosts do not acknowledge.
pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let Some(rotation) = ground.rotation.deployed() else { return Vec::new() };
    let Some(bucket) = rotation.value(&ACK_BUCKET) else { return Vec::new() };
    let arn = format!("arn:{}:s3:::{bucket}", ground.hub.own.partition);
    let client = client(ground);
    vec![
        there(&client, bucket, &ACK_BUCKET).await.of(GROUP, "there"),
        closed(&client, bucket).await.of(GROUP, "closed to the public"),
        believed(&client, bucket, &arn).await.of(GROUP, "who may write"),
        read(ground, rotation, &arn).await.of(GROUP, "key-rotation reads"),
    ]
}

async fn believed(client: &Client, bucket: &str, arn: &str) -> Verdict {
    let to_do =
        "give the bucket the policy that docs/agent.md names: without it no host of another account can acknowledge";
    let answer = client.get_bucket_policy().bucket(bucket).send().await;
    match answer.map_err(|error| port_error("s3:GetBucketPolicy", &error)) {
        Ok(answer) => {
            let mut policies = Policies::default();
            policies.add(&answer.policy.unwrap_or_default());
            judged(&policies, arn)
        }
        Err(error) if error.message.contains("NoSuchBucketPolicy") => Verdict::fail("the bucket has no policy", to_do),
        Err(error) => Verdict::of_error(&error, to_do),
    }
}

/// Whether each user may write at its own place, and nobody anywhere else.
fn judged(policies: &Policies, arn: &str) -> Verdict {
    let own = format!("{arn}/acks/${{aws:PrincipalAccount}}/${{aws:username}}/*");
    let is_own = |one: Statement<'_>| one.is_of(&own) && one.asks_for("StringEquals", "aws:PrincipalOrgID");
    let of_another = |one: Statement<'_>| one.is_of_all_but(&own) && one.asks("Null", "aws:username", "false");
    let of_a_role = |one: Statement<'_>| one.covers(&format!("{arn}/*")) && one.asks("Null", "aws:username", "true");
    let denies = |what: &dyn Fn(Statement<'_>) -> bool| policies.about("Deny", PUT).any(what);
    let mut wrong = Vec::new();
    if !policies.about("Allow", PUT).any(is_own) {
        wrong.push("the users of the organization may not write at their own place");
    }
    if !policies.about("Allow", PUT).all(is_own) {
        wrong.push("others may write than each user of the organization at its own place");
    }
    if !denies(&of_another) {
        wrong.push("a user of the hub may acknowledge for another");
    }
    if !denies(&of_a_role) {
        wrong.push("a role of the hub may acknowledge for users");
    }
    if wrong.is_empty() {
        return Verdict::ok("each user at its own place, and nobody else");
    }
    Verdict::fail(wrong.join("; "), "give the bucket the policy that docs/agent.md names: the hub's layer has it")
}

/// Whether key-rotation's role may list the bucket, read what is in it and delete it, as far as its own policies say.
async fn read(ground: &Ground, rotation: &Deployed, arn: &str) -> Verdict {
    let role = rotation.role_arn.rsplit('/').next().unwrap_or_default();
    match of_role(&IamClient::new(&ground.hub.config), role).await {
        Ok(policies) => may_read(&policies, role, arn, rotation.value(&HOUSEKEEPING_AFTER)),
        Err(error) => Verdict::of_error(&error, "give the function a role"),
    }
}

/// Whether the role may do what key-rotation does in the bucket. It deletes only where users who are gone are ever put away.
fn may_read(policies: &Policies, role: &str, arn: &str, housekeeping_after: Option<&str>) -> Verdict {
    let objects = format!("{arn}/acks/*");
    let mut calls = vec![("s3:ListBucket", arn.to_owned()), ("s3:GetObject", objects.clone())];
    if housekeeping_after != Some("none") {
        calls.push(("s3:DeleteObject", objects));
    }
    let missing: Vec<_> = calls.iter().filter(|(action, resource)| !policies.allow(action, resource)).collect();
    if missing.is_empty() {
        let actions: Vec<_> = calls.iter().map(|(action, _)| *action).collect();
        return Verdict::ok(format!("{role} may call {}", actions.join(", ")));
    }
    let missing: Vec<_> = missing.iter().map(|(action, resource)| format!("{action} on {resource}")).collect();
    Verdict::fail(
        format!("no policy of {role} allows {}", missing.join(" and ")),
        "allow it: while it cannot list and read, old keys are held as if their hosts had not acknowledged, until MAX_HOLD; while it cannot \
         delete, what users who are gone acknowledged stays",
    )
}

/// The policies in and of a role. IAM encodes them as in a URL.
async fn of_role(client: &IamClient, role: &str) -> Result<Policies, PortError> {
    let mut policies = Policies::default();
    let mut add = |document: Option<&str>| {
        policies.add(&percent_decode_str(document.unwrap_or_default()).decode_utf8_lossy());
    };
    let names = client.list_role_policies().role_name(role).into_paginator().items().send();
    let names: Result<Vec<_>, _> = names.collect().await;
    for name in names.map_err(|error| port_error("iam:ListRolePolicies", &error))? {
        let answer = client.get_role_policy().role_name(role).policy_name(name).send().await;
        let answer = answer.map_err(|error| port_error("iam:GetRolePolicy", &error))?;
        add(Some(answer.policy_document()));
    }
    let attached = client.list_attached_role_policies().role_name(role).into_paginator().items().send();
    let attached: Result<Vec<_>, _> = attached.collect().await;
    let attached = attached.map_err(|error| port_error("iam:ListAttachedRolePolicies", &error))?;
    for arn in attached.into_iter().filter_map(|policy| policy.policy_arn) {
        let policy = client.get_policy().policy_arn(&arn).send().await;
        let policy = policy.map_err(|error| port_error("iam:GetPolicy", &error))?.policy;
        let version = policy.and_then(|policy| policy.default_version_id).unwrap_or_default();
        let answer = client.get_policy_version().policy_arn(&arn).version_id(version).send().await;
        let answer = answer.map_err(|error| port_error("iam:GetPolicyVersion", &error))?;
        add(answer.policy_version().and_then(|version| version.document()));
    }
    Ok(policies)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::finding::Level;
    use super::*;

    const SHIPPED: &str = include_str!("../../../../stage/policies/acknowledgements.json");
    const OF_ROTATION: &str = include_str!("../../../../stage/policies/key-rotation.json");

    fn shipped() -> Value {
        let text = SHIPPED.replace("${ack_bucket}", "acks-bucket").replace("${organization_id}", "o-1");
        serde_json::from_str(&text).unwrap()
    }

    fn judge(policy: &Value) -> Finding {
        let mut policies = Policies::default();
        policies.add(&policy.to_string());
        judged(&policies, "arn:aws:s3:::acks-bucket").of(GROUP, "who may write")
    }

    #[test]
    fn the_policy_that_is_shipped_is_right_and_each_of_its_statements_is_missed() {
        assert_eq!(judge(&shipped()).level, Level::Ok);
        for sid in ["EachUserAcknowledgesForItselfAlone", "NoUserForAnother", "NobodyButUsers"] {
            let mut without = shipped();
            without["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != sid);
            assert_eq!(judge(&without).level, Level::Fail, "{sid}");
        }
    }

    #[test]
    fn a_policy_that_lets_others_write_is_wrong() {
        for (field, value) in [
            ("Condition", json!({})),
            ("Condition", json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" }, "Bool": {} })),
            ("Resource", json!("arn:aws:s3:::acks-bucket/*")),
            ("Resource", json!("arn:aws:s3:::acks-bucket/acks/${aws:username}/*")),
        ] {
            let mut wide = shipped();
            wide["Statement"][0][field] = value;
            assert_eq!(judge(&wide).level, Level::Fail, "{}", wide["Statement"][0]);
        }
        let mut besides = shipped();
        let other = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:Put*", "Resource": "arn:aws:s3:::acks-bucket/*" });
        besides["Statement"].as_array_mut().unwrap().push(other);
        assert_eq!(judge(&besides).found, "others may write than each user of the organization at its own place");
    }

    #[test]
    fn key_rotation_may_delete_where_users_are_put_away_and_need_not_where_nobody_is() {
        let may_read = |policy: &Value, housekeeping_after| {
            let mut policies = Policies::default();
            policies.add(&policy.to_string());
            let verdict = may_read(&policies, "key-rotation", "arn:aws:s3:::acks-bucket", Some(housekeeping_after));
            verdict.of(GROUP, "key-rotation reads")
        };
        let whole: Value = serde_json::from_str(&OF_ROTATION.replace("${ack_bucket}", "acks-bucket")).unwrap();
        let without = |sid: &str| {
            let mut policy = whole.clone();
            policy["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != sid);
            policy
        };
        for (policy, found) in [
            (whole.clone(), [Level::Ok, Level::Ok]),
            (without("ForgetsHosts"), [Level::Fail, Level::Ok]),
            (without("ListsHosts"), [Level::Fail, Level::Fail]),
            (without("ReadsAcknowledgements"), [Level::Fail, Level::Fail]),
        ] {
            assert_eq!(["30", "none"].map(|after| may_read(&policy, after).level), found, "{policy}");
        }
    }
}
