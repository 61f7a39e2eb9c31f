package await_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gomach/mach/internal/await"
)

func TestLateValueIsHandedOn(t *testing.T) {
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(context.Background())
	asked, release, late := make(chan struct{}), make(chan struct{}), make(chan int, 1)
	go func() { <-asked; cancel(why) }()
	v, err := await.Value(ctx, func() (int, error) {
		close(asked)
		<-release
		return 42, nil
	}, func(v int) { late <- v })
	if v != 0 || err != why {
		t.Errorf("got %d, %v", v, err)
	}
	if !await.Ended(ctx, err) {
		t.Error("the end of the context is not told")
	}
	close(release)
	if got := <-late; got != 42 {
		t.Errorf("late got %d", got)
	}
}

// Nothing is lost whoever is first: each value is returned or handed to late.
func TestEachValueGoesOneWay(t *testing.T) {
	for range 2000 {
		ctx, cancel := context.WithCancel(context.Background())
		late := make(chan int, 1)
		go cancel()
		v, err := await.Value(ctx, func() (int, error) { return 1, nil }, func(v int) { late <- v })
		switch {
		case err == nil && v != 1:
			t.Fatalf("%d without an error", v)
		case err != nil && !errors.Is(err, context.Canceled):
			t.Fatal(err)
		case err == nil:
			select {
			case <-late:
				t.Fatal("the value went both ways")
			default:
			}
		}
		cancel()
	}
}

func TestContextsThatDoNotEnd(t *testing.T) {
	var none context.Context
	for _, ctx := range []context.Context{none, context.Background()} {
		v, err := await.Value(ctx, func() (int, error) { return 7, nil }, nil)
		if v != 7 || err != nil {
			t.Errorf("%v: %d, %v", ctx, v, err)
		}
	}
}

func TestEndedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := await.Call(ctx, func() error { t.Error("called"); return nil }, nil)
	if !errors.Is(err, context.Canceled) || !await.Ended(ctx, err) {
		t.Error(err)
	}
}

func TestErrorsAreTheCalls(t *testing.T) {
	why := errors.New("why")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := await.Call(ctx, func() error { return why }, nil); err != why || await.Ended(ctx, err) {
		t.Error(err)
	}
}
