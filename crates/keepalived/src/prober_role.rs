//! The prober process: makes checks for the checker, with no rights of its own.
//!
//! Everything a server sends is read here and nowhere else; what comes out is a verdict and a
//! line of text.
use crate::exit;
use crate::link::{self, FromProber, Material, Share, ToProber};
use linux::channel::Channel;
use plan::lvs::{Check, Lvs, Probe, Tls};
use pool::CheckId;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::task::LocalSet;

/// Results in one message: it stays far below the largest, whatever the reasons are.
const BATCH: usize = 64;
/// So long servers that pass as before may wait to be told of.
const PATIENCE: Duration = Duration::from_millis(100);
/// Checks whose period is shorter are told of at once.
const PERIOD: Duration = Duration::from_secs(1);
/// Longest reason, in characters.
const REASON: usize = 200;

/// Runs until the checker ends.
pub(crate) fn run(channel: Channel) -> u8 {
    match try_run(channel) {
        Ok(()) => exit::NORMAL,
        Err(why) => {
            eprintln!("keepalived prober process: {why}");
            exit::FATAL
        }
    }
}

fn try_run(channel: Channel) -> io::Result<()> {
    linux::process::set_name("keepalived")?;
    linux::rights::open_files_max()?;
    if let Err(why) = linux::rights::only_raw_sockets() {
        eprintln!("keepalived prober process: keeps its user: {why}");
    }
    // after the change of user, which makes the kernel forget it
    linux::process::end_with_parent(std::os::unix::process::parent_id())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, serve(channel))
}

/// What there is to check.
type Jobs = HashMap<CheckId, Rc<Job>>;

/// A check.
struct Job {
    probe: probe::Job,
    /// The checker knows that it passed last time.
    passed: Cell<bool>,
    /// Its period is long beside [`PATIENCE`].
    patient: bool,
}

async fn serve(channel: Channel) -> io::Result<()> {
    #[expect(
        deprecated,
        reason = "its successor is unsafe; a Channel owns its descriptor, which is what that is about"
    )]
    let channel = Rc::new(AsyncFd::new(channel)?);
    let results = Rc::new(Results::default());
    tokio::task::spawn_local(Rc::clone(&results).tell(Rc::clone(&channel)));
    let mut jobs = Jobs::new();
    loop {
        let mut ready = channel.readable().await?;
        loop {
            match link::receive::<ToProber>(channel.get_ref()) {
                Ok(Some((ToProber::Plan(share), files))) => {
                    let plan = files.first().ok_or(io::ErrorKind::InvalidData)?;
                    jobs = self::jobs(link::unseal(plan)?, share);
                }
                Ok(Some((ToProber::Probe(checks), _))) => {
                    for (check, step) in checks {
                        start(&jobs, check, step, &results);
                    }
                }
                Ok(None) => break,
                // the checker ended, or wants us to
                Err(_) => return Ok(()),
            }
        }
        ready.clear_ready();
    }
}

fn start(jobs: &Jobs, check: CheckId, step: u32, results: &Rc<Results>) {
    let Some(job) = jobs.get(&check).cloned() else {
        let why = probe::Failure::NotHere.to_string();
        return results.add(check, Err(why), true);
    };
    let results = Rc::clone(results);
    tokio::task::spawn_local(async move {
        let result = job.probe.run(step).await;
        let passed = result.is_ok();
        let told = result.map_err(|why| why.to_string().chars().take(REASON).collect());
        let news = !(passed && job.passed.replace(passed) && job.patient);
        results.add(check, told, news);
    });
}

/// Makes ready what falls to this share, with contents in the place of the names of files.
fn jobs((lvs, material): (Lvs, Material), share: Share) -> Jobs {
    let contents = |name: &Option<String>| material.get(name.as_ref()?).cloned();
    let shared = probe::Contexts::new(&Tls {
        ca: None,
        certificate: contents(&lvs.tls.certificate),
        key: contents(&lvs.tls.key),
        password: lvs.tls.password,
    });
    let services = lvs.servers.into_iter();
    let reals = services.flat_map(|service| service.servers);
    let checks = reals
        .filter(|real| share.has(real.id))
        .flat_map(|real| real.checks);
    let job = |mut check: Check| {
        if let Probe::Http(http) = &mut check.probe
            && let Some(verify) = http.tls.as_mut().and_then(|tls| tls.verify.as_mut())
        {
            verify.ca = contents(&verify.ca);
        }
        let job = Job {
            passed: Cell::new(false),
            patient: check.params.delay_loop >= PERIOD,
            probe: probe::Job::new(check.probe, &shared),
        };
        (check.id, Rc::new(job))
    };
    checks.map(job).collect()
}

/// What the checker has not been told yet.
#[derive(Default)]
struct Results {
    waiting: RefCell<FromProber>,
    any: Notify,
    /// Some of it cannot wait.
    news: Notify,
}

impl Results {
    fn add(&self, check: CheckId, result: Result<(), String>, news: bool) {
        self.waiting.borrow_mut().push((check, result));
        self.any.notify_one();
        if news {
            self.news.notify_one();
        }
    }

    /// Tells the checker for ever: together what came of one look at the sockets, and of some more
    /// while it is what the checker expects.
    async fn tell(self: Rc<Self>, channel: Rc<AsyncFd<Channel>>) {
        loop {
            self.any.notified().await;
            let _ = tokio::time::timeout(PATIENCE, self.news.notified()).await;
            // whoever else is ready runs before this task does again
            tokio::task::yield_now().await;
            let waiting = self.waiting.take();
            for batch in waiting.chunks(BATCH) {
                send(&channel, batch).await;
            }
        }
    }
}

/// Sends as soon as the checker has room for it.
async fn send(channel: &AsyncFd<Channel>, batch: &[(CheckId, Result<(), String>)]) {
    loop {
        match link::send(channel.get_ref(), &batch, &[]) {
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                let Ok(mut ready) = channel.writable().await else {
                    return;
                };
                ready.clear_ready();
            }
            // sent, or nobody is there to hear it
            _ => return,
        }
    }
}
