//! The three periods, and the intervals that bind.

use crate::policy::tags::UserTags;
use crate::time::Days;

/// The life cycle's periods, as ages counted from a key's creation.
///
/// What binds is the interval between two of them, so a key that is 400 days old on the first run still gets its full grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    rotation: Days,
    inactive: Days,
    buffer: Days,
}

/// Periods that do not follow one another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriods {
    /// The rotation period is zero.
    #[error("ROTATION_PERIOD is 0: every key would be replaced every night; give an age in days, such as 90")]
    ZeroRotation,
    /// The inactive period is not above the rotation period.
    #[error(
        "INACTIVE_PERIOD ({inactive}) must be above ROTATION_PERIOD ({rotation}): all three periods are ages counted from a key's creation, \
         and the old key is made inactive INACTIVE_PERIOD - ROTATION_PERIOD days after its replacement was published"
    )]
    InactiveNotAboveRotation {
        /// `ROTATION_PERIOD`, in days.
        rotation: u32,
        /// `INACTIVE_PERIOD`, in days.
        inactive: u32,
    },
    /// The buffer is not above the inactive period: probably meant as an interval.
    #[error(
        "INACTIVE_BUFFER ({buffer}) must be above INACTIVE_PERIOD ({inactive}): it is the key's age at deletion. If {buffer} was meant as the \
         days between being made inactive and deletion, write INACTIVE_BUFFER={meant}"
    )]
    BufferNotAboveInactive {
        /// `INACTIVE_PERIOD`, in days.
        inactive: u32,
        /// `INACTIVE_BUFFER`, in days.
        buffer: u32,
        /// The age that the value means when read as an interval.
        meant: u32,
    },
}

impl Default for Periods {
    fn default() -> Self {
        Self { rotation: Days(90), inactive: Days(100), buffer: Days(135) }
    }
}

impl Periods {
    /// Periods that follow one another: `rotation < inactive < buffer`.
    ///
    /// # Errors
    /// Says which two do not, and what was probably meant.
    pub fn new(rotation: Days, inactive: Days, buffer: Days) -> Result<Self, InvalidPeriods> {
        if rotation.0 == 0 {
            return Err(InvalidPeriods::ZeroRotation);
        }
        if inactive <= rotation {
            return Err(InvalidPeriods::InactiveNotAboveRotation { rotation: rotation.0, inactive: inactive.0 });
        }
        if buffer <= inactive {
            let meant = inactive.0.saturating_add(buffer.0.max(1));
            return Err(InvalidPeriods::BufferNotAboveInactive { inactive: inactive.0, buffer: buffer.0, meant });
        }
        Ok(Self { rotation, inactive, buffer })
    }

    /// The age at which a replacement is made.
    #[must_use]
    pub fn rotation(&self) -> Days {
        self.rotation
    }

    /// How long old and new key work side by side.
    #[must_use]
    pub fn install_grace(&self) -> Days {
        self.inactive.since(self.rotation)
    }

    /// How long the old key stays inactive, and can be called back, before it is deleted.
    #[must_use]
    pub fn recovery_grace(&self) -> Days {
        self.buffer.since(self.inactive)
    }

    /// The periods for a user with these tags. A malformed tag counts as the longer of default and tag, which is the default.
    #[must_use]
    pub fn for_user(&self, tags: &UserTags) -> UserPeriods {
        let normal_recovery = self.recovery_grace();
        let install_grace = tags.deactivate_after.or(tags.delete_after).unwrap_or(self.install_grace());
        let recovery_grace = match (tags.deactivate_after, tags.delete_after) {
            (Some(deactivate), Some(delete)) => delete.since(deactivate).max(normal_recovery),
            _ => normal_recovery,
        };
        let malformed = |suffix: &str| tags.malformed.iter().any(|tag| tag.suffix == suffix);
        let keep_default = malformed(super::tags::DEACTIVATE_AFTER_DAYS) || malformed(super::tags::DELETE_AFTER_DAYS);
        UserPeriods {
            rotation: tags.rotate_after.unwrap_or(self.rotation),
            install_grace: if keep_default { install_grace.max(self.install_grace()) } else { install_grace },
            recovery_grace,
        }
    }
}

/// The periods that hold for one user: an age, and two intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserPeriods {
    /// The age at which a replacement is made.
    pub rotation: Days,
    /// How long old and new key work side by side, counted from the replacement's publication.
    pub install_grace: Days,
    /// How long a key stays inactive before it is deleted.
    pub recovery_grace: Days,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(rotation: u32, inactive: u32, buffer: u32) -> Result<Periods, String> {
        Periods::new(Days(rotation), Days(inactive), Days(buffer)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_intervals_are_what_lies_between_the_ages() {
        for (ages, graces) in [((90, 100, 135), (10, 35)), ((45, 60, 90), (15, 30)), ((165, 180, 185), (15, 5))] {
            let periods = periods(ages.0, ages.1, ages.2).unwrap();
            assert_eq!((periods.install_grace().0, periods.recovery_grace().0), graces);
        }
        assert_eq!(Ok(Periods::default()), periods(90, 100, 135));
    }

    #[test]
    fn a_buffer_that_was_meant_as_an_interval_is_told_the_age_to_write() {
        let error = periods(90, 100, 35).unwrap_err();
        assert!(error.contains("INACTIVE_BUFFER (35) must be above INACTIVE_PERIOD (100)"), "{error}");
        assert!(error.contains("write INACTIVE_BUFFER=135"), "{error}");
        assert!(periods(90, 100, 100).is_err());
        assert!(periods(90, 100, 0).unwrap_err().contains("write INACTIVE_BUFFER=101"));
    }

    #[test]
    fn other_periods_out_of_order_are_refused() {
        let error = periods(90, 90, 135).unwrap_err();
        assert!(error.contains("INACTIVE_PERIOD (90) must be above ROTATION_PERIOD (90)"), "{error}");
        assert!(error.contains("INACTIVE_PERIOD - ROTATION_PERIOD days after its replacement"), "{error}");
        assert!(periods(0, 10, 20).unwrap_err().starts_with("ROTATION_PERIOD is 0"));
        assert!(periods(u32::MAX, u32::MAX, u32::MAX).is_err());
        assert!(periods(1, u32::MAX, 5).is_err(), "no overflow in what was meant");
    }

    fn for_tags(tags: &[(&str, &str)]) -> (u32, u32, u32) {
        let tags = tags.iter().map(|(key, value)| (format!("KeyRotation:{key}"), (*value).to_owned())).collect();
        let periods = Periods::default().for_user(&UserTags::read(&tags, "KeyRotation:"));
        (periods.rotation.0, periods.install_grace.0, periods.recovery_grace.0)
    }

    #[test]
    fn tags_count_from_rotation_and_never_shorten_the_recovery_grace() {
        assert_eq!(for_tags(&[]), (90, 10, 35));
        assert_eq!(for_tags(&[("ROTATE_AFTER_DAYS", "30")]), (30, 10, 35));
        assert_eq!(for_tags(&[("DEACTIVATE_AFTER_DAYS", "5")]), (90, 5, 35));
        assert_eq!(for_tags(&[("DEACTIVATE_AFTER_DAYS", "20"), ("DELETE_AFTER_DAYS", "100")]), (90, 20, 80));
        assert_eq!(for_tags(&[("DEACTIVATE_AFTER_DAYS", "20"), ("DELETE_AFTER_DAYS", "25")]), (90, 20, 35));
        assert_eq!(for_tags(&[("DEACTIVATE_AFTER_DAYS", "20"), ("DELETE_AFTER_DAYS", "5")]), (90, 20, 35));
    }

    #[test]
    fn a_deletion_tag_alone_is_the_day_of_being_made_inactive() {
        assert_eq!(for_tags(&[("DELETE_AFTER_DAYS", "14")]), (90, 14, 35));
    }

    #[test]
    fn a_malformed_tag_counts_as_the_longer_of_default_and_tag() {
        assert_eq!(for_tags(&[("ROTATE_AFTER_DAYS", "soon")]), (90, 10, 35));
        assert_eq!(for_tags(&[("ROTATE_AFTER_DAYS", "0")]), (90, 10, 35));
        assert_eq!(for_tags(&[("ROTATE_AFTER_DAYS", "99999")]), (36_500, 10, 35), "never rotated is what was meant");
        assert_eq!(for_tags(&[("DEACTIVATE_AFTER_DAYS", "123456789012345")]), (90, 36_500, 35));
        assert_eq!(for_tags(&[("DEACTIVATE_AFTER_DAYS", "-3")]), (90, 10, 35));
        assert_eq!(for_tags(&[("DEACTIVATE_AFTER_DAYS", "x"), ("DELETE_AFTER_DAYS", "3")]), (90, 10, 35));
    }
}
