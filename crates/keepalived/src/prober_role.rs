//! The prober process: makes checks for the checker, with no rights of its own.
//!
//! Everything a server sends is read here and nowhere else; what comes out is a verdict and a
//! line of text.
use crate::exit;
use crate::link::{self, FromProber, ToProber};
use linux::channel::Channel;
use plan::lvs::Probe;
use pool::CheckId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;
use tokio::task::LocalSet;

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

/// What there is to check, and with what.
struct Work {
    checks: HashMap<CheckId, Rc<Probe>>,
    tls: Rc<probe::Context>,
}

async fn serve(channel: Channel) -> io::Result<()> {
    #[expect(
        deprecated,
        reason = "its successor is unsafe; a Channel owns its descriptor, which is what that is about"
    )]
    let channel = Rc::new(AsyncFd::new(channel)?);
    let work = RefCell::new(work(&plan::Plan::default()));
    loop {
        let mut ready = channel.readable().await?;
        loop {
            match link::receive::<ToProber>(channel.get_ref()) {
                Ok(Some((ToProber::Plan, Some(plan)))) => {
                    *work.borrow_mut() = self::work(&link::unseal(&plan)?);
                }
                Ok(Some((ToProber::Plan, None))) => {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                Ok(Some((ToProber::Probe { check, step }, _))) => {
                    let work = work.borrow();
                    let probe = work.checks.get(&check).cloned();
                    let (channel, tls) = (Rc::clone(&channel), Rc::clone(&work.tls));
                    tokio::task::spawn_local(async move {
                        let result = match probe {
                            Some(probe) => probe::run(&probe, step, &tls).await,
                            None => Err(probe::Failure::NotHere),
                        };
                        let result = result.map_err(|why| why.to_string());
                        answer(&channel, FromProber { check, result }).await;
                    });
                }
                Ok(None) => break,
                // the checker ended, or wants us to
                Err(_) => return Ok(()),
            }
        }
        ready.clear_ready();
    }
}

fn work(plan: &plan::Plan) -> Work {
    let services = plan.lvs.servers.iter();
    let checks = services
        .flat_map(|service| &service.servers)
        .flat_map(|real| &real.checks);
    Work {
        checks: checks
            .map(|check| (check.id, Rc::new(check.probe.clone())))
            .collect(),
        tls: Rc::new(probe::Context::new(&plan.lvs.tls)),
    }
}

/// Tells what came of a check, as soon as the checker has room for it.
async fn answer(channel: &AsyncFd<Channel>, message: FromProber) {
    loop {
        match link::send(channel.get_ref(), &message, None) {
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
