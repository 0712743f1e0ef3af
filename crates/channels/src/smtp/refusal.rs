//! What an SMTP server's refusal means for the mail.

use keywheel_mail::ports::Delivery;
use lettre::transport::smtp::Error;

use super::SmtpServer;
use crate::causes::chain;
use crate::repeat::Try;

/// What is refused with one of these is the login and not the mail (RFC 4954, section 6).
const OF_LOGIN: [u16; 4] = [530, 534, 535, 538];
/// What refuses a mailbox where no enhanced status says more (RFC 5321, section 4.2.3). 552 and 554 have too many other meanings.
const OF_MAILBOX: [u16; 3] = [550, 551, 553];
/// No such mailbox, host or address, or moved (RFC 3463, section 3.2; 5.1.10 of RFC 7505). 5.1.7 and 5.1.8 are the sender's.
const OF_ADDRESS: [&str; 5] = ["1.1", "1.2", "1.3", "1.6", "1.10"];

/// A server that was reached, or not, and took no login: nothing of it is the recipient's fault.
pub(super) fn before_the_mail(server: &SmtpServer, error: &Error) -> Try {
    let why = format!("{server}: {}", chain(error));
    match error.status().map(u16::from) {
        Some(code) if OF_LOGIN.contains(&code) => Try::Refused(why),
        Some(400..500) => Try::Later(why),
        _ => Try::Over(Delivery::Deferred { why }),
    }
}

/// A server that took the login, and then not the mail.
pub(super) fn of_the_mail(server: &SmtpServer, error: &Error) -> Try {
    let code = error.status().map(u16::from);
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match code {
        Some(code @ 500..) if !OF_LOGIN.contains(&code) => {
            let said = chain(error);
            Try::Over(if is_of_recipient(code, &text) {
                Delivery::Rejected { why: format!("{server}: {said}") }
            } else {
                // Somebody else mends it, and the mail goes out then.
                Delivery::Deferred {
                    why: format!("{server} refused the sender, the relay or the mail, not the recipient: {said}"),
                }
            })
        }
        // Without a code nobody knows whether the mail was taken: a later run asks for it again.
        _ => before_the_mail(server, error),
    }
}

/// Whether the recipient's address is what is wrong: `text` begins with the enhanced status, if there is one (RFC 2034, section 4).
fn is_of_recipient(code: u16, text: &str) -> bool {
    match enhanced(text) {
        Some(status) => status.starts_with("2.") || OF_ADDRESS.contains(&status),
        None => OF_MAILBOX.contains(&code),
    }
}

/// Subject and detail of an enhanced status of class 5: `1.1` of `5.1.1 no such mailbox`.
fn enhanced(text: &str) -> Option<&str> {
    let (_, status) = text.split_whitespace().next()?.split_once("5.").filter(|(before, _)| before.is_empty())?;
    let (subject, detail) = status.split_once('.')?;
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(subject) && is_number(detail)).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_of_the_mailbox_is_the_recipients_fault() {
        for (code, text, expected) in [
            (550, "5.1.1 no such mailbox", true),
            (550, "5.1.2 no such host", true),
            (553, "5.1.3 bad syntax", true),
            (551, "5.1.6 moved", true),
            (556, "5.1.10 the domain takes no mail", true),
            (552, "5.2.2 mailbox full", true),
            (550, "5.2.1 mailbox disabled", true),
            (550, "no such user", true),
            (551, "user not local", true),
            (553, "mailbox name not allowed", true),
            // The sender's address, the relay, the content, the service.
            (550, "5.1.7 bad sender", false),
            (550, "5.1.8 bad sender's domain", false),
            (553, "5.7.1 sender address rejected: not owned by user", false),
            (550, "5.7.26 unauthenticated", false),
            (554, "5.7.1 relay access denied", false),
            (552, "5.3.4 message too big", false),
            (550, "5.4.1 recipient address rejected", false),
            (552, "exceeded storage allocation", false),
            (554, "transaction failed", false),
            (521, "no mail here", false),
            (500, "what", false),
            (550, "15.1.1 is no status", true),
        ] {
            assert_eq!(is_of_recipient(code, text), expected, "{code} {text}");
        }
    }
}
