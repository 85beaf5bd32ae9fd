// SPDX-License-Identifier: Apache-2.0
#ifndef CKERNELS_H
#define CKERNELS_H
#include <stddef.h>
#include <stdint.h>
void ck_half_to_float(float *to, const uint16_t *from, size_t n);
void ck_float_to_half(uint16_t *to, const float *from, size_t n);
void ck_bfloat_to_float(float *to, const uint16_t *from, size_t n);
void ck_float_to_bfloat(uint16_t *to, const float *from, size_t n);

void ck_round_half(float *to, const float *from, size_t n);
#endif
