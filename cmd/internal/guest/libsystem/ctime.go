//go:build linux && (amd64 || arm64)

package libsystem

import (
	"fmt"
	"strings"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// tm is Darwin's struct tm.
type tm struct {
	Sec, Min, Hour, Mday, Mon, Year, Wday, Yday, Isdst int32
	_                                                  int32
	Gmtoff                                             int64
	Zone                                               uint64
}

func toTM(c *proc.Call, t time.Time) tm {
	zone, off := t.Zone()
	return tm{Sec: int32(t.Second()), Min: int32(t.Minute()), Hour: int32(t.Hour()), Mday: int32(t.Day()), Mon: int32(t.Month()) - 1, Year: int32(t.Year()) - 1900,
		Wday: int32(t.Weekday()), Yday: int32(t.YearDay()) - 1, Gmtoff: int64(off), Zone: static(c, "zone "+zone, []byte(zone+"\x00"))}
}

func (t *tm) time(l *time.Location) time.Time {
	return time.Date(int(t.Year)+1900, time.Month(t.Mon+1), int(t.Mday), int(t.Hour), int(t.Min), int(t.Sec), 0, l)
}

// strftime formats by C's letters.
func strftime(f string, t time.Time) string {
	simple := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'b': "Jan", 'h': "Jan", 'B': "January", 'a': "Mon", 'A': "Monday",
		'I': "03", 'p': "PM", 'Z': "MST", 'z': "-0700", 'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'e': "_2", 'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05", 'r': "03:04:05 PM"}
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		switch layout, ok := simple[f[i]]; {
		case ok:
			b.WriteString(t.Format(layout))
		case f[i] == 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case f[i] == 's':
			fmt.Fprintf(&b, "%d", t.Unix())
		case f[i] == 'n':
			b.WriteByte('\n')
		case f[i] == 't':
			b.WriteByte('\t')
		case f[i] == 'u':
			fmt.Fprintf(&b, "%d", (int(t.Weekday())+6)%7+1)
		case f[i] == 'w':
			fmt.Fprintf(&b, "%d", t.Weekday())
		case f[i] == 'C':
			fmt.Fprintf(&b, "%02d", t.Year()/100)
		default:
			b.WriteByte(f[i])
		}
	}
	return b.String()
}

func init() {
	broken := func(l *time.Location, into int) func(*proc.Call) {
		return func(c *proc.Call) {
			sec := proc.Read[int64](c, c.Arg(0))
			if sec == nil {
				return
			}
			at := static(c, "struct tm", make([]byte, 56))
			if into > 0 {
				at = c.Arg(into)
			}
			if p := proc.At[tm](c, at); p != nil {
				*p = toTM(c, time.Unix(*sec, 0).In(l))
				c.Return(at)
			}
		}
	}
	on("gmtime", broken(time.UTC, 0))
	on("gmtime_r", broken(time.UTC, 1))
	on("localtime", broken(time.Local, 0))
	on("localtime_r", broken(time.Local, 1))
	unbroken := func(l *time.Location) func(*proc.Call) {
		return func(c *proc.Call) {
			p := proc.At[tm](c, c.Arg(0))
			if p == nil {
				c.Return(eof)
				return
			}
			t := p.time(l)
			*p = toTM(c, t)
			c.Return(uint64(t.Unix()))
		}
	}
	on("mktime", unbroken(time.Local))
	on("timegm", unbroken(time.UTC))
	on("tzset", func(c *proc.Call) {})
	on("difftime", func(c *proc.Call) { c.ReturnFloat(float64(int64(c.Arg(0)) - int64(c.Arg(1)))) })
	on("strftime", func(c *proc.Call) {
		f, ok := cstr(c, c.Arg(2))
		p := proc.Read[tm](c, c.Arg(3))
		if !ok || p == nil {
			return
		}
		s := strftime(f, p.time(time.FixedZone("", int(p.Gmtoff))))
		if uint64(len(s)) < c.Arg(1) && copyString(c, c.Arg(0), s) {
			c.ReturnInt(len(s))
		}
	})
	on("asctime ctime", func(c *proc.Call) {
		t := time.Time{}
		if plain(c.Symbol) == "ctime" {
			if sec := proc.Read[int64](c, c.Arg(0)); sec != nil {
				t = time.Unix(*sec, 0)
			}
		} else if p := proc.Read[tm](c, c.Arg(0)); p != nil {
			t = p.time(time.Local)
		}
		c.Return(c.Process.Static([]byte(t.Format("Mon Jan _2 15:04:05 2006") + "\n\x00")))
	})
}
