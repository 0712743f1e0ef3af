//! What parliament found, and what it may find.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde_json::Value;

/// A finding that is no fault.
struct Exception {
    issue: &'static str,
    policy: &'static str,
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 1] =
    [Exception { issue: "RESOURCE_STAR", policy: "secret.json", reason: "in a secret's policy this is that secret" }];

/// Takes parliament's lines of JSON. A finding that is no exception is an error, and so is an exception that nothing is
/// found for.
pub(super) fn judge(output: &str) -> Result<()> {
    let mut left: Vec<&Exception> = EXCEPTIONS.iter().collect();
    let mut faults = Vec::new();
    for line in output.lines().filter(|line| !line.trim().is_empty()) {
        let Ok(finding) = serde_json::from_str::<Value>(line) else { bail!("parliament says: {}", output.trim_end()) };
        let policy = Path::new(finding["location"]["filepath"].as_str().unwrap_or_default());
        let policy = policy.file_name().unwrap_or_default().to_string_lossy();
        let is_of = |exception: &Exception| finding["issue"] == exception.issue && policy == exception.policy;
        match EXCEPTIONS.iter().find(|exception| is_of(exception)) {
            Some(exception) => println!("parliament: {policy}: {}: {}", exception.issue, exception.reason),
            None => faults.push(format!("{policy}: {line}")),
        }
        left.retain(|exception| !is_of(exception));
    }
    let stale = left
        .iter()
        .map(|exception| format!("{}: no {} any more; take the exception out", exception.policy, exception.issue));
    faults.extend(stale);
    ensure!(
        faults.is_empty(),
        "parliament is not satisfied. Mend the policy, or add the finding to xtask/src/scan/findings.rs with its reason:\n  - {}",
        faults.join("\n  - ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{EXCEPTIONS, judge};

    fn finding(issue: &str, policy: &str) -> String {
        format!("{{\"issue\":\"{issue}\",\"location\":{{\"filepath\":\"/there/{policy}\"}}}}\n")
    }

    fn expected() -> String {
        EXCEPTIONS.iter().map(|exception| finding(exception.issue, exception.policy)).collect()
    }

    #[test]
    fn what_is_expected_passes_and_everything_else_is_named() {
        judge(&expected()).unwrap();
        let error = judge(&(expected() + &finding("UNKNOWN_ACTION", "member.json"))).unwrap_err().to_string();
        assert!(error.contains("UNKNOWN_ACTION") && !error.contains("any more"), "{error}");
    }

    #[test]
    fn an_exception_for_what_is_no_longer_found_is_a_fault() {
        let error = judge("").unwrap_err().to_string();
        assert_eq!(error.matches("any more").count(), EXCEPTIONS.len(), "{error}");
    }

    #[test]
    fn what_is_no_finding_is_shown() {
        assert!(judge("Traceback: no such module\n").unwrap_err().to_string().contains("no such module"));
    }
}
