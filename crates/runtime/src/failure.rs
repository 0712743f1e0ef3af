//! Errors as Lambda shows them: a stable name, and a message that names the way out.

use std::fmt::Write;

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
    /// The event is none that the function takes. Nothing was done; the message says what is wrong and shows an event that is accepted.
    EventInvalid = "Keywheel.EventInvalid", false;
    /// The accounts could not be listed, or the manifest could not be written. No account was invoked. Mend what the message names, or let the next night do it.
    InventoryFailed = "Keywheel.InventoryFailed", true;
    /// Some accounts could not be invoked; all others were. The result is stored beside the manifest. Invoke account-inventory again with the event that the message gives.
    InventoryIncomplete = "Keywheel.InventoryIncomplete", true;
    /// The account's role could not be assumed, so nothing in the account was looked at or changed. Check that the member role exists and that its trust policy names key-rotation's role and the external id.
    AccountUnreachable = "Keywheel.AccountUnreachable", true;
    /// Another run holds the claim on the account. Nothing was changed; the claim ends at the latest 90 seconds after that run ended.
    AccountBusy = "Keywheel.AccountBusy", true;
    /// The account's ledger is damaged or was written by a newer release, so nothing was changed. Install the newer release, or move the object away: dates then restart from what is observed.
    LedgerRefused = "Keywheel.LedgerRefused", false;
    /// The state bucket could not be read or written. Nothing was changed without being recorded. Check the bucket's name, its policy and its key.
    StateUnavailable = "Keywheel.StateUnavailable", true;
    /// Something in the account that was due is left undone. The account's result is stored; a retry takes up only what is left.
    RunIncomplete = "Keywheel.RunIncomplete", true;
    /// Some notices could not be sent. Those that were sent are recorded, so a retry sends only the rest.
    NotificationIncomplete = "Keywheel.NotificationIncomplete", true;
    /// The function could not go on for a cause that it does not know. The message says what happened.
    Internal = "Keywheel.Internal", true;
}

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
    /// An error of this name with this message.
    pub fn new(name: ErrorName, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }

    /// An error of this name with the message of another one.
    pub fn because(name: ErrorName, cause: &(impl std::fmt::Display + ?Sized)) -> Self {
        Self::new(name, cause.to_string())
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
