// SPDX-License-Identifier: Apache-2.0
// Spawns programs, optionally on a pseudo-terminal. Swift's C library modules do not include the
// required functions.
#ifndef CTERMINALSUPPORT_H
#define CTERMINALSUPPORT_H

#include <sys/types.h>

/// Runs `words[0]` with a new terminal of this size as its controlling terminal. Both lists end
/// with NULL. Returns the process, with the primary side of the terminal in `*primary`; -1 with
/// errno on failure.
pid_t terminal_spawn(char *const words[], char *const settings[], int columns, int rows,
                     int *primary);

/// Runs `words[0]` in `folder` (NULL: the current one) with these standard streams. Returns the
/// process; -1 with errno on failure.
pid_t command_spawn(char *const words[], char *const settings[], const char *folder, int in,
                    int out, int err);

#endif
