// Package voucher has vouchers: immutable sets of attributes that are passed by
// port and are equal if they have the same values.
//
// Of the attributes that Darwin knows, those that hold what a program stores in
// them are kept (MACH_VOUCHER_ATTR_KEY_USER_DATA and _TEST). The others stand
// for things inside XNU, such as importance and resource accounting.
package voucher
