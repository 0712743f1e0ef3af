//! Who is looked at: everybody in a sweep, and otherwise whom the credential report, the ledger or a tag makes a candidate.

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::credential_report::CredentialReport;
use keywheel_core::id::{UserId, UserName};
use keywheel_core::observed::ObservedUser;
use keywheel_core::planner::{AccountView, QuietUser, glance};

use super::credential_report::credential_report;
use crate::ports::{IamUser, PortError, Ports, UserAudit};

/// Which users are looked at, and until when.
#[derive(Clone, Copy)]
pub(super) struct Share<'a> {
    /// The first user, by name; none for all of them.
    pub(super) from: Option<&'a UserName>,
    /// From then on no further user is begun with.
    pub(super) until: Timestamp,
    /// Nobody is passed over.
    pub(super) sweep: bool,
    /// Users whose key is replaced whatever its age.
    pub(super) forced: &'a BTreeSet<UserName>,
    /// These alone are looked at, whatever the credential report shows; none for everybody.
    pub(super) only: Option<&'a BTreeSet<UserName>>,
}

/// The users of an account.
pub(super) struct Listing {
    /// Those to look at, by name.
    pub(super) candidates: Vec<ObservedUser>,
    /// Those passed over.
    pub(super) quiet: Vec<QuietUser>,
    /// Those who are no part of the share.
    pub(super) before: Vec<(UserName, UserId)>,
    /// Nobody is passed over.
    pub(super) is_sweep: bool,
    /// There was no credential report, though one was wanted.
    pub(super) lacks_report: bool,
}

/// Lists the users of the share. `view` is what is known before any key was looked at.
pub(super) async fn list<P: Ports>(ports: &P, view: &AccountView<'_>, share: Share<'_>) -> Result<Listing, PortError> {
    let is_wanted = !share.sweep && share.only.is_none();
    let report = if is_wanted { report_or_warning(ports).await } else { None };
    let lacks_report = report.is_none() && is_wanted;
    // What an earlier invocation passed over is no part of this one's sweep.
    let is_sweep = share.only.is_none() && (share.sweep || report.is_none() && share.from.is_none());
    let mut listing = Listing { candidates: Vec::new(), quiet: Vec::new(), before: Vec::new(), is_sweep, lacks_report };
    ports.iam().each_user(|user| listing.add(user, view, share, report.as_ref())).await?;
    listing.candidates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listing)
}

async fn report_or_warning<P: Ports>(ports: &P) -> Option<CredentialReport> {
    let report = credential_report(ports).await;
    report.inspect_err(|why| tracing::warn!(why, "there is no credential report, so every user is looked at")).ok()
}

impl Listing {
    fn add(&mut self, user: IamUser, view: &AccountView<'_>, share: Share<'_>, report: Option<&CredentialReport>) {
        let is_before = share.from.is_some_and(|from| user.name < *from);
        if is_before || share.only.is_some_and(|only| !only.contains(&user.name)) {
            self.before.push((user.name, user.user_id));
            return;
        }
        let row = report.and_then(|report| report.row(&user.name));
        let user = user.without_keys();
        match glance(view, &user, row) {
            Some(quiet) => self.quiet.push(quiet),
            None => self.candidates.push(user),
        }
    }
}
