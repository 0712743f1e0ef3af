//! The form that Mailgun takes a mail as: `multipart/form-data` (RFC 7578).

use keywheel_mail::ports::Mail;

/// A form, written.
pub(super) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    pub(super) fn of(mail: &Mail<'_>) -> Self {
        // At random and long, so that no field holds it.
        let mut form = Self { boundary: format!("keywheel-{:032x}", fastrand::u128(..)), body: Vec::new() };
        form.field("from", mail.from);
        form.field("to", mail.to);
        form.field("subject", &without_variables(mail.subject));
        form.field("text", &without_variables(mail.text));
        form.field("html", &without_variables(mail.html));
        if let Some(address) = mail.reply_to {
            form.field("h:Reply-To", address);
        }
        for (name, value) in mail.headers {
            form.field(&format!("h:{name}"), value);
        }
        for file in mail.attachments {
            form.file(&file.file_name, file.content);
        }
        // Links stay as they are, and the mail goes over TLS or not at all.
        form.field("o:tracking", "no");
        form.field("o:require-tls", "yes");
        form.line(&format!("--{}--", form.boundary));
        form
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(super) fn body(&self) -> Vec<u8> {
        self.body.clone()
    }

    fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("--{}", self.boundary));
        self.line(&format!("Content-Disposition: form-data; name=\"{name}\""));
        self.line("");
        self.line(value);
    }

    fn file(&mut self, name: &str, content: &str) {
        self.line(&format!("--{}", self.boundary));
        self.line(&format!("Content-Disposition: form-data; name=\"attachment\"; filename=\"{name}\""));
        self.line("Content-Type: application/octet-stream");
        self.line("");
        self.line(content);
    }

    fn line(&mut self, text: &str) {
        self.body.extend_from_slice(text.as_bytes());
        self.body.extend_from_slice(b"\r\n");
    }
}

/// The text with a word joiner in what Mailgun would take for a variable of its own, such as `%unsubscribe_url%`: whoever names an account
/// could have the reader unsubscribe from all notices (<https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/tracking-unsubscribes>;
/// there is no option against it). Percent signs of styles and of encoded links stay as they are.
fn without_variables(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        kept.push_str(before);
        kept.push('%');
        if begins_a_variable(after) {
            kept.push('\u{2060}');
        }
        rest = after;
    }
    kept + rest
}

fn begins_a_variable(after: &str) -> bool {
    let Some((name, _)) = after.split_once('%') else { return false };
    let is_encoded = name.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    !is_encoded && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c)) && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use keywheel_mail::ports::{Attachment, Urgency};

    use super::*;

    #[test]
    fn a_name_is_no_variable_of_mailguns() {
        for name in ["unsubscribe_url", "tag_unsubscribe_url", "mailing_list_unsubscribe_url", "recipient.first"] {
            let broken = without_variables(&format!("a %{name}% b %%{name}%%"));
            assert!(!broken.contains(&format!("%{name}%")), "{broken}");
            assert!(broken.replace('\u{2060}', "") == format!("a %{name}% b %%{name}%%"), "{broken}");
        }
        for kept in [
            "<td width=\"100%\" style=\"width:100%;\">",
            "50% of 100%",
            "https://x/?q=%C3%A4bc%20d",
            "date +%Y",
            "%",
            "%%",
        ] {
            assert_eq!(without_variables(kept), kept);
        }
        let mail = Mail {
            from: "keys@example.com",
            reply_to: None,
            to: "owner@example.com",
            subject: "%unsubscribe_url%",
            html: "%unsubscribe_url%",
            text: "%unsubscribe_url%",
            headers: &[],
            attachments: &[],
            urgency: Urgency::Routine,
        };
        let body = String::from_utf8(Form::of(&mail).body()).unwrap();
        assert!(!body.contains("%unsubscribe_url%") && body.matches("unsubscribe_url").count() == 3, "{body}");
    }

    #[test]
    fn a_file_is_a_part_with_a_name_and_arrives_byte_by_byte() {
        let files = [Attachment { file_name: "AKIAIOSFODNN7EXAMPLE.age".to_owned(), content: "-----BEGIN\nline\n" }];
        let mail = Mail {
            from: "keys@example.com",
            reply_to: None,
            to: "owner@example.com",
            subject: "Access keys",
            html: "<p>hello</p>",
            text: "hello",
            headers: &[],
            attachments: &files,
            urgency: Urgency::Routine,
        };
        let text = |mail: &Mail<'_>| String::from_utf8(Form::of(mail).body()).unwrap();
        let disposition = "Content-Disposition: form-data; name=\"attachment\"; filename=\"AKIAIOSFODNN7EXAMPLE.age\"";
        let part =
            format!("{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN\nline\n\r\n--keywheel-");
        assert!(text(&mail).contains(&part), "{}", text(&mail));
        assert!(!text(&Mail { attachments: &[], ..mail }).contains("attachment"));
    }
}
