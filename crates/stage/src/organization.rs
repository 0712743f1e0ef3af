//! An organization as its data file describes it: accounts, users, and for each user the case that it stands for.

mod files;

use std::collections::BTreeMap;

use keywheel_core::contract::manifest::SkipReason;
use keywheel_core::id::{AccountId, UserName};
use serde::Deserialize;

use crate::case::Case;

/// A whole organization.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its id, which Organizations gives it.
    #[serde(skip)]
    pub id: String,
    /// The management account; it stands in the root.
    pub management: AccountId,
    /// The name of the account in which the functions run.
    pub hub: String,
    /// The IAM group whose members are left alone; it is made in every account.
    pub exemption_group: String,
    /// Who gets a copy of every notice.
    pub security_email: String,
    /// The organizational units, parents first.
    pub units: Vec<Unit>,
    /// The accounts in them.
    pub accounts: Vec<Account>,
    /// What a user's keys may be in, by name.
    #[serde(default)]
    pub cases: BTreeMap<String, Case>,
    /// The data file beside this one that has the cases, where this one has none.
    cases_of: Option<String>,
}

/// An organizational unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// The unit it lies in; the root when none is named.
    pub parent: Option<String>,
    /// Its id, which Organizations gives it.
    #[serde(skip)]
    pub id: String,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its id, which Organizations gives it.
    #[serde(skip, default = "no_id")]
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its owner's address.
    pub email: String,
    /// The unit it lies in.
    pub unit: String,
    /// Its state in the organization, where that is not `ACTIVE`.
    pub state: Option<String>,
    /// Whether it has the role that key-rotation assumes.
    #[serde(default = "yes")]
    pub member_role: bool,
    /// What the night makes of it.
    pub outcome: Outcome,
    /// Its users.
    pub users: Vec<User>,
}

/// What a night makes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Its keys are looked after.
    Served,
    /// It is left out.
    Skipped(SkipReason),
    /// It is tried, in vain.
    Unreachable,
}

/// A user, or a row of alike users.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name; of a row, the beginning of the names.
    pub name: String,
    /// The case that the user stands for.
    pub case: String,
    /// The IAM path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Tags besides the case's own.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// How many users the row has; one when nothing is said.
    pub count: Option<usize>,
}

fn no_id() -> AccountId {
    AccountId::try_from("0".repeat(12)).unwrap_or_else(|_| unreachable!("twelve digits are an account id"))
}

fn yes() -> bool {
    true
}

fn root_path() -> String {
    "/".to_owned()
}

impl Organization {
    /// The accounts left out by `EXCLUDE_ACCOUNTS`.
    pub fn excluded(&self) -> impl Iterator<Item = &AccountId> {
        let excluded = Outcome::Skipped(SkipReason::ExcludedAccount);
        self.accounts.iter().filter(move |account| account.outcome == excluded).map(|account| &account.id)
    }

    /// The id of the unit of this name; empty when there is none.
    #[must_use]
    pub fn unit_id(&self, name: &str) -> &str {
        self.units.iter().find(|unit| unit.name == name).map_or("", |unit| &unit.id)
    }

    /// The account in which the functions run.
    #[must_use]
    pub fn hub(&self) -> &AccountId {
        let hub = self.accounts.iter().find(|account| account.name == self.hub);
        &hub.unwrap_or_else(|| unreachable!("reading checked that there is a hub")).id
    }

    /// The account with this id.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == *id)
    }
}

impl User {
    /// The names of the row's users.
    ///
    /// # Errors
    /// When one is no name of an IAM user.
    pub fn names(&self) -> anyhow::Result<Vec<UserName>> {
        let names = match self.count {
            None => vec![self.name.clone()],
            Some(count) => (1..=count).map(|number| format!("{}{number:03}", self.name)).collect(),
        };
        names.iter().map(|name| Ok(name.parse()?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_demo_has_a_user() {
        let demo = Organization::demo().unwrap();
        let users: Vec<_> = demo.accounts.iter().flat_map(|account| &account.users).collect();
        for case in demo.cases.keys() {
            assert!(users.iter().any(|user| user.case == *case), "{case}");
        }
    }

    #[test]
    fn a_row_has_as_many_names_as_it_says() {
        let row: User = serde_json::from_str(r#"{ "name": "builder-", "case": "young", "count": 3 }"#).unwrap();
        let names: Vec<_> = row.names().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["builder-001", "builder-002", "builder-003"]);
    }
}
