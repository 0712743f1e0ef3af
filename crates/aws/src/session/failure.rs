use keywheel_core::id::AccountId;
use keywheel_engine::ports::{ErrorKind, PortError};

/// A session that did not come about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionFailed {
    /// AWS refused. It answers alike when there is no such role, so the message names every cause.
    #[error(
        "account {account}: role {role_arn} cannot be assumed ({error}); nothing was changed there. Make sure that the account has this role, that \
         its trust policy names this function's role and the same external id, and that this function's role may call sts:AssumeRole on it; or \
         leave the account out with EXCLUDE_ACCOUNTS"
    )]
    Denied {
        /// The account.
        account: AccountId,
        /// The role.
        role_arn: String,
        /// AWS's words.
        error: PortError,
    },
    /// There is no such role, where the answer says so.
    #[error(
        "account {account}: there is no role {role_arn} ({error}); nothing was changed there. Create it through the account's customization, correct \
         MEMBER_ROLE_NAME, or leave the account out with EXCLUDE_ACCOUNTS"
    )]
    NotFound {
        /// The account.
        account: AccountId,
        /// The role.
        role_arn: String,
        /// AWS's words.
        error: PortError,
    },
    /// AWS refused for the rate, or did not answer: a retry may succeed.
    #[error(
        "account {account}: role {role_arn} could not be assumed for now ({error}); nothing was changed there. A later run tries again"
    )]
    Transient {
        /// The account.
        account: AccountId,
        /// The role.
        role_arn: String,
        /// AWS's words.
        error: PortError,
    },
    /// Anything else.
    #[error("account {account}: role {role_arn} cannot be assumed ({error}); nothing was changed there")]
    Refused {
        /// The account.
        account: AccountId,
        /// The role.
        role_arn: String,
        /// AWS's words.
        error: PortError,
    },
    /// The configured text is no role's ARN.
    #[error("{role_arn:?} is not a role's ARN such as arn:aws:iam::111122223333:role/name")]
    NotARole {
        /// The text.
        role_arn: String,
    },
    /// The own credentials do not work.
    #[error("the function's own credentials do not work ({0}); nothing was changed. Check the function's role")]
    Own(PortError),
}

impl SessionFailed {
    pub(super) fn of_role(role_arn: &str, account: &AccountId, error: PortError) -> Self {
        let (account, role_arn) = (account.clone(), role_arn.to_owned());
        match error.kind {
            ErrorKind::Denied => Self::Denied { account, role_arn, error },
            ErrorKind::NotFound => Self::NotFound { account, role_arn, error },
            ErrorKind::Throttled | ErrorKind::Unanswered => Self::Transient { account, role_arn, error },
            ErrorKind::Conflict | ErrorKind::Invalid => Self::Refused { account, role_arn, error },
        }
    }

    /// What AWS said, without the account, the role and what to do; none where AWS was not asked.
    #[must_use]
    pub fn cause(&self) -> Option<&PortError> {
        match self {
            Self::Denied { error, .. }
            | Self::NotFound { error, .. }
            | Self::Transient { error, .. }
            | Self::Refused { error, .. }
            | Self::Own(error) => Some(error),
            Self::NotARole { .. } => None,
        }
    }

    /// The role that could not be assumed; none where it is about the own credentials.
    #[must_use]
    pub fn role_arn(&self) -> Option<&str> {
        match self {
            Self::Denied { role_arn, .. }
            | Self::NotFound { role_arn, .. }
            | Self::Transient { role_arn, .. }
            | Self::Refused { role_arn, .. }
            | Self::NotARole { role_arn } => Some(role_arn),
            Self::Own(_) => None,
        }
    }

    /// Whether a later try may succeed without anybody mending something.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transient { .. } => true,
            Self::Own(error) => error.is_transient(),
            Self::Denied { .. } | Self::NotFound { .. } | Self::Refused { .. } | Self::NotARole { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_what_aws_said_and_nothing_else() {
        let account: AccountId = "111122223333".parse().unwrap();
        for kind in [ErrorKind::Denied, ErrorKind::NotFound, ErrorKind::Throttled, ErrorKind::Invalid] {
            let error = PortError { operation: "sts:AssumeRole", kind, message: "no".to_owned() };
            let failed = SessionFailed::of_role("arn:role", &account, error.clone());
            assert_eq!((failed.cause(), failed.role_arn()), (Some(&error), Some("arn:role")), "{failed:?}");
            assert_eq!(SessionFailed::Own(error.clone()).cause(), Some(&error));
        }
        assert_eq!(SessionFailed::NotARole { role_arn: "x".to_owned() }.cause(), None);
    }
}
