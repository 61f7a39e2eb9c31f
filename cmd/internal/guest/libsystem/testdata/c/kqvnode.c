// EVFILT_VNODE: which note each call posts stands in xnu bsd/vfs/kpi_vfs.c, in the function of
// each VNOP; what a knote does with it in bsd/vfs/vfs_vnops.c filt_vnode_common and kqueue(2).
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static int kq;
#define ALL (NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_LINK | NOTE_RENAME | NOTE_REVOKE | NOTE_FUNLOCK)

static int watch(int fd, int flags, unsigned notes) {
	struct kevent e;
	EV_SET(&e, fd, EVFILT_VNODE, EV_ADD | flags, notes, 0, 0);
	return kevent(kq, &e, 1, 0, 0, 0) < 0 ? errno : 0;
}

// What has happened until now: Darwin posts in the call that changes something.
static void show(const char *what) {
	struct kevent e[8];
	struct timespec none = {0, 0};
	int n = kevent(kq, 0, 0, e, 8, &none);
	printf("%s:", what);
	for (int want = 0; want < 64; want++)
		for (int i = 0; i < n; i++)
			if ((int)e[i].ident == want) {
				static const char *names[] = {"delete", "write", "extend", "attrib", "link", "rename", "revoke", "", "funlock"};
				printf(" %s", (const char *)e[i].udata ? (const char *)e[i].udata : "file");
				for (int b = 0; b < 9; b++)
					if (e[i].fflags >> b & 1) printf(",%s", names[b]);
			}
	printf("\n");
}

int main(void) {
	char dir[1100];
	if (!getcwd(dir, 1024)) return 1;
	strcat(dir, "/kqvnodeXXXXXX");
	if (!mkdtemp(dir) || chdir(dir)) return 1;
	kq = kqueue();
	int f = open("f", O_CREAT | O_RDWR, 0644);
	int d = open(".", O_EVTONLY);
	mkdir("sub", 0755);
	int sub = open("sub", O_EVTONLY);
	int p[2], s[2];
	pipe(p);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	printf("pipe %d socket %d kqueue %d closed %d\n", watch(p[0], 0, ALL), watch(s[0], 0, ALL), watch(kq, 0, ALL), watch(60, 0, ALL));
	close(p[0]), close(p[1]), close(s[0]), close(s[1]);
	struct kevent e;
	EV_SET(&e, f, EVFILT_VNODE, EV_ADD | EV_CLEAR, ALL, 0, "f");
	kevent(kq, &e, 1, 0, 0, 0);
	EV_SET(&e, d, EVFILT_VNODE, EV_ADD | EV_CLEAR, ALL, 0, "dir");
	kevent(kq, &e, 1, 0, 0, 0);
	EV_SET(&e, sub, EVFILT_VNODE, EV_ADD | EV_CLEAR, ALL, 0, "sub");
	kevent(kq, &e, 1, 0, 0, 0);
	show("nothing");

	write(f, "abc", 3);
	show("write at the end");
	pwrite(f, "x", 1, 0);
	show("write within");
	ftruncate(f, 0); // VNOP_SETATTR
	show("cut");
	fchmod(f, 0600);
	show("chmod");
	struct timeval tv[2] = {{1, 0}, {2, 0}};
	futimes(f, tv);
	show("utimes");
	chmod(".", 0700);
	show("chmod of the directory");
	link("f", "g");
	show("link");
	unlink("g");
	show("unlink of the other name");
	rename("f", "h");
	show("rename");
	rename("h", "sub/h");
	show("to another directory");
	rename("sub/h", "f");
	show("back");
	close(open("new", O_CREAT | O_WRONLY, 0644));
	show("create");
	symlink("f", "sym");
	show("symlink");
	mkdir("made", 0755);
	show("mkdir");
	rmdir("made");
	show("rmdir of another");
	rename("new", "f");
	show("replaced");
	flock(d, LOCK_EX);
	flock(d, LOCK_UN);
	show("funlock");
	rename("sub", "sub2");
	show("rename of a directory");
	rmdir("sub2");
	show("rmdir");

	// By descriptor: what is closed says nothing more, another one of the same file goes on.
	int g = open("g", O_CREAT | O_RDWR, 0644), g2 = open("g", O_RDONLY);
	show("create g");
	watch(g, EV_CLEAR, NOTE_WRITE), watch(g2, EV_CLEAR, NOTE_WRITE | NOTE_EXTEND);
	write(g, "1", 1);
	show("two descriptors");
	close(g2);
	write(g, "1", 1);
	show("one closed");
	// What is not asked for is not told, nor later when it is.
	fchmod(g, 0600);
	watch(g, 0, NOTE_WRITE | NOTE_ATTRIB);
	show("asked too late");
	fchmod(g, 0644);
	show("asked");
	// Without EV_CLEAR the notes stay and add up.
	close(g);
	g = open("g", O_RDWR);
	watch(g, 0, NOTE_WRITE | NOTE_ATTRIB | NOTE_DELETE);
	write(g, "z", 1);
	show("level");
	fchmod(g, 0600);
	show("level, again");
	close(g);
	show("level, closed");
	// EV_ONESHOT, EV_DISPATCH.
	g = open("g", O_RDWR);
	watch(g, EV_ONESHOT, NOTE_ATTRIB);
	fchmod(g, 0644), show("oneshot"), fchmod(g, 0600), show("oneshot, again");
	watch(g, EV_CLEAR | EV_DISPATCH, NOTE_ATTRIB);
	fchmod(g, 0644), show("dispatch"), fchmod(g, 0600), show("dispatch, again");
	watch(g, EV_ENABLE, NOTE_ATTRIB), show("dispatch, enabled");
	chdir("/");
	char cmd[1200];
	const char *left[] = {"f", "sym", "g"};
	for (int i = 0; i < 3; i++) snprintf(cmd, sizeof cmd, "%s/%s", dir, left[i]), unlink(cmd);
	close(g);
	show("the rest");
	rmdir(dir);
	show("the directory itself");
	return 0;
}
