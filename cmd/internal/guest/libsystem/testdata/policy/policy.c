// Changes to what the runner has been told to keep as it is, by every way to it. Read-only
// folders behave as a volume that is mounted read-only: EROFS from the call, EXDEV from link.
// Arguments: the folder, and the socket in it.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;

static char T[1024];
static int e(int r) { return r < 0 ? errno : 0; }
static char *t(const char *name) {
	static char b[8][1100];
	static int i;
	i = (i + 1) % 8;
	snprintf(b[i], sizeof b[i], "%s/%s", T, name);
	return b[i];
}
static int o(const char *path, int flags) {
	int fd = open(path, flags, 0644), r = e(fd);
	if (fd >= 0) close(fd);
	return r;
}
static int sock(const char *path, int len, int binding) {
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path, path, len);
	a.sun_len = sizeof a;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	int r = e(binding ? bind(s, (void *)&a, sizeof a) : connect(s, (void *)&a, sizeof a));
	close(s);
	return r;
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	strlcpy(T, argv[1], sizeof T);
	if (argc > 2) { // the child, which was started elsewhere
		printf("child: %d %d %d\n", o("f", O_WRONLY), o("new", O_CREAT | O_WRONLY), o(t("f"), O_RDONLY));
		return 0;
	}
	struct timeval tv[2] = {{1, 0}, {2, 0}};
	struct timespec ts[2] = {{1, 0}, {2, 0}};
	printf("open: %d %d %d %d %d %d %d\n", o(t("f"), O_RDONLY), o(t("f"), O_WRONLY), o(t("f"), O_RDWR | O_APPEND), o(t("f"), O_RDONLY | O_TRUNC), o(t("f"), O_RDONLY | O_CREAT),
	       o(t("new"), O_CREAT | O_RDONLY), o(t("f"), O_CREAT | O_EXCL | O_RDWR));
	int f = open(t("f"), O_RDONLY), d = open(T, O_RDONLY), only = open(t("f"), O_EVTONLY);
	printf("descriptor: fchmod %d %d fchown %d futimes %d futimens %d of the folder %d %d write %d\n", e(fchmod(f, 0777)), e(fchmod(only, 0777)), e(fchown(f, 1, 1)), e(futimes(f, tv)), e(futimens(f, ts)),
	       e(fchmod(d, 0777)), e(futimes(d, tv)), e(write(f, "x", 1)));
	void *m = mmap(0, 4, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	char *shared = mmap(0, 4, PROT_READ, MAP_SHARED, f, 0);
	printf("mmap: %d mprotect %d private %d\n", m == MAP_FAILED ? errno : 0, e(mprotect(shared, 4, PROT_READ | PROT_WRITE)), mmap(0, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0) == MAP_FAILED);
	printf("name: truncate %d chmod %d lchmod %d fchmodat %d chown %d lchown %d fchownat %d utimes %d lutimes %d utimensat %d %d\n", e(truncate(t("f"), 0)), e(chmod(t("f"), 0777)), e(lchmod(t("f"), 0777)),
	       e(fchmodat(AT_FDCWD, t("f"), 0777, AT_SYMLINK_NOFOLLOW)), e(chown(t("f"), 1, 1)), e(lchown(t("f"), 1, 1)), e(fchownat(d, "f", 1, 1, 0)), e(utimes(t("f"), tv)), e(lutimes(t("f"), tv)),
	       e(utimensat(d, "f", ts, 0)), e(utimensat(d, "f", ts, AT_SYMLINK_NOFOLLOW)));
	printf("names: mkdir %d %d rmdir %d %d unlink %d %d unlinkat %d remove %d symlink %d mkfifo %d\n", e(mkdir(t("new"), 0755)), e(mkdir(t("d"), 0755)), e(rmdir(t("d"))), e(rmdir(t("none"))),
	       e(unlink(t("f"))), e(unlink(t("none"))), e(unlinkat(d, "d", AT_REMOVEDIR)), e(remove(t("f"))), e(symlink("x", t("new"))), e(mkfifo(t("new"), 0644)));
	char temp[1100];
	strlcpy(temp, t("tempXXXXXX"), sizeof temp);
	printf("mkstemp: %d", e(mkstemp(temp)));
	strlcpy(temp, t("tempXXXXXX"), sizeof temp);
	printf(" mkdtemp %d\n", mkdtemp(temp) ? 0 : errno);
	printf("own: %d\n", o("own", O_CREAT | O_RDWR));
	printf("rename: out %d in %d over %d folder %d\n", e(rename(t("f"), "mine")), e(rename("own", t("new"))), e(rename("own", t("f"))), e(renameat(d, "d", AT_FDCWD, "mine")));
	printf("link: %d %d in %d own %d\n", e(link(t("f"), "mine")), e(linkat(d, "f", AT_FDCWD, "mine", 0)), e(link("own", t("new"))), e(link("own", "own2")));
	printf("links: %d %d", e(symlink(T, "ln")), e(symlink(t("f"), "lf")));
	symlink(t("new"), "lnew");
	printf(" through: %d %d %d dangling %d unlink %d mkdir %d rename %d\n", o("ln/f", O_WRONLY), o("lf", O_WRONLY), o("lf", O_RDONLY), o("lnew", O_CREAT | O_WRONLY), e(unlink("ln/f")), e(mkdir("ln/new", 0755)), e(rename("ln/f", "mine")));
	printf("link to a link: %d %d\n", e(link("lf", "mine")), e(link("lnew", "mine")));
	printf("slash: %d %d %d\n", e(mkdir("ln/new/", 0755)), e(rmdir("ln/")), e(lchown("ln/", 1, 1)));
	printf("at: %d %d %d\n", e(openat(d, "f", O_WRONLY)), e(unlinkat(d, "f", 0)), e(openat(d, "new", O_CREAT | O_WRONLY, 0644)));
	printf("access: %d %d %d\n", e(access(t("f"), R_OK)), e(access(t("f"), W_OK)), e(access("own", W_OK)));
	int cwd = open(".", O_RDONLY);
	printf("chdir: %d open %d", e(chdir(T)), o("f", O_WRONLY));
	printf(" unlink %d create %d\n", e(unlink("f")), o("new", O_CREAT | O_WRONLY));
	pid_t p;
	char *args[] = {argv[0], argv[1], "child", 0}, tmp[1100];
	snprintf(tmp, sizeof tmp, "TMPDIR=%s", T);
	char *env[] = {tmp, 0};
	int status, r = posix_spawn(&p, argv[0], 0, 0, args, env);
	if (!r) waitpid(p, &status, 0);
	printf("spawn %d; back %d\n", r, e(fchdir(cwd)));
	printf("sockets: bind %d connect %d without a name %d %d\n", sock(t("new"), strlen(t("new")), 1), sock(t("s"), strlen(t("s")), 0), sock("", 0, 0), sock("\0abstract", 9, 0));
	printf("own socket: %d %d\n", sock("sock", 4, 1), sock("sock", 4, 0));
	// Linux's /proc is not there: it would show the runner's memory and descriptors.
	symlink("/proc/self", "p"), symlink("/proc/self/fd/0", "p0");
	struct stat st;
	printf("/proc: %d %d %d %d %d %d %d %d\n", o("/proc/self/mem", O_RDONLY), o("/proc/self/fd/0", O_RDONLY), o("p/maps", O_RDONLY), o("p0", O_RDONLY), o("/proc/self/root/etc/passwd", O_RDONLY) != 0,
	       e(chdir("/proc/self")), opendir("/proc") ? 0 : errno, e(stat("/proc/self/exe", &st)));
	char name[64], a[4] = "", b[4] = "";
	int own = open("own2", O_RDWR);
	write(own, "abc", 3), lseek(own, 1, SEEK_SET);
	snprintf(name, sizeof name, "/dev/fd/%d", own);
	int same = open(name, O_RDONLY);
	read(same, a, 1), read(own, b, 1); // one offset
	printf("/dev/fd: %s%s closed %d none %d", a, b, o("/dev/fd/99", O_RDONLY), o("/dev/fd/x", O_RDONLY));
	snprintf(name, sizeof name, "/dev/fd/%d", f); // dupfdopen
	printf(" read-only: %d for writing %d\n", o(name, O_RDONLY), o(name, O_RDWR));
	printf("devices: %d %d %d %d\n", o("/dev/null", O_RDWR), o("/dev/zero", O_RDWR), o("/dev/urandom", O_RDWR), o("/dev/ptmx", O_RDWR | O_NOCTTY));
	printf("own file: chmod %d truncate %d utimes %d rename %d unlink %d\n", e(chmod("own", 0600)), e(truncate("own", 5)), e(utimes("own", tv)), e(rename("own", "own3")), e(unlink("own3")));
	printf("above: %d\n", e(rename("outer", "outer2")));
	return 0;
}
