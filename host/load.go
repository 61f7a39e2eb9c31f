package host

import "github.com/gomach/mach"

// Loads are averages over 1, 5 and 15 minutes.
type Loads struct {
	// Average is how many threads ran or wanted to.
	Average [3]float64
	// Factor is the processor time that a new thread would get, in
	// processors.
	Factor [3]float64
}

// LoadAverage reads the load averages. See the package's remark on figures that
// may be old.
//
// Mach calls: host_statistics with HOST_LOAD_INFO.
func LoadAverage() (Loads, error) {
	var i mach.HostLoadInfo
	n := mach.HOST_LOAD_INFO_COUNT
	if err := mach.HostStatistics(Port(), mach.HOST_LOAD_INFO, mach.Info(&i), &n); err != nil {
		return Loads{}, failed("host_statistics", err)
	}
	var l Loads
	for k := range l.Average {
		l.Average[k] = float64(i.Avenrun[k]) / mach.LOAD_SCALE
		l.Factor[k] = float64(i.MachFactor[k]) / mach.LOAD_SCALE
	}
	return l, nil
}
