use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::{RENDERED, compare, document, policies, render};
use crate::terraform::LAYERS;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],
    "Resource":"arn:aws:logs:fixture-region-1:999900001111:log-group:/aws/lambda/key-rotation:*"}]}"#;

#[test]
fn a_policy_has_placeholders_and_its_actions_in_order() {
    let text = document::text(POLICY, Some("key-rotation")).unwrap();
    let policy: Value = serde_json::from_str(&text).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Action"], json!(["s3:GetObject", "s3:PutObject"]));
    assert_eq!(statement["Resource"], "arn:aws:logs:${region}:${hub}:log-group:/aws/lambda/${function}:*");
}

#[test]
fn a_value_without_placeholder_and_an_unknown_element_are_errors() {
    let error = document::text(&POLICY.replace("999900001111", "999900009999"), None).unwrap_err();
    assert!(error.to_string().contains("no placeholder"), "{error}");
    let error = document::text(&POLICY.replace("\"Action\"", "\"NotAction\""), None).unwrap_err();
    assert!(format!("{error:#}").contains("NotAction"), "{error:#}");
}

#[test]
fn what_a_later_plan_has_on_top_is_added_and_a_statement_that_differs_is_an_error() {
    let policy = |statements: &[(&str, &str)]| {
        let statement =
            |(sid, action): &(&str, &str)| json!({ "Sid": sid, "Effect": "Allow", "Action": action, "Resource": "*" });
        let statements: Vec<_> = statements.iter().map(statement).collect();
        json!({ "policy": json!({ "Version": "2012-10-17", "Statement": statements }).to_string() })
    };
    let mut first = policy(&[("A", "s3:GetObject"), ("B", "ses:SendEmail")]);
    document::add(&mut first, &policy(&[("A", "s3:GetObject"), ("C", "ssm:GetParameter")])).unwrap();
    let text = first["policy"].as_str().unwrap();
    assert_eq!(["A", "B", "C"].map(|sid| text.matches(&format!("\"Sid\":\"{sid}\"")).count()), [1; 3], "{text}");
    let error = document::add(&mut first, &policy(&[("A", "s3:PutObject")])).unwrap_err();
    assert!(error.to_string().contains("differ in the statement"), "{error}");
}

/// The plans of layers whose resources all have the one policy.
fn plans() -> BTreeMap<&'static str, BTreeMap<String, Value>> {
    let policy = POLICY.replace("/aws/lambda/key-rotation:*", "*");
    let of_layer = |layer| {
        let addresses = RENDERED.iter().filter(|(_, of, _)| *of == layer).flat_map(|(_, _, addresses)| *addresses);
        addresses
            .map(|address| ((*address).to_owned(), json!({ "policy": policy, "assume_role_policy": policy })))
            .collect()
    };
    LAYERS.into_iter().map(|layer| (layer, of_layer(layer))).collect()
}

#[test]
fn resources_that_share_a_file_must_have_one_policy_and_none_goes_unseen() {
    assert_eq!(render(&plans()).unwrap().len(), RENDERED.len());
    let mut other = plans();
    let hub = other.get_mut(crate::aft::HUB_LAYER).unwrap();
    hub.get_mut(r#"aws_iam_role_policy.platform["notification"]"#).unwrap()["policy"] = json!(POLICY);
    assert!(render(&other).unwrap_err().to_string().contains("do not all have the same policy"));
    let mut more = plans();
    more.get_mut(crate::aft::GLOBAL_LAYER).unwrap().insert("aws_iam_role.further".to_owned(), json!({}));
    assert!(render(&more).unwrap_err().to_string().contains("aws_iam_role.further"));
}

#[test]
fn of_a_plan_only_what_gives_permissions_is_taken() {
    let change = |kind: &str| json!({ "address": format!("{kind}.one"), "type": kind, "change": { "after": {} } });
    let kinds = ["aws_iam_role", "aws_iam_role_policy_attachment", "aws_iam_policy", "aws_iam_group", "aws_s3_bucket"];
    let plan = json!({ "resource_changes": kinds.map(change) });
    let found: Vec<_> = policies(&plan).unwrap().into_keys().collect();
    assert_eq!(found, ["aws_iam_policy.one", "aws_iam_role.one", "aws_iam_role_policy_attachment.one"]);
}

#[test]
fn a_stale_file_is_named_with_what_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("member.json"), "{}\n").unwrap();
    compare(&BTreeMap::from([("member", "{}\n".to_owned())]), folder.path()).unwrap();
    let both = BTreeMap::from([("member", "{}\n".to_owned()), ("schedule", "{}\n".to_owned())]);
    let error = compare(&both, folder.path()).unwrap_err().to_string();
    assert!(error.contains(": schedule.json\n") && error.contains("UPDATE_POLICIES=1 cargo xtask test"), "{error}");
}
