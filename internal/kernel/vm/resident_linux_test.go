package vm

import "testing"

func TestResident(t *testing.T) {
	const page = 16384
	o, err := newObject(8 * page)
	if err != nil {
		t.Fatal(err)
	}
	defer o.drop()
	check := func(want uint64) {
		t.Helper()
		if got := resident(o.file, o.size, page); got != want*page {
			t.Errorf("%d bytes, want %d pages", got, want)
		}
	}
	check(0)
	for _, c := range []struct {
		at   int64
		n    int
		want uint64
	}{{0, 1, 1}, {5000, 1, 1}, {page, 1, 2}, {3*page + 100, 2 * page, 5}, {8*page - 1, 1, 6}} {
		if _, err := o.file.WriteAt(make([]byte, c.n), c.at); err != nil {
			t.Fatal(err)
		}
		check(c.want)
	}
	if err := punch(o.file, o.size); err != nil {
		t.Fatal(err)
	}
	check(0)
}
