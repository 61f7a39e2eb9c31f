// The tests' target: a real process that does one thing, named by argv[1],
// and reports on standard output. Standard input at its end stops it.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *s) {
	if (write(1, s, strlen(s)) < 0) _exit(9);
}

static void until_closed(void) {
	char c;
	for (;;) {
		ssize_t n = read(0, &c, 1);
		if (n == 0) _exit(0);
		if (n < 0) {
			say("read was interrupted\n");
			_exit(8);
		}
	}
}

// --- park: threads that spin for ever with known values in registers.

#if defined(__x86_64__)
__attribute__((noinline)) void parked(long seed) {
	__asm__ volatile(
		"mov %0, %%rbx\n lea 1(%0), %%r12\n lea 2(%0), %%r13\n lea 3(%0), %%r14\n lea 4(%0), %%r15\n"
		"movq %0, %%xmm7\n"
		"1: mov $34, %%eax\n syscall\n jmp 1b\n"
		:: "r"(seed) : "rbx", "r12", "r13", "r14", "r15", "rax", "rcx", "r11", "xmm7", "memory");
}
#else
__attribute__((noinline)) void parked(long seed) {
	__asm__ volatile(
		"mov x19, %0\n add x20, %0, 1\n add x21, %0, 2\n add x22, %0, 3\n add x23, %0, 4\n"
		"fmov d7, %0\n"
		"1: mov x8, 73\n mov x0, 0\n mov x1, 0\n mov x2, 0\n mov x3, 0\n mov x4, 0\n svc 0\n b 1b\n"
		:: "r"(seed) : "x0", "x1", "x2", "x3", "x4", "x8", "x19", "x20", "x21", "x22", "x23", "v7", "memory");
}
#endif

static void *park_thread(void *arg) {
	parked((long)arg);
	return 0;
}

static pthread_t start(void *(*f)(void *), void *arg) {
	pthread_attr_t a;
	pthread_t t;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 << 10);
	if (pthread_create(&t, &a, f, arg)) _exit(7);
	return t;
}

static void park(int n) {
	for (int i = 1; i <= n; i++) start(park_thread, (void *)((long)i * 0x100000001L));
	char buf[64];
	snprintf(buf, sizeof buf, "ready %p\n", (void *)parked);
	say(buf);
	until_closed();
}

// --- churn: threads come and go.

static atomic_long beats;
static void *blip(void *arg) {
	beats++;
	return arg;
}
static void *churner(void *arg) {
	for (;;) pthread_join(start(blip, 0), 0);
	return arg;
}
static void *teller(void *arg) {
	char buf[64];
	for (;;) {
		struct timespec ts = {0, 20000000};
		nanosleep(&ts, 0);
		snprintf(buf, sizeof buf, "%ld\n", beats);
		say(buf);
	}
	return arg;
}
static void churn(int n) {
	for (int i = 0; i < n; i++) start(churner, 0);
	start(teller, 0);
	until_closed();
}

// --- strict: blocking calls that must not be cut short, and must not take
// longer than they should, in several threads.

static void fail(const char *what) {
	char buf[128];
	snprintf(buf, sizeof buf, "%s: %s\n", what, strerror(errno));
	say(buf);
	_exit(6);
}
static void *sleeper(void *arg) {
	for (;;) {
		struct timespec a, b, ts = {0, 30000000}, rest = {0, 0};
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (nanosleep(&ts, &rest)) fail("nanosleep");
		clock_gettime(CLOCK_MONOTONIC, &b);
		long took = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
		if (took < 29) fail("nanosleep ended early");
		beats++;
	}
	return arg;
}
static void *piper(void *arg) {
	int fd[2];
	char c = 'x';
	if (pipe(fd)) fail("pipe");
	for (;;) {
		if (write(fd[1], &c, 1) != 1) fail("write");
		if (read(fd[0], &c, 1) != 1) fail("read");
		beats++;
	}
	return arg;
}
static void *pauser(void *arg) {
	sigset_t none;
	sigemptyset(&none);
	syscall(SYS_ppoll, 0, 0, 0, 0, 0);
	fail("ppoll");
	return arg;
}
static volatile double sum;
static void *computer(void *arg) {
	for (;;) {
		double s = 0;
		for (int i = 1; i <= 1000; i++) s += 1.0 / i;
		if (sum != 0 && s != sum) fail("sum");
		sum = s;
		beats++;
	}
	return arg;
}
static void strict(void) {
	start(sleeper, 0);
	start(piper, 0);
	start(pauser, 0);
	start(computer, 0);
	start(teller, 0);
	until_closed();
}

// --- count: real-time signals, with their values added up.

static atomic_long values, arrivals;
static void on_value(int sig, siginfo_t *info, void *context) {
	(void)sig, (void)context;
	if (info->si_code != SI_QUEUE) _exit(5);
	values += info->si_value.sival_int;
	arrivals++;
}
static void count(void) {
	struct sigaction sa = {.sa_sigaction = on_value, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigaction(SIGRTMIN + 3, &sa, 0);
	char buf[64];
	say("ready\n");
	for (;;) {
		struct timespec ts = {0, 20000000};
		nanosleep(&ts, 0);
		snprintf(buf, sizeof buf, "%ld %ld\n", arrivals, values);
		say(buf);
	}
}

// --- fault: raises what standard input asks for, and tells what its own
// handler saw.

static volatile int handled;
static void on_fault(int sig, siginfo_t *info, void *context) {
	(void)context;
	char buf[96];
	snprintf(buf, sizeof buf, "handler %d code %d addr %p\n", sig, info->si_code, info->si_addr);
	say(buf);
	handled = 1;
	_exit(0);
}
static volatile int zero;
__attribute__((noinline)) void do_trap(void) {
#if defined(__x86_64__)
	__asm__ volatile("int3");
#else
	__asm__ volatile("brk 0");
#endif
}
__attribute__((noinline)) void do_ill(void) {
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	__asm__ volatile(".inst 0");
#endif
}
static void fault(void) {
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	int all[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
	for (int i = 0; i < 5; i++) sigaction(all[i], &sa, 0);
	say("ready\n");
	char c;
	while (read(0, &c, 1) == 1) {
		switch (c) {
		case 's': *(volatile int *)0x1234 = 7; break;
		case 'i': do_ill(); break;
		case 't': do_trap(); break;
#if defined(__x86_64__)
		case 'f': zero = 1000 / zero; break;
#endif
		case '\n': continue;
		}
		say("survived\n");
	}
	_exit(0);
}

// --- forks: makes a child as standard input asks for, f: fork, v: vfork, c: clone
// with memory of its own, s: clone that shares the memory. The child executes a
// trap and ends with the status 7.

static int born(void *unused) {
	(void)unused;
	do_trap();
	syscall(SYS_exit_group, 7);
	return 0;
}
// A child that forks when standard input says so, and says how that one ended.
static void grandchildren(void) {
	char c, buf[64];
	while (read(0, &c, 1) == 1 && c != 'n') {}
	pid_t pid = fork();
	if (pid == 0) {
		while (read(0, &c, 1) == 1 && c != 'e') {}
		_exit(0);
	}
	int status = -1;
	waitpid(pid, &status, 0);
	snprintf(buf, sizeof buf, "grandchild %d\n", status);
	say(buf);
	_exit(0);
}
static void forks(void) {
	static char stack[1 << 16] __attribute__((aligned(16)));
	say("ready\n");
	char c, buf[64];
	while (read(0, &c, 1) == 1) {
		pid_t pid;
		switch (c) {
		case 'f':
			if ((pid = fork()) == 0) born(0);
			break;
		case 'v':
			if ((pid = vfork()) == 0) born(0);
			break;
		case 'c': pid = clone(born, stack + sizeof stack, 0, 0); break;
		case 's': pid = clone(born, stack + sizeof stack, CLONE_VM | SIGCHLD, 0); break;
		case 'g':
			if ((pid = fork()) == 0) grandchildren();
			break;
		default: continue;
		}
		int status = -1;
		if (pid < 0 || waitpid(pid, &status, __WALL) != pid) status = -1;
		snprintf(buf, sizeof buf, "%d %#x\n", pid, status);
		say(buf);
	}
	_exit(0);
}

// --- mem: pages of each protection, with known contents.

static void mem(void) {
	size_t page = sysconf(_SC_PAGESIZE);
	char *p = mmap(0, 5 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < 5 * page; i++) p[i] = i * 7;
	mprotect(p + page, page, PROT_READ);
	mprotect(p + 2 * page, page, PROT_NONE);
	munmap(p + 3 * page, page);
	char buf[64];
	snprintf(buf, sizeof buf, "ready %p\n", (void *)p);
	say(buf);
	char c;
	while (read(0, &c, 1) == 1) {
		snprintf(buf, sizeof buf, "%d %d\n", p[0], p[page]);
		if (c == 'p') say(buf);
	}
	_exit(0);
}

// --- maps: n mappings that cannot merge.

static void maps(int n) {
	size_t page = sysconf(_SC_PAGESIZE);
	char *p = mmap(0, n * 2 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	for (int i = 0; i < n; i += 2) mprotect(p + i * page, page, PROT_READ | PROT_WRITE);
	char buf[64];
	snprintf(buf, sizeof buf, "ready %p\n", (void *)p);
	say(buf);
	until_closed();
}

// --- exec: a second thread runs the program anew when asked.

static char *self;
static void *execer(void *arg) {
	char c;
	if (read(0, &c, 1) == 1) execl(self, self, "park", "0", (char *)0);
	_exit(0);
	return arg;
}

// --- vfork: the first thread waits uninterruptibly for a child, n ms.

static void vforker(int n) {
	start(teller, 0);
	start(computer, 0);
	say("ready\n");
	if (vfork() == 0) {
		struct timespec ts = {n / 1000, n % 1000 * 1000000L};
		nanosleep(&ts, 0);
		_exit(0);
	}
	say("vforked\n");
	until_closed();
}

int main(int argc, char **argv) {
	self = argv[0];
	const char *what = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;
	if (!strcmp(what, "park")) park(n);
	if (!strcmp(what, "churn")) churn(n);
	if (!strcmp(what, "strict")) strict();
	if (!strcmp(what, "count")) count();
	if (!strcmp(what, "fault")) fault();
	if (!strcmp(what, "forks")) forks();
	if (!strcmp(what, "mem")) mem();
	if (!strcmp(what, "maps")) maps(n);
	if (!strcmp(what, "vfork")) vforker(n);
	if (!strcmp(what, "exec")) {
		start(execer, 0);
		for (int i = 0; i < n; i++) start(park_thread, (void *)0x100000001L);
		say("ready\n");
		for (;;) pause();
	}
	if (!strcmp(what, "headless")) {
		start(park_thread, (void *)0x100000001L);
		say("ready\n");
		pthread_exit(0);
	}
	if (!strcmp(what, "exit")) {
		start(park_thread, (void *)0x100000001L);
		say("ready\n");
		char c;
		if (read(0, &c, 1)) {}
		return n;
	}
	return 2;
}
