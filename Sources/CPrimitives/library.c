// SPDX-License-Identifier: Apache-2.0
// Loads oneDNN on first use.
//
// The library is opened with dlopen instead of being linked, for three reasons. A program that runs
// no model (help, a recipe check) does not pay for mapping 40 MB. It starts where oneDNN is not
// installed, and can say so. And no linker flags are needed.
#include "onednn.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

wpi_library wpi;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool usable = false;
static _Thread_local char error_text[512] = "";

// Only the major version whose header was used for compilation is accepted, since the C
// interfaces of versions 2 and 3 are incompatible.
#define WPI_TEXT_(x) #x
#define WPI_TEXT(x) WPI_TEXT_(x)
#define WPI_MAJOR WPI_TEXT(DNNL_VERSION_MAJOR)
static const char *const onednn_names[] = {
    "libdnnl.so." WPI_MAJOR,
    "libdnnl.so",
    "libdnnl." WPI_MAJOR ".dylib",
    "libdnnl.dylib",
    "/opt/homebrew/lib/libdnnl." WPI_MAJOR ".dylib",
    "/usr/local/lib/libdnnl." WPI_MAJOR ".dylib",
};

static void *open_first(const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
  }
  return NULL;
}

static bool find_functions(void) {
#define WPI_FIND(name) \
  if (!(wpi.name = (__typeof__(dnnl_##name) *)dlsym(wpi.library, "dnnl_" #name))) return false;
  WPI_FUNCTIONS(WPI_FIND)
#undef WPI_FIND
  return wpi_load_version(wpi.library);
}

static void load(void) {
  wpi.library = open_first(onednn_names, sizeof onednn_names / sizeof *onednn_names);
  if (wpi.library && find_functions()) {
    wpi.set_num_threads = (void (*)(int))dlsym(wpi.library, "omp_set_num_threads");
    usable = wpi.version()->major == DNNL_VERSION_MAJOR &&
             wpi.engine_create(&wpi.engine, dnnl_cpu, 0) == dnnl_success &&
             wpi.stream_create(&wpi.stream, wpi.engine, dnnl_stream_default_flags) == dnnl_success;
  }
}

// omp_set_num_threads is for the calling thread only.
void wpi_run_alone(void) {
  static _Thread_local bool is_alone = false;
  if (is_alone) return;
  if (wpi.set_num_threads) wpi.set_num_threads(1);
  is_alone = true;
}

bool wpi_load(void) {
  pthread_once(&once, load);
  return usable;
}

bool wp_available(void) { return wpi_load(); }

const char *wp_last_error(void) { return error_text; }

void wpi_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error_text, sizeof error_text, format, arguments);
  va_end(arguments);
}

const char *wpi_status_name(dnnl_status_t status) {
  switch (status) {
    case dnnl_success:
      return "success";
    case dnnl_out_of_memory:
      return "out of memory";
    case dnnl_invalid_arguments:
      return "the shapes or parameters do not fit together";
    case dnnl_unimplemented:
      return "oneDNN has no implementation for this combination of types, layouts and post-ops";
    default:
      return "run-time error in oneDNN";
  }
}
