//! From the function's configuration to what the engine and the adapters want.

use keywheel_aws::{MemberRole, SecretOptions};
use keywheel_engine::account::{Audience, Settings};
use keywheel_runtime::RotationConfig;

pub(crate) fn settings(config: &RotationConfig) -> Settings {
    Settings {
        policy: config.policy.clone(),
        exemption_group: config.exemption_group.clone(),
        secret_readers: config.secret_readers.clone(),
        audience: Audience {
            owner_tag: config.owner_tag.clone(),
            security_email: config.security_email.clone(),
            email_domains: config.email_domains.clone(),
            encrypted_delivery: config.encrypted_delivery,
        },
    }
}

pub(crate) fn member_role(config: &RotationConfig) -> Option<MemberRole> {
    let role = config.member_role.as_ref()?;
    let external_id = role.external_id.as_ref().map(|id| id.as_str().to_owned());
    Some(MemberRole { name: role.name.clone(), external_id })
}

pub(crate) fn secret_options(config: &RotationConfig) -> SecretOptions {
    SecretOptions { kms_key_id: config.secret_kms_key_id.clone(), replica_regions: Vec::new() }
}
