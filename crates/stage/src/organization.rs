//! An organization as its data file describes it: accounts, users, and for each user the case that it stands for.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
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
    fn read(name: &str) -> anyhow::Result<Self> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("organizations").join(name);
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut organization: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is no organization", file.display()))?;
        if let Some(other) = organization.cases_of.take() {
            organization.cases = Self::read(&other)?.cases;
        }
        organization.check().with_context(|| format!("{} contradicts itself", file.display()))?;
        Ok(organization)
    }

    /// The organization that the demo shows and the night's test goes through.
    ///
    /// # Errors
    /// When its data file cannot be read, or names a case or unit that it does not describe.
    pub fn demo() -> anyhow::Result<Self> {
        Self::read("demo.json")
    }

    /// An organization in which nearly every account is going to have a trouble of its own.
    ///
    /// # Errors
    /// Like [`Organization::demo`].
    pub fn trouble() -> anyhow::Result<Self> {
        Self::read("trouble.json")
    }

    /// An organization whose owners are sent their new pairs encrypted, or should not be.
    ///
    /// # Errors
    /// Like [`Organization::demo`].
    pub fn delivery() -> anyhow::Result<Self> {
        Self::read("delivery.json")
    }

    /// A few accounts for the verbs that change something.
    ///
    /// # Errors
    /// Like [`Organization::demo`].
    pub fn changes() -> anyhow::Result<Self> {
        Self::read("changes.json")
    }

    /// The organization in which some users have parameters.
    ///
    /// # Errors
    /// Like [`Organization::demo`].
    pub fn stores() -> anyhow::Result<Self> {
        Self::read("stores.json")
    }

    /// The organization of the test of hosts that acknowledge.
    ///
    /// # Errors
    /// Like [`Organization::demo`].
    pub fn hosts() -> anyhow::Result<Self> {
        Self::read("hosts.json")
    }

    /// The organization of those who come from another rotator: its account, and the hub, which may be the same.
    ///
    /// # Errors
    /// Like [`Organization::demo`].
    pub fn moving(account: &str, hub: &str) -> anyhow::Result<Self> {
        let mut organization = Self::read("moving.json")?;
        hub.clone_into(&mut organization.hub);
        organization.accounts.retain(|one| one.name == account || one.name == hub);
        organization.check()?;
        Ok(organization)
    }

    /// An organization of so many accounts that are alike but for their ids: the data file's last one. The others are there once.
    ///
    /// # Errors
    /// Like [`Organization::demo`].
    pub fn alike(name: &str, accounts: usize) -> anyhow::Result<Self> {
        let mut organization = Self::read(name)?;
        let pattern = organization.accounts.pop().context("there is no account to make others like")?;
        let alike = (1..=accounts).map(|number| Account { name: format!("account-{number:04}"), ..pattern.clone() });
        organization.accounts.extend(alike);
        Ok(organization)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(self.accounts.iter().any(|account| account.name == self.hub), "there is no account {:?}", self.hub);
        for account in &self.accounts {
            ensure!(self.units.iter().any(|unit| unit.name == account.unit), "there is no unit {:?}", account.unit);
            for user in &account.users {
                ensure!(self.cases.contains_key(&user.case), "there is no case {:?}", user.case);
            }
        }
        for (name, case) in &self.cases {
            case.check().with_context(|| format!("case {name:?}"))?;
        }
        Ok(())
    }

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
    fn the_data_files_can_be_read_and_do_not_contradict_themselves() {
        Organization::demo().unwrap();
        Organization::trouble().unwrap();
        assert_eq!(Organization::moving("aws-sample", "platform").unwrap().accounts.len(), 2);
        assert_eq!(Organization::moving("age-based", "age-based").unwrap().accounts.len(), 1);
        assert_eq!(Organization::alike("death.json", 3).unwrap().accounts.len(), 4);
        assert_eq!(Organization::alike("plan.json", 2).unwrap().accounts.len(), 4);
        assert_eq!(Organization::alike("bench.json", 0).unwrap().accounts.len(), 1);
    }

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
