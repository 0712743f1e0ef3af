use aws_sdk_iam::types::{ReportFormatType, ReportStateType};
use keywheel_engine::ports::{PortError, ReportFile};

use super::AwsIam;
use crate::error::{bad_answer, code, port_error};
use crate::time::timestamp;

const GENERATE: &str = "iam:GenerateCredentialReport";
const GET: &str = "iam:GetCredentialReport";

pub(super) async fn generate(iam: &AwsIam) -> Result<bool, PortError> {
    let answer = iam.pace.with(|| async {
        iam.client.generate_credential_report().send().await.map_err(|error| port_error(GENERATE, &error))
    });
    Ok(answer.await?.state == Some(ReportStateType::Complete))
}

pub(super) async fn get(iam: &AwsIam) -> Result<ReportFile, PortError> {
    let answer = iam.pace.with(|| async {
        match iam.client.get_credential_report().send().await {
            Ok(answer) => Ok(Ok(answer)),
            // The codes are those of the API reference, which are not the exceptions' names.
            Err(error) => match code(&error) {
                Some("ReportInProgress" | "CredentialReportNotReadyException") => Ok(Err(ReportFile::InProgress)),
                Some(
                    "ReportNotPresent"
                    | "CredentialReportNotPresentException"
                    | "ReportExpired"
                    | "CredentialReportExpiredException",
                ) => Ok(Err(ReportFile::Missing)),
                _ => Err(port_error(GET, &error)),
            },
        }
    });
    let answer = match answer.await? {
        Ok(answer) => answer,
        Err(not_there) => return Ok(not_there),
    };
    if let Some(format) = answer.report_format.filter(|format| *format != ReportFormatType::TextCsv) {
        return Err(bad_answer(GET, format_args!("the report is {format}, which is not text/csv")));
    }
    let generated = answer.generated_time.as_ref().and_then(timestamp);
    let generated = generated.ok_or_else(|| bad_answer(GET, "the report has no date"))?;
    let text = answer.content.ok_or_else(|| bad_answer(GET, "there is no report in it"))?;
    Ok(ReportFile::Ready { generated, text: text.into_inner() })
}

#[cfg(test)]
mod tests {
    use keywheel_engine::ports::{ErrorKind, UserAudit};

    use super::*;
    use crate::wire::{Answer, Wire, xml, xml_error};

    async fn got(answer: fn() -> Answer) -> Result<ReportFile, PortError> {
        AwsIam::new(&Wire::new(move |_, _| answer()).config()).credential_report().await
    }

    #[tokio::test]
    async fn a_report_comes_with_its_date_and_text() {
        let report = "<Content>dXNlcixhcm4=</Content><ReportFormat>text/csv</ReportFormat>\
                      <GeneratedTime>2026-11-20T01:00:00Z</GeneratedTime>";
        let wire = Wire::new(move |_, _| xml("GetCredentialReport", report));
        let found = AwsIam::new(&wire.config()).credential_report().await.unwrap();
        let generated = "2026-11-20T01:00:00Z".parse().unwrap();
        assert_eq!(found, ReportFile::Ready { generated, text: b"user,arn".to_vec() });
    }

    #[tokio::test]
    async fn what_is_not_there_yet_or_no_more_is_no_failure() {
        assert_eq!(got(|| xml_error(404, "ReportInProgress", "")).await, Ok(ReportFile::InProgress));
        assert_eq!(got(|| xml_error(410, "ReportNotPresent", "")).await, Ok(ReportFile::Missing));
        assert_eq!(got(|| xml_error(410, "ReportExpired", "")).await, Ok(ReportFile::Missing));
        let denied = got(|| xml_error(403, "AccessDenied", "not authorized")).await.unwrap_err();
        assert_eq!(denied.kind, ErrorKind::Denied);
        assert!(denied.message.contains("needs iam:GetCredentialReport"), "{denied}");
    }

    #[tokio::test]
    async fn a_report_without_text_or_date_is_unusable() {
        for answer in [
            || xml("GetCredentialReport", "<GeneratedTime>2026-11-20T01:00:00Z</GeneratedTime>"),
            || xml("GetCredentialReport", "<Content>dXNlcixhcm4=</Content><ReportFormat>text/csv</ReportFormat>"),
        ] {
            assert_eq!(got(answer).await.unwrap_err().kind, ErrorKind::Unanswered);
        }
    }

    #[tokio::test]
    async fn only_a_complete_report_is_ready() {
        for (state, is_ready) in [("COMPLETE", true), ("STARTED", false), ("INPROGRESS", false), ("NEW", false)] {
            let wire = Wire::new(move |_, _| xml("GenerateCredentialReport", &format!("<State>{state}</State>")));
            assert_eq!(AwsIam::new(&wire.config()).generate_credential_report().await, Ok(is_ready), "{state}");
        }
    }
}
