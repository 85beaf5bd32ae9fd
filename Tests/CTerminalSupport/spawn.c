// SPDX-License-Identifier: Apache-2.0
// Spawning on a pseudo-terminal.
#define _GNU_SOURCE
#include "CTerminalSupport.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif

pid_t terminal_spawn(
    char *const words[], char *const settings[], int columns, int rows, int *primary) {
  struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
  pid_t pid = forkpty(primary, NULL, NULL, &size);
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    execve(words[0], words, settings);
    _exit(127);
  }
  if (pid > 0) fcntl(*primary, F_SETFD, FD_CLOEXEC);
  return pid;
}
