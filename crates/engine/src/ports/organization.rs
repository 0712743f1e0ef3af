use keywheel_core::id::AccountId;

use super::PortError;

/// An organizational unit or root, by its id (`ou-…`, `r-…`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OuId(pub String);

/// An account as Organizations lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name; people may write anything here.
    pub name: String,
    /// Its e-mail address.
    pub email: String,
    /// `State` where the API gives it, else `Status`, as text.
    pub state: String,
}

/// AWS Organizations.
pub trait Organization: Send + Sync {
    /// Every account, from every page, empty ones with a token included.
    ///
    /// # Errors
    /// Fails as a whole: half a list would look like a whole one.
    fn accounts(&self) -> impl Future<Output = Result<Vec<ListedAccount>, PortError>> + Send;

    /// The accounts directly in an OU, from every page.
    fn accounts_of(&self, parent: &OuId) -> impl Future<Output = Result<Vec<AccountId>, PortError>> + Send;

    /// The OUs directly in an OU, from every page.
    fn children_of(&self, parent: &OuId) -> impl Future<Output = Result<Vec<OuId>, PortError>> + Send;

    /// The organization's management account.
    fn management_account(&self) -> impl Future<Output = Result<AccountId, PortError>> + Send;
}

/// Hands events to functions, asynchronously.
pub trait Invoker: Send + Sync {
    /// Queues the event; done when Lambda took it.
    fn invoke(&self, function: &str, event: &serde_json::Value) -> impl Future<Output = Result<(), PortError>> + Send;
}
