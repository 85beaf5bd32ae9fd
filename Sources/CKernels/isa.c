// SPDX-License-Identifier: Apache-2.0
// Finds the processor's instruction sets once.
#include "ck_isa.h"

#include <stdatomic.h>

static atomic_int level = -1;

static int best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2") &&
             __builtin_cpu_supports("popcnt");
  int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return avx512 ? CK_AVX512 : avx2 ? CK_AVX2 : CK_PORTABLE;
#else
  return CK_PORTABLE;
#endif
}

int ck_isa(void) {
  int now = atomic_load_explicit(&level, memory_order_relaxed);
  return __builtin_expect(now >= 0, 1) ? now : ck_force_isa(-1);
}

bool ck_multiplies_bytes(void) {
#if defined(__x86_64__)
  return ck_isa() == CK_AVX512 && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

int ck_force_isa(int wanted) {
  int chosen = best();
  if (wanted >= 0 && wanted < chosen) chosen = wanted;
  atomic_store_explicit(&level, chosen, memory_order_relaxed);
  return chosen;
}
