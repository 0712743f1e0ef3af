//! The deployed account-inventory, where key-rotation alone was named: which accounts take part is among its settings.

use std::collections::HashMap;

use keywheel_runtime::config::variable::{NOTIFICATION_FUNCTION, ROTATION_FUNCTION};

use crate::aws::AwsArguments;
use crate::calls::function_variables;

/// What the functions are called in every name that the layers and the examples make.
const ROTATION: &str = "key-rotation";
const INVENTORY: &str = "account-inventory";

/// A deployed function's name and its environment.
pub(super) type Deployed = (String, HashMap<String, String>);

/// Looks for the account-inventory of the functions that were named, where it is not among them: it has key-rotation's own name, but for
/// what the function is. `Err` says why it is not known which accounts a night leaves out.
pub(super) async fn find(aws: &AwsArguments, deployed: &[Deployed]) -> Result<Option<Deployed>, String> {
    let has = |name: &str| deployed.iter().find(|(_, variables)| variables.contains_key(name));
    let Some((rotation, _)) = has(NOTIFICATION_FUNCTION.name).filter(|_| has(ROTATION_FUNCTION.name).is_none()) else {
        return Ok(None);
    };
    let name = name_beside(rotation).ok_or_else(|| format!("the name of function {rotation} leads to none"))?;
    let config = aws.load().await.map_err(|error| error.to_string())?;
    let variables = function_variables(&config, &name).await.map_err(|error| error.to_string())?;
    match variables.get(ROTATION_FUNCTION.name) {
        Some(starts) if is_same(starts, rotation) => Ok(Some((name, variables))),
        Some(starts) => Err(format!("function {name} starts {starts}, and not {rotation}")),
        None => Err(format!("function {name} has no {}", ROTATION_FUNCTION.name)),
    }
}

fn name_beside(rotation: &str) -> Option<String> {
    let (before, after) = rotation.rsplit_once(ROTATION)?;
    Some(format!("{before}{INVENTORY}{after}"))
}

/// Whether two names or ARNs are of the same function.
fn is_same(one: &str, other: &str) -> bool {
    // A version or an alias comes after the name, and its ARN before.
    let name =
        |text: &str| text.split_once(":function:").map_or(text, |(_, rest)| rest).split(':').next().map(str::to_owned);
    name(one) == name(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_beside_is_the_same_but_for_what_the_function_is() {
        let beside = |name: &str| name_beside(name);
        assert_eq!(beside("keywheel-key-rotation").as_deref(), Some("keywheel-account-inventory"));
        let arn = "arn:aws:lambda:eu-central-1:111122223333:function:key-rotation";
        let other = "arn:aws:lambda:eu-central-1:111122223333:function:account-inventory";
        assert_eq!(beside(arn).as_deref(), Some(other));
        assert_eq!(beside("rotator"), None);
    }

    #[test]
    fn a_function_is_the_same_by_name_and_by_arn() {
        let arn = "arn:aws:lambda:eu-central-1:111122223333:function:key-rotation";
        assert!(is_same(arn, "key-rotation") && is_same("key-rotation:live", arn) && is_same(arn, arn));
        assert!(!is_same(arn, "key-rotation-2"));
    }
}
