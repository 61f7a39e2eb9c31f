// What docs/darwinrun.md says of itself that is not as on a Mac, and what stands beside it.
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/file.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
int ptrace(int, pid_t, char *, int);

static volatile int handled;
static void handler(int s) { handled++; }
static int e(int r) { return r < 0 ? errno : 0; }

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int calls;
static void called(void) { calls++; }

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static volatile int value;
static void *reader(void *a) {
	pthread_once(&once, called);
	pthread_rwlock_rdlock(&lock);
	int v = value;
	pthread_rwlock_unlock(&lock);
	return (void *)(long)v;
}

int main(int argc, char **argv) {
	if (argc > 2) { // a child: it locks a file and lets it go, then it waits for the end of the pipe
		int f = open("locked", O_RDWR);
		flock(f, LOCK_EX), flock(f, LOCK_UN);
		write(atoi(argv[1]), "", 1);
		char b;
		read(atoi(argv[2]), &b, 1);
		return 0;
	}
	if (argc > 1) { // a child: it waits for the signal
		write(atoi(argv[1]), "", 1);
		sigsuspend(&(sigset_t){0});
		return 0;
	}
	// Processes that are none of the program's business are not there.
	printf("others: %d %d\n", e(kill(1, 0)), e(kill(getppid(), 0)));
	// kill(2): 0 is the caller's group, which it is in; -1 is everybody but the caller.
	signal(SIGUSR1, handler);
	printf("group: %d %d %d handled %d", e(kill(0, 0)), e(kill(0, SIGUSR1)), e(kill(-getpgrp(), SIGUSR1)), handled);
	printf(" killpg %d %d\n", e(killpg(getpgrp(), SIGUSR1)), handled);
	printf("everybody: %d", e(kill(-1, SIGUSR2)));
	pid_t p;
	int pipes[2], status;
	pipe(pipes);
	char name[8];
	snprintf(name, sizeof name, "%d", pipes[1]);
	posix_spawn(&p, argv[0], 0, 0, (char *[]){argv[0], name, 0}, environ);
	close(pipes[1]);
	char c;
	read(pipes[0], &c, 1); // the child is about to wait
	printf(" with a child %d", e(kill(-1, SIGUSR2)));
	waitpid(p, &status, 0);
	printf(", which dies of %d\n", WTERMSIG(status));

	raise(SIGTSTP), raise(SIGTTIN), raise(SIGTTOU), raise(SIGSTOP);
	puts("stop signals are ignored");
	printf("EPERM: setuid %d setgid %d setreuid %d ENOTSUP: ptrace %d\n", e(setuid(12345)), e(setgid(12345)), e(setreuid(1, 1)), e(ptrace(0, 0, 0, 0)));
	struct kevent k;
	EV_SET(&k, 0, EVFILT_EXCEPT, EV_ADD, 0, 0, 0);
	printf("EVFILT_EXCEPT: %d\n", e(kevent(kqueue(), &k, 1, 0, 0, 0)));
	// What Linux does not tell of other processes and of files. NOTE_EXTEND, which a Mac adds when a
	// file that was cut grows, is there only if somebody looked in between.
	int q = kqueue(), hold[2], done[2], f = open("locked", O_CREAT | O_RDWR, 0600);
	EV_SET(&k, f, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_FUNLOCK, 0, 0);
	kevent(q, &k, 1, 0, 0, 0);
	pipe(hold), pipe(done), fcntl(hold[1], F_SETFD, FD_CLOEXEC);
	char to[8], from[8];
	snprintf(to, sizeof to, "%d", done[1]), snprintf(from, sizeof from, "%d", hold[0]);
	posix_spawn(&p, argv[0], 0, 0, (char *[]){argv[0], to, from, 0}, environ);
	read(done[0], &c, 1);
	int notes[] = {NOTE_FORK, NOTE_EXEC, NOTE_SIGNAL, NOTE_EXIT};
	printf("EVFILT_PROC of a child:");
	for (int i = 0; i < 4; i++) {
		EV_SET(&k, p, EVFILT_PROC, EV_ADD, notes[i], 0, 0);
		printf(" %d", e(kevent(kqueue(), &k, 1, 0, 0, 0)));
	}
	close(hold[1]), waitpid(p, 0, 0);
	struct timespec none = {0, 0};
	printf("; its flock %d", kevent(q, 0, 0, &k, 1, &none));
	flock(f, LOCK_EX), flock(f, LOCK_UN);
	printf(" own %d %d", kevent(q, 0, 0, &k, 1, &none), k.fflags == NOTE_FUNLOCK);
	write(f, "abc", 3), kevent(q, 0, 0, &k, 1, &none);
	ftruncate(f, 0), pwrite(f, "x", 1, 0);
	int n1 = kevent(q, 0, 0, &k, 1, &none);
	printf("; cut and written %d %#x then %d\n", n1, k.fflags & ~NOTE_EXTEND, kevent(q, 0, 0, &k, 1, &none));
	unlink("locked");
	thread_act_t t;
	printf("thread_create: %d\n", thread_create(mach_task_self(), &t));
	printf("standard streams: %d %d %d %d\n", e(open("/dev/stdin", O_RDONLY)), e(open("/dev/stdout", O_WRONLY)), e(open("/dev/stderr", O_WRONLY)), e(open("/dev/fd/1", O_WRONLY)));
	int v;
	size_t n = sizeof v;
	const char *features[] = {"hw.optional.avx1_0", "hw.optional.avx2_0", "hw.optional.arm.FEAT_PAuth"};
	for (int i = 0; i < 3; i++)
		printf("%s: %s\n", features[i], sysctlbyname(features[i], &v, &n, 0, 0) || !v ? "no" : "yes");

	pthread_t threads[4];
	pthread_rwlock_wrlock(&lock);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], 0, reader, 0);
	value = 5;
	printf("rwlock: %d %d", pthread_rwlock_tryrdlock(&lock), pthread_rwlock_unlock(&lock));
	long sum = 0;
	for (int i = 0; i < 4; i++) {
		void *r;
		pthread_join(threads[i], &r);
		sum += (long)r;
	}
	printf(" read %ld once %d\n", sum, calls);
	printf("GODEBUG=%s\n", getenv("GODEBUG"));
	return 0;
}
