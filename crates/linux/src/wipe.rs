//! An allocator that leaves nothing behind: what is freed is zeroes.
//!
//! A key passes through many hands before it is one (the file's text, words, a plan, messages
//! between processes). With this none of them has to remember to wipe it.
use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, but memory is wiped before it goes back.
#[derive(Debug, Clone, Copy)]
pub struct Wiping;

// SAFETY: everything is the system's allocator's, which gets back exactly what it gave.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back a block of this layout, which nobody else uses; the hint
        // keeps the compiler from dropping writes to memory that is about to be freed.
        unsafe {
            block.write_bytes(0, layout.size());
            std::hint::black_box(block);
            System.dealloc(block, layout);
        }
    }

    // `realloc` is the trait's own: a new block, a copy, and `dealloc`.
}
