//! The steps of a plan in the words of `decisions.json`.

use keywheel_core::Timestamp;
use keywheel_core::id::AccessKeyId;
use keywheel_core::plan::{Action, Step};
use serde::Deserialize;

use super::now;

/// A step as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    pub(crate) key: Option<String>,
    pub(crate) step: String,
    pub(crate) reason: String,
    pub(crate) due: Option<String>,
    pub(crate) tells: Option<String>,
    /// It is refused; the guards that an override can lift.
    pub(crate) refused: Option<Vec<String>>,
    /// The guards that were lifted.
    #[serde(default)]
    pub(crate) overrides: Vec<String>,
    /// The hosts that may still have the key.
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
}

impl Decided {
    pub(crate) fn of(step: &Step) -> Self {
        let name = |id: &AccessKeyId| id.as_str().trim_start_matches("AKIA").trim_start_matches('X').to_owned();
        Self {
            key: step.key.as_ref().map(name),
            step: step.kind.as_str().to_owned(),
            reason: step.reason.code().to_owned(),
            due: step.due.map(words),
            tells: step.notice.as_ref().map(ToString::to_string),
            refused: if let Action::Refuse { why } = &step.action { Some(liftable(why)) } else { None },
            overrides: step.overridden.iter().map(ToString::to_string).collect(),
            hosts: step.hosts.names.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The guards that the text of a refusal names. The override that it offers names them, too.
fn liftable(why: &str) -> Vec<String> {
    let Some((_, rest)) = why.split_once("Guards that refuse: ") else { return Vec::new() };
    let (names, rest) = rest.split_once(';').unwrap();
    let guards: Vec<String> = names.split(", ").map(str::to_owned).collect();
    assert!(guards.iter().all(|guard| rest.contains(&format!("\"{guard}\""))), "{why}");
    guards
}

fn words(due: Timestamp) -> String {
    let seconds = due.duration_since(now()).as_secs();
    let (number, unit) = match seconds.abs() {
        0 => return "now".to_owned(),
        whole if whole % 86_400 == 0 => (whole / 86_400, "d"),
        whole if whole % 60 == 0 && whole < 3_600 => (whole / 60, "m"),
        whole => (whole, "s"),
    };
    if seconds > 0 { format!("in {number}{unit}") } else { format!("{number}{unit} ago") }
}
