package port_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

func Example() {
	mailbox, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer mailbox.Close()
	to, err := mailbox.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer to.Close()

	letter := port.NewMessage(1).Append([]byte("hello\n\x00\x00")...)
	if err := to.Send(context.Background(), letter); err != nil {
		log.Fatal(err)
	}
	var got port.Received
	defer got.Close()
	if err := mailbox.Receive(context.Background(), &got); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d: %q\n", got.ID(), got.Data())
	// Output: 1: "hello\n\x00\x00"
}

// A request waits for its answer, but not for ever.
func ExampleSend_Call() {
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	server := port.Server{Handlers: map[int32]port.Handler{
		500: func(_ context.Context, request *port.Received, answer *port.Message) error {
			answer.AppendUint32(uint32(len(request.Data())))
			return nil
		},
	}}
	go server.Serve(context.Background(), r)

	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var answer port.Received
	defer answer.Close()
	if err := s.Call(ctx, port.NewMessage(500).Append(1, 2, 3, 4), &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.MIGError(500), answer.Data()[12])
	if err := s.Call(ctx, port.NewMessage(501), &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.MIGError(501) == mach.MIG_BAD_ID)
	// Output:
	// <nil> 4
	// true
}

// Memory moves to the receiver without a copy.
func ExampleMessage_MoveOutOfLine() {
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	pages, err := port.NewOutOfLine(1 << 20)
	if err != nil {
		log.Fatal(err)
	}
	copy(pages.Bytes(), "a megabyte")
	if err := s.Send(context.Background(), port.NewMessage(1).MoveOutOfLine(pages)); err != nil {
		log.Fatal(err)
	}
	var got port.Received
	defer got.Close()
	if err := r.Receive(context.Background(), &got); err != nil {
		log.Fatal(err)
	}
	here, err := got.TakeOutOfLine(0)
	if err != nil {
		log.Fatal(err)
	}
	defer here.Close()
	fmt.Printf("%q, %d bytes; %d left with the sender\n", here.Bytes()[:10], here.Len(), pages.Len())
	// Output: "a megabyte", 1048576 bytes; 0 left with the sender
}

func ExampleNotifier() {
	n, events, err := port.NewNotifierChannel(1)
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := n.DeadName(s); err != nil {
		log.Fatal(err)
	}
	r.Close()
	_, dead := (<-events).(port.DeadName)
	fmt.Println(dead)
	// Output: true
}

// A receive right is a mailbox. It can have room for more than the usual five
// messages, and tells how many are in it.
func ExampleReceive() {
	r, err := port.NewReceive(port.QueueLimit(16))
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	for id := range int32(10) {
		if err := s.TrySend(port.NewMessage(id)); err != nil {
			log.Fatal(err)
		}
	}
	status, err := r.Status()
	fmt.Println(status.MpsMsgcount, "of", status.MpsQlimit, err)
	// Output: 10 of 16 <nil>
}

// Who sends a request can go on without waiting: the answer comes to a port of
// its own choice, through a right that is good for one message.
func ExampleSendOnce() {
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	answers, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer answers.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	if err := s.Send(ctx, port.NewMessage(1).ReplyTo(answers)); err != nil {
		log.Fatal(err)
	}

	var request, answer port.Received
	defer request.Close()
	defer answer.Close()
	if err := r.Receive(ctx, &request); err != nil {
		log.Fatal(err)
	}
	once, err := request.TakeReply()
	if err != nil {
		log.Fatal(err)
	}
	defer once.Close()
	fmt.Println(once.Send(ctx, port.NewMessage(101)))
	fmt.Println(once.Send(ctx, port.NewMessage(102)))
	if err := answers.Receive(ctx, &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.ID())
	// Output:
	// <nil>
	// port: the SendOnce was closed or handed on
	// 101
}

// One goroutine waits on two ports.
func ExampleSet() {
	set, err := port.NewSet()
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	names := map[mach.MachPort]string{}
	for _, name := range []string{"orders", "complaints"} {
		r, err := port.NewReceive()
		if err != nil {
			log.Fatal(err)
		}
		defer r.Close()
		if err := set.Insert(r); err != nil {
			log.Fatal(err)
		}
		names[r.Name()] = name
		s, err := r.MakeSend()
		if err != nil {
			log.Fatal(err)
		}
		defer s.Close()
		if err := s.Send(context.Background(), port.NewMessage(1)); err != nil {
			log.Fatal(err)
		}
	}
	var got port.Received
	defer got.Close()
	for range names {
		if err := set.Receive(context.Background(), &got); err != nil {
			log.Fatal(err)
		}
		fmt.Println(names[got.Port()])
	}
	// Unordered output:
	// orders
	// complaints
}

// A server that adds, and refuses what it does not know.
func ExampleServer() {
	const add = 700
	server := port.Server{Handlers: map[int32]port.Handler{
		add: func(_ context.Context, request *port.Received, answer *port.Message) error {
			d := request.Data()
			if len(d) != 8 {
				return mach.MIG_BAD_ARGUMENTS
			}
			answer.AppendUint32(binary.LittleEndian.Uint32(d) + binary.LittleEndian.Uint32(d[4:]))
			return nil
		},
	}}
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	go server.Serve(context.Background(), r)

	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	var answer port.Received
	defer answer.Close()
	ctx := context.Background()
	if err := s.Call(ctx, port.NewMessage(add).AppendUint32(2).AppendUint32(3), &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.MIGError(add), binary.LittleEndian.Uint32(answer.Data()[12:]))
	if err := s.Call(ctx, port.NewMessage(add), &answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.MIGError(add) == mach.MIG_BAD_ARGUMENTS)
	// Output:
	// <nil> 5
	// true
}

// What comes with a message is taken out or released by Close.
func ExampleReceived() {
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	letter := port.NewMessage(3).CopySend(s).CopyBytes([]byte("a photograph")).AppendUint32(1)
	if err := s.Send(context.Background(), letter); err != nil {
		log.Fatal(err)
	}

	var got port.Received
	defer got.Close() // the memory, which nobody takes
	if err := r.Receive(context.Background(), &got); err != nil {
		log.Fatal(err)
	}
	for i := range got.Descriptors() {
		fmt.Println(got.Kind(i))
	}
	back, err := got.TakeSend(0)
	if err != nil {
		log.Fatal(err)
	}
	defer back.Close()
	fmt.Println(got.Kind(0), back.Name() == r.Name(), got.Data())
	// Output:
	// send right
	// memory
	// taken true [1 0 0 0]
}

// The kernel vouches for who sent a message.
func ExampleReceived_Sender() {
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Send(context.Background(), port.NewMessage(1)); err != nil {
		log.Fatal(err)
	}
	var got port.Received
	defer got.Close()
	if err := r.Receive(context.Background(), &got); err != nil {
		log.Fatal(err)
	}
	from, ok := got.Sender()
	fmt.Println(ok, from.PID == os.Getpid(), from.UID == os.Geteuid())
	// Output: true true true
}

// A receive right moves guarded: at no time could anybody who merely knows its
// name destroy it, and it cannot be sent on.
func ExampleMessage_MoveGuarded() {
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	mailbox, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	letter := port.NewMessage(1).MoveGuarded(mailbox, mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE)
	if err := s.Send(context.Background(), letter); err != nil {
		log.Fatal(err)
	}
	var got port.Received
	defer got.Close()
	if err := r.Receive(context.Background(), &got); err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Kind(0))
	here, err := got.TakeReceive(0)
	if err != nil {
		log.Fatal(err)
	}
	defer here.Close()
	fmt.Println(port.NewMessage(1).MoveReceive(here).Err())
	// Output:
	// guarded receive right
	// port: receive right is immovable
}

// A voucher travels with a message, beside its content.
func ExampleMessage_CopyVoucher() {
	le := binary.LittleEndian
	recipe := le.AppendUint32(nil, uint32(mach.MACH_VOUCHER_ATTR_KEY_USER_DATA))
	recipe = le.AppendUint32(recipe, mach.MACH_VOUCHER_ATTR_USER_DATA_STORE)
	recipe = le.AppendUint32(recipe, uint32(mach.MACH_PORT_NULL)) // no voucher before it
	recipe = le.AppendUint32(recipe, 4)
	recipe = append(recipe, "why?"...)
	host := port.OwnSend(mach.MachHostSelf())
	defer host.Close()
	var name mach.MachPort
	if err := mach.HostCreateMachVoucher(host.Name(), &recipe[0], uint32(len(recipe)), &name); err != nil {
		log.Fatal(err)
	}
	voucher := port.OwnSend(name)
	defer voucher.Close()

	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Send(context.Background(), port.NewMessage(1).CopyVoucher(voucher)); err != nil {
		log.Fatal(err)
	}
	var got port.Received
	defer got.Close()
	if err := r.Receive(context.Background(), &got); err != nil {
		log.Fatal(err)
	}
	came, err := got.TakeVoucher()
	if err != nil {
		log.Fatal(err)
	}
	defer came.Close()
	var why [16]byte
	n := uint32(len(why))
	if err := mach.MachVoucherExtractAttrContent(came.Name(), mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, &why[0], &n); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", why[:n])
	// Output: why?
}

func ExampleOutOfLine() {
	pages, err := port.NewOutOfLine(100_000)
	if err != nil {
		log.Fatal(err)
	}
	copy(pages.Bytes(), "outside of Go's heap")
	fmt.Printf("%d bytes: %q\n", pages.Len(), pages.Bytes()[:7])
	pages.Close()
	pages.Close() // does nothing
	fmt.Println(pages.Len(), pages.Bytes() == nil)
	// Output:
	// 100000 bytes: "outside"
	// 0 true
}

// Three servers, one thread that waits.
func ExampleLoop() {
	loop, err := port.NewLoop()
	if err != nil {
		log.Fatal(err)
	}
	defer loop.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	double := port.Server{Default: func(_ context.Context, request *port.Received, answer *port.Message) error {
		answer.Reset(2 * request.ID())
		return nil
	}}
	for i := range int32(3) {
		r, err := port.NewReceive()
		if err != nil {
			log.Fatal(err)
		}
		defer r.Close()
		go double.Serve(ctx, loop.Source(r))
		s, err := r.MakeSend()
		if err != nil {
			log.Fatal(err)
		}
		defer s.Close()
		var answer port.Received
		if err := s.Call(ctx, port.NewMessage(i+1), &answer); err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer.ID())
		answer.Close()
	}
	// Output:
	// 2
	// 4
	// 6
}
