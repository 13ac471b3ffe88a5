--- Inserts what is left of a suggestion, whole or in part, and reports it to the server.
local M = {}

local client = require("dovetail.client")
local place = require("dovetail.ghost.place")

local api = vim.api

---@alias dovetail.Part "all"|"word"|"line"

---@type table<dovetail.Part, fun(text: string): string>
local parts = {
  all = function(text)
    return text
  end,
  word = function(text)
    return text:match("^%s*[%w_\128-\255]+") or text:match("^%s*[^%w_%s\128-\255]+") or text
  end,
  line = function(text)
    local stop = text:find("\n", 2, true)
    return stop and text:sub(1, stop - 1) or text
  end,
}

--- Report that a part was accepted: the number of UTF-16 units of the item that are in the buffer now.
---@param item dovetail.Item
---@param bytes integer
local function report_part(item, bytes)
  client.notify("textDocument/didPartiallyAcceptCompletion", {
    item = { insertText = item.text, command = item.command },
    acceptedLength = vim.fn.strutf16len(item.text:sub(1, bytes)),
  })
end

--- Report that an item is on the screen, once.
---@param item dovetail.Item
function M.report_shown(item)
  if item.command and not item.shown then
    item.shown = true
    client.notify("textDocument/didShowCompletion", { item = { insertText = item.text, command = item.command } })
  end
end

--- Report that an item was accepted as a whole, by running its command.
---@param command? table
---@param bufnr? integer
function M.report_whole(command, bufnr)
  if command then
    local params = { command = command.command, arguments = command.arguments }
    client.request("workspace/executeCommand", params, function() end, bufnr)
  end
end

--- Insert a part of what is left at the cursor. Returns whether nothing is left then.
---@param rest dovetail.Rest
---@param part dovetail.Part
---@return boolean
function M.insert(rest, part)
  local text = parts[part](rest.text)
  local is_whole = #text == #rest.text
  local bufnr, row, column = api.nvim_get_current_buf(), place.cursor()
  if is_whole and rest.replaced > 0 then
    api.nvim_buf_set_text(bufnr, row, column, row, column + rest.replaced, {})
  end
  -- Pasted text is not indented again, and `.` repeats it.
  api.nvim_paste(text, false, -1)
  if is_whole then
    M.report_whole(rest.item.command, bufnr)
  elseif rest.item.command then
    report_part(rest.item, rest.typed + #text)
  end
  return is_whole
end

return M
