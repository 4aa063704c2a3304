// User-Mode Linux 6.1 keeps a fixed part of a process' extended registers. The kernel takes them back
// only whole, and whole they are larger on processors with AMX: EFAULT, "ptrace set fp regs failed".
// Preloaded, this fills up what is missing with what the process has.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NT_X86_XSTATE 0x202
#define WHOLE 65536

static long kernel(long request, long pid, void *addr, void *data) {
    return syscall(SYS_ptrace, request, pid, addr, data);
}

// No allocation: the caller is a kernel.
static __thread unsigned char whole[WHOLE];

static long set_extended(long pid, void *addr, struct iovec *part) {
    struct iovec all = {whole, WHOLE};
    if (part->iov_len > WHOLE || kernel(PTRACE_GETREGSET, pid, addr, &all) < 0)
        return kernel(PTRACE_SETREGSET, pid, addr, part);
    memcpy(whole, part->iov_base, part->iov_len);
    if (part->iov_len > all.iov_len)
        all.iov_len = part->iov_len;
    return kernel(PTRACE_SETREGSET, pid, addr, &all);
}

long ptrace(enum __ptrace_request request, ...) {
    va_list list;
    va_start(list, request);
    long pid = va_arg(list, int);
    void *addr = va_arg(list, void *);
    void *data = va_arg(list, void *);
    va_end(list);
    if (request == PTRACE_SETREGSET && (long)addr == NT_X86_XSTATE)
        return set_extended(pid, addr, data);
    if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
        long word;
        long result = kernel(request, pid, addr, &word);
        return result < 0 ? result : word;
    }
    return kernel(request, pid, addr, data);
}
