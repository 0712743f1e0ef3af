//! What is told and stored after a run.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use keywheel_core::contract::result::AccountResult;
use serde_json::json;

use super::*;
use crate::report;

/// An AWS that takes events and nothing else; says what it took.
fn without_s3() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let taken: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&taken);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, kept) = (stream.unwrap(), Arc::clone(&kept));
            std::thread::spawn(move || answer(stream, &kept));
        }
    });
    (url, taken)
}

fn answer(stream: TcpStream, taken: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while reader.read_line(&mut head).unwrap() > 2 {
        let line = head.lines().last().unwrap_or_default().to_lowercase();
        length = line.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, said) = if head.contains("AWSEvents.PutEvents") {
        taken.lock().unwrap().push(String::from_utf8(body).unwrap());
        ("200 OK", r#"{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}"#)
    } else {
        ("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
    };
    let length = said.len();
    write!(reader.get_mut(), "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{said}")
        .unwrap();
}

async fn function(url: &str) -> KeyRotation {
    let settings = |name: &str| {
        let settings =
            [("STATE_BUCKET", "state"), ("NOTIFICATION_FUNCTION", "notification"), ("EVENT_BUS", "keywheel")];
        settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    let sdk = keywheel_aws::load_config_with(|loader| {
        let credentials = Credentials::new("AKIAOWNOWNOWNOWNOWN0", "own-secret", None, None, "test");
        loader.region("eu-central-1").credentials_provider(credentials).endpoint_url(url)
    });
    KeyRotation::new(RotationConfig::from_lookup(settings).unwrap(), sdk.await.unwrap())
}

#[tokio::test]
async fn machines_are_told_of_completed_steps_also_where_the_result_cannot_be_stored() {
    let (url, taken) = without_s3();
    let step = json!({ "user": "alice", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "step": "deactivate", "status": "done",
        "reason": "install-grace-over", "due": null });
    let invocation =
        Invocation { request_id: "q".to_owned(), deadline: Timestamp::MAX, function_arn: "key-rotation".to_owned() };
    let Errand { job, .. } = errand(json!({ "account": "111122223333" }), &invocation).unwrap();
    let run_id = "r-1".parse().unwrap();
    let result = report::unserved(&job, &run_id, Mode::Enforce, Timestamp::now(), "");
    let result =
        AccountResult { complete: true, error: None, steps: vec![serde_json::from_value(step).unwrap()], ..result };
    let run = AccountRun {
        result,
        digests: Vec::new(),
        retry_helps: false,
        hand_on: None,
        rest_waits: false,
        lacks_report: false,
    };
    let error = Box::pin(function(&url).await.conclude(&job, run, &invocation)).await.unwrap_err().to_string();
    assert!(error.contains("the result could not be stored"), "{error}");
    let taken = taken.lock().unwrap();
    assert!(taken.len() == 1 && taken[0].contains("alice"), "{taken:?}");
}
