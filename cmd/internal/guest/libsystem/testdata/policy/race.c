// Uses a symbolic link that leads now here, now where nothing may be changed.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

int main(void) {
	int done = 0, refused = 0;
	struct timeval tv[2] = {{1, 0}, {2, 0}};
	for (int i = 0; i < 6000 || (i < 200000 && (!done || !refused)); i++) {
		int f = open("link/f", O_WRONLY | O_TRUNC | (i & 1 ? O_CREAT : 0), 0644);
		if (f >= 0) write(f, "x", 1), close(f), done++;
		else refused++;
		if (f = open("link/f", O_RDONLY), f >= 0) fchmod(f, 0600), close(f);
		chmod("link/f", 0600);
		truncate("link/f", 1);
		utimes("link/f", tv);
		mkdir("link/d", 0755), rmdir("link/d");
		symlink("f", "link/s"), unlink("link/s");
		rename("link/f", "link/g"), rename("link/g", "link/f");
		if (!link("link/f", "hard")) chmod("hard", 0640), unlink("hard");
	}
	printf("done %d refused %d\n", done, refused);
	return 0;
}
