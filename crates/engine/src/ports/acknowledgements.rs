use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::Place;
use keywheel_core::id::{AccountId, UserName};

use super::PortError;

/// A place at which a host acknowledges, and when the store itself says that it was written there last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The place.
    pub place: Place,
    /// When it was written. The writer has no say in it, unlike in what is in the object.
    pub at: Timestamp,
}

/// What hosts acknowledge.
pub trait Acknowledgements: Send + Sync {
    /// Where hosts of the user acknowledged after `since`, in no order. Where they are more than
    /// [`MAX_HOSTS`](keywheel_core::acknowledgement::MAX_HOSTS), not all need be there. Makes no call where hosts do not acknowledge.
    fn places(
        &self,
        account: &AccountId,
        user: &UserName,
        since: Timestamp,
    ) -> impl Future<Output = Result<Vec<Written>, PortError>> + Send;

    /// What is at a place, or the beginning of it where it is longer than any acknowledgement; none where there is nothing any more.
    fn read(&self, place: &Place) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;

    /// Takes away what some hosts of the user acknowledge, by a listing and calls side by side: no longer than two calls take. `after` is where the
    /// call before left off; answers where the next one goes on, and none when nothing is left. Makes no call where hosts do not acknowledge.
    ///
    /// # Errors
    /// When S3 refuses.
    fn forget_some(
        &self,
        account: &AccountId,
        user: &UserName,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Option<String>, PortError>> + Send;
}
