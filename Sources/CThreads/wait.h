// SPDX-License-Identifier: Apache-2.0
// Private: sleeping until a number in memory changes (a futex).
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/// Sleeps while `*word` is `expected`; may return early.
void ct_wait(_Atomic uint32_t *word, uint32_t expected);

/// Wakes up to `count` threads that sleep on `word`.
void ct_wake(_Atomic uint32_t *word, int count);

/// Tells the processor that this thread spins.
static inline void ct_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
