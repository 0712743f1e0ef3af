//! What the functions' own readers make of the settings.

use keywheel_engine::deployment::MemberRole;
use keywheel_runtime::config::variable::{NOTIFICATION_FUNCTION, ROTATION_FUNCTION, STATE_BUCKET, Variable};
use keywheel_runtime::config::{InvalidConfiguration, StateLocation};
use keywheel_runtime::{InventoryConfig, RotationConfig};

use super::Configuration;
use crate::exit::usage;

/// The role of the Terraform layers.
pub(crate) const USUAL_ROLE: &str = "keywheel-member";

/// Without these a function does not start, and a look does very well. Nothing is ever called by these names.
const STAND_INS: [(&Variable, &str); 3] =
    [(&STATE_BUCKET, "no-state-bucket"), (&NOTIFICATION_FUNCTION, "none"), (&ROTATION_FUNCTION, "none")];

impl Configuration {
    /// What key-rotation makes of the settings; where no bucket or function is set, its place is filled by a name that nothing has.
    pub(crate) fn rotation(&self) -> anyhow::Result<RotationConfig> {
        RotationConfig::from_lookup(|name| self.looked_up(name)).map_err(|error| self.refused(&error))
    }

    /// What account-inventory makes of the settings, filled up likewise.
    pub(crate) fn inventory(&self) -> anyhow::Result<InventoryConfig> {
        InventoryConfig::from_lookup(|name| self.looked_up(name)).map_err(|error| self.refused(&error))
    }

    /// Where ledgers and results live, if that is set.
    pub(crate) fn state(&self) -> anyhow::Result<Option<StateLocation>> {
        Ok(if self.is_set(&STATE_BUCKET) { Some(self.rotation()?.state) } else { None })
    }

    fn looked_up(&self, name: &str) -> Option<String> {
        let setting = self.settings.iter().find(|setting| setting.variable.name == name)?;
        let stand_in = STAND_INS.iter().find(|(variable, _)| variable.name == name).map(|(_, text)| (*text).to_owned());
        setting.value.clone().or(stand_in)
    }

    fn refused(&self, error: &InvalidConfiguration) -> anyhow::Error {
        let problems = error.problems.iter().map(|problem| {
            let setting = self.settings.iter().find(|setting| setting.variable.name == problem.variable);
            setting
                .map_or_else(|| problem.message.clone(), |setting| format!("{} [{}]", problem.message, setting.origin))
        });
        let hint = "docs/configuration.md has all settings; `keywheel config show --origin` says where each comes from";
        usage(problems.collect::<Vec<_>>().join("\n  "), hint)
    }
}

/// The role that is assumed in other accounts.
pub(crate) fn member_role(config: &RotationConfig) -> MemberRole {
    let usual = || MemberRole { name: USUAL_ROLE.to_owned(), external_id: None };
    config.member_role.clone().unwrap_or_else(usual)
}
