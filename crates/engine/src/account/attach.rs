//! Encrypts new pairs for the key owners who asked for it, when they are about to be told.
//!
//! The pair is read from the secret, whether this run published it, an earlier one left it pending, or its notice was lost and is sent again:
//! one way for all of them, and nothing but Secrets Manager ever holds the pair in the meantime.

use futures::{StreamExt, stream};
use jiff::SignedDuration;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::notice::NoticeKind;
use keywheel_core::reason::Reason;
use keywheel_core::secret::{SecretRecord, VersionId, secret_name};
use keywheel_core::time::{Days, after};

use super::audit::USERS_AT_ONCE;
use super::execute::CALL_TIME;
use super::run::Night;
use super::telling::Telling;
use crate::ports::{Clock, NotEncrypted, PairEncryption, Ports, Secrets};

/// So long after a notice was first asked for, a key owner's mail may wait for its pair; two nights before the notice counts as told without
/// those of whom nothing is known (seven days, `ledger::key`), it goes out without.
const KEPT_FOR: Days = Days(5);

impl<P: Ports> Night<'_, P> {
    /// Attaches the encrypted pair wherever a tag asks for it; says what could not be attached, and why, by user.
    pub(super) async fn attach(&self, tellings: &mut [Telling], ledger: &AccountLedger) -> Vec<String> {
        if !self.settings.audience.encrypted_delivery {
            return Vec::new();
        }
        let asked = tellings.iter_mut().filter(|telling| telling.encrypt_to.is_some() && tells_of_a_new_pair(telling));
        let each = asked.map(|telling| async {
            let NotEncrypted { mut why, is_transient } = match self.encrypted(telling).await {
                Ok(encrypted) => {
                    telling.encrypted_pair = Some(encrypted);
                    return None;
                }
                Err(why) => why,
            };
            if is_transient && self.is_told_again(telling, ledger) {
                telling.is_kept_from_key_owner = true;
                why.push_str("; the key owner's mail waits for the next run, which tries again");
            }
            tracing::warn!(user = telling.user.as_str(), why, "the new pair is not attached to the owner's mail");
            telling.add_detail(&format!("the new key is not attached to the key owner's mail: {why}"));
            Some(format!("user {}: {why}", telling.user))
        });
        stream::iter(each).buffered(USERS_AT_ONCE).filter_map(async |problem| problem).collect().await
    }

    /// Whether a later run asks for the notice again if the key's owner does not get it now: not that of a key that was taken away, nor
    /// where no notice is required, nor for ever.
    fn is_told_again(&self, telling: &Telling, ledger: &AccountLedger) -> bool {
        let record = ledger.users.get(&telling.user).map(|user| user.key(&telling.key)).unwrap_or_default();
        let asked = record.notices.get(&telling.kind).map_or(self.now, |notice| notice.asked);
        let is_repeated = telling.kind == NoticeKind::Rotated && telling.reason() != Reason::Emergency;
        is_repeated && self.settings.policy.require_notice && self.now < after(asked, KEPT_FOR)
    }

    async fn encrypted(&self, telling: &Telling) -> Result<String, NotEncrypted> {
        let to = telling.encrypt_to.as_deref().unwrap_or_default();
        let Some(key) = telling.new_key().filter(|_| telling.has_key_owner()) else {
            return Err(NotEncrypted::for_good("no tag of the user names a key owner besides the account's owner"));
        };
        // The list of recipients and the pair are read one after the other.
        let time = SignedDuration::try_from(2 * CALL_TIME).unwrap_or(SignedDuration::MAX);
        if self.ports.clock().now().checked_add(time).is_ok_and(|end| end > self.run.deadline) {
            return Err(NotEncrypted { why: "there was no time left".to_owned(), is_transient: true });
        }
        let (account, user) = (&self.account.id, &telling.user);
        let version = VersionId::of(account, &telling.user_id, key);
        let pair = self.ports.secrets().pair(&secret_name(account, user), &version).await;
        let Some(pair) = pair?.filter(|pair| pair.id == *key) else {
            return Err(NotEncrypted::for_good(format!("the user's secret does not hold the pair of key {key}")));
        };
        let value = SecretRecord::of_new_pair(account, user, &pair, None).with_secret(&pair);
        let value = value.map_err(|_| NotEncrypted::for_good("the pair could not be written as JSON"))?;
        self.ports.encryption().encrypt(to, account, user, &value).await
    }
}

fn tells_of_a_new_pair(telling: &Telling) -> bool {
    matches!(telling.kind, NoticeKind::Rotated | NoticeKind::Published)
}

/// What the result says of pairs that were to be attached and were not.
pub(super) fn unattached(problems: &[String]) -> Option<String> {
    let first = problems.first()?;
    Some(format!(
        "the new pairs of {} users were not attached to their owners' mails, and are in Secrets Manager all the same: {first}",
        problems.len()
    ))
}
