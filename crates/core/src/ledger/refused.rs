//! Ledgers that must not be used.

use crate::id::AccountId;
use crate::ledger::LEDGER_SCHEMA;

/// A ledger that must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerRefused {
    /// It cannot be read.
    #[error(
        "the ledger of account {account} cannot be read ({why}); nothing was changed. Restore an earlier version of the object, or delete it: \
         without a ledger every grace starts anew and nothing happens early"
    )]
    Unreadable {
        /// The account whose ledger was asked for.
        account: AccountId,
        /// What is wrong with it.
        why: String,
    },
    /// A newer release wrote it.
    #[error(
        "the ledger of account {account} has schema version {found}, this release knows {LEDGER_SCHEMA}: a newer Keywheel wrote it. Nothing was \
         changed; deploy that release or a later one"
    )]
    Newer {
        /// The account whose ledger was asked for.
        account: AccountId,
        /// The version found.
        found: u32,
    },
    /// It is another account's.
    #[error("the ledger of account {account} names account {found}; nothing was changed. Restore the right object")]
    OtherAccount {
        /// The account whose ledger was asked for.
        account: AccountId,
        /// The account it names.
        found: AccountId,
    },
}
