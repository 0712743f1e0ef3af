//! An IAM that lets so many calls through in a span of time and throttles the others, as AWS does with a bucket of tokens per account.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::local::lock;
use crate::operation::Operation;
use crate::wire::Message;

const SPAN: Duration = Duration::from_millis(100);
const ANSWER: &str = "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>Throttling</Code>\
                      <Message>Rate exceeded</Message></Error><RequestId>throttled</RequestId></ErrorResponse>";

/// Counts the calls to IAM.
pub(super) struct Throttle {
    per_span: u32,
    state: Mutex<State>,
}

struct State {
    began: Instant,
    passed: u32,
    refused: u32,
}

impl Throttle {
    /// Lets so many calls through every 100 ms.
    pub(super) fn new(per_span: u32) -> Self {
        Self { per_span, state: Mutex::new(State { began: Instant::now(), passed: 0, refused: 0 }) }
    }

    /// The refusal, where the call is one too many.
    pub(super) fn answer(&self, operation: &Operation) -> Option<Message> {
        if operation.service != "iam" {
            return None;
        }
        let mut state = lock(&self.state);
        if state.began.elapsed() >= SPAN {
            (state.began, state.passed) = (Instant::now(), 0);
        }
        if state.passed < self.per_span {
            state.passed += 1;
            return None;
        }
        state.refused += 1;
        Some(Message::answer("400 Bad Request", &[("Content-Type", "text/xml")], ANSWER.as_bytes()))
    }

    /// How many calls were refused.
    pub(super) fn refused(&self) -> u32 {
        lock(&self.state).refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_a_span_is_refused_and_other_services_are_not() {
        let of = |service: &str| {
            let name = "ListAccessKeys".to_owned();
            Operation { service: service.to_owned(), name, signer: String::new() }
        };
        let throttle = Throttle::new(2);
        let refused = (0..5).filter(|_| throttle.answer(&of("iam")).is_some()).count();
        assert!((1..=3).contains(&refused), "{refused}");
        assert_eq!(throttle.refused(), u32::try_from(refused).unwrap());
        assert!((0..5).all(|_| throttle.answer(&of("s3")).is_none()));
    }
}
