// Command no_senders watches a port's last sender go: go run
// ./examples/no_senders.
//
// A server hands each client a port of its own. The kernel tells it when nobody
// holds a right to that port any more, whether the client let go of it or died,
// and the server clears up.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/port"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "no_senders:", err)
		os.Exit(1)
	}
}

const clients = 3

func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	watch, gone, err := port.NewNotifierChannel(clients)
	if err != nil {
		return err
	}
	defer watch.Close()

	sessions := map[*port.Receive]int{}
	var rights []*port.Send
	defer func() {
		for session := range sessions {
			session.Close()
		}
		for _, r := range rights {
			r.Close()
		}
	}()
	for i := range clients {
		session, err := port.NewReceive()
		if err != nil {
			return err
		}
		sessions[session] = i + 1
		right, err := session.MakeSend()
		if err != nil {
			return err
		}
		rights = append(rights, right)
		if err := watch.NoSenders(session); err != nil {
			return err
		}
	}

	// A copy keeps a session going, as any right does.
	copied, err := rights[0].Copy()
	if err != nil {
		return err
	}
	rights[0].Close()
	rights[1].Close()
	if err := told(ctx, w, gone, sessions); err != nil {
		return err
	}
	fmt.Fprintln(w, "session 1 lives by a copy")
	copied.Close()
	if err := told(ctx, w, gone, sessions); err != nil {
		return err
	}

	// A right in a message that nobody took counts, too, until the message
	// goes with its port.
	post, err := port.NewReceive()
	if err != nil {
		return err
	}
	defer post.Close()
	letters, err := post.MakeSend()
	if err != nil {
		return err
	}
	defer letters.Close()
	if err := letters.Send(ctx, port.NewMessage(1).MoveSend(rights[2])); err != nil {
		return err
	}
	fmt.Fprintln(w, "session 3 is in the post")
	post.Close()
	return told(ctx, w, gone, sessions)
}

// told waits for word about a session and ends it.
func told(ctx context.Context, w io.Writer, gone <-chan port.Notification, sessions map[*port.Receive]int) error {
	select {
	case n := <-gone:
		x, is := n.(port.NoSenders)
		if !is {
			return fmt.Errorf("unexpected %T", n)
		}
		fmt.Fprintf(w, "session %d has no senders, of %d that were made\n", sessions[x.Receive], x.MakeSend)
		delete(sessions, x.Receive)
		return x.Receive.Close()
	case <-ctx.Done():
		return ctx.Err()
	}
}
