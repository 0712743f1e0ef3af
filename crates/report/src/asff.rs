//! The report in the AWS Security Finding Format, ready for `aws securityhub batch-import-findings`.
//!
//! Security Hub takes findings of an account's default product from that account alone
//! (<https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html>): with an importer, `AwsAccountId` is the
//! importer's, and the resource says whose key it is.

use jiff::Timestamp;
use keywheel_core::id::AccountId;
use serde_json::{Map, Value, json};

use crate::Report;
use crate::findings::{Collector, Finding, Outcome, Severity, findings};
use crate::json::with_line_break;
use crate::model::KeyReport;

/// One call takes at most so many findings.
const FINDINGS_PER_CALL: usize = 100;

const SCHEMA_VERSION: &str = "2018-10-08";
const TYPE: &str = "Software and Configuration Checks/AWS Security Best Practices";

/// The findings, each text a JSON array for one call. No call mixes accounts that each import their own.
///
/// # Errors
/// Only where serialisation itself fails, which for these types it does not.
pub fn render(report: &Report, collector: &Collector) -> Result<Vec<String>, serde_json::Error> {
    let mut calls: Vec<(&AccountId, Vec<Value>)> = Vec::new();
    for finding in findings(report) {
        let caller = collector.importer.as_ref().unwrap_or(&finding.account.account);
        let value = of(report, collector, caller, &finding);
        match calls.last_mut() {
            Some((last, call)) if *last == caller && call.len() < FINDINGS_PER_CALL => call.push(value),
            _ => calls.push((caller, vec![value])),
        }
    }
    calls.iter().map(|(_, call)| with_line_break(call)).collect()
}

/// Severity and types go into `FindingProviderFields`: AWS asks finding providers to leave those at the top to its customers.
fn of(report: &Report, collector: &Collector, account: &AccountId, finding: &Finding<'_>) -> Value {
    let Collector { partition, region, .. } = collector;
    json!({
        "SchemaVersion": SCHEMA_VERSION,
        "Id": finding.id,
        "ProductArn": format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        "GeneratorId": "keywheel/access-key-rotation",
        "AwsAccountId": account,
        "CreatedAt": moment(finding.created),
        "UpdatedAt": moment(report.generated),
        "FindingProviderFields": { "Severity": { "Label": label(finding.severity) }, "Types": [TYPE] },
        "Title": finding.title,
        "Description": finding.description,
        "Remediation": { "Recommendation": { "Text": finding.remediation } },
        "ProductFields": product_fields(finding),
        "Resources": resources(collector, finding),
        "Compliance": compliance(finding),
        "RecordState": if finding.is_over { "ARCHIVED" } else { "ACTIVE" },
    })
}

fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "INFORMATIONAL",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
    }
}

fn compliance(finding: &Finding<'_>) -> Value {
    let status = match finding.outcome {
        Outcome::Passed => "PASSED",
        Outcome::Warning => "WARNING",
        Outcome::Failed => "FAILED",
        Outcome::NotApplicable => "NOT_AVAILABLE",
    };
    json!({ "Status": status })
}

fn product_fields(finding: &Finding<'_>) -> Value {
    let mut fields = Map::new();
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            fields.insert(format!("keywheel/{name}"), value.into());
        }
    };
    field("account", Some(finding.account.account.to_string()));
    field("account-ended", Some(finding.account.ended.as_str().to_owned()));
    if let Some(key) = finding.key {
        field("compliance", Some(key.compliance.as_str().to_owned()));
        field("standing", Some(key.standing.as_str().to_owned()));
        field("next-step", key.next_step.map(|step| step.as_str().to_owned()));
        field("reason", key.reason.map(|reason| reason.code().to_owned()));
        field("due", key.due.map(moment));
    }
    fields.into()
}

fn resources(collector: &Collector, finding: &Finding<'_>) -> Value {
    let whose = &finding.account.account;
    let of = |kind: &str, id: String| json!({ "Type": kind, "Id": id, "Partition": collector.partition, "Region": collector.region });
    let Some(key) = finding.key else { return json!([of("AwsAccount", format!("AWS::::Account:{whose}"))]) };
    let mut resource = of("AwsIamAccessKey", format!("AWS::IAM::AccessKey:{}", key.access_key_id));
    resource["Details"] = json!({ "AwsIamAccessKey": details(whose, key) });
    let user = key.user_arn.as_ref().map(|arn| of("AwsIamUser", arn.clone()));
    [Some(resource), user].into_iter().flatten().collect()
}

fn details(account: &AccountId, key: &KeyReport) -> Value {
    let mut details = json!({
        "AccessKeyId": key.access_key_id, "AccountId": account, "PrincipalType": "IAMUser", "PrincipalName": key.user,
    });
    if let Some(status) = key.status {
        details["Status"] = json!(status);
    }
    if let Some(created) = key.created {
        details["CreatedAt"] = moment(created).into();
    }
    details
}

fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}
