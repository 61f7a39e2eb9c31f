// Calls that must do what they say: kill(2), write(2) and SIGPIPE, setpriority(2), setrlimit(2),
// fcntl(2), mlock(2), minherit(2).
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;

static int e(int r) { return r < 0 ? errno : 0; }
static volatile int seen[32];
static void handler(int s) { seen[s]++; }

static int ready[2];
static pid_t child(char *self, char *what, int in) {
	char fd[8], there[8], *args[] = {self, what, fd, there, 0}, b;
	snprintf(fd, sizeof fd, "%d", in), snprintf(there, sizeof there, "%d", ready[1]);
	pid_t p;
	if (posix_spawn(&p, self, 0, 0, args, environ)) return -1;
	if (!strcmp(what, "end")) read(ready[0], &b, 1);
	return p;
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	if (argc > 1) {
		int in = atoi(argv[2]);
		char b;
		if (!strcmp(argv[1], "pipe")) { // the default action of SIGPIPE
			read(in, &b, 1);
			int p[2];
			pipe(p), close(p[0]), write(p[1], "x", 1);
			return 1;
		}
		if (!strcmp(argv[1], "stdio")) {
			FILE *f = fdopen(in, "w");
			for (int i = 0; i < 100; i++) fputs("x", f), fflush(f), usleep(1000);
			return 1;
		}
		write(atoi(argv[3]), "r", 1); // it is there
		read(in, &b, 1);
		return 5;
	}
	int p[2], s[2], status;
	pipe(ready);
	pipe(p), close(p[0]);
	signal(SIGPIPE, handler);
	printf("write: %d signals %d", e(write(p[1], "x", 1)), seen[SIGPIPE]);
	fcntl(p[1], F_SETNOSIGPIPE, 1);
	printf("; told not to: %d %d get %d", e(write(p[1], "x", 1)), seen[SIGPIPE], fcntl(p[1], F_GETNOSIGPIPE));
	socketpair(AF_UNIX, SOCK_STREAM, 0, s), close(s[1]);
	printf("; socket: %d %d", e(send(s[0], "x", 1, 0)), seen[SIGPIPE]);
	int on = 1;
	setsockopt(s[0], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
	printf(" SO_NOSIGPIPE %d %d\n", e(send(s[0], "x", 1, 0)), seen[SIGPIPE]);
	int hold[2];
	pipe(hold), fcntl(hold[1], F_SETFD, FD_CLOEXEC);
	pid_t c = child(argv[0], "pipe", hold[0]);
	write(hold[1], "x", 1);
	waitpid(c, &status, 0);
	printf("by default: signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
	int out[2];
	pipe(out), fcntl(out[0], F_SETFD, FD_CLOEXEC);
	c = child(argv[0], "stdio", out[1]);
	close(out[0]);
	waitpid(c, &status, 0);
	printf("in stdio: signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));

	// SIGCHLD, of children that are processes and of those of fork.
	signal(SIGCHLD, handler);
	c = child(argv[0], "end", hold[0]);
	seen[SIGCHLD] = 0;
	sigset_t block, old;
	sigemptyset(&block), sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &old);
	write(hold[1], "x", 1);
	while (!seen[SIGCHLD]) sigsuspend(&old);
	printf("SIGCHLD: %d, waitpid %d status %d\n", seen[SIGCHLD] > 0, waitpid(c, &status, 0) == c, WEXITSTATUS(status));
	seen[SIGCHLD] = 0;
	if (!(c = fork())) _exit(6);
	while (!seen[SIGCHLD]) sigsuspend(&old);
	printf("of fork: %d, waitpid %d status %d\n", seen[SIGCHLD] > 0, waitpid(c, &status, 0) == c, WEXITSTATUS(status));
	sigprocmask(SIG_SETMASK, &old, 0);
	// A signal that the child does not handle, and that Go's runtime has a mind of its own about.
	int sigs[] = {SIGALRM, SIGABRT, SIGXCPU, SIGIO};
	for (int i = 0; i < 4; i++) {
		c = child(argv[0], "end", hold[0]);
		kill(c, sigs[i]);
		if (sigs[i] == SIGIO) write(hold[1], "x", 1);
		waitpid(c, &status, 0);
		printf("kill %d: signaled %d by %d\n", sigs[i], WIFSIGNALED(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}

	// setpriority: on oneself, on a child, on others; from the niceness that there is, to the last one.
	c = child(argv[0], "end", hold[0]);
	errno = 0;
	int base = getpriority(PRIO_PROCESS, 0);
#define UP(n) (base + (n) > 19 ? 19 : base + (n))
	printf("priority: own %d", e(setpriority(PRIO_PROCESS, 0, UP(3))));
	printf(" is %d child %d", getpriority(PRIO_PROCESS, 0) == UP(3), e(setpriority(PRIO_PROCESS, c, UP(7))));
	printf(" is %d init %d nobody %d group %d which %d\n", getpriority(PRIO_PROCESS, c) == UP(7), e(setpriority(PRIO_PROCESS, 1, 5)), e(setpriority(PRIO_PROCESS, 1 << 29, 5)), getpriority(PRIO_PGRP, 1 << 29), e(setpriority(99, 0, 1)));
	write(hold[1], "x", 1), waitpid(c, &status, 0);
	printf("nice: %d is %d\n", nice(2) == UP(5), getpriority(PRIO_PROCESS, 0) == UP(5));

	struct rlimit l, was;
	getrlimit(RLIMIT_NOFILE, &was);
	l = was, l.rlim_cur = 40;
	printf("files: %d", e(setrlimit(RLIMIT_NOFILE, &l)));
	int n = 0, last = -1, f;
	while ((f = open("/dev/null", O_RDONLY)) >= 0) last = f, n++;
	printf(" last %d then %d dup2 %d size %d\n", last, errno, e(dup2(0, 40)), getdtablesize());
	for (int i = 0; i < n; i++) close(last - i);
	setrlimit(RLIMIT_NOFILE, &was);
	signal(SIGXFSZ, handler);
	getrlimit(RLIMIT_FSIZE, &was);
	l = was, l.rlim_cur = 10;
	f = open("f", O_CREAT | O_RDWR, 0644);
	printf("size: %d", e(setrlimit(RLIMIT_FSIZE, &l)));
	printf(" %d %d", (int)write(f, "12345678901234", 14), e(write(f, "x", 1)));
	while (!seen[SIGXFSZ]) usleep(1000);
	printf(" signal %d back %d", seen[SIGXFSZ] > 0, e(setrlimit(RLIMIT_FSIZE, &was)));
	printf(" %d\n", (int)write(f, "x", 1));

	fstore_t store = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, 100000, 0};
	struct stat st;
	printf("preallocate: %d got %d", e(fcntl(f, F_PREALLOCATE, &store)), store.fst_bytesalloc >= 100000);
	fstat(f, &st);
	printf(" size %lld blocks %d\n", st.st_size, st.st_blocks * 512 >= 100000);
	char *m = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);
	printf("mlock: %d %d hole %d all %d %d\n", e(mlock(m, 65536)), e(munlock(m, 65536)), e(mlock((void *)0x7000000000, 16384)), e(mlockall(1)), e(munlockall()));
	vm_address_t a = (vm_address_t)m;
	vm_size_t size;
	vm_region_basic_info_data_64_t info;
	mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
	mach_port_t obj;
	int r = e(minherit(m, 65536, VM_INHERIT_NONE));
	vm_region_64(mach_task_self(), &a, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &obj);
	printf("minherit: %d is %d wrong %d\n", r, info.inheritance, e(minherit(m, 65536, 9)));
	return 0;
}
