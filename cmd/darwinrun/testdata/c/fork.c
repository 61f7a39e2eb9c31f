// What a child of fork does is not the parent's, however it ends.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int shared = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *block, *page;
static pid_t parent;

static void handler(int s) { printf("handler %d\n", s); }
static void atExit(void) { printf("exit handler in %s\n", getpid() == parent ? "parent" : "child"); }

static void run(const char *what, void (*f)(void)) {
	int st = 0;
	fflush(stdout);
	pid_t p = fork();
	if (p == 0) {
		f();
		_exit(99);
	}
	pid_t r = waitpid(p, &st, 0);
	printf("%s: %s", what, r == p ? "" : "another child, ");
	if (WIFSIGNALED(st))
		printf("signal %d\n", WTERMSIG(st));
	else
		printf("status %d\n", WEXITSTATUS(st));
}

static void fault(void) { *(volatile int *)8 = 1; }
static void killed(void) { raise(SIGKILL); }
static void terminated(void) { kill(getpid(), SIGTERM); }
static void alarmed(void) {
	struct itimerval v = {{0, 0}, {0, 10000}};
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &v, 0);
	for (;;)
		pause();
}
static void handled(void) {
	signal(SIGABRT, handler);
	setvbuf(stdout, 0, _IONBF, 0);
	abort();
}
static int compare(const void *a, const void *b) {
	abort();
}
static void inCallback(void) {
	int a[3] = {3, 2, 1};
	qsort(a, 3, sizeof *a, compare);
}
static void ids(void) { _exit(getpid() != parent && getppid() == parent ? 7 : 8); }
static void toParent(void) {
	kill(getppid(), SIGUSR1);
	_exit(shared);
}
static void buffered(void) {
	printf("the child's output\n");
	exit(5);
}
static void damage(void) {
	shared = 2;
	free(block);
	char *p[64];
	for (int i = 0; i < 64; i++)
		memset(p[i] = malloc(100), 'x', 100);
	pthread_mutex_lock(&lock);
	memset(page, 'y', 100);
	munmap(page, getpagesize());
	void *q = mmap(page, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
	if (q == page)
		memset(page, 'z', 100);
	close(0);
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, 0);
	raise(SIGKILL);
}

int main(void) {
	parent = getpid();
	atexit(atExit);
	signal(SIGUSR1, handler);
	block = malloc(100);
	strcpy(block, "the parent's block");
	page = mmap(0, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	strcpy(page, "the parent's page");
	volatile double d = 0.5;
	double e = d * 3;
	run("fault", fault);
	run("kill", killed);
	run("term", terminated);
	run("alarm", alarmed);
	run("abort", abort);
	run("abort with a handler", handled);
	run("abort in a callback", inCallback);
	run("ids", ids);
	run("to the parent", toParent);
	run("exit", buffered);
	run("damage", damage);
	int busy = pthread_mutex_trylock(&lock);
	char *other = malloc(100);
	strcpy(other, "another");
	printf("%d %s, %s, %d, %d, %g\n", shared, block, page, busy, fcntl(0, F_GETFD), e);
	sigset_t now;
	sigprocmask(SIG_BLOCK, 0, &now);
	printf("mask %d\n", sigismember(&now, SIGTERM));
	return 0;
}
