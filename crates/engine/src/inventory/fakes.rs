//! A small organization in memory, whose every call can be made to fail.

mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::AccountId;
use tokio::sync::Notify;

use super::FanOutPorts;
use crate::ports::{Clock, ErrorKind, Invoker, ListedAccount, Organization, OuId, PortError};

/// The function's own name: what is invoked under it is what was handed on.
pub(super) const OWN: &str = "account-inventory";

pub(super) fn account(number: u32) -> ListedAccount {
    ListedAccount {
        id: id(number),
        name: format!("account {number}"),
        email: format!("owner{number}@example.com"),
        state: "ACTIVE".to_owned(),
    }
}

pub(super) fn id(number: u32) -> AccountId {
    format!("{number:012}").parse().unwrap()
}

pub(super) fn unit(name: &str) -> OuId {
    OuId(name.to_owned())
}

pub(super) fn error(operation: &'static str, kind: ErrorKind) -> PortError {
    PortError { operation, kind, message: format!("{kind:?}") }
}

/// What happened, in order.
#[derive(Default)]
pub(super) struct World {
    pub(super) accounts: Vec<ListedAccount>,
    pub(super) management: u32,
    /// OUs with the accounts and the OUs directly in them.
    pub(super) units: BTreeMap<OuId, (Vec<AccountId>, Vec<OuId>)>,
    /// Calls that fail, by their name.
    pub(super) failing: BTreeMap<&'static str, ErrorKind>,
    /// Invocations that fail: the account, how many times, and how.
    pub(super) refusing: Mutex<BTreeMap<AccountId, (usize, ErrorKind)>>,
    pub(super) calls: Mutex<Vec<String>>,
    pub(super) events: Mutex<Vec<serde_json::Value>>,
    /// Events that the function handed itself.
    pub(super) handed_on: Mutex<Vec<serde_json::Value>>,
    pub(super) manifest: Mutex<Option<Manifest>>,
    pub(super) record: Mutex<Option<InventoryRecord>>,
    pub(super) checkpoints: Mutex<BTreeMap<u32, FanOutCheckpoint>>,
    pub(super) latest: Mutex<Option<LatestRun>>,
    pub(super) finished: Mutex<Option<FinishRecord>>,
    /// Results of accounts; none where an object cannot be read as one.
    pub(super) results: Mutex<BTreeMap<AccountId, Option<AccountResult>>>,
    /// At which call from now on the process dies, and whether the call has its effect.
    pub(super) dies: Mutex<Option<(usize, bool)>>,
    pub(super) died: Notify,
    pub(super) is_dead: AtomicBool,
    pub(super) under_way: AtomicUsize,
    pub(super) most_under_way: AtomicUsize,
    /// Time that has passed since the start, in milliseconds.
    pub(super) passed: AtomicUsize,
    /// Time that an invocation takes, in milliseconds.
    pub(super) invocation_takes: usize,
}

pub(super) const START: Timestamp = Timestamp::constant(1_795_140_007, 0);

impl World {
    pub(super) fn of(accounts: impl IntoIterator<Item = u32>) -> Self {
        Self { accounts: accounts.into_iter().map(account).collect(), ..Self::default() }
    }

    /// A call begins. The dead call nobody any more.
    async fn called(&self, name: &'static str, detail: &str) -> Result<(), PortError> {
        self.reached(false).await;
        self.calls.lock().unwrap().push(format!("{name} {detail}").trim().to_owned());
        self.failing.get(name).map_or(Ok(()), |kind| Err(error(name, *kind)))
    }

    /// The process dies where it was to, before a call or after it.
    async fn reached(&self, after: bool) {
        let dies_here = {
            let mut dies = self.dies.lock().unwrap();
            match dies.as_mut() {
                Some((0, dies_after)) => *dies_after == after,
                Some((calls, _)) if after => {
                    *calls -= 1;
                    false
                }
                _ => false,
            }
        };
        if dies_here {
            self.is_dead.store(true, Ordering::Relaxed);
            self.died.notify_one();
        }
        if self.is_dead.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn fan_out(&self) -> FanOutPorts<'_, Self, Self, Self> {
        FanOutPorts { invoker: self, runs: self, clock: self }
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// The accounts that were invoked with success, in order of ids.
    pub(super) fn invoked(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let accounts: BTreeSet<_> = events.iter().map(|event| event["account"].as_str().unwrap().to_owned()).collect();
        accounts.into_iter().collect()
    }

    fn pass(&self, milliseconds: usize) {
        self.passed.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn refusal(&self, account: &AccountId) -> Option<PortError> {
        let mut refusing = self.refusing.lock().unwrap();
        let (times, kind) = refusing.get_mut(account).filter(|(times, _)| *times > 0)?;
        *times -= 1;
        Some(error("lambda:InvokeFunction", *kind))
    }
}

impl Organization for World {
    async fn accounts(&self) -> Result<Vec<ListedAccount>, PortError> {
        self.called("accounts", "").await?;
        Ok(self.accounts.clone())
    }

    async fn accounts_of(&self, parent: &OuId) -> Result<Vec<AccountId>, PortError> {
        self.called("accounts_of", &parent.0).await?;
        let unit = self.units.get(parent).ok_or_else(|| error("accounts_of", ErrorKind::NotFound))?;
        Ok(unit.0.clone())
    }

    async fn children_of(&self, parent: &OuId) -> Result<Vec<OuId>, PortError> {
        self.called("children_of", &parent.0).await?;
        let unit = self.units.get(parent).ok_or_else(|| error("children_of", ErrorKind::NotFound))?;
        Ok(unit.1.clone())
    }

    async fn management_account(&self) -> Result<AccountId, PortError> {
        self.called("management_account", "").await?;
        Ok(id(self.management))
    }
}

impl Invoker for World {
    async fn invoke(&self, function: &str, event: &serde_json::Value) -> Result<(), PortError> {
        if function == OWN {
            self.called("invoke_itself", "").await?;
            self.handed_on.lock().unwrap().push(event.clone());
            self.reached(true).await;
            return Ok(());
        }
        let account: AccountId = event["account"].as_str().unwrap().parse().unwrap();
        self.called("invoke", &format!("{function} {account}")).await?;
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(now, Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.pass(self.invocation_takes);
        if let Some(error) = self.refusal(&account) {
            return Err(error);
        }
        self.events.lock().unwrap().push(event.clone());
        self.reached(true).await;
        Ok(())
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        START + Duration::from_millis(self.passed.load(Ordering::Relaxed) as u64)
    }

    async fn sleep(&self, time: Duration) {
        self.called("sleep", "").await.unwrap();
        self.pass(usize::try_from(time.as_millis()).unwrap());
        tokio::task::yield_now().await;
    }
}
