package hosted

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Instructions as GNU as assembles them, and whether they write to their memory (Intel's manual,
// volume 2, opcode maps).
func TestX86Writes(t *testing.T) {
	for text, want := range map[string]bool{
		"48 8b 00":                false, // mov (%rax),%rax
		"48 89 00":                true,  // mov %rax,(%rax)
		"c7 00 01 00 00 00":       true,  // movl $1,(%rax)
		"65 48 8b 04 25 00 00 00": false, // mov %gs:0,%rax
		"f0 48 0f b1 0a":          true,  // lock cmpxchg %rcx,(%rdx)
		"48 01 08":                true,  // add %rcx,(%rax)
		"48 03 08":                false, // add (%rax),%rcx
		"48 39 08":                false, // cmp %rcx,(%rax)
		"48 83 38 07":             false, // cmpq $7,(%rax)
		"48 83 00 07":             true,  // addq $7,(%rax)
		"ff 00":                   true,  // incl (%rax)
		"f7 18":                   true,  // negl (%rax)
		"f7 00 01 00 00 00":       false, // testl $1,(%rax)
		"f7 38":                   false, // idivl (%rax)
		"0f 11 07":                true,  // movups %xmm0,(%rdi)
		"0f 10 07":                false, // movups (%rdi),%xmm0
		"66 0f 7f 07":             true,  // movdqa %xmm0,(%rdi)
		"66 0f 7e 07":             true,  // movd %xmm0,(%rdi)
		"f3 0f 7e 07":             false, // movq (%rdi),%xmm0
		"f3 44 0f 7f 3f":          true,  // movdqu %xmm15,(%rdi)
		"c5 fe 7f 07":             true,  // vmovdqu %ymm0,(%rdi)
		"c5 fe 6f 07":             false, // vmovdqu (%rdi),%ymm0
		"c4 c1 7e 7f 00":          true,  // vmovdqu %ymm0,(%r8)
		"62 f1 fe 48 7f 07":       true,  // vmovdqu64 %zmm0,(%rdi)
		"62 f1 fe 48 6f 07":       false, // vmovdqu64 (%rdi),%zmm0
		"c4 e3 7d 19 07 01":       true,  // vextractf128 $1,%ymm0,(%rdi)
		"f3 aa":                   true,  // rep stos
		"f3 48 a5":                true,  // rep movsq: at rdi
		"48 0f ab 08":             true,  // bts %rcx,(%rax)
		"48 0f a3 08":             false, // bt %rcx,(%rax)
		"0f 94 00":                true,  // sete (%rax)
		"dd 18":                   true,  // fstpl (%rax)
		"dd 00":                   false, // fldl (%rax)
		"50":                      true,  // push %rax
		"ff 30":                   false, // push (%rax): reads at rax
		"0f 38 f1 00":             true,  // movbe %eax,(%rax)
		"0f 38 f0 00":             false, // movbe (%rax),%eax
		"":                        false,
		"66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66": false,
	} {
		code, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := (x86Access{code: code, addr: 0x5000, rdi: 0x5000, rsp: 0x7fff0000}).writes(); got != want {
			t.Errorf("%q: writes %v, want %v", text, got, want)
		}
	}
	movs := x86Access{code: []byte{0xa5}, addr: 0x5000, rdi: 0x9000, rsp: 0x7fff0000}
	if movs.writes() {
		t.Error("movs reads at rsi")
	}
	push := x86Access{code: []byte{0xff, 0x30}, addr: 0x7ffefff8, rdi: 0, rsp: 0x7fff0000}
	if !push.writes() {
		t.Error("push writes to the stack")
	}
}

// Words as LLVM assembles them.
func TestARMWrites(t *testing.T) {
	for x, want := range map[uint32]bool{
		0xf9400000: false, // ldr x0, [x0]
		0xf9000000: true,  // str x0, [x0]
		0xb8404400: false, // ldr w0, [x0], #4
		0xb8004400: true,  // str w0, [x0], #4
		0x38206820: true,  // strb w0, [x1, x0]
		0x39800000: false, // ldrsb x0, [x0]
		0xb9800000: false, // ldrsw x0, [x0]
		0xa9400400: false, // ldp x0, x1, [x0]
		0xa9000400: true,  // stp x0, x1, [x0]
		0xad000400: true,  // stp q0, q1, [x0]
		0xad400400: false, // ldp q0, q1, [x0]
		0x3d800000: true,  // str q0, [x0]
		0x3dc00000: false, // ldr q0, [x0]
		0xfd000000: true,  // str d0, [x0]
		0xfd400000: false, // ldr d0, [x0]
		0x58000040: false, // ldr x0, label
		0xc85f7c20: false, // ldxr x0, [x1]
		0xc8027c20: true,  // stxr w2, x0, [x1]
		0xc8dffc20: false, // ldar x0, [x1]
		0xc89ffc20: true,  // stlr x0, [x1]
		0xf8210002: true,  // ldadd x1, x2, [x0]
		0xf8218002: true,  // swp x1, x2, [x0]
		0xc8a17c02: true,  // cas x1, x2, [x0]
		0x4c007000: true,  // st1 {v0.16b}, [x0]
		0x4c407000: false, // ld1 {v0.16b}, [x0]
		0xd50b7420: true,  // dc zva, x0
		0x8b010000: false, // add x0, x0, x1
		0xd65f03c0: false, // ret
	} {
		b := []byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24)}
		if got := armWrites(b); got != want {
			t.Errorf("%#x: writes %v, want %v", x, got, want)
		}
	}
	if armWrites(nil) {
		t.Error("nothing writes")
	}
}
