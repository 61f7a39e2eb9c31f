package abi

import "encoding/json"

// Clone copies the facts, for a caller that changes them: the tests of the
// checkers spoil a copy to see the checkers fail.
func (f *Facts) Clone() *Facts {
	b, err := json.Marshal(f)
	if err != nil {
		panic("abi: facts do not marshal: " + err.Error()) // they came from JSON
	}
	c := new(Facts)
	if err := json.Unmarshal(b, c); err != nil {
		panic("abi: facts do not unmarshal: " + err.Error())
	}
	return c
}
