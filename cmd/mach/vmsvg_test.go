package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// A picture is well-formed whatever files are called, has a row for each run of
// neighbours and for each gap, and the sums that the table has.
func TestSVG(t *testing.T) {
	regions := []mapped{
		{Start: 0x1000, End: 0x2000, Size: 0x1000, Type: "__TEXT", Prot: "r-x", Path: "/a<b>&c", Resident: 0x1000},
		{Start: 0x2000, End: 0x3000, Size: 0x1000, Type: "__DATA", Prot: "rw-", Path: "/a<b>&c", Dirty: 0x1000, Resident: 0x1000},
		{Start: 0x100000, End: 0x400000, Size: 0x300000, Type: "heap", Prot: "rw-"},
		{Start: 0x400000, End: 0x400000, Type: "stack", Prot: "rw-", Depth: 9},
	}
	s := drawSVG(`"of" <all>`, regions, sumUp(regions))
	d := xml.NewDecoder(strings.NewReader(s))
	rows, texts := 0, 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
		if e, ok := tok.(xml.StartElement); ok {
			switch e.Name.Local {
			case "g":
				rows++
			case "text":
				texts++
			}
		}
	}
	if rows != 3 || texts != 2+2*4+1+2*3 {
		t.Errorf("%d rows and %d texts\n%s", rows, texts, s)
	}
	for _, want := range []string{"a&lt;b&gt;&amp;c  (2 regions)", "1012K unmapped", "4 regions, 3.0M mapped, 8.0K resident, 4.0K dirty"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	if strings.Contains(s, "NaN") || strings.Contains(drawSVG("", nil, nil), "NaN") {
		t.Error("a length is no number")
	}
}
