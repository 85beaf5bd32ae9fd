// SPDX-License-Identifier: Apache-2.0
// Floored quotients (`floor_div`) and remainders (`floor_mod`, with the sign of the divisor) of
// integers. Both are 0 where the divisor is 0, and quotients wrap. The output may be either input.
//
// There are three variants: equal lengths; `_scalar`, whose divisor is one number; `_rscalar`,
// whose dividend is.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CK_FLOORED(name, T)                            \
  void name(T *y, const T *a, const T *b, size_t n);   \
  void name##_scalar(T *y, const T *a, T b, size_t n); \
  void name##_rscalar(T *y, T a, const T *b, size_t n);

CK_FLOORED(ck_floor_div_i32, int32_t)
CK_FLOORED(ck_floor_mod_i32, int32_t)
CK_FLOORED(ck_floor_div_u32, uint32_t)
CK_FLOORED(ck_floor_mod_u32, uint32_t)
CK_FLOORED(ck_floor_div_i16, int16_t)
CK_FLOORED(ck_floor_mod_i16, int16_t)
CK_FLOORED(ck_floor_div_u16, uint16_t)
CK_FLOORED(ck_floor_mod_u16, uint16_t)
CK_FLOORED(ck_floor_div_i8, int8_t)
CK_FLOORED(ck_floor_mod_i8, int8_t)
CK_FLOORED(ck_floor_div_u8, uint8_t)
CK_FLOORED(ck_floor_mod_u8, uint8_t)

#undef CK_FLOORED
