// mach_msg_server_once with a function of the program's, and a client in another thread.
#include "show.h"

typedef struct { mach_msg_header_t head; int n; } question;
typedef struct { mach_msg_header_t head; NDR_record_t ndr; kern_return_t code; int n; } answer;

static mach_port_t port;

static boolean_t demux(mach_msg_header_t *in, mach_msg_header_t *out) {
	answer *a = (answer *)out;
	memset(a, 0, sizeof *a);
	a->head.msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(in->msgh_bits), 0);
	a->head.msgh_remote_port = in->msgh_remote_port;
	a->head.msgh_size = sizeof *a;
	a->head.msgh_id = in->msgh_id + 100;
	a->n = ((question *)in)->n * 2;
	return 1;
}

static void *client(void *x) {
	struct { union { question q; answer a; } u; mach_msg_trailer_t t; } b;
	for (int i = 0; i < 3; i++) {
		memset(&b, 0, sizeof b);
		b.u.q.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
		b.u.q.head.msgh_remote_port = port;
		b.u.q.head.msgh_local_port = mig_get_reply_port();
		b.u.q.head.msgh_id = 400 + i;
		b.u.q.n = 21 + i;
		kern_return_t kr = mach_msg(&b.u.q.head, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(question), sizeof b, b.u.q.head.msgh_local_port, 0, MACH_PORT_NULL);
		printf("client: %d, id %d, answer %d\n", kr, b.u.a.head.msgh_id, b.u.a.n);
	}
	return x;
}

int main(void) {
	mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);
	pthread_t t;
	pthread_create(&t, NULL, client, NULL);
	for (int i = 0; i < 3; i++) {
		kern_return_t kr = mach_msg_server_once(demux, 256, port, 0);
		if (kr != KERN_SUCCESS) printf("server: %d\n", kr);
	}
	pthread_join(t, NULL);
	mach_port_mod_refs(mach_task_self(), port, MACH_PORT_RIGHT_RECEIVE, -1);
	SHOW(mach_msg_server(demux, 256, port, 0) == MACH_RCV_INVALID_NAME);
	return 0;
}
