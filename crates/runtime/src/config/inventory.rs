//! What account-inventory is told.

use std::collections::BTreeSet;

use keywheel_core::id::AccountId;
use keywheel_core::policy::Mode;
use keywheel_core::time::Days;
use keywheel_engine::ports::OuId;

use super::reader::{InvalidConfiguration, Reader};
use super::{StateLocation, ack_bucket, check_log_level, parse, variable};

/// What account-inventory is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryConfig {
    /// The most that a run may do.
    pub mode: Mode,
    /// The name or ARN of key-rotation.
    pub rotation_function: String,
    /// The role to assume for Organizations; none means own credentials.
    pub org_list_role_arn: Option<String>,
    /// Only accounts below these OUs or roots; empty means all.
    pub include_ous: BTreeSet<OuId>,
    /// No accounts below these OUs or roots.
    pub exclude_ous: BTreeSet<OuId>,
    /// Only these accounts; empty means all.
    pub include_accounts: BTreeSet<AccountId>,
    /// Not these accounts.
    pub exclude_accounts: BTreeSet<AccountId>,
    /// Whether the management account takes part.
    pub include_management_account: bool,
    /// How many invocations are under way at the same time; at least 1.
    pub fanout_concurrency: usize,
    /// How much of the organization takes part, from 0 to 100.
    pub rollout_percent: u32,
    /// So long after an account was found missing what is left of it is put away; none for never.
    pub housekeeping_after: Option<Days>,
    /// The bucket in which hosts acknowledge.
    pub ack_bucket: Option<String>,
    /// Where manifests and results live.
    pub state: StateLocation,
}

impl InventoryConfig {
    /// Reads the variables of account-inventory.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidConfiguration> {
        let mut reader = Reader::new(&lookup);
        check_log_level(&mut reader);
        let mode = reader.value(&variable::RUN_MODE, parse::mode);
        let rotation_function = reader.value(&variable::ROTATION_FUNCTION, parse::function);
        let org_list_role_arn = reader.optional(&variable::ORG_LIST_ROLE_ARN, parse::role_arn);
        let include_ous = reader.optional(&variable::INCLUDE_OUS, parse::list(parse::organizational_unit));
        let exclude_ous = reader.optional(&variable::EXCLUDE_OUS, parse::list(parse::organizational_unit));
        let include_accounts = reader.optional(&variable::INCLUDE_ACCOUNTS, parse::list(parse::account));
        let exclude_accounts = reader.optional(&variable::EXCLUDE_ACCOUNTS, parse::list(parse::account));
        let management = reader.value(&variable::INCLUDE_MANAGEMENT_ACCOUNT, parse::boolean);
        let concurrency = reader.value(&variable::FANOUT_CONCURRENCY, parse::number(1..=500));
        let rollout_percent = reader.value(&variable::ROLLOUT_PERCENT, parse::number(0..=100));
        let housekeeping_after = reader.value(&variable::HOUSEKEEPING_AFTER, parse::housekeeping);
        let state = StateLocation::read(&mut reader);
        let ack_bucket = ack_bucket(&mut reader, state.as_ref());
        reader.finish(|| {
            Some(Self {
                mode: mode?,
                rotation_function: rotation_function?,
                org_list_role_arn: org_list_role_arn?,
                include_ous: include_ous?.into_iter().flatten().collect(),
                exclude_ous: exclude_ous?.into_iter().flatten().collect(),
                include_accounts: include_accounts?.into_iter().flatten().collect(),
                exclude_accounts: exclude_accounts?.into_iter().flatten().collect(),
                include_management_account: management?,
                fanout_concurrency: usize::try_from(concurrency?).ok()?,
                rollout_percent: rollout_percent?,
                housekeeping_after: housekeeping_after?,
                ack_bucket: ack_bucket?,
                state: state?,
            })
        })
    }
}
