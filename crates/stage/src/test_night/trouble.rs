//! A night in which nearly every account has a trouble of its own: one clear error each, and the rest of the organization is served.

use anyhow::Context;
use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::AccountId;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use serde_json::json;

use super::checks::Checks;
use super::{Place, leaks, set};
use crate::expected::Held;
use crate::functions::KEY_ROTATION;
use crate::night;
use crate::organization::Organization;
use crate::stage::Stage;
use crate::world::World;

/// An account's trouble.
struct Trouble {
    /// The account's name, which says what it is.
    account: &'static str,
    /// What is wrong there.
    plant: Plant,
    /// Words that the account's error must have, besides its id.
    words: &'static [&'static str],
    /// Whether the night is made to look at every user all the same.
    look: Look,
}

/// What is wrong in an account.
enum Plant {
    /// Its ledger is this text; `{account}` stands for its id.
    Ledger(&'static str),
    /// The exemption group is not there.
    NoGroup,
    /// A call fails, always.
    Fault { operation: &'static str, error: &'static str },
}

/// What a night makes of an account in trouble.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Nothing: the account's result is an error.
    Nowhere,
    /// Users are looked at, and every change is held back or fails.
    Everywhere,
}

const TROUBLES: &[Trouble] = &[
    Trouble {
        account: "ledger-unreadable",
        plant: Plant::Ledger("{\"schema_version\": 1, \"account\": \"{acc"),
        words: &["ledger", "cannot be read", "Restore", "nothing was changed"],
        look: Look::Nowhere,
    },
    Trouble {
        account: "ledger-of-a-newer-release",
        plant: Plant::Ledger("{\"schema_version\": 99, \"account\": \"{account}\", \"new_field\": [1]}"),
        words: &["ledger", "99", "newer", "deploy"],
        look: Look::Nowhere,
    },
    Trouble {
        account: "ledger-of-another-account",
        plant: Plant::Ledger(
            "{\"schema_version\": 1, \"account\": \"999999999999\", \"sequence\": 1, \"writer\": \"x\"}",
        ),
        words: &["ledger", "999999999999"],
        look: Look::Nowhere,
    },
    Trouble {
        account: "users-denied",
        plant: Plant::Fault { operation: "iam:GetAccountAuthorizationDetails", error: "AccessDenied" },
        words: &["GetAccountAuthorizationDetails", "AccessDenied"],
        look: Look::Nowhere,
    },
    Trouble {
        account: "users-throttled",
        plant: Plant::Fault { operation: "iam:GetAccountAuthorizationDetails", error: "Throttling" },
        words: &["GetAccountAuthorizationDetails", "Throttling"],
        look: Look::Nowhere,
    },
    Trouble {
        account: "group-missing",
        plant: Plant::NoGroup,
        words: &["key-rotation-exempt", "EXEMPTION_GROUP"],
        look: Look::Everywhere,
    },
    Trouble {
        account: "group-denied",
        plant: Plant::Fault { operation: "iam:GetGroup", error: "AccessDenied" },
        words: &["key-rotation-exempt", "iam:GetGroup"],
        look: Look::Everywhere,
    },
    Trouble {
        account: "keys-denied",
        plant: Plant::Fault { operation: "iam:ListAccessKeys", error: "AccessDenied" },
        words: &["ListAccessKeys", "AccessDenied"],
        look: Look::Everywhere,
    },
    Trouble {
        account: "secrets-denied",
        plant: Plant::Fault { operation: "secretsmanager:*", error: "AccessDeniedException" },
        words: &["AccessDenied"],
        look: Look::Everywhere,
    },
];

/// Runs that night.
pub(super) async fn check(place: &Place, checks: &mut Checks) -> anyhow::Result<()> {
    let organization = Organization::trouble()?;
    let stage = set(organization, place, &place.out.join("emulator-trouble.log")).await?;
    // A retry after the faults have ended would serve the account.
    stage.functions.set_retries(KEY_ROTATION, 0).await?;
    let before = stage.world().await?;
    for trouble in TROUBLES {
        trouble.plant(&stage).await?;
    }
    let ledgers = stage.state.values("ledger/").await?;
    let before = World { ledgers, ..before };
    for (account, operation, _) in FAILING_CHANGES {
        fault(&stage, account, operation, "AccessDenied").await?;
    }
    fault(&stage, LAST_USE_DENIED, "iam:GetAccessKeyLastUsed", "AccessDenied").await?;
    let night = night::run(&stage, &night::scheduler_event(), &mut |_| {}).await?;
    stage.admin.clear_faults().await?;
    let after = stage.world().await?;
    let held = Held { stage: &stage, night: &night, before: &before, after: &after };
    checks.none("a night with troubled accounts accounts for all of them", held.accounts());
    for trouble in TROUBLES {
        let account = &stage.account(trouble.account)?.id;
        let result = night.results.get(account).with_context(|| format!("{} has no result", trouble.account))?;
        let name = |what: &str| format!("{}: {what}", trouble.account);
        checks.none(&name("one clear error, with what is wrong and the way out"), trouble.wrong(account, result));
        checks.none(&name("nothing is changed"), trouble.changes(&before.part(account), after.part(account)));
    }
    last_use_denied(&held, checks)?;
    for (account, operation, user) in FAILING_CHANGES {
        failing_change(&held, account, operation, user, checks)?;
    }
    let healthy =
        stage.seeded.users.iter().filter(|user| stage.account("healthy").is_ok_and(|one| one.id == user.account));
    checks.none(
        "the healthy account is served as if nothing were wrong",
        healthy.flat_map(|user| held.user(user)).collect(),
    );
    leaks::check(&stage, &place.out, checks).await
}

impl Trouble {
    async fn plant(&self, stage: &Stage) -> anyhow::Result<()> {
        let account = stage.account(self.account)?;
        match self.plant {
            Plant::Ledger(text) => {
                let text = text.replace("{account}", account.id.as_str());
                stage.state.put_text(&format!("ledger/{}.json", account.id), text.into_bytes()).await
            }
            Plant::NoGroup => {
                let iam = aws_sdk_iam::Client::new(&stage.clients.root_of(&account.id));
                let group = &stage.organization.exemption_group;
                iam.remove_user_from_group().group_name(group).user_name("left-alone").send().await?;
                iam.delete_group().group_name(group).send().await?;
                Ok(())
            }
            Plant::Fault { operation, error } => fault(stage, self.account, operation, error).await,
        }
    }

    /// What was changed. Where users are looked at, the owners of unused keys are told, and the ledger remembers that.
    fn changes(&self, before: &World, mut after: World) -> Vec<String> {
        if self.look == Look::Everywhere {
            after.ledgers.clone_from(&before.ledgers);
            after.notices.clone_from(&before.notices);
        }
        after.differences(before)
    }

    fn wrong(&self, account: &AccountId, result: &AccountResult) -> Vec<String> {
        let mut wrong = Vec::new();
        let step_errors = result.steps.iter().filter_map(|step| step.error.as_deref());
        let error = result.error.as_deref().unwrap_or_default();
        let says = |word: &&&str| error.contains(**word) || step_errors.clone().any(|error| error.contains(**word));
        let missing: Vec<_> = self.words.iter().filter(|word| !says(word)).collect();
        if !missing.is_empty() {
            wrong.push(format!("nothing says {missing:?}: {result:?}"));
        }
        if self.look == Look::Nowhere && !error.contains(account.as_str()) {
            wrong.push(format!("the account is not named: {error:?}"));
        }
        if self.look == Look::Nowhere && (result.complete || !result.steps.is_empty()) {
            wrong.push(format!("it is complete or has steps: {result:?}"));
        }
        wrong
    }
}

async fn fault(stage: &Stage, account: &str, operation: &str, error: &str) -> anyhow::Result<()> {
    let account = &stage.account(account)?.id;
    let fault = json!({ "operation": operation, "account": account, "error": error, "status": 403, "times": -1 });
    stage.admin.add_fault(fault).await
}

/// Accounts in which one changing call fails, always, and the user whom that concerns.
const FAILING_CHANGES: [(&str, &str, &str); 4] = [
    ("creation-denied", "iam:CreateAccessKey", "expiring"),
    ("storing-denied", "secretsmanager:PutSecretValue", "expiring"),
    ("status-denied", "iam:UpdateAccessKey", "replaced"),
    ("deletion-denied", "iam:DeleteAccessKey", "leaving"),
];

const LAST_USE_DENIED: &str = "last-use-denied";

/// A last use that nobody knows counts as use: nothing is made inactive, retired or deleted. A replacement can be made all the same.
fn last_use_denied(held: &Held<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = held.stage.account(LAST_USE_DENIED)?;
    let result = held.night.results.get(&account.id).context("no result")?;
    let hasty = [StepKind::Deactivate, StepKind::Delete, StepKind::Retire];
    let hasty = result.steps.iter().filter(|step| hasty.contains(&step.step)).map(|step| format!("{step:?}"));
    checks.none("a last use that cannot be looked up counts as use", hasty.collect());
    let mut steps = result.steps.iter().filter(|step| step.user.as_str() == "replaced");
    let says = steps.any(|step| step.step == StepKind::Hold && step.reason == Reason::LastUsedUnknown);
    checks.holds("the hold says that the last use is not known", says, || format!("{:?}", result.steps));
    let expiring =
        held.stage.seeded.users.iter().find(|user| user.account == account.id && user.name.as_str() == "expiring");
    checks.none("a replacement is made all the same", expiring.map(|user| held.user(user)).unwrap_or_default());
    Ok(())
}

/// One user's failure stops that user alone; the user keeps the keys from before, and no key is lost.
fn failing_change(
    held: &Held<'_>,
    account: &str,
    operation: &str,
    user: &str,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let id = &held.stage.account(account)?.id;
    let result = held.night.results.get(id).context("no result")?;
    let action = operation.rsplit(':').next().unwrap_or_default();
    let failed = |step: &&StepResult| step.status == StepStatus::Failed;
    let names_call = |step: &StepResult| {
        step.user.as_str() == user && step.error.as_ref().is_some_and(|error| error.contains(action))
    };
    let says = result.steps.iter().filter(failed).all(names_call) && result.steps.iter().any(|step| failed(&step));
    checks
        .holds(&format!("{account}: the user's step fails and names the call"), says, || format!("{:?}", result.steps));
    let place = (id.clone(), user.parse()?);
    let (before, after) = (held.before.keys.get(&place), held.after.keys.get(&place));
    checks.holds(&format!("{account}: the user has the keys from before"), before == after, || format!("{after:?}"));
    let others = held.stage.seeded.users.iter().filter(|one| one.account == *id && one.name.as_str() != user);
    let wrong = others.flat_map(|user| held.user(user)).collect();
    checks.none(&format!("{account}: the account's other users are served"), wrong);
    Ok(())
}
