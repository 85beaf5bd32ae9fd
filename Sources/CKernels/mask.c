// SPDX-License-Identifier: Apache-2.0
// Bit masks over elements.
#include "ck_mask.h"

#include "dispatch.h"

// Eight flags are combined into a byte; all whole bytes are computed in one loop, which the
// compiler vectorizes.
#define MASK_LOOP(flag)                                                               \
  size_t whole = n / 8;                                                               \
  for (size_t b = 0; b < whole; b++) {                                                \
    uint32_t byte = 0;                                                                \
    for (size_t j = 0, i = 8 * b; j < 8; j++, i++) byte |= (uint32_t)(flag) << j;     \
    mask[b] = (uint8_t)byte;                                                          \
  }                                                                                   \
  if (n % 8) {                                                                        \
    uint32_t byte = 0;                                                                \
    for (size_t j = 0, i = 8 * whole; i < n; j++, i++) byte |= (uint32_t)(flag) << j; \
    mask[whole] = (uint8_t)byte;                                                      \
  }

CK_INLINE void ck_mask_above_body(uint8_t *mask, const float *x, float limit, size_t n) {
  MASK_LOOP(__builtin_fabsf(x[i]) > limit)
}
CK_DISPATCH(void, ck_mask_above, (uint8_t * mask, const float *x, float limit, size_t n),
            (mask, x, limit, n))

CK_INLINE void ck_mask_bits16_body(uint8_t *mask, const uint16_t *x, uint16_t relevant, size_t n) {
  MASK_LOOP((x[i] & relevant) != 0)
}
CK_DISPATCH(void, ck_mask_bits16, (uint8_t * mask, const uint16_t *x, uint16_t relevant, size_t n),
            (mask, x, relevant, n))

CK_INLINE void ck_mask_bits32_body(uint8_t *mask, const uint32_t *x, uint32_t relevant, size_t n) {
  MASK_LOOP((x[i] & relevant) != 0)
}
CK_DISPATCH(void, ck_mask_bits32, (uint8_t * mask, const uint32_t *x, uint32_t relevant, size_t n),
            (mask, x, relevant, n))

CK_INLINE bool ck_all_finite_body(const float *x, size_t n) {
  // In parts, so that a large input with a strange element early is not read whole.
  for (size_t first = 0; first < n; first += 4096) {
    size_t end = n - first < 4096 ? n : first + 4096;
    uint32_t strange = 0;
    for (size_t i = first; i < end; i++) strange |= (ck_bits(x[i]) & 0x7f800000) == 0x7f800000;
    if (strange) return false;
  }
  return true;
}
CK_DISPATCH(bool, ck_all_finite, (const float *x, size_t n), (x, n))

// The byte of a mask with bits from 8·b on, without bits from n on.
CK_INLINE uint32_t mask_byte(const uint8_t *mask, size_t b, size_t n) {
  uint32_t byte = mask[b];
  return 8 * b + 8 <= n ? byte : byte & ((1u << (n - 8 * b)) - 1);
}

#define TAKE_AND_PUT(bits)                                                                  \
  CK_INLINE size_t ck_take##bits##_body(uint##bits##_t *y, const uint##bits##_t *x,         \
                                        const uint8_t *mask, size_t n) {                    \
    size_t taken = 0;                                                                       \
    for (size_t b = 0; 8 * b < n; b++)                                                      \
      for (uint32_t left = mask_byte(mask, b, n); left; left &= left - 1)                   \
        y[taken++] = x[8 * b + (size_t)__builtin_ctz(left)];                                \
    return taken;                                                                           \
  }                                                                                         \
  CK_DISPATCH(size_t, ck_take##bits,                                                        \
              (uint##bits##_t * y, const uint##bits##_t *x, const uint8_t *mask, size_t n), \
              (y, x, mask, n))                                                              \
                                                                                            \
  CK_INLINE size_t ck_put##bits##_body(uint##bits##_t *y, const uint##bits##_t *x,          \
                                       const uint8_t *mask, size_t n) {                     \
    size_t taken = 0;                                                                       \
    memset(y, 0, n * sizeof *y);                                                            \
    for (size_t b = 0; 8 * b < n; b++)                                                      \
      for (uint32_t left = mask_byte(mask, b, n); left; left &= left - 1)                   \
        y[8 * b + (size_t)__builtin_ctz(left)] = x[taken++];                                \
    return taken;                                                                           \
  }                                                                                         \
  CK_DISPATCH(size_t, ck_put##bits,                                                         \
              (uint##bits##_t * y, const uint##bits##_t *x, const uint8_t *mask, size_t n), \
              (y, x, mask, n))

TAKE_AND_PUT(8)
TAKE_AND_PUT(16)
TAKE_AND_PUT(32)
