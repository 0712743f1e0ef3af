use std::fs;
use std::path::Path;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;

use crate::support::keywheel;

const VALUE: &str = r#"{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"a half"}"#;

/// A folder with an identity, as age-keygen writes it, and a file for it.
fn prepared() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    write_identity(folder.path(), "identity.txt", &identity);
    let armoured = age::encrypt_and_armor(&identity.to_public(), VALUE.as_bytes()).unwrap();
    fs::write(folder.path().join("key.age"), &armoured).unwrap();
    (folder, armoured)
}

fn write_identity(folder: &Path, name: &str, identity: &Identity) {
    let text = format!("# public key: {}\n{}\n", identity.to_public(), identity.to_string().expose_secret());
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_file_or_standard_input_is_opened_with_the_right_identity() {
    let (folder, armoured) = prepared();
    let windows = armoured.replace('\n', "\r\n");
    for (call, input) in
        [(&["decrypt", "key.age"][..], ""), (&["decrypt"], armoured.as_str()), (&["decrypt", "-"], &windows)]
    {
        let ended = keywheel(folder.path(), call.iter().copied().chain(["--identity", "identity.txt"]), input);
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, VALUE, ""));
    }
}

/// Both files are those of the reference implementation: `age-keygen` and `age --armor` 1.1.1.
#[test]
fn what_the_reference_implementation_wrote_is_opened() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/reference");
    let ended = keywheel(&folder, ["decrypt", "reference.age", "--identity", "identity.txt"], "");
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, VALUE, ""));
}

#[test]
fn what_cannot_be_opened_prints_nothing_and_says_why() {
    let (folder, armoured) = prepared();
    write_identity(folder.path(), "other.txt", &Identity::generate());
    fs::write(folder.path().join("cut.age"), &armoured[..armoured.len() / 2]).unwrap();
    fs::write(folder.path().join("no-identity.txt"), "AGE-SECRET-KEY-1NONSENSE\n").unwrap();
    let calls = [
        (["decrypt", "key.age", "-i", "other.txt"], "was not encrypted for the identity"),
        (["decrypt", "cut.age", "-i", "identity.txt"], "is not an age file, or a damaged one"),
        (["decrypt", "key.age", "-i", "no-identity.txt"], "no-identity.txt is not an identity file"),
        (["decrypt", "key.age", "-i", "none.txt"], "cannot read the identity file none.txt"),
        (["decrypt", "none.age", "-i", "identity.txt"], "cannot read none.age"),
    ];
    for (call, expected) in calls {
        let ended = keywheel(folder.path(), call, "");
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{call:?}");
        assert!(ended.err.contains(expected), "{call:?}: {}", ended.err);
        assert!(!ended.err.contains("NONSENSE"), "{}", ended.err);
    }
    assert_eq!(keywheel(folder.path(), ["decrypt", "key.age"], "").code, 2);
}

#[test]
fn what_holds_no_access_key_is_not_shown() {
    let (folder, _) = prepared();
    let identity = Identity::generate();
    write_identity(folder.path(), "mine.txt", &identity);
    for plain in ["\u{1b}]0;title\u{7}", "[1]", r#"{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}"#] {
        let armoured = age::encrypt_and_armor(&identity.to_public(), plain.as_bytes()).unwrap();
        let ended = keywheel(folder.path(), ["decrypt", "--identity", "mine.txt"], &armoured);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{plain:?}");
        assert!(ended.err.contains("holds no access key") && !ended.err.contains("title"), "{}", ended.err);
    }
}
