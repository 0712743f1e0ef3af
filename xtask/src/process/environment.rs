//! The environment that children get: the caller's, without anything that could reach a real AWS account.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// Build settings of the `aws-lc-sys` crate, not of AWS.
const KEPT_PREFIX: &str = "AWS_LC_";

/// Set by git where it runs a hook; they would send our own git calls to another repository.
const GIT: [&str; 3] = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"];

/// Removes the caller's AWS settings and closes the other ways to credentials: files and instance metadata.
pub(super) fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_removed(name)) {
        command.env_remove(name);
    }
    command.envs([
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("TZ", "UTC"),
    ]);
    // A proxy is right for package registries and wrong for the emulators.
    for name in ["NO_PROXY", "no_proxy"] {
        command.env(name, without_proxy(std::env::var_os(name)));
    }
}

fn is_removed(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let of_aws = name.starts_with("AWS_") && !name.starts_with(KEPT_PREFIX);
    of_aws || name.starts_with("BOTO") || name.starts_with("KEYWHEEL_TEST_") || GIT.contains(&&*name)
}

fn without_proxy(present: Option<OsString>) -> OsString {
    let mut hosts = OsString::from("127.0.0.1,localhost");
    if let Some(present) = present.filter(|value| !value.is_empty()) {
        hosts.push(",");
        hosts.push(present);
    }
    hosts
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};

    use super::{is_removed, without_proxy};

    #[test]
    fn no_aws_setting_of_the_caller_reaches_a_child() {
        for name in ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_CA_BUNDLE"] {
            assert!(is_removed(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn build_settings_and_everything_else_stay() {
        for name in ["AWS_LC_SYS_CMAKE_BUILDER", "PATH", "HTTPS_PROXY", "CARGO_TARGET_DIR", "PIP_INDEX_URL"] {
            assert!(!is_removed(OsStr::new(name)), "{name}");
        }
        for name in ["KEYWHEEL_TERRAFORM_WRAPPER", "STUB_PY", "TF_REATTACH_PROVIDERS", "VENV"] {
            assert!(!is_removed(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn loopback_never_goes_through_a_proxy() {
        assert_eq!(without_proxy(None), "127.0.0.1,localhost");
        assert_eq!(without_proxy(Some(OsString::from("example.com"))), "127.0.0.1,localhost,example.com");
    }
}
