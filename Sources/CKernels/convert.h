// SPDX-License-Identifier: Apache-2.0
// Private: conversions of one element, in integer arithmetic.
#pragma once

#include "dispatch.h"

CK_INLINE float ck_half1(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = (uint32_t)(h & 0x7fff) << 13;
  uint32_t finite =
      ck_bits(ck_float(magnitude) * 0x1p112f);  // rebias the exponent, including subnormals
  uint32_t special = magnitude | 0x7f800000u | ((magnitude & 0x7fffffu) ? 0x400000u : 0);
  return ck_float(sign | ((h & 0x7c00) == 0x7c00 ? special : finite));
}

CK_INLINE uint16_t ck_to_half1(float x) {
  uint32_t u = ck_bits(x), sign = u >> 16 & 0x8000, a = u & 0x7fffffffu;
  uint32_t normal = (a - (112u << 23) + 0xfffu + (a >> 13 & 1)) >> 13;
  uint32_t denormal =
      ck_bits(ck_float(a) + 0.5f) -
      0x3f000000u;  // the addition rounds: the last bit of a subnormal half is the last bit of 0.5
  uint32_t h = a < 0x38800000u ? denormal : normal;
  h = a >= 0x47800000u ? 0x7c00u : h;
  h = a > 0x7f800000u ? 0x7e00u | (a >> 13 & 0x3ffu) : h;
  return (uint16_t)(sign | h);
}
