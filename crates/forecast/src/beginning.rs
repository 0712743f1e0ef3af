use keywheel_core::Timestamp;
use keywheel_core::id::UserName;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::observed::ObservedUser;
use keywheel_core::policy::ExemptionGroup;
use keywheel_engine::account::{Account, Survey};

/// What a look has seen of one account, with which a forecast begins.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The account.
    pub account: Account,
    /// Every user whose keys were seen.
    pub users: Vec<ObservedUser>,
    /// Users whose keys could not be seen; nothing will be done to them.
    pub unseen: Vec<UnseenUser>,
    /// Who is in the exemption group.
    pub exemptions: ExemptionGroup,
    /// What is remembered; an empty ledger where there is no state bucket.
    pub ledger: AccountLedger,
    /// When it was seen: the hour of the first night.
    pub now: Timestamp,
}

/// A user whose keys could not be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnseenUser {
    /// The user's name.
    pub name: UserName,
    /// Why.
    pub error: String,
}

impl Beginning {
    /// What a survey has seen of the account. It should have been a sweep: who was passed over has no keys here.
    #[must_use]
    pub fn of(account: Account, survey: &Survey) -> Self {
        let unseen = survey.unseen.iter().map(|unseen| (&unseen.user, unseen.error.to_string()));
        let left = survey.left.iter().map(|name| (name, "there was no time to look at the user".to_owned()));
        let quiet = survey.quiet.iter().map(|user| (&user.name, "the user was passed over".to_owned()));
        let unseen = unseen.chain(left).chain(quiet);
        Self {
            account,
            users: survey.users.clone(),
            unseen: unseen.map(|(name, error)| UnseenUser { name: name.clone(), error }).collect(),
            exemptions: survey.exemptions.clone(),
            ledger: survey.ledger.clone(),
            now: survey.at,
        }
    }
}
