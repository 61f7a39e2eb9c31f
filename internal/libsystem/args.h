// ARGSn loads n arguments, at most six, from a frame into the registers of
// Apple's calling convention. call_darwin_*.s have the layout.

#ifdef GOARCH_arm64
#define ARGS0
#define ARGS1 MOVD 16(R0), R0
#define ARGS2 LDP 16(R0), (R0, R1)
#define ARGS3 MOVD 32(R0), R2; ARGS2
#define ARGS4 LDP 32(R0), (R2, R3); ARGS2
#define ARGS5 MOVD 48(R0), R4; ARGS4
#define ARGS6 LDP 48(R0), (R4, R5); ARGS4
#endif

// AX stays what it is on amd64: no such function is variadic.
#ifdef GOARCH_amd64
#define ARGS0
#define ARGS1 MOVQ 16(DI), DI
#define ARGS2 MOVQ 24(DI), SI; ARGS1
#define ARGS3 MOVQ 32(DI), DX; ARGS2
#define ARGS4 MOVQ 40(DI), CX; ARGS3
#define ARGS5 MOVQ 48(DI), R8; ARGS4
#define ARGS6 MOVQ 56(DI), R9; ARGS5
#endif
