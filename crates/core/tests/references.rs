//! The pages of `docs/` that are rendered from, or must agree with, the core.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::contract::digest::{Digest, NotificationResult};
use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use keywheel_core::contract::finish::{FinishRecord, FinishResult};
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::manifest::{InventoryResult, Manifest};
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::contract::plan_file::PlanFile;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::secret::SecretRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

#[test]
fn reasons_are_documented_as_they_are() {
    let rendered = keywheel_core::reason::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(page("reasons.md"), &rendered).unwrap();
    }
    let stored = std::fs::read_to_string(page("reasons.md")).unwrap();
    assert!(stored == rendered, "docs/reasons.md is stale; write it with: UPDATE_DOCS=1 cargo test -p keywheel-core");
}

#[test]
fn the_page_about_tags_names_those_that_are_read_and_no_others() {
    use keywheel_core::policy::tags;
    let text = std::fs::read_to_string(page("tags.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `KeyRotation:")?.split('`').next());
    let read = [
        tags::EMAIL,
        tags::ROTATE_AFTER_DAYS,
        tags::DEACTIVATE_AFTER_DAYS,
        tags::DELETE_AFTER_DAYS,
        "INSTRUCTION_0",
        tags::EXEMPT_UNTIL,
        tags::EXEMPT_REASON,
        tags::ENCRYPT_TO,
        tags::PARAMETER,
        tags::SMTP_REGIONS,
    ];
    assert_eq!(rows.collect::<Vec<_>>(), read);
}

/// The JSON block that follows the heading.
fn example(heading: &str) -> Value {
    let text = std::fs::read_to_string(page("contracts.md")).unwrap();
    let (_, section) = text.split_once(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let (_, block) = section.split_once("```json\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    serde_json::from_str(block).unwrap_or_else(|error| panic!("{heading}: {error}"))
}

/// The example says all that the type says, and nothing else: read and written again it is the same.
fn is_whole<T: DeserializeOwned + Serialize>(heading: &str) {
    let shown = example(heading);
    let read: T = serde_json::from_value(shown.clone()).unwrap_or_else(|error| panic!("{heading}: {error}"));
    assert_eq!(serde_json::to_value(read).unwrap(), shown, "{heading}");
}

#[test]
fn contracts_are_documented_as_they_are() {
    is_whole::<InventoryResult>("Result of account-inventory");
    is_whole::<Manifest>("Manifest");
    is_whole::<FanOutCheckpoint>("Checkpoint of a fan-out");
    is_whole::<LatestRun>("Latest run");
    is_whole::<FinishRecord>("What became of every account");
    is_whole::<DepartedAccounts>("Accounts that left");
    is_whole::<FinishResult>("Result of finish");
    is_whole::<AccountResult>("Result of an account");
    is_whole::<AccountLedger>("Ledger");
    is_whole::<Digest>("Digest");
    is_whole::<NotificationResult>("Result of notification");
    is_whole::<SentNotice>("Notice");
}

#[test]
fn the_plan_file_is_documented_as_it_is() {
    is_whole::<PlanFile>("Plan file");
    let shown = serde_json::to_vec(&example("Plan file")).unwrap();
    PlanFile::parse(&shown).unwrap();
}

#[test]
fn the_account_job_is_documented_as_it_is() {
    for heading in ["Account job", "Reviewed plan"] {
        let shown = example(heading);
        let job = AccountJob::parse(shown.clone()).unwrap();
        assert_eq!(serde_json::to_value(job).unwrap(), shown);
    }
}

#[test]
fn the_secret_is_documented_as_it_is() {
    let mut shown = example("Secret");
    assert!(shown.as_object_mut().unwrap().remove("SecretAccessKey").is_some_and(|half| half.is_string()));
    let record: SecretRecord = serde_json::from_value(shown.clone()).unwrap();
    assert_eq!(serde_json::to_value(record).unwrap(), shown);
}
