//! Each alarm goes by a metric that there is, and each metric has the alarm that docs/metrics.md says it has.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use keywheel_runtime::telemetry::{Metric, Watch};

/// What stands between quotes after the name and `=`.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("{name} = \""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Alarm, metric and function of each row of `own_alarms`, and of each alarm in the namespace `Keywheel` that names its metric.
fn alarms(source: &str) -> BTreeSet<(String, String, String)> {
    let rows = source.lines().filter_map(|line| {
        let (key, rest) = line.split_once(" = {")?;
        let row = (
            format!("keywheel-{}", key.trim()),
            value(rest, "metric")?.to_owned(),
            value(rest, "function")?.to_owned(),
        );
        Some(row)
    });
    let own = source.split("resource \"aws_cloudwatch_metric_alarm\"").skip(1).filter_map(|block| {
        let block = block.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<String>();
        let is_own = value(&block, "namespace")? == "Keywheel";
        let row = (
            value(&block, "alarm_name")?.to_owned(),
            value(&block, "metric_name")?.to_owned(),
            value(&block, "Function")?.to_owned(),
        );
        is_own.then_some(row)
    });
    rows.chain(own).collect()
}

#[test]
fn terraforms_alarms_and_the_metrics_agree() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../account-customization/alarms.tf");
    let found = alarms(&std::fs::read_to_string(path).unwrap());
    let expected: BTreeSet<_> = Metric::ALL
        .iter()
        .filter_map(|metric| match metric.watch() {
            Watch::Alarm(alarm) => {
                Some((alarm.to_owned(), metric.name().to_owned(), metric.function().name().to_owned()))
            }
            Watch::None(_) => None,
        })
        .collect();
    let differ: Vec<_> = found.symmetric_difference(&expected).collect();
    assert!(
        differ.is_empty(),
        "account-customization/alarms.tf and crates/runtime/src/telemetry/metrics.rs differ: {differ:?}"
    );
    assert!(found.len() > 10);
}
