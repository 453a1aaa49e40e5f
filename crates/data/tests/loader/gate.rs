//! A dataset that is held up until it is let go, so that no test depends on time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use ondol_autograd::Result;
use ondol_data::Dataset;

/// How long anything may take before a test fails; nothing waits for it to pass.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// Shut until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(open, |open| !*open).unwrap());
    }
}

/// Numbers, some of which wait at a gate; each tells that it has been asked for.
pub(crate) struct Gated {
    n: usize,
    gate: Gate,
    waits: fn(usize) -> bool,
    asked: Mutex<Sender<usize>>,
}

impl Gated {
    pub(crate) fn new(n: usize, gate: &Gate, waits: fn(usize) -> bool) -> (Self, Receiver<usize>) {
        let (asked, told) = channel();
        let gated = Gated {
            n,
            gate: gate.clone(),
            waits,
            asked: Mutex::new(asked),
        };
        (gated, told)
    }
}

impl Dataset for Gated {
    type Item = i64;

    fn len(&self) -> usize {
        self.n
    }

    fn get(&self, index: usize) -> Result<i64> {
        let _ = self.asked.lock().unwrap().send(index);
        if (self.waits)(index) {
            self.gate.pass();
        }
        Ok(index as i64)
    }
}

/// Runs `f` on a thread of its own and fails where it does not come back.
pub(crate) fn within<T: Send + 'static>(what: &str, f: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = channel();
    std::thread::spawn(move || sender.send(f()));
    done.recv_timeout(LONG)
        .unwrap_or_else(|_| panic!("{what} does not come to an end"))
}
