// kqueue's filters and flags: kqueue(2), xnu bsd/kern/kern_event.c (the functions are named at
// each part). What takes time is waited for without a bound on how late it may be.
#include <errno.h>
#include <fcntl.h>
#include <mach/mach_time.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;

static int kq;
static struct kevent r[8];
static const struct timespec none = {0, 0}, minute = {60, 0};

static int set(uint64_t id, int filter, int flags, unsigned ff, long data) {
	struct kevent e;
	EV_SET(&e, id, filter, flags, ff, data, (void *)7);
	return kevent(kq, &e, 1, 0, 0, 0) < 0 ? errno : 0;
}
static int now(void) { return kevent(kq, 0, 0, r, 8, &none); }
static int later(void) { return kevent(kq, 0, 0, r, 8, &minute); }

static void errors(void) {
	// kevent_register: the number of the filter; filt_no_attach for those that are no more.
	printf("errors: %d %d %d %d %d\n", set(0, 1, EV_ADD, 0, 0), set(0, -19, EV_ADD, 0, 0), set(0, EVFILT_AIO, EV_ADD, 0, 0),
	       set(0, EVFILT_VM, EV_ADD, 0, 0), set(5, EVFILT_USER, EV_DELETE, 0, 0));
	printf("descriptors: %d %d %d\n", set(77, EVFILT_READ, EV_ADD, 0, 0), set(kq, EVFILT_WRITE, EV_ADD, 0, 0), set(1, EVFILT_USER, EV_ADD | EV_VANISHED, 0, 0));
	// Errors take a place in the event list where there is one, with the flags that were given.
	struct kevent c[3], o[3];
	EV_SET(&c[0], 9, EVFILT_USER, EV_DELETE, 0, 0, (void *)1);
	EV_SET(&c[1], 9, EVFILT_USER, EV_ADD | EV_RECEIPT, 0, 0, (void *)2);
	EV_SET(&c[2], 9, EVFILT_USER, EV_DELETE, 0, 0, (void *)3);
	int n = kevent(kq, c, 3, o, 3, &none);
	printf("list: %d;", n);
	for (int i = 0; i < n; i++) printf(" flags %#x data %ld udata %p;", o[i].flags, (long)o[i].data, o[i].udata);
	printf("\n");
	struct timespec bad = {0, 1000000000};
	n = kevent(kq, 0, 0, r, 8, &bad);
	printf("timeout: %d %d\n", n, errno);
}

// filt_userattach, filt_usertouch, filt_userprocess
static void user(void) {
	set(1, EVFILT_USER, EV_ADD | EV_CLEAR, 0x5, 0);
	printf("user: %d", now());
	set(1, EVFILT_USER, 0, NOTE_FFOR | 0x8, 0);
	set(1, EVFILT_USER, 0, NOTE_FFAND | 0xc, 0);
	set(1, EVFILT_USER, 0, NOTE_TRIGGER, 42);
	printf(" %d: %#x %ld %p", now(), r[0].fflags, (long)r[0].data, r[0].udata);
	printf(" %d", now());
	set(1, EVFILT_USER, EV_DISABLE, NOTE_TRIGGER | NOTE_FFCOPY | 1, 0);
	printf(" disabled %d", now());
	set(1, EVFILT_USER, EV_ENABLE, 0, 0);
	printf(" enabled %d: %#x", now(), r[0].fflags);
	set(1, EVFILT_USER, EV_DELETE, 0, 0);
	set(1, EVFILT_USER, EV_ADD, NOTE_TRIGGER, 0);
	printf(" level %d %d", now(), now());
	set(1, EVFILT_USER, EV_DELETE, 0, 0);
	set(1, EVFILT_USER, EV_ADD | EV_ONESHOT, 0, 0), set(1, EVFILT_USER, 0, NOTE_TRIGGER, 0);
	printf(" oneshot %d %d, gone %d\n", now(), now(), set(1, EVFILT_USER, 0, NOTE_TRIGGER, 0));
	// EV_UDATA_SPECIFIC: one for each udata; EV_DISPATCH2 deletes after the program has seen it.
	struct kevent e[2];
	EV_SET(&e[0], 3, EVFILT_USER, EV_ADD | EV_UDATA_SPECIFIC | EV_DISPATCH, 0, 0, (void *)1);
	EV_SET(&e[1], 3, EVFILT_USER, EV_ADD | EV_UDATA_SPECIFIC | EV_DISPATCH, NOTE_TRIGGER, 0, (void *)2);
	kevent(kq, e, 2, 0, 0, 0);
	printf("udata: %d %p", now(), r[0].udata);
	EV_SET(&e[1], 3, EVFILT_USER, EV_DELETE | EV_UDATA_SPECIFIC, 0, 0, (void *)2);
	int n = kevent(kq, &e[1], 1, 0, 0, 0);
	printf(" deferred %d", n < 0 ? errno : 0);
	EV_SET(&e[1], 3, EVFILT_USER, EV_ENABLE | EV_UDATA_SPECIFIC, 0, 0, (void *)2);
	kevent(kq, &e[1], 1, 0, 0, 0);
	printf(" %d flags %#x", now(), r[0].flags);
	EV_SET(&e[0], 3, EVFILT_USER, EV_DELETE | EV_UDATA_SPECIFIC, 0, 0, (void *)1);
	printf(" other %d\n", kevent(kq, e, 1, 0, 0, 0));
}

// filt_timervalidate, filt_timerprocess
static void timers(void) {
	printf("timer units: %d %d %d\n", set(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS | NOTE_NSECONDS, 1), set(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS, 1L << 60),
	       set(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS | NOTE_ABSOLUTE, 1L << 60));
	struct { int ff; long data; } one[] = {{0, 1}, {NOTE_USECONDS, 900}, {NOTE_NSECONDS, 100}, {NOTE_MACHTIME, 100}, {0, -5}, {NOTE_SECONDS | NOTE_CRITICAL, 0}};
	for (int i = 0; i < 6; i++) {
		int e = set(i, EVFILT_TIMER, EV_ADD | EV_ONESHOT, one[i].ff, one[i].data);
		int n = later();
		printf("%d: %d %d id %d data %d fflags %#x clear %d\n", i, e, n, (int)r[0].ident, r[0].data > 0, r[0].fflags, (r[0].flags & EV_CLEAR) != 0);
	}
	struct timeval tv;
	gettimeofday(&tv, 0);
	set(1, EVFILT_TIMER, EV_ADD, NOTE_ABSOLUTE | NOTE_SECONDS, tv.tv_sec - 1);
	int n = later();
	printf("absolute, past: %d data %ld; oneshot %d gone %d\n", n, (long)r[0].data, (r[0].flags & EV_ONESHOT) != 0, set(1, EVFILT_TIMER, EV_DELETE, 0, 0));
	uint64_t start = mach_absolute_time();
	mach_timebase_info_data_t tb;
	mach_timebase_info(&tb);
	uint64_t at = start + 20000000ull * tb.denom / tb.numer;
	set(1, EVFILT_TIMER, EV_ADD, NOTE_ABSOLUTE | NOTE_MACHTIME, at);
	n = later();
	printf("absolute, mach: %d not early %d\n", n, mach_absolute_time() >= at);
	// It repeats, and counts what has passed since it was looked at.
	set(1, EVFILT_TIMER, EV_ADD, NOTE_USECONDS, 2000);
	int first = later();
	start = mach_absolute_time();
	while ((mach_absolute_time() - start) * tb.numer / tb.denom < 11000000) usleep(1000);
	n = later();
	printf("repeats: %d %d at least five %d\n", first, n, r[0].data >= 5);
	printf("absolute is for good: %d; again %d\n", set(1, EVFILT_TIMER, EV_ADD, NOTE_ABSOLUTE, 0), set(1, EVFILT_TIMER, EV_ADD, NOTE_SECONDS, 1000));
	printf("longer now: %d\n", now());
	set(1, EVFILT_TIMER, EV_DELETE, 0, 0);
}

// soo_kqfilter, pipe_kqfilter, vn_kqfilter
static void files(void) {
	int p[2], s[2], f = open("f", O_CREAT | O_RDWR, 0600), d = open(".", O_RDONLY), z = open("/dev/null", O_RDWR);
	pipe(p), socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	printf("directory %d null %d with lowat %d\n", set(d, EVFILT_READ, EV_ADD, 0, 0), set(z, EVFILT_READ, EV_ADD, 0, 0), set(z, EVFILT_READ, EV_ADD, NOTE_LOWAT, 1));
	close(z), close(d);
	set(p[0], EVFILT_READ, EV_ADD, 0, 0);
	printf("pipe: %d", now());
	write(p[1], "abc", 3);
	printf(" %d %ld %ld", now(), (long)r[0].data, now() ? (long)r[0].data : -1);
	char b[8];
	read(p[0], b, 8);
	printf(" %d", now());
	close(p[1]);
	printf(" eof %d %d", now(), (r[0].flags & EV_EOF) != 0);
	close(p[0]);
	printf(" closed %d\n", now());
	set(s[0], EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0);
	set(s[0], EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0);
	printf("socket: %d filter %d", now(), r[0].filter);
	write(s[1], "ab", 2);
	printf(" %d filter %d data %ld", now(), r[0].filter, (long)r[0].data);
	printf(" edge %d", now());
	write(s[1], "c", 1);
	printf(" %d %ld", now(), (long)r[0].data);
	shutdown(s[1], SHUT_WR);
	int n = now(), in = n > 0 && r[0].filter == EVFILT_WRITE; // Linux wakes writers too
	printf(" eof %d %d", n > in && r[in].filter == EVFILT_READ, (r[in].flags & EV_EOF) != 0);
	close(s[0]), close(s[1]);
	printf(" closed %d\n", now());
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	set(s[0], EVFILT_READ, EV_ADD, NOTE_LOWAT, 4);
	write(s[1], "abc", 3);
	printf("lowat: %d", now());
	write(s[1], "d", 1);
	printf(" %d %ld\n", now(), (long)r[0].data);
	close(s[0]), close(s[1]);
	// vnode_readable_data_count: what is left of a file, and more when it grows.
	set(f, EVFILT_READ, EV_ADD, 0, 0);
	printf("file: %d", now());
	pwrite(f, "12345", 5, 0);
	printf(" %d %ld", now(), (long)r[0].data);
	lseek(f, 5, SEEK_SET);
	printf(" %d", now());
	pwrite(f, "67", 2, 5);
	printf(" %d %ld", now(), (long)r[0].data);
	set(f, EVFILT_READ, EV_DELETE, 0, 0), set(f, EVFILT_WRITE, EV_ADD | EV_ONESHOT, 0, 0);
	printf(" write %d %ld\n", now(), (long)r[0].data);
	close(f), unlink("f");
	// A kqueue in another one, and in poll.
	int other = kqueue();
	set(other, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0);
	printf("kqueue: %d", now());
	struct kevent e;
	EV_SET(&e, 1, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_TRIGGER, 0, 0);
	kevent(other, &e, 1, 0, 0, 0);
	struct pollfd pf = {kq, POLLIN, 0};
	printf(" poll %d", poll(&pf, 1, 0));
	printf(" %d data %ld\n", now(), (long)r[0].data);
	close(other);
}

static void handler(int s) {}

// filt_procattach, filt_procevent; filt_signal
static void processes(char *self) {
	printf("process: %d %d %d\n", set(1 << 29, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), set(getpid(), EVFILT_PROC, EV_ADD, NOTE_TRACK, 0), set(getpid(), EVFILT_PROC, EV_ADD, NOTE_FORK, 0));
	int hold[2];
	pipe(hold);
	fcntl(hold[1], F_SETFD, FD_CLOEXEC);
	char fd[8];
	snprintf(fd, sizeof fd, "%d", hold[0]);
	char *argv[] = {self, fd, 0};
	pid_t child;
	printf("spawn %d", posix_spawn(&child, self, 0, 0, argv, environ));
	printf(" fork %d %#x\n", now(), r[0].fflags);
	set(getpid(), EVFILT_PROC, EV_DELETE, 0, 0);
	printf("child: %d", set(child, EVFILT_PROC, EV_ADD, NOTE_EXIT | NOTE_EXITSTATUS, 0));
	printf(" %d", now());
	close(hold[1]); // it ends
	printf(" %d", later());
	printf(" fflags %#x status %d flags %d,%d own %d", r[0].fflags, WEXITSTATUS(r[0].data), (r[0].flags & EV_EOF) != 0, (r[0].flags & EV_ONESHOT) != 0, r[0].ident == child);
	printf(" again %d\n", set(child, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0));
	int status;
	printf("waitpid %d %d\n", waitpid(child, &status, 0) == child, WEXITSTATUS(status));
	// Every attempt to signal counts, whatever becomes of the signal.
	signal(SIGUSR1, SIG_IGN), signal(SIGUSR2, handler);
	set(SIGUSR1, EVFILT_SIGNAL, EV_ADD, 0, 0), set(SIGUSR2, EVFILT_SIGNAL, EV_ADD, 0, 0);
	printf("signals: %d", now());
	kill(getpid(), SIGUSR1), kill(getpid(), SIGUSR1), raise(SIGUSR2);
	int n = now();
	if (n == 2 && r[0].ident == SIGUSR2) r[2] = r[0], r[0] = r[1], r[1] = r[2];
	printf(" %d: %d x %ld, %d x %ld clear %d", n, (int)r[0].ident, (long)r[0].data, (int)r[1].ident, (long)r[1].data, (r[0].flags & EV_CLEAR) != 0);
	printf(" %d\n", now());
}

static void *closer(void *a) {
	struct pollfd p = {*(int *)a, POLLIN, 0};
	poll(&p, 1, 20);
	close(*(int *)a);
	return 0;
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	if (argc > 1) {
		char b;
		read(atoi(argv[1]), &b, 1);
		return 9;
	}
	kq = kqueue();
	errors();
	user();
	timers();
	files();
	processes(argv[0]);
	printf("file systems: %d\n", set(0, EVFILT_FS, EV_ADD, 0, 0));
	// kevent64, its immediate flag and an unknown one
	struct kevent64_s e64[2];
	EV_SET64(&e64[0], 1, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_TRIGGER, 5, 6, 7, 8);
	printf("kevent64: %d", kevent64(kq, e64, 1, e64 + 1, 1, KEVENT_FLAG_IMMEDIATE, 0));
	printf(" data %lld udata %lld ext %lld %lld", e64[1].data, e64[1].udata, e64[1].ext[0], e64[1].ext[1]);
	printf(" empty %d", kevent64(kq, 0, 0, e64, 1, KEVENT_FLAG_IMMEDIATE, 0));
	printf(" unknown %d", kevent64(kq, 0, 0, e64, 1, 0x800, 0));
	printf(" %d\n", errno);
	// Who waits for a kqueue that is closed is told.
	int doomed = kqueue();
	pthread_t t;
	pthread_create(&t, 0, closer, &doomed);
	int n = kevent(doomed, 0, 0, r, 1, 0);
	printf("closed: %d %d\n", n, errno);
	pthread_join(t, 0);
	return 0;
}
