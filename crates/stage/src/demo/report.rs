//! What was done to which key and why, account by account; then the run's totals, the secrets and the mails.
#![expect(clippy::print_stdout, reason = "the demo's output is what it is for")]

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::contract::result::{AccountResult, StepResult};
use keywheel_core::id::AccountId;

use crate::expected::Held;
use crate::organization::Account;
use crate::terminal::{column, plain};

/// Of steps that are alike so many are shown, and the rest counted.
const ALIKE_SHOWN: usize = 3;
const MAILS_SHOWN: usize = 12;
const SECRETS_SHOWN: usize = 12;

/// Prints the whole report.
pub(super) fn print(held: &Held<'_>) {
    for account in &held.stage.organization.accounts {
        print_account(held, account);
    }
    print_management_account(held);
    print_totals(held);
    print_secrets(held);
    print_mails(held);
}

fn print_account(held: &Held<'_>, account: &Account) {
    let title = format!("{} ({}, {})", account.name, account.id, account.unit);
    println!("\n{}", plain(&title));
    match held.night.results.get(&account.id) {
        Some(result) => print_result(result),
        None => print_left_out(held, &account.id),
    }
}

/// The management account is in no unit of the demo's file, and is listed all the same.
fn print_management_account(held: &Held<'_>) {
    let management = &held.stage.organization.management;
    println!("\nmanagement account ({management})");
    print_left_out(held, management);
}

fn print_left_out(held: &Held<'_>, account: &AccountId) {
    let skipped = held.night.inventory.accounts.skipped.iter().find(|skipped| skipped.account == *account);
    let reason = skipped.and_then(|skipped| serde_json::to_value(skipped.reason).ok());
    let reason = reason.as_ref().and_then(|reason| reason.as_str()).unwrap_or("no result");
    println!("  left out: {reason}");
}

fn print_result(result: &AccountResult) {
    println!("  {} users, {} keys{}", result.users, result.keys, if result.complete { "" } else { ", INCOMPLETE" });
    if let Some(error) = &result.error {
        println!("  {}", plain(error));
    }
    let mut groups: BTreeMap<_, Vec<&StepResult>> = BTreeMap::new();
    for step in &result.steps {
        groups.entry((step.step, step.reason, step.status)).or_default().push(step);
    }
    for steps in groups.values() {
        // One more is shown in the place of the line that would count it.
        let shown = if steps.len() == ALIKE_SHOWN + 1 { steps.len() } else { ALIKE_SHOWN };
        steps.iter().take(shown).for_each(|step| print_step(step));
        if steps.len() > shown {
            println!("  … and {} more users: {} {}", steps.len() - shown, steps[0].step.as_str(), steps[0].reason);
        }
    }
}

fn print_step(step: &StepResult) {
    let key = step.access_key_id.as_ref().map(keywheel_core::id::AccessKeyId::shortened).unwrap_or_default();
    let due = step.due.map(|due| due.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    println!(
        "  {} {} {} {} {} {due}{}",
        column(step.user.as_str(), 22),
        column(&key, 10),
        column(step.step.as_str(), 10),
        column(step.reason.code(), 22),
        column(step.status.as_str(), 8),
        step.error.as_ref().map(|error| format!("\n    {}", plain(error))).unwrap_or_default()
    );
}

fn print_totals(held: &Held<'_>) {
    let accounts = &held.night.inventory.accounts;
    println!("\nThe run {}", held.night.inventory.run_id);
    println!(
        "  accounts: {} listed = {} invoked + {} skipped + {} failed",
        accounts.listed,
        accounts.invoked,
        accounts.skipped.len(),
        accounts.failed.len()
    );
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, count) in held.night.results.values().flat_map(|result| &result.counts) {
        *counts.entry(name).or_default() += count;
    }
    let counts: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    println!("  steps: {}", counts.join(", "));
}

fn print_secrets(held: &Held<'_>) {
    let made: Vec<_> =
        held.after.secrets.iter().filter(|(place, _)| !held.before.secrets.contains_key(*place)).collect();
    println!("\nSecrets made: {}", made.len());
    for ((_, name), secret) in made.iter().take(SECRETS_SHOWN) {
        let labels: BTreeSet<_> = secret.versions.values().flatten().map(String::as_str).collect();
        let labels: Vec<_> = labels.into_iter().collect();
        println!("  {} {}", column(name, 62), labels.join(" and "));
    }
    print_rest(made.len(), SECRETS_SHOWN);
}

fn print_mails(held: &Held<'_>) {
    let mails = &held.night.mails;
    println!("\nMails sent: {}", mails.len());
    for mail in mails.iter().take(MAILS_SHOWN) {
        println!("  {} {}", column(&mail.to.join(", "), 30), plain(mail.subject()));
    }
    print_rest(mails.len(), MAILS_SHOWN);
}

fn print_rest(count: usize, shown: usize) {
    if count > shown {
        println!("  … and {} more", count - shown);
    }
}
