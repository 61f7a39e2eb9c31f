package apitest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
)

// Child starts the test binary once more with role set in its environment, and waits for the
// line in which the child says that it is ready. The child is to go when its input ends, which
// is at the end of the test.
func Child(t testing.TB, role string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), role+"=1", "GORACE=atexit_sleep_ms=0")
	in, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	if err := c.Start(); err != nil {
		t.Skip("no processes here: ", err)
	}
	t.Cleanup(func() {
		in.Close()
		c.Wait()
	})
	_, err = bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return c
}

const sleeper = "APITEST_SLEEPS"

// MainOrSleeper is a TestMain for tests that look at a Sleeper.
func MainOrSleeper(m *testing.M) {
	if os.Getenv(sleeper) != "" {
		os.Stdout.WriteString("ready\n")
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Sleeper is a Child that does nothing.
func Sleeper(t testing.TB) *exec.Cmd {
	t.Helper()
	return Child(t, sleeper)
}
