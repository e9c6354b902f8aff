//! Values that are followed: Leptos' signals, of one type inside.
//!
//! The framework compiles its signals, memos and stores anew for each type of value that
//! they hold, and this page has dozens. Here a value lies behind a pointer that knows no
//! type and a trigger that needs none; what is left for each type is a cast.

use std::{
    any::Any,
    marker::PhantomData,
    sync::{Arc, PoisonError, RwLock},
};

use leptos::prelude::*;

type Erased = Arc<dyn Any + Send + Sync>;

/// A value that what reads it follows. It goes with the part of the page that made it.
pub struct Sig<T> {
    cell: StoredValue<Erased>,
    trigger: Trigger,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Sig<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Sig<T> {}

impl<T: Send + Sync + 'static> Sig<T> {
    /// A new one.
    pub fn new(value: T) -> Self {
        Self {
            cell: StoredValue::new(Arc::new(RwLock::new(value))),
            trigger: Trigger::new(),
            of: PhantomData,
        }
    }

    /// Reads it and follows it from then on.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.trigger.track();
        self.peek(read)
    }

    /// Reads it.
    pub fn peek<R>(self, read: impl FnOnce(&T) -> R) -> R {
        match self.try_peek(read) {
            Some(result) => result,
            None => gone(),
        }
    }

    /// Reads it; `None` when the part of the page that it belonged to has gone.
    pub fn try_peek<R>(self, read: impl FnOnce(&T) -> R) -> Option<R> {
        let cell = cell(self.cell)?;
        let lock = cell.downcast_ref::<RwLock<T>>()?;
        Some(read(&lock.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Puts another value in place; nothing happens when it has gone.
    pub fn set(self, value: T) {
        self.update(|have| *have = value);
    }

    /// Changes it; nothing happens when it has gone.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        let Some(cell) = cell(self.cell) else { return };
        if let Some(lock) = cell.downcast_ref::<RwLock<T>>() {
            change(&mut lock.write().unwrap_or_else(PoisonError::into_inner));
            notify(self.trigger);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Sig<T> {
    /// Its value, followed from then on.
    pub fn get(self) -> T {
        self.with(T::clone)
    }
}

/// A value made of others, which is followed only when it has become another one.
pub fn made<T: PartialEq + Send + Sync + 'static>(
    make: impl Fn() -> T + Send + Sync + 'static,
) -> Made<T> {
    fn memo(make: Box<dyn Fn() -> Compared + Send + Sync>) -> Memo<Compared> {
        Memo::new(move |_| make())
    }
    let same: Same = |old, new| match (old.downcast_ref::<T>(), new.downcast_ref::<T>()) {
        (Some(old), Some(new)) => old == new,
        _ => false,
    };
    Made {
        memo: memo(Box::new(move || Compared {
            value: Arc::new(make()),
            same,
        })),
        of: PhantomData,
    }
}

type Same = fn(&Erased, &Erased) -> bool;

/// A value with the way to tell whether another is the same.
#[derive(Clone)]
struct Compared {
    value: Erased,
    same: Same,
}

impl PartialEq for Compared {
    fn eq(&self, other: &Self) -> bool {
        (self.same)(&self.value, &other.value)
    }
}

/// What [`made`] gives.
pub struct Made<T> {
    memo: Memo<Compared>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Made<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Made<T> {}

impl<T: Send + Sync + 'static> Made<T> {
    /// Reads it and follows it from then on.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        match erased(self.memo).downcast_ref::<T>() {
            Some(value) => read(value),
            None => gone(),
        }
    }

    /// Reads it.
    pub fn peek<R>(self, read: impl FnOnce(&T) -> R) -> R {
        match erased_untracked(self.memo).downcast_ref::<T>() {
            Some(value) => read(value),
            None => gone(),
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Made<T> {
    /// Its value, followed from then on.
    pub fn get(self) -> T {
        self.with(T::clone)
    }
}

#[inline(never)]
fn cell(cell: StoredValue<Erased>) -> Option<Erased> {
    cell.try_get_value()
}

#[inline(never)]
fn notify(trigger: Trigger) {
    trigger.notify();
}

#[inline(never)]
fn erased(memo: Memo<Compared>) -> Erased {
    memo.get().value
}

#[inline(never)]
fn erased_untracked(memo: Memo<Compared>) -> Erased {
    memo.get_untracked().value
}

/// Reading a value of a part that has gone is a fault of the page's own program.
#[cold]
#[inline(never)]
fn gone() -> ! {
    panic!("a value was read after the part of the page that it belongs to had gone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_and_changed() {
        let owner = Owner::new();
        owner.with(|| {
            let sig = Sig::new(vec![1]);
            sig.update(|all| all.push(2));
            assert_eq!(sig.peek(Vec::len), 2);
            sig.set(Vec::new());
            assert_eq!(sig.try_peek(Vec::len), Some(0));
        });
    }

    #[test]
    fn a_value_goes_with_its_owner_and_setting_it_then_does_nothing() {
        let owner = Owner::new();
        let sig = owner.with(|| Sig::new(1));
        owner.cleanup();
        sig.set(2);
        assert_eq!(sig.try_peek(|n| *n), None);
    }

    #[test]
    fn what_is_made_follows_what_it_is_made_of() {
        let owner = Owner::new();
        owner.with(|| {
            let sig = Sig::new(2);
            let made = made(move || sig.get() * 2);
            assert_eq!(made.get(), 4);
            sig.set(5);
            assert_eq!(made.peek(|n| *n), 10);
        });
    }
}
