//! How large a package may be.

use anyhow::{Result, bail};

/// The bytes that a function's zip may have: the larger it is, the longer a cold start takes. Lambda itself would take 50 MB (Lambda
/// developer guide, "Lambda quotas").
const LIMIT: u64 = 4 << 20;

/// Refuses packages, by function and bytes of the zip, of which one is too large.
pub(super) fn check(sizes: &[(&str, u64)]) -> Result<()> {
    let too_large: Vec<_> = sizes
        .iter()
        .filter(|(_, bytes)| *bytes > LIMIT)
        .map(|(function, bytes)| format!("{function}.zip has {bytes} bytes ({})", mebibytes(*bytes)))
        .collect();
    if too_large.is_empty() {
        return Ok(());
    }
    bail!(
        "{}, and a function's zip may have {LIMIT} ({})\n\
         hint: docs/cold-start.md shows what the packages are made of and how to see it; `cargo tree --edges normal --package <function>` \
         shows which crates came in",
        too_large.join("; "),
        mebibytes(LIMIT)
    )
}

#[expect(clippy::cast_precision_loss, reason = "a file's size, shown with two decimals")]
pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{:.2} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_package_may_have_four_mebibytes_and_not_a_byte_more() {
        check(&[("account-inventory", 3 << 20), ("key-rotation", 4_194_304)]).unwrap();

        let error = check(&[("account-inventory", 4_194_305), ("key-rotation", 1), ("notification", 5 << 20)]);

        let error = error.unwrap_err().to_string();
        for part in ["account-inventory.zip has 4194305 bytes (4.00 MiB)", "notification.zip", "4194304", "hint"] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("key-rotation"), "{error}");
    }
}
