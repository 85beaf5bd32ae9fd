// SPDX-License-Identifier: Apache-2.0
// The instruction set that the kernels use.
#pragma once

#include <stdbool.h>

/// The instruction set levels.
typedef enum {
  CK_PORTABLE = 0,  ///< any processor
  CK_AVX2 = 1,      ///< x86: AVX2, FMA, F16C, BMI2
  CK_AVX512 = 2,    ///< x86: AVX-512 F, BW, DQ, VL and the above
} ck_isa_level;

/// The instruction set level in use: the best that the processor supports, unless it is forced or
/// limited by the environment variable WANE_ISA, which is `portable`, `avx2` or `avx512`.
int ck_isa(void);

/// Whether the processor has instructions for sums of byte products (AVX-512 VNNI) and the level
/// in use permits them.
bool ck_multiplies_bytes(void);

/// For tests: loops that the calling thread runs use `level`, or the best supported level if that
/// is lower; a negative level restores the default. Returns the level that this thread now uses.
/// Other threads are not affected, so results of other tests do not change.
int ck_force_isa(int level);
