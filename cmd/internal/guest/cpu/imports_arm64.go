package cpu

const jumpSlot = 1026 // R_AARCH64_JUMP_SLOT
