use keywheel_core::contract::digest::DigestPeriods;
use keywheel_core::policy::Mode;

use super::Section;

impl Section {
    /// The heading.
    #[must_use]
    pub fn title(self, mode: Mode) -> &'static str {
        let audit = mode == Mode::Audit;
        match self {
            Section::Exposed => "Keys that AWS found in public",
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
    pub(crate) fn date_means(self, mode: Mode, past: bool) -> &'static str {
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

    /// What the reader must do, and what will come of it, of so many entries.
    #[must_use]
    pub(crate) fn what_to_do(self, mode: Mode, periods: DigestPeriods, count: usize) -> String {
        let (one, many) = match mode {
            Mode::Enforce => self.what_to_do_now(),
            Mode::Audit => self.what_would_be(),
        };
        let text = if count == 1 || many.is_empty() { one } else { many };
        text.replace("{install}", &days(periods.install_grace)).replace("{recovery}", &days(periods.recovery_grace))
    }

    /// About one entry and about several; nothing for several where they read alike.
    fn what_to_do_now(self) -> (&'static str, &'static str) {
        match self {
            Section::Exposed => (
                "The rotation takes no key away for this: whoever found the key can use it until a person has done what stands here.",
                "The rotation takes no key away for this: whoever found the keys can use them until a person has done what stands here.",
            ),
            Section::Decide => (
                "Nothing about this user's keys changes until a person has done what stands here.",
                "Nothing about these keys changes until a person has done what stands at each of them.",
            ),
            Section::Unreachable => (
                "This user's keys are looked after like any other, but an owner does not hear of it. Correct the address; until then tell the owner what these mails say.",
                "These keys are looked after like any other, but an owner does not hear of it. Correct the address; until then tell the owner what these mails say.",
            ),
            Section::Failed => (
                "The step is tried again in the next run. If it fails again, show this mail to the team that runs the rotation.",
                "These steps are tried again in the next run. If they fail again, show this mail to the team that runs the rotation.",
            ),
            Section::Leaked => (
                "The key no longer works, and must not be made active again: whoever found it could use it. Take it out wherever it is installed. If a new key is named here, install that one; if not, ask the team that runs the rotation for one.",
                "These keys no longer work, and must not be made active again: whoever found them could use them. Take them out wherever they are installed. Where a new key is named here, install that one; where none is, ask the team that runs the rotation for one.",
            ),
            Section::InstallNow => (
                "A new access key is in AWS Secrets Manager, and the old one no longer works. Only the user itself, and those who may read every such secret, can read it: if the user has no other way to sign in, ask the team that runs the rotation to hand it over.",
                "New access keys are in AWS Secrets Manager, and the old ones no longer work. Only each user itself, and those who may read every such secret, can read them: if a user has no other way to sign in, ask the team that runs the rotation to hand the key over.",
            ),
            Section::Install => (
                "A new access key is in AWS Secrets Manager. Read it as the user itself, with the old key, which still works: run the command shown. Install it wherever the old key is used, before the date given. Then the old key stops working.",
                "New access keys are in AWS Secrets Manager. Read each as the user itself, with the old key, which still works: run the command shown. Install it wherever the old key is used, before the date given. Then the old key stops working.",
            ),
            Section::DeactivationAhead => (
                "The new key has been in AWS Secrets Manager for a while. If it is not yet installed everywhere, install it before the date given. If it is, there is nothing to do.",
                "The new keys have been in AWS Secrets Manager for a while. Where one is not yet installed everywhere, install it before the date given. Where it is, there is nothing to do.",
            ),
            Section::RetirementAhead => (
                "Nobody has used this key for a long time, so it is made inactive on the date given and not replaced. If it is still needed, use it before that date; if not, there is nothing to do.",
                "Nobody has used these keys for a long time, so they are made inactive on the date given and not replaced. If one is still needed, use it before that date; if not, there is nothing to do.",
            ),
            Section::Held => (
                "The old key was to be made inactive and was left active, for the reason given. Find what still uses it and install the new key there.",
                "These old keys were to be made inactive and were left active, for the reason given. Find what still uses them and install the new keys there.",
            ),
            Section::DeletionAhead => (
                "Deleting cannot be undone. If something still needs the key, make it active again before the date given, with the command shown. If nothing does, there is nothing to do.",
                "Deleting cannot be undone. If something still needs one of these keys, make it active again before the date given, with the command shown. If nothing does, there is nothing to do.",
            ),
            Section::MadeInactive => (
                "The old key no longer works. If something broke, make it active again with the command shown, and install the new key there. The old key stays inactive for {recovery} at least before it is deleted, and you are told before.",
                "These old keys no longer work. If something broke, make the key active again with the command shown, and install the new one there. The old keys stay inactive for {recovery} at least before they are deleted, and you are told before.",
            ),
            Section::Retired => (
                "The key no longer works and has no replacement. If something broke, make it active again with the command shown. It stays inactive for a long time before it is deleted, and you are told before.",
                "These keys no longer work and have no replacement. If something broke, make the key active again with the command shown. They stay inactive for a long time before they are deleted, and you are told before.",
            ),
            Section::RotationAhead => (
                "Find out where the key is used; nothing else has to be done yet. When the new key is there you get a mail that says how to install it.",
                "Find out where these keys are used; nothing else has to be done yet. When a new key is there you get a mail that says how to install it.",
            ),
            Section::Ahead => ("Please read what stands here.", "Please read what stands at each key."),
            Section::MadeActive => (
                "The key works again. If something uses the new key instead, and that one is inactive now, put this one back there. Another new key is made later, and you get a mail about it then.",
                "These keys work again. If something uses a new key instead, and that one is inactive now, put the older one back there. Other new keys are made later, and you get a mail about them then.",
            ),
            Section::Deleted => (
                "This key is gone and cannot be brought back. If something broke, install the user's new key there; if nothing did, there is nothing to do.",
                "These keys are gone and cannot be brought back. If something broke, install the user's new key there; if nothing did, there is nothing to do.",
            ),
            Section::PutRight => {
                ("An earlier run broke off. What it left half done was put right. There is nothing to do.", "")
            }
            Section::Waiting => {
                ("Not done today, for the reason given. A later run takes it up. There is nothing to do.", "")
            }
            Section::LeftAlone => ("Nothing was changed, for the reason given. There is nothing to do.", ""),
        }
    }

    fn what_would_be(self) -> (&'static str, &'static str) {
        match self {
            Section::Exposed => (
                "Whoever found the key can use it until a person has done what stands here. That does not wait for the rotation.",
                "Whoever found the keys can use them until a person has done what stands here. That does not wait for the rotation.",
            ),
            Section::Decide => (
                "Nothing about this user's keys would change until a person has done what stands here. That can be done today.",
                "Nothing about these keys would change until a person has done what stands at each of them. That can be done today.",
            ),
            Section::Unreachable => (
                "An owner would not hear of what happens to this user's keys. Correct the address before the rotation begins.",
                "An owner would not hear of what happens to these keys. Correct the address before the rotation begins.",
            ),
            Section::Failed => (
                "A look-up failed, so this is not part of the report. The next run tries again.",
                "A look-up failed, so these are not part of this report. The next run tries again.",
            ),
            Section::Leaked => (
                "Whoever found this key could use it. Find out where it is used: it would stop working at once.",
                "Whoever found these keys could use them. Find out where they are used: they would stop working at once.",
            ),
            Section::InstallNow => (
                "A new key would be made and put into AWS Secrets Manager, and the old one would stop working at once.",
                "New keys would be made and put into AWS Secrets Manager, and the old ones would stop working at once.",
            ),
            Section::Install => (
                "A new key would be made and put into AWS Secrets Manager, and the old one would work for {install} more. Use the time to find out where it is used.",
                "New keys would be made and put into AWS Secrets Manager, and the old ones would work for {install} more. Use the time to find out where these keys are used.",
            ),
            Section::DeactivationAhead | Section::MadeInactive => (
                "Make sure that the new key is installed wherever the old one was used.",
                "Make sure that the new keys are installed wherever the old ones were used.",
            ),
            Section::RetirementAhead | Section::Retired => (
                "Nobody has used this key for a long time. Find out whether anybody needs it; whoever does should use it.",
                "Nobody has used these keys for a long time. Find out whether anybody needs them; whoever does should use them.",
            ),
            Section::Held => (
                "The old key would be left active, for the reason given. Find what still uses it.",
                "These old keys would be left active, for the reason given. Find what still uses them.",
            ),
            Section::DeletionAhead | Section::Deleted => (
                "This key is inactive. Make sure that nothing needs it any more.",
                "These keys are inactive. Make sure that nothing needs them any more.",
            ),
            Section::RotationAhead
            | Section::Ahead
            | Section::MadeActive
            | Section::PutRight
            | Section::Waiting
            | Section::LeftAlone => ("There is nothing to do.", ""),
        }
    }
}

fn days(count: u32) -> String {
    keywheel_core::time::Days(count).to_string()
}
