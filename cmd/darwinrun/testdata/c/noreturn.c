// A function that is not there and never returns: nothing behind the call is executed.
#include <stdio.h>
void dispatch_main(void) __attribute__((noreturn));

int main(void) {
	puts("before");
	fflush(stdout);
	dispatch_main();
}
