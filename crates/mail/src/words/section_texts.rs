use keywheel_core::contract::digest::DigestPeriods;
use keywheel_core::policy::Mode;

use super::Section;

impl Section {
    /// The heading.
    #[must_use]
    pub fn title(self, mode: Mode) -> &'static str {
        let audit = mode == Mode::Audit;
        match self {
            Section::Decide => "A person must decide",
            Section::Unreachable => "Owners whom no mail reaches",
            Section::Failed if audit => "Could not be looked at",
            Section::Failed => "Failed",
            Section::Leaked if audit => "Leaked keys that would be made inactive",
            Section::Leaked => "Leaked keys that were made inactive",
            Section::InstallNow if audit => "Would get a new key in place of a leaked one",
            Section::InstallNow => "New keys to install at once",
            Section::Install if audit => "Would get a new key",
            Section::Install => "New keys to install",
            Section::DeactivationAhead if audit => "Old keys that would soon be made inactive",
            Section::DeactivationAhead => "Old keys that will be made inactive",
            Section::RetirementAhead if audit => "Unused keys that would be made inactive",
            Section::RetirementAhead => "Unused keys that will be made inactive",
            Section::Held if audit => "Old keys that would be held",
            Section::Held => "Held: old keys that still work",
            Section::DeletionAhead if audit => "Inactive keys that would soon be deleted",
            Section::DeletionAhead => "Inactive keys that will be deleted",
            Section::MadeInactive if audit => "Old keys that would be made inactive",
            Section::MadeInactive => "Old keys that were made inactive",
            Section::Retired if audit => "Unused keys that would be made inactive today",
            Section::Retired => "Unused keys that were made inactive",
            Section::RotationAhead => "Keys that will soon be replaced",
            Section::Ahead => "Keys about which something is ahead",
            Section::MadeActive if audit => "Keys that would be made active again",
            Section::MadeActive => "Keys that were made active again",
            Section::Deleted if audit => "Keys that would be deleted",
            Section::Deleted => "Keys that were deleted",
            Section::PutRight if audit => "Would be put right",
            Section::PutRight => "Put right",
            Section::Waiting => "Waiting for a later run",
            Section::LeftAlone => "Left as it is",
        }
    }

    /// What the date of an entry means, by whether it has come; the heading of its column.
    #[must_use]
    pub fn date_means(self, mode: Mode, past: bool) -> &'static str {
        match (self, past) {
            (Section::Install, _) if mode == Mode::Enforce => "Old key works until",
            (Section::DeactivationAhead | Section::RetirementAhead, _) => "Made inactive on",
            (Section::DeletionAhead, _) | (Section::MadeInactive | Section::Retired | Section::Leaked, false) => {
                "Deleted on, at the earliest"
            }
            (Section::RotationAhead, _) => "Replaced on",
            (Section::MadeActive, true) if mode == Mode::Enforce => "Active again since",
            (Section::InstallNow, true) if mode == Mode::Enforce => "Made on",
            (Section::Held, true) => "Was to be inactive on",
            (Section::Held, false) => "Made inactive on, at the latest",
            (_, true) => "Was due on",
            (_, false) => "Due on",
        }
    }

    /// What the reader must do, and what will come of it.
    #[must_use]
    pub fn what_to_do(self, mode: Mode, periods: DigestPeriods) -> String {
        match mode {
            Mode::Enforce => self.what_to_do_now(periods),
            Mode::Audit => self.what_would_be(periods),
        }
    }

    fn what_to_do_now(self, periods: DigestPeriods) -> String {
        let recovery = days(periods.recovery_grace);
        match self {
            Section::Decide => "Nothing about these keys changes until a person has done what stands at each of them.".into(),
            Section::Unreachable => "These keys are looked after like any other, but an owner does not hear of it. Correct the address; until then tell the owner what these mails say.".into(),
            Section::Failed => "The step is tried again in the next run. If it fails again, show this mail to the team that runs the rotation.".into(),
            Section::Leaked => "The key no longer works, and must not be made active again: whoever found it could use it. Take it out wherever it is installed. If a new key is named here, install that one; if not, ask the team that runs the rotation for one.".into(),
            Section::InstallNow => "A new access key is in AWS Secrets Manager, and the old one no longer works. Only the user itself, and those who may read every such secret, can read it: if the user has no other way to sign in, ask the team that runs the rotation to hand it over.".into(),
            Section::Install => "A new access key is in AWS Secrets Manager. Read it as the user itself, with the old key, which still works: run the command shown. Install it wherever the old key is used, before the date given. Then the old key stops working.".into(),
            Section::DeactivationAhead => "The new key has been in AWS Secrets Manager for a while. If it is not yet installed everywhere, install it before the date given. If it is, there is nothing to do.".into(),
            Section::RetirementAhead => "Nobody has used these keys for a long time, so they are made inactive on the date given and not replaced. If one is still needed, use it before that date; if not, there is nothing to do.".into(),
            Section::Held => "The old key was to be made inactive and was left active, for the reason given. Find what still uses it and install the new key there.".into(),
            Section::DeletionAhead => "Deleting cannot be undone. If something still needs the key, make it active again before the date given, with the command shown. If nothing does, there is nothing to do.".into(),
            Section::MadeInactive => format!("The old key no longer works. If something broke, make it active again with the command shown, and install the new key there. The old key stays inactive for {recovery} at least before it is deleted, and you are told before."),
            Section::Retired => "The key no longer works and has no replacement. If something broke, make it active again with the command shown. It stays inactive for a long time before it is deleted, and you are told before.".into(),
            Section::RotationAhead => "Nothing to do today. When the new key is there you get a mail that says how to install it.".into(),
            Section::Ahead => "Please read what stands at each key.".into(),
            Section::MadeActive => "The key works again. If something uses the new key instead, and that one is inactive now, put this one back there. Another new key is made later, and you get a mail about it then.".into(),
            Section::Deleted => "These keys are gone and cannot be brought back. There is nothing to do.".into(),
            Section::PutRight => "An earlier run broke off. What it left half done was put right. There is nothing to do.".into(),
            Section::Waiting => "Not done today, for the reason given. A later run takes it up. There is nothing to do.".into(),
            Section::LeftAlone => "Nothing was changed, for the reason given. There is nothing to do.".into(),
        }
    }

    fn what_would_be(self, periods: DigestPeriods) -> String {
        let install = days(periods.install_grace);
        match self {
            Section::Decide => "Nothing about these keys would change until a person has done what stands at each of them. That can be done today.".into(),
            Section::Unreachable => "An owner would not hear of what happens to these keys. Correct the address before the rotation begins.".into(),
            Section::Failed => "A look-up failed, so these are not part of this report. The next run tries again.".into(),
            Section::Leaked => "Whoever found these keys could use them. Find out where they are used: they would stop working at once.".into(),
            Section::InstallNow => "A new key would be made and put into AWS Secrets Manager, and the old one would stop working at once.".into(),
            Section::Install => format!("A new key would be made and put into AWS Secrets Manager, and the old one would work for {install} more. Use the time to find out where these keys are used."),
            Section::DeactivationAhead | Section::MadeInactive => "Make sure that the new key is installed wherever the old one was used.".into(),
            Section::RetirementAhead | Section::Retired => "Nobody has used these keys for a long time. Find out whether anybody needs them; whoever does should use them.".into(),
            Section::Held => "The old key would be left active, for the reason given. Find what still uses it.".into(),
            Section::DeletionAhead | Section::Deleted => "These keys are inactive. Make sure that nothing needs them any more.".into(),
            Section::RotationAhead | Section::Ahead | Section::MadeActive | Section::PutRight | Section::Waiting | Section::LeftAlone => {
                "There is nothing to do.".into()
            }
        }
    }
}

fn days(count: u32) -> String {
    keywheel_core::time::Days(count).to_string()
}
