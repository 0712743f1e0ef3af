use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// The SDK's point in time as ours; none when it is out of range.
pub(crate) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanoseconds).ok()
}
