use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::journal::{self, Place};
use super::{StoreError, search};
use crate::domain::Change;

/// How many transactions may be queued; further callers wait for a place.
const QUEUE: usize = 256;

/// How often to check for other programs' commits while somebody is listening.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What a commit guarantees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It survives a power failure: what the user made.
    Full,
    /// It survives a crash of the program, without waiting for the disk: text that is arriving.
    Process,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Who wants to know when another program has written.
pub(super) struct Watch {
    /// Whether anybody is listening.
    pub(super) wanted: Box<dyn Fn() -> bool + Send>,
    /// Tells them what.
    pub(super) tell: Box<dyn Fn(Change) + Send>,
}

/// What the thread and those who send to it share.
#[derive(Default)]
struct Shared {
    watch: Mutex<Option<Watch>>,
    moved: AtomicBool,
}

/// The one connection that writes, on a thread of its own. Dropping it finishes what is queued.
pub(super) struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
    shared: Arc<Shared>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, jobs) = sync_channel::<Job>(QUEUE);
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        // Whoever opens the history is told of all that others write from then on.
        let seen = journal::end(&connection).ok();
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || work_off(connection, seen, &jobs, &of_thread))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), shared })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answered) = self.job(move |connection| transact(connection, durability, work));
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?.clone();
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) = queue.try_send(job) {
            tokio::task::spawn_blocking(move || queue.send(job))
                .await
                .map_err(|_| StoreError::Closed)?
                .map_err(|_| StoreError::Closed)?;
        }
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// As [`Writer::run`], with the connection itself and outside a transaction, blocking this thread.
    pub(super) fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answered) = self.job(work);
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(job).map_err(|_| StoreError::Closed)?;
        answered.blocking_recv().map_err(|_| StoreError::Closed)?
    }

    /// A panic in `work` affects nothing else: the transaction is rolled back and the next job finds all in order.
    fn job<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> (Job, oneshot::Receiver<Result<T, StoreError>>) {
        let (answer, answered) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let job: Job = Box::new(move |connection| {
            let done = if shared.moved.load(Ordering::Relaxed) {
                Err(StoreError::Moved)
            } else {
                let done = catch_unwind(AssertUnwindSafe(|| work(connection)));
                if !connection.is_autocommit() {
                    // Should even this fail, the next transaction reports it.
                    let _ = connection.execute_batch("ROLLBACK");
                }
                done.unwrap_or(Err(StoreError::Fault))
            };
            // The caller may have stopped waiting; the work is done all the same.
            let _ = answer.send(done);
        });
        (job, answered)
    }

    /// From now on nothing is written: the history has moved.
    pub(super) fn refuse_from_now_on(&self) {
        self.shared.moved.store(true, Ordering::Relaxed);
    }

    /// Whether the history has moved.
    pub(super) fn refuses(&self) -> bool {
        self.shared.moved.load(Ordering::Relaxed)
    }

    /// Tells `watch` about other programs' commits.
    pub(super) fn watch(&self, watch: Watch) {
        *self.shared.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        self.wake();
    }

    /// Makes the thread check whether anybody is listening.
    pub(super) fn wake(&self) {
        if let Some(queue) = &self.queue {
            // With a full queue it is awake.
            let _ = queue.try_send(Box::new(|_| {}));
        }
    }

    /// As [`Writer::run`], for a thread that may block.
    pub(super) fn run_here<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_blocking(move |connection| transact(connection, durability, work))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != thread::current().id())
        {
            // The writer's own thread has already reported its panic.
            let _ = thread.join();
        }
    }
}

fn work_off(mut connection: Connection, mut seen: Option<Place>, jobs: &Receiver<Job>, shared: &Shared) {
    let mut behind = true;
    loop {
        let job = if behind {
            // Recent writes, by other programs too, are indexed when nobody is waiting.
            behind = catch_up(&mut connection, shared);
            match jobs.try_recv() {
                Ok(job) => Some(job),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return,
            }
        } else if shared.is_watched() {
            match jobs.recv_timeout(LOOK_EVERY) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        } else {
            match jobs.recv() {
                Ok(job) => Some(job),
                Err(_) => return,
            }
        };
        if let Some(job) = job {
            job(&mut connection);
            behind = true;
        }
        if shared.is_watched() {
            behind |= shared.tell_since(&connection, &mut seen);
        }
    }
}

/// One step of bringing the index up to date; returns whether another is due.
fn catch_up(connection: &mut Connection, shared: &Shared) -> bool {
    !shared.moved.load(Ordering::Relaxed) && search::catch_up(connection).unwrap_or(false)
}

impl Shared {
    fn is_watched(&self) -> bool {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.as_ref().is_some_and(|watch| (watch.wanted)())
    }

    /// Tells what others have written since `seen`, and returns whether they have written anything.
    fn tell_since(&self, connection: &Connection, seen: &mut Option<Place>) -> bool {
        let Ok(now) = journal::end(connection) else { return false };
        let Some(before) = seen.replace(now) else { return false };
        // A journal that cannot be read keeps nobody from asking for everything.
        let changes = journal::between(connection, before, now).unwrap_or_else(|_| vec![Change::Everything]);
        if let Some(watch) = &*self.watch.lock().unwrap_or_else(PoisonError::into_inner) {
            for change in changes {
                (watch.tell)(change);
            }
        }
        before.version != now.version
    }
}

fn transact<T>(
    connection: &mut Connection,
    durability: Durability,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let level = match durability {
        Durability::Full => "full",
        Durability::Process => "normal",
    };
    connection.pragma_update(None, "synchronous", level)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = work(&transaction)?;
    search::take_in(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_in_a_write_ends_neither_the_writer_nor_what_follows() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE kept (number INTEGER); CREATE TABLE search_pending (kind, id);")
            .unwrap();
        let writer = Writer::start(connection).unwrap();
        let add = |number: i64| {
            move |transaction: &Transaction<'_>| {
                transaction.execute("INSERT INTO kept VALUES (?1)", [number])?;
                assert!(number != 2, "a fault");
                Ok(())
            }
        };
        for number in 1..=3 {
            let done = writer.run(Durability::Full, add(number)).await;
            assert_eq!(matches!(done, Err(StoreError::Fault)), number == 2, "{done:?}");
        }
        let kept = writer.run(Durability::Full, |transaction| {
            Ok(transaction
                .query_row("SELECT group_concat(number) FROM kept", [], |row| row.get::<_, String>(0))?)
        });
        assert_eq!(kept.await.unwrap(), "1,3", "what panicked is rolled back");
    }
}
