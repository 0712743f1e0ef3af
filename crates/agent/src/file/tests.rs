use super::*;

const FILE: &str = "# mine\n[default]\naws_access_key_id = AKIAOLD0000000000001\naws_secret_access_key=old/half/with+signs==old\n\
    region = eu-central-1 # why\n\n[other]\r\nAWS_ACCESS_KEY_ID : AKIAOTHER00000000001\r\naws_secret_access_key: other/half/with+signs==other\r\n\
    s3 =\n  max_concurrent_requests = 20\n  # inside\n";

fn new() -> Pair {
    Pair::of("AKIANEW0000000000001", "new/half/with+signs==new").unwrap()
}

fn why(text: &str) -> String {
    key(text, Kind::Credentials, "default").unwrap_err().to_string()
}

fn profile(body: &str) -> String {
    format!("[default]\n{body}")
}

#[test]
fn a_key_is_found_whatever_its_spelling() {
    let found = |name: &str| key(FILE, Kind::Credentials, name).unwrap().pair.id.to_string();
    assert_eq!([found("default"), found("other")], ["AKIAOLD0000000000001", "AKIAOTHER00000000001"]);
}

#[test]
fn only_the_two_words_change() {
    let edited = with_key(FILE, Kind::Credentials, "default", &new()).unwrap();
    let expected = FILE
        .replace("AKIAOLD0000000000001", "AKIANEW0000000000001")
        .replace("old/half/with+signs==old", "new/half/with+signs==new");
    assert_eq!(edited, expected);
    let edited = with_key(FILE, Kind::Credentials, "other", &new()).unwrap();
    assert!(edited.contains("AWS_ACCESS_KEY_ID : AKIANEW0000000000001\r\n") && edited.contains("# why"));
    assert_eq!(edited.replace('\r', "").lines().count(), FILE.lines().count());
}

#[test]
fn config_names_profiles_in_its_own_way() {
    let pair = "aws_access_key_id=AKIAOLD0000000000001\naws_secret_access_key=0123456789abcdef";
    for (header, name) in [
        ("default", "default"),
        ("profile web", "web"),
        ("profile   web ", "web"),
        ("profile \"my web\"", "my web"),
        ("profile 'my web'", "my web"),
    ] {
        assert!(key(&format!("[{header}]\n{pair}"), Kind::Config, name).is_ok(), "{header}");
    }
    for (header, name) in [
        ("web", "web"),
        ("profileweb", "web"),
        ("profile default", "web"),
        ("profile my web", "my web"),
        ("profile \"web", "\"web"),
        ("sso-session web", "web"),
    ] {
        assert!(key(&format!("[{header}]\n{pair}"), Kind::Config, name).is_err(), "{header}");
    }
    assert!(key(&format!("[profile web]\n{pair}"), Kind::Credentials, "web").is_err());
}

#[test]
fn what_cannot_be_edited_without_doubt_is_refused_with_its_line() {
    let half = "aws_secret_access_key = 0123456789abcdef\n";
    let id = "aws_access_key_id = AKIAOLD0000000000001\n";
    for (body, expected) in [
        (String::new(), "no access key"),
        (id.to_owned(), "half a key (line 2)"),
        (half.to_owned(), "half a key (line 2)"),
        (format!("{id}{half}aws_session_token = x\n"), "session token"),
        (format!("{id}{half}{id}"), "an entry is there twice (line 4)"),
        (format!("{id}{half}[default]\n"), "a section is there twice (line 4)"),
        (format!("{id}{half}neither\n"), "neither a section nor an entry (line 4)"),
        (format!("{id}aws_secret_access_key = 01234567\n  89abcdef\n"), "several lines"),
        (format!("{id}aws_secret_access_key =\n"), "is empty"),
        (format!("{id}aws_secret_access_key = 0123456789 abcdef\n"), "a space in it"),
        (
            format!("{id}aws_secret_access_key = 0123456789abcdef # mine\n"),
            "a comment stands behind the key, which some SDKs take for a part of it (line 3)",
        ),
        (format!("aws_access_key_id = AKIAOLD0000000000001 ; mine\n{half}"), "a comment stands behind the key"),
        (format!("{id}aws_secret_access_key = short\n"), "no access key (line 2)"),
        (format!("{id}{half}a = b\rc = d\n"), "control character"),
        (format!("{id}{half}a\u{a0}= b\n"), "unusual space"),
        (format!("{id}{half}\u{feff}a = b\n"), "byte order mark"),
    ] {
        let why = why(&profile(&body));
        assert!(why.contains(expected), "{body:?}: {why}");
    }
    assert!(why("a = b\n[default]\n").contains("before the first section (line 1)"));
    assert!(why("[other]\n").contains("no profile \"default\""));
}

#[test]
fn no_error_repeats_a_secret_half() {
    let text = profile("aws_access_key_id = AKIAOLD0000000000001\naws_secret_access_key = top secret half of it\n");
    assert!(!format!("{:?}{}", key(&text, Kind::Credentials, "default"), why(&text)).contains("secret half"));
}
