package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/host"
	"github.com/gomach/mach/symbol"
	"github.com/gomach/mach/task"
)

// A crash report of Apple's is two JSON documents, a line about the report and the report
// ("Interpreting the JSON format of a crash report", Apple's Xcode documentation). What
// the system does not tell is left out.

const (
	ipsCrash = "309" // bug_type of crashes
	ipsTime  = "2006-01-02 15:04:05.00 -0700"
)

type ipsHead struct {
	App       string `json:"app_name"`
	Timestamp string `json:"timestamp"`
	SliceUUID string `json:"slice_uuid"`
	BugType   string `json:"bug_type"`
	OSVersion string `json:"os_version"`
	Incident  string `json:"incident_id"`
	Name      string `json:"name"`
}

type ipsReport struct {
	Version   int    `json:"version"`
	Incident  string `json:"incident"`
	Captured  string `json:"captureTime"`
	BugType   string `json:"bug_type"`
	PID       int    `json:"pid"`
	CPUType   string `json:"cpuType"`
	Process   string `json:"procName"`
	Path      string `json:"procPath"`
	OSVersion struct {
		Train string `json:"train"`
	} `json:"osVersion"`
	Exception   ipsException    `json:"exception"`
	Termination *ipsTermination `json:"termination,omitempty"`
	Faulting    int             `json:"faultingThread"`
	Threads     []ipsThread     `json:"threads"`
	Images      []ipsImage      `json:"usedImages"`
	Cache       *ipsCache       `json:"sharedCache,omitempty"`
}

type ipsException struct {
	Codes   string  `json:"codes"`
	Raw     []int64 `json:"rawCodes"`
	Type    string  `json:"type"`
	Signal  string  `json:"signal,omitempty"`
	Subtype string  `json:"subtype,omitempty"`
}

// ipsTermination is what the exception ends the process with, if nothing deals with it.
type ipsTermination struct {
	Namespace string `json:"namespace"`
	Code      int    `json:"code"`
	Indicator string `json:"indicator"`
}

type ipsThread struct {
	ID        uint64         `json:"id"`
	Name      string         `json:"name,omitempty"`
	Triggered bool           `json:"triggered,omitempty"`
	State     map[string]any `json:"threadState,omitempty"`
	Frames    []ipsFrame     `json:"frames"`
}

type ipsFrame struct {
	Offset   uint64 `json:"imageOffset"`
	Index    int    `json:"imageIndex"`
	Symbol   string `json:"symbol,omitempty"`
	Location uint64 `json:"symbolLocation,omitempty"`
	File     string `json:"sourceFile,omitempty"`
	Line     int    `json:"sourceLine,omitempty"`
	Inline   bool   `json:"inline,omitempty"`
}

type ipsImage struct {
	Source string `json:"source"` // P: of the process; S: of the shared cache; A: of no image
	Arch   string `json:"arch,omitempty"`
	Base   uint64 `json:"base"`
	Size   uint64 `json:"size"`
	UUID   string `json:"uuid"`
	Path   string `json:"path,omitempty"`
	Name   string `json:"name,omitempty"`
}

type ipsCache struct {
	Base uint64 `json:"base"`
	UUID string `json:"uuid"`
}

type ipsValue struct {
	Value uint64 `json:"value"`
}

// crashed is a process that stands at an exception.
type crashed struct {
	task  *task.Task
	pid   int
	cpu   mach.CPUType
	stop  *exc.Stop
	table *symbol.Table
}

// path is the program's file, or what the system calls the process.
func (c crashed) path() string {
	if images, err := c.task.Images(); err == nil && len(images.List) > 0 {
		return images.List[0].Path
	}
	if all, err := processes(); err == nil {
		for _, p := range all {
			if p.pid == c.pid {
				return p.name
			}
		}
	}
	return fmt.Sprint(c.pid)
}

// report collects what there is to tell, while the process stands still.
func (c crashed) report(ctx context.Context, at time.Time) (ipsHead, ipsReport, error) {
	version, err := host.KernelVersion()
	if err != nil {
		return ipsHead{}, ipsReport{}, err
	}
	path := c.path()
	name := filepath.Base(path)
	e := c.stop.Exception
	r := ipsReport{
		Version: 2, Incident: newIncident(), Captured: at.Format("2006-01-02 15:04:05.0000 -0700"), BugType: ipsCrash, PID: c.pid,
		CPUType: "X86-64", Process: name, Path: path, Exception: newIPSException(e, c.cpu), Termination: newIPSTermination(e),
	}
	if c.cpu == mach.CPU_TYPE_ARM64 {
		r.CPUType = "ARM-64"
	}
	r.OSVersion.Train, _, _ = strings.Cut(version, ":")
	r.images(c)
	if err := r.threads(ctx, c); err != nil {
		return ipsHead{}, r, err
	}
	head := ipsHead{App: name, Name: name, Timestamp: at.Format(ipsTime), BugType: ipsCrash, OSVersion: r.OSVersion.Train, Incident: r.Incident, SliceUUID: task.UUID{}.String()}
	if len(r.Images) > 0 {
		head.SliceUUID = r.Images[0].UUID
	}
	return head, r, nil
}

func (r *ipsReport) images(c crashed) {
	images, err := c.task.Images()
	if err != nil {
		return // addresses alone
	}
	if images.CacheAddress != 0 {
		r.Cache = &ipsCache{images.CacheAddress, task.UUID(images.CacheUUID).String()}
	}
	arch := "x86_64"
	if c.cpu == mach.CPU_TYPE_ARM64 {
		arch = "arm64"
	}
	ends := c.ends()
	for _, m := range images.List {
		x := ipsImage{Source: "P", Arch: arch, Base: m.Address, Path: m.Path, Name: filepath.Base(m.Path)}
		id, err := c.task.UUID(m)
		if err != nil { // ELF: the first bytes stand for one
			b, _ := c.task.BuildID(m)
			copy(id[:], b)
		}
		x.UUID = strings.ToLower(id.String())
		x.Size = c.sizeOf(m, ends)
		r.Images = append(r.Images, x)
	}
}

// sizeOf is how far an image reaches from its header: its __TEXT, or what is mapped of
// the file.
func (c crashed) sizeOf(m task.Image, ends map[string]uint64) uint64 {
	if list, err := c.task.Segments(m); err == nil {
		for _, s := range list {
			if s.Name == "__TEXT" {
				return s.Size
			}
		}
	}
	if end := ends[m.Path]; end > m.Address {
		return end - m.Address
	}
	return 0
}

// ends is where the last mapping of each file ends.
func (c crashed) ends() map[string]uint64 {
	ends := map[string]uint64{}
	files, err := c.task.Files()
	if err != nil {
		return ends
	}
	for r, err := range c.task.Regions() {
		if err != nil {
			break
		}
		if path, _, ok := files.Of(r); ok {
			ends[path] = max(ends[path], r.End())
		}
	}
	return ends
}

func (r *ipsReport) threads(ctx context.Context, c crashed) error {
	list, err := live{c.task}.walk(ctx, c.table, maxReportFrames)
	if err != nil {
		return err
	}
	crashed, _ := c.stop.Thread.ID()
	for i := range list {
		x := &list[i]
		x.name(c.table)
		y := ipsThread{ID: x.ID, Name: x.Name, Frames: []ipsFrame{}}
		if x.ID == crashed {
			y.Triggered, r.Faulting = true, i
			if x.registers != nil {
				y.State = ipsState(x.registers)
			}
		}
		for _, f := range x.Frames {
			y.Frames = append(y.Frames, r.frame(f))
		}
		r.Threads = append(r.Threads, y)
	}
	return nil
}

// maxReportFrames is the most that Apple's reports have of a thread.
const maxReportFrames = 512

// frame gives a frame's place in its image, or in the one that stands for none.
func (r *ipsReport) frame(f stackFrame) ipsFrame {
	pc := uint64(f.PC)
	i := slices.IndexFunc(r.Images, func(m ipsImage) bool { return pc >= m.Base && pc-m.Base < m.Size })
	if i < 0 {
		if i = slices.IndexFunc(r.Images, func(m ipsImage) bool { return m.Source == "A" }); i < 0 {
			i = len(r.Images)
			r.Images = append(r.Images, ipsImage{Source: "A", UUID: strings.ToLower(task.UUID{}.String())})
		}
	}
	name := f.Function
	if f.Signal {
		name = "_sigtramp"
	}
	return ipsFrame{Offset: pc - r.Images[i].Base, Index: i, Symbol: name, Location: f.Offset, File: f.File, Line: f.Line, Inline: f.Inlined}
}

// ipsState are the registers of the thread that has crashed.
func ipsState(r *task.Registers) map[string]any {
	s := map[string]any{"flavor": "x86_THREAD_STATE"}
	var x []ipsValue
	for name, v := range r.All() {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "x")); err == nil && r.CPU == mach.CPU_TYPE_ARM64 && n == len(x) {
			x = append(x, ipsValue{v})
			continue
		}
		s[name] = ipsValue{v}
	}
	if r.CPU == mach.CPU_TYPE_ARM64 {
		s["flavor"], s["x"] = "ARM_THREAD_STATE64", x
	}
	return s
}

func newIPSException(e exc.Exception, cpu mach.CPUType) ipsException {
	x := ipsException{Raw: slices.Clone(e.Codes), Type: e.Type.String()}
	var codes []string
	for _, c := range e.Codes {
		codes = append(codes, fmt.Sprintf("0x%016x", uint64(c)))
	}
	x.Codes = strings.Join(codes, ", ")
	if s := unixSignal(e); s != 0 {
		x.Signal = s.String()
	}
	if e.Type == mach.EXC_BAD_ACCESS && len(e.Codes) > 1 {
		x.Subtype = fmt.Sprintf("%s at 0x%016x", exc.CodeName(e.Type, cpu, e.Codes[0]), uint64(e.Codes[1]))
	}
	return x
}

func newIPSTermination(e exc.Exception) *ipsTermination {
	s := unixSignal(e)
	if s == 0 {
		return nil
	}
	return &ipsTermination{"SIGNAL", int(s), fmt.Sprintf("%s: %d", signalWords[s], int(s))}
}

// unixSignal is the signal that an exception becomes if nothing deals with it; 0 for
// none (XNU's bsd/uxkern/ux_exception.c, ux_exception).
func unixSignal(e exc.Exception) exc.Signal {
	switch x := e.Detail().(type) {
	case exc.BadAccess:
		if x.Code == int64(mach.KERN_INVALID_ADDRESS) {
			return 11
		}
		return 10
	case exc.Software:
		return x.Signal
	}
	switch e.Type {
	case mach.EXC_BAD_INSTRUCTION:
		return 4
	case mach.EXC_ARITHMETIC:
		return 8
	case mach.EXC_EMULATION:
		return 7
	case mach.EXC_BREAKPOINT:
		return 5
	}
	return 0
}

// signalWords are those of Darwin's strsignal.
var signalWords = map[exc.Signal]string{
	4: "Illegal instruction", 5: "Trace/BPT trap", 6: "Abort trap", 7: "EMT trap", 8: "Floating point exception", 9: "Killed",
	10: "Bus error", 11: "Segmentation fault", 12: "Bad system call", 13: "Broken pipe",
}

// newIncident is a random UUID.
func newIncident() string {
	var id task.UUID
	_, _ = rand.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// writeIPS writes a report into a folder, by a name such as the system's own have, and
// gives the file.
func writeIPS(dir string, at time.Time, head ipsHead, r ipsReport) (string, error) {
	first, err := json.Marshal(head)
	if err != nil {
		return "", err
	}
	rest, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	for i := 1; ; i++ {
		name := fmt.Sprintf("%s-%s", head.Name, at.Format("2006-01-02-150405"))
		if i > 1 {
			name += fmt.Sprintf(".%d", i)
		}
		path := filepath.Join(dir, name+".ips")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if os.IsExist(err) && i < 1000 {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = fmt.Fprintf(f, "%s\n%s\n", first, rest)
		if e := f.Close(); err == nil {
			err = e
		}
		return path, err
	}
}
