//! What was seen, as a report.

use std::collections::BTreeSet;

use jiff::Timestamp;
use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_report::Report;
use keywheel_report::live::{self, LiveAccount, Look, Seen, UnseenUser};
use keywheel_report::model::About;

use super::{Looked, Sight};

impl Looked {
    /// The report of it. Every account that was listed is in it.
    pub(crate) fn report(&self, now: Timestamp) -> Report {
        let policy = &self.rotation.policy;
        let nobody = BTreeSet::new();
        let unseen: Vec<Vec<UnseenUser>> = self.accounts.iter().map(|one| unseen(&one.sight)).collect();
        let looks = self.accounts.iter().zip(&unseen).map(|(one, unseen)| {
            let look = match &one.sight {
                Sight::Unreachable(error) => Look::Unreachable { error: error.clone() },
                Sight::Failed(error) => Look::Failed { error: error.clone() },
                Sight::Left => Look::Failed { error: "Ctrl-C came first".to_owned() },
                Sight::Seen(survey) => {
                    let errors: Vec<_> = one.failures().into_iter().map(|(_, error)| error).collect();
                    // Users who could not be seen are told of by themselves, and the group by the report.
                    let error = Some(errors.join("; ")).filter(|_| unseen.is_empty() && !survey.left.is_empty());
                    Look::Seen(Box::new(Seen { view: survey.view(policy, &nobody), unseen, error }))
                }
            };
            LiveAccount { account: one.account.clone(), look }
        });
        let skipped = self.skipped.iter().map(|skipped| {
            let account =
                ManifestAccount { account: skipped.account.clone(), name: String::new(), email: String::new() };
            LiveAccount { account, look: Look::Skipped(skipped.reason) }
        });
        let about = About { generated: now, policy: Some(policy), organization: self.organization.clone() };
        live::report(&about, looks.chain(skipped).collect())
    }
}

fn unseen(sight: &Sight) -> Vec<UnseenUser> {
    let Sight::Seen(survey) = sight else { return Vec::new() };
    let user = |unseen: &keywheel_engine::account::UnseenUser| UnseenUser {
        user: unseen.user.clone(),
        error: unseen.error.to_string(),
    };
    survey.unseen.iter().map(user).collect()
}
