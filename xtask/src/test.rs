//! stub
use crate::workspace::Workspace;
use std::process::ExitCode;
pub(crate) enum Tier {
    Quick,
    Usual,
    Full,
}
impl Tier {
    pub(crate) fn from_flags(quick: bool, full: bool) -> Self {
        if quick {
            Self::Quick
        } else if full {
            Self::Full
        } else {
            Self::Usual
        }
    }
}
pub(crate) fn run(_: &Workspace, _: Tier) -> ExitCode {
    ExitCode::SUCCESS
}
