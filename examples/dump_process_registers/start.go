package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// settle is how long a program that was just started runs before it is looked
// at: its first instructions are the loader's and say little.
const settle = 200 * time.Millisecond

// program is a target that this program has started.
type program struct {
	name string
	cmd  *exec.Cmd
	over chan error // what Wait says, once it has ended
}

// start runs a command and lets it come to rest. What it prints goes where this
// program's messages go, so that the dump stands alone; it reads what this
// program would.
func start(args []string, in io.Reader, messages io.Writer, signals <-chan os.Signal) (*program, error) {
	if len(args) == 0 {
		return nil, errUsage
	}
	p := &program{name: args[0], cmd: exec.Command(args[0], args[1:]...), over: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = messages, messages
	if f, ok := in.(*os.File); ok {
		p.cmd.Stdin = f // a reader of another kind would be waited for at the end
	}
	// Where the system can do that, the target ends with this program, however
	// that ends. The system ties it to the thread.
	runtime.LockOSThread()
	p.cmd.SysProcAttr = endsWithUs()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	fmt.Fprintf(messages, "started %s as process %d; reading its registers in %v\n", p.name, p.pid(), settle)
	go func() { p.over <- p.cmd.Wait() }()
	select {
	case err := <-p.over:
		return nil, fmt.Errorf("%s ended (%s) before it could be looked at: give a command that runs for a while",
			p.name, how(p.cmd, err))
	case s := <-signals:
		p.end()
		return nil, errInterrupted{s}
	case <-time.After(settle):
		return p, nil
	}
}

func how(cmd *exec.Cmd, err error) string {
	if cmd.ProcessState != nil {
		return cmd.ProcessState.String()
	}
	return err.Error()
}

func (p *program) pid() int32 { return int32(p.cmd.Process.Pid) }

// end ends the target: first it is asked to, then it has to.
func (p *program) end() {
	if p == nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	if !p.ends(grace) {
		p.cmd.Process.Kill()
		p.ends(grace)
	}
}

// ends waits for the target's end for some time. It asks the system: the
// target's Wait may be over already, as it tells of what the dump did to it, too
// (see package hosted).
func (p *program) ends(within time.Duration) bool {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if !exists(p.pid()) || ended(p.pid()) {
			return true
		}
	}
	return false
}

var errUsage = errors.New("usage: dump_process_registers PID, or dump_process_registers -- COMMAND [ARGUMENT ...]")
