//! Writes a mail as SMTP carries it.

use keywheel_mail::ports::Mail;
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart};

pub(super) fn message(mail: &Mail<'_>, message_id: &str) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
    let mailbox = |address: &str| Ok::<_, lettre::address::AddressError>(Mailbox::new(None, address.parse()?));
    let mut builder = Message::builder().from(mailbox(mail.from)?).to(mailbox(mail.to)?).subject(mail.subject);
    if let Some(address) = mail.reply_to {
        builder = builder.reply_to(mailbox(address)?);
    }
    let mut message = builder.message_id(Some(message_id.to_owned())).multipart(parts(mail)?)?;
    for (name, value) in mail.headers {
        let name = HeaderName::new_from_ascii((*name).to_owned())?;
        message.headers_mut().insert_raw(HeaderValue::new(name, (*value).to_owned()));
    }
    Ok(message)
}

/// Text and HTML, and beside them the files. Those are in base64, so that no server on the way changes their ends of lines.
fn parts(mail: &Mail<'_>) -> Result<MultiPart, Box<dyn std::error::Error + Send + Sync>> {
    let text = MultiPart::alternative_plain_html(mail.text.to_owned(), mail.html.to_owned());
    if mail.attachments.is_empty() {
        return Ok(text);
    }
    let mut parts = MultiPart::mixed().multipart(text);
    for file in mail.attachments {
        let content = Body::new_with_encoding(file.content.as_bytes().to_vec(), ContentTransferEncoding::Base64);
        let content = content.map_err(|_| "a file cannot be written in base64")?;
        let kind = ContentType::parse("application/octet-stream")?;
        parts = parts.singlepart(Attachment::new(file.file_name.clone()).body(content, kind));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use keywheel_mail::ports::Urgency;

    use super::*;

    fn mail() -> Mail<'static> {
        Mail {
            from: "keys@example.com",
            reply_to: Some("team@example.com"),
            to: "owner@example.com",
            subject: "Zugriffsschlüssel",
            html: "<p>grüß Gott</p>",
            text: "grüß Gott",
            headers: &[("Auto-Submitted", "auto-generated")],
            attachments: &[],
            urgency: Urgency::Routine,
        }
    }

    fn written(mail: &Mail<'_>) -> String {
        String::from_utf8(message(mail, "<1@example.com>").unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_has_its_headers_and_nothing_but_ascii_in_them() {
        let text = written(&mail());
        for line in [
            "From: keys@example.com\r\n",
            "To: owner@example.com\r\n",
            "Reply-To: team@example.com\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Message-ID: <1@example.com>\r\n",
            "Date: ",
            "MIME-Version: 1.0\r\n",
        ] {
            assert!(text.contains(line), "{line:?} is missing in {text}");
        }
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.is_ascii(), "{head}");
    }

    #[test]
    fn a_file_is_beside_text_and_html() {
        assert!(!written(&mail()).contains("attachment"));
        let content = "-----BEGIN AGE ENCRYPTED FILE-----\n";
        let files = [keywheel_mail::ports::Attachment { file_name: "AKIAIOSFODNN7EXAMPLE.age".to_owned(), content }];
        let text = written(&Mail { attachments: &files, ..mail() });
        let (_, file) =
            text.split_once("Content-Disposition: attachment; filename=\"AKIAIOSFODNN7EXAMPLE.age\"").unwrap();
        assert!(file.contains("Content-Transfer-Encoding: base64"), "{file}");
        assert!(file.contains("LS0tLS1CRUdJTiBBR0UgRU5DUllQVEVEIEZJTEUtLS0tLQo="), "{file}");
        assert!(text.contains("multipart/mixed") && text.contains("multipart/alternative"), "{text}");
    }

    #[test]
    fn no_value_makes_a_header_of_its_own() {
        let hostile = "x\r\nBcc: mallory@example.com";
        let text =
            written(&Mail { subject: hostile, headers: &[("X-Note", "x\r\nBcc: mallory@example.com")], ..mail() });
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
        for wrong in ["owner@example.com\r\nBcc: mallory@example.com", "a@example.com, b@example.com"] {
            assert!(message(&Mail { to: wrong, ..mail() }, "<1@example.com>").is_err(), "{wrong:?}");
        }
    }
}
