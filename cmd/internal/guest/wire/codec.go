//go:build linux

package wire

import (
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"reflect"
)

// A body is encoded as the number of its type and then its fields in order: numbers as varints,
// strings and slices with their lengths in front. Nothing describes types: both ends are the same
// program, which the fingerprint says. What is decoded takes no more memory than a small multiple
// of what was sent.

var (
	types   []reflect.Type
	numbers = map[reflect.Type]uint64{}
	print32 = fnv.New32a()
)

// Register makes the types of bodies known, in the same order at both ends. It panics where a
// type cannot be sent: that is a mistake in the program. Call it from init functions.
func Register(bodies ...any) {
	for _, b := range bodies {
		t := reflect.TypeOf(b)
		describe(t)
		types = append(types, t)
		numbers[t] = uint64(len(types)) // 0 is no body
	}
}

// fingerprint tells programs that know other types from this one.
func fingerprint() uint32 { return print32.Sum32() }

var (
	marshaler   = reflect.TypeFor[encoding.BinaryMarshaler]()
	unmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
)

// own says whether a type has an encoding of its own, as time.Time does.
func own(t reflect.Type) bool {
	return t.Implements(marshaler) && reflect.PointerTo(t).Implements(unmarshaler)
}

// describe adds a type to the fingerprint.
func describe(t reflect.Type) {
	_, _ = fmt.Fprint(print32, t.Kind(), " ", t.Name(), " ")
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.String, reflect.Float64:
	case reflect.Slice, reflect.Pointer:
		if t.Kind() == reflect.Slice && least(t.Elem()) == 0 {
			panic("wire: elements of " + t.String() + " take no room")
		}
		describe(t.Elem())
	case reflect.Array:
		_, _ = fmt.Fprint(print32, t.Len())
		describe(t.Elem())
	case reflect.Struct:
		if own(t) {
			return
		}
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				panic("wire: " + t.String() + "." + f.Name + " is not exported")
			}
			_, _ = fmt.Fprint(print32, f.Name, " ")
			describe(f.Type)
		}
	default:
		panic("wire: " + t.String() + " cannot be sent")
	}
}

// least is the fewest bytes that a value takes.
func least(t reflect.Type) (n int) {
	switch {
	case t.Kind() == reflect.Array:
		return t.Len() * least(t.Elem())
	case t.Kind() == reflect.Struct && !own(t):
		for i := range t.NumField() {
			n += least(t.Field(i).Type)
		}
		return n
	}
	return 1
}

// encode appends a body.
func encode(b []byte, body any) ([]byte, error) {
	if body == nil {
		return append(b, 0), nil
	}
	v := reflect.ValueOf(body)
	n := numbers[v.Type()]
	if n == 0 {
		return b, fmt.Errorf("wire: %T is not registered", body)
	}
	return appendValue(binary.AppendUvarint(b, n), v)
}

func appendValue(b []byte, v reflect.Value) (_ []byte, err error) {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1), nil
		}
		return append(b, 0), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint()), nil
	case reflect.Float64:
		return binary.AppendUvarint(b, math.Float64bits(v.Float())), nil
	case reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...), nil
	case reflect.Slice:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return append(b, v.Bytes()...), nil
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			if b, err = appendValue(b, v.Index(i)); err != nil {
				return b, err
			}
		}
		return b, nil
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0), nil
		}
		return appendValue(append(b, 1), v.Elem())
	}
	if own(v.Type()) {
		text, err := v.Interface().(encoding.BinaryMarshaler).MarshalBinary()
		return append(binary.AppendUvarint(b, uint64(len(text))), text...), err
	}
	for i := range v.NumField() {
		if b, err = appendValue(b, v.Field(i)); err != nil {
			return b, err
		}
	}
	return b, nil
}

var errGarbled = errors.New("wire: what was received is garbled")

// decode is the body in a frame, all of it.
func decode(b []byte) (body any, err error) {
	d := decoder{b}
	n, err := d.uvarint()
	if err != nil || n > uint64(len(types)) {
		return nil, errGarbled
	}
	if n > 0 {
		v := reflect.New(types[n-1]).Elem()
		if err := d.value(v); err != nil {
			return nil, err
		}
		body = v.Interface()
	}
	if len(d.b) > 0 {
		return nil, errGarbled
	}
	return body, nil
}

type decoder struct{ b []byte }

func (d *decoder) uvarint() (uint64, error) {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		return 0, errGarbled
	}
	d.b = d.b[n:]
	return v, nil
}

// take gives so many bytes.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.b)) {
		return nil, errGarbled
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b, nil
}

// counted gives as many bytes as the number in front says.
func (d *decoder) counted() ([]byte, error) {
	n, err := d.uvarint()
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

func (d *decoder) value(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		b, err := d.take(1)
		if err != nil || b[0] > 1 {
			return errGarbled
		}
		v.SetBool(b[0] == 1)
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, size := binary.Varint(d.b)
		if size <= 0 || v.OverflowInt(n) {
			return errGarbled
		}
		d.b = d.b[size:]
		v.SetInt(n)
		return nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float64:
		n, err := d.uvarint()
		if err != nil {
			return err
		}
		if v.Kind() == reflect.Float64 {
			v.SetFloat(math.Float64frombits(n))
			return nil
		}
		if v.OverflowUint(n) {
			return errGarbled
		}
		v.SetUint(n)
		return nil
	case reflect.String:
		b, err := d.counted()
		v.SetString(string(b))
		return err
	case reflect.Slice:
		return d.slice(v)
	case reflect.Array:
		return d.elements(v)
	case reflect.Pointer:
		b, err := d.take(1)
		if err != nil || b[0] > 1 {
			return errGarbled
		}
		if b[0] == 0 {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(v.Elem())
	}
	if own(v.Type()) {
		b, err := d.counted()
		if err != nil {
			return err
		}
		return v.Addr().Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary(b)
	}
	for i := range v.NumField() {
		if err := d.value(v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) slice(v reflect.Value) error {
	n, err := d.uvarint()
	if err != nil || n > uint64(len(d.b)/least(v.Type().Elem())) {
		return errGarbled
	}
	if n == 0 {
		return nil
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b, err := d.take(n)
		v.SetBytes(b) // the frame's own, which is nobody else's
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), int(n), int(n)))
	return d.elements(v)
}

func (d *decoder) elements(v reflect.Value) error {
	for i := range v.Len() {
		if err := d.value(v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}
