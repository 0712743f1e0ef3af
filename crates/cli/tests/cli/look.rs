//! The verbs that look, without AWS: settings, and calls that make no sense.

use std::fs;

use crate::support::keywheel;

#[test]
fn settings_come_from_flags_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("keywheel.toml"),
        "ROTATION_PERIOD = 60\nWARN_DAYS = [5, 1]\nMEMBER_ROLE_NAME = \"audit\"\n",
    )
    .unwrap();
    let arguments = ["config", "show", "--origin", "--set", "WARN_DAYS=2", "--role-name", "other"];
    let ended = keywheel(folder.path(), arguments, "");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let line = |name: &str| {
        ended.out.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("ROTATION_PERIOD"), "ROTATION_PERIOD 60 file keywheel.toml");
    assert_eq!(line("WARN_DAYS"), "WARN_DAYS 2 flag --set");
    assert_eq!(line("MEMBER_ROLE_NAME"), "MEMBER_ROLE_NAME other flag --role-name");
    assert_eq!(line("MAX_HOLD"), "MAX_HOLD 30 default");
}

#[test]
fn what_makes_no_sense_is_said_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrong.toml"), "ROTATION_PERIODS = 60\n").unwrap();
    for (name, arguments) in [
        ("file", &["config", "show", "--config", "wrong.toml"][..]),
        ("no-file", &["plan", "--config", "missing.toml"]),
        ("periods", &["plan", "--set", "ROTATION_PERIOD=200"]),
        ("confidential", &["plan", "--set", "MEMBER_ROLE_EXTERNAL_ID=secret"]),
        ("unknown", &["plan", "--set", "ROTATE=1"]),
        ("region", &["plan"]),
        ("no-bucket", &["report", "--run", "latest"]),
        ("both", &["plan", "--own-account", "--account", "111122223333"]),
        ("name-alone", &["explain", "alice"]),
        ("twice", &["explain", "111122223333/alice", "--own-account"]),
    ] {
        let ended = keywheel(folder.path(), arguments.iter().copied(), "");
        insta::with_settings!({ description => arguments.join(" ") }, {
            insta::assert_snapshot!(format!("look-{name}"), ended.shown(folder.path()));
        });
    }
}

#[test]
fn shells_and_manual_pages_know_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = keywheel(folder.path(), ["completions", shell], "");
        let knows =
            ["plan", "explain", "report", "config", "organizational-unit"].iter().all(|word| ended.out.contains(word));
        assert!(ended.code == 0 && knows, "{shell}: {}", ended.err);
    }
    let ended = keywheel(folder.path(), ["man", "--out", "man"], "");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let page = fs::read_to_string(folder.path().join("man/keywheel-plan.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("OrganizationAccountAccessRole"), "{page}");
    assert!(folder.path().join("man/keywheel-config-show.1").is_file());
}
