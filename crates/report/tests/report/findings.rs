//! Findings for other tools: OCSF and ASFF. A step of `cargo xtask test` holds them against the published models.

use std::collections::BTreeSet;

use keywheel_core::id::AccountId;
use keywheel_report::findings::Collector;
use keywheel_report::model::{Compliance, Ended};
use keywheel_report::{Report, asff, ocsf};
use serde_json::Value;

use crate::attacks::attacked;
use crate::sample::twelve;
use crate::stored::stored;

pub(crate) fn collector(importer: Option<AccountId>) -> Collector {
    Collector { partition: "aws".parse().unwrap(), region: "eu-central-1".to_owned(), importer }
}

fn calls(report: &Report, importer: Option<AccountId>) -> Vec<Vec<Value>> {
    let calls = asff::render(report, &collector(importer)).unwrap();
    calls.iter().map(|call| serde_json::from_str(call).unwrap()).collect()
}

fn of_ocsf(report: &Report) -> Vec<Value> {
    serde_json::from_str(&ocsf::render(report, &collector(None)).unwrap()).unwrap()
}

#[test]
fn every_key_is_a_finding_and_so_is_every_account_of_which_not_all_is_known() {
    for report in [twelve(), stored(), attacked()] {
        let mut expected: BTreeSet<String> =
            report.keys().map(|(account, key)| format!("keywheel/{}/{}", account.account, key.access_key_id)).collect();
        let is_whole = |ended| matches!(ended, Ended::Answered | Ended::Skipped);
        let partly = report.accounts.iter().filter(|one| !is_whole(one.ended) || one.keys_without_details > 0);
        expected.extend(partly.map(|account| format!("keywheel/{}", account.account)));
        let of_asff: Vec<_> = calls(&report, None).concat();
        let ids = |values: &[Value], place: &str| {
            values
                .iter()
                .map(|value| value.pointer(place).unwrap().as_str().unwrap().to_owned())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!((ids(&of_asff, "/Id"), of_asff.len()), (expected.clone(), expected.len()));
        let of_ocsf = of_ocsf(&report);
        assert_eq!((ids(&of_ocsf, "/finding_info/uid"), of_ocsf.len()), (expected.clone(), expected.len()));
    }
}

#[test]
fn a_call_holds_a_hundred_findings_at_most_and_those_of_one_importer() {
    let report = attacked();
    for call in calls(&report, None) {
        let accounts: BTreeSet<_> = call.iter().map(|finding| finding["AwsAccountId"].as_str().unwrap()).collect();
        assert_eq!(accounts.len(), 1);
    }
    let importer: AccountId = "999988887777".parse().unwrap();
    let calls = calls(&report, Some(importer));
    let sizes: Vec<_> = calls.iter().map(Vec::len).collect();
    assert!(
        sizes.len() > 1 && sizes[..sizes.len() - 1].iter().all(|size| *size == 100) && sizes[sizes.len() - 1] <= 100,
        "{sizes:?}"
    );
    for finding in calls.concat() {
        assert_eq!(finding["AwsAccountId"], "999988887777");
        assert_eq!(finding["ProductArn"], "arn:aws:securityhub:eu-central-1:999988887777:product/999988887777/default");
        assert_ne!(
            finding["ProductFields"]["keywheel/account"], "999988887777",
            "whose key it is, is told all the same"
        );
    }
}

#[test]
fn a_finding_is_the_same_one_in_the_next_report() {
    let ids =
        |report: &Report| calls(report, None).concat().iter().map(|finding| finding["Id"].clone()).collect::<Vec<_>>();
    let mut later = twelve();
    later.generated = "2026-11-27T02:00:00Z".parse().unwrap();
    assert_eq!(ids(&later), ids(&twelve()));
    assert_eq!(calls(&later, None)[0][0]["UpdatedAt"], "2026-11-27T02:00:00.000Z");
}

#[test]
fn status_and_severity_follow_compliance() {
    for report in [twelve(), stored()] {
        let of_asff = calls(&report, None).concat();
        for (finding, of_ocsf) in of_asff.iter().zip(of_ocsf(&report)) {
            let Some(id) = finding.pointer("/Resources/0/Details/AwsIamAccessKey/AccessKeyId") else { continue };
            let (_, key) = report.keys().find(|(_, key)| key.access_key_id.as_str() == id).unwrap();
            let (status, number) = match key.compliance {
                Compliance::Compliant | Compliance::Due => ("PASSED", 1),
                Compliance::Held | Compliance::Unknown => ("WARNING", 2),
                Compliance::Overdue => ("FAILED", 3),
                Compliance::Exempt => ("NOT_AVAILABLE", 99),
            };
            assert_eq!(finding["Compliance"]["Status"], status);
            assert_eq!(of_ocsf["compliance"]["status_id"], number);
            let label = finding.pointer("/FindingProviderFields/Severity/Label").unwrap().as_str().unwrap();
            assert_eq!(matches!(label, "MEDIUM" | "HIGH"), key.compliance == Compliance::Overdue, "{label}");
            assert_eq!(of_ocsf["severity"].as_str().unwrap().to_uppercase(), label);
        }
    }
}

#[test]
fn a_key_that_was_deleted_is_archived() {
    let all = calls(&stored(), None).concat();
    let archived: Vec<_> = all.iter().filter(|finding| finding["RecordState"] == "ARCHIVED").collect();
    assert_eq!(archived.len(), 1);
    assert!(archived[0]["Id"].as_str().unwrap().ends_with("/AKIADELETEDELETE"));
}
