//! IAM's credential report: one row per user, for all users of an account in one answer.
//!
//! It names no key ids, is up to four hours old, and its dates of keys are those of their last change (IAM user guide, "Getting
//! credential reports"). So it says at whom to look, and nothing that may be acted on.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::Timestamp;
use crate::id::UserName;

/// A report as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialReport {
    rows: BTreeMap<UserName, ReportRow>,
}

/// What the report says of one user's access keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportRow {
    /// The two places for keys.
    pub slots: [KeySlot; 2],
}

/// One place for a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySlot {
    /// No key is shown. There may be an inactive one: AWS's guide has N/A for those, and shows them all the same.
    #[default]
    Empty,
    /// An inactive key.
    Inactive {
        /// When it was made or last changed.
        changed: Timestamp,
        /// When it was last used, where a use is shown.
        last_used: Option<Timestamp>,
    },
    /// An active key.
    Active {
        /// When it was made or last changed: it may be older, but not younger.
        changed: Timestamp,
        /// When it was last used, where a use is shown. It may have been used since.
        last_used: Option<Timestamp>,
    },
}

/// A text that is no credential report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableReport {
    /// It has no header.
    #[error("the credential report has no readable header: {0}")]
    Header(String),
    /// A column is missing.
    #[error("the credential report has no column {0}")]
    Column(String),
}

impl CredentialReport {
    /// Reads a report. A row that cannot be read is left out, which makes its user one to be looked at.
    ///
    /// # Errors
    /// When it has no header with the columns of users and access keys.
    pub fn parse(text: &[u8]) -> Result<Self, UnreadableReport> {
        let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(text);
        let header = reader.headers().map_err(|error| UnreadableReport::Header(error.to_string()))?.clone();
        let columns = Columns::of(&header)?;
        let mut rows: BTreeMap<UserName, Option<ReportRow>> = BTreeMap::new();
        // A row of bytes that are no text, or of another length, says nothing of anybody.
        for record in reader.records().flatten().filter(|record| record.len() == header.len()) {
            // The account's root has a row too, and is no user.
            let Ok(name) = record[columns.user].parse::<UserName>() else { continue };
            // Of two rows for one name neither is believed.
            let row = if rows.contains_key(&name) { None } else { columns.row(&record) };
            rows.insert(name, row);
        }
        Ok(Self { rows: rows.into_iter().filter_map(|(name, row)| Some((name, row?))).collect() })
    }

    /// The user's row; none where there is none, or none that can be believed.
    #[must_use]
    pub fn row(&self, user: &UserName) -> Option<&ReportRow> {
        self.rows.get(user)
    }
}

impl ReportRow {
    /// How many keys are shown.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.slots.iter().filter(|slot| **slot != KeySlot::Empty).count()
    }

    /// How many active keys are shown.
    #[must_use]
    pub fn active_keys(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot, KeySlot::Active { .. })).count()
    }
}

/// Where what is wanted stands in a row.
struct Columns {
    user: usize,
    slots: [SlotColumns; 2],
}

struct SlotColumns {
    active: usize,
    changed: usize,
    last_used: usize,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, UnreadableReport> {
        let column = |name: String| {
            let place = header.iter().position(|field| field == name);
            place.ok_or(UnreadableReport::Column(name))
        };
        let slot = |number: u8| -> Result<SlotColumns, UnreadableReport> {
            Ok(SlotColumns {
                active: column(format!("access_key_{number}_active"))?,
                changed: column(format!("access_key_{number}_last_rotated"))?,
                last_used: column(format!("access_key_{number}_last_used_date"))?,
            })
        };
        Ok(Self { user: column("user".to_owned())?, slots: [slot(1)?, slot(2)?] })
    }

    /// The row; none where something in it cannot be read.
    fn row(&self, record: &StringRecord) -> Option<ReportRow> {
        let [one, two] = &self.slots;
        Some(ReportRow { slots: [one.slot(record)?, two.slot(record)?] })
    }
}

impl SlotColumns {
    fn slot(&self, record: &StringRecord) -> Option<KeySlot> {
        let changed = date(&record[self.changed]).ok()?;
        let last_used = date(&record[self.last_used]).ok()?;
        match (&record[self.active], changed) {
            ("true", Some(changed)) => Some(KeySlot::Active { changed, last_used }),
            ("false", Some(changed)) => Some(KeySlot::Inactive { changed, last_used }),
            ("false", None) => Some(KeySlot::Empty),
            _ => None,
        }
    }
}

/// A date, or that there is none.
fn date(text: &str) -> Result<Option<Timestamp>, jiff::Error> {
    match text {
        "N/A" | "no_information" | "not_supported" => Ok(None),
        _ => text.parse().map(Some),
    }
}
