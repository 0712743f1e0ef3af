//! Exceptions without a reason.

/// What begins an exception in a resource; its reason comes after a colon.
const INLINE: &str = "checkov:skip=";

/// The items of a YAML file's lists which have no comment above them, and are neither a folder nor a kind of file.
pub(super) fn of_list(path: &str, text: &str) -> Vec<String> {
    let mut key = "";
    let mut has_reason = false;
    let mut faults = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let code = line.trim();
        if let Some(item) = code.strip_prefix("- ") {
            if !has_reason && !["directory:", "framework:"].contains(&key) {
                faults.push(format!("{path}:{number}: {item}"));
            }
        } else if code.ends_with(':') && !code.starts_with('#') {
            key = code;
        }
        has_reason = code.starts_with('#');
    }
    faults
}

/// The exceptions of Terraform's resources that say no more than the check's name.
pub(super) fn of_resources(path: &str, text: &str) -> Vec<String> {
    let exceptions = text.lines().zip(1..).filter_map(|(line, number)| Some((line.split_once(INLINE)?.1, number)));
    let bare = exceptions.filter(|(exception, _)| {
        let reason = exception.split_once(':').map_or("", |(_, reason)| reason.trim());
        reason.split_whitespace().count() < 3
    });
    bare.map(|(exception, number)| format!("{path}:{number}: {}", exception.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::{of_list, of_resources};

    #[test]
    fn an_exception_of_a_list_needs_a_comment_right_above_it() {
        let text =
            "# About the file.\ndirectory:\n  - .\nskip-check:\n  # Because of this.\n  - CKV_AWS_1\n  - CKV_AWS_2\n";
        assert_eq!(of_list(".checkov.yaml", text), [".checkov.yaml:7: CKV_AWS_2"]);
    }

    #[test]
    fn an_exception_of_a_resource_needs_a_few_words_after_the_checks_name() {
        let text = "resource \"a\" \"b\" {\n  #checkov:skip=CKV_AWS_1:Nobody else reads it\n  #checkov:skip=CKV_AWS_2\n  \
                    # checkov:skip=CKV_AWS_3: not needed\n}\n";
        assert_eq!(of_resources("a.tf", text), ["a.tf:3: CKV_AWS_2", "a.tf:4: CKV_AWS_3: not needed"]);
    }

    #[test]
    fn every_exception_of_this_repository_has_its_reason() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(crate::scan::faults(root).unwrap(), [""; 0]);
    }
}
