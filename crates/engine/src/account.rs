//! One account in one run: look, plan, write the plan down, carry it out, tell the owners.

mod acknowledgements;
mod attach;
mod audience;
mod audit;
mod claim;
mod credential_report;
mod deliver;
mod digests;
mod enforce;
mod execute;
mod facts;
mod former_secret;
mod guard;
mod hand_on;
mod housekeeping;
mod limits;
mod listing;
mod outcome;
mod publish;
mod replace;
mod report;
mod retract;
mod reviewed;
mod rollback;
mod run;
mod see_user;
mod session;
mod survey;
mod telling;
mod told;
mod unreachable;

pub use report::AccountRun;
pub use run::look_after;
pub use session::LEASE;
pub use survey::{Survey, UnseenUser, survey};

use keywheel_core::Timestamp;
use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::contract::reviewed::ReviewedPlan;
use keywheel_core::id::{AccountId, Partition, RunId, UserName};
use keywheel_core::policy::{Mode, Policy};

use crate::ports::{PortError, ReadFailed};

/// What the deployment wants of every account.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The policy of keys.
    pub policy: Policy,
    /// The IAM group whose members are left alone.
    pub exemption_group: Option<String>,
    /// Who else may read the secrets: ARN patterns.
    pub secret_readers: Vec<String>,
    /// Whom to tell.
    pub audience: Audience,
}

/// Whom to tell, besides the account's owner.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// A further tag that holds an owner's address.
    pub owner_tag: Option<String>,
    /// Gets a copy of every notice.
    pub security_email: Option<String>,
    /// The domains to which tags may direct mail; empty for any.
    pub email_domains: Vec<String>,
    /// Whether new pairs are attached, encrypted, to the mails of those key owners whose tag asks for it.
    pub encrypted_delivery: bool,
}

/// The account to look after.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name in the organization.
    pub name: String,
    /// Its e-mail address in the organization; empty when not known.
    pub email: String,
    /// Its partition.
    pub partition: Partition,
    /// The region of its secrets.
    pub region: String,
    /// ARN patterns of the role that writes its secrets.
    pub writers: Vec<String>,
}

/// The run on whose behalf it is looked after.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run.
    pub id: RunId,
    /// Whether anything may change.
    pub mode: Mode,
    /// This process, told from every other: part of the claim.
    pub writer: String,
    /// No change is begun that could not end before this.
    pub deadline: Timestamp,
    /// Users whose key is replaced whatever its age.
    pub forced: Vec<UserName>,
    /// Every user is looked at, whatever the credential report shows.
    pub sweep: bool,
    /// How AWS's clock differs from this one, where that is known: only within 5 minutes is anything changed.
    pub clock_is_off: bool,
    /// The one thing that was asked for; none for a whole night.
    pub explicit: Option<ExplicitAction>,
    /// The steps that somebody has reviewed, where nothing else is to be done.
    pub reviewed: Option<ReviewedPlan>,
    /// What an earlier invocation of the run left, where it handed itself on.
    pub inherited: Option<Inheritance>,
}

/// What an invocation whose time was nearly up hands to the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inheritance {
    /// How often the run has handed itself on.
    pub hop: u32,
    /// The writer in whose name the claim was left.
    pub claim: String,
    /// The first user that is not done yet; none for all of them.
    pub from: Option<UserName>,
    /// Every user is looked at, as in the invocations before.
    pub sweep: bool,
}

/// An account that could not be looked after at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Its ledger must not, or cannot, be used.
    #[error("{}", unread(account, source))]
    Ledger {
        /// The account.
        account: AccountId,
        /// What is wrong.
        source: ReadFailed,
    },
    /// Its users could not be listed.
    #[error("account {account}: the users could not be listed: {source}. Nothing was changed")]
    Audit {
        /// The account.
        account: AccountId,
        /// What went wrong.
        source: PortError,
    },
    /// What notification recorded could not be read.
    #[error("account {account}: the record of notices could not be read: {source}. Nothing was changed")]
    Notices {
        /// The account.
        account: AccountId,
        /// What went wrong.
        source: PortError,
    },
    /// Another run is changing it.
    #[error(
        "account {account}: run {run_id} holds the claim until {until} unless it renews it. This run changed nothing; the claim needs no \
         removing, and a later try or the next night goes on"
    )]
    Busy {
        /// The account.
        account: AccountId,
        /// The run that holds the claim.
        run_id: RunId,
        /// When its claim lapses unless renewed.
        until: Timestamp,
    },
    /// Another run claimed it between this run's look and its first write.
    #[error(
        "account {account}: another run has just claimed it. This run changed nothing; a later try or the next night goes on"
    )]
    Overtaken {
        /// The account.
        account: AccountId,
    },
    /// The ledger could not be written before the first change.
    #[error("account {account}: the plan could not be written down, so nothing was changed: {why}")]
    Journal {
        /// The account.
        account: AccountId,
        /// What went wrong.
        why: String,
    },
}

/// A ledger that is refused names the account and the way out itself.
fn unread(account: &AccountId, source: &ReadFailed) -> String {
    match source {
        ReadFailed::Refused(refused) => refused.to_string(),
        ReadFailed::Failed(error) => {
            format!("account {account}: the ledger could not be read: {error}. Nothing was changed")
        }
    }
}
