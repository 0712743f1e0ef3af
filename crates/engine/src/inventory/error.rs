//! How a run over the organization can fail, each with the way out.

use keywheel_core::contract::manifest::InventoryResult;
use keywheel_core::id::{AccountId, RunId};

use crate::ports::{OuId, PortError};

/// How many accounts an error names; the stored result names them all.
const NAMED: usize = 50;
/// How many different causes an error shows.
const SHOWN: usize = 3;

/// A run that failed, wholly or in part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// The accounts could not be listed.
    #[error("the organization's accounts could not be listed, so no account was invoked: {0}. {LISTING}")]
    Listing(PortError),
    /// The management account is unknown.
    #[error("the organization's management account could not be looked up, so no account was invoked: {0}. {LISTING}")]
    ManagementAccount(PortError),
    /// A configured OU does not exist.
    #[error("{variable} names {}, which the organization does not have, so no account was invoked; correct {variable}", .unit.0)]
    UnknownUnit {
        /// The variable that names it.
        variable: &'static str,
        /// The OU.
        unit: OuId,
    },
    /// An OU could not be looked into.
    #[error("OU {} could not be looked into, so no account was invoked: {cause}. {LISTING}", .unit.0)]
    Unit {
        /// The OU.
        unit: OuId,
        /// What AWS said.
        cause: PortError,
    },
    /// The event names accounts that do not exist.
    #[error("the event asks for accounts that the organization does not have, so no account was invoked: {}", named(.0.iter()))]
    UnknownAccounts(Vec<AccountId>),
    /// The manifest could not be stored.
    #[error("the run's manifest could not be stored, so no account was invoked: {0}. {STORING}")]
    ManifestNotStored(PortError),
    /// The result could not be stored.
    #[error(
        "{} of {} accounts were invoked, but the run's result could not be stored: {cause}. {STORING}",
        .result.accounts.invoked, .result.accounts.listed
    )]
    ResultNotStored {
        /// What AWS said.
        cause: PortError,
        /// The result.
        result: Box<InventoryResult>,
    },
    /// Some accounts could not be invoked. The result is stored.
    #[error("{}", incomplete(.0))]
    Incomplete(Box<InventoryResult>),
    /// An event is to go on with a run, or a part of one, that is not there.
    #[error(
        "there is nothing to go on with: run {run_id} does not exist, or handed nothing on to its invocation {hop}; account-inventory \
         itself sends such events, nobody else needs to"
    )]
    NothingLeft {
        /// The run.
        run_id: RunId,
        /// How often it should have handed itself on by then.
        hop: u32,
    },
    /// What an earlier invocation wrote down could not be read.
    #[error("what is left of the run could not be read, so nothing was invoked by this invocation: {0}. {STORING}")]
    Unreadable(PortError),
    /// Accounts were lost count of, which is a defect.
    #[error("{listed} accounts were listed and {accounted} accounted for; this is a defect, report it")]
    Unaccounted {
        /// Accounts listed.
        listed: usize,
        /// Accounts invoked, skipped or failed.
        accounted: usize,
    },
}

const LISTING: &str =
    "Check ORG_LIST_ROLE_ARN, that the role may be assumed, and that it may list accounts, OUs and the organization";
const STORING: &str = "Check STATE_BUCKET and what the function's role may do there";

fn incomplete(result: &InventoryResult) -> String {
    let failed = &result.accounts.failed;
    let mut errors: Vec<_> = failed.iter().map(|account| account.error.as_str()).collect();
    errors.sort_unstable();
    errors.dedup();
    errors.truncate(SHOWN);
    let again = if failed.len() <= NAMED {
        let accounts: Vec<_> = failed.iter().map(|account| format!("\"{}\"", account.account)).collect();
        format!("invoke account-inventory with {{\"accounts\":[{}]}}", accounts.join(","))
    } else {
        "invoke account-inventory with {\"accounts\":[…]} and the accounts that the stored result names".to_owned()
    };
    format!(
        "{} of {} accounts could not be invoked: {} ({}). The result is stored as runs/{}/inventory.json. To try them again, {again}",
        failed.len(),
        result.accounts.listed,
        named(failed.iter().map(|account| &account.account)),
        errors.join("; "),
        result.run_id
    )
}

pub(super) fn named<'a>(accounts: impl ExactSizeIterator<Item = &'a AccountId>) -> String {
    let count = accounts.len();
    let mut names: Vec<_> = accounts.take(NAMED).map(AccountId::to_string).collect();
    if count > NAMED {
        names.push(format!("and {} more", count - NAMED));
    }
    names.join(", ")
}
