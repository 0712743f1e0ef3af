//! Servers of our own on the loopback interface, which stand in for a part of AWS while a function's process runs.

use std::io::Result;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

/// A listener, and what is done with each connection to it.
#[derive(Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) listener: &'a TcpListener,
    /// Serves one connection until either side closes it.
    pub(crate) serve: &'a (dyn Fn(&TcpStream) -> Result<()> + Sync),
}

/// A listener on a free port.
pub(crate) fn listener() -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// Serves, each connection in a thread of its own, for as long as `body` runs; it must end whoever is connected.
pub(crate) fn serve_while<T>(servers: &[Server<'_>], body: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for server in servers {
            let is_over = &is_over;
            scope.spawn(move || accept(scope, *server, is_over));
        }
        let result = body();
        is_over.store(true, Ordering::SeqCst);
        for server in servers {
            drop(server.listener.local_addr().and_then(TcpStream::connect)); // wakes it
        }
        result
    })
}

fn accept<'scope>(scope: &'scope Scope<'scope, '_>, server: Server<'scope>, is_over: &AtomicBool) {
    for stream in server.listener.incoming().map_while(Result::ok) {
        if is_over.load(Ordering::SeqCst) {
            return;
        }
        // A connection that breaks is the process's to notice.
        scope.spawn(move || drop((server.serve)(&stream)));
    }
}

/// What is in a mutex, whoever held it last.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
