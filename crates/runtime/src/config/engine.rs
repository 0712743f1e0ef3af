//! What the engine makes of the settings: once, so that whoever looks decides by the same ones as the functions.

use keywheel_engine::account::{Audience, Settings};
use keywheel_engine::inventory::InventorySettings;

use super::{InventoryConfig, RotationConfig};

impl RotationConfig {
    /// What the engine wants to know of every account.
    #[must_use]
    pub fn account_settings(&self) -> Settings {
        Settings {
            policy: self.policy.clone(),
            exemption_group: self.exemption_group.clone(),
            secret_readers: self.secret_readers.clone(),
            audience: Audience {
                owner_tag: self.owner_tag.clone(),
                security_email: self.security_email.clone(),
                email_domains: self.email_domains.clone(),
                encrypted_delivery: self.encrypted_delivery,
            },
        }
    }
}

impl InventoryConfig {
    /// What decides which accounts take part, and how they are invoked.
    #[must_use]
    pub fn inventory_settings(self) -> InventorySettings {
        InventorySettings {
            rotation_function: self.rotation_function,
            include_ous: self.include_ous,
            exclude_ous: self.exclude_ous,
            include_accounts: self.include_accounts,
            exclude_accounts: self.exclude_accounts,
            include_management_account: self.include_management_account,
            rollout_percent: self.rollout_percent,
            fanout_concurrency: self.fanout_concurrency,
        }
    }
}

#[cfg(test)]
mod tests {
    use keywheel_engine::ports::OuId;

    use super::*;

    fn set(name: &str) -> Option<String> {
        let text = match name {
            "STATE_BUCKET" => "keywheel-state",
            "ROTATION_FUNCTION" | "NOTIFICATION_FUNCTION" => "a-function",
            "INCLUDE_OUS" => "ou-abcd-11111111",
            "EXCLUDE_OUS" => "ou-abcd-22222222",
            "INCLUDE_ACCOUNTS" => "111122223333",
            "EXCLUDE_ACCOUNTS" => "222233334444",
            "INCLUDE_MANAGEMENT_ACCOUNT" => "true",
            "ROLLOUT_PERCENT" => "7",
            "FANOUT_CONCURRENCY" => "9",
            "EXEMPTION_GROUP" => "left-alone",
            "SECURITY_EMAIL" => "security@example.com",
            _ => return None,
        };
        Some(text.to_owned())
    }

    #[test]
    fn every_setting_of_an_inventory_arrives() {
        let settings = InventoryConfig::from_lookup(set).unwrap().inventory_settings();
        let expected = InventorySettings {
            rotation_function: "a-function".to_owned(),
            include_ous: [OuId("ou-abcd-11111111".to_owned())].into(),
            exclude_ous: [OuId("ou-abcd-22222222".to_owned())].into(),
            include_accounts: ["111122223333".parse().unwrap()].into(),
            exclude_accounts: ["222233334444".parse().unwrap()].into(),
            include_management_account: true,
            rollout_percent: 7,
            fanout_concurrency: 9,
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn every_setting_of_an_account_arrives() {
        let config = RotationConfig::from_lookup(set).unwrap();
        // Each field differs from its default, so that none can be left out.
        let config = RotationConfig {
            secret_readers: vec!["arn:aws:iam::*:role/reader".to_owned()],
            owner_tag: Some("owner".to_owned()),
            email_domains: vec!["example.com".to_owned()],
            encrypted_delivery: true,
            ..config
        };
        let Settings { policy, exemption_group, secret_readers, audience } = config.account_settings();
        assert_eq!((policy, exemption_group.as_deref()), (config.policy, Some("left-alone")));
        assert_eq!(secret_readers, config.secret_readers);
        let Audience { owner_tag, security_email, email_domains, encrypted_delivery } = audience;
        assert_eq!((owner_tag.as_deref(), security_email.as_deref()), (Some("owner"), Some("security@example.com")));
        assert_eq!((email_domains, encrypted_delivery), (config.email_domains, true));
    }
}
