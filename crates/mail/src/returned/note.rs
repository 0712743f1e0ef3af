//! Notes that the notices of a mail did not arrive.

use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::contract::mailed::MailedNotices;
use keywheel_engine::ports::{Clock, PortError};

use super::Returned;
use crate::ports::MailedStore;

/// So long after SES took a mail its notices are noted, unless the function died: one call to S3, with its retries.
const NOTED_WITHIN: SignedDuration = SignedDuration::from_secs(20);

/// Between two looks for a mail that is not noted yet.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Notes each notice of the mail as bounced, and gives the mail with the number of notices that it brought back; none where it is no mail of
/// Keywheel's.
///
/// # Errors
/// When the store does not answer, or does not take it.
pub async fn note<S: MailedStore, C: Clock>(
    store: &S,
    clock: &C,
    returned: &Returned,
) -> Result<Option<(MailedNotices, usize)>, PortError> {
    let Some(mail) = find(store, clock, returned).await? else { return Ok(None) };
    let mut noted = 0;
    for id in &mail.notice_ids {
        noted += usize::from(store.note_return(&mail, id, &returned.why, clock.now()).await?);
    }
    Ok(Some((mail, noted)))
}

/// The notices of the mail. One to an address that SES suppresses comes back at once, maybe before they are noted.
async fn find<S: MailedStore, C: Clock>(
    store: &S,
    clock: &C,
    returned: &Returned,
) -> Result<Option<MailedNotices>, PortError> {
    let noted_by = returned.sent_at.and_then(|sent| sent.checked_add(NOTED_WITHIN).ok());
    loop {
        let may_come = noted_by.is_some_and(|until| clock.now() < until);
        let mail = store.mailed(&returned.message_id).await?;
        if mail.is_some() || !may_come {
            return Ok(mail);
        }
        clock.sleep(BETWEEN_LOOKS).await;
    }
}
