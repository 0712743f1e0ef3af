//! The templates of the mails, as notification would take them.

use keywheel_aws::S3Templates;
use keywheel_mail::lint;
use keywheel_runtime::config::variable::{TEMPLATE_BUCKET, TEMPLATE_PREFIX};

use super::finding::{Finding, Verdict};
use super::ground::Ground;
use crate::place::read_bucket;

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    vec![templates(ground).await.of("templates", "mails")]
}

async fn templates(ground: &Ground) -> Verdict {
    let Some(notification) = ground.notification.deployed() else {
        return Verdict::not_checked("notification was not found", "see the functions");
    };
    let (bucket, prefix) = (notification.value(&TEMPLATE_BUCKET), notification.value(&TEMPLATE_PREFIX));
    let (Some(bucket), Some(prefix)) = (bucket, prefix) else {
        return Verdict::fail("TEMPLATE_BUCKET is not set", "see the settings of notification");
    };
    let place = format!("s3://{bucket}/{prefix}");
    let files = match read_bucket(&S3Templates::new(&ground.hub.config, bucket, prefix)).await {
        Ok(files) => files,
        Err(error) => {
            let to_do = "allow s3:ListBucket and s3:GetObject there to whoever runs this, or correct TEMPLATE_BUCKET";
            return Verdict::not_checked(format!("{place}: {error:#}"), to_do);
        }
    };
    if lint::present(&files).is_empty() {
        return Verdict::ok(format!("{place} has none: mails are made from those in the function"));
    }
    let findings = lint::check(&files).len();
    if findings == 0 {
        return Verdict::ok(format!("{} in {place} without fault", lint::present(&files).join(", ")));
    }
    let to_do = format!("keywheel template check {place} says what");
    Verdict::warn(format!("{findings} faults in {place}: notification may use its own instead"), to_do)
}
