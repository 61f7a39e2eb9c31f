// EVFILT_FS: what happens to mounted file systems, as notes (sys/mount.h VQ_*).
#include <stdio.h>
#include <sys/event.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/time.h>

int main(void) {
	int q = kqueue();
	struct kevent e;
	EV_SET(&e, 0, EVFILT_FS, EV_ADD, 0, 0, 0);
	if (kevent(q, &e, 1, 0, 0, 0)) {
		perror("kevent");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (unsigned seen = 0; !(seen & VQ_UNMOUNT); seen = e.fflags) {
		struct timespec t = {60, 0};
		if (kevent(q, 0, 0, &e, 1, &t) != 1)
			return 2;
		printf("%s%s%s\n", e.fflags & VQ_MOUNT ? "mount " : "", e.fflags & VQ_UPDATE ? "update " : "", e.fflags & VQ_UNMOUNT ? "unmount " : "");
		fflush(stdout);
	}
	return 0;
}
