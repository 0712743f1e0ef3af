//! Every statement of the roles' policies: what fails without it, or why that cannot be seen here.

/// What is invoked. Each row that works on an account has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invoked {
    /// account-inventory, for one account.
    Inventory,
    /// account-inventory, to account for a run that there never was.
    Finish,
    /// key-rotation, for one account in which everything is due.
    Job,
    /// The same when no ledger is stored yet.
    FirstJob,
    /// The same when an earlier run has asked for notices of which it does not know yet whether they were sent.
    SecondJob,
    /// notification, with a digest that key-rotation made.
    Digest,
}

/// A statement, and what fails without it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The policy's file.
    pub(super) policy: &'static str,
    /// The statement.
    pub(super) sid: &'static str,
    /// What needs it.
    pub(super) invoked: Invoked,
    /// What the error must have.
    pub(super) says: &'static str,
}

const fn row(policy: &'static str, sid: &'static str, invoked: Invoked, says: &'static str) -> Row {
    Row { policy, sid, invoked, says }
}

/// Every statement that the emulator can do without.
pub(super) const ROWS: &[Row] = &[
    row("account-inventory", "AssumesTheOrganizationListRole", Invoked::Inventory, "sts:AssumeRole"),
    row("account-inventory", "InvokesKeyRotationAndItself", Invoked::Inventory, "lambda:InvokeFunction"),
    row("account-inventory", "KeepsRuns", Invoked::Inventory, "s3:PutObject"),
    row("account-inventory", "TellsMissingFromDenied", Invoked::Finish, "s3:GetObject"),
    row("organization-list", "ListsTheOrganization", Invoked::Inventory, "organizations:ListAccounts"),
    row("key-rotation", "AssumesTheMemberRole", Invoked::Job, "sts:AssumeRole"),
    row("key-rotation", "KeepsLedgersAndResults", Invoked::Job, "s3:GetObject"),
    row("key-rotation", "ReadsWhatWasSent", Invoked::SecondJob, "s3:GetObject"),
    row("key-rotation", "TellsMissingFromDenied", Invoked::FirstJob, "s3:GetObject"),
    row("key-rotation", "InvokesNotificationAndItself", Invoked::Job, "lambda:InvokeFunction"),
    row("member", "ListsUsers", Invoked::Job, "iam:GetAccountAuthorizationDetails"),
    // A swept account needs no report, and is swept once in its day at most.
    row("member", "ReadsTheCredentialReport", Invoked::SecondJob, "iam:GenerateCredentialReport"),
    row("member", "LooksAtUsersAndKeys", Invoked::Job, "iam:ListAccessKeys"),
    row("member", "ChangesKeys", Invoked::Job, "iam:CreateAccessKey"),
    row("member", "ReadsTheExemptionGroup", Invoked::Job, "iam:GetGroup"),
    row("member", "KeepsTheUsersSecrets", Invoked::Job, "secretsmanager:DescribeSecret"),
    row("notification", "ReadsTemplates", Invoked::Digest, "s3:GetObject"),
    row("notification", "RecordsWhatWasSent", Invoked::Digest, "s3:GetObject"),
    row("notification", "TellsMissingFromDenied", Invoked::Digest, "s3:GetObject"),
    row("notification", "AsksForTheQuota", Invoked::Digest, "ses:GetAccount"),
    row("notification", "SendsAsOneAddress", Invoked::Digest, "ses:SendEmail"),
];

/// Statements that nothing on the stage needs: the policy, the statement, and why.
#[cfg(test)]
const NOT_NEEDED_HERE: &[(&str, &str, &str)] = &[
    (
        "account-inventory",
        "NotesWhichAccountsLeft",
        "a run that fails at it goes on; the step \"Parameters and stores\" needs it",
    ),
    ("account-inventory", "ReadsLedgersOfAccountsThatLeft", "likewise"),
    ("account-inventory", "PutsAwayAccountsThatLeft", "likewise"),
    ("account-inventory", "ListsHosts", "likewise"),
    ("account-inventory", "ForgetsHosts", "likewise"),
    ("account-inventory", "LooksAtCentralSecrets", "likewise"),
    ("account-inventory", "SchedulesCentralSecrets", "likewise"),
    ("account-inventory", "TakesReplicasAway", "likewise"),
    (
        "key-rotation",
        "KeepsCentralSecrets",
        "secrets are in the users' accounts here; the step \"Parameters and stores\" tries it",
    ),
    ("key-rotation", "ReplicatesCentralSecrets", "there are no replicas here; the same step tries the member role's"),
    ("key-rotation", "TakesReplicasAway", "likewise; the step \"Parameters and stores\" tries it"),
    ("member", "ReplicatesTheUsersSecrets", "likewise; the step \"Parameters and stores\" tries it"),
    (
        "key-rotation",
        "SchedulesCentralSecrets",
        "nobody is gone for a month here; the tests of the engine have such users",
    ),
    ("member", "SchedulesSecretsOfUsersWhoAreGone", "likewise"),
    ("key-rotation", "EncryptsCentralSecrets", "the emulator enforces no key's permissions"),
    (
        "key-rotation",
        "ReadsLists",
        "nobody is in a list here; the steps \"Encrypted delivery\" and \"Parameters and stores\" read them",
    ),
    (
        "key-rotation",
        "ListsHosts",
        "no host acknowledges here; the step \"Hosts and acknowledgements\" needs it, and what fails without it",
    ),
    ("key-rotation", "ReadsAcknowledgements", "likewise"),
    (
        "key-rotation",
        "ForgetsHosts",
        "nobody is gone for a month here; the step \"Parameters and stores\" has such a user",
    ),
    ("member", "DeletesParametersOfUsersWhoAreGone", "likewise; the step \"Parameters and stores\" has one"),
    ("member", "KeepsTheUsersParameters", "nobody gets a parameter here; the step \"Parameters and stores\" tries it"),
    ("notification", "ReadsTheMailersParameter", "the functions send through SES here; the same step tries it"),
    ("notification", "ReadsTheMailersSecret", "likewise"),
    ("key-rotation", "TellsMachines", "the functions have no bus here; the step \"Mail channels\" tries it"),
    ("notification", "TellsTheTopic", "the functions have no topic here; the same step tries it"),
    ("platform", "WritesItsLog", "the emulator writes logs without asking the role"),
    ("platform", "KeepsFailedEvents", "the stage has no queue for failed events"),
    ("platform", "UsesTheKey", "the emulator enforces no key's permissions"),
    (
        "schedule",
        "StartsAccountInventory",
        "the stage has no EventBridge Scheduler: it invokes account-inventory itself",
    ),
    ("schedule", "KeepsFailedStarts", "the same, and no queue"),
    ("schedule", "UsesTheKey", "the same, and no key"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{NOT_NEEDED_HERE, ROWS};
    use crate::policies::sids;

    const POLICIES: [&str; 7] =
        ["account-inventory", "key-rotation", "member", "notification", "organization-list", "platform", "schedule"];

    #[test]
    fn every_statement_of_every_rendered_policy_has_a_row() {
        let installed: BTreeSet<_> = POLICIES
            .iter()
            .flat_map(|policy| sids(policy).unwrap().into_iter().map(|sid| ((*policy).to_owned(), sid)))
            .collect();
        let rows = ROWS.iter().map(|row| (row.policy, row.sid));
        let not_needed = NOT_NEEDED_HERE.iter().map(|(policy, sid, _)| (*policy, *sid));
        let known: BTreeSet<_> =
            rows.chain(not_needed).map(|(policy, sid)| (policy.to_owned(), sid.to_owned())).collect();
        assert_eq!(
            installed, known,
            "ROWS has to say what fails without a statement, or NOT_NEEDED_HERE why nothing does"
        );
    }

    #[test]
    fn whatever_nothing_needs_has_a_reason() {
        assert!(NOT_NEEDED_HERE.iter().all(|(_, _, reason)| !reason.is_empty()));
    }
}
