//! The lists that administrators keep beside the state, the plan that somebody saved, and IAM's report.

use keywheel_core::contract::parameters::ParameterList;
use keywheel_core::contract::plan_file::PlanFile;
use keywheel_core::contract::recipients::RecipientList;
use keywheel_core::credential_report::CredentialReport;
use keywheel_core::id::{AccountId, UserName};

use crate::promise::{comes_back, one_clear_line};

fn alice() -> (AccountId, UserName) {
    ("111122223333".parse().expect("an account"), "alice".parse().expect("a user"))
}

/// `parameters.json`.
pub fn parameter_list(bytes: &[u8]) {
    let (account, user) = alice();
    match ParameterList::parse(bytes) {
        Ok(list) => {
            let text = serde_json::to_vec(&list).expect("a list can be written");
            assert_eq!(ParameterList::parse(&text).as_ref(), Ok(&list), "the list comes back as another one");
            let _ = list.find(&account, &user, true);
        }
        Err(error) => one_clear_line(&error),
    }
}

/// `recipients.json`, and a tag that names an entry of it.
pub fn recipient_list(bytes: &[u8]) {
    let (account, user) = alice();
    match RecipientList::parse(bytes) {
        Ok(list) => {
            comes_back(&list);
            let names = list.recipients.keys().map(String::as_str).chain(["", "nobody"]);
            names.filter_map(|name| list.find(name, &account, &user).err()).for_each(|error| one_clear_line(&error));
        }
        Err(error) => one_clear_line(&error),
    }
    if let Ok(name) = std::str::from_utf8(bytes) {
        let empty = RecipientList::parse(br#"{"schema_version":1,"recipients":{}}"#).expect("a list");
        let refused = empty.find(name, &account, &user).expect_err("an empty list has no entry");
        one_clear_line(&refused);
    }
}

/// A plan file.
pub fn plan_file(bytes: &[u8]) {
    match PlanFile::parse(bytes) {
        Ok(file) => {
            let text = file.text().expect("a plan can be written");
            assert_eq!(PlanFile::parse(text.as_bytes()).as_ref(), Ok(&file), "the plan comes back as another one");
        }
        Err(error) => one_clear_line(&error),
    }
}

/// IAM's credential report. What is read of it decides at whom to look.
pub fn credential_report(bytes: &[u8]) {
    let (_, user) = alice();
    match CredentialReport::parse(bytes) {
        Ok(report) => {
            let _ = report.row(&user).map(|row| (row.keys(), row.active_keys()));
            assert_eq!(CredentialReport::parse(bytes).as_ref(), Ok(&report), "the same bytes are read in two ways");
        }
        Err(error) => one_clear_line(&error),
    }
}
