// SPDX-License-Identifier: Apache-2.0
// Packing and unpacking of 1…8-bit integers. Eight integers occupy exactly `bits` bytes, which is
// the unit that every loop processes.
#include "ck_convert.h"
#include "dispatch.h"

#if CK_X86
#include <immintrin.h>
#endif

// Spreads the low 8·bits bits of a word over its eight bytes, and gathers them again.
CK_INLINE uint64_t spread(uint64_t word, int bits) {
  uint64_t y = 0;
  for (int i = 0; i < 8; i++) y |= (word >> (i * bits) & ((1u << bits) - 1)) << (8 * i);
  return y;
}

CK_INLINE uint64_t gather(uint64_t bytes, int bits) {
  uint64_t y = 0;
  for (int i = 0; i < 8; i++) y |= (bytes >> (8 * i) & ((1u << bits) - 1)) << (i * bits);
  return y;
}

// Macros over the expression for spreading a `word`, with `bits` a constant in each instance, so
// that the memcpy is a single load.
#define UNPACK_LOOP(bits, expression)           \
  for (; i + 8 <= n; i += 8, x += bits) {       \
    uint64_t word = 0;                          \
    memcpy(&word, x, bits);                     \
    word = expression;                          \
    memcpy(y + i, &word, 8);                    \
  }                                             \
  if (i < n) {                                  \
    uint64_t word = 0;                          \
    memcpy(&word, x, ((n - i) * bits + 7) / 8); \
    word = expression;                          \
    memcpy(y + i, &word, n - i);                \
  }

#define PACK_LOOP(bits, expression)             \
  for (; i + 8 <= n; i += 8, y += bits) {       \
    uint64_t word;                              \
    memcpy(&word, x + i, 8);                    \
    word = expression;                          \
    memcpy(y, &word, bits);                     \
  }                                             \
  if (i < n) {                                  \
    uint64_t word = 0;                          \
    memcpy(&word, x + i, n - i);                \
    word = expression;                          \
    memcpy(y, &word, ((n - i) * bits + 7) / 8); \
  }

#define FOR_BITS(LOOP, expression) \
  size_t i = 0;                    \
  switch (bits) {                  \
    case 1:                        \
      LOOP(1, expression) break;   \
    case 2:                        \
      LOOP(2, expression) break;   \
    case 3:                        \
      LOOP(3, expression) break;   \
    case 4:                        \
      LOOP(4, expression) break;   \
    case 5:                        \
      LOOP(5, expression) break;   \
    case 6:                        \
      LOOP(6, expression) break;   \
    case 7:                        \
      LOOP(7, expression) break;   \
    default:                       \
      memcpy(y, x, n);             \
      break;                       \
  }

static void ck_unpack_unsigned_portable(uint8_t *y, const uint8_t *x, int bits, size_t n) {
  FOR_BITS(UNPACK_LOOP, spread(word, bits))
}

static void ck_pack_portable(uint8_t *y, const uint8_t *x, int bits, size_t n) {
  FOR_BITS(PACK_LOOP, gather(word, bits))
}

#if CK_X86
// The lowest `bits` bits set in each of eight bytes.
CK_INLINE uint64_t lanes(int bits) { return 0x0101010101010101u * ((1u << bits) - 1); }

CK_TARGET_AVX2 static void ck_unpack_unsigned_avx2(uint8_t *y, const uint8_t *x, int bits,
                                                   size_t n) {
  FOR_BITS(UNPACK_LOOP, _pdep_u64(word, lanes(bits)))
}

CK_TARGET_AVX2 static void ck_pack_avx2(uint8_t *y, const uint8_t *x, int bits, size_t n) {
  FOR_BITS(PACK_LOOP, _pext_u64(word, lanes(bits)))
}

#define ck_unpack_unsigned_avx512 ck_unpack_unsigned_avx2
#define ck_pack_avx512 ck_pack_avx2
#endif

CK_CHOOSE(void, ck_unpack_unsigned, (uint8_t * y, const uint8_t *x, int bits, size_t n),
          (y, x, bits, n))
CK_CHOOSE(void, ck_pack, (uint8_t * y, const uint8_t *x, int bits, size_t n), (y, x, bits, n))

CK_INLINE void ck_extend_sign_body(int8_t *y, int bits, size_t n) {
  int sign = 1 << (bits - 1);
  CK_VECTOR for (size_t i = 0; i < n; i++) y[i] = (int8_t)(((uint8_t)y[i] ^ sign) - sign);
}
CK_COPIES(void, ck_extend_sign, (int8_t * y, int bits, size_t n), (y, bits, n))
CK_CHOOSE(static void, ck_extend_sign, (int8_t * y, int bits, size_t n), (y, bits, n))

void ck_unpack_signed(int8_t *y, const uint8_t *x, int bits, size_t n) {
  enum {
    BLOCK = 4096
  };  // stays in the first-level cache between the two passes; a multiple of 8, so each starts on a
      // byte
  for (size_t i = 0; i < n; i += BLOCK) {
    size_t count = n - i < BLOCK ? n - i : BLOCK;
    ck_unpack_unsigned((uint8_t *)y + i, x + i / 8 * (size_t)bits, bits, count);
    ck_extend_sign(y + i, bits, count);
  }
}
