// A process in a storm of one kind, argv[1]. It answers each line on its
// standard input with "ok N", where N grows as it works, or with what went
// wrong; when its input ends it exits with 0.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char wrong[256];
static atomic_flag told = ATOMIC_FLAG_INIT;
static void bad(const char *what, long n) {
	if (!atomic_flag_test_and_set(&told)) snprintf(wrong, sizeof wrong, "%s: %ld, %s", what, n, strerror(errno));
}

static pthread_t start(void *(*f)(void *), void *arg) {
	pthread_attr_t a;
	pthread_t t;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 << 10);
	int e;
	while ((e = pthread_create(&t, &a, f, arg)) == EAGAIN) usleep(1000);
	if (e) bad("pthread_create", e);
	return t;
}

static long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static atomic_long beats;

// ask handles what stands on the standard input, if anything does within ms.
static void ask(long n, int ms) {
	struct pollfd p = {0, POLLIN, 0};
	char c, line[300];
	if (poll(&p, 1, ms) <= 0) return;
	ssize_t got = read(0, &c, 1);
	if (got == 0) _exit(0);
	if (got < 0) bad("read", got);
	if (*wrong) snprintf(line, sizeof line, "%s\n", wrong);
	else snprintf(line, sizeof line, "ok %ld\n", n);
	if (write(1, line, strlen(line)) < 0) _exit(9);
}

// --- exec: the process runs itself again and again, from any of its threads.

static char *self;
static long generation;
static void *idler(void *arg) {
	for (;;) usleep(500);
	return arg;
}
static void *execer(void *arg) {
	char next[32];
	usleep(2000 + generation * 7919 % 4000);
	ask(generation, 0);
	snprintf(next, sizeof next, "%ld", generation + 1);
	execl(self, self, "exec", next, (char *)0);
	_exit(7);
	return arg;
}
static void exec_storm(void) {
	int n = generation * 31 % 9;
	for (int i = 0; i < n; i++) start(idler, 0);
	if (generation % 2) execer(0);
	start(execer, 0);
	if (generation % 8 == 4) pthread_exit(0); // the first thread ends before
	for (;;) pause();
}

// --- clone: threads, and processes that are cloned in other ways.

static void *blip(void *arg) {
	beats++;
	return arg;
}
static void *churner(void *arg) {
	for (;;) {
		for (int i = 0; i < 8; i++) pthread_join(start(blip, 0), 0);
		usleep(300);
	}
	return arg;
}
static int child(void *arg) { return (int)(long)arg; }
static void *cloner(void *arg) {
	char *stack = malloc(64 << 10);
	for (long i = 0;; i = (i + 1) % 100) {
		// Neither a thread nor, without SIGCHLD, a common child.
		pid_t pid = clone(child, stack + (64 << 10), CLONE_VM | CLONE_FS | CLONE_FILES, (void *)i);
		int status = 0;
		pid_t got = waitpid(pid, &status, __WCLONE);
		if (pid < 0 || got != pid || !WIFEXITED(status) || WEXITSTATUS(status) != i) bad("clone", got < 0 ? got : status);
		beats++;
		if (i % 8 == 0) usleep(300);
	}
	return arg;
}

// --- fork: fork, vfork and posix_spawn.

static void *forker(void *arg) {
	for (;;) {
		pid_t pid = fork();
		if (!pid) _exit(42);
		int status = 0;
		if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 42) bad("fork", status);
		beats++;
		usleep(500);
	}
	return arg;
}
static void *vforker(void *arg) {
	for (;;) {
		pid_t pid = vfork();
		if (!pid) {
			execl("/bin/true", "true", (char *)0);
			_exit(9);
		}
		int status = 0;
		if (waitpid(pid, &status, 0) != pid || status) bad("vfork", status);
		char *argv[] = {"true", 0}, *envp[] = {0};
		if (posix_spawn(&pid, "/bin/true", 0, 0, argv, envp)) bad("posix_spawn", 0);
		else if (waitpid(pid, &status, 0) != pid || status) bad("spawned", status);
		beats++;
		usleep(500);
	}
	return arg;
}

// --- signal: signals with values, of which none may be lost or come twice.

static atomic_long sent, got, sent_sum, got_sum;
static void on_signal(int s, siginfo_t *i, void *u) {
	got++;
	got_sum += i->si_value.sival_int;
}
static void *sender(void *arg) {
	unsigned seed = (unsigned)(long)arg;
	for (;;) {
		union sigval v = {.sival_int = rand_r(&seed) % 1000};
		if (!sigqueue(getpid(), SIGRTMIN + 3, v)) {
			sent++;
			sent_sum += v.sival_int;
		}
		usleep(300);
		// All arrive in the end. This thread has the signal blocked, and the
		// one thread that takes it may be stopped meanwhile.
		if (sent % 512 == 0) {
			long begin = now();
			while (got < sent && now() - begin < 20000000) usleep(1000);
			if (got != sent || got_sum != sent_sum) bad("signals", sent - got);
		}
		beats++;
	}
	return arg;
}

// --- calm: what every storm has besides: threads that blocking calls must not
// fail in, nor end early.

static void *sleeper(void *arg) {
	for (;;) {
		long begin = now();
		struct timespec ts = {0, 3000000};
		if (nanosleep(&ts, 0)) bad("nanosleep", 0);
		if (now() - begin < 2990) bad("nanosleep ended early", now() - begin);
		begin = now();
		int n = poll(0, 0, 4);
		if (n) bad("poll", n);
		if (now() - begin < 3900) bad("poll ended early", now() - begin);
		beats++;
	}
	return arg;
}
// epoll_wait may fail with EINTR where SIGSTOP comes (signal(7)), and where
// SIGCHLD does: the kernel keeps a signal that is ignored if the thread that it
// is for is traced, and may wake another one that is not, as is so while a tracer
// comes or goes; and where a tracer is killed by SIGKILL, which is told by
// argv[2].
static int disturbed;
static int wait_for(int ep, int ms) {
	struct epoll_event e;
	int n;
	do n = epoll_wait(ep, &e, 1, ms);
	while (n < 0 && errno == EINTR && disturbed);
	return n;
}
static int ep, fd[2];
// open_files is called before any thread runs: once the storm answers, it opens
// no more files, so that a soak can compare them.
static void open_files(void) {
	struct epoll_event e = {.events = EPOLLIN};
	ep = epoll_create1(0);
	if (pipe(fd)) bad("pipe", 0);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &e);
}
static void *piper(void *arg) {
	char c = 1;
	for (;;) {
		int n = wait_for(ep, 2);
		if (n) bad("epoll_wait", n);
		if (write(fd[1], &c, 1) != 1) bad("write", 0);
		if ((n = wait_for(ep, -1)) != 1) bad("epoll_wait for the pipe", n);
		if (read(fd[0], &c, 1) != 1) bad("read of the pipe", 0);
		beats++;
	}
	return arg;
}
static void *computer(void *arg) {
	volatile double want = 0;
	for (;;) {
		double s = 0;
		for (int i = 1; i <= 20000; i++) s += 1.0 / i;
		if (want != 0 && s != want) bad("the sum", (long)s);
		want = s;
		usleep(1000);
	}
	return arg;
}

static void *exiter(void *arg) {
	usleep((long)arg);
	_exit(42);
	return arg;
}

int main(int argc, char **argv) {
	const char *what = argc > 1 ? argv[1] : "";
	long n = argc > 2 ? atol(argv[2]) : 0;
	self = argv[0];
	generation = n;
	if (!strcmp(what, "exec")) exec_storm();
	if (!strcmp(what, "exit")) { // after n microseconds, with some threads
		for (int i = 0; i < n % 5; i++) start(idler, 0);
		if (n % 2) exiter((void *)n);
		start(exiter, (void *)n);
		if (n % 4 == 2) pthread_exit(0);
		for (;;) pause();
	}
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigaction(SIGRTMIN + 3, &sa, 0);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, 0);
	int stop = !strcmp(what, "stop"), fork = !strcmp(what, "fork");
	disturbed = stop || fork || n;
	open_files();
	start(sleeper, 0);
	start(piper, 0);
	start(computer, 0);
	if (!strcmp(what, "clone")) {
		start(churner, 0);
		start(churner, 0);
		start(cloner, 0);
	} else if (fork) {
		start(forker, 0);
		start(vforker, 0);
	} else if (!strcmp(what, "signal")) {
		start(sender, (void *)1L);
		sigprocmask(SIG_UNBLOCK, &set, 0); // this thread takes them: poll and read go on below
	} else if (!stop) {
		return 2;
	}
	for (;;) ask(beats, 1000);
}
