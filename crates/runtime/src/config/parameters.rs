//! What key-rotation is told of users' parameters.

use keywheel_core::contract::parameters::is_parameter_name;
use keywheel_engine::deployment::ParameterOptions;

use super::reader::Reader;
use super::{parse, variable};

#[allow(clippy::option_option, reason = "the outer option is the reader's: none means that a problem was noted")]
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Option<ParameterOptions>> {
    let prefix = reader.optional(&variable::PARAMETER_PREFIX, prefix);
    let kms_key_id = reader.optional(&variable::PARAMETER_KMS_KEY_ID, parse::kms_key);
    if !reader.is_set(&variable::PARAMETER_PREFIX) && reader.is_set(&variable::PARAMETER_KMS_KEY_ID) {
        let why = "PARAMETER_KMS_KEY_ID is set and PARAMETER_PREFIX is not, so there are no parameters to encrypt; set both or neither";
        reader.problem(&variable::PARAMETER_KMS_KEY_ID, why);
        return None;
    }
    let kms_key_id = kms_key_id?;
    Some(prefix?.map(|prefix| ParameterOptions { prefix, kms_key_id }))
}

/// Account and user follow: two more of the 15 levels that a name may have (PutParameter, `Name`).
fn prefix(text: &str) -> Result<String, String> {
    let longest = format!("{text}111122223333/user");
    let valid = text.starts_with('/') && text.ends_with('/') && text.len() <= 256 && is_parameter_name(&longest);
    if valid { Ok(text.to_owned()) } else { parse::plain() }
}
