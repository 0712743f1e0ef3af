//! Credentials that somebody keeps for this function: read once, and again after they were refused.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

/// Where a credential is kept.
pub trait CredentialStore: Send + Sync {
    /// The credential's text.
    ///
    /// # Errors
    /// Fails when it cannot be read; the error has nothing of it.
    fn read(&self) -> impl Future<Output = Result<SecretString, CredentialUnreadable>> + Send;

    /// Where that is, for errors.
    fn place(&self) -> String;
}

/// A credential that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the credentials in {place} cannot be read: {why}")]
pub struct CredentialUnreadable {
    /// Where they are kept.
    pub place: String,
    /// What is wrong; nothing of the credentials.
    pub why: String,
}

/// A credential, as far as it was read.
pub(crate) struct Credential<S, T> {
    store: S,
    form: &'static str,
    known: Mutex<Option<Arc<T>>>,
}

impl<S: CredentialStore, T: DeserializeOwned> Credential<S, T> {
    /// `form` is what the text has to look like.
    pub(crate) fn new(store: S, form: &'static str) -> Self {
        Self { store, form, known: Mutex::default() }
    }

    /// The credential, read now unless it was read before.
    pub(crate) async fn get(&self) -> Result<Arc<T>, CredentialUnreadable> {
        let mut known = self.known.lock().await;
        if let Some(credential) = known.as_ref() {
            return Ok(Arc::clone(credential));
        }
        let text = self.store.read().await?;
        // serde's error may quote what it cannot read.
        let read: T = serde_json::from_str(text.expose_secret()).map_err(|_| CredentialUnreadable {
            place: self.store.place(),
            why: format!("the text is not JSON of the form {}", self.form),
        })?;
        Ok(Arc::clone(known.insert(Arc::new(read))))
    }

    /// Forgets one that was refused, unless another was read meanwhile.
    pub(crate) async fn forget(&self, refused: &Arc<T>) {
        let mut known = self.known.lock().await;
        if known.as_ref().is_some_and(|known| Arc::ptr_eq(known, refused)) {
            *known = None;
        }
    }
}

impl<S, T> std::fmt::Debug for Credential<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Key {
        api_key: SecretString,
    }

    struct Rotating(&'static str, AtomicUsize);

    impl CredentialStore for Rotating {
        async fn read(&self) -> Result<SecretString, CredentialUnreadable> {
            let number = self.1.fetch_add(1, Ordering::Relaxed);
            Ok(self.0.replace('#', &number.to_string()).into())
        }

        fn place(&self) -> String {
            "ssm:/keywheel/mail".to_owned()
        }
    }

    #[tokio::test]
    async fn a_credential_is_read_once_and_again_after_it_was_refused() {
        let store = Rotating(r#"{"api_key":"hush-#"}"#, AtomicUsize::new(0));
        let credential = Credential::<_, Key>::new(store, "");
        let first = credential.get().await.unwrap();
        assert!(Arc::ptr_eq(&first, &credential.get().await.unwrap()));
        credential.forget(&first).await;
        let second = credential.get().await.unwrap();
        assert_eq!(second.api_key.expose_secret(), "hush-1");
        credential.forget(&first).await;
        assert!(Arc::ptr_eq(&second, &credential.get().await.unwrap()));
        assert!(!format!("{credential:?}{second:?}").contains("hush"));
    }

    #[tokio::test]
    async fn what_is_no_credential_is_not_quoted() {
        for text in ["hush-#", r#""hush-#""#, r#"{"password":"hush-#"}"#, r#"{"api_key":["hush-#"]}"#] {
            let credential = Credential::<_, Key>::new(Rotating(text, AtomicUsize::new(0)), r#"{"api_key":"…"}"#);
            let error = credential.get().await.unwrap_err().to_string();
            assert!(error.contains("ssm:/keywheel/mail") && error.contains("api_key\":\"…\""), "{error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
