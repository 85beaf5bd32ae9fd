// SPDX-License-Identifier: Apache-2.0
// Conversions between dtypes.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// IEEE half to float, exact (a signaling nan becomes quiet).
void ck_half_to_float(float *y, const uint16_t *x, size_t n);

/// Float to IEEE half, ties to even. Overflow yields infinity; NaN remains NaN (sign and upper
/// payload bits are kept, and it is made quiet).
void ck_float_to_half(uint16_t *y, const float *x, size_t n);

/// Rounds floats to the nearest half and back, like computation in half precision. y may equal x.
void ck_round_half(float *y, const float *x, size_t n);

/// bfloat16 to float, exactly.
void ck_bfloat_to_float(float *y, const uint16_t *x, size_t n);

/// Float to bfloat16, ties to even; NaN remains NaN and is made quiet.
void ck_float_to_bfloat(uint16_t *y, const float *x, size_t n);

/// y = (x - zero_point)·scale.
void ck_dequantize_int8(float *y, const int8_t *x, float scale, float zero_point, size_t n);
void ck_dequantize_uint8(float *y, const uint8_t *x, float scale, float zero_point, size_t n);

/// y = clamp(round(x / scale) + zero_point) with ties to even, to -128…127 or 0…255. NaN yields
/// the zero point.
void ck_quantize_int8(int8_t *y, const float *x, float scale, int32_t zero_point, size_t n);
void ck_quantize_uint8(uint8_t *y, const float *x, float scale, int32_t zero_point, size_t n);

/// Unpacks n integers of `bits` (1…8) bits, least significant bits of each byte first, to one
/// byte each.
void ck_unpack_unsigned(uint8_t *y, const uint8_t *x, int bits, size_t n);

/// The same for signed integers in two's complement.
void ck_unpack_signed(int8_t *y, const uint8_t *x, int bits, size_t n);

/// Packs the low `bits` (1…8) bits of n bytes, least significant first, into (n·bits + 7) / 8
/// bytes; the last byte is padded with zeros.
void ck_pack(uint8_t *y, const uint8_t *x, int bits, size_t n);
