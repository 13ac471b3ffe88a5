--- Reads the server's answers: which of its items can be inserted at the cursor, in Neovim's terms.
local M = {}

local client = require("dovetail.client")

--- Return the byte columns that an item replaces, or nil if they are in another line.
---@param range any of the item
---@param line string
---@param row integer
---@param column integer
---@return integer? first
---@return integer? last
local function columns_of(range, line, row, column)
  if type(range) ~= "table" then
    return column, column
  end
  if range.start.line ~= row or range["end"].line ~= row then
    return nil, nil
  end
  return client.byte_column(line, range.start.character), client.byte_column(line, range["end"].character)
end

--- Return an item, or nil for what cannot be shown at the cursor.
---@param given table
---@param line string
---@param row integer
---@param column integer
---@return dovetail.Item?
local function item_of(given, line, row, column)
  local text = given.insertText
  if type(text) ~= "string" then
    return nil
  end
  local first, last = columns_of(given.range, line, row, column)
  if not first or not last or first > column or last < column then
    return nil
  end
  text = text:gsub("\r\n", "\n")
  local present = line:sub(first + 1, column)
  if text:sub(1, #present) ~= present then
    return nil
  end
  text = text:sub(#present + 1)
  if text == "" or (last > column and text == line:sub(column + 1, last)) then
    return nil
  end
  return { text = text, replaced = last - column, command = type(given.command) == "table" and given.command or nil }
end

--- Return the items of an answer that can be inserted at a place.
---@param result table
---@param line string
---@param row integer from 0
---@param column integer counted in bytes
---@return dovetail.Item[]
function M.items_of(result, line, row, column)
  local items = {}
  for _, given in ipairs(result.items or result) do
    items[#items + 1] = type(given) == "table" and item_of(given, line, row, column) or nil
  end
  return items
end

return M
