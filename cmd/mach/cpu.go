package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/host"
)

// cpuShare is how a processor spent the time between two looks, in percent.
type cpuShare struct {
	CPU    int     `json:"cpu"`
	User   float64 `json:"user"`
	System float64 `json:"system"`
	Nice   float64 `json:"nice"`
	Idle   float64 `json:"idle"`
}

func cpuCommand() *cobra.Command {
	var count int
	c := &cobra.Command{
		Use:   "cpu [INTERVAL]",
		Short: "How busy each processor is",
		Long:  "cpu tells how each processor spends its time: once, over one second, or with an\nINTERVAL such as 2s again and again, until --count looks are over or it is interrupted.",
		Args:  optional("INTERVAL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			every, looks := time.Second, 1
			if len(args) > 0 {
				d, err := interval(args[0])
				if err != nil {
					return err
				}
				every, looks = d, -1
			}
			if cmd.Flags().Changed("count") {
				looks = count
			}
			before, err := host.CPULoads(nil)
			if err != nil {
				return err
			}
			for ; looks != 0; looks-- {
				if err := host.Sleep(cmd.Context(), every); err != nil {
					return err
				}
				after, err := host.CPULoads(nil)
				if err != nil {
					return err
				}
				shares := since(before, after)
				if err := emit(cmd, shares, func(w *printer) { printShares(w, shares) }); err != nil {
					return err
				}
				before = after
			}
			return nil
		},
	}
	c.Flags().IntVarP(&count, "count", "n", 1, "how many looks")
	return c
}

// interval reads a time, in seconds if there is no unit.
func interval(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		d, err = time.ParseDuration(s + "s")
	}
	if err != nil || d <= 0 {
		return 0, &usageError{fmt.Errorf("%q is no interval: write 2, 2s or 500ms", s)}
	}
	return d, nil
}

func since(before, after []host.CPULoad) []cpuShare {
	var out []cpuShare
	for i := range min(len(before), len(after)) {
		l := after[i].Since(before[i])
		x := cpuShare{CPU: i}
		if n := float64(l.Total()); n > 0 {
			x.User, x.System, x.Nice, x.Idle = 100*float64(l.User)/n, 100*float64(l.System)/n, 100*float64(l.Nice)/n, 100*float64(l.Idle)/n
		}
		out = append(out, x)
	}
	return out
}

func printShares(w *printer, shares []cpuShare) {
	percent := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	var rows [][]string
	for _, x := range shares {
		rows = append(rows, []string{fmt.Sprint(x.CPU), percent(x.User), percent(x.System), percent(x.Nice), percent(x.Idle)})
	}
	w.table([]string{">CPU", ">% USER", ">% SYSTEM", ">% NICE", ">% IDLE"}, rows)
}
