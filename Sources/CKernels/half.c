// SPDX-License-Identifier: Apache-2.0
#include "CKernels.h"
#include <string.h>
void ck_half_to_float(float *to, const uint16_t *from, size_t n) { for (size_t i = 0; i < n; i++) { _Float16 h; memcpy(&h, from + i, 2); to[i] = h; } }
void ck_float_to_half(uint16_t *to, const float *from, size_t n) { for (size_t i = 0; i < n; i++) { _Float16 h = from[i]; memcpy(to + i, &h, 2); } }
void ck_bfloat_to_float(float *to, const uint16_t *from, size_t n) { for (size_t i = 0; i < n; i++) { uint32_t b = (uint32_t)from[i] << 16; memcpy(to + i, &b, 4); } }
void ck_float_to_bfloat(uint16_t *to, const float *from, size_t n) { for (size_t i = 0; i < n; i++) { uint32_t b; memcpy(&b, from + i, 4); to[i] = (b + 0x7fff + ((b >> 16) & 1)) >> 16; } }
void ck_round_half(float *to, const float *from, size_t n) { for (size_t i = 0; i < n; i++) to[i] = (_Float16)from[i]; }
