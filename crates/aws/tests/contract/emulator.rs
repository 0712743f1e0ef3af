//! The two emulators, and a new account for each test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use keywheel_aws::{Session, load_config_with};
use keywheel_core::id::AccountId;

/// Runs each test on both emulators.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod ministack {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::emulator::Account::on_ministack().await).await;
            })+
        }
        mod moto {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::emulator::Account::on_moto().await).await;
            })+
        }
    };
}

/// Runs each test on ministack alone: what it is about does not exist in moto.
macro_rules! on_ministack {
    ($($test:ident),+ $(,)?) => {
        mod ministack_alone {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::emulator::Account::on_ministack().await).await;
            })+
        }
    };
}

pub(crate) use {on_both, on_ministack};

/// A new account and the credentials of its root, or of somebody who may do everything.
pub(crate) struct Account {
    pub(crate) config: SdkConfig,
    pub(crate) id: AccountId,
    pub(crate) is_moto: bool,
}

impl Account {
    /// A twelve-digit access key id is that account's root.
    pub(crate) async fn on_ministack() -> Self {
        static SHORT_PAGES: OnceLock<()> = OnceLock::new();
        let url = url_of("KEYWHEEL_TEST_MINISTACK");
        SHORT_PAGES.get_or_init(|| post(&url, "/_stage/settings", r#"{"set":{"short_pages":true}}"#));
        let id = new_account_id();
        Self { config: config(&url, id.as_str()).await, id, is_moto: false }
    }

    /// moto lets everybody into every account through AssumeRole.
    pub(crate) async fn on_moto() -> Self {
        let id = new_account_id();
        let config = config(&url_of("KEYWHEEL_TEST_MOTO"), "AKIAIOSFODNN7EXAMPLE").await;
        let session = Session::of_role(&config, &format!("arn:aws:iam::{id}:role/tests"), None, "tests").await.unwrap();
        Self { config: session.config, id, is_moto: true }
    }

    /// The same emulator in the name of somebody else.
    pub(crate) fn as_somebody(&self, access_key_id: &str, secret: &str) -> SdkConfig {
        let credentials = Credentials::new(access_key_id, secret, None, None, "test");
        let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
        self.config.to_builder().credentials_provider(provider).build()
    }
}

/// A name that no other test uses.
pub(crate) fn unique(prefix: &str) -> String {
    format!("{prefix}-{:012x}", fastrand::u64(..1 << 48))
}

fn new_account_id() -> AccountId {
    fastrand::u64(100_000_000_000..1_000_000_000_000).to_string().parse().unwrap()
}

fn url_of(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: it says where the emulator listens. Run `cargo xtask test`, which starts both emulators")
    })
}

async fn config(url: &str, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "test", None, None, "test");
    let choose = |loader: aws_config::ConfigLoader| {
        loader.region(Region::new("eu-central-1")).endpoint_url(url).credentials_provider(credentials)
    };
    load_config_with(choose).await.unwrap()
}

fn post(url: &str, path: &str, body: &str) {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
