//! What waits to go out to one place: a bounded queue, and the patience to try again.
use outlet::Failure;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What may wait; the oldest is given up first, since the newest says what is.
const QUEUE: usize = 256;
/// Pauses between tries: the first, doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Tries: about half an hour. What is told later is no news.
const TRIES: u32 = 14;

/// The queue for one place. Whoever finds it at rest after a [`push`](Self::push) has to work.
#[derive(Debug)]
pub(super) struct Outbox<T>(Rc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    state: RefCell<State<T>>,
    hurried: Notify,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    lost: u64,
    working: bool,
    hurry: bool,
}

impl<T> Clone for Outbox<T> {
    fn clone(&self) -> Self {
        Outbox(Rc::clone(&self.0))
    }
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        let state = RefCell::new(State {
            waiting: VecDeque::new(),
            lost: 0,
            working: false,
            hurry: false,
        });
        Outbox(Rc::new(Shared {
            state,
            hurried: Notify::new(),
        }))
    }
}

impl<T> Outbox<T> {
    /// Adds at the end. True: nobody is working, start somebody.
    pub(super) fn push(&self, item: T) -> bool {
        let mut state = self.0.state.borrow_mut();
        if state.waiting.len() >= QUEUE {
            state.waiting.pop_front();
            state.lost += 1;
        }
        state.waiting.push_back(item);
        !std::mem::replace(&mut state.working, true)
    }

    /// The next one; at rest when there is none.
    pub(super) fn next(&self) -> Option<T> {
        let mut state = self.0.state.borrow_mut();
        let next = state.waiting.pop_front();
        state.working = next.is_some();
        next
    }

    /// All that wait.
    pub(super) fn drain(&self) -> VecDeque<T> {
        std::mem::take(&mut self.0.state.borrow_mut().waiting)
    }

    /// How many were given up since this was asked last.
    pub(super) fn lost(&self) -> u64 {
        std::mem::take(&mut self.0.state.borrow_mut().lost)
    }

    /// Nothing waits, nothing is on its way.
    pub(super) fn is_at_rest(&self) -> bool {
        !self.0.state.borrow().working
    }

    /// The daemon is leaving: one last try for each, no pauses.
    pub(super) fn hurry(&self) {
        self.0.state.borrow_mut().hurry = true;
        self.0.hurried.notify_waiters();
    }

    fn is_hurried(&self) -> bool {
        self.0.state.borrow().hurry
    }

    /// Waits, unless there is hurry.
    pub(super) async fn wait_until(&self, at: Instant) {
        if !self.is_hurried() {
            let _ = timeout_at(at, self.0.hurried.notified()).await;
        }
    }

    /// Tries until it is done, refused for good, or no news any more. `told` hears of the first
    /// failure that is not the last.
    pub(super) async fn insist(
        &self,
        attempt: impl AsyncFn() -> Result<(), Failure>,
        told: impl Fn(&Failure),
    ) -> Result<(), Failure> {
        let mut pause = FIRST_PAUSE;
        for attempts in 1.. {
            let hurried = self.is_hurried();
            match attempt().await {
                Err(why) if why.is_final() || hurried || attempts >= TRIES => return Err(why),
                Err(why) if attempts == 1 => told(&why),
                Err(_) => {}
                Ok(()) => break,
            }
            self.wait_until(Instant::now() + pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_full_queue_gives_up_the_oldest_and_counts() {
        let outbox = Outbox::default();
        assert!(outbox.push(0), "the first one has somebody start");
        for n in 1..QUEUE + 5 {
            assert!(!outbox.push(n));
        }
        assert_eq!((outbox.lost(), outbox.lost()), (5, 0));
        assert_eq!(outbox.next(), Some(5));
        assert_eq!(outbox.drain().len(), QUEUE - 1);
        assert!(!outbox.is_at_rest(), "one is on its way");
        assert_eq!(outbox.next(), None);
        assert!(outbox.is_at_rest());
    }

    /// On virtual time.
    #[tokio::test(start_paused = true)]
    async fn tries_become_rarer_and_end() {
        let outbox = Outbox::<()>::default();
        let (tries, told) = (Cell::new(0), Cell::new(0));
        let refuse = async || {
            tries.set(tries.get() + 1);
            Err(Failure::Timeout("it"))
        };
        let start = Instant::now();
        let outcome = outbox.insist(refuse, |_| told.set(told.get() + 1)).await;
        assert!(outcome.is_err());
        assert_eq!((tries.get(), told.get()), (TRIES, 1));
        let (took, minute) = (start.elapsed(), Duration::from_mins(1));
        assert!(took > 25 * minute && took < 35 * minute, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_for_good_or_hurry_ends_it_at_once() {
        let outbox = Outbox::<()>::default();
        let start = Instant::now();
        let never = async || Err(Failure::Refused(550, "no".into()));
        assert!(outbox.insist(never, |_| panic!("told")).await.is_err());
        let later = async || Err(Failure::Timeout("it"));
        let insist = outbox.insist(later, |_| outbox.hurry());
        assert!(insist.await.is_err());
        assert_eq!(start.elapsed(), Duration::ZERO, "no pause");
    }
}
