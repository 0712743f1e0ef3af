//! What the moves from all rotators share: a stage with the account that one of them leaves behind, its hosts, its people, and the nights.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use aws_sdk_iam::Client as IamClient;
use aws_sdk_iam::types::StatusType;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::AccountId;
use keywheel_core::secret::{KeyPair, secret_name};
use serde_json::Value;

use super::hosts::{Follows, Host};
use crate::admin::Mail;
use crate::days::rules::keys_broken;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, TIMEOUT};
use crate::night;
use crate::organization::Organization;
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;
use crate::world::{self, World};

/// A stage with one rotator's leftovers.
pub(super) struct Ground<'a> {
    pub(super) stage: Stage,
    /// The account that the other rotator looked after.
    pub(super) account: AccountId,
    pub(super) hosts: Vec<Host>,
    /// The mails of the last night.
    pub(super) mails: Vec<Mail>,
    /// The other rotator's name.
    pub(super) rotator: &'static str,
    pub(super) checks: Checks,
    pub(super) out: PathBuf,
    /// The world as the other rotator left it.
    pub(super) before: World,
    /// Hosts without a working key, and rules that a night broke.
    pub(super) wrong: Vec<String>,
    /// The executable.
    pub(super) keywheel: &'a Path,
    /// The name of its page.
    pub(super) page: &'static str,
    day: u32,
}

impl<'a> Ground<'a> {
    /// Sets the stage for the move from a rotator, by its page; Keywheel is deployed in the account of this name.
    ///
    /// # Errors
    /// When the stage cannot be set.
    pub(super) async fn set(
        place: &Place,
        keywheel: &'a Path,
        [rotator, page]: [&'static str; 2],
        hub: &str,
    ) -> anyhow::Result<Self> {
        let out = place.out.join(rotator);
        if out.exists() {
            std::fs::remove_dir_all(&out)?;
        }
        std::fs::create_dir_all(&out)?;
        let (organization, log) = (Organization::moving(rotator, hub)?, out.join("emulator.log"));
        let stage = Stage::set(organization, &place.python, &place.functions, &log, &mut |_| {}).await?;
        let account = stage.account(rotator)?.id.clone();
        let (before, checks) = (stage.world().await?, Checks::new());
        let (hosts, mails, wrong) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { stage, account, hosts, mails, rotator, checks, out, before, wrong, keywheel, page, day: 0 })
    }

    /// Gives the functions these settings and this `RUN_MODE`.
    pub(super) async fn deploy(&self, mode: &str, settings: &[(&str, &str)]) -> anyhow::Result<()> {
        let variables_of = |set: &[(&str, &str)], function| {
            let mut variables = self.stage.functions.variables(function);
            variables.extend(set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            variables.insert("RUN_MODE".to_owned(), mode.to_owned());
            variables
        };
        let functions = &self.stage.functions;
        functions.configure(KEY_ROTATION, TIMEOUT, variables_of(settings, KEY_ROTATION)).await?;
        functions.configure(ACCOUNT_INVENTORY, TIMEOUT, variables_of(&[], ACCOUNT_INVENTORY)).await
    }

    /// Lets time pass up to this day and runs its night. Every host works before it and after it.
    pub(super) async fn night(&mut self, day: u32) -> anyhow::Result<AccountResult> {
        self.until(day).await?;
        let before = world::keys(&self.stage.clients, &self.account).await?;
        let mut night = night::run(&self.stage, &night::scheduler_event(), &mut |_| {}).await?;
        let after = world::keys(&self.stage.clients, &self.account).await?;
        self.wrong.extend(keys_broken(&before, &after).into_iter().map(|what| format!("day {day}: {what}")));
        for host in &self.hosts {
            let worked = host.work(&self.stage.clients).await;
            self.wrong.extend(worked.err().map(|error| format!("after the night of day {day}: {error:#}")));
        }
        self.keep_log().await?;
        self.mails = night.mails;
        let result = night.results.remove(&self.account).context("the account has no result")?;
        ensure!(result.complete && result.error.is_none(), "day {day}: the night is not complete: {result:?}");
        Ok(result)
    }

    /// Lets time pass up to this day, on which every host works.
    pub(super) async fn until(&mut self, day: u32) -> anyhow::Result<()> {
        if day > self.day {
            self.stage.admin.age(day - self.day).await?;
            self.day = day;
        }
        for host in &mut self.hosts {
            let lived = host.day(&self.stage.clients).await;
            self.wrong.extend(lived.err().map(|error| format!("day {day}: {error:#}")));
        }
        Ok(())
    }

    /// Keeps what the functions wrote in a file, and empties the emulator's record of it, which every look at a night reads as a whole.
    async fn keep_log(&self) -> anyhow::Result<()> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(self.out.join("functions.log"))?;
        for line in self.stage.admin.take_function_log().await? {
            writeln!(file, "{} {}", line.function, line.line)?;
        }
        Ok(())
    }

    /// What the functions wrote in all nights so far.
    pub(super) fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.out.join("functions.log"))?)
    }

    /// Sends an event to key-rotation, as it is.
    pub(super) async fn send(&self, event: &Value) -> anyhow::Result<AccountResult> {
        let answer = self.stage.functions.invoke(KEY_ROTATION, event).await?;
        ensure!(!answer.failed, "{event}: {}", answer.payload);
        Ok(serde_json::from_value(answer.payload)?)
    }

    /// A key from the beginning.
    pub(super) fn pair(&self, user: &str, label: &str) -> anyhow::Result<&KeyPair> {
        self.stage.user(user)?.keys.get(label).with_context(|| format!("{user} has no key {label}"))
    }

    /// A host that has such a key joins.
    pub(super) fn host(
        &mut self,
        name: &'static str,
        user: &'static str,
        label: &str,
        follows: Follows,
    ) -> anyhow::Result<()> {
        let host = Host::new(name, user, self.pair(user, label)?, follows);
        self.hosts.push(host);
        Ok(())
    }

    /// What a host follows that reads Keywheel's secret of a user.
    pub(super) fn secret_of(&self, user: &str) -> anyhow::Result<Follows> {
        let name = secret_name(&self.account, &user.parse()?);
        Ok(Follows::Secret { name, id: "AccessKeyId", half: "SecretAccessKey" })
    }

    /// A host reads Keywheel's secret of its user from now on.
    pub(super) fn told(&mut self, host: &str) -> anyhow::Result<()> {
        let follows = self.secret_of(self.host_named(host)?.user)?;
        self.host_mut(host)?.now_follows(follows);
        Ok(())
    }

    /// The host of this name.
    pub(super) fn host_named(&self, name: &str) -> anyhow::Result<&Host> {
        self.hosts.iter().find(|host| host.name == name).with_context(|| format!("there is no host {name}"))
    }

    /// The same, to change it.
    pub(super) fn host_mut(&mut self, name: &str) -> anyhow::Result<&mut Host> {
        self.hosts.iter_mut().find(|host| host.name == name).with_context(|| format!("there is no host {name}"))
    }

    /// IAM, as the account's root.
    pub(super) fn iam(&self) -> IamClient {
        IamClient::new(&self.stage.clients.root_of(&self.account))
    }

    /// A person makes a key inactive.
    pub(super) async fn make_inactive(&self, user: &str, label: &str) -> anyhow::Result<()> {
        let update = self.iam().update_access_key().user_name(user).status(StatusType::Inactive);
        update.access_key_id(self.pair(user, label)?.id.as_str()).send().await?;
        Ok(())
    }

    /// A person deletes a key.
    pub(super) async fn delete(&self, user: &str, label: &str) -> anyhow::Result<()> {
        let delete = self.iam().delete_access_key().user_name(user);
        delete.access_key_id(self.pair(user, label)?.id.as_str()).send().await?;
        Ok(())
    }

    /// The world, without what notification remembers of mails.
    pub(super) async fn world(&self) -> anyhow::Result<World> {
        Ok(World { notices: BTreeMap::new(), ..self.stage.world().await? })
    }
}
