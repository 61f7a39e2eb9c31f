package exc_test

import "runtime"

const isARM = runtime.GOARCH == "arm64"
