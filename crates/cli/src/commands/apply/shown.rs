//! The changes, as they are shown before the question.

use std::collections::BTreeMap;

use jiff::Timestamp;
use keywheel_core::contract::plan_file::PlanFile;
use keywheel_core::contract::reviewed::ReviewedStep;
use keywheel_core::id::AccessKeyId;
use keywheel_report::text::{counted, day, tame};

/// A line per change, and how many of them wait where an account has more than a run makes.
pub(super) fn text(file: &PlanFile, max_changes: Option<usize>) -> String {
    let owners = file.accounts.iter().filter(|account| !account.email.is_empty());
    let owners = owners.map(|account| format!("owner      {} {}\n", account.account_id, tame(&account.email)));
    let lines = file.accounts.iter().flat_map(|account| {
        let name = tame(format!("{} {}", account.account_id, account.name).trim_end());
        account.steps.iter().filter_map(move |step| {
            // Of what is sent, and not of what stands beside it.
            let sent = ReviewedStep::of(step)?;
            let keys: Vec<_> = sent.access_key_ids.iter().map(AccessKeyId::shortened).collect();
            let due = step.due.map(|due| format!(", due {}", day(due))).unwrap_or_default();
            Some(format!("{:<10} {name} {} {} ({}{due})\n", sent.step.as_str(), sent.user, keys.join(" "), sent.reason))
        })
    });
    let waits = file.accounts.iter().filter_map(|account| {
        let most = max_changes?;
        let waiting = account.steps.len().checked_sub(most).filter(|waiting| *waiting > 0)?;
        let (id, changes) = (&account.account_id, counted(waiting, "change"));
        Some(format!(
            "waits      {id} {changes}: MAX_CHANGES is {most} per account and run; apply again for what is left\n"
        ))
    });
    lines.chain(owners).chain(waits).collect()
}

/// `2 create and 1 deactivate in 2 accounts, planned at 2026-11-20T02:00:00Z`.
pub(super) fn summary(file: &PlanFile) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for step in file.accounts.iter().flat_map(|account| &account.steps) {
        *kinds.entry(step.kind.as_str()).or_default() += 1;
    }
    let kinds: Vec<_> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let made_at = Timestamp::from_second(file.made_at.as_second()).unwrap_or(file.made_at);
    format!("Carry out {} in {}, planned at {made_at}", kinds.join(", "), counted(file.accounts.len(), "account"))
}

#[cfg(test)]
mod tests {
    use keywheel_core::contract::plan_file::PlannedAccount;
    use keywheel_core::plan::{Step, StepKind};
    use keywheel_core::policy::Mode;
    use keywheel_core::reason::Reason;

    use super::*;

    #[test]
    fn what_waits_for_another_run_is_shown_before_the_question() {
        let id = "AIDAEXAMPLE000000001".parse().unwrap();
        let step = |user: &str| Step::about(&user.parse().unwrap(), &id, StepKind::Create, Reason::RotationDue);
        let account = PlannedAccount {
            account_id: "111122223333".parse().unwrap(),
            name: String::new(),
            email: String::new(),
            steps: ["alice", "bob", "carol"].map(step).to_vec(),
        };
        let file = PlanFile::new(None, Timestamp::UNIX_EPOCH, Mode::Audit, vec![account]).unwrap();
        let waits =
            "waits      111122223333 1 change: MAX_CHANGES is 2 per account and run; apply again for what is left\n";
        assert_eq!(text(&file, Some(2)), waits);
        assert_eq!((text(&file, Some(3)), text(&file, None)), (String::new(), String::new()));
    }
}
