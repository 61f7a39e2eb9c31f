// Functions that darwinrun does not have: each fails as its kind does. With VARIABLE the
// program wants a variable that is not there.
#include <aio.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/acl.h>

#ifdef VARIABLE
extern int dispatch_no_such_variable;
void CFRelease(void), SecTrustEvaluateWithError(void), dispatch_async(void), objc_msgSend(void);
#endif

int main(void) {
	errno = 0;
	int r = aio_cancel(1, 0);
	printf("number %d %d\n", r, errno);
	r = pthread_cancel(pthread_self());
	printf("error number %d\n", r);
	errno = 0;
	void *p = acl_to_text(0, 0);
	printf("pointer %d %d\n", p != 0, errno);
	r = aio_cancel(1, 0);
	printf("again %d\n", r);
	double d = j0(0.5);
	printf("double %d\n", d != d);
#ifdef VARIABLE
	printf("%d\n", dispatch_no_such_variable);
	CFRelease(), SecTrustEvaluateWithError(), dispatch_async(), objc_msgSend();
#endif
	return 0;
}
