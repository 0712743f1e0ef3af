//! Errors as Lambda shows them: a stable name, and a message that names the way out.

use std::fmt::Write;

use keywheel_core::clean::quoted;
use lambda_runtime::Diagnostic;

macro_rules! error_names {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $retry:literal;)+) => {
        /// The name of an error, as `errorType` in what Lambda returns. `docs/errors.md` is rendered from these.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ErrorName {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ErrorName {
            /// Every name.
            pub const ALL: &[ErrorName] = &[$(ErrorName::$name,)+];

            /// The name as Lambda shows it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorName::$name => $code,)+ }
            }

            /// What happened, and the way out.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(ErrorName::$name => concat!($($doc),+).trim_ascii_start(),)+ }
            }

            /// Whether the same event may succeed later without anybody mending something.
            #[must_use]
            pub fn retry_helps(self) -> bool {
                match self { $(ErrorName::$name => $retry,)+ }
            }
        }
    };
}

error_names! {
    /// A variable is missing or wrong, so the function did not start. The message names every such variable; set them as `docs/configuration.md` says.
    ConfigurationInvalid = "Keywheel.ConfigurationInvalid", false;
    /// The event is none that the function takes. Nothing was done; the message says what is wrong and shows an event that is accepted. Send it again, corrected.
    EventInvalid = "Keywheel.EventInvalid", false;
    /// The organization could not be listed, or the configuration names an OU that it does not have. No account was invoked. Mend what the message names and invoke account-inventory again, or leave it to the next night.
    InventoryFailed = "Keywheel.InventoryFailed", true;
    /// Some accounts could not be invoked; all others were. The result is stored beside the manifest. Invoke account-inventory again with the event that the message gives, or leave them to the next night.
    InventoryIncomplete = "Keywheel.InventoryIncomplete", true;
    /// Accounts of a run were invoked and never answered, or its fan-out broke off. What became of every account is stored in `runs/<run id>/finish.json`. Look for their events in the queue of failed events and in key-rotation's log; the next night looks after these accounts as if nothing were.
    AccountsUnanswered = "Keywheel.AccountsUnanswered", false;
    /// A run was to be accounted for while it was still going: some accounts have not answered, and their events may wait in Lambda. What is known is stored in `runs/<run id>/finish.json`. Send the event again after the time that the message gives; if it was the schedule's, let it start later.
    RunGoing = "Keywheel.RunGoing", true;
    /// STS throttled or did not answer, so the account's role could not be assumed; nothing in the account was looked at or changed. Lambda's retries or the next night do it. A role that AWS refuses for good is no error: the account's result has it, with `complete` false, and `RunsIncomplete` counts it.
    AccountUnreachable = "Keywheel.AccountUnreachable", true;
    /// Another run holds the claim on the account. This run changed nothing. The claim ends at the latest 90 seconds after that run's last write; a later try or the next night goes on. No claim needs to be removed by hand.
    AccountBusy = "Keywheel.AccountBusy", true;
    /// The account's ledger is damaged, another account's, or of a newer release, so nothing was changed. Install the newer release, or restore an earlier version of the object. Without one, move the object away: every grace then starts anew, and keys that Keywheel made inactive stay as if a person had.
    LedgerRefused = "Keywheel.LedgerRefused", false;
    /// The state bucket could not be read or written. The message says whether anything was done before. Check the bucket's name, its policy, its KMS key, and what the function's role may do there.
    StateUnavailable = "Keywheel.StateUnavailable", true;
    /// Something in the account that was due is left undone, and a retry may do it. The account's result is stored and names each step; Lambda's retries and the next night take up only what is left.
    RunIncomplete = "Keywheel.RunIncomplete", true;
    /// The mailer has answered, and that could not be recorded for every notice. A retry leaves out those that are recorded as sent and may mail the others twice. Check the state bucket. A mail that the mailer did not take is no error: `NoticesDeferred` and `NoticesFailed` count it.
    NotificationIncomplete = "Keywheel.NotificationIncomplete", true;
    /// The function could not go on for a cause that it does not know. The message says what happened.
    Internal = "Keywheel.Internal", true;
}

/// Characters of a message at most: an error may quote what it refuses, and events have up to 6 MB.
const LONGEST_MESSAGE: usize = 20_000;

/// An error with which an invocation, or a start, ends.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// The stable name.
    pub name: ErrorName,
    /// What happened, to which account and user, and the way out. Never a secret.
    pub message: String,
}

impl FunctionError {
    /// An error of this name with this message: on one line, cut where it is endless, and without what looks like a secret half, whatever
    /// it quotes.
    pub fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Self { name, message: quoted(&message.into(), LONGEST_MESSAGE) }
    }

    /// An error of this name with the message of another one.
    pub fn because(name: ErrorName, cause: &(impl std::fmt::Display + ?Sized)) -> Self {
        Self::new(name, cause.to_string())
    }

    /// Logs the error: Lambda keeps the message of an asynchronous invocation nowhere else. Called inside the span that names the
    /// run, so that the line can be found by it.
    pub fn log(&self) {
        tracing::error!(error_type = self.name.as_str(), "{}", self.message);
    }
}

/// The log shows errors in this form.
impl std::fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name.as_str(), self.message)
    }
}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Diagnostic { error_type: error.name.as_str().to_owned(), error_message: error.message }
    }
}

impl From<crate::config::InvalidConfiguration> for FunctionError {
    fn from(error: crate::config::InvalidConfiguration) -> Self {
        Self::because(ErrorName::ConfigurationInvalid, &error)
    }
}

/// The reference of every error's name, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         <!-- Rendered from crates/runtime/src/failure.rs; UPDATE_DOCS=1 cargo test -p keywheel-runtime writes it anew. -->\n\n\
         A function that fails ends with one of these names as `errorType`. They are stable; alarms and retry rules may rely on them.\n\
         Results are stored before a function ends with an error, and every event may be sent again.\n\n\
         | name | the same event may succeed later | meaning and way out |\n|---|---|---|\n",
    );
    for name in ErrorName::ALL {
        let retry = if name.retry_helps() { "yes" } else { "no" };
        let _ = writeln!(page, "| `{}` | {retry} | {} |", name.as_str(), name.meaning());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_sees_the_stable_name_and_the_message() {
        let error = FunctionError::new(ErrorName::AccountBusy, "account 111122223333 is claimed by run x");
        let seen = Diagnostic::from(error);
        assert_eq!(seen.error_type, "Keywheel.AccountBusy");
        assert_eq!(seen.error_message, "account 111122223333 is claimed by run x");
    }

    #[test]
    fn an_endless_message_is_cut_at_a_character() {
        let error = FunctionError::new(ErrorName::EventInvalid, "ü".repeat(6_000_000));
        assert!(error.message.chars().count() <= LONGEST_MESSAGE && error.message.ends_with('…'));
        let whole = "ü".repeat(LONGEST_MESSAGE);
        assert_eq!(FunctionError::new(ErrorName::EventInvalid, whole.clone()).message, whole);
    }

    #[test]
    fn every_name_stands_once_and_says_what_it_means() {
        let names: std::collections::BTreeSet<_> = ErrorName::ALL.iter().map(|name| name.as_str()).collect();
        assert_eq!(names.len(), ErrorName::ALL.len());
        for name in ErrorName::ALL {
            assert!(
                name.as_str().starts_with("Keywheel.") && name.meaning().ends_with('.') && name.meaning().len() > 20
            );
        }
    }
}
