//! The verbs that look: their help, and calls that cannot come to anything, with exit code, standard output and standard error.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Ended, keywheel};

/// Somebody whom nobody knows, and who needs no file of credentials.
const SOMEBODY: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
    ("AWS_REGION", "eu-central-1"),
];

/// Nothing listens there: a port that no service is given (RFC 6335, 6).
const NOWHERE: &str = "http://127.0.0.1:1";

fn with_variables(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_keywheel"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn holds(name: &str, arguments: &[&str], ended: &Ended, folder: &Path) {
    insta::with_settings!({ description => arguments.join(" ") }, {
        insta::assert_snapshot!(name, ended.shown(folder));
    });
}

#[test]
fn each_verb_has_help_with_examples() {
    let folder = tempfile::tempdir().unwrap();
    for verb in
        ["plan", "explain", "report", "forecast", "status", "doctor", "config show", "completions", "man", "decrypt"]
    {
        let arguments: Vec<&str> = verb.split(' ').chain(["--help"]).collect();
        let ended = keywheel(folder.path(), arguments.iter().copied(), "");
        assert!(ended.out.contains("Example"), "{verb} has no example");
        holds(&format!("help-{}", verb.replace(' ', "-")), &arguments, &ended, folder.path());
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_each_verb() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("newer.json"), "{\"schema_version\": 2}").unwrap();
    for (name, arguments) in [
        ("plan-account", &["plan", "--account", "1111"][..]),
        ("plan-user", &["plan", "--user", "../alice"]),
        ("plan-newer", &["apply", "newer.json"]),
        ("plan-set", &["plan", "--set", "ROTATION_PERIOD"]),
        ("explain-nothing", &["explain"]),
        ("explain-session", &["explain", "ASIAIOSFODNN7EXAMPLE"]),
        ("explain-path", &["explain", "payments/alice"]),
        ("explain-output", &["explain", "111122223333", "--output", "yaml"]),
        ("report-run", &["report", "--run", "../latest"]),
        (
            "report-flags",
            &["report", "--run", "latest", "--state-bucket", "state", "--organizational-unit", "ou-ab12-cdefgh34"],
        ),
        ("forecast-days", &["forecast", "--days", "367"]),
        ("forecast-assume", &["forecast", "--assume", "maybe"]),
        ("status-runs", &["status", "--runs", "0"]),
        ("doctor-file", &["doctor", "--config", "missing.toml"]),
        (
            "config-set",
            &["config", "show", "--set", "ROTATION_PERIOD=200", "--set", "WARN_DAYS=soon", "--output", "json"],
        ),
        ("config-nothing", &["config"]),
        ("completions-shell", &["completions", "tcsh"]),
        ("man-nowhere", &["man", "--out", "newer.json"]),
        ("decrypt-file", &["decrypt", "missing.age", "--identity", "missing.txt"]),
        ("both", &["plan", "--quiet", "--verbose"]),
    ] {
        let ended = keywheel(folder.path(), arguments.iter().copied(), "");
        assert_ne!(ended.code, 0, "{arguments:?}");
        holds(&format!("bad-{name}"), arguments, &ended, folder.path());
    }
}

#[test]
fn whoever_cannot_sign_in_is_told_how() {
    let folder = tempfile::tempdir().unwrap();
    let profile = ["plan", "--profile", "nobody", "--region", "eu-central-1"];
    for variables in [&[][..], &[("NO_COLOR", "1")], &[("TERM", "dumb")], &[("CLICOLOR_FORCE", "1")]] {
        holds("no-profile", &profile, &with_variables(folder.path(), &profile, variables), folder.path());
    }
    let nobody = ["plan", "--region", "eu-central-1"];
    holds("nobody", &nobody, &with_variables(folder.path(), &nobody, &[]), folder.path());
    let endpoint = ["plan", "--endpoint-url", NOWHERE];
    holds("no-endpoint", &endpoint, &with_variables(folder.path(), &endpoint, &SOMEBODY), folder.path());
}

#[test]
fn quiet_and_verbose_leave_data_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let plain = keywheel(folder.path(), ["config", "show", "--output", "json"], "");
    for flag in ["--quiet", "--verbose", "-v"] {
        let ended = keywheel(folder.path(), ["config", "show", "--output", "json", flag], "");
        assert_eq!((ended.code, ended.out, ended.err), (0, plain.out.clone(), String::new()), "{flag}");
    }
    let ended = keywheel(folder.path(), ["man", "--out", "loud"], "");
    let quiet = keywheel(folder.path(), ["man", "--out", "quiet", "--quiet"], "");
    assert_eq!((ended.err.as_str(), quiet.err.as_str()), ("written to loud\n", ""));
}

#[test]
fn bash_takes_its_completions_and_every_verb_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ended = keywheel(folder.path(), ["completions", shell], "");
        let first: Vec<_> = ended.out.lines().take(5).collect();
        insta::assert_snapshot!(format!("completions-{shell}"), first.join("\n"));
        fs::write(folder.path().join(shell), ended.out).unwrap();
    }
    if Command::new("bash").arg("--version").output().is_ok() {
        let checked = Command::new("bash").arg("-n").arg(folder.path().join("bash")).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    assert_eq!(keywheel(folder.path(), ["man", "--out", "man"], "").code, 0);
    let pages =
        fs::read_dir(folder.path().join("man")).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<_> = pages.collect();
    pages.sort();
    insta::assert_snapshot!("pages", pages.join("\n"));
    parses(&folder.path().join("man"), &pages);
}

/// Whether the machine's own reader of manual pages understands each, where it has one.
fn parses(folder: &Path, pages: &[String]) {
    for page in pages {
        let mandoc = Command::new("mandoc").args(["-T", "lint", "-W", "error"]).arg(page).current_dir(folder).output();
        let read = mandoc.or_else(|_| {
            let mut man = Command::new("man");
            man.args(["-l", "--warnings=w"])
                .arg(page)
                .current_dir(folder)
                .env("MANPAGER", "cat")
                .env("LC_ALL", "C.UTF-8")
                .output()
        });
        let Ok(read) = read else { return };
        assert!(read.status.success(), "{page}: {}", String::from_utf8_lossy(&read.stderr));
    }
}

#[test]
fn a_file_that_could_not_be_written_is_refused_before_anybody_is_called() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("there")).unwrap();
    for (verb, flag) in [("plan", "--save"), ("report", "--out")] {
        for file in ["missing/file.json", "there"] {
            let call = [verb, flag, file, "--own-account", "--endpoint-url", NOWHERE];
            let ended = with_variables(folder.path(), &call, &SOMEBODY);
            assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{call:?}: {}", ended.err);
            let says = format!("error: cannot write {file}: ");
            assert!(ended.err.starts_with(&says) && ended.err.contains("hint: name a file"), "{}", ended.err);
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}
