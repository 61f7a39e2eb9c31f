// What a linker leaves to the loader: pointers in data to strings, to own functions and to
// libSystem's, an initialiser, a thread-local variable.
#include <mach/mach.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *names[] = {"one", "two", "three"};
static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static int (*const orders[])(const void *, const void *) = {by_name};
static int (*const printers[])(const char *, ...) = {printf, printf};
static int (*order)(const void *, const void *);
static __thread int local = 7;

__attribute__((constructor)) static void choose(void) { order = orders[0]; }

int main(void) {
	qsort(names, 3, sizeof names[0], order);
	for (int i = 0; i < 3; i++)
		printers[i & 1]("%s\n", names[i]);
	mach_port_t port;
	kern_return_t kr = mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);
	printf("%d %d %d\n", kr, port != MACH_PORT_NULL, local);
	return 0;
}
