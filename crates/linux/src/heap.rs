//! Room for much that comes at once.
use std::io;

/// The allocator's own value (mallopt(3)).
const PAD: i32 = 128 * 1024;
/// Below the size from which the allocator maps blocks of their own.
const BLOCK: usize = 64 * 1024;

/// Takes `octets` for the heap in one step, in large pages where the kernel has them to give
/// (`madvise` in `/sys/kernel/mm/transparent_hugepage/enabled`): a configuration of many
/// megabytes would fault in its memory page by page, which takes a third of its load. What is
/// never touched costs nothing; [`settle`] gives it back.
///
/// # Errors
///
/// The heap could not grow, or this is not the first thread, which alone allocates there: all is
/// as it was.
pub fn expect(octets: usize) -> io::Result<()> {
    let octets = i32::try_from(octets).unwrap_or(i32::MAX);
    let from = end();
    tell(libc::M_TRIM_THRESHOLD, i32::MAX);
    tell(libc::M_TOP_PAD, octets);
    let blocks = grow(from, octets);
    tell(libc::M_TOP_PAD, PAD);
    for block in blocks {
        // SAFETY: it is the allocator's, and nobody else's.
        unsafe { libc::free(block) };
    }
    let to = end();
    if to == from {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    prefer_large_pages(from, to)
}

/// Gives what is left at the end of the heap back, and lets the allocator do so again.
pub fn settle() {
    tell(libc::M_TRIM_THRESHOLD, PAD);
    // SAFETY: no precondition.
    unsafe { libc::malloc_trim(0) };
}

/// Blocks that use up what the heap has, until it grows.
fn grow(from: usize, octets: i32) -> Vec<*mut libc::c_void> {
    let most = usize::try_from(octets).unwrap_or(0) / BLOCK;
    let mut blocks = Vec::new();
    while end() == from && blocks.len() <= most {
        // SAFETY: no precondition; a null pointer may be freed.
        blocks.push(unsafe { libc::malloc(BLOCK) });
    }
    blocks
}

fn tell(what: i32, value: i32) {
    // SAFETY: no precondition; what the allocator does not know it leaves.
    unsafe { libc::mallopt(what, value) };
}

/// Where the heap ends.
fn end() -> usize {
    // SAFETY: an increment of nothing changes nothing.
    unsafe { libc::sbrk(0) }.addr()
}

fn prefer_large_pages(from: usize, to: usize) -> io::Result<()> {
    let page = 4096;
    let from = from.next_multiple_of(page);
    let address = std::ptr::with_exposed_provenance_mut(from);
    // SAFETY: advice on memory that is the heap's; its contents stay.
    let done = unsafe { libc::madvise(address, to.saturating_sub(from), libc::MADV_HUGEPAGE) };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
