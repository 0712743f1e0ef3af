//! From the function's configuration to what the adapters want.

use keywheel_aws::{MemberRole, ParameterOptions, SdkConfig, SecretOptions, SecretStore};
use keywheel_runtime::RotationConfig;

pub(crate) fn member_role(config: &RotationConfig) -> Option<MemberRole> {
    let role = config.member_role.as_ref()?;
    let external_id = role.external_id.as_ref().map(|id| id.as_str().to_owned());
    Some(MemberRole { name: role.name.clone(), external_id })
}

pub(crate) fn secret_options(config: &RotationConfig) -> SecretOptions {
    let (kms_key_id, replica_regions) = (config.secret_kms_key_id.clone(), config.secret_replica_regions.clone());
    SecretOptions { kms_key_id, replica_regions }
}

pub(crate) fn secret_store<'a>(config: &RotationConfig, hub: &'a SdkConfig) -> SecretStore<'a> {
    match config.secret_store {
        keywheel_runtime::SecretStore::Member => SecretStore::Member,
        keywheel_runtime::SecretStore::Central => SecretStore::Central(hub),
        keywheel_runtime::SecretStore::MemberAfterCentral => SecretStore::MemberAfterCentral(hub),
    }
}

pub(crate) fn parameter_options(config: &RotationConfig) -> Option<ParameterOptions> {
    let parameters = config.parameters.clone()?;
    Some(ParameterOptions { prefix: parameters.prefix, kms_key_id: parameters.kms_key_id })
}
