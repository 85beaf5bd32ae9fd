// SPDX-License-Identifier: Apache-2.0
// Detects the processor's instruction sets once.
#include "ck_isa.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int level = -1;
static _Thread_local int forced = -1;

// The highest level that WANE_ISA permits. An unknown level aborts the process, since a run that
// was meant to be portable must not silently use other kernels.
static int allowed(void) {
  static const char *const names[] = {"portable", "avx2", "avx512"};
  const char *wanted = getenv("WANE_ISA");
  if (!wanted || !*wanted) return CK_AVX512;
  for (int i = CK_PORTABLE; i <= CK_AVX512; i++)
    if (!strcmp(wanted, names[i])) return i;
  fprintf(stderr, "wane: WANE_ISA is '%s': expected portable, avx2 or avx512\n", wanted);
  _Exit(2);
}

static int processor(void) {
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

static int best(void) {
  int most = allowed(), has = processor();
  return has < most ? has : most;
}

int ck_isa(void) {
  if (__builtin_expect(forced >= 0, 0)) return forced;
  int now = atomic_load_explicit(&level, memory_order_relaxed);
  if (__builtin_expect(now < 0, 0)) {
    now = best();
    atomic_store_explicit(&level, now, memory_order_relaxed);
  }
  return now;
}

bool ck_multiplies_bytes(void) {
#if defined(__x86_64__)
  return ck_isa() == CK_AVX512 && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

int ck_force_isa(int wanted) {
  int most = best();
  forced = wanted < most ? wanted : most;
  return ck_isa();
}
