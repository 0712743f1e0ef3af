use tracing::instrument::{WithDispatch, WithSubscriber};
use tracing::subscriber::NoSubscriber;

/// For calls that carry a secret half: at its finest level the SDK logs requests and answers whole.
pub trait Quietly: Future + Sized {
    /// Runs the call without any log subscriber, whatever the log level.
    fn quietly(self) -> WithDispatch<Self> {
        self.with_subscriber(NoSubscriber::new())
    }
}

impl<F: Future> Quietly for F {}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use keywheel_core::secret::{KeyPair, PreviousKey, SecretRecord, VersionId};
    use keywheel_engine::deployment::SecretOptions;
    use keywheel_engine::ports::{Iam, NewSecret, Prover, Secrets, UserAudit};
    use tracing_subscriber::filter::LevelFilter;

    use crate::wire::{Sent, Wire, json, xml};
    use crate::{AwsIam, AwsProver, AwsSecrets};

    const HALF: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn has(&self, text: &str) -> bool {
            String::from_utf8_lossy(&self.0.lock().unwrap()).contains(text)
        }
    }

    /// AWS, as far as these calls go; the list of users holds the secret half too, to show that the log would tell.
    fn wire() -> Wire {
        Wire::new(|_, sent: &Sent| match sent.header("x-amz-target") {
            Some("secretsmanager.GetSecretValue") => json(
                200,
                &format!(
                    r#"{{"VersionId":"v","SecretString":"{{\"AccessKeyId\":\"AKIAIOSFODNN7EXAMPLE\",\"SecretAccessKey\":\"{HALF}\",\"CreateDate\":\"2026-11-20T02:00:07Z\"}}"}}"#
                ),
            ),
            Some(_) => json(200, "{}"),
            None if sent.body.contains("CreateAccessKey") => xml(
                "CreateAccessKey",
                &format!(
                    "<AccessKey><UserName>alice</UserName><AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><Status>Active</Status>\
                     <SecretAccessKey>{HALF}</SecretAccessKey><CreateDate>2026-11-20T02:00:07Z</CreateDate></AccessKey>"
                ),
            ),
            None if sent.body.contains("GetCallerIdentity") => xml("GetCallerIdentity", "<Arn>arn:aws:a</Arn>"),
            None => xml("GetAccountAuthorizationDetails", &format!("<Remark>{HALF}</Remark>")),
        })
    }

    async fn publish(wire: &Wire) -> KeyPair {
        let config = wire.config();
        let pair = AwsIam::new(&config).create_access_key(&"alice".parse().unwrap()).await.unwrap();
        let secrets = AwsSecrets::new(&config, &config, SecretOptions::default());
        let (account, user) = ("111122223333".parse().unwrap(), "alice".parse().unwrap());
        let value = SecretRecord::of_new_pair(&account, &user, &pair, None::<PreviousKey>).with_secret(&pair).unwrap();
        let version = VersionId("v".to_owned());
        secrets.create(NewSecret { name: "n", description: "d", version: &version, value: &value }).await.unwrap();
        secrets.put_pending("n", &version, &value).await.unwrap();
        assert!(secrets.pair("n", &version).await.unwrap().is_some());
        secrets.previous_key("n").await.unwrap();
        AwsProver::new(&config).prove(&pair, "arn:aws:a", "n", &version).await;
        pair
    }

    #[tokio::test]
    async fn no_log_level_shows_a_secret_half() {
        let (log, wire) = (Log::default(), wire());
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        publish(&wire).await;
        assert!(!log.has(HALF), "a secret half stands in the log");
        let bodies: Vec<_> = wire.sent().into_iter().map(|sent| sent.body).collect();
        assert!(bodies.iter().filter(|body| body.contains(HALF)).count() >= 2, "no secret half was ever sent");

        AwsIam::new(&wire.config()).users().await.unwrap();
        assert!(log.has(HALF), "this log shows no bodies at all, so the test above shows nothing");
    }
}
