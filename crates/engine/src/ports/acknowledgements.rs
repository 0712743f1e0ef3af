use keywheel_core::acknowledgement::Place;
use keywheel_core::id::AccountId;

use super::PortError;

/// What hosts acknowledge.
pub trait Acknowledgements: Send + Sync {
    /// Where hosts of the account's users acknowledge, in no order. Makes no call where hosts do not acknowledge.
    fn places(&self, account: &AccountId) -> impl Future<Output = Result<Vec<Place>, PortError>> + Send;

    /// What is at a place, or the beginning of it where it is longer than any acknowledgement; none where there is nothing any more.
    fn read(&self, place: &Place) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;
}
