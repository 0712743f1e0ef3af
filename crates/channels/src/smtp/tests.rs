//! Servers that take their time, and one that says more than it was asked.

use keywheel_mail::ports::Urgency;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use super::*;
use crate::CredentialUnreadable;

const MAIL: Mail<'_> = Mail {
    from: "keys@example.com",
    reply_to: None,
    to: "owner@example.com",
    subject: "Access keys",
    html: "<p>hello</p>",
    text: "hello",
    headers: &[],
    attachments: &[],
    urgency: Urgency::Routine,
};

struct Kept;

impl CredentialStore for Kept {
    async fn read(&self) -> Result<SecretString, CredentialUnreadable> {
        Ok(r#"{"username":"keywheel","password":"hush"}"#.to_owned().into())
    }

    fn place(&self) -> String {
        "ssm:/keywheel/smtp".to_owned()
    }
}

/// What becomes of a mail to a server that does this with each connection.
async fn sent_to<F: Future<Output = ()>>(tls: SmtpTls, serve: impl Fn(TcpStream) -> F) -> Delivery {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mailer = SmtpMailer::new(SmtpServer { host: "127.0.0.1".to_owned(), port, tls }, Kept);
    let served = async {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream).await;
        }
    };
    tokio::select! {
        delivery = mailer.send(&MAIL) => delivery,
        () = served => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_may_take_minutes_for_an_answer() {
    let began = Instant::now();
    let delivery = sent_to(SmtpTls::StartTls, async |mut stream| {
        sleep(Duration::from_secs(200)).await;
        stream.write_all(b"554 5.7.1 your address is on a list\r\n").await.unwrap();
    });
    let Delivery::Deferred { why } = delivery.await else { panic!("not deferred") };
    assert!(why.contains("554") && began.elapsed() < Duration::from_mins(4), "{why}, {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_ends_a_try_after_five_minutes_and_there_is_no_other() {
    for tls in [SmtpTls::Implicit, SmtpTls::StartTls] {
        let began = Instant::now();
        let delivery = sent_to(tls, async |stream| {
            sleep(Duration::from_hours(1)).await;
            drop(stream);
        });
        let Delivery::Deferred { why } = delivery.await else { panic!("not deferred") };
        assert!(why.contains("no answer in time"), "{why}");
        assert_eq!(began.elapsed().as_secs(), WHOLE.as_secs());
    }
}

#[tokio::test]
async fn what_is_said_before_tls_is_no_answer_after_it() {
    let delivery = sent_to(SmtpTls::StartTls, async |stream| {
        let mut stream = BufReader::new(stream);
        let mut asked = String::new();
        stream.write_all(b"220 mail\r\n").await.unwrap();
        stream.read_line(&mut asked).await.unwrap();
        stream.write_all(b"250-mail\r\n250 STARTTLS\r\n").await.unwrap();
        stream.read_line(&mut asked).await.unwrap();
        let forged = b"220 go\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n";
        stream.write_all(forged).await.unwrap();
        // The handshake begins, and is left alone.
        stream.fill_buf().await.unwrap();
    });
    let Delivery::Deferred { why } = delivery.await else { panic!("not deferred") };
    assert!(why.contains("corrupt message"), "the handshake did not meet the forged answers: {why}");
}
