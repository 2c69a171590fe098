//! Large blocks of memory straight from the system, in huge pages where it has them: a page of 2 MB costs one fault and one
//! entry of the processor's table instead of 512. What is given back is the system's at once; general allocators hold on to
//! it for a while, and there it adds up to as much again as the work needs.

use std::alloc::{GlobalAlloc, Layout};

/// A huge page.
const HUGE: usize = 2 << 20;

/// An allocator for programs: blocks of a huge page and more from the system, others from the inner one.
pub struct Pages<A> {
    inner: A,
}

impl<A> Pages<A> {
    /// On top of another allocator, which has the smaller blocks.
    pub const fn over(inner: A) -> Self {
        Pages { inner }
    }
}

/// Whether the system has the block.
fn is_large(layout: Layout) -> bool {
    cfg!(unix) && layout.size() >= HUGE && layout.align() <= HUGE
}

/// Zeros from the system, beginning with a huge page; null if there is no room.
#[cfg(unix)]
fn map(size: usize) -> *mut u8 {
    let Some(all) = size.checked_add(HUGE) else { return std::ptr::null_mut() };
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: a new mapping at a place of the system's choice touches nobody's memory.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), all, access, kind, -1, 0) };
    if start == libc::MAP_FAILED {
        return std::ptr::null_mut();
    }
    let before = start.cast::<u8>().align_offset(HUGE);
    // The system gives whole pages.
    let end = before + size.next_multiple_of(page());
    // SAFETY: all of it lies inside the mapping just made, which nobody else knows yet; what is not needed in front of the
    // block and behind it is given back.
    unsafe {
        let block = start.cast::<u8>().add(before);
        if before > 0 {
            libc::munmap(start, before);
        }
        if end < all {
            libc::munmap(start.cast::<u8>().add(end).cast(), all - end);
        }
        // Advice only: without huge pages small ones do.
        #[cfg(target_os = "linux")]
        libc::madvise(block.cast(), size, libc::MADV_HUGEPAGE);
        block
    }
}

#[cfg(unix)]
fn page() -> usize {
    // SAFETY: asks a number of the system.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

#[cfg(not(unix))]
fn map(_size: usize) -> *mut u8 {
    std::ptr::null_mut()
}

/// # Safety
/// The block came from [`map`] with this size, and nobody uses it any more.
unsafe fn unmap(block: *mut u8, size: usize) {
    #[cfg(unix)]
    // SAFETY: the caller's.
    unsafe {
        libc::munmap(block.cast(), size);
    }
    #[cfg(not(unix))]
    let _ = (block, size);
}

// SAFETY: which of the two has a block follows from its layout alone, so it goes back to where it came from. Growing
// copies, as the trait does by itself.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Pages<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match is_large(layout) {
            true => map(layout.size()),
            // SAFETY: passed on.
            false => unsafe { self.inner.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match is_large(layout) {
            true => map(layout.size()),
            // SAFETY: passed on.
            false => unsafe { self.inner.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe {
            match is_large(layout) {
                true => unmap(block, layout.size()),
                false => self.inner.dealloc(block, layout),
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
            return std::ptr::null_mut();
        };
        // SAFETY: passed on; copied values lie inside both blocks.
        unsafe {
            if !is_large(layout) && !is_large(wanted) {
                return self.inner.realloc(block, layout, size);
            }
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;

    #[test]
    fn blocks_of_all_sizes_hold_what_they_are_given() {
        let pages = Pages::over(System);
        for size in [1, 4096, HUGE - 1, HUGE, HUGE + 1, 5 * HUGE + 12_345] {
            let layout = Layout::from_size_align(size, 64).unwrap();
            // SAFETY: writes and reads stay inside the blocks, which go back with their layouts.
            unsafe {
                let block = pages.alloc_zeroed(layout);
                assert!(!block.is_null() && block.align_offset(64) == 0);
                assert!((0..size).all(|i| block.add(i).read() == 0), "{size} zeros");
                block.write_bytes(7, size);
                for other in [size + HUGE, size.div_ceil(2)] {
                    let moved = pages.alloc(layout);
                    moved.copy_from_nonoverlapping(block, size);
                    let moved = pages.realloc(moved, layout, other);
                    assert!((0..size.min(other)).all(|i| moved.add(i).read() == 7), "{size}");
                    pages.dealloc(moved, Layout::from_size_align(other, 64).unwrap());
                }
                pages.dealloc(block, layout);
            }
        }
        // SAFETY: null is no block.
        unsafe {
            let endless = Layout::from_size_align(isize::MAX as usize - 4095, 64).unwrap();
            assert!(pages.alloc(endless).is_null());
        }
    }
}
