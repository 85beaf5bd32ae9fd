// SPDX-License-Identifier: Apache-2.0
// The standard Lua interpreter, for comparison.
#ifndef CSTOCKLUA_H
#define CSTOCKLUA_H

#include <stddef.h>

/// Runs a chunk in a new state with the standard libraries. Returns the first result, or the
/// error message, as a string that the caller frees.
char *stock_run(const char *source, size_t *length);

#endif
