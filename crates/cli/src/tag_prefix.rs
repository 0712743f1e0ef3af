//! The prefix of the tags that the deployed key-rotation reads: a tag with another one says nothing to it.

use keywheel_runtime::config::variable::{NOTIFICATION_FUNCTION, TAG_PREFIX};

use crate::calls::function_variables;
use crate::config::Configuration;
use crate::deployment::RotationArguments;
use crate::exit::usage;
use crate::session::Hub;

/// The prefix of the settings, where they have one, or else that of the function.
///
/// # Errors
/// When neither says it: a guess would write tags that nobody reads.
pub(crate) async fn deployed(
    hub: &Hub,
    configuration: &Configuration,
    rotation: &RotationArguments,
) -> anyhow::Result<String> {
    let of_settings = configuration.rotation()?.policy.tag_prefix;
    // A key-rotation whose settings were taken goes by the default where it has none of its own.
    if configuration.is_set(&TAG_PREFIX) || configuration.function_with(&NOTIFICATION_FUNCTION).is_some() {
        return Ok(of_settings);
    }
    let function = rotation.function(hub, configuration).await?;
    match function_variables(&hub.config, &function.name).await {
        Ok(mut variables) => {
            Ok(variables.remove(TAG_PREFIX.name).filter(|prefix| !prefix.is_empty()).unwrap_or(of_settings))
        }
        Err(error) => {
            let what = format!("with which prefix key-rotation reads tags is not known: {error:#}");
            let hint = format!(
                "give --set TAG_PREFIX={of_settings} where it has the usual one, or --key-rotation or --function with the function's name; \
                 keywheel.toml keeps them"
            );
            Err(usage(what, hint))
        }
    }
}
