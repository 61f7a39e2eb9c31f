// Small things: pseudo-terminals by the kernel's own requests, absurd widths, numbers.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysctl.h>
#include <unistd.h>

static sigjmp_buf back;
static void handler(int s) { siglongjmp(back, s); }
static int compare(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }

int main(void) {
	char name[128] = "", c = 0, *end;
	int m = open("/dev/ptmx", O_RDWR);
	printf("ptmx %d %d", m > 2, ioctl(m, TIOCPTYGRANT));
	printf(" %d", ioctl(m, TIOCPTYUNLK));
	printf(" %d\n", ioctl(m, TIOCPTYGNAME, name));
	int s = open(name, O_RDWR);
	write(s, "x", 1);
	printf("other end %d %zd %c\n", s > 2, read(m, &c, 1), c);
	printf("no terminal %d %d\n", ioctl(0, TIOCPTYGNAME, name), errno == ENOTTY);

	errno = 0;
	printf("%d %d\n", snprintf(0, 0, "%2000000000d", 1), errno);
	printf("%d %d\n", snprintf(0, 0, "%2000000000d%2000000000d", 1, 1), errno == EOVERFLOW);
	char small[4];
	printf("%d %s\n", snprintf(small, sizeof small, "%.1000000000f", 2.5), small);
	printf("%d\n", printf("%20000s\n", "x") == 20001);

	uint64_t memory = 0;
	size_t n = sizeof memory;
	sysctlbyname("hw.memsize", &memory, &n, 0, 0);
	printf("memory %d\n", memory != 0 && memory % getpagesize() == 0);

	errno = 0;
	long l = strtol("12", &end, 99);
	printf("base 99: %ld %d\n", l, errno == EINVAL);
	l = strtol("99999999999999999999", &end, 10);
	printf("%d %d %d\n", l == LONG_MAX, errno == ERANGE, *end);
	printf("%g %s\n", strtod("0x1.8p1z", &end), end);
	printf("%g %s\n", strtod("1e+", &end), end);
	printf("%d %s\n", isnan(strtod("nan(1)x", &end)) != 0, end);
	printf("%g %s\n", strtod("-infinit", &end), end);
	int a = 0, b = 0;
	int got = sscanf("12345 6", "%99999999999d %1d", &a, &b);
	printf("%d %d %d\n", got, a, b);
	// What qsort is to sort must be there.
	signal(SIGSEGV, handler);
	volatile int sorted = 0;
	struct { void *base; size_t n, size; } wrong[] = {{(void *)8, 2, 8}, {(void *)8, 1ul << 60, 8}, {(void *)8, 1ul << 40, 1ul << 40}, {&wrong, 1ul << 50, 4}};
	for (volatile int i = 0; i < 4; i++)
		if (!sigsetjmp(back, 1)) qsort(wrong[i].base, wrong[i].n, wrong[i].size, compare), sorted++;
	printf("sorted nothing: %d\n", sorted);
	execve("/bin/sh", 0, 0);
	printf("host program %d\n", errno == ENOEXEC);
	return 0;
}
