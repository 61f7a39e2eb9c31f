// err(3): "program: text: error"; the functions with an x leave the error out, those of err end
// the program through exit(3).
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void last(void) { puts("atexit"); }

static void list(int which, const char *f, ...) {
	va_list a;
	va_start(a, f);
	switch (which) {
	case 0: vwarn(f, a); break;
	case 1: vwarnc(ENOENT, f, a); break;
	case 2: vwarnx(f, a); break;
	case 3: verr(7, f, a);
	case 4: verrc(8, ENOENT, f, a);
	case 5: verrx(9, f, a);
	}
	va_end(a);
}

static void in_child(int which) {
	fflush(stdout);
	pid_t p = fork();
	if (p == 0) {
		errno = EACCES;
		switch (which) {
		case 0: err(3, "%s %d", "err", 1);
		case 1: errc(4, ENOENT, "errc %g %d", 0.5, 2);
		case 2: errx(5, "errx");
		default: list(which, "list %d %s", which, "x");
		}
		_exit(99);
	}
	int s;
	waitpid(p, &s, 0);
	printf("%d: exit status %d\n", which, WEXITSTATUS(s));
}

int main(void) {
	setprogname("/a/b/prog");
	puts(getprogname());
	setvbuf(stdout, 0, _IOLBF, 0); // puts out what there is
	dup2(1, 2);
	errno = EACCES;
	warn("warn %d", 1);
	warn(0);
	warnc(ENOENT, "warnc %s", "x");
	warnc(ENOENT, 0);
	warnx("warnx %d%%", 5);
	warnx(0);
	for (int i = 0; i < 3; i++) {
		errno = EACCES;
		list(i, "list %d %s", i, "x");
	}
	for (int i = 0; i < 6; i++)
		in_child(i);
	atexit(last);
	errx(0, "end");
}
