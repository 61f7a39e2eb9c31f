// What a program inherits of signals: those that are ignored stay so, those that are handled are
// not, and the mask stays (execve(2), posix_spawn(2)).
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static void handler(int s) {}

static void show(const char *who) {
	static const struct { int n; const char *name; } list[] = {{SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGTERM, "TERM"}, {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"}, {SIGCHLD, "CHLD"}};
	sigset_t mask;
	sigprocmask(0, 0, &mask);
	printf("%s:", who);
	for (int i = 0; i < 6; i++) {
		struct sigaction a;
		sigaction(list[i].n, 0, &a);
		if (a.sa_handler == SIG_IGN) printf(" %s ignored", list[i].name);
		if (a.sa_handler != SIG_IGN && a.sa_handler != SIG_DFL) printf(" %s handled", list[i].name);
		if (sigismember(&mask, list[i].n)) printf(" %s blocked", list[i].name);
	}
	puts("");
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	show(argc > 1 ? argv[1] : "first");
	if (argc > 1) {
		kill(getpid(), SIGHUP);
		printf("%s: not hung up\n", argv[1]);
		return 0;
	}
	signal(SIGHUP, SIG_IGN), signal(SIGUSR1, SIG_IGN), signal(SIGTERM, handler);
	sigset_t mask;
	sigemptyset(&mask), sigaddset(&mask, SIGUSR2), sigaddset(&mask, SIGKILL);
	sigprocmask(SIG_SETMASK, &mask, 0);
	pid_t p;
	posix_spawn(&p, argv[0], 0, 0, (char *[]){argv[0], "spawned", 0}, environ);
	waitpid(p, 0, 0);
	if (!(p = fork())) {
		signal(SIGINT, SIG_IGN);
		execve(argv[0], (char *[]){argv[0], "forked", 0}, environ);
		_exit(1);
	}
	waitpid(p, 0, 0);
	show("again");
	execve(argv[0], (char *[]){argv[0], "replaced", 0}, environ);
	return 1;
}
