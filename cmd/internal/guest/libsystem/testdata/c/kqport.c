// EVFILT_MACHPORT: xnu osfmk/ipc/ipc_pset.c filt_machportattach and filt_machportprocess,
// <sys/event.h>. In the first guest, whose runner has the kernel, and in one that it starts.
#include <errno.h>
#include <mach/mach.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/event.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;

static int kq;
static struct kevent r[4];
static const struct timespec none = {0, 0}, minute = {60, 0};
#define S mach_task_self()

static int set(mach_port_t p, int flags, unsigned ff) {
	struct kevent e;
	EV_SET(&e, p, EVFILT_MACHPORT, flags, ff, 0, 0);
	return kevent(kq, &e, 1, 0, 0, 0) < 0 ? errno : 0;
}
static int now(void) { return kevent(kq, 0, 0, r, 4, &none); }
static int later(void) { return kevent(kq, 0, 0, r, 4, &minute); }

static mach_port_t port(void) {
	mach_port_t p;
	mach_port_allocate(S, MACH_PORT_RIGHT_RECEIVE, &p);
	mach_port_insert_right(S, p, p, MACH_MSG_TYPE_MAKE_SEND);
	return p;
}
static void send(mach_port_t p, int id) {
	mach_msg_header_t h = {MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), sizeof h, p, 0, 0, id};
	if (mach_msg(&h, MACH_SEND_MSG, sizeof h, 0, 0, 0, 0)) printf("send fails\n");
}
static int receive(mach_port_t p) {
	struct { mach_msg_header_t h; char b[100]; } m;
	return mach_msg(&m.h, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof m, p, 0, 0) ? -1 : m.h.msgh_id;
}
static void *sender(void *p) {
	struct pollfd none = {-1};
	poll(&none, 1, 10);
	send(*(mach_port_t *)p, 9);
	return 0;
}

static void test(void) {
	kq = kqueue();
	mach_port_t p = port(), q = port(), ps, only;
	mach_port_allocate(S, MACH_PORT_RIGHT_PORT_SET, &ps);
	printf("names: none %d send right %d", set(0x7777703, EV_ADD, 0), set(mach_task_self(), EV_ADD, 0));
	mach_port_allocate(S, MACH_PORT_RIGHT_DEAD_NAME, &only);
	printf(" dead %d port %d set %d\n", set(only, EV_ADD, 0), set(p, EV_ADD, 0), set(ps, EV_ADD, 0));
	printf("port: %d", now());
	send(p, 1);
	printf(" %d ident %d data %d", now(), r[0].ident == p, r[0].data == p);
	printf(" stays %d", now());
	printf(" received %d", receive(p));
	printf(" %d\n", now());
	mach_port_insert_member(S, q, ps);
	printf("set: %d", now());
	send(q, 2);
	printf(" %d ident %d data %d", now(), r[0].ident == ps, r[0].data == q);
	printf(" received %d %d\n", receive(ps), now());
	pthread_t t;
	pthread_create(&t, 0, sender, &q);
	int n = later();
	printf("waits: %d data %d\n", n, r[0].data == q);
	pthread_join(t, 0);
	receive(ps);
	set(p, EV_DELETE, 0), set(p, EV_ADD | EV_CLEAR, 0);
	send(p, 1);
	printf("edge: %d %d", now(), now());
	send(p, 2);
	printf(" %d", later());
	printf(" %d\n", now());
	receive(p), receive(p);
	printf("changed: %d\n", set(p, EV_ADD, MACH_RCV_MSG));
	set(p, EV_DELETE, 0);
	// A message that was there before, to a port in a set that is watched too.
	mach_port_insert_member(S, p, ps);
	send(p, 3), set(p, EV_ADD, 0);
	printf("at once: %d", now());
	printf(" received %d", receive(p));
	printf(" %d\n", now());
	mach_port_extract_member(S, p, ps);
	set(p, EV_DELETE, 0);
	// The kevent receives.
	struct kevent64_s e, o;
	struct { mach_msg_header_t h; char b[100]; } m;
	memset(&m, 0, sizeof m);
	EV_SET64(&e, p, EVFILT_MACHPORT, EV_ADD, MACH_RCV_MSG | MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY, 0, 5, (uint64_t)&m, sizeof m);
	printf("receiving: %d", kevent64(kq, &e, 1, 0, 0, 0, 0));
	send(p, 77);
	n = kevent64(kq, 0, 0, &o, 1, 0, &minute);
	printf(" %d fflags %#x data %lld size %lld id %d udata %lld; again %d\n", n, o.fflags, o.data, o.ext[1], m.h.msgh_id, o.udata, kevent64(kq, 0, 0, &o, 1, 0, &none));
	EV_SET64(&e, p, EVFILT_MACHPORT, EV_ADD, MACH_RCV_MSG | MACH_RCV_LARGE | MACH_RCV_LARGE_IDENTITY, 0, 5, (uint64_t)&m, 24);
	kevent64(kq, &e, 1, 0, 0, 0, 0);
	send(p, 78);
	n = kevent64(kq, 0, 0, &o, 1, 0, &minute);
	printf("too large: %d fflags %#x data %d left %d\n", n, o.fflags, o.data == p, receive(p));
	// The right goes: one last event.
	mach_port_mod_refs(S, p, MACH_PORT_RIGHT_RECEIVE, -1);
	printf("gone: %d", later());
	printf(" eof %d oneshot %d then %d; deleted %d\n", (r[0].flags & EV_EOF) != 0, (r[0].flags & EV_ONESHOT) != 0, now(), set(p, EV_DELETE, 0));
	EV_SET64(&e, ps, EVFILT_MACHPORT, EV_ADD | EV_DISPATCH | EV_UDATA_SPECIFIC | EV_VANISHED, 0, 0, 5, 0, 0);
	kevent64(kq, &e, 1, 0, 0, 0, 0);
	set(ps, EV_DELETE, 0);
	mach_port_mod_refs(S, ps, MACH_PORT_RIGHT_PORT_SET, -1);
	n = kevent64(kq, 0, 0, &o, 1, 0, &minute);
	printf("vanished: %d flags %#x udata %lld\n", n, o.flags, o.udata);
	close(kq);
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	test();
	if (argc > 1) return 0;
	pid_t p;
	char *args[] = {argv[0], "child", 0};
	int status;
	if (posix_spawn(&p, argv[0], 0, 0, args, environ)) return 1;
	waitpid(p, &status, 0);
	return status != 0;
}
