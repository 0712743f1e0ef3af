//! The account: what there is, and what a person can do to it. A test reads and changes it through [`crate::World::account`].

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::contract::digest::{DigestEntry, Recipient};
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::id::{AccessKeyId, AccountId, NoticeId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::observed::KeyStatus;
use keywheel_core::secret::secret_name;
use keywheel_core::time::{Days, after};
use secrecy::SecretString;

use crate::behaviour::Behaviour;
use crate::history::{Event, What, Who};
use crate::life::Habit;
use crate::parameter::Parameter;
use crate::report::Report;
use crate::secret::{Secret, Store};
use crate::state::LedgerObject;
use crate::user::{Key, User};

/// One account, as it is now.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The present.
    pub now: Timestamp,
    /// How AWS behaves.
    pub behaviour: Behaviour,
    /// The users.
    pub users: BTreeMap<UserName, User>,
    /// The groups and their members.
    pub groups: BTreeMap<String, BTreeSet<UserName>>,
    /// The secrets, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// Secrets that stayed in the store from which the deployment moved, once the user has one in the other.
    pub left_secrets: BTreeMap<String, Secret>,
    /// Where new secrets are made.
    pub store: Store,
    /// Further Regions in which secrets are to be.
    pub replica_regions: BTreeSet<String>,
    /// Whether secrets in the other store are found.
    pub knows_other_store: bool,
    /// What notification recorded.
    pub notices: BTreeMap<NoticeId, SentNotice>,
    /// Every mail entry that was sent.
    pub mails: Vec<Mail>,
    /// What became of keys.
    pub history: Vec<Event>,
    /// The names for which pairs can be encrypted.
    pub recipients: BTreeSet<String>,
    /// The parameters, by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// The hub's list of who gets a parameter; none where parameters are not switched on.
    pub parameter_list: Option<String>,
    /// What hosts acknowledge: objects by key.
    pub acknowledgements: BTreeMap<String, Vec<u8>>,
    /// When S3 says that they were written; now, where nothing is here.
    pub acknowledgements_written: BTreeMap<String, Timestamp>,
    /// How many nights there have been.
    pub night: u32,
    pub(crate) report: Option<Report>,
    pub(crate) ledger: Option<LedgerObject>,
    pub(crate) issued: Vec<SecretString>,
    numbers: u64,
}

/// One entry of a mail that was sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub to: Recipient,
    /// What it said.
    pub entry: DigestEntry,
}

impl Account {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            id: "111122223333".parse().unwrap(),
            now,
            behaviour: Behaviour::default(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            secrets: BTreeMap::new(),
            left_secrets: BTreeMap::new(),
            store: Store::Member,
            replica_regions: BTreeSet::new(),
            knows_other_store: false,
            notices: BTreeMap::new(),
            mails: Vec::new(),
            history: Vec::new(),
            recipients: BTreeSet::new(),
            parameters: BTreeMap::new(),
            parameter_list: None,
            acknowledgements: BTreeMap::new(),
            acknowledgements_written: BTreeMap::new(),
            night: 0,
            report: None,
            ledger: None,
            issued: Vec::new(),
            numbers: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Makes a user, or makes it again: then with another id and without keys.
    pub fn add_user(&mut self, name: &str) -> &mut User {
        let user_name: UserName = name.parse().unwrap();
        let user = User {
            user_id: format!("AIDA{:016}", self.number()).parse().unwrap(),
            arn: format!("arn:aws:iam::{}:user/{name}", self.id),
            name: user_name.clone(),
            tags: BTreeMap::new(),
            quarantine: None,
            keys: Vec::new(),
            habit: Habit::None,
            installed: None,
            hosts: Vec::new(),
        };
        self.users.insert(user_name.clone(), user);
        self.users.get_mut(&user_name).unwrap()
    }

    /// The user of this name.
    #[must_use]
    pub fn user(&self, name: &str) -> &User {
        &self.users[&name.parse::<UserName>().unwrap()]
    }

    /// The user of this name, to be changed.
    pub fn user_mut(&mut self, name: &str) -> &mut User {
        self.users.get_mut(&name.parse::<UserName>().unwrap()).unwrap()
    }

    /// A person gives the user another name: id, keys and groups stay.
    pub fn rename_user(&mut self, name: &str, to: &str) {
        let mut user = self.users.remove(&name.parse::<UserName>().unwrap()).unwrap();
        for group in self.groups.values_mut() {
            if group.remove(&user.name) {
                group.insert(to.parse().unwrap());
            }
        }
        (user.name, user.arn) = (to.parse().unwrap(), format!("arn:aws:iam::{}:user/{to}", self.id));
        self.users.insert(user.name.clone(), user);
    }

    /// A person makes a key that is so many days old.
    pub fn add_key(&mut self, user: &str, age: u32) -> AccessKeyId {
        let created = keywheel_core::time::minus(self.now, Days(age).duration());
        self.make_key(&user.parse().unwrap(), created, Who::Person).id
    }

    /// Makes a user with one key that is so many days old and was used an hour ago.
    pub fn add_user_with_key(&mut self, name: &str, age: u32) -> AccessKeyId {
        self.add_user(name);
        let key = self.add_key(name, age);
        self.use_key(name, &key, keywheel_core::time::minus(self.now, jiff::SignedDuration::from_hours(1)));
        self.user_mut(name).installed = Some(key.clone());
        key
    }

    pub(crate) fn make_key(&mut self, user: &UserName, created: Timestamp, who: Who) -> Key {
        let number = self.number();
        let half = SecretString::from(format!("half{number:036}"));
        self.issued.push(half.clone());
        let id: AccessKeyId = format!("AKIA{number:016}").parse().unwrap();
        // IAM's dates are whole seconds, cut off.
        let created = Timestamp::from_second(created.as_second()).unwrap();
        let key = Key {
            id,
            status: KeyStatus::Active,
            created,
            changed: created,
            uses: Vec::new(),
            proofs: Vec::new(),
            half,
        };
        self.users.get_mut(user).unwrap().keys.push(key.clone());
        self.note(user, &key.id, What::Made, who);
        key
    }

    pub(crate) fn note(&mut self, user: &UserName, key: &AccessKeyId, what: What, who: Who) {
        let (at, night) = (self.now, self.night);
        let Some(user_id) = self.users.get(user).map(|user| user.user_id.clone()) else { return };
        self.history.push(Event { at, night, user: user.clone(), user_id, key: key.clone(), what, who });
    }

    /// Somebody uses a key; that an inactive key is tried leaves no trace.
    pub fn use_key(&mut self, user: &str, key: &AccessKeyId, at: Timestamp) {
        if let Some(key) = self.user_mut(user).key_mut(key).filter(|key| key.is_active()) {
            key.uses.push(at);
        }
    }

    /// A person makes a key active or inactive.
    pub fn set_status(&mut self, user: &str, key: &AccessKeyId, status: KeyStatus) {
        let name = self.user(user).name.clone();
        self.update_key(&name, key, status, Who::Person);
    }

    pub(crate) fn update_key(&mut self, user: &UserName, key: &AccessKeyId, status: KeyStatus, who: Who) {
        let Some(found) = self.users.get_mut(user).and_then(|user| user.key_mut(key)) else { return };
        if found.status != status {
            found.status = status;
            found.changed = self.now;
            let what = if status == KeyStatus::Active { What::MadeActive } else { What::MadeInactive };
            self.note(user, key, what, who);
        }
    }

    /// A person deletes a key.
    pub fn delete_key(&mut self, user: &str, key: &AccessKeyId) {
        self.remove_key(&user.parse().unwrap(), key, Who::Person);
    }

    pub(crate) fn remove_key(&mut self, user: &UserName, key: &AccessKeyId, who: Who) -> bool {
        let Some(found) = self.users.get_mut(user) else { return false };
        let Some(place) = found.keys.iter().position(|candidate| candidate.id == *key) else { return false };
        let was_active = found.keys.remove(place).is_active();
        self.note(user, key, if was_active { What::DeletedActive } else { What::Deleted }, who);
        true
    }

    /// The name of the user's secret.
    #[must_use]
    pub fn secret_name(&self, user: &str) -> String {
        secret_name(&self.id, &user.parse().unwrap())
    }

    /// The user's secret.
    #[must_use]
    pub fn secret(&self, user: &str) -> Option<&Secret> {
        self.secrets.get(&self.secret_name(user))
    }

    /// The ledger; an empty one when there is none.
    #[must_use]
    pub fn ledger(&self) -> AccountLedger {
        let empty = || AccountLedger::new(self.id.clone());
        self.ledger.as_ref().map_or_else(empty, |object| AccountLedger::parse(&self.id, object.text()).unwrap())
    }

    /// Whether there is no ledger.
    #[must_use]
    pub fn ledger_is_absent(&self) -> bool {
        self.ledger.is_none()
    }

    /// The ledger's text, whatever it is; empty when there is none.
    #[must_use]
    pub fn ledger_text(&self) -> String {
        self.ledger.as_ref().map(|object| String::from_utf8_lossy(object.text()).into_owned()).unwrap_or_default()
    }

    /// Replaces the ledger, as another run or a person would.
    pub fn set_ledger(&mut self, ledger: &AccountLedger) {
        let text = serde_json::to_vec(ledger).unwrap();
        self.ledger = Some(LedgerObject::after(self.ledger.as_ref(), text));
    }

    /// Replaces the ledger with any text; none deletes it.
    pub fn set_ledger_text(&mut self, text: Option<&str>) {
        let text = text.map(|text| text.as_bytes().to_vec());
        self.ledger = text.map(|text| LedgerObject::after(self.ledger.as_ref(), text));
    }

    /// So many days from now.
    #[must_use]
    pub fn in_days(&self, days: u32) -> Timestamp {
        after(self.now, Days(days))
    }
}
