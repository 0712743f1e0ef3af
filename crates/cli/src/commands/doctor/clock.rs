//! The clock: dates decide what is deleted, so functions whose clock is off change nothing. Here that of whoever runs this can be looked at.

use keywheel_core::time::CLOCK_TOLERANCE;

use super::finding::{Finding, Verdict};
use super::ground::Ground;

pub(super) const GROUP: &str = "clock";

pub(super) fn findings(ground: &Ground) -> Vec<Finding> {
    vec![clock(ground).of(GROUP, "this machine")]
}

fn clock(ground: &Ground) -> Verdict {
    let Some(answered) = ground.hub.own.answered_at else {
        return Verdict::not_checked("AWS's answer has no date", "try again");
    };
    let off = ground.now.duration_since(answered).abs();
    if off <= CLOCK_TOLERANCE {
        return Verdict::ok(format!("within {} minutes of AWS's", CLOCK_TOLERANCE.as_mins()));
    }
    let found = format!("{} minutes off AWS's, so the dates shown here are off, too", off.as_mins());
    Verdict::fail(found, "set this machine's clock")
}
