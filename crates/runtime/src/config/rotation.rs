//! What key-rotation is told.

use keywheel_core::policy::{ForeignInactiveKeys, InvalidPeriods, Mode, Periods, Policy, Selection, UnusedKeys};
use keywheel_core::time::Days;
use keywheel_engine::deployment::{ExternalId, MemberRole, ParameterOptions, SecretOptions};

use super::reader::{InvalidConfiguration, Reader};
use super::variable::{self, INACTIVE_BUFFER, INACTIVE_PERIOD, ROTATION_PERIOD};
use super::{StateLocation, ack_bucket, check_log_level, parameters, parse, secrets};

/// What key-rotation is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationConfig {
    /// The most that a run may do.
    pub mode: Mode,
    /// The deployment's policy.
    pub policy: Policy,
    /// The role to assume in each account; none means own credentials, and the own account only.
    pub member_role: Option<MemberRole>,
    /// The IAM group whose members are left alone.
    pub exemption_group: Option<String>,
    /// A further tag that holds an owner's address.
    pub owner_tag: Option<String>,
    /// Gets a copy of every notice.
    pub security_email: Option<String>,
    /// The domains, in lower case, to which tags may direct mail; empty means any.
    pub email_domains: Vec<String>,
    /// Whether new pairs are attached, encrypted, to the mails of those key owners whose tag asks for it.
    pub encrypted_delivery: bool,
    /// Where and how secrets are kept.
    pub secrets: SecretOptions,
    /// ARN patterns of those who may also read the secrets.
    pub secret_readers: Vec<String>,
    /// Parameters of users whom the hub's list names.
    pub parameters: Option<ParameterOptions>,
    /// The bucket in which hosts acknowledge.
    pub ack_bucket: Option<String>,
    /// Where ledgers, results and records of notices live.
    pub state: StateLocation,
    /// The name or ARN of notification.
    pub notification_function: String,
    /// The name or ARN of the EventBridge bus that gets an event for every completed step.
    pub event_bus: Option<String>,
}

impl RotationConfig {
    /// Reads the variables of key-rotation.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidConfiguration> {
        let mut reader = Reader::new(&lookup);
        check_log_level(&mut reader);
        let mode = reader.value(&variable::RUN_MODE, parse::mode);
        let policy = policy(&mut reader);
        let member_role = member_role(&mut reader);
        let exemption_group =
            reader.optional(&variable::EXEMPTION_GROUP, parse::matching(1..=128, parse::iam_character));
        let owner_tag = reader.optional(&variable::OWNER_TAG, parse::tag_key(128));
        let security_email = reader.optional(&variable::SECURITY_EMAIL, parse::email);
        let email_domains = reader.optional(&variable::EMAIL_DOMAINS, parse::list(parse::domain));
        let switch = parse::one_of(&[("on", true), ("off", false)]);
        let encrypted_delivery = reader.value(&variable::ENCRYPTED_DELIVERY, switch);
        let secrets = secrets::read(&mut reader);
        let secret_readers = reader.optional(&variable::SECRET_READERS, parse::list(parse::reader_arn));
        let parameters = parameters::read(&mut reader);
        let state = StateLocation::read(&mut reader);
        let notification_function = reader.value(&variable::NOTIFICATION_FUNCTION, parse::function);
        let event_bus = reader.optional(&variable::EVENT_BUS, parse::event_bus);
        let acknowledgements = acknowledgements(&mut reader, state.as_ref());
        reader.finish(|| {
            let parameters = parameters?;
            let (ack_bucket, ack_forget_after) = acknowledgements?;
            Some(Self {
                mode: mode?,
                policy: Policy { parameters: parameters.is_some(), ack_forget_after, ..policy? },
                member_role: member_role?,
                exemption_group: exemption_group?,
                owner_tag: owner_tag?,
                security_email: security_email?,
                email_domains: email_domains?.unwrap_or_default(),
                encrypted_delivery: encrypted_delivery?,
                secrets: secrets?,
                secret_readers: secret_readers?.unwrap_or_default(),
                parameters,
                ack_bucket,
                state: state?,
                notification_function: notification_function?,
                event_bus: event_bus?,
            })
        })
    }
}

#[allow(clippy::option_option, reason = "the outer option is the reader's: none means that a problem was noted")]
fn member_role(reader: &mut Reader<'_>) -> Option<Option<MemberRole>> {
    let external_id = reader.optional(&variable::MEMBER_ROLE_EXTERNAL_ID, parse::external_id);
    let name = reader.optional(&variable::MEMBER_ROLE_NAME, parse::role_name);
    if !reader.is_set(&variable::MEMBER_ROLE_NAME) && reader.is_set(&variable::MEMBER_ROLE_EXTERNAL_ID) {
        let why = "MEMBER_ROLE_EXTERNAL_ID is set and MEMBER_ROLE_NAME is not, so there is no role to send it for; set both or neither";
        reader.problem(&variable::MEMBER_ROLE_EXTERNAL_ID, why);
        return None;
    }
    let external_id = external_id?.map(ExternalId::new);
    Some(name?.map(|name| MemberRole { name, external_id }))
}

/// The bucket in which hosts acknowledge, and after how long a silent one is forgotten.
fn acknowledgements(reader: &mut Reader<'_>, state: Option<&StateLocation>) -> Option<(Option<String>, Option<Days>)> {
    let bucket = ack_bucket(reader, state);
    let forget_after = reader.value(&variable::ACK_FORGET_AFTER, parse::days(1..=36_500));
    let (bucket, forget_after) = (bucket?, forget_after?);
    let forget_after = bucket.is_some().then_some(forget_after);
    Some((bucket, forget_after))
}

fn policy(reader: &mut Reader<'_>) -> Option<Policy> {
    let periods = periods(reader);
    let warn_days = reader.value(&variable::WARN_DAYS, parse::warn_days);
    let last_used_threshold = reader.value(&variable::LAST_USED_THRESHOLD, parse::days(0..=36_500));
    let max_hold = reader.value(&variable::MAX_HOLD, parse::days_or_none(1..=36_500));
    let unused_after = reader.value(&variable::UNUSED_AFTER, parse::days(1..=36_500));
    let unused_keys = [("retire", UnusedKeys::Retire), ("rotate", UnusedKeys::Rotate)];
    let unused_keys = reader.value(&variable::UNUSED_KEYS, parse::one_of(&unused_keys));
    let foreign = [("keep", ForeignInactiveKeys::Keep), ("delete", ForeignInactiveKeys::Delete)];
    let foreign_inactive_keys = reader.value(&variable::FOREIGN_INACTIVE_KEYS, parse::one_of(&foreign));
    let selection = [("all", Selection::All), ("tagged", Selection::Tagged)];
    let selection = reader.value(&variable::SELECTION, parse::one_of(&selection));
    let user_path = reader.value(&variable::USER_PATH, parse::user_path);
    let tag_prefix = reader.value(&variable::TAG_PREFIX, parse::tag_key(100));
    let require_notice = reader.value(&variable::REQUIRE_NOTICE, parse::boolean);
    let max_changes = reader.value(&variable::MAX_CHANGES, parse::number(1..=100_000));
    let housekeeping_after = reader.value(&variable::HOUSEKEEPING_AFTER, parse::housekeeping);
    let freeze = reader.optional(&variable::FREEZE, parse::freeze);
    Some(Policy {
        periods: periods?,
        warn_days: warn_days?,
        last_used_threshold: last_used_threshold?,
        max_hold: max_hold?,
        unused_after: unused_after?,
        unused_keys: unused_keys?,
        foreign_inactive_keys: foreign_inactive_keys?,
        selection: selection?,
        user_path: user_path?,
        tag_prefix: tag_prefix?,
        require_notice: require_notice?,
        max_changes: usize::try_from(max_changes?).ok()?,
        freeze: freeze?.unwrap_or_default(),
        parameters: false,
        ack_forget_after: None,
        housekeeping_after: housekeeping_after?,
    })
}

/// The three periods; that they follow one another can be said only once each of them can be read.
fn periods(reader: &mut Reader<'_>) -> Option<Periods> {
    // Zero is read here so that core's own message, which explains it, is the one shown.
    let mut days = |variable| reader.value(variable, parse::days(0..=36_500));
    let (rotation, inactive, buffer) = (days(&ROTATION_PERIOD), days(&INACTIVE_PERIOD), days(&INACTIVE_BUFFER));
    let (rotation, inactive, buffer): (Days, Days, Days) = (rotation?, inactive?, buffer?);
    let periods = Periods::new(rotation, inactive, buffer);
    periods.map_err(|wrong| reader.problem(to_blame(&wrong), &wrong.to_string())).ok()
}

fn to_blame(wrong: &InvalidPeriods) -> &'static variable::Variable {
    match wrong {
        InvalidPeriods::ZeroRotation => &ROTATION_PERIOD,
        InvalidPeriods::InactiveNotAboveRotation { .. } => &INACTIVE_PERIOD,
        InvalidPeriods::BufferNotAboveInactive { .. } => &INACTIVE_BUFFER,
    }
}
