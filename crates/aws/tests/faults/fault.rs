//! The ways in which a call to AWS fails.

use crate::answer::Answer;

/// How one call fails, at every attempt unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// AWS refuses for the rate, for good.
    Throttled,
    /// AWS answers 500 and does nothing.
    Failed,
    /// AWS refuses for lack of permission.
    Denied,
    /// Nothing arrives, and no answer comes.
    TimedOut,
    /// The first attempt takes effect and the connection breaks; what the SDK sends again is served as AWS would.
    EffectThenBroken,
    /// The first attempt takes effect and 500 is answered; what the SDK sends again is served as AWS would.
    EffectThenFailed,
    /// Every attempt takes effect, and no answer ever comes.
    EffectThenSilence,
}

impl Way {
    /// Every way.
    pub(crate) const ALL: [Self; 7] = [
        Self::Throttled,
        Self::Failed,
        Self::Denied,
        Self::TimedOut,
        Self::EffectThenBroken,
        Self::EffectThenFailed,
        Self::EffectThenSilence,
    ];

    /// Whether a call that only reads is not told from one that fails in another way.
    pub(crate) fn is_of_writes(self) -> bool {
        matches!(self, Self::EffectThenFailed | Self::EffectThenSilence)
    }
}

/// What the wire does with an attempt.
pub(crate) enum Fate {
    /// It is served.
    Served,
    /// It is answered so, without effect.
    Answered(Answer),
    /// It does not arrive, and nothing comes back.
    Vanished,
    /// It takes effect, and the connection breaks.
    ServedThenBroken,
    /// It takes effect, and is answered so.
    ServedThenAnswered(Answer),
    /// It takes effect, and nothing comes back.
    ServedThenSilence,
}

impl Way {
    /// What becomes of an attempt, counted from 1, of a call that fails in this way.
    pub(crate) fn fate(self, service: &str, attempt: u32) -> Fate {
        match self {
            Way::Throttled => Fate::Answered(throttled(service)),
            Way::Failed => Fate::Answered(failed(service)),
            Way::Denied => Fate::Answered(denied(service)),
            Way::TimedOut => Fate::Vanished,
            Way::EffectThenBroken if attempt == 1 => Fate::ServedThenBroken,
            Way::EffectThenFailed if attempt == 1 => Fate::ServedThenAnswered(failed(service)),
            Way::EffectThenBroken | Way::EffectThenFailed => Fate::Served,
            Way::EffectThenSilence => Fate::ServedThenSilence,
        }
    }
}

fn throttled(service: &str) -> Answer {
    let (status, code) = match service {
        "s3" => (503, "SlowDown"),
        "secretsmanager" => (400, "ThrottlingException"),
        "lambda" => (429, "TooManyRequestsException"),
        _ => (400, "Throttling"),
    };
    Answer::error(service, status, code, "Rate exceeded")
}

fn failed(service: &str) -> Answer {
    let code = match service {
        "s3" => "InternalError",
        "secretsmanager" => "InternalServiceError",
        "lambda" => "ServiceException",
        _ => "ServiceFailure",
    };
    Answer::error(service, 500, code, "The request processing has failed because of an unknown error")
}

fn denied(service: &str) -> Answer {
    let (status, code) = match service {
        "secretsmanager" => (400, "AccessDeniedException"),
        "lambda" => (403, "AccessDeniedException"),
        _ => (403, "AccessDenied"),
    };
    Answer::error(service, status, code, "not authorized to perform the action")
}
