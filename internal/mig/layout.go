package mig

import (
	"encoding/json"
	"regexp"

	"github.com/gomach/mach/internal/mig/model"
)

// Layout is what others can hold against their headers: the numbers of all messages, and
// where each field stands in a message of the largest size.
type Layout struct {
	Subsystems map[string]map[string]int64 `json:"subsystems"` // subsystem, routine: number of the request
	Layouts    map[string]*RoutineLayout   `json:"layouts"`
}

// RoutineLayout is that of a routine's messages.
type RoutineLayout struct {
	Request *MessageLayout `json:"request"`
	Reply   *MessageLayout `json:"reply,omitempty"` // nil if there is none
}

// MessageLayout is that of one message, in bytes.
type MessageLayout struct {
	Size   int64         `json:"size"`
	Fields []FieldLayout `json:"fields"`
}

// FieldLayout is a field's name, type of C and offset.
type FieldLayout struct {
	Name, Type string
	Offset     int64
}

// MarshalJSON writes the three in an array.
func (f FieldLayout) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{f.Name, f.Type, f.Offset})
}

var fieldLines = regexp.MustCompile(`\[\s+("(?:[^"\\]|\\.)*"),\s+("(?:[^"\\]|\\.)*"),\s+(\d+)\s+\]`)

// Text is the layout as JSON, a field a line.
func (l Layout) Text() ([]byte, error) {
	text, err := json.MarshalIndent(l, "", "  ")
	return append(fieldLines.ReplaceAll(text, []byte("[$1, $2, $3]")), '\n'), err
}

// LayoutOf is the layout of subsystems.
func LayoutOf(subsystems ...*model.Subsystem) Layout {
	l := Layout{map[string]map[string]int64{}, map[string]*RoutineLayout{}}
	for _, s := range subsystems {
		ids := map[string]int64{}
		for _, r := range s.Routines {
			ids[r.Name] = r.Number
			l.Layouts[r.Name] = &RoutineLayout{messageLayout(r.Request), messageLayout(r.Reply)}
		}
		l.Subsystems[s.Name] = ids
	}
	return l
}

func messageLayout(m *model.Message) *MessageLayout {
	if m == nil {
		return nil
	}
	l := &MessageLayout{Size: m.Size}
	for _, f := range m.Fields {
		l.Fields = append(l.Fields, FieldLayout{f.Name, f.Type, f.Offset})
	}
	return l
}
