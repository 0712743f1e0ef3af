//! What the functions' own readers make of the settings.

use keywheel_aws::{MemberRole, ParameterOptions, SdkConfig, SecretOptions, SecretStore};
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
    let role = config.member_role.as_ref();
    let external_id = role.and_then(|role| role.external_id.as_ref()).map(|id| id.as_str().to_owned());
    let name = role.map_or_else(|| USUAL_ROLE.to_owned(), |role| role.name.clone());
    MemberRole { name, external_id }
}

/// Which users get a parameter, where any do.
pub(crate) fn parameter_options(config: &RotationConfig) -> Option<ParameterOptions> {
    let parameters = config.parameters.clone()?;
    Some(ParameterOptions { prefix: parameters.prefix, kms_key_id: parameters.kms_key_id })
}

/// How secrets are kept.
pub(crate) fn secret_options(config: &RotationConfig) -> SecretOptions {
    let (kms_key_id, replica_regions) = (config.secret_kms_key_id.clone(), config.secret_replica_regions.clone());
    SecretOptions { kms_key_id, replica_regions }
}

/// Where secrets are kept, as seen from the deployment's own account.
pub(crate) fn secret_store<'a>(config: &RotationConfig, hub: &'a SdkConfig) -> SecretStore<'a> {
    match config.secret_store {
        keywheel_runtime::SecretStore::Member => SecretStore::Member,
        keywheel_runtime::SecretStore::Central => SecretStore::Central(hub),
        keywheel_runtime::SecretStore::MemberAfterCentral => SecretStore::MemberAfterCentral(hub),
    }
}
