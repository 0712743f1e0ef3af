//! One night of many: account-inventory is invoked as the scheduler does, and waited for until every account has its result.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use keywheel_core::contract::manifest::InventoryResult;
use keywheel_core::contract::result::AccountResult;

use crate::functions::ACCOUNT_INVENTORY;
use crate::night::{results, scheduler_event};
use crate::stage::Stage;

/// The longest that anything of a night may take here.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
pub(super) const POLL: Duration = Duration::from_millis(50);

/// Runs a night: the result of every account. Its mails may still be on their way.
///
/// # Errors
/// When account-inventory fails, or an account has no result in time.
pub(super) async fn run(stage: &Stage) -> anyhow::Result<Vec<AccountResult>> {
    let answer = stage.functions.invoke(ACCOUNT_INVENTORY, &scheduler_event()).await?;
    if answer.failed {
        bail!("account-inventory failed: {}", answer.payload);
    }
    let inventory: InventoryResult = serde_json::from_value(answer.payload).context("account-inventory's result")?;
    let began = Instant::now();
    loop {
        let results = results(stage, &inventory.run_id).await?;
        if results.len() == inventory.accounts.invoked {
            return Ok(results.into_values().collect());
        }
        if began.elapsed() > PATIENCE {
            let (there, all) = (results.len(), inventory.accounts.invoked);
            bail!("{there} of {all} accounts have a result after {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}
