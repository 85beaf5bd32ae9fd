-- Answers scripts/tokenizers_check.py: tokenizer, file of lines, mode. Prints the ids of each line, or its text in hexadecimal.
local path, lines, mode = arg[1], arg[2], arg[3]
local tokenizer = wane.tokenizer(path)
for line in io.lines(lines) do
  if mode == "encode" then
    local text = line:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
    print(table.concat(tokenizer:encode(text), " "))
  else
    local ids = {}
    for id in line:gmatch "%d+" do ids[#ids + 1] = math.tointeger(tonumber(id)) end
    local text = tokenizer:decode(ids, { special = true })
    print((text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
  end
end
