// SPDX-License-Identifier: Apache-2.0
// Loads LAPACK on first use, so that a program that solves nothing starts without them.
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static cla_functions functions;
static bool usable = false;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// OpenBLAS contains both. The reference LAPACK finds its BLAS by itself, but dlsym on it finds that
// as well, since it also searches what the library depends on.
static const char *const names[] = {
    "libopenblas.so.0",
    "libopenblas.so",
    "liblapack.so.3",
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
};

static bool find_functions(void *library) {
#define CLA_FIND(name, result, parameters) \
  if (!(functions.name = (__typeof__(functions.name))dlsym(library, #name "_"))) return false;
  CLA_FUNCTIONS(CLA_FIND, float, s)
  CLA_FUNCTIONS(CLA_FIND, double, d)
#undef CLA_FIND
  return true;
}

// OpenBLAS chooses its loops by the model of the processor; for models newer than itself it takes
// those of 2004, which are six times as slow. Then it is loaded again with the loops that the
// processor's extensions permit.
static void *without_old_loops(void *library, const char *name) {
#if defined(__x86_64__)
  static const char *const variable = "OPENBLAS_CORETYPE";
  static const char *const old[] = {"Prescott",   "Core2",   "Penryn",
                                    "Dunnington", "Nehalem", "Generic"};
  const char *(*core)(void) = (const char *(*)(void))dlsym(library, "openblas_get_corename");
  __builtin_cpu_init();
  if (!core || getenv(variable) || !__builtin_cpu_supports("avx2") ||
      !__builtin_cpu_supports("fma"))
    return library;
  bool is_old = false;
  for (size_t i = 0; i < sizeof old / sizeof *old; i++) is_old = is_old || !strcmp(core(), old[i]);
  if (!is_old) return library;
  bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  dlclose(library);
  setenv(variable, wide ? "SkylakeX" : "Haswell", 0);
  library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  unsetenv(variable);
#else
  (void)name;
#endif
  return library;
}

static void load(void) {
  for (size_t i = 0; i < sizeof names / sizeof *names && !usable; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library) library = without_old_loops(library, names[i]);
    if (!library) continue;
    usable = find_functions(library);
    if (!usable) continue;
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (set_threads) set_threads(1);
  }
}

const cla_functions *cla_library(void) {
  pthread_once(&once, load);
  return usable ? &functions : NULL;
}

bool cla_available(void) { return cla_library() != NULL; }
