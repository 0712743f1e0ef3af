use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::{Ended, keywheel};

const KEYS: &str = "[first]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\n\
    [second]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = je7MtGbClwBFMUWnzR2A\n";

/// A home folder with two keys, and this configuration of both profiles.
fn home(settings: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".aws")).unwrap();
    fs::write(folder.path().join(".aws/credentials"), KEYS).unwrap();
    let config = format!("[profile first]\n{settings}\n[profile second]\n{settings}\n");
    fs::write(folder.path().join(".aws/config"), config).unwrap();
    folder
}

/// An AWS that answers every call with this error, and its address.
fn refusing(code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 16_384]);
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
            );
            let head = "HTTP/1.1 403 Forbidden\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length";
            let _ = write!(stream, "{head}: {}\r\n\r\n{body}", body.len());
        }
    });
    format!("region = eu-central-1\nendpoint_url = http://{address}")
}

fn process(folder: &Path) -> Ended {
    keywheel(folder, ["agent", "credential-process", "--profiles", "first", "--host", "web-1"], "")
}

/// The key is printed, and SDKs ask again soon.
fn assert_printed_for_a_moment(ended: &Ended) {
    assert_eq!(ended.code, 0, "{}", ended.err);
    let printed: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(printed["AccessKeyId"], "AKIAIOSFODNN7EXAMPLE");
    let expires: Timestamp = printed["Expiration"].as_str().unwrap().parse().unwrap();
    let left = expires.duration_since(Timestamp::now());
    assert!((SignedDuration::from_mins(15)..=SignedDuration::from_secs(16 * 60 + 1)).contains(&left), "{left:?}");
    assert!(!ended.err.is_empty());
}

#[test]
fn an_sdk_gets_the_key_in_the_file_where_a_pass_fails_and_asks_again_soon() {
    // No Region: the pass cannot even begin.
    assert_printed_for_a_moment(&process(home("output = json").path()));
    assert_printed_for_a_moment(&process(home(&refusing("Curious")).path()));
}

#[test]
fn an_sdk_gets_no_key_that_aws_does_not_take() {
    for code in ["InvalidClientTokenId", "SignatureDoesNotMatch"] {
        let ended = process(home(&refusing(code)).path());
        assert_eq!((ended.code, ended.out.as_str()), (10, ""), "{code}: {}", ended.err);
    }
}

#[test]
fn a_profile_that_cannot_even_begin_does_not_keep_the_others_from_theirs() {
    let folder = home(&refusing("InvalidClientTokenId"));
    let config = fs::read_to_string(folder.path().join(".aws/config")).unwrap();
    fs::write(folder.path().join(".aws/config"), config.replacen("region = eu-central-1", "output = json", 1)).unwrap();
    let ended = keywheel(folder.path(), ["agent", "once", "--profiles", "first,second", "--host", "web-1"], "");
    assert!(ended.err.contains("profile second: ") && ended.err.contains("InvalidClientTokenId"), "{}", ended.err);
    assert!(ended.code != 0 && ended.code != 10, "the first one decides: {}", ended.code);
}
