//! The two spellings of an account job: Keywheel's own, and the AFT sample's (`ForceRotate`, `dryrun`).

use serde::Deserialize;

use super::{HandOn, InvalidJob, Mode, ReviewedPlan, UserName};
use crate::id::InvalidId;

/// Both accepted spellings, as they arrive.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJob {
    pub(super) account: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) email: String,
    pub(super) run_id: Option<String>,
    mode: Option<String>,
    force_rotate: Option<Vec<String>>,
    #[serde(default)]
    pub(super) sweep: bool,
    pub(super) plan: Option<ReviewedPlan>,
    pub(super) hand_on: Option<HandOn>,
    /// The AFT sample's spelling of one forced user.
    #[serde(rename = "ForceRotate")]
    sample_force_rotate: Option<String>,
    /// The AFT sample's spelling of audit.
    dryrun: Option<Flag>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

impl RawJob {
    /// Reads an event, which must not mix the spellings.
    pub(super) fn read(event: serde_json::Value) -> Result<Self, InvalidJob> {
        let raw: Self = serde_json::from_value(event).map_err(|error| InvalidJob { why: error.to_string() })?;
        raw.refuse_mixed()?;
        Ok(raw)
    }

    /// An event that mixes the spellings was put together by mistake, so none of it is acted on.
    fn refuse_mixed(&self) -> Result<(), InvalidJob> {
        let ours = self.mode.as_ref().map(|_| "mode").or(self.force_rotate.as_ref().map(|_| "force_rotate"));
        let sample =
            self.dryrun.as_ref().map(|_| "dryrun").or(self.sample_force_rotate.as_ref().map(|_| "ForceRotate"));
        match ours.zip(sample) {
            Some((ours, sample)) => {
                let why = format!(
                    "it mixes two spellings, {ours} and {sample}: send mode and force_rotate, or dryrun and ForceRotate"
                );
                Err(InvalidJob { why })
            }
            None => Ok(()),
        }
    }

    /// The mode to lower the run to, in either spelling.
    pub(super) fn mode(&self) -> Result<Option<Mode>, InvalidJob> {
        let invalid = |why: String| Err(InvalidJob { why });
        let named = match self.mode.as_deref() {
            None => None,
            Some("audit") => Some(Mode::Audit),
            Some("enforce") => Some(Mode::Enforce),
            Some(other) => return invalid(format!("mode is {other:?}, which is neither audit nor enforce")),
        };
        let dry = match &self.dryrun {
            None => return Ok(named),
            Some(Flag::Bool(dry)) => *dry,
            Some(Flag::Text(text)) if text.eq_ignore_ascii_case("true") => true,
            Some(Flag::Text(text)) if text.eq_ignore_ascii_case("false") => false,
            Some(Flag::Text(text)) => return invalid(format!("dryrun is {text:?}, which is neither true nor false")),
        };
        Ok(dry.then_some(Mode::Audit))
    }

    /// The forced users, in either spelling.
    pub(super) fn forced(&self) -> Result<Vec<UserName>, InvalidJob> {
        let ours = self.force_rotate.iter().flatten();
        let sample = self.sample_force_rotate.iter().filter(|name| !name.is_empty());
        let names = ours.chain(sample).map(|name| name.parse());
        names.collect::<Result<_, InvalidId>>().map_err(|error| InvalidJob { why: error.to_string() })
    }
}
