//! Work shared among the cores for a moment.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

/// A piece of work.
pub(super) type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does all tasks on so many threads, each taking the next as it comes free: long ones
/// are best put first. Threads that are started inherit the priority of the caller.
pub(super) fn share(threads: usize, tasks: Vec<Task<'_>>) {
    let helpers = threads.min(tasks.len()).saturating_sub(1);
    let queue = Mutex::new(tasks.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(task) = next() {
            task();
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(work);
        }
        work();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_done_once() {
        let mut counts = [0; 50];
        let tasks = counts
            .iter_mut()
            .map(|count| Box::new(move || *count += 1) as Task<'_>)
            .collect();
        share(3, tasks);
        assert_eq!(counts, [1; 50]);
    }
}
