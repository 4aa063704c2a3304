// A load balancer for daemons on a kernel that has none: preloaded, it answers what a process asks of
// the generic netlink family "IPVS" (linux/ip_vs.h) as the kernel does, from a table of this process.
// No packet is ever balanced. With IPVS_LOG=FILE each change is a line there:
// what it does, to what, and " = " how that is to be.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAMILY 0x7fe0 // far above what the kernel gives out
#define FDS 4096
#define PORTION 8192 // octets of one datagram of a dump

typedef struct nlmsghdr Head;
typedef struct { const char *at; unsigned size; } Octets;
typedef struct Dest { struct Dest *next; unsigned char key[20]; Octets attrs; } Dest;
typedef struct Service { struct Service *next; unsigned char key[32]; Octets attrs; Dest *dests; } Service;
typedef struct Datagram { struct Datagram *next; unsigned size; char octets[]; } Datagram;

static Service *services[65536];
static Datagram *answers[FDS], **ends[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// ---- attributes

static Octets attr(Octets all, unsigned kind) {
    while (all.size >= NLA_HDRLEN) {
        const struct nlattr *here = (const void *)all.at;
        unsigned whole = NLA_ALIGN(here->nla_len);
        if (here->nla_len < NLA_HDRLEN || here->nla_len > all.size)
            break;
        if ((here->nla_type & NLA_TYPE_MASK) == kind)
            return (Octets){all.at + NLA_HDRLEN, here->nla_len - NLA_HDRLEN};
        if (whole >= all.size)
            break;
        all = (Octets){all.at + whole, all.size - whole};
    }
    return (Octets){NULL, 0};
}

static unsigned number(Octets all, unsigned kind) {
    Octets found = attr(all, kind);
    unsigned value = 0;
    memcpy(&value, found.at ? found.at : "", found.at ? (found.size < 4 ? found.size : 4) : 0);
    return value;
}

static unsigned port(Octets all, unsigned kind) { return ntohs(number(all, kind)); }

static Octets copy(Octets from) {
    char *to = malloc(from.size + 1);
    memcpy(to, from.at, from.size);
    return (Octets){to, from.size};
}

// ---- the table

static void service_key(Octets attrs, unsigned char *key) {
    unsigned mark = number(attrs, IPVS_SVC_ATTR_FWMARK), family = number(attrs, IPVS_SVC_ATTR_AF);
    Octets address = attr(attrs, IPVS_SVC_ATTR_ADDR);
    memset(key, 0, 32);
    key[0] = family;
    if (mark) {
        memcpy(key + 4, &mark, 4);
        return;
    }
    key[1] = number(attrs, IPVS_SVC_ATTR_PROTOCOL);
    unsigned at = number(attrs, IPVS_SVC_ATTR_PORT), size = family == AF_INET6 ? 16 : 4;
    memcpy(key + 2, &at, 2);
    if (address.at)
        memcpy(key + 8, address.at, address.size < size ? address.size : size);
}

static unsigned dest_family(const Service *of, Octets attrs) {
    return attr(attrs, IPVS_DEST_ATTR_ADDR_FAMILY).at ? number(attrs, IPVS_DEST_ATTR_ADDR_FAMILY) : of->key[0];
}

static void dest_key(const Service *of, Octets attrs, unsigned char *key) {
    Octets address = attr(attrs, IPVS_DEST_ATTR_ADDR);
    unsigned at = number(attrs, IPVS_DEST_ATTR_PORT), family = dest_family(of, attrs);
    unsigned size = family == AF_INET6 ? 16 : 4;
    memset(key, 0, 20);
    key[0] = family;
    memcpy(key + 2, &at, 2);
    if (address.at)
        memcpy(key + 4, address.at, address.size < size ? address.size : size);
}

static Service **find_service(Octets attrs) {
    unsigned char key[32];
    unsigned hash = 5381;
    service_key(attrs, key);
    for (int i = 0; i < 32; i++)
        hash = hash * 33 + key[i];
    Service **at = &services[hash & 65535];
    while (*at && memcmp((*at)->key, key, 32))
        at = &(*at)->next;
    return at;
}

static Dest **find_dest(Service *of, Octets attrs) {
    unsigned char key[20];
    dest_key(of, attrs, key);
    Dest **at = &of->dests;
    while (*at && memcmp((*at)->key, key, 20))
        at = &(*at)->next;
    return at;
}

static void drop_service(Service **at) {
    Service *gone = *at;
    *at = gone->next;
    while (gone->dests) {
        Dest *dest = gone->dests;
        gone->dests = dest->next;
        free((void *)dest->attrs.at), free(dest);
    }
    free((void *)gone->attrs.at), free(gone);
}

// ---- the record

static const char *shown(unsigned family, Octets address, unsigned at, char *text) {
    char ip[64] = "?", octets[16] = {0};
    memcpy(octets, address.at ? address.at : octets, address.at && address.size < 16 ? address.size : 16);
    inet_ntop(family, octets, ip, sizeof ip);
    sprintf(text, family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip, at);
    return text;
}

static void named(Octets attrs, char *text) {
    unsigned mark = number(attrs, IPVS_SVC_ATTR_FWMARK), family = number(attrs, IPVS_SVC_ATTR_AF);
    unsigned protocol = number(attrs, IPVS_SVC_ATTR_PROTOCOL);
    if (mark) {
        sprintf(text, "-f %u%s", mark, family == AF_INET6 ? " -6" : "");
        return;
    }
    strcpy(text, protocol == 6 ? "-t " : protocol == 17 ? "-u " : "--sctp-service ");
    shown(family, attr(attrs, IPVS_SVC_ATTR_ADDR), port(attrs, IPVS_SVC_ATTR_PORT), text + strlen(text));
}

static void record(unsigned command, Octets service, const Service *of, Octets dest) {
    static const char *words[] = {"", "add", "edit", "remove", "", "add", "edit", "remove"};
    const char *path = getenv("IPVS_LOG");
    char line[512] = "clear";
    if (!path)
        return;
    if (command != IPVS_CMD_FLUSH) {
        sprintf(line, "%s ", words[command]);
        named(service, line + strlen(line));
    }
    if (of) {
        strcat(line, " -> ");
        Octets address = attr(dest, IPVS_DEST_ATTR_ADDR);
        shown(dest_family(of, dest), address, port(dest, IPVS_DEST_ATTR_PORT), line + strlen(line));
    }
    if (command == IPVS_CMD_NEW_DEST || command == IPVS_CMD_SET_DEST)
        sprintf(line + strlen(line), " = -%c -w %u", "mlig"[number(dest, IPVS_DEST_ATTR_FWD_METHOD) & 3],
                number(dest, IPVS_DEST_ATTR_WEIGHT));
    if (command == IPVS_CMD_NEW_SERVICE || command == IPVS_CMD_SET_SERVICE) {
        Octets name = attr(service, IPVS_SVC_ATTR_SCHED_NAME);
        sprintf(line + strlen(line), " = -s %.*s", (int)strnlen(name.at, name.size), name.at);
        if (number(service, IPVS_SVC_ATTR_FLAGS) & IP_VS_SVC_F_PERSISTENT)
            sprintf(line + strlen(line), " -p %u", number(service, IPVS_SVC_ATTR_TIMEOUT));
    }
    strcat(line, "\n");
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd >= 0 && write(fd, line, strlen(line)) >= 0)
        close(fd);
}

// ---- answers

static Datagram *begun(int fd) {
    Datagram *new = calloc(1, sizeof *new + PORTION + 4096);
    if (!ends[fd])
        ends[fd] = &answers[fd];
    *ends[fd] = new;
    ends[fd] = &new->next;
    return new;
}

static Head *message(Datagram *in, const Head *asked, unsigned kind, unsigned flags) {
    Head *head = (Head *)(in->octets + in->size);
    *head = (Head){NLMSG_HDRLEN, kind, flags, asked->nlmsg_seq, asked->nlmsg_pid};
    in->size += NLMSG_HDRLEN;
    return head;
}

static void put(Datagram *in, Head *head, const void *octets, unsigned size) {
    memcpy(in->octets + in->size, octets, size);
    in->size += NLA_ALIGN(size);
    head->nlmsg_len += NLA_ALIGN(size);
}

static void put_attr(Datagram *in, Head *head, unsigned kind, const void *octets, unsigned size) {
    struct nlattr about = {NLA_HDRLEN + size, kind};
    put(in, head, &about, sizeof about);
    put(in, head, octets, size);
}

static void acknowledge(int fd, const Head *asked, int error) {
    Datagram *in = begun(fd);
    Head *head = message(in, asked, NLMSG_ERROR, 0);
    int code = -error;
    put(in, head, &code, 4);
    put(in, head, asked, NLMSG_HDRLEN);
}

static void object(Datagram *in, const Head *asked, unsigned command, unsigned kind, Octets attrs) {
    struct genlmsghdr about = {command, IPVS_GENL_VERSION, 0};
    static const unsigned none;
    Head *head = message(in, asked, FAMILY, NLM_F_MULTI);
    put(in, head, &about, sizeof about);
    struct nlattr nest = {NLA_HDRLEN + attrs.size, kind | NLA_F_NESTED};
    struct nlattr *there = (void *)(in->octets + in->size);
    put(in, head, &nest, sizeof nest);
    put(in, head, attrs.at, attrs.size);
    for (unsigned n = IPVS_DEST_ATTR_ACTIVE_CONNS; kind == IPVS_CMD_ATTR_DEST && n <= IPVS_DEST_ATTR_PERSIST_CONNS; n++) {
        put_attr(in, head, n, &none, 4);
        there->nla_len += NLA_HDRLEN + 4;
    }
}

static void dump(int fd, const Head *asked, unsigned command, Octets attrs) {
    Datagram *in = begun(fd);
    if (command == IPVS_CMD_GET_SERVICE)
        for (unsigned i = 0; i < 65536; i++)
            for (Service *of = services[i]; of; of = of->next) {
                in = in->size > PORTION ? begun(fd) : in;
                object(in, asked, IPVS_CMD_NEW_SERVICE, IPVS_CMD_ATTR_SERVICE, of->attrs);
            }
    Service *of = command == IPVS_CMD_GET_DEST ? *find_service(attr(attrs, IPVS_CMD_ATTR_SERVICE)) : NULL;
    for (Dest *dest = of ? of->dests : NULL; dest; dest = dest->next) {
        in = in->size > PORTION ? begun(fd) : in;
        object(in, asked, IPVS_CMD_NEW_DEST, IPVS_CMD_ATTR_DEST, dest->attrs);
    }
    int code = 0;
    Head *done = message(in, asked, NLMSG_DONE, NLM_F_MULTI);
    put(in, done, &code, 4);
}

static void tell(int fd, const Head *asked, unsigned family, unsigned command, const unsigned *kinds, const unsigned *values) {
    struct genlmsghdr about = {command, 1, 0};
    Datagram *in = begun(fd);
    Head *head = message(in, asked, family, 0);
    put(in, head, &about, sizeof about);
    for (; *kinds; kinds++, values++)
        put_attr(in, head, *kinds, values, 4);
}

// ---- requests

static int change(unsigned command, Octets attrs) {
    Octets about = attr(attrs, IPVS_CMD_ATTR_SERVICE), dest = attr(attrs, IPVS_CMD_ATTR_DEST);
    if (command == IPVS_CMD_FLUSH) {
        for (unsigned i = 0; i < 65536; i++)
            while (services[i])
                drop_service(&services[i]);
        record(command, about, NULL, dest);
        return 0;
    }
    if (command > IPVS_CMD_DEL_DEST || command == IPVS_CMD_GET_SERVICE)
        return 0; // timeouts, sync daemons: taken
    if (!about.at)
        return EINVAL;
    Service **at = find_service(about), *of = *at;
    Dest **place = of && dest.at ? find_dest(of, dest) : NULL;
    if (command == IPVS_CMD_NEW_SERVICE ? !!of : command >= IPVS_CMD_NEW_DEST && place ? (command == IPVS_CMD_NEW_DEST) == !!*place : !of)
        return command == IPVS_CMD_NEW_SERVICE || command == IPVS_CMD_NEW_DEST && of ? EEXIST : of ? ENOENT : ESRCH;
    record(command, about, command >= IPVS_CMD_NEW_DEST ? of : NULL, dest);
    if (command == IPVS_CMD_NEW_SERVICE) {
        *at = of = calloc(1, sizeof *of);
        service_key(about, of->key);
        of->attrs = copy(about);
    } else if (command == IPVS_CMD_SET_SERVICE) {
        free((void *)of->attrs.at);
        of->attrs = copy(about);
    } else if (command == IPVS_CMD_DEL_SERVICE) {
        drop_service(at);
    } else if (command == IPVS_CMD_DEL_DEST) {
        Dest *gone = *place;
        *place = gone->next;
        free((void *)gone->attrs.at), free(gone);
    } else {
        Dest *kept = *place ? *place : (*place = calloc(1, sizeof **place));
        dest_key(of, dest, kept->key);
        free((void *)kept->attrs.at);
        kept->attrs = copy(dest);
    }
    return 0;
}

static void answer(int fd, const Head *asked) {
    const struct genlmsghdr *generic = NLMSG_DATA(asked);
    Octets attrs = {(const char *)generic + GENL_HDRLEN, asked->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN};
    unsigned command = generic->cmd;
    int error = 0;
    if (asked->nlmsg_type == GENL_ID_CTRL) {
        struct genlmsghdr about = {CTRL_CMD_NEWFAMILY, 2, 0};
        unsigned short family = FAMILY;
        Datagram *in = begun(fd);
        Head *head = message(in, asked, GENL_ID_CTRL, 0);
        put(in, head, &about, sizeof about);
        put_attr(in, head, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME, sizeof IPVS_GENL_NAME);
        put_attr(in, head, CTRL_ATTR_FAMILY_ID, &family, 2);
    } else if (command == IPVS_CMD_GET_INFO) {
        const unsigned kinds[] = {IPVS_INFO_ATTR_VERSION, IPVS_INFO_ATTR_CONN_TAB_SIZE, 0}, values[] = {0x10201, 4096};
        tell(fd, asked, FAMILY, IPVS_CMD_SET_INFO, kinds, values);
    } else if (command == IPVS_CMD_GET_CONFIG) {
        const unsigned kinds[] = {IPVS_CMD_ATTR_TIMEOUT_TCP, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, IPVS_CMD_ATTR_TIMEOUT_UDP, 0};
        const unsigned values[] = {900, 120, 300};
        tell(fd, asked, FAMILY, IPVS_CMD_SET_CONFIG, kinds, values);
    } else if ((asked->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
        dump(fd, asked, command, attrs);
        return;
    } else {
        error = change(command, attrs);
    }
    if (error || asked->nlmsg_flags & NLM_F_ACK)
        acknowledge(fd, asked, error);
}

// Whether these octets are for us; then they are answered.
static int taken(int fd, const char *octets, size_t size) {
    const Head *head = (const Head *)octets;
    if (fd < 0 || fd >= FDS || size < NLMSG_HDRLEN + GENL_HDRLEN || head->nlmsg_len > size)
        return 0;
    int asks = head->nlmsg_type == GENL_ID_CTRL && memmem(octets, head->nlmsg_len, IPVS_GENL_NAME, sizeof IPVS_GENL_NAME);
    socklen_t long_int = sizeof(int);
    int domain = 0;
    if ((!asks && head->nlmsg_type != FAMILY) || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &long_int) || domain != AF_NETLINK)
        return 0;
    pthread_mutex_lock(&lock);
    for (size_t left = size; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left))
        answer(fd, head);
    pthread_mutex_unlock(&lock);
    return 1;
}

// ---- what is interposed

static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static ssize_t (*real_recvmsg)(int, struct msghdr *, int);

__attribute__((constructor)) static void find_real(void) {
    real_send = dlsym(RTLD_NEXT, "send");
    real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
    real_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
}

ssize_t send(int fd, const void *octets, size_t size, int flags) {
    return taken(fd, octets, size) ? (ssize_t)size : real_send(fd, octets, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *about, int flags) {
    if (about->msg_iovlen == 1 && taken(fd, about->msg_iov->iov_base, about->msg_iov->iov_len))
        return about->msg_iov->iov_len;
    return real_sendmsg(fd, about, flags);
}

ssize_t recvmsg(int fd, struct msghdr *about, int flags) {
    Datagram *first = fd >= 0 && fd < FDS ? answers[fd] : NULL;
    if (!first)
        return real_recvmsg(fd, about, flags);
    size_t room = about->msg_iov->iov_len, size = first->size;
    memcpy(about->msg_iov->iov_base, first->octets, size < room ? size : room);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (about->msg_name)
        memcpy(about->msg_name, &kernel, sizeof kernel);
    about->msg_namelen = sizeof kernel;
    about->msg_controllen = 0;
    about->msg_flags = size > room ? MSG_TRUNC : 0;
    if (!(flags & MSG_PEEK)) {
        answers[fd] = first->next;
        ends[fd] = first->next ? ends[fd] : NULL;
        free(first);
    }
    return flags & MSG_TRUNC || size < room ? size : room;
}
