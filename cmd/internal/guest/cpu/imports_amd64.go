package cpu

const jumpSlot = 7 // R_X86_64_JUMP_SLOT
