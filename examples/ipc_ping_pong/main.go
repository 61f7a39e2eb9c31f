// Command ipc_ping_pong sends a ball between two ports: go run
// ./examples/ipc_ping_pong [TIMES].
//
// It shows the whole of a conversation by messages: a server, a client that
// calls it, inline data, the right to answer that travels along, and how long a
// round trip takes.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/port"
)

const ping = 1000 // the request's identifier; the answer's is 1100

func main() {
	times := 10000
	if len(os.Args) > 1 {
		n, err := strconv.Atoi(os.Args[1])
		if err != nil || n < 1 {
			fmt.Fprintln(os.Stderr, "usage: ipc_ping_pong [TIMES]")
			os.Exit(2)
		}
		times = n
	}
	if err := run(os.Stdout, times); err != nil {
		fmt.Fprintln(os.Stderr, "ipc_ping_pong:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, times int) error {
	table, err := port.NewReceive()
	if err != nil {
		return err
	}
	defer table.Close()
	there, err := table.MakeSend()
	if err != nil {
		return err
	}
	defer there.Close()

	// The far side adds one to what it gets and sends it back.
	server := port.Server{Handlers: map[int32]port.Handler{
		ping: func(_ context.Context, ball *port.Received, back *port.Message) error {
			if len(ball.Data()) == 0 { // anybody may have sent it
				return mach.MIG_BAD_ARGUMENTS
			}
			back.Append(ball.Data()[0] + 1)
			return nil
		},
	}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Serve(ctx, table)
	}()
	defer func() {
		cancel()
		<-ended
	}()

	var ball port.Message
	var back port.Received
	defer back.Close()
	start := time.Now()
	n := byte(0)
	for range times {
		ball.Reset(ping).Append(n)
		if err := there.Call(context.Background(), &ball, &back); err != nil {
			return err
		}
		if err := back.MIGError(ping); err != nil {
			return err
		}
		n = back.Data()[12] // behind the NDR record and the code
	}
	took := time.Since(start)
	if n != byte(times) {
		return fmt.Errorf("the ball came back as %d, not %d", n, byte(times))
	}
	fmt.Fprintf(w, "%d round trips, ball %d\n", times, n)
	fmt.Fprintf(w, "%v each\n", (took / time.Duration(times)).Round(time.Nanosecond))
	return nil
}
