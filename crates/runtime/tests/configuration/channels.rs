//! How and to whom things are told.

use keywheel_runtime::config::mailer::MailerConfig;

use crate::support::{message, notification, refused, rotation};

#[test]
fn a_mailer_has_all_it_needs_and_nothing_of_another() {
    assert_eq!(refused(notification(&[("MAILER", "smtp")])), ["SMTP_HOST", "SMTP_CREDENTIALS"]);
    let needed = ["MAILGUN_DOMAIN", "MAILGUN_REGION", "MAILGUN_CREDENTIALS"];
    assert_eq!(refused(notification(&[("MAILER", "mailgun")])), needed);
    assert_eq!(refused(notification(&[("MAILER", "sendmail")])), ["MAILER"]);
    let text = message(notification(&[("SMTP_HOST", "smtp.example.com")]));
    assert!(text.contains("MAILER=smtp alone"), "{text}");
    let smtp = [("MAILER", "smtp"), ("SMTP_HOST", "smtp.example.com"), ("SMTP_CREDENTIALS", "ssm:/keywheel/smtp")];
    let port = |more: &[(&'static str, &'static str)]| match notification(&[&smtp[..], more].concat()).unwrap().mailer {
        MailerConfig::Smtp { port, .. } => port,
        other => panic!("{other:?}"),
    };
    assert_eq!([port(&[]), port(&[("SMTP_TLS", "starttls")]), port(&[("SMTP_PORT", "2525")])], [465, 587, 2525]);
    for (name, wrong) in [
        ("SMTP_TLS", "none"),
        ("SMTP_PORT", "0"),
        ("SMTP_HOST", "smtp://x"),
        ("SMTP_CREDENTIALS", "hunter2"),
        ("SMTP_CREDENTIALS", "ssm:"),
        ("SMTP_CREDENTIALS", "secretsmanager:a b"),
        ("CONFIGURATION_SET", "keywheel"),
    ] {
        assert_eq!(refused(notification(&[&smtp[..], &[(name, wrong)]].concat())), [name], "{wrong:?}");
    }
}

#[test]
fn the_mailgun_key_goes_nowhere_without_tls() {
    let mailgun = |endpoint| {
        let settings = [("MAILER", "mailgun"), ("MAILGUN_DOMAIN", "mg.example.com"), ("MAILGUN_REGION", "eu")];
        let more = [("MAILGUN_CREDENTIALS", "secretsmanager:keywheel/mailgun"), ("MAILGUN_ENDPOINT_URL", endpoint)];
        notification(&[&settings[..], &more].concat())
    };
    for good in ["https://api.mailgun.example", "https://localhost:8443", "http://127.0.0.1:8080", "http://localhost"] {
        assert!(mailgun(good).is_ok(), "{good}");
    }
    for wrong in ["http://api.mailgun.net", "http://127.0.0.1.example.com", "https://user@host", "ftp://localhost", "x"]
    {
        assert_eq!(refused(mailgun(wrong)), ["MAILGUN_ENDPOINT_URL"], "{wrong}");
    }
}

#[test]
fn a_bus_is_a_name_or_an_arn_and_a_topic_an_arn() {
    let bus = |text| rotation(&[("EVENT_BUS", text)]).map(|config| config.event_bus.unwrap());
    for good in ["default", "aws.partner/x.y/1", "arn:aws-cn:events:cn-north-1:111122223333:event-bus/keywheel"] {
        assert_eq!(bus(good).unwrap(), good);
    }
    for wrong in ["a bus", "arn:aws:events:eu-central-1:1111:event-bus/x", "arn:aws:sns:eu-central-1:111122223333:x"] {
        assert_eq!(refused(bus(wrong)), ["EVENT_BUS"], "{wrong:?}");
    }
    let topic = |text| notification(&[("SNS_TOPIC_ARN", text)]).map(|config| config.topic.unwrap());
    let good = "arn:aws:sns:eu-central-1:111122223333:keywheel-notices";
    assert_eq!(topic(good).unwrap(), good);
    for wrong in ["keywheel", "arn:aws:sqs:eu-central-1:111122223333:x", "arn:aws:sns:eu-central-1:111122223333:x.fifo"]
    {
        assert_eq!(refused(topic(wrong)), ["SNS_TOPIC_ARN"], "{wrong:?}");
    }
}

#[test]
fn addresses_that_could_direct_mail_elsewhere_are_refused() {
    for wrong in [
        "a@b@example.com",
        "a b@example.com",
        "Sec <sec@example.com>",
        "a@example.com,b@example.com",
        "@example.com",
        "a@",
        "a@example.com\r\nBcc:x@y",
        "a@-x",
    ] {
        assert_eq!(refused(rotation(&[("SECURITY_EMAIL", wrong)])), ["SECURITY_EMAIL"], "{wrong:?}");
        assert_eq!(refused(notification(&[("SENDER_EMAIL", wrong)])), ["SENDER_EMAIL"], "{wrong:?}");
        assert_eq!(refused(notification(&[("REPLY_TO", wrong)])), ["REPLY_TO"], "{wrong:?}");
    }
    let config = rotation(&[("SECURITY_EMAIL", "sec+keys@example.com"), ("EMAIL_DOMAINS", "Example.com, example.org")]);
    assert_eq!(config.unwrap().email_domains, ["example.com", "example.org"]);
    assert_eq!(refused(rotation(&[("EMAIL_DOMAINS", "@example.com")])), ["EMAIL_DOMAINS"]);
}
