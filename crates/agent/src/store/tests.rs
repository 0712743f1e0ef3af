use super::*;

#[test]
fn the_user_is_told_by_the_arn() {
    let found = |arn| identity(arn).map(|found| (found.account.to_string(), found.user.to_string()));
    let alice = Some(("111122223333".to_owned(), "alice".to_owned()));
    assert_eq!(found("arn:aws:iam::111122223333:user/alice"), alice);
    assert_eq!(found("arn:aws-cn:iam::111122223333:user/a/b/alice"), alice);
    for arn in
        ["arn:aws:sts::111122223333:assumed-role/r/s", "arn:aws:iam::111122223333:root", "", "arn:aws:iam::1:user/a"]
    {
        assert_eq!(found(arn), None, "{arn}");
    }
}

#[test]
fn a_secret_holds_a_pair_or_the_record_of_an_old_key() {
    let read = |text: &str| read_secret(&text.to_owned().into()).map(|found| format!("{found:?}"));
    let pair = r#"{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMIK7MDENG"}"#;
    assert_eq!(read(pair).as_deref(), Some("Pair(Pair(AKIAIOSFODNN7EXAMPLE))"));
    let record = r#"{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}"#;
    assert!(read(record).is_some_and(|found| found.starts_with("WithoutHalf")));
    for wrong in ["", "{}", "[]", r#"{"AccessKeyId":"x","SecretAccessKey":"y"}"#] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn a_parameter_is_read_in_the_layout_of_aws_access_key_rotation_and_as_json() {
    let read = |text: &str| read_parameter(&text.to_owned().into()).map(|found| format!("{found:?}"));
    let layout = "NEW\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\nOLD\n\
        aws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = je7MtGbClwBFMUWnzR";
    assert_eq!(read(layout).as_deref(), Some("Pair(Pair(AKIAIOSFODNN7EXAMPLE))"));
    assert_eq!(read("plain"), None);
}

type Failed = SdkError<aws_sdk_sts::Error, ()>;

fn of_service(code: &str, message: &str) -> Trouble {
    let metadata = aws_sdk_s3::error::ErrorMetadata::builder().code(code).message(message).build();
    let error = aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError::generic(metadata);
    trouble(&SdkError::service_error(error, ()))
}

fn of_connection(text: &str) -> Trouble {
    let inner = std::io::Error::other(std::io::Error::other(text.to_owned()));
    let error = aws_sdk_s3::error::ConnectorError::io(inner.into());
    trouble(&Failed::dispatch_failure(error))
}

fn kind(trouble: &Trouble) -> String {
    format!("{trouble:?}").split('(').next().unwrap_or_default().to_owned()
}

#[test]
fn what_aws_says_is_told_apart() {
    for (code, message, expected) in [
        ("InvalidClientTokenId", "", "KeyRefused"),
        ("UnrecognizedClientException", "", "KeyRefused"),
        ("InvalidAccessKeyId", "", "KeyRefused"),
        ("SignatureDoesNotMatch", "", "WrongHalf"),
        ("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than", "ClockOff"),
        ("InvalidSignatureException", "Signature not yet current", "ClockOff"),
        ("RequestTimeTooSkewed", "", "ClockOff"),
        ("AccessDenied", "", "Denied"),
        ("AccessDeniedException", "", "Denied"),
        ("ResourceNotFoundException", "", "NothingThere"),
        ("ParameterNotFound", "", "NothingThere"),
        ("NoSuchBucket", "", "NothingThere"),
        ("InternalFailure", "certificate expired", "Other"),
    ] {
        assert_eq!(kind(&of_service(code, message)), expected, "{code} {message}");
    }
}

#[test]
fn a_certificate_whose_time_is_not_now_tells_of_the_clock() {
    for (text, expected) in [
        (
            "invalid peer certificate: certificate expired: verification time 4102444800 (UNIX), but certificate is not valid after 1",
            "ClockOff",
        ),
        ("invalid peer certificate: certificate not valid yet: verification time 0 (UNIX)", "ClockOff"),
        ("invalid peer certificate: Expired", "ClockOff"),
        ("invalid peer certificate: NotValidYet", "ClockOff"),
        ("invalid peer certificate: UnknownIssuer", "Unreachable"),
        ("invalid peer certificate: certificate revocation list expired", "Unreachable"),
        ("connection refused", "Unreachable"),
    ] {
        assert_eq!(kind(&of_connection(text)), expected, "{text}");
    }
    assert_eq!(kind(&trouble(&Failed::timeout_error("late"))), "Unreachable");
    assert_eq!(kind(&trouble(&Failed::construction_failure("odd"))), "Other");
}
