package host_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/gomach/mach/host"
)

// How busy the processors are.
func ExampleCPULoads() {
	before, err := host.CPULoads(nil)
	if err != nil {
		log.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	now, err := host.CPULoads(nil)
	if err != nil {
		log.Fatal(err)
	}
	for i, l := range now {
		if busy := l.Since(before[i]).Busy(); busy < 0 || busy > 1 {
			fmt.Println("cannot be")
		}
	}
	fmt.Println("read twice:", len(now) == len(before))
	// Output: read twice: true
}

// Apple silicon has 24 million ticks a second.
func ExampleTimebase_Duration() {
	b := host.Timebase{Numer: 125, Denom: 3}
	fmt.Println(b.Duration(24), b.Duration(24_000_000))
	fmt.Println(b.Ticks(time.Second), b.Ticks(time.Nanosecond))
	// Output:
	// 1µs 1s
	// 24000000 1
}

// A beat that does not drift.
func ExampleSleepUntil() {
	b, err := host.Base()
	if err != nil {
		log.Fatal(err)
	}
	next := host.Now()
	for range 3 {
		next += b.Ticks(2 * time.Millisecond)
		if err := host.SleepUntil(context.Background(), next); err != nil {
			log.Fatal(err)
		}
		fmt.Println("early:", host.Now() < next)
	}
	// Output:
	// early: false
	// early: false
	// early: false
}
