--- Asks the server for suggestions: after a pause or at once, one request at a time.
---
--- Each change of text or cursor cancels the request before. An answer for an older `changedtick` is dropped.
local M = {}

local answer = require("dovetail.ghost.answer")
local client = require("dovetail.client")
local place = require("dovetail.ghost.place")

local api = vim.api
-- Triggers of LSP's inline completion.
M.INVOKED, M.AUTOMATIC = 1, 2

local timer = assert(vim.uv.new_timer())
local pending ---@type integer? number of the request
local generation = 0 -- rises with every change; an answer for an older one is dropped

--- Forget the request that waits or runs.
function M.cancel()
  generation = generation + 1
  timer:stop()
  if pending then
    client.cancel(pending)
    pending = nil
  end
end

--- Ask now. `receive` gets the suggestion unless the text or the cursor changes before the answer.
---@param kind integer
---@param receive fun(suggestion: dovetail.Suggestion)
function M.now(kind, receive)
  M.cancel()
  local bufnr = api.nvim_get_current_buf()
  if not place.is_fit(bufnr) then
    return
  end
  local row, column = place.cursor()
  local line, asked = place.line_at(bufnr, row), generation
  local tick, lines = api.nvim_buf_get_changedtick(bufnr), api.nvim_buf_line_count(bufnr)

  local function is_current()
    if not api.nvim_buf_is_valid(bufnr) or api.nvim_get_current_buf() ~= bufnr then
      return false
    end
    local now_row, now_column = place.cursor()
    return api.nvim_buf_get_changedtick(bufnr) == tick
      and now_row == row
      and now_column == column
      and place.is_fit(bufnr)
  end

  client.sync(bufnr)
  pending = client.request("textDocument/inlineCompletion", {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    position = { line = row, character = client.client_column(line, column) },
    context = { triggerKind = kind },
  }, function(error, result)
    if asked ~= generation then
      return
    end
    pending = nil
    if error or type(result) ~= "table" or not is_current() then
      return
    end
    local items = answer.items_of(result, line, row, column)
    if #items > 0 then
      receive({
        bufnr = bufnr,
        row = row,
        column = column,
        before = line:sub(1, column),
        after = line:sub(column + 1),
        lines = lines,
        items = items,
        index = 1,
      })
    end
  end, bufnr)
end

--- Ask after a pause, unless something is asked or cancelled before its end.
---@param pause integer milliseconds
---@param receive fun(suggestion: dovetail.Suggestion)
function M.later(pause, receive)
  M.cancel()
  local asked = generation
  timer:start(
    pause,
    0,
    vim.schedule_wrap(function()
      if asked == generation then
        M.now(M.AUTOMATIC, receive)
      end
    end)
  )
end

return M
