//! An AWS in memory, a home folder, and a disk that dies.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use keywheel_agent::file::{self, Kind};
use keywheel_agent::{
    Agent, Aws, Clock, Disk, Failure, Fetched, Identity, Outcomes, Pair, Place, RealDisk, Source, Stamp, Trouble,
};
use keywheel_core::acknowledgement::Acknowledgement;
use secrecy::ExposeSecret;

pub(crate) const BUCKET: &str = "acks-bucket";

/// A pair by its number.
pub(crate) fn pair(number: u32) -> Pair {
    Pair::of(&format!("AKIA{number:0>16}"), &format!("half/of/number+{number:0>8}")).unwrap()
}

pub(crate) fn id(number: u32) -> keywheel_core::id::AccessKeyId {
    pair(number).id
}

/// What there is of the user.
#[derive(Default)]
pub(crate) struct Cloud {
    /// The keys that work, and whose they are.
    pub(crate) works: BTreeMap<String, String>,
    /// Keys that AWS takes only after so many tries.
    pub(crate) late: BTreeMap<String, u32>,
    /// What is handed out.
    pub(crate) offered: Option<u32>,
    /// It is handed out without its secret half.
    pub(crate) without_half: bool,
    /// What the proof of this key meets.
    pub(crate) unproven: BTreeMap<String, Trouble>,
    /// What every call of this kind meets.
    pub(crate) trouble: BTreeMap<&'static str, Trouble>,
    pub(crate) acknowledged: Vec<Acknowledgement>,
    /// Where each of them went.
    pub(crate) buckets: Vec<String>,
    pub(crate) calls: Vec<&'static str>,
    pub(crate) seconds: i64,
}

/// AWS and the clock.
#[derive(Clone, Default)]
pub(crate) struct World(pub(crate) Rc<RefCell<Cloud>>);

impl World {
    /// Alice, who has these keys and is handed out the last one.
    pub(crate) fn with_keys(keys: &[u32]) -> Self {
        let world = Self::default();
        {
            let mut cloud = world.0.borrow_mut();
            cloud.works = keys.iter().map(|key| (id(*key).to_string(), "alice".to_owned())).collect();
            cloud.offered = keys.last().copied();
        }
        world
    }

    pub(crate) fn works(&self, pair: &Pair) -> bool {
        let is_true = (0..20).any(|number| self::pair(number).is(pair));
        is_true && self.0.borrow().works.contains_key(pair.id.as_str())
    }

    fn meets(&self, call: &'static str) -> Result<(), Trouble> {
        let mut cloud = self.0.borrow_mut();
        cloud.calls.push(call);
        cloud.trouble.get(call).cloned().map_or(Ok(()), Err)
    }
}

impl Aws for World {
    async fn identity(&self, pair: &Pair) -> Result<Identity, Trouble> {
        self.meets("identity")?;
        if let Some(trouble) = self.0.borrow().unproven.get(pair.id.as_str()) {
            return Err(trouble.clone());
        }
        if let Some(left) = self.0.borrow_mut().late.get_mut(pair.id.as_str()).filter(|left| **left > 0) {
            *left -= 1;
            return Err(Trouble::KeyRefused("InvalidClientTokenId".to_owned()));
        }
        if !self.works(pair) {
            return Err(Trouble::KeyRefused("InvalidClientTokenId".to_owned()));
        }
        let user = self.0.borrow().works[pair.id.as_str()].parse().unwrap();
        Ok(Identity { account: "111122223333".parse().unwrap(), user })
    }

    async fn fetch(&self, _: &Pair, _: &Source, _: &Identity) -> Result<Fetched, Trouble> {
        self.meets("fetch")?;
        let cloud = self.0.borrow();
        let offered = pair(cloud.offered.unwrap());
        Ok(if cloud.without_half { Fetched::WithoutHalf(offered.id) } else { Fetched::Pair(offered) })
    }

    async fn acknowledge(&self, _: &Pair, bucket: &str, said: &Acknowledgement) -> Result<(), Trouble> {
        self.meets("acknowledge")?;
        let mut cloud = self.0.borrow_mut();
        cloud.buckets.push(bucket.to_owned());
        cloud.acknowledged.push(said.clone());
        Ok(())
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + self.0.borrow().seconds).unwrap()
    }

    async fn pause(&self, time: Duration) {
        self.0.borrow_mut().seconds += i64::try_from(time.as_secs()).unwrap();
    }
}

/// Where in a step the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dies {
    Never,
    Before(usize),
    /// Half of the bytes are written.
    Within(usize),
    After(usize),
    /// The step fails, and the process lives.
    Fails(usize),
}

/// The real disk, until the process dies at one of the steps that change something.
#[derive(Clone)]
pub(crate) struct FaultyDisk {
    real: RealDisk,
    dies: Dies,
    steps: Rc<Cell<usize>>,
    is_dead: Rc<Cell<bool>>,
    /// Every file is said to have an access control list.
    has_acl: bool,
}

impl FaultyDisk {
    pub(crate) fn new(dies: Dies) -> Self {
        Self { real: RealDisk, dies, steps: Rc::default(), is_dead: Rc::default(), has_acl: false }
    }

    pub(crate) fn with_acl() -> Self {
        Self { has_acl: true, ..Self::new(Dies::Never) }
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps.get()
    }

    fn step(&self, whole: impl FnOnce() -> io::Result<()>, half: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let dead = || io::Error::other("the process is dead");
        if self.is_dead.get() {
            return Err(dead());
        }
        let step = self.steps.get();
        self.steps.set(step + 1);
        let dies = |how: io::Result<()>| {
            self.is_dead.set(true);
            how.and(Err(dead()))
        };
        match self.dies {
            Dies::Before(at) if at == step => dies(Ok(())),
            Dies::Within(at) if at == step => dies(half()),
            Dies::After(at) if at == step => dies(whole()),
            Dies::Fails(at) if at == step => Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem)),
            _ => whole(),
        }
    }
}

impl Disk for FaultyDisk {
    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        self.real.read(file)
    }

    fn stamp(&self, file: &Path) -> io::Result<Stamp> {
        self.real.stamp(file)
    }

    fn has_acl(&self, file: &Path) -> bool {
        self.real.has_acl(file) || self.has_acl
    }

    fn resolve(&self, file: &Path) -> io::Result<PathBuf> {
        self.real.resolve(file)
    }

    fn create(&self, file: &Path, bytes: &[u8], stamp: Option<Stamp>) -> io::Result<()> {
        let half = || self.real.create(file, &bytes[..bytes.len() / 2], stamp);
        self.step(|| self.real.create(file, bytes, stamp), half)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| self.real.rename(from, to), || Ok(()))
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        self.step(|| self.real.remove(file), || Ok(()))
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.step(|| self.real.make_folder(folder), || Ok(()))
    }

    fn lock(&self, file: &Path) -> io::Result<Option<File>> {
        self.real.lock(file)
    }
}

/// A home folder.
pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) place: Place,
}

/// What stands around the key in every file here.
pub(crate) fn text(key: u32) -> String {
    let Pair { id, secret } = pair(key);
    format!(
        "# by hand\n[work]\naws_access_key_id = {id}\naws_secret_access_key = {}\nregion = eu-central-1\n\n[other]\n; kept\n",
        secret.expose_secret()
    )
}

impl Home {
    /// With this key in profile `work`.
    pub(crate) fn with(key: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        std::fs::write(&file, text(key)).unwrap();
        Self { place: Place::of_file(file, "work"), folder }
    }

    pub(crate) fn written(&self) -> String {
        std::fs::read_to_string(&self.place.file).unwrap()
    }

    pub(crate) fn pair(&self) -> Pair {
        file::key(&self.written(), Kind::Credentials, "work").unwrap().pair
    }

    /// Every file with its bytes, but the lock.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name().is_some_and(|name| name != "lock") {
                    found.insert(path.clone(), std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        found
    }

    /// How many files, besides the one, hold this key's secret half.
    pub(crate) fn copies(&self, key: u32) -> usize {
        let half = pair(key).secret.expose_secret().to_owned();
        let others = self.files().into_iter().filter(|(path, _)| *path != self.place.file);
        others.filter(|(_, text)| text.contains(&half)).count()
    }
}

pub(crate) fn agent<D: Disk>(world: &World, disk: D) -> Agent<World, D, World> {
    Agent {
        aws: world.clone(),
        disk,
        clock: world.clone(),
        host: "web-1".parse().unwrap(),
        bucket: Some(BUCKET.to_owned()),
        patience: Duration::from_mins(1),
    }
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(crate) fn pass_with(world: &World, home: &Home, disk: FaultyDisk) -> Result<Outcomes, Failure> {
    run(agent(world, disk).pass(&home.place, &Source::Secret(None)))
}

pub(crate) fn pass(world: &World, home: &Home) -> Result<Outcomes, Failure> {
    pass_with(world, home, FaultyDisk::new(Dies::Never))
}
