// What flags of the runner change: each argument is done in turn.
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		char *a = argv[i] + 2;
		int f;
		switch (argv[i][0]) {
		case 'n':
			printf("name %s\n", argv[0]);
			break;
		case 'a':
			printf("%p\n", (void *)main);
			break;
		case 'r':
			f = open(a, O_RDONLY);
			printf("read %s: %s\n", a, f < 0 ? strerror(errno) : "yes");
			break;
		case 'w':
			f = open(a, O_WRONLY | O_CREAT, 0600);
			printf("write %s: %s\n", a, f < 0 ? strerror(errno) : "yes");
			break;
		case 'm': { // mach_msg to the host port: host_page_size of mach_host.defs
			mach_msg_header_t h = {MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE), sizeof h, mach_host_self(), mig_get_reply_port(), 0, 202};
			printf("mach_msg %#x\n", mach_msg(&h, MACH_SEND_MSG, sizeof h, 0, 0, 0, 0));
			break;
		}
		case 'k':
			kill(getpid(), atoi(a));
			break;
		case 's': { // a shell of the host
			pid_t p;
			int e = posix_spawn(&p, "/bin/sh", 0, 0, (char *[]){"sh", "-c", a, 0}, environ);
			if (e) printf("spawn: %s\n", strerror(e));
			else waitpid(p, 0, 0);
			break;
		}
		case 'b': { // the address that a socket gets which asks for all of them
			int s = socket(AF_INET, SOCK_STREAM, 0);
			struct sockaddr_in in = {.sin_len = sizeof in, .sin_family = AF_INET};
			socklen_t n = sizeof in;
			if (bind(s, (struct sockaddr *)&in, n) || getsockname(s, (struct sockaddr *)&in, &n))
				printf("bind: %s\n", strerror(errno));
			else
				printf("bound to %08x\n", ntohl(in.sin_addr.s_addr));
			close(s);
		}
		}
	}
	return 0;
}
