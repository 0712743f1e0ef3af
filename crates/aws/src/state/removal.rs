use aws_sdk_s3::Client;
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use keywheel_engine::ports::PortError;

use super::failure::object_error;
use crate::listing::{LIST, Listing};

const DELETE: &str = "s3:DeleteObject";

/// How many objects are deleted at a time.
const AT_ONCE: usize = 8;

/// Deletes one object; fine when there is none. In a bucket that keeps versions it can be had back.
pub(crate) async fn remove(client: &Client, bucket: &str, key: &str) -> Result<(), PortError> {
    let gone = client.delete_object().bucket(bucket).key(key).send().await;
    gone.map(drop).map_err(|error| object_error(DELETE, bucket, key, &error))
}

/// So many pages are listed at a time, of up to a thousand objects each.
const MAX_PAGES: usize = 20;

/// Deletes those objects below a prefix that are meant, page by page.
///
/// # Errors
/// When S3 refuses, or has more than so many pages: what was listed is deleted all the same.
pub(crate) async fn remove_below(
    client: &Client,
    bucket: &str,
    prefix: &str,
    is_meant: impl Fn(&str) -> bool,
) -> Result<(), PortError> {
    let mut listing = Listing::of(client, bucket, prefix).at_most(MAX_PAGES, "; the rest waits");
    while let Some(page) = listing.next().await? {
        let keys = page.contents.into_iter().flatten().filter_map(|object| object.key);
        let keys: Vec<_> = keys.filter(|key| key.starts_with(prefix) && is_meant(key)).collect();
        let gone = stream::iter(keys).map(|key| async move { remove(client, bucket, &key).await });
        gone.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    }
    Ok(())
}

/// How many objects are listed, and deleted side by side, by one call of [`remove_some`].
const SOME: i32 = 16;

/// Deletes those of a few objects below a prefix, behind `after`, that are meant: no longer than two calls take. Answers behind which object the next
/// call goes on; none when there are no more.
///
/// # Errors
/// When S3 refuses.
pub(crate) async fn remove_some(
    client: &Client,
    bucket: &str,
    prefix: &str,
    after: Option<&str>,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Option<String>, PortError> {
    let request = client.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(SOME);
    let page = request.set_start_after(after.map(str::to_owned)).send().await;
    let page = page.map_err(|error| object_error(LIST, bucket, prefix, &error))?;
    let listed = page.contents.into_iter().flatten().filter_map(|object| object.key);
    let keys: Vec<_> = listed.filter(|key| key.starts_with(prefix)).collect();
    let last = keys.last().filter(|_| page.is_truncated == Some(true)).cloned();
    let gone = keys.iter().filter(|key| is_meant(key)).map(|key| remove(client, bucket, key));
    try_join_all(gone).await?;
    // A list that does not go on would never end.
    Ok(last.filter(|last| after.is_none_or(|after| last.as_str() > after)))
}
