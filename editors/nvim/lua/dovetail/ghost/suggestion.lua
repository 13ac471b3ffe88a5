--- The current suggestion, and what is left of it at the cursor.
---
--- A suggestion records where the cursor was when the server was asked (its anchor), and the line around it. What is
--- left is computed from the buffer whenever it is needed: the text between anchor and cursor must be a beginning of
--- the item. So type-through, deletion and partial acceptance are one case, and none of them asks the server.
local M = {}

local place = require("dovetail.ghost.place")

local api = vim.api

---@class dovetail.Item
---@field text string
---@field replaced integer bytes after the anchor that the text replaces
---@field command? table the server's command to run after acceptance
---@field shown? boolean whether the server was notified that the item was shown

---@class dovetail.Suggestion
---@field bufnr integer
---@field row integer of the anchor, from 0
---@field column integer of the anchor, in bytes
---@field before string the line up to the anchor
---@field after string the line from the anchor
---@field lines integer of the buffer, when the server was asked
---@field items dovetail.Item[]
---@field index integer of the item that is shown

---@class dovetail.Rest
---@field item dovetail.Item
---@field text string what is left to insert at the cursor
---@field replaced integer bytes after the cursor that it replaces
---@field typed integer bytes of the item's text that are in the buffer already
---@field fitting integer how many items of the suggestion still fit

local current ---@type dovetail.Suggestion?

-- What plugins for pairs add after the cursor.
local CLOSERS = "^[%)%]}>\"'`;]+$"

---@return dovetail.Suggestion?
function M.get()
  return current
end

---@param suggestion dovetail.Suggestion?
function M.set(suggestion)
  current = suggestion
end

--- Return the text between the anchor and the cursor; nil where the cursor is before the anchor.
---@param suggestion dovetail.Suggestion
---@param row integer
---@param column integer
---@return string?
local function typed_since(suggestion, row, column)
  if row < suggestion.row or (row == suggestion.row and column < suggestion.column) then
    return nil
  end
  local lines = api.nvim_buf_get_text(suggestion.bufnr, suggestion.row, suggestion.column, row, column, {})
  return table.concat(lines, "\n")
end

--- Return how many bytes are still to be replaced, or nil if the text after the cursor no longer fits.
---@param text string what is left of the item
---@param replaced integer bytes that the item replaces after its anchor
---@param anchored string the line from the anchor
---@param after string the line from the cursor
---@return integer?
local function replaced_now(text, replaced, anchored, after)
  local fewer = #anchored - #after
  if fewer > 0 then
    -- Plugins for pairs let the cursor move over a closing bracket that is there.
    local is_over_replaced = fewer <= replaced and anchored:sub(fewer + 1) == after
    return is_over_replaced and replaced - fewer or nil
  end
  if after == anchored then
    return replaced
  end
  -- Such plugins add the closing half of a pair after the cursor.
  local added = after:sub(1, -fewer)
  local is_pair = after:sub(1 - fewer) == anchored and added:match(CLOSERS) and text:find(added, 1, true)
  return is_pair and replaced - fewer or nil
end

--- Return what is left of an item after `typed`, or nil if the text no longer fits.
---@param item dovetail.Item
---@param suggestion dovetail.Suggestion
---@param typed string
---@param after string the line from the cursor
---@return dovetail.Rest?
local function rest_of(item, suggestion, typed, after)
  if #typed >= #item.text or item.text:sub(1, #typed) ~= typed then
    return nil
  end
  local text = item.text:sub(#typed + 1)
  local replaced = replaced_now(text, item.replaced, suggestion.after, after)
  return replaced and { item = item, text = text, replaced = replaced, typed = #typed, fitting = 1 } or nil
end

--- Return what is left of the current suggestion at the cursor, or nil.
---@return dovetail.Rest?
function M.rest()
  local suggestion, bufnr = current, api.nvim_get_current_buf()
  if not suggestion or suggestion.bufnr ~= bufnr or not place.is_inserting() then
    return nil
  end
  local row, column = place.cursor()
  local added_lines = api.nvim_buf_line_count(bufnr) - suggestion.lines
  if row - suggestion.row ~= added_lines then
    return nil
  end
  local typed = typed_since(suggestion, row, column)
  if not typed or place.line_at(bufnr, suggestion.row):sub(1, suggestion.column) ~= suggestion.before then
    return nil
  end
  local after = place.line_at(bufnr, row):sub(column + 1)
  local found, fitting = nil, 0
  for index, item in ipairs(suggestion.items) do
    local rest = rest_of(item, suggestion, typed, after)
    if rest then
      fitting = fitting + 1
      if not found or index == suggestion.index then
        found = rest
      end
    end
  end
  if found then
    found.fitting = fitting
  end
  return found
end

--- Choose the next or previous item that still fits. Returns what is left of it, or nil where no item fits.
---@param step 1|-1
---@return dovetail.Rest?
function M.turn(step)
  local suggestion, rest = current, M.rest()
  if not suggestion or not rest then
    return nil
  end
  for index, item in ipairs(suggestion.items) do
    if item == rest.item then
      suggestion.index = index
    end
  end
  for _ = 1, #suggestion.items do
    suggestion.index = (suggestion.index - 1 + step) % #suggestion.items + 1
    local other = M.rest()
    if other and other.item == suggestion.items[suggestion.index] then
      return other
    end
  end
  return nil
end

return M
