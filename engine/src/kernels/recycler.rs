//! Memory of tensors, used again: a step of training asks for the same large blocks as the step before it. Given back to
//! the system in between, each page of them would come back with a fault, about 2 µs per 4 KB on virtual machines.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::Mutex;

/// Blocks from this size on are kept; smaller ones are the inner allocator's affair.
const SMALLEST: usize = 32 << 10;

/// Sizes have this many steps from one power of two to the next, so at most an eighth of a block is unused.
const STEPS: usize = 8;

const CLASSES: usize = STEPS * 48;

/// This part of what is no longer in use is forgotten with each block that is taken: a step takes about a hundred, so it
/// takes some hundred steps.
const FORGOTTEN: usize = 1 << 16;

/// An allocator for programs (`#[global_allocator]`) that keeps large blocks for the next one who asks for that size:
/// as many as were in use at one time lately, so that memory does not grow beyond what the work needs.
pub struct Recycler<A> {
    inner: A,
    state: Mutex<State>,
}

struct State {
    /// Per size the first block of a list; each block begins with the place of the next.
    first: [*mut u8; CLASSES],
    /// Bytes in use, in blocks of ours.
    used: usize,
    /// Bytes in the lists.
    kept: usize,
    /// The most bytes in use at one time, slowly forgotten.
    most: usize,
}

// SAFETY: the pointers are blocks that belong to nobody else; the mutex keeps threads apart.
unsafe impl Send for State {}

/// The class of a size, and the size of its blocks.
fn class(layout: Layout) -> Option<(usize, Layout)> {
    let size = layout.size();
    if size < SMALLEST || layout.align() > 64 {
        return None;
    }
    let power = size.ilog2() as usize;
    let step = (1usize << power) / STEPS;
    let steps = (size - (1usize << power)).div_ceil(step);
    let class = (power - SMALLEST.ilog2() as usize) * STEPS + steps;
    let block = Layout::from_size_align((1usize << power) + steps * step, 64).ok()?;
    (class < CLASSES).then_some((class, block))
}

impl<A> Recycler<A> {
    /// On top of another allocator, which has the small blocks.
    pub const fn over(inner: A) -> Self {
        let first = [std::ptr::null_mut(); CLASSES];
        Recycler { inner, state: Mutex::new(State { first, used: 0, kept: 0, most: 0 }) }
    }

    fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl State {
    /// Notes a block in use; gives one of the list, or null.
    fn take(&mut self, class: usize, size: usize) -> *mut u8 {
        self.used += size;
        self.most = self.used.max(self.most - self.most.saturating_sub(self.used) / FORGOTTEN);
        let block = self.first[class];
        if !block.is_null() {
            // SAFETY: blocks in lists are ours and begin with the place of the next.
            self.first[class] = unsafe { block.cast::<*mut u8>().read() };
            self.kept -= size;
        }
        block
    }

    /// Puts a block into its list.
    fn put(&mut self, class: usize, size: usize, block: *mut u8) {
        self.used -= size;
        self.kept += size;
        // SAFETY: the block was given back and is larger and better aligned than a pointer.
        unsafe { block.cast::<*mut u8>().write(self.first[class]) };
        self.first[class] = block;
    }

    /// A block beyond what was in use lately, to be given to the system: of the largest size.
    fn surplus(&mut self) -> Option<(*mut u8, Layout)> {
        // Half as much again: the way back of a step asks for other sizes than the way there.
        if self.used + self.kept <= self.most + self.most / 2 {
            return None;
        }
        let class = (0..CLASSES).rev().find(|class| !self.first[*class].is_null())?;
        let block = self.first[class];
        // SAFETY: as in `take`.
        self.first[class] = unsafe { block.cast::<*mut u8>().read() };
        let power = SMALLEST << (class / STEPS);
        let layout = Layout::from_size_align(power + class % STEPS * (power / STEPS), 64).ok()?;
        self.kept -= layout.size();
        Some((block, layout))
    }
}

// SAFETY: blocks come from the inner allocator with the class's layout and go back with the same; between, a block is in
// use or in exactly one list. Small or oddly aligned layouts are passed on in all functions alike.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recycler<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((class, block)) = class(layout) else {
            // SAFETY: passed on.
            return unsafe { self.inner.alloc(layout) };
        };
        let recycled = self.with(|state| state.take(class, block.size()));
        if !recycled.is_null() {
            return recycled;
        }
        // SAFETY: a class's layout is not empty.
        let fresh = unsafe { self.inner.alloc(block) };
        if fresh.is_null() {
            self.with(|state| state.used -= block.size());
        }
        fresh
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some((class, block)) = class(layout) else {
            // SAFETY: passed on.
            return unsafe { self.inner.alloc_zeroed(layout) };
        };
        let recycled = self.with(|state| state.take(class, block.size()));
        if !recycled.is_null() {
            // SAFETY: the block is at least as large as the layout.
            unsafe { recycled.write_bytes(0, layout.size()) };
            return recycled;
        }
        // SAFETY: a class's layout is not empty.
        let fresh = unsafe { self.inner.alloc_zeroed(block) };
        if fresh.is_null() {
            self.with(|state| state.used -= block.size());
        }
        fresh
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        let Some((class, block)) = class(layout) else {
            // SAFETY: passed on.
            return unsafe { self.inner.dealloc(place, layout) };
        };
        self.with(|state| state.put(class, block.size(), place));
        while let Some((surplus, layout)) = self.with(State::surplus) {
            // SAFETY: it came from the inner allocator with its class's layout and is in no list any more.
            unsafe { self.inner.dealloc(surplus, layout) };
        }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
            return std::ptr::null_mut();
        };
        match (class(layout), class(wanted)) {
            // SAFETY: passed on: both are the inner allocator's.
            (None, None) => unsafe { self.inner.realloc(place, layout, size) },
            (Some((before, _)), Some((after, _))) if before == after => place,
            _ => {
                // SAFETY: the new block is at least as large as what is copied; the old one is the caller's to give back.
                unsafe {
                    let new = self.alloc(wanted);
                    if !new.is_null() {
                        new.copy_from_nonoverlapping(place, layout.size().min(size));
                        self.dealloc(place, layout);
                    }
                    new
                }
            }
        }
    }
}

/// Room for values that the caller writes, each of them, before anybody reads one.
#[expect(clippy::uninit_vec, reason = "zeros would be written over at once")]
pub(super) fn room(count: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(count);
    // SAFETY: the capacity is there, every bit pattern is a number, and callers write all values before they read.
    unsafe {
        values.set_len(count);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Counting(AtomicUsize);

    // SAFETY: passed on to the system's allocator.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            self.0.fetch_add(1, Ordering::Relaxed);
            // SAFETY: passed on.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
            // SAFETY: passed on.
            unsafe { System.dealloc(place, layout) }
        }
    }

    /// One step: blocks of these sizes are taken, checked and given back.
    fn step(recycler: &Recycler<Counting>, sizes: &[usize]) {
        let layouts = sizes.iter().map(|size| Layout::from_size_align(*size, 4).unwrap());
        let blocks: Vec<_> = layouts
            .map(|layout| {
                // SAFETY: the layouts are not empty.
                let block = unsafe { recycler.alloc_zeroed(layout) };
                // SAFETY: the block has the layout's size.
                let bytes = unsafe { std::slice::from_raw_parts_mut(block, layout.size()) };
                assert!(bytes.iter().all(|byte| *byte == 0));
                bytes.fill(1);
                (block, layout)
            })
            .collect();
        for (block, layout) in blocks {
            // SAFETY: taken above with this layout.
            unsafe { recycler.dealloc(block, layout) };
        }
    }

    #[test]
    fn the_second_step_asks_the_system_for_nothing() {
        let recycler = Recycler::over(Counting::default());
        let sizes = [40_000, 1 << 20, 1 << 20, 3_000_001, 65_536, 32 << 10];
        step(&recycler, &sizes);
        let first = recycler.inner.0.load(Ordering::Relaxed);
        assert_eq!(first, sizes.len());
        for _ in 0..50 {
            step(&recycler, &sizes);
        }
        assert_eq!(recycler.inner.0.load(Ordering::Relaxed), first);
    }

    #[test]
    fn sizes_that_take_turns_are_kept_too() {
        let recycler = Recycler::over(Counting::default());
        // A way there and a way back: together 1.4 times what is in use at one time.
        let (there, back) = ([3 << 20, 1 << 20, 1 << 20], [3 << 19, 500_000]);
        for _ in 0..3 {
            step(&recycler, &there);
            step(&recycler, &back);
        }
        assert_eq!(recycler.inner.0.load(Ordering::Relaxed), there.len() + back.len());
    }

    #[test]
    fn at_most_half_as_much_again_is_kept() {
        let recycler = Recycler::over(Counting::default());
        for size in (1..60).map(|i| i * 100_000) {
            step(&recycler, &[size]);
        }
        recycler.with(|state| {
            assert_eq!(state.used, 0);
            assert!(state.kept <= 5_900_000 * 9 / 8 * 3 / 2, "{} bytes kept", state.kept);
        });
    }

    #[test]
    fn grown_vectors_keep_their_values() {
        let recycler = Recycler::over(System);
        let mut layout = Layout::from_size_align(1000, 8).unwrap();
        // SAFETY: all layouts are those that the block has; writes and reads stay inside.
        unsafe {
            let mut block = recycler.alloc(layout);
            block.write_bytes(7, 1000);
            for size in [40_000, 41_000, 200_000, 50_000, 2000] {
                block = recycler.realloc(block, layout, size);
                layout = Layout::from_size_align(size, 8).unwrap();
                assert!((0..1000).all(|i| block.add(i).read() == 7));
            }
            recycler.dealloc(block, layout);
        }
    }
}
