package port_test

import (
	"context"
	"fmt"
	"log"
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
func ExampleMessage_MoveMemory() {
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

	pages, err := port.NewMemory(1 << 20)
	if err != nil {
		log.Fatal(err)
	}
	copy(pages.Bytes(), "a megabyte")
	if err := s.Send(context.Background(), port.NewMessage(1).MoveMemory(pages)); err != nil {
		log.Fatal(err)
	}
	var got port.Received
	defer got.Close()
	if err := r.Receive(context.Background(), &got); err != nil {
		log.Fatal(err)
	}
	here, err := got.TakeMemory(0)
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
