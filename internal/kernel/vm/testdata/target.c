// The target of the tests: a process with known memory. It prints "ready" with
// the addresses of a page of bytes, of a word that a thread increments for
// ever, and of a read-only page, and ends when standard input does.
// Given a number it makes so many mappings besides.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile long *word;

static void *count(void *arg) {
	for (;;) {
		++*word;
		usleep(100);
	}
	return arg;
}

int main(int argc, char **argv) {
	long page = sysconf(_SC_PAGESIZE);
	int n = argc > 1 ? atoi(argv[1]) : 0;
	for (int i = 0; i < n; i++) // different protections, so that they do not merge
		if (mmap(0, page, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) return 7;
	unsigned char *bytes = mmap(0, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (long i = 0; i < 4 * page; i++) bytes[i] = i * 7;
	word = mmap(0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *fixed = mmap(0, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(fixed, "read only");
	mprotect(fixed, page, PROT_READ);
	pthread_t t;
	pthread_create(&t, 0, count, 0);
	printf("ready %p %p %p\n", (void *)bytes, (void *)word, (void *)fixed);
	fflush(stdout);
	char c;
	while (read(0, &c, 1) == 1) {
		printf("%s %d %ld\n", fixed, bytes[0], *word);
		fflush(stdout);
	}
	return 0;
}
