// A process whose threads each sleep in one call. It says "TID NAME" for each
// and "ready"; then it answers each line on its standard input with the names
// of the calls that have failed with EINTR since, and "done". SIGUSR1 has a
// handler without SA_RESTART.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int pipes[2], pair[2], ep, sem, queue, listening, word;
static aio_context_t aio;
static struct timespec aeon = {100000, 0};
static struct timeval aeonv = {100000, 0};

static long c_epoll(void) { struct epoll_event e; return epoll_wait(ep, &e, 1, -1); }
static long c_epoll_timed(void) { struct epoll_event e; return epoll_wait(ep, &e, 1, 100000000); }
static long c_epoll_pwait(void) { struct epoll_event e; sigset_t s; sigemptyset(&s); return epoll_pwait(ep, &e, 1, -1, &s); }
static long c_epoll_pwait2(void) { struct epoll_event e; return syscall(441, ep, &e, 1, &aeon, 0, 8); }
static long c_semop(void) { struct sembuf b = {0, -1, 0}; return semop(sem, &b, 1); }
static long c_semtimedop(void) { struct sembuf b = {0, -1, 0}; return semtimedop(sem, &b, 1, &aeon); }
static long c_sigwaitinfo(void) { sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR2); return sigwaitinfo(&s, 0); }
static long c_sigtimedwait(void) { sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR2); return sigtimedwait(&s, 0, &aeon); }
static long c_recv(void) { char b; return recv(pair[0], &b, 1, 0); }
static long c_recvmsg(void) { char b; struct iovec v = {&b, 1}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1}; return recvmsg(pair[0], &m, 0); }
static long c_sockread(void) { char b; return read(pair[0], &b, 1); }
static long c_accept(void) { return accept(listening, 0, 0); }
static long c_io_getevents(void) { struct io_event e; return syscall(SYS_io_getevents, aio, 1L, 1L, &e, 0); }
static long c_io_getevents_timed(void) { struct io_event e; return syscall(SYS_io_getevents, aio, 1L, 1L, &e, &aeon); }
static long c_read(void) { char b; return read(pipes[0], &b, 1); }
static long c_nanosleep(void) { return nanosleep(&aeon, 0); }
static long c_poll(void) { struct pollfd p = {pipes[0], POLLIN, 0}; return poll(&p, 1, 100000000); }
static long c_ppoll(void) { struct pollfd p = {pipes[0], POLLIN, 0}; return ppoll(&p, 1, &aeon, 0); }
static long c_futex(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &aeon, 0, 0); }
static long c_msgrcv(void) { struct { long t; char b[8]; } m; return msgrcv(queue, &m, 8, 5, 0); }
static long c_pause(void) { return pause(); }

static struct { const char *name; long (*call)(void); atomic_long eintr; } calls[] = {
#define C(x) {#x, c_##x}
	C(epoll), C(epoll_timed), C(epoll_pwait), C(epoll_pwait2), C(semop), C(semtimedop), C(sigwaitinfo), C(sigtimedwait),
	C(recv), C(recvmsg), C(sockread), C(accept), C(io_getevents), C(io_getevents_timed),
	C(read), C(nanosleep), C(poll), C(ppoll), C(futex), C(msgrcv), C(pause),
};
enum { count = sizeof calls / sizeof *calls };
static atomic_int begun;

static void *sleeper(void *arg) {
	long k = (long)arg;
	printf("%ld %s\n", (long)syscall(SYS_gettid), calls[k].name);
	begun++;
	for (;;) {
		long r = calls[k].call();
		if (r < 0 && errno == EINTR) {
			calls[k].eintr++;
		} else {
			if (!(r < 0 && errno == ENOSYS)) printf("%s gives %ld: %s\n", calls[k].name, r, strerror(errno));
			pause();
		}
	}
	return arg;
}

static void handler(int signal) {}

int main(void) {
	if (pipe(pipes) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 3;
	struct sockaddr_un addr = {.sun_family = AF_UNIX}; // autobind, unix(7)
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listening, (struct sockaddr *)&addr, sizeof(sa_family_t)) || listen(listening, 1)) return 4;
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &aeonv, sizeof aeonv);
	setsockopt(listening, SOL_SOCKET, SO_RCVTIMEO, &aeonv, sizeof aeonv);
	ep = epoll_create1(0);
	sem = semget(IPC_PRIVATE, 1, 0600);
	queue = msgget(IPC_PRIVATE, 0600);
	if (syscall(SYS_io_setup, 1, &aio)) aio = 0;
	struct sigaction sa = {.sa_handler = handler};
	sigaction(SIGUSR1, &sa, 0);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, 0);
	for (long k = 0; k < count; k++) {
		pthread_t t;
		if (pthread_create(&t, 0, sleeper, (void *)k)) return 5;
	}
	while (begun < count) usleep(1000);
	puts("ready");
	fflush(stdout);
	char line[16];
	while (fgets(line, sizeof line, stdin)) {
		for (int k = 0; k < count; k++)
			if (atomic_exchange(&calls[k].eintr, 0)) puts(calls[k].name);
		puts("done");
		fflush(stdout);
	}
	semctl(sem, 0, IPC_RMID);
	msgctl(queue, IPC_RMID, 0);
	_exit(0);
}
