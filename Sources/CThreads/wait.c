// SPDX-License-Identifier: Apache-2.0
// Futexes of Linux, and a mutex with a condition variable elsewhere.
#include "wait.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

void ct_wait(_Atomic uint32_t *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void ct_wake(_Atomic uint32_t *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

#else
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void ct_wait(_Atomic uint32_t *word, uint32_t expected) {
  pthread_mutex_lock(&mutex);
  if (atomic_load(word) == expected) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

// All words share one condition variable, so all waiting threads are woken and check their words.
void ct_wake(_Atomic uint32_t *word, int count) {
  (void)word, (void)count;
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}
#endif
