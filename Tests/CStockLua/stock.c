// SPDX-License-Identifier: Apache-2.0
// Runs a chunk with unmodified Lua.
#include "CStockLua.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

char *stock_run(const char *source, size_t *length) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return NULL;
  luaL_openlibs(L);
  if (luaL_loadbufferx(L, source, strlen(source), "=script", "t") == LUA_OK) lua_pcall(L, 0, 1, 0);
  const char *text = lua_tolstring(L, -1, length);
  char *copy = text ? malloc(*length + 1) : NULL;
  if (copy) memcpy(copy, text, *length + 1);
  lua_close(L);
  return copy;
}
