//! The agent dies, by SIGKILL, before and after each of its calls while it installs a new key. Whenever that is, the file is the old one or the
//! new one, and the next pass ends what was begun.

use std::io::{BufReader, Read, Result};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, ensure};
use aws_sdk_s3::Client as StorageClient;
use keywheel_core::acknowledgement::{Acknowledgement, Place};
use secrecy::ExposeSecret;

use super::home::Home;
use super::{Bench, account, old_key};
use crate::local::{self, Server, lock};
use crate::policies::ACK_BUCKET;
use crate::test_night::checks::Checks;
use crate::wire::Message;

/// Where the agent is killed: at the call of this number, before AWS has it or after AWS has answered.
#[derive(Clone, Copy, Debug)]
struct Kill {
    call: usize,
    after: bool,
}

/// The agent's way to AWS.
struct Road {
    upstream: SocketAddr,
    kill: Option<Kill>,
    agent: Mutex<Child>,
    calls: AtomicUsize,
    is_dead: AtomicBool,
}

/// While the old key still works, and the secret hands out the new one.
pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let died = died(bench).await;
    checks
        .tried("the agent may die at any of its calls: its file is whole, and the next pass ends what was begun", died);
    Ok(())
}

async fn died(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let calm = host(bench, 0)?;
    let old = calm.file()?;
    let calls = pass(bench, &calm, None)?.calls.into_inner();
    let new = calm.file()?;
    ensure!(new != old && calls > 3, "a pass of {calls} calls that installs nothing");
    let kills = (0..calls).flat_map(|call| [false, true].map(|after| Kill { call, after }));
    let (mut wrong, mut found_new) = (Vec::new(), 0);
    for (number, kill) in (1..).zip(kills) {
        let host = host(bench, number)?;
        let road = pass(bench, &host, Some(kill))?;
        ensure!(road.is_dead.into_inner(), "{kill:?}: the agent was not killed");
        let left = host.file()?;
        wrong.extend(
            (left != old && left != new).then(|| format!("{kill:?}: the file is neither the old nor the new one")),
        );
        found_new += usize::from(left == new);
        wrong.extend(host.expect("once", &[], 0, "AKIA")?.map(|said| format!("{kill:?}, then {said}")));
        wrong.extend(after(bench, &host, &new).await?.map(|why| format!("{kill:?}: {why}")));
    }
    ensure!(0 < found_new && found_new < calls * 2, "{found_new} times the new file, of {calls} calls");
    Ok(wrong)
}

/// A host of the user with the old key.
fn host<'a>(bench: &Bench<'a>, number: usize) -> anyhow::Result<Home<'a>> {
    Home::new(bench.stage, bench.keywheel, &format!("mortal-{number}"), old_key(bench.stage, "web")?)
}

/// What is wrong once the pass after the death has ended.
async fn after(bench: &Bench<'_>, host: &Home<'_>, new: &str) -> anyhow::Result<Option<String>> {
    let half = old_key(bench.stage, "web")?.secret.expose_secret();
    let kept: Vec<String> = host.holding(half)?;
    if host.file()? != new || !kept.is_empty() {
        return Ok(Some(format!("the new key is not installed, or the old pair is kept: {kept:?}")));
    }
    let place = Place { account: account(bench.stage)?, user: "web".parse()?, host: host.name.parse()? };
    let storage = StorageClient::new(&bench.stage.clients.root_of(bench.stage.organization.hub()));
    let said = storage.get_object().bucket(ACK_BUCKET).key(place.key()).send().await?;
    let said = Acknowledgement::parse(&said.body.collect().await?.to_vec(), &place)?;
    Ok((said.access_key_id.as_str() != host.key()?).then(|| "another key is acknowledged".to_owned()))
}

/// One pass on the host, which ends before the way does.
fn pass(bench: &Bench<'_>, host: &Home<'_>, kill: Option<Kill>) -> anyhow::Result<Road> {
    let upstream = bench.stage.emulator.endpoint().trim_start_matches("http://").parse()?;
    let listener = local::listener()?;
    let mut agent = host.start_by_way_of(&format!("http://{}", listener.local_addr()?))?;
    let mut said = agent.stdout.take().context("no output")?;
    let (agent, calls, is_dead) = (Mutex::new(agent), AtomicUsize::new(0), AtomicBool::new(false));
    let road = Road { upstream, kill, agent, calls, is_dead };
    let serve = |stream: &_| road.serve(stream);
    local::serve_while(&[Server { listener: &listener, serve: &serve }], || {
        said.read_to_end(&mut Vec::new())?;
        lock(&road.agent).wait()
    })?;
    Ok(road)
}

impl Road {
    /// Serves one connection until either side closes it.
    fn serve(&self, client: &TcpStream) -> Result<()> {
        let upstream = TcpStream::connect(self.upstream)?;
        for stream in [client, &upstream] {
            stream.set_nodelay(true)?;
        }
        let (mut from_client, mut from_upstream) = (BufReader::new(client), BufReader::new(&upstream));
        while let Some(request) = Message::request(&mut from_client)? {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            let meant = self.kill.filter(|kill| kill.call == call);
            if meant.is_some_and(|kill| !kill.after) {
                return self.strike();
            }
            request.write(&mut &upstream)?;
            let answer = Message::answer_to(&request, &mut from_upstream)?;
            if meant.is_some() {
                return self.strike();
            }
            answer.write(&mut &*client)?;
        }
        Ok(())
    }

    /// SIGKILL: the agent has no say in it.
    fn strike(&self) -> Result<()> {
        self.is_dead.store(true, Ordering::SeqCst);
        lock(&self.agent).kill()
    }
}
