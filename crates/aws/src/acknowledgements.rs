//! The bucket in which hosts acknowledge.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::Object;
use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::{MAX_BYTES, MAX_HOSTS, Place};
use keywheel_core::id::{AccountId, UserName};
use keywheel_engine::ports::{Acknowledgements, PortError, Written};

use crate::error::{bad_answer, code};
use crate::listing::{LIST, Listing};
use crate::state::{object_error, remove, remove_below, remove_some, s3_client};

const GET: &str = "s3:GetObject";

/// So many pages of a thousand are read of one user, who could write any number of anything.
const MAX_PAGES: usize = 10;

/// What hosts acknowledge, where they do.
#[derive(Clone, Debug)]
pub struct AwsAcknowledgements {
    client: Client,
    bucket: Option<String>,
}

impl AwsAcknowledgements {
    /// The credentials are those of the function, not of an assumed role. Without a bucket hosts do not acknowledge, and no call is made.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: Option<String>) -> Self {
        Self { client: s3_client(config), bucket }
    }

    /// Takes a host's acknowledgement away, so that the host is forgotten. For the command line, with its caller's own permissions.
    ///
    /// # Errors
    /// When S3 refuses.
    pub async fn forget(&self, place: &Place) -> Result<(), PortError> {
        let Some(bucket) = &self.bucket else { return Ok(()) };
        remove(&self.client, bucket, &place.key()).await
    }

    /// Takes away what hosts of an account that left the organization acknowledged.
    pub(crate) async fn forget_account(&self, account: &AccountId) -> Result<(), PortError> {
        let Some(bucket) = &self.bucket else { return Ok(()) };
        remove_below(&self.client, bucket, &Place::prefix_of_account(account), |_| true).await
    }
}

impl Acknowledgements for AwsAcknowledgements {
    async fn places(&self, account: &AccountId, user: &UserName, since: Timestamp) -> Result<Vec<Written>, PortError> {
        let Some(bucket) = &self.bucket else { return Ok(Vec::new()) };
        let prefix = Place::prefix(account, user);
        let mut listing = Listing::of(&self.client, bucket, &prefix).at_most(MAX_PAGES, "");
        let mut places = Vec::new();
        while places.len() <= MAX_HOSTS
            && let Some(page) = listing.next().await?
        {
            for object in page.contents.into_iter().flatten() {
                places.extend(written(&object)?.filter(|written| written.at > since));
            }
        }
        Ok(places)
    }

    async fn read(&self, place: &Place) -> Result<Option<Vec<u8>>, PortError> {
        let Some(bucket) = &self.bucket else { return Ok(None) };
        let key = place.key();
        // One byte more than it may have tells that it has too many.
        let range = format!("bytes=0-{MAX_BYTES}");
        let answer = match self.client.get_object().bucket(bucket).key(&key).range(range).send().await {
            Ok(answer) => answer,
            Err(error) if code(&error) == Some("NoSuchKey") => return Ok(None),
            // Nothing is in it.
            Err(error) if code(&error) == Some("InvalidRange") => return Ok(Some(Vec::new())),
            Err(error) => return Err(object_error(GET, bucket, &key, &error)),
        };
        let body = answer.body.collect().await;
        let body = body.map_err(|_| bad_answer(GET, format_args!("s3://{bucket}/{key} broke off")))?;
        Ok(Some(body.to_vec()))
    }

    async fn forget_some(
        &self,
        account: &AccountId,
        user: &UserName,
        after: Option<&str>,
    ) -> Result<Option<String>, PortError> {
        let Some(bucket) = &self.bucket else { return Ok(None) };
        let prefix = Place::prefix(account, user);
        remove_some(&self.client, bucket, &prefix, after, |key| Place::parse(key).is_some()).await
    }
}

/// Where and when an object was written; none where no host acknowledges there.
fn written(object: &Object) -> Result<Option<Written>, PortError> {
    let Some(place) = object.key.as_deref().and_then(Place::parse) else { return Ok(None) };
    let at = object.last_modified.and_then(|at| Timestamp::from_second(at.secs()).ok());
    let missing = || bad_answer(LIST, format_args!("{} without the time at which it was written", place.key()));
    let at = at.ok_or_else(missing)?;
    Ok(Some(Written { place, at }))
}

#[cfg(test)]
mod tests;
