//! Tries again what was refused for the moment.

use std::time::Duration;

use keywheel_mail::ports::Delivery;
use tokio::time::Instant;

/// The pauses between the tries, in seconds: together far less than the function's 15 minutes. What takes longer is for the next run.
const PAUSES: [u64; 3] = [1, 4, 15];

/// No try begins later than this after the first: with the longest try there is, that ends well within the function's 15 minutes.
const LAST_BEGINS: Duration = Duration::from_mins(5);

/// What became of one try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Try {
    /// It is over.
    Over(Delivery),
    /// The server asked to come back; nothing was taken.
    Later(String),
    /// The credentials were refused.
    Refused(String),
}

/// Tries until it is over, or the pauses are: then the mail is deferred. Credentials that are refused are read anew, once.
pub(crate) async fn repeat<F>(attempt: impl Fn() -> F) -> Delivery
where
    F: Future<Output = Try>,
{
    repeat_with(attempt, tokio::time::sleep).await
}

async fn repeat_with<F, P>(attempt: impl Fn() -> F, sleep: impl Fn(Duration) -> P) -> Delivery
where
    F: Future<Output = Try>,
    P: Future<Output = ()>,
{
    let mut pauses = PAUSES.into_iter();
    let (mut was_refused, began) = (false, Instant::now());
    loop {
        match attempt().await {
            Try::Over(delivery) => return delivery,
            Try::Refused(why) | Try::Later(why) if began.elapsed() >= LAST_BEGINS => return Delivery::Deferred { why },
            Try::Refused(why) if was_refused => return Delivery::Deferred { why },
            Try::Refused(_) => was_refused = true,
            Try::Later(why) => match pauses.next() {
                Some(seconds) => {
                    let pause = Duration::from_secs(seconds).mul_f64(0.5 + fastrand::f64() / 2.0);
                    sleep(pause).await;
                }
                None => return Delivery::Deferred { why },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What comes of these endings, of which the last one stays; how many tries there were, and how long the pauses were.
    async fn tried(endings: Vec<Try>) -> (Delivery, usize, Duration) {
        let (endings, tries, slept) = (RefCell::new(endings), RefCell::new(0), RefCell::new(Duration::ZERO));
        let attempt = || {
            *tries.borrow_mut() += 1;
            let mut endings = endings.borrow_mut();
            let again = match &endings[0] {
                Try::Over(delivery) => Try::Over(delivery.clone()),
                Try::Later(why) => Try::Later(why.clone()),
                Try::Refused(why) => Try::Refused(why.clone()),
            };
            std::future::ready(if endings.len() > 1 { endings.remove(0) } else { again })
        };
        let sleep = |pause| {
            *slept.borrow_mut() += pause;
            std::future::ready(())
        };
        let delivery = repeat_with(attempt, sleep).await;
        (delivery, tries.into_inner(), slept.into_inner())
    }

    fn sent() -> Delivery {
        Delivery::Sent { message_id: "1".to_owned() }
    }

    fn deferred(why: &str) -> Delivery {
        Delivery::Deferred { why: why.to_owned() }
    }

    fn later() -> Try {
        Try::Later("busy".to_owned())
    }

    fn refused() -> Try {
        Try::Refused("535".to_owned())
    }

    #[tokio::test]
    async fn what_is_refused_for_the_moment_is_tried_four_times_within_seconds() {
        let (delivery, tries, slept) = tried(vec![later()]).await;
        assert_eq!((delivery, tries), (deferred("busy"), 4));
        let longest = Duration::from_secs(PAUSES.iter().sum());
        assert!(slept >= longest / 2 && slept <= longest, "{slept:?}");
        let (delivery, tries, _) = tried(vec![later(), Try::Over(sent())]).await;
        assert_eq!((delivery, tries), (sent(), 2));
    }

    #[tokio::test]
    async fn refused_credentials_are_tried_twice_and_no_more() {
        for (endings, expected) in [
            (vec![refused(), Try::Over(sent())], (sent(), 2)),
            (vec![refused()], (deferred("535"), 2)),
            (vec![refused(), later(), refused()], (deferred("535"), 3)),
        ] {
            let (delivery, tries, slept) = tried(endings).await;
            assert_eq!((delivery, tries), expected);
            assert!(tries == 3 || slept == Duration::ZERO, "{slept:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tries_that_take_minutes_are_fewer() {
        let tries = RefCell::new(0);
        let attempt = async || {
            *tries.borrow_mut() += 1;
            tokio::time::advance(Duration::from_secs(200)).await;
            later()
        };
        assert_eq!(repeat(attempt).await, deferred("busy"));
        assert_eq!(tries.into_inner(), 2);
    }
}
