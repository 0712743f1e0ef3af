//! Environments with what must be set, and how they were refused.

use std::collections::BTreeMap;

use keywheel_runtime::{InvalidConfiguration, InventoryConfig, NotificationConfig, RotationConfig};

type Environment = BTreeMap<&'static str, &'static str>;

fn lookup(environment: &Environment) -> impl Fn(&str) -> Option<String> + '_ {
    |name| environment.get(name).map(|value| (*value).to_owned())
}

pub(crate) fn inventory(settings: &[(&'static str, &'static str)]) -> Result<InventoryConfig, InvalidConfiguration> {
    let mut environment =
        Environment::from([("ROTATION_FUNCTION", "key-rotation"), ("STATE_BUCKET", "keywheel-state")]);
    environment.extend(settings.iter().copied());
    InventoryConfig::from_lookup(lookup(&environment))
}

pub(crate) fn rotation(settings: &[(&'static str, &'static str)]) -> Result<RotationConfig, InvalidConfiguration> {
    let mut environment =
        Environment::from([("NOTIFICATION_FUNCTION", "notification"), ("STATE_BUCKET", "keywheel-state")]);
    environment.extend(settings.iter().copied());
    RotationConfig::from_lookup(lookup(&environment))
}

pub(crate) fn notification(
    settings: &[(&'static str, &'static str)],
) -> Result<NotificationConfig, InvalidConfiguration> {
    let mut environment = Environment::from([
        ("TEMPLATE_BUCKET", "keywheel-templates"),
        ("SENDER_EMAIL", "keywheel@example.com"),
        ("STATE_BUCKET", "keywheel-state"),
    ]);
    environment.extend(settings.iter().copied());
    NotificationConfig::from_lookup(lookup(&environment))
}

/// The variables that a configuration was refused for, in order.
pub(crate) fn refused<T: std::fmt::Debug>(read: Result<T, InvalidConfiguration>) -> Vec<&'static str> {
    read.expect_err("the configuration should be refused").problems.iter().map(|problem| problem.variable).collect()
}

pub(crate) fn message<T: std::fmt::Debug>(read: Result<T, InvalidConfiguration>) -> String {
    read.expect_err("the configuration should be refused").to_string()
}
