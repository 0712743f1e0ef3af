//! The compiled function against a Runtime API on the loopback: how it starts, refuses to start, and refuses events.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// The trace of every invocation.
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";

/// The latest run, as the state bucket names it.
const LATEST: &str = r#"{"schema_version":1,"run_id":"r-9","at":"2026-11-20T02:00:07Z"}"#;

/// What the function sent to the Runtime API.
struct Sent {
    path: String,
    error_type: String,
    trace: String,
    body: Value,
}

fn read(stream: &TcpStream) -> Option<Sent> {
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let (mut length, mut error_type, mut trace) = (0, String::new(), String::new());
    loop {
        let mut header = String::new();
        lines.read_line(&mut header).unwrap();
        let header = header.trim_end();
        match header.split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some((name, value)) if name.eq_ignore_ascii_case("lambda-runtime-function-error-type") => {
                value.clone_into(&mut error_type);
            }
            Some((name, value)) if name.eq_ignore_ascii_case("x-amzn-trace-id") => value.clone_into(&mut trace),
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap().to_owned();
    Some(Sent { path, error_type, trace, body: serde_json::from_slice(&body).unwrap_or_default() })
}

fn answer(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .unwrap();
}

fn function(runtime_api: &TcpListener) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_account-inventory"));
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "account-inventory")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn configured(runtime_api: &TcpListener) -> Command {
    let mut command = function(runtime_api);
    command.env("ROTATION_FUNCTION", "key-rotation").env("STATE_BUCKET", "keywheel-state");
    command
}

fn only_line(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_wrong_configuration_ends_the_process_with_one_line_and_is_told_to_lambda() {
    let runtime_api = TcpListener::bind("127.0.0.1:0").unwrap();
    let process = function(&runtime_api).env("RUN_MODE", "on").env("ROLLOUT_PERCENT", "all").spawn().unwrap();

    let (stream, _) = runtime_api.accept().unwrap();
    let sent = read(&stream).unwrap();
    answer(&stream, "202 Accepted", "", "");
    assert_eq!(sent.path, "/2018-06-01/runtime/init/error");
    assert_eq!(sent.error_type, "Keywheel.ConfigurationInvalid");
    assert_eq!(sent.body["errorType"], "Keywheel.ConfigurationInvalid");

    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let line = only_line(&output);
    assert_eq!((&line["level"], &line["error_type"]), (&json!("ERROR"), &sent.body["errorType"]));
    assert_eq!(line["message"], sent.body["errorMessage"]);
    for variable in ["RUN_MODE", "ROTATION_FUNCTION", "ROLLOUT_PERCENT", "STATE_BUCKET"] {
        assert!(line["message"].as_str().unwrap().contains(variable), "{line}");
    }
}

#[test]
fn without_a_region_or_without_lambda_it_says_so() {
    let runtime_api = TcpListener::bind("127.0.0.1:0").unwrap();
    let process = configured(&runtime_api).env_remove("AWS_REGION").spawn().unwrap();
    let (stream, _) = runtime_api.accept().unwrap();
    let sent = read(&stream).unwrap();
    answer(&stream, "202 Accepted", "", "");
    assert!(sent.body["errorMessage"].as_str().unwrap().contains("AWS_REGION"), "{}", sent.body);
    assert_eq!(process.wait_with_output().unwrap().status.code(), Some(1));

    let output = configured(&runtime_api).env_remove("AWS_LAMBDA_RUNTIME_API").output().unwrap();
    assert!(only_line(&output)["message"].as_str().unwrap().contains("AWS_LAMBDA_RUNTIME_API"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_region_or_credentials_in_a_profile_are_not_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("config");
    std::fs::write(&profile, "[default]\nregion = eu-central-1\n").unwrap();
    let runtime_api = TcpListener::bind("127.0.0.1:0").unwrap();
    let process = configured(&runtime_api).env_remove("AWS_REGION").env("AWS_CONFIG_FILE", profile).spawn().unwrap();
    let (stream, _) = runtime_api.accept().unwrap();
    let sent = read(&stream).unwrap();
    answer(&stream, "202 Accepted", "", "");
    assert_eq!(sent.path, "/2018-06-01/runtime/init/error");
    assert_eq!(process.wait_with_output().unwrap().status.code(), Some(1));
}

#[test]
fn it_asks_for_work_before_it_reads_certificates() {
    let runtime_api = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = runtime_api.local_addr().unwrap();
    let nothing = "/nonexistent";
    let mut process =
        configured(&runtime_api).env("SSL_CERT_FILE", nothing).env("SSL_CERT_DIR", nothing).spawn().unwrap();
    let stdout = process.stdout.take().unwrap();
    // One that ends without asking must not be waited for.
    let log = std::thread::spawn(move || {
        let log = std::io::read_to_string(stdout).unwrap();
        drop(TcpStream::connect(address));
        log
    });
    let (stream, _) = runtime_api.accept().unwrap();
    let asked = read(&stream).map(|sent| sent.path);
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(log.join().unwrap(), "", "it complains of what it did not find");
    assert!(asked.unwrap().ends_with("/next"));
}

/// Serves one invocation, with an AWS that denies everything but the name of the latest run; brings what the function sent back and the errors that it logged.
fn invoke(event: &str) -> (Sent, Vec<Value>) {
    let runtime_api = TcpListener::bind("127.0.0.1:0").unwrap();
    let aws = format!("http://{}", runtime_api.local_addr().unwrap());
    let mut process = configured(&runtime_api).env("AWS_ENDPOINT_URL", aws).spawn().unwrap();
    let mut served = false;
    let sent = loop {
        let (stream, _) = runtime_api.accept().unwrap();
        let Some(sent) = read(&stream) else { continue };
        if !sent.path.starts_with("/2018-06-01/runtime/") {
            assert_eq!(sent.trace, TRACE, "a call to AWS belongs to the invocation's trace");
        }
        if sent.path == "/" {
            answer(&stream, "400 Bad Request", "", r#"{"__type":"AccessDeniedException","Message":"not allowed"}"#);
            continue;
        }
        if sent.path.contains("latest.json") {
            answer(&stream, "200 OK", "etag: \"1\"\r\n", LATEST);
            continue;
        }
        if !sent.path.starts_with("/2018-06-01/runtime/") {
            answer(
                &stream,
                "403 Forbidden",
                "",
                "<Error><Code>AccessDenied</Code><Message>not allowed</Message></Error>",
            );
            continue;
        }
        if !sent.path.ends_with("/next") {
            answer(&stream, "202 Accepted", "", "");
            break sent;
        }
        assert!(!served, "the function asked for more before it answered");
        served = true;
        let headers = format!(
            "lambda-runtime-aws-request-id: 1a2b3c4d-0000-4000-8000-000000000000\r\n\
            lambda-runtime-deadline-ms: 32503680000000\r\nlambda-runtime-trace-id: {TRACE}\r\n\
            content-type: application/json\r\n"
        );
        answer(&stream, "200 OK", &headers, event);
    };
    process.kill().unwrap();
    let output = process.wait_with_output().unwrap();
    let lines = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    (sent, lines.filter(|line: &Value| line["level"] == "ERROR").collect())
}

/// Lambda keeps the message of an asynchronous invocation nowhere, so the log must have it: once.
fn assert_logged_once(sent: &Sent, errors: &[Value]) {
    let [line] = errors else { panic!("one error in the log, not {errors:?}") };
    assert_eq!((&line["error_type"], &line["message"]), (&sent.body["errorType"], &sent.body["errorMessage"]));
}

#[test]
fn an_event_that_cannot_be_read_is_an_error_with_a_stable_name() {
    let (sent, errors) = invoke(r#"{"mode":"dry-run"}"#);
    assert_logged_once(&sent, &errors);
    assert!(sent.path.ends_with("/invocation/1a2b3c4d-0000-4000-8000-000000000000/error"), "{}", sent.path);
    assert_eq!(sent.body["errorType"], "Keywheel.EventInvalid");
    assert!(sent.body["errorMessage"].as_str().unwrap().contains("dry-run"), "{}", sent.body);
}

#[test]
fn an_invocation_without_a_payload_is_a_nightly_one_and_what_aws_denies_is_said() {
    let (sent, errors) = invoke("");
    assert_logged_once(&sent, &errors);
    assert!(errors[0]["spans"].to_string().contains("-1a2b3c4d\""), "the line names the run: {}", errors[0]);
    assert_eq!(errors[0]["spans"][0]["xrayTraceId"], TRACE, "the line names the trace: {}", errors[0]);
    assert!(sent.path.ends_with("/error"), "{}", sent.path);
    assert_eq!(sent.body["errorType"], "Keywheel.InventoryFailed");
    let message = sent.body["errorMessage"].as_str().unwrap();
    for part in ["no account was invoked", "organizations:ListAccounts", "AccessDenied"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_run_that_cannot_be_read_is_neither_accounted_for_nor_gone_on_with() {
    for event in [r#"{"finish":"latest"}"#, r#"{"finish":"r-1"}"#, r#"{"run_id":"r-1","hand_on":{"hop":1}}"#] {
        let (sent, errors) = invoke(event);
        assert_logged_once(&sent, &errors);
        let run = if event.contains("latest") { "r-9" } else { "r-1" };
        let is_named = errors[0]["spans"].as_array().unwrap().iter().any(|span| span["run_id"] == run);
        assert!(is_named, "the line names the run: {}", errors[0]);
        assert_eq!(sent.body["errorType"], "Keywheel.StateUnavailable", "{event}");
        let message = sent.body["errorMessage"].as_str().unwrap();
        assert!(message.contains("s3:GetObject") && message.contains("STATE_BUCKET"), "{message}");
    }
}
