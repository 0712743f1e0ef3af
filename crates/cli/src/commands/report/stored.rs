//! The report of what a run has stored.

use std::collections::BTreeSet;
use std::str::FromStr;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use keywheel_aws::S3State;
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, RunId};
use keywheel_engine::ports::RunHistory;
use keywheel_report::Report;
use keywheel_report::model::About;
use keywheel_report::stored::{self, StoredRun};

use crate::aws::AwsArguments;
use crate::config::Configuration;
use crate::exit::{Ended, failed, usage};
use crate::look::LookArguments;
use crate::printer::Printer;

/// How many results are read at the same time.
const READS: usize = 32;

/// Which run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WantedRun {
    Latest,
    Named(RunId),
}

impl FromStr for WantedRun {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "latest" => Ok(Self::Latest),
            id => id.parse().map(Self::Named).map_err(|error: keywheel_core::id::InvalidId| error.to_string()),
        }
    }
}

/// The report of a run, and how the verb ends by what could not be read.
pub(super) async fn report(
    printer: &Printer,
    aws: &AwsArguments,
    look: &LookArguments,
    wanted: &WantedRun,
    now: Timestamp,
) -> anyhow::Result<(Report, Ended)> {
    refuse_looks(look)?;
    let configuration = Configuration::load(aws, &look.config, Vec::new()).await?;
    let hint = "--state-bucket names it; --function keywheel-key-rotation takes it from the deployed function";
    let place =
        configuration.state()?.ok_or_else(|| usage("no state bucket is set, so there are no stored runs", hint))?;
    let policy = configuration.rotation()?.policy;
    let state = S3State::new(&aws.load().await?, place.bucket.as_str(), place.prefix.as_str());
    let run = run_id(&state, wanted).await?;
    let manifest = state.manifest(&run).await?;
    let manifest =
        manifest.ok_or_else(|| failed(format!("there is no run {run}"), "`keywheel status` names the last runs"))?;
    let inventory = state.inventory(&run).await?.filter(|record| record.listed_at.is_none_or(|at| at == manifest.at));
    let mut not_invoked = inventory.map(|record| record.result.accounts.failed).unwrap_or_default();
    let manifest = chosen(manifest, &look.targets.accounts, &run)?;
    let is_chosen = |account: &AccountId| look.targets.accounts.is_empty() || look.targets.accounts.contains(account);
    not_invoked.retain(|failed| is_chosen(&failed.account));
    let answered = state.answered(&run).await?.into_iter().filter(is_chosen).collect();
    let (results, is_whole) = results(printer, &state, &run, answered).await?;
    let about = About { generated: now, policy: Some(&policy), organization: None };
    let report =
        stored::report(&about, StoredRun { manifest: &manifest, not_invoked: &not_invoked, results: &results });
    Ok((report, if is_whole { Ended::Done } else { Ended::Failed }))
}

/// What says where to look says nothing of a run that is stored.
fn refuse_looks(look: &LookArguments) -> anyhow::Result<()> {
    let given = [
        ("--own-account", look.targets.own_account),
        ("--organizational-unit", !look.targets.organizational_units.is_empty()),
        ("--quick", look.quick),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => {
            let what = format!("{flag} is of a look right now, and --run of a run that is over");
            Err(usage(what, "--account chooses among a run's accounts; leave --run out for a look"))
        }
        None => Ok(()),
    }
}

/// The manifest of the accounts that were asked for, or of all.
fn chosen(mut manifest: Manifest, accounts: &[AccountId], run: &RunId) -> anyhow::Result<Manifest> {
    if accounts.is_empty() {
        return Ok(manifest);
    }
    let listed: BTreeSet<_> = manifest
        .accounts
        .iter()
        .map(|one| &one.account)
        .chain(manifest.skipped.iter().map(|one| &one.account))
        .collect();
    if let Some(unknown) = accounts.iter().find(|account| !listed.contains(account)) {
        let hint = "keywheel report --run without --account has every account of the run";
        return Err(usage(format!("run {run} lists no account {unknown}"), hint));
    }
    manifest.accounts.retain(|one| accounts.contains(&one.account));
    manifest.skipped.retain(|one| accounts.contains(&one.account));
    Ok(manifest)
}

async fn run_id(state: &S3State, wanted: &WantedRun) -> anyhow::Result<RunId> {
    match wanted {
        WantedRun::Named(run) => Ok(run.clone()),
        WantedRun::Latest => {
            let hint = "the nightly schedule makes the first one; `keywheel report` without --run looks right now";
            let latest = state.latest().await?.ok_or_else(|| failed("there is no run yet", hint))?;
            Ok(latest.run_id)
        }
    }
}

/// Every result that can be read, and whether that is all of them.
async fn results(
    printer: &Printer,
    state: &S3State,
    run: &RunId,
    answered: BTreeSet<AccountId>,
) -> anyhow::Result<(Vec<AccountResult>, bool)> {
    let progress = printer.progress(answered.len(), "results read");
    let reads = answered.into_iter().map(async |account| {
        let read = state.result(run, &account).await;
        progress.inc(1);
        (account, read)
    });
    let reads: Vec<_> = stream::iter(reads).buffer_unordered(READS).collect().await;
    progress.finish_and_clear();
    let (mut results, mut is_whole) = (Vec::new(), true);
    for (account, read) in reads {
        match read {
            Ok(result) => results.extend(result),
            Err(error) => {
                printer.failure(&format!(
                    "account {account}: its result cannot be read, so it counts as not answered: {error}"
                ));
                is_whole = false;
            }
        }
    }
    Ok((results, is_whole))
}
