//! The report as Compliance Findings (class 2003) of the Open Cybersecurity Schema Framework, one JSON array.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::Report;
use crate::findings::{Collector, Finding, Outcome, Severity, findings};
use crate::json::with_line_break;
use crate::model::KeyReport;

/// The version of the schema.
const VERSION: &str = "1.5.0";

const CLASS: u32 = 2003;
const CREATE: u32 = 1;
const CLOSE: u32 = 3;

/// The findings as one JSON array.
///
/// # Errors
/// Only where serialisation itself fails, which for these types it does not.
pub fn render(report: &Report, collector: &Collector) -> Result<String, serde_json::Error> {
    let all: Vec<Value> = findings(report).map(|finding| without_nulls(of(report, collector, &finding))).collect();
    with_line_break(&all)
}

fn of(report: &Report, collector: &Collector, finding: &Finding<'_>) -> Value {
    let (activity, activity_name) = if finding.is_over { (CLOSE, "Close") } else { (CREATE, "Create") };
    let (severity_id, severity) = severity(finding.severity);
    let (status_id, status) = status(finding.outcome);
    json!({
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + activity,
        "type_name": format!("Compliance Finding: {activity_name}"),
        "time": milliseconds(report.generated),
        "severity_id": severity_id,
        "severity": severity,
        "message": finding.title,
        "status_code": status,
        "metadata": metadata(report),
        "cloud": cloud(report, collector, finding),
        "compliance": compliance(status_id),
        "finding_info": finding_info(report, finding),
        "remediation": { "desc": finding.remediation },
        "resources": [resource(collector, finding)],
        "unmapped": unmapped(finding),
    })
}

fn finding_info(report: &Report, finding: &Finding<'_>) -> Value {
    json!({
        "uid": finding.id,
        "title": finding.title,
        "desc": finding.description,
        "types": ["access-key-rotation"],
        "created_time": milliseconds(finding.created),
        "modified_time": milliseconds(report.generated),
    })
}

fn compliance(status_id: u32) -> Value {
    json!({
        "control": "access-key-rotation",
        "desc": "IAM access keys are replaced, made inactive and deleted as the policy says.",
        "standards": ["Keywheel policy"],
        "status_id": status_id,
    })
}

fn severity(severity: Severity) -> (u32, &'static str) {
    match severity {
        Severity::Informational => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
    }
}

/// The compliance status; what does not apply is 99, "Other".
fn status(outcome: Outcome) -> (u32, &'static str) {
    match outcome {
        Outcome::Passed => (1, "PASS"),
        Outcome::Warning => (2, "WARNING"),
        Outcome::Failed => (3, "FAIL"),
        Outcome::NotApplicable => (99, "NOT_APPLICABLE"),
    }
}

fn metadata(report: &Report) -> Value {
    json!({
        "version": VERSION,
        "profiles": ["cloud"],
        "event_code": "access-key-rotation",
        "product": { "name": "Keywheel", "vendor_name": "Keywheel", "version": env!("CARGO_PKG_VERSION") },
        "tenant_uid": report.organization,
    })
}

fn cloud(report: &Report, collector: &Collector, finding: &Finding<'_>) -> Value {
    let organization = report.organization.as_ref().map(|id| json!({ "uid": id }));
    json!({ "provider": "AWS", "region": collector.region, "account": account_of(finding), "org": organization })
}

fn account_of(finding: &Finding<'_>) -> Value {
    let account = finding.account;
    json!({ "uid": account.account, "name": account.title(), "type_id": 10, "type": "AWS Account" })
}

fn resource(collector: &Collector, finding: &Finding<'_>) -> Value {
    let of = |kind: &str, uid: &str, name: &str| json!({ "type": kind, "uid": uid, "name": name, "cloud_partition": collector.partition, "region": collector.region });
    let Some(key) = finding.key else {
        return of("AwsAccount", finding.account.account.as_str(), finding.account.title());
    };
    let mut resource = of("AwsIamAccessKey", key.access_key_id.as_str(), key.access_key_id.as_str());
    let account = &finding.account.account;
    // The ARN holds the user's path, which a stored run does not know.
    let uid = key.user_arn.clone().unwrap_or_else(|| format!("{account}/{}", key.user));
    resource["owner"] =
        json!({ "name": key.user, "uid": uid, "type_id": 1, "type": "User", "account": account_of(finding) });
    resource["data"] = data(key);
    resource
}

fn data(key: &KeyReport) -> Value {
    let mut data = Map::new();
    data.insert("status".to_owned(), json!(key.status));
    data.insert("created".to_owned(), json!(key.created));
    data.insert("last_used".to_owned(), json!(key.last_used));
    data.into()
}

fn unmapped(finding: &Finding<'_>) -> Value {
    let Some(key) = finding.key else { return json!({ "account_ended": finding.account.ended }) };
    json!({
        "account_ended": finding.account.ended,
        "compliance": key.compliance,
        "standing": key.standing,
        "next_step": key.next_step,
        "reason": key.reason,
        "due": key.due,
    })
}

fn milliseconds(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The schema has no nulls: what is not known is left out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields.into_iter().filter(|(_, value)| !value.is_null());
            known.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
