//! The organizations that there is a data file of.

use std::path::Path;

use anyhow::{Context, ensure};

use super::{Account, Organization};

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
}
