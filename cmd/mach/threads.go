package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// threadInfo is what the kernel tells of a thread.
type threadInfo struct {
	Number    int           `json:"number"`
	ID        uint64        `json:"id,omitempty"`
	Name      string        `json:"name,omitempty"`
	State     string        `json:"state"`
	User      time.Duration `json:"user_ns"`
	System    time.Duration `json:"system_ns"`
	Usage     float64       `json:"cpu_percent"`
	Priority  int32         `json:"priority"`
	Suspended int32         `json:"suspend_count"`
	QoS       string        `json:"qos,omitempty"`
	Latency   *int          `json:"latency_qos_tier,omitempty"`
	Through   *int          `json:"throughput_qos_tier,omitempty"`
	Error     string        `json:"error,omitempty"` // instead of the rest
}

func threadsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "threads PID|CORE",
		Short: "State, CPU time, name, priority and QoS of every thread",
		Long:  "threads lists the threads of a process, which runs on meanwhile. The priority is the\none that the scheduler uses now; % CPU is that of the last moments.\nQOS is the class of quality of service that the thread asks for, with the tiers of latency\nand throughput, from 0, if it asks for them.",
		Args:  exactly("PID"), ValidArgsFunction: completeSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			return look(cmd, args[0], func(s subject, pid int) error {
				found, err := s.threads()
				if err != nil {
					return err
				}
				return emit(cmd, struct {
					PID     int          `json:"pid"`
					Threads []threadInfo `json:"threads"`
				}{pid, found}, func(w *printer) { printThreads(w, found) })
			})
		},
	}
}

func newThreadInfo(i int, th *task.Thread) threadInfo {
	x := threadInfo{Number: i}
	x.ID, _ = th.ID()
	x.Name, _ = th.Label()
	basic, err := task.ThreadInfo[mach.ThreadBasicInfo](th)
	if err != nil {
		x.Error = err.Error()
		return x
	}
	b := basic.Value
	x.State = runState(b.RunState)
	x.User, x.System = duration(b.UserTime), duration(b.SystemTime)
	x.Usage = 100 * float64(b.CPUUsage) / mach.TH_USAGE_SCALE
	x.Suspended = int32(b.SuspendCount)
	if more, err := task.ThreadInfo[mach.ThreadExtendedInfo](th); err == nil {
		x.Priority = more.Value.PthCurpri
	}
	x.QoS = qosClass(th)
	if latency, throughput := qosTiers(th); latency >= 0 || throughput >= 0 {
		x.Latency, x.Through = &latency, &throughput
	}
	return x
}

func duration(v mach.TimeValue) time.Duration {
	return time.Duration(v.Seconds)*time.Second + time.Duration(v.Microseconds)*time.Microsecond
}

// runState is the word for a TH_STATE_ constant of <mach/thread_info.h>.
func runState(s mach.Integer) string {
	switch s {
	case 0:
		return "-" // a core may not tell
	case mach.TH_STATE_RUNNING:
		return "running"
	case mach.TH_STATE_STOPPED:
		return "stopped"
	case mach.TH_STATE_WAITING:
		return "waiting"
	case mach.TH_STATE_UNINTERRUPTIBLE:
		return "waiting, uninterruptible"
	case mach.TH_STATE_HALTED:
		return "halted"
	}
	return fmt.Sprintf("state %d", s)
}

func printThreads(w *printer, found []threadInfo) {
	var rows [][]string
	for _, x := range found {
		if x.Error != "" {
			rows = append(rows, []string{fmt.Sprint(x.Number), id(x.ID), "", "", "", "", "", x.Error, ""})
			continue
		}
		state := x.State
		if x.Suspended > 0 {
			state += fmt.Sprintf(", suspended %d times", x.Suspended)
		}
		rows = append(rows, []string{
			fmt.Sprint(x.Number), id(x.ID), fmt.Sprintf("%.1f", x.Usage), seconds(x.User), seconds(x.System),
			fmt.Sprint(x.Priority), x.qos(), state, x.Name,
		})
	}
	w.table([]string{">#", ">ID", ">% CPU", ">USER", ">SYSTEM", ">PRI", "QOS", "STATE", "NAME"}, rows)
}

// qos is what the thread asks for, for people.
func (x threadInfo) qos() string {
	s := cmp.Or(x.QoS, "-")
	for _, t := range []struct {
		name string
		tier *int
	}{{"latency", x.Latency}, {"throughput", x.Through}} {
		if t.tier != nil && *t.tier >= 0 {
			s = strings.TrimPrefix(s, "-") + fmt.Sprintf(" %s %d", t.name, *t.tier)
		}
	}
	return strings.TrimSpace(s)
}

func id(v uint64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprint(v)
}
