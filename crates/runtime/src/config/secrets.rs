//! Where key-rotation keeps secrets.

use keywheel_core::secret::is_region;
use keywheel_engine::deployment::{SecretOptions, SecretStore};

use super::reader::Reader;
use super::{parse, variable};

/// Names of keys that AWS manages: no other account can be let in.
const MANAGED_BY_AWS: &str = "alias/aws/";

pub(super) fn read(reader: &mut Reader<'_>) -> Option<SecretOptions> {
    let place = store(reader);
    let key = place.as_ref().and_then(|(_, key)| key.as_deref());
    let replica_regions = replica_regions(reader, key);
    let (store, kms_key_id) = place?;
    Some(SecretOptions { store, kms_key_id, replica_regions: replica_regions? })
}

/// The store, and the KMS key of the secrets.
fn store(reader: &mut Reader<'_>) -> Option<(SecretStore, Option<String>)> {
    let stores = [("member", SecretStore::Member), ("central", SecretStore::Central)];
    let store = reader.value(&variable::SECRET_STORE, parse::one_of(&stores));
    let before = reader.optional(&variable::SECRET_STORE_BEFORE, parse::one_of(&[("central", ())]));
    let key = reader.optional(&variable::SECRET_KMS_KEY_ID, parse::kms_key);
    let (store, before, key) = (store?, before?, key?);
    match (store, before, &key) {
        (SecretStore::Central, Some(()), _) => {
            let why = "SECRET_STORE_BEFORE is set and SECRET_STORE is \"central\", which finds what was kept in the accounts without being \
                           told; clear SECRET_STORE_BEFORE";
            reader.problem(&variable::SECRET_STORE_BEFORE, why);
            None
        }
        (SecretStore::Central, None, None) => {
            let why = "SECRET_STORE is \"central\" and SECRET_KMS_KEY_ID is not set: users of other accounts can read only what a customer \
                           managed key encrypts; set it to that key, or SECRET_STORE to \"member\"";
            reader.problem(&variable::SECRET_KMS_KEY_ID, why);
            None
        }
        (SecretStore::Central, None, Some(key)) if key.contains(MANAGED_BY_AWS) => {
            let why = format!(
                "SECRET_STORE is \"central\" and SECRET_KMS_KEY_ID is {key:?}, a key of AWS, which users of other accounts cannot be \
                     let use; name a customer managed key"
            );
            reader.problem(&variable::SECRET_KMS_KEY_ID, &why);
            None
        }
        (_, Some(()), _) => Some((SecretStore::MemberAfterCentral, key)),
        (store, None, _) => Some((store, key)),
    }
}

/// The further Regions of secrets, with this key.
fn replica_regions(reader: &mut Reader<'_>, key: Option<&str>) -> Option<Vec<String>> {
    let regions = reader.optional(&variable::SECRET_REPLICA_REGIONS, parse::list(region))?.unwrap_or_default();
    let is_everywhere = |key: &str| key.starts_with("alias/") || key.starts_with("mrk-");
    match key.filter(|key| !regions.is_empty() && !is_everywhere(key)) {
        None => Some(regions),
        Some(key) => {
            let why = format!(
                "SECRET_REPLICA_REGIONS is set and SECRET_KMS_KEY_ID is {key:?}, which is a key of one Region: name an alias (alias/…) that \
                 exists in each Region, or a multi-Region key (mrk-…)"
            );
            reader.problem(&variable::SECRET_KMS_KEY_ID, &why);
            None
        }
    }
}

fn region(text: &str) -> Result<String, String> {
    if is_region(text) { Ok(text.to_owned()) } else { parse::plain() }
}
