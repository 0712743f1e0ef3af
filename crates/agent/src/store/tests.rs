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
