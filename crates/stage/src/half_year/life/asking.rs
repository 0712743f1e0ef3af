//! Explicit actions.

use anyhow::Context;
use keywheel_core::contract::action::{ActionKind, ExplicitAction};

use super::Life;
use crate::functions::KEY_ROTATION;
use crate::half_year::night;
use crate::half_year::people::OTHERS;

impl Life<'_> {
    /// Somebody asks key-rotation for one thing.
    pub(super) async fn ask(&mut self) -> anyhow::Result<()> {
        if self.random.u32(..4) != 0 {
            return Ok(());
        }
        let served = self.served();
        let account = served[self.random.usize(..served.len())].clone();
        let kinds = [ActionKind::Create, ActionKind::Deactivate, ActionKind::Delete, ActionKind::Rollback];
        let Some(action) = self.random.choice(kinds) else { return Ok(()) };
        let known = self.stage.organization.account(&account).context("no such account")?;
        let overrides = action.liftable().iter().copied().filter(|_| self.random.bool()).collect();
        let asked = ExplicitAction {
            action,
            username: OTHERS[self.random.usize(..OTHERS.len())].parse()?,
            account: Some(account.clone()),
            name: known.name.clone(),
            email: known.email.clone(),
            access_key_id: None,
            replace: false,
            reviewed: [].into(),
            overrides,
            run_id: None,
            mode: None,
        };
        self.begin(&account, true, Some(asked.clone())).await?;
        self.stage.admin.take_calls().await?;
        self.stage.functions.invoke(KEY_ROTATION, &serde_json::to_value(&asked)?).await?;
        let calls = night::settle(self.stage, 1).await?;
        self.note(&calls)?;
        self.mails(&calls).await?;
        let seen = self.stage.admin.take_calls().await?;
        self.end(&account, &seen, true).await?;
        self.count("explicit actions", 1);
        Ok(())
    }
}
