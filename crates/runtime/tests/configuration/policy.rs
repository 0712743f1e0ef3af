//! When keys are due.

use keywheel_core::time::Days;

use crate::support::{message, refused, rotation};

#[test]
fn a_buffer_that_was_meant_as_an_interval_is_explained() {
    let text = message(rotation(&[("INACTIVE_BUFFER", "35")]));
    assert!(text.contains("write INACTIVE_BUFFER=135"), "{text}");
    assert_eq!(refused(rotation(&[("ROTATION_PERIOD", "0")])), ["ROTATION_PERIOD"]);
    assert_eq!(refused(rotation(&[("INACTIVE_PERIOD", "90")])), ["INACTIVE_PERIOD"]);
    let sample = rotation(&[("ROTATION_PERIOD", "45"), ("INACTIVE_PERIOD", "60"), ("INACTIVE_BUFFER", "90")]).unwrap();
    assert_eq!(sample.policy.periods.recovery_grace(), Days(30));
}

#[test]
fn warn_days_are_sorted_from_far_to_near_and_stand_once() {
    let days = |text| rotation(&[("WARN_DAYS", text)]).map(|config| config.policy.warn_days);
    assert_eq!(days("1, 14,3,14").unwrap(), [Days(14), Days(3), Days(1)]);
    for wrong in ["0", "7,,1", "7;3", ",", "7,-1"] {
        assert_eq!(refused(days(wrong)), ["WARN_DAYS"], "{wrong:?}");
    }
}

#[test]
fn max_hold_is_a_number_of_days_or_none() {
    let hold = |text| rotation(&[("MAX_HOLD", text)]).map(|config| config.policy.max_hold);
    assert_eq!(hold("none").unwrap(), None);
    assert_eq!(hold("14").unwrap(), Some(Days(14)));
    for wrong in ["0", "never", "None"] {
        assert_eq!(refused(hold(wrong)), ["MAX_HOLD"]);
    }
}

#[test]
fn a_freeze_that_cannot_be_read_is_refused_and_not_ignored() {
    assert!(rotation(&[("FREEZE", "2026-12-20/2027-01-05, 2027-04-01")]).is_ok());
    for wrong in ["2026-12-20..2027-01-05", "2027-01-05/2026-12-20", "Christmas", ","] {
        assert_eq!(refused(rotation(&[("FREEZE", wrong)])), ["FREEZE"], "{wrong:?}");
    }
}
