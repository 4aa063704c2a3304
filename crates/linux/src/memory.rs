//! What a process takes of the machine's memory: room for much that comes at once, and what it
//! gives back when that is done.
use std::ffi::c_void;
use std::io;

/// The allocator's own value (mallopt(3)).
const PAD: i32 = 128 * 1024;
/// Below the size from which the allocator maps blocks of their own.
const BLOCK: usize = 64 * 1024;

/// Takes `octets` for the heap in one step, in large pages where the kernel has them to give
/// (`madvise` in `/sys/kernel/mm/transparent_hugepage/enabled`): a configuration of many
/// megabytes would fault in its memory page by page, which takes a third of its load. What is
/// never touched costs nothing, and [`give_back`] returns the rest.
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

/// Gives back what is not needed any more, as after a configuration was read: memory that is
/// free by now, and the pages of code and constants, of which a start needs many and what follows
/// few. Those come again from the file's cache when they are used.
pub fn give_back() {
    trim();
    // SAFETY: the callback has the type that is asked for.
    unsafe { libc::dl_iterate_phdr(Some(forget_segments), std::ptr::null_mut()) };
}

/// Gives back memory that is free by now.
pub fn trim() {
    tell(libc::M_TRIM_THRESHOLD, PAD);
    // SAFETY: takes no pointer.
    unsafe { libc::malloc_trim(0) };
}

/// Drops the pages of one object's segments that nobody writes to.
unsafe extern "C" fn forget_segments(
    object: *mut libc::dl_phdr_info,
    _size: usize,
    _data: *mut c_void,
) -> libc::c_int {
    // SAFETY: the dynamic linker gives a valid object, whose headers lie where it says.
    let (base, headers) = unsafe {
        let object = &*object;
        let count = usize::from(object.dlpi_phnum);
        // the kernel's own object may come without headers
        let Some(first) = std::ptr::NonNull::new(object.dlpi_phdr.cast_mut()) else {
            return 0;
        };
        let headers = std::slice::from_raw_parts(first.as_ptr(), count);
        (object.dlpi_addr, headers)
    };
    let page = page();
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let narrow = |address| usize::try_from(address).unwrap_or(0);
        let from = narrow(base).wrapping_add(narrow(header.p_vaddr));
        let to = from.wrapping_add(narrow(header.p_memsz)) / page * page;
        let from = from.next_multiple_of(page);
        let address = std::ptr::with_exposed_provenance_mut(from);
        // SAFETY: a mapping of the file that was never written to: its pages are the file's, and
        // read anew from there. What cannot be dropped (locked memory) stays.
        unsafe { libc::madvise(address, to.saturating_sub(from), libc::MADV_DONTNEED) };
    }
    0
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

/// Size of a page.
fn page() -> usize {
    // SAFETY: no precondition.
    let octets = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(octets)
        .ok()
        .filter(|&size| size > 0)
        .unwrap_or(4096)
}

fn prefer_large_pages(from: usize, to: usize) -> io::Result<()> {
    let from = from.next_multiple_of(page());
    let address = std::ptr::with_exposed_provenance_mut(from);
    // SAFETY: advice on memory that is the heap's; its contents stay.
    let done = unsafe { libc::madvise(address, to.saturating_sub(from), libc::MADV_HUGEPAGE) };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
