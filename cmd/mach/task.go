package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/gen"
	"github.com/gomach/mach/task"
)

// taskFlavor is what one flavor of task_info tells.
type taskFlavor struct {
	Flavor string      `json:"flavor"`
	Struct string      `json:"struct"`
	Words  uint32      `json:"words"` // that the system filled in
	Of     uint32      `json:"of_words"`
	Fields []taskField `json:"fields,omitempty"`
	Error  string      `json:"error,omitempty"` // instead of the fields
}

type taskField struct {
	Name  string      `json:"name"`
	Value json.Number `json:"value,omitempty"`
	List  []uint64    `json:"list,omitempty"` // of a field that is an array
}

// taskFlavors are the flavors that task_info has, in the order of their names.
var taskFlavors = []struct {
	flavor, record string
	ask            func(*gen.Gen, *task.Task, *taskFlavor) error
}{
	{"MACH_TASK_BASIC_INFO", "mach_task_basic_info", ask[mach.MachTaskBasicInfo]},
	{"TASK_ABSOLUTETIME_INFO", "task_absolutetime_info", ask[mach.TaskAbsolutetimeInfo]},
	{"TASK_AFFINITY_TAG_INFO", "task_affinity_tag_info", ask[mach.TaskAffinityTagInfo]},
	{"TASK_AUDIT_TOKEN", "audit_token_t", ask[mach.AuditToken]},
	{"TASK_BASIC_INFO_32", "task_basic_info_32", ask[mach.TaskBasicInfo32]},
	{"TASK_BASIC_INFO_64", "task_basic_info_64", ask[mach.TaskBasicInfo64]},
	{"TASK_DYLD_INFO", "task_dyld_info", ask[mach.TaskDyldInfo]},
	{"TASK_EVENTS_INFO", "task_events_info", ask[mach.TaskEventsInfo]},
	{"TASK_EXTMOD_INFO", "task_extmod_info", ask[mach.TaskExtmodInfo]},
	{"TASK_FLAGS_INFO", "task_flags_info", ask[mach.TaskFlagsInfo]},
	{"TASK_KERNELMEMORY_INFO", "task_kernelmemory_info", ask[mach.TaskKernelmemoryInfo]},
	{"TASK_POWER_INFO", "task_power_info", ask[mach.TaskPowerInfo]},
	{"TASK_POWER_INFO_V2", "task_power_info_v2", ask[mach.TaskPowerInfoV2]},
	{"TASK_SECURITY_TOKEN", "security_token_t", ask[mach.SecurityToken]},
	{"TASK_THREAD_TIMES_INFO", "task_thread_times_info", ask[mach.TaskThreadTimesInfo]},
	{"TASK_TRACE_MEMORY_INFO", "task_trace_memory_info", ask[mach.TaskTraceMemoryInfo]},
	{"TASK_VM_INFO", "task_vm_info", ask[mach.TaskVMInfo]},
	{"TASK_WAIT_STATE_INFO", "task_wait_state_info", ask[mach.TaskWaitStateInfo]},
}

func taskCommand() *cobra.Command {
	var only string
	c := &cobra.Command{
		Use:   "task PID",
		Short: "All that task_info tells of a process",
		Long: `task prints the fields of every flavor of task_info that the system filled in: the
structs grow with the systems, and an older one fills in the first fields. The names are
those of <mach/task_info.h>; "mach struct" tells their types. --flavor asks for one
flavor, by a part of its name.`,
		Args: exactly("PID"), ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := reference()
			if err != nil {
				return err
			}
			return inspect(cmd, args[0], func(t *task.Task, pid int) error {
				found, err := askFlavors(g, t, only)
				if err != nil {
					return err
				}
				return emit(cmd, struct {
					PID     int          `json:"pid"`
					Flavors []taskFlavor `json:"flavors"`
				}{pid, found}, func(w *printer) { printEach(w, found, func(w *printer, f taskFlavor) { f.print(w) }) })
			})
		},
	}
	c.Flags().StringVar(&only, "flavor", "", "only the flavors with this in their names")
	_ = c.RegisterFlagCompletionFunc("flavor", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var names []cobra.Completion
		for _, f := range taskFlavors {
			names = append(names, f.flavor)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// askFlavors asks for the flavors that have a text in their names. A flavor that the
// system refuses says why; that all are refused is an error.
func askFlavors(g *gen.Gen, t *task.Task, only string) (out []taskFlavor, err error) {
	told := false
	for _, f := range taskFlavors {
		if !strings.Contains(f.flavor, strings.ToUpper(only)) {
			continue
		}
		x := taskFlavor{Flavor: f.flavor, Struct: f.record}
		if e := f.ask(g, t, &x); e != nil {
			x.Error, err = e.Error(), errors.Join(err, e)
		} else {
			told = true
		}
		out = append(out, x)
	}
	switch {
	case len(out) == 0:
		return nil, fmt.Errorf("no flavor of task_info has %q in its name: %w", only, errNotFound)
	case !told:
		return nil, err
	}
	return out, nil
}

// ask fills in what the flavor that goes with T tells.
func ask[T task.InfoType](g *gen.Gen, t *task.Task, x *taskFlavor) error {
	a, err := task.Info[T](t)
	x.Of = uint32(mach.CountOf[T]())
	if err != nil {
		return err
	}
	x.Words = uint32(a.Words)
	names, err := fieldPaths(g, x.Struct)
	if err != nil {
		return err
	}
	x.fields(names, reflect.ValueOf(a.Value), 0)
	return nil
}

// fieldPaths are the full names of a struct's fields by offset, those of the innermost
// structs.
func fieldPaths(g *gen.Gen, record string) (map[int]string, error) {
	found := named(g.Records(), record, recordNames)
	if len(found) == 0 {
		return nil, fmt.Errorf("no struct is called %q: %w", record, errNotFound)
	}
	layout, ok := found[0].Layouts[runtime.GOARCH]
	if !ok {
		layout = found[0].Layouts["arm64"]
	}
	paths := map[int]string{}
	var path []string
	for _, f := range layout.Fields {
		path = append(path[:min(f.Depth-1, len(path))], f.Name)
		paths[f.Offset] = strings.Join(slices.DeleteFunc(slices.Clone(path), func(s string) bool { return s == "" }), ".")
	}
	return paths, nil
}

// fields adds the numbers in a value that lies at an offset of the struct, as far as the
// system filled it in.
func (x *taskFlavor) fields(names map[int]string, v reflect.Value, at uintptr) {
	unsigned, isUnsigned := v.Interface().(interface{ Uint64() uint64 })
	signed, isSigned := v.Interface().(interface{ Int64() int64 })
	switch {
	case v.Kind() == reflect.Struct && !isSigned && !isUnsigned:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				x.fields(names, v.Field(i), at+f.Offset)
			}
		}
		return
	case at+v.Type().Size() > 4*uintptr(x.Words):
		return
	}
	f := taskField{Name: cmp.Or(names[int(at)], fmt.Sprintf("at %d", at))}
	switch {
	case isUnsigned:
		f.Value = json.Number(fmt.Sprint(unsigned.Uint64()))
	case isSigned:
		f.Value = json.Number(fmt.Sprint(signed.Int64()))
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			f.List = append(f.List, v.Index(i).Convert(reflect.TypeFor[uint64]()).Uint())
		}
	case v.CanInt():
		f.Value = json.Number(fmt.Sprint(v.Int()))
	default:
		f.Value = json.Number(fmt.Sprint(v.Convert(reflect.TypeFor[uint64]()).Uint()))
	}
	x.Fields = append(x.Fields, f)
}

func (x taskFlavor) print(w *printer) {
	head := fmt.Sprintf("%s (struct %s)", x.Flavor, x.Struct)
	if x.Words < x.Of && x.Error == "" {
		head += fmt.Sprintf(": the first %d of %d words", x.Words, x.Of)
	}
	w.line(head)
	if x.Error != "" {
		w.line("  ", x.Error)
		return
	}
	var rows [][]string
	for _, f := range x.Fields {
		value := f.Value.String()
		if f.List != nil {
			value = strings.Trim(fmt.Sprint(f.List), "[]")
		}
		rows = append(rows, []string{"  " + f.Name, value})
	}
	w.table([]string{"", ""}, rows)
}
