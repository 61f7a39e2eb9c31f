// Simple and complex messages, out-of-line memory, rights in messages, trailers.
#include "show.h"

typedef struct {
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t port;
	mach_msg_ool_descriptor_t memory;
	mach_msg_ool_ports_descriptor_t ports;
	uint64_t number;
	char text[16];
} message;

typedef struct {
	message m;
	mach_msg_audit_trailer_t trailer;
} received;

int main(void) {
	mach_port_t to, gift, names[2];
	mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &to);
	mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &gift);
	for (int i = 0; i < 2; i++) mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &names[i]);

	struct { mach_msg_header_t head; int a, b; } s = {{0}, 41, 42};
	struct { mach_msg_header_t head; int a, b; mach_msg_trailer_t trailer; } r;
	s.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	s.head.msgh_size = sizeof s;
	s.head.msgh_remote_port = to;
	s.head.msgh_id = 77;
	SHOW(mach_msg(&s.head, MACH_SEND_MSG, sizeof s, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL));
	SHOW(mach_msg(&r.head, MACH_RCV_MSG, 0, sizeof r, to, 0, MACH_PORT_NULL));
	printf("id %d a %d b %d size %u local %d\n", r.head.msgh_id, r.a, r.b, r.head.msgh_size, r.head.msgh_local_port == to);
	SHOW(mach_msg(&r.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof r, to, 10, MACH_PORT_NULL));

	static char big[100000];
	memset(big, 'x', sizeof big);
	big[99999] = 'y';
	message m = {0};
	m.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE) | MACH_MSGH_BITS_COMPLEX;
	m.head.msgh_size = sizeof m;
	m.head.msgh_remote_port = to;
	m.head.msgh_local_port = to;
	m.body.msgh_descriptor_count = 3;
	m.port.name = gift;
	m.port.disposition = MACH_MSG_TYPE_MAKE_SEND;
	m.port.type = MACH_MSG_PORT_DESCRIPTOR;
	m.memory.address = big;
	m.memory.size = sizeof big;
	m.memory.copy = MACH_MSG_VIRTUAL_COPY;
	m.memory.type = MACH_MSG_OOL_DESCRIPTOR;
	m.ports.address = names;
	m.ports.count = 2;
	m.ports.disposition = MACH_MSG_TYPE_MAKE_SEND;
	m.ports.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
	m.number = 0x0102030405060708;
	strcpy(m.text, "out of line");
	SHOW(mach_msg(&m.head, MACH_SEND_MSG, sizeof m, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL));
	received got;
	memset(&got, 0, sizeof got);
	SHOW(mach_msg(&got.m.head, MACH_RCV_MSG | MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 0, sizeof got, to, 0, MACH_PORT_NULL));
	char *copy = got.m.memory.address;
	printf("descriptors %u, memory %u bytes %c%c moved %d\n", got.m.body.msgh_descriptor_count, got.m.memory.size, copy[0], copy[99999], copy != big);
	printf("port same name %d disposition %d\n", got.m.port.name == gift, got.m.port.disposition);
	mach_port_t *p = got.m.ports.address;
	printf("ports %u: %d %d\n", got.m.ports.count, p[0] == names[0], p[1] == names[1]);
	printf("number %d text %s\n", got.m.number == 0x0102030405060708, got.m.text);
	printf("trailer size %u uid %d pid %d\n", got.trailer.msgh_trailer_size, got.trailer.msgh_audit.val[1] == geteuid(), got.trailer.msgh_audit.val[5] == (unsigned)getpid());
	printf("reply right is send-once: %d\n", MACH_MSGH_BITS_REMOTE(got.m.head.msgh_bits) == MACH_MSG_TYPE_PORT_SEND_ONCE);
	mach_msg_destroy(&got.m.head);
	SHOW(mach_msg(&s.head, MACH_SEND_MSG, sizeof s.head - 4, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL));
	s.head.msgh_remote_port = 0x12345600;
	SHOW(mach_msg(&s.head, MACH_SEND_MSG, sizeof s, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL));
	return 0;
}
