package task_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// families are the CPU family of the test, and the other.
func families() (own, other mach.CPUType) {
	if runtime.GOARCH == "arm64" {
		return mach.CPU_TYPE_ARM64, mach.CPU_TYPE_X86_64
	}
	return mach.CPU_TYPE_X86_64, mach.CPU_TYPE_ARM64
}

func TestCPU(t *testing.T) {
	begin(t)
	a := spawn(t)
	own, _ := families()
	for _, x := range []*task.Task{task.Self(), a.Task, a.Task} {
		if c, err := x.CPU(); err != nil || c != own {
			t.Errorf("%v: CPU is %v, %v, want %v", x, c, err, own)
		}
	}
	a.kill(t)
	if c, err := a.CPU(); err != nil || c != own {
		t.Errorf("what was known is forgotten: %v, %v", c, err)
	}
	must(t, a.Close())
	var none *task.Task
	for _, x := range []*task.Task{none, new(task.Task)} {
		_, err := x.CPU()
		wantErr(t, err, task.ErrClosed)
		_, err = x.AddressBits()
		wantErr(t, err, task.ErrClosed)
	}
}

// machHeader is the beginning of a Mach-O file (<mach-o/loader.h>, mach_header_64):
// magic, CPU type, CPU subtype, kind of file.
func machHeader(magic uint32, cpu mach.CPUType, kind uint32) []byte {
	var b []byte
	for _, v := range []uint32{magic, uint32(cpu), 0, kind} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func TestProgramHeader(t *testing.T) {
	const program, library = 2, 6 // MH_EXECUTE, MH_DYLIB
	for name, x := range map[string]struct {
		b    []byte
		want mach.CPUType
		ok   bool
	}{
		"Intel":     {machHeader(0xfeedfacf, mach.CPU_TYPE_X86_64, program), mach.CPU_TYPE_X86_64, true},
		"ARM":       {machHeader(0xfeedfacf, mach.CPU_TYPE_ARM64, program), mach.CPU_TYPE_ARM64, true},
		"watch":     {machHeader(0xfeedface, mach.CPU_TYPE_ARM64_32, program), mach.CPU_TYPE_ARM64_32, true},
		"a library": {machHeader(0xfeedfacf, mach.CPU_TYPE_ARM64, library), 0, false},
		"dyld":      {machHeader(0xfeedfacf, mach.CPU_TYPE_ARM64, 7), 0, false},
		"fat":       {machHeader(0xcafebabe, mach.CPU_TYPE_ARM64, program), 0, false},
		"ELF":       {append([]byte("\x7fELF"), make([]byte, 60)...), 0, false},
		"short":     {machHeader(0xfeedfacf, mach.CPU_TYPE_ARM64, program)[:15], 0, false},
		"nothing":   {nil, 0, false},
	} {
		if got, ok := task.ProgramAt(memory(x.b), base); got != x.want || ok != x.ok {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}

// Numbers of e_machine are those of <elf.h>.
func TestELFHeader(t *testing.T) {
	head := func(machine uint16) []byte {
		return binary.LittleEndian.AppendUint16(append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 11)...), machine)
	}
	for _, x := range []struct {
		b    []byte
		want mach.CPUType
	}{
		{head(3), mach.CPU_TYPE_X86}, {head(62), mach.CPU_TYPE_X86_64}, {head(40), mach.CPU_TYPE_ARM}, {head(183), mach.CPU_TYPE_ARM64},
		{head(243), 0}, {head(62)[:19], 0}, {nil, 0}, {machHeader(0xfeedfacf, mach.CPU_TYPE_ARM64, 2), 0},
	} {
		if got, ok := task.ELFCPU(x.b); got != x.want || ok != (x.want != 0) {
			t.Errorf("%x: %v, %v, want %v", x.b, got, ok, x.want)
		}
	}
}

// A header in the memory is found, and the program's own comes first.
func TestFindProgram(t *testing.T) {
	begin(t)
	own, other := families()
	x, err := task.Self().Allocate(page(), tag)
	must(t, err)
	defer x.Close()
	copy(x.Bytes(), machHeader(0xfeedfacf, other, 2))
	want := other // Linux's programs are ELF files
	if runtime.GOOS == "darwin" {
		want = own
	}
	if c, err := task.FindCPU(task.Self()); err != nil || c != want {
		t.Errorf("CPU is %v, %v, want %v", c, err, want)
	}
}

// The flavors of the two families have the same numbers: the registers of a
// task of the other family are refused before the kernel is asked, both ways.
func TestRegistersOfOtherFamily(t *testing.T) {
	begin(t)
	a := spawn(t)
	l, err := a.Threads()
	must(t, err)
	defer l.Close()
	own, other := families()
	for _, th := range l.All() {
		r, err := th.Registers()
		must(t, err)
		task.SetFacts(a.Task, other, 0)
		got, err := th.Registers()
		wantErr(t, err, errors.ErrUnsupported)
		if got != nil {
			t.Errorf("registers are %+v", got)
		}
		_, err = th.Stack(10)
		wantErr(t, err, errors.ErrUnsupported)
		wantErr(t, th.SetRegisters(r), errors.ErrUnsupported)
		task.SetFacts(a.Task, own, 0)
	}
}

// The processors of Intel see new instructions by themselves, and the kernel
// refuses to flush (xnu osfmk/i386/pmap.h, pmap_attribute_cache_sync). For a task
// of ARM the same refusal is a failure, whatever the caller is.
func TestFlushByTheTasksCPU(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the kernel of ARM does not refuse")
	}
	begin(t)
	a := spawn(t)
	want := make([]byte, 4)
	_, err := a.ReadMemory(want, a.pattern)
	must(t, err)
	task.SetFacts(a.Task, mach.CPU_TYPE_ARM64, 0)
	wantErr(t, a.Patch(a.pattern, []byte("arm?")), mach.KERN_INVALID_ADDRESS)
	got := make([]byte, 4)
	_, err = a.ReadMemory(got, a.pattern)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("memory is %x after a patch that failed, was %x", got, want)
	}
	task.SetFacts(a.Task, mach.CPU_TYPE_X86_64, 0)
	must(t, a.Patch(a.pattern, []byte("x86!")))
}

// Rosetta says 1/1, and hw.tbfrequency what the kernel's figures are in: the
// reports of psutil (issue 2411) and htop (issue 765) name 24 MHz and 125/3.
func TestTimebaseOfFrequency(t *testing.T) {
	for frequency, want := range map[uint64]mach.MachTimebaseInfo_t{
		24_000_000:    {Numer: 125, Denom: 3},
		1_000_000_000: {Numer: 1, Denom: 1},
		6_000_000:     {Numer: 500, Denom: 3},
		1 << 32:       {},
		0:             {},
	} {
		got, ok := task.TimebaseOf(frequency)
		if got != want || ok != (want.Denom != 0) {
			t.Errorf("%d Hz: %d/%d, %v", frequency, got.Numer, got.Denom, ok)
		}
	}
	task.OnTimebase(t, 125, 3)
	user, system, err := task.Self().Times()
	must(t, err)
	a, err := task.Info[mach.TaskAbsolutetimeInfo](task.Self())
	must(t, err)
	for got, ticks := range map[time.Duration]uint64{user: a.Value.TotalUser, system: a.Value.TotalSystem} {
		if most := time.Duration(ticks * 125 / 3); got > most || got < most/2 {
			t.Errorf("%v of %d ticks", got, ticks)
		}
	}
}
