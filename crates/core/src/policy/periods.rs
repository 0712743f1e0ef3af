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
