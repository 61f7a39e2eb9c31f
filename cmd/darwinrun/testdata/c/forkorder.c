// Who runs when, around fork: what docs/darwinrun.md says of it.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static volatile sig_atomic_t handled;
static void handler(int s) { handled++; }

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	if (argc > 1) {
		printf("after exec: process id of the child: %s\n", getpid() == atoi(argv[1]) ? "the same" : "another");
		return 4;
	}
	signal(SIGUSR1, handler);
	int status;
	pid_t child = fork();
	if (!child) {
		kill(getppid(), SIGUSR1);
		struct timespec t = {0, 100000000};
		nanosleep(&t, 0);
		_exit(handled ? 1 : 2); // memory is the child's own on a Mac too; the parent's handler has not run here
	}
	printf("signal handled when fork returns: %d", handled);
	waitpid(child, &status, 0);
	printf(" child %d\n", WEXITSTATUS(status));
	child = fork();
	if (!child) {
		char id[16];
		snprintf(id, sizeof id, "%d", getpid());
		execve(argv[0], (char *[]){argv[0], id, 0}, environ);
		_exit(9);
	}
	waitpid(child, &status, 0);
	printf("status %d\n", WEXITSTATUS(status));
	return 0;
}
