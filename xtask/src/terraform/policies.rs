//! The policies that the layers' plans have, rendered for the stage, which installs them.
//!
//! Each layer has a test file with fixture values, whose plan Terraform shows: no backend, no account and no credentials
//! are needed for it. In the committed files placeholders stand in the place of the fixture's values.

mod document;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{Call, LAYERS};
use crate::aft::{BOOTSTRAP_LAYER as BOOTSTRAP, GLOBAL_LAYER as GLOBAL, HUB_LAYER as HUB};

/// Where the rendered policies are, below the repository's root.
const COMMITTED: &str = "crates/stage/policies";

/// Set, it has the files written anew instead of compared.
const UPDATE: &str = "UPDATE_POLICIES";

const UPDATE_HINT: &str =
    "hint: `UPDATE_POLICIES=1 cargo xtask test --only terraform` writes them anew; read what changed";

/// Shows the plan of the fixture as JSON.
const SHOW_PLAN: [&str; 5] = ["test", "-no-color", "-json", "-verbose", "-filter=tests/policies.tftest.hcl"];

/// A file, its layer, and the resources that all have this one policy.
type Rendered = (&'static str, &'static str, &'static [&'static str]);

const RENDERED: [Rendered; 13] = [
    ("account-inventory", HUB, &[r#"aws_iam_role_policy.function["account-inventory"]"#]),
    ("key-rotation", HUB, &[r#"aws_iam_role_policy.function["key-rotation"]"#]),
    ("notification", HUB, &[r#"aws_iam_role_policy.function["notification"]"#]),
    (
        "platform",
        HUB,
        &[
            r#"aws_iam_role_policy.platform["account-inventory"]"#,
            r#"aws_iam_role_policy.platform["key-rotation"]"#,
            r#"aws_iam_role_policy.platform["notification"]"#,
        ],
    ),
    (
        "trust-lambda",
        HUB,
        &[
            r#"aws_iam_role.function["account-inventory"]"#,
            r#"aws_iam_role.function["key-rotation"]"#,
            r#"aws_iam_role.function["notification"]"#,
        ],
    ),
    ("acknowledgements", HUB, &["aws_s3_bucket_policy.acknowledgements[0]"]),
    ("schedule", HUB, &["aws_iam_role_policy.schedule"]),
    ("trust-schedule", HUB, &["aws_iam_role.schedule"]),
    ("member", GLOBAL, &["aws_iam_role_policy.member"]),
    ("host", GLOBAL, &["aws_iam_policy.host[0]"]),
    ("trust-rotation", GLOBAL, &["aws_iam_role.member"]),
    ("organization-list", BOOTSTRAP, &["aws_iam_role_policy.organization_list[0]"]),
    ("trust-inventory", BOOTSTRAP, &["aws_iam_role.organization_list[0]"]),
];

/// Renders every policy, and compares it with the committed file or writes that.
pub(super) fn run(terraform: &dyn Fn() -> Call, out: &Path, root: &Path) -> Result<()> {
    let mut plans = BTreeMap::new();
    for layer in LAYERS {
        plans.insert(layer, of_layer(terraform, &out.join(layer)).with_context(|| format!("layer {layer}"))?);
    }
    let texts = render(&plans)?;
    let folder = root.join(COMMITTED);
    if env::var_os(UPDATE).is_some_and(|value| !value.is_empty()) {
        for (file, text) in &texts {
            let path = folder.join(format!("{file}.json"));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        println!("{COMMITTED}: {} policies written from the plans", texts.len());
        return Ok(());
    }
    compare(&texts, &folder)
}

fn compare(texts: &BTreeMap<&str, String>, folder: &Path) -> Result<()> {
    let committed = |file: &str| fs::read_to_string(folder.join(format!("{file}.json"))).unwrap_or_default();
    let stale: Vec<_> = texts.iter().filter(|(file, text)| committed(file) != **text).collect();
    if stale.is_empty() {
        println!("{COMMITTED}: {} policies are those of the plans", texts.len());
        return Ok(());
    }
    for (file, text) in &stale {
        eprintln!("{COMMITTED}/{file}.json is not what the plan has, which is:\n{text}");
    }
    let names: Vec<_> = stale.iter().map(|(file, _)| format!("{file}.json")).collect();
    bail!("policies in {COMMITTED} are not those of the plans: {}\n{UPDATE_HINT}", names.join(", "))
}

/// The policies of all plans of the layer's fixture. What a later one has on top is added to the first's.
fn of_layer(terraform: &dyn Fn() -> Call, layer: &Path) -> Result<BTreeMap<String, Value>> {
    let mut all = BTreeMap::new();
    for plan in plans(terraform, layer)? {
        for (address, resource) in policies(&plan)? {
            match all.get_mut(&address) {
                None => drop(all.insert(address, resource)),
                Some(first) => document::add(first, &resource).with_context(|| format!("the policy of {address}"))?,
            }
        }
    }
    Ok(all)
}

/// The plans of the layer's fixture.
fn plans(terraform: &dyn Fn() -> Call, layer: &Path) -> Result<Vec<Value>> {
    let (status, output) = terraform().arguments(SHOW_PLAN).folder(layer).record()?;
    let lines = || output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let plans = lines().filter(|line| line["type"] == "test_plan").map(|mut line| line["test_plan"].take());
    let plans: Vec<_> = plans.collect();
    if plans.is_empty() || !status.success() {
        bail!("`terraform {}` ended with {status} and showed no plan:\n{}", SHOW_PLAN.join(" "), output.trim_end());
    }
    Ok(plans)
}

/// Whatever gives a role a permission or says who may take it on, by its address.
fn policies(plan: &Value) -> Result<BTreeMap<String, Value>> {
    let changes = plan["resource_changes"].as_array().context("the plan has no resources")?;
    let gives = |kind: &str| kind == "aws_iam_policy" || kind.starts_with("aws_iam_role");
    // What hosts may write is this bucket's own affair; the other buckets' policies allow nothing.
    let is_of_hosts = |address: &str| address.starts_with("aws_s3_bucket_policy.acknowledgements");
    let giving = changes.iter().filter(|change| {
        change["type"].as_str().is_some_and(gives) || change["address"].as_str().is_some_and(is_of_hosts)
    });
    giving
        .map(|change| {
            let address = change["address"].as_str().context("a resource without address")?;
            Ok((address.to_owned(), change["change"]["after"].clone()))
        })
        .collect()
}

/// The text of each file. A resource that no file is rendered from is an error, so that no permission goes by the stage.
fn render(plans: &BTreeMap<&str, BTreeMap<String, Value>>) -> Result<BTreeMap<&'static str, String>> {
    for (layer, policies) in plans {
        let is_known = |address: &str| RENDERED.iter().any(|(_, of, all)| of == layer && all.contains(&address));
        let unknown: Vec<_> = policies.keys().filter(|address| !is_known(address)).cloned().collect();
        ensure!(
            unknown.is_empty(),
            "{layer} has {}, of which the stage knows nothing; add it to RENDERED in xtask/src/terraform/policies.rs",
            unknown.join(", ")
        );
    }
    RENDERED.iter().map(|(file, layer, addresses)| Ok((*file, one_text(&plans[layer], addresses)?))).collect()
}

fn one_text(policies: &BTreeMap<String, Value>, addresses: &[&str]) -> Result<String> {
    let mut texts = Vec::new();
    for address in addresses {
        let attribute = if address.starts_with("aws_iam_role.") { "assume_role_policy" } else { "policy" };
        let text = policies.get(*address).and_then(|resource| resource[attribute].as_str());
        let text = text.with_context(|| format!("the plan does not show the policy of {address}"))?;
        let index = address.split('"').nth(1);
        texts.push(document::text(text, index).with_context(|| format!("the policy of {address}"))?);
    }
    texts.dedup();
    let count = texts.len();
    ensure!(count == 1, "{} do not all have the same policy, so they need a file each", addresses.join(", "));
    texts.pop().context("no resource is named")
}

#[cfg(test)]
mod tests;
