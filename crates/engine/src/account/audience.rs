//! Who is told about a user's keys, and on whose word.

use keywheel_core::address::{is_plain, is_within};
use keywheel_core::contract::digest::{Recipient, RecipientRole};
use keywheel_core::observed::ObservedUser;
use keywheel_core::policy::UserTags;

use super::telling::Teller;

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addressee {
    pub(super) recipient: Recipient,
    /// Which address it is, for people: where it stands, and not what it is.
    pub(super) address: String,
}

impl Addressee {
    fn new(email: &str, role: RecipientRole, address: impl Into<String>) -> Self {
        Self { recipient: Recipient { email: email.to_owned(), role }, address: address.into() }
    }
}

impl Teller<'_> {
    /// Everybody who is told about the user's keys, each address once.
    pub(super) fn addressees(&self, user: &ObservedUser, tags: &UserTags) -> Vec<Addressee> {
        let audience = &self.settings.audience;
        // Notification refuses a digest to any other, and with it all that it says.
        let owner = Some(self.account.email.trim()).filter(|_| !self.rejects_account_owner());
        let owner = owner.filter(|email| !email.is_empty());
        let owner =
            owner.map(|email| Addressee::new(email, RecipientRole::AccountOwner, "the account's e-mail address"));
        let tagged = self.tagged_addresses(user, tags).into_iter();
        let key_owners = tagged.filter(|(_, email)| is_within(email, &audience.email_domains)).map(|(tag, email)| {
            Addressee::new(email, RecipientRole::KeyOwner, format!("the address in the tag {tag}"))
        });
        let security = audience.security_email.as_deref().map(str::trim).filter(|email| !email.is_empty());
        let security = security.map(|email| Addressee::new(email, RecipientRole::Security, "SECURITY_EMAIL"));
        let mut all: Vec<Addressee> = Vec::new();
        for addressee in owner.into_iter().chain(key_owners).chain(security) {
            let email = &addressee.recipient.email;
            if !all.iter().any(|known| known.recipient.email.eq_ignore_ascii_case(email)) {
                all.push(addressee);
            }
        }
        all
    }

    /// Whether the account's e-mail address is none to which mail goes.
    pub(super) fn rejects_account_owner(&self) -> bool {
        let email = self.account.email.trim();
        !email.is_empty() && !is_plain(email)
    }

    /// The tag of the user that names what is no plain address in `EMAIL_DOMAINS`, where one does. It is not followed.
    pub(super) fn rejected_tag(&self, user: &ObservedUser) -> Option<String> {
        let tags = UserTags::read(&user.tags, &self.settings.policy.tag_prefix);
        let mut tagged = self.tagged_addresses(user, &tags).into_iter();
        let (tag, _) = tagged.find(|(_, email)| !is_within(email, &self.settings.audience.email_domains))?;
        Some(tag)
    }

    /// The tags that direct mail, with what they say. `OWNER_TAG` is often a tag that was there before, with a team's name.
    fn tagged_addresses<'t>(&self, user: &'t ObservedUser, tags: &'t UserTags) -> Vec<(String, &'t str)> {
        let email = tags.email.as_deref().map(|email| (format!("{}EMAIL", self.settings.policy.tag_prefix), email));
        let owner_tag = self.settings.audience.owner_tag.as_ref();
        let owner = owner_tag.and_then(|tag| Some((tag.clone(), user.tags.get(tag)?.as_str())));
        let owner = owner.filter(|(_, value)| value.contains('@'));
        let named = [email, owner].into_iter().flatten().map(|(tag, email)| (tag, email.trim()));
        named.filter(|(_, email)| !email.is_empty()).collect()
    }
}
