--- The suggestion as entries of a completion menu, for the sources of blink.cmp and nvim-cmp.
local M = {}

local client = require("dovetail.client")

local AUTOMATIC = 2
local LABEL_CHARACTERS = 60

--- Return an entry in the form of LSP's completion items, columns in UTF-8.
---@param item dovetail.Item
---@param row integer from 0
---@param column integer counted in bytes
---@param line string
---@return table
local function entry_of(item, row, column, line)
  -- Menus look for what is typed of a word in the entry, so the entry begins with it.
  local word = line:sub(1, column):match("[%w_\128-\255]*$")
  local text = word .. item.text
  local first = vim.trim(vim.split(text, "\n", { plain = true })[1])
  local label = vim.fn.strcharpart(first, 0, LABEL_CHARACTERS)
  if label ~= text then
    label = label .. "…"
  end
  return {
    label = label,
    filterText = text,
    sortText = "\255", -- after everything else
    kind = vim.lsp.protocol.CompletionItemKind.Text,
    insertTextFormat = vim.lsp.protocol.InsertTextFormat.PlainText,
    documentation = {
      kind = "markdown",
      value = ("```%s\n%s\n```"):format(vim.bo.filetype, text),
    },
    textEdit = {
      newText = text,
      range = {
        start = { line = row, character = column - #word },
        ["end"] = { line = row, character = column + item.replaced },
      },
    },
    data = item.command,
  }
end

--- Ask for entries at the cursor. `callback` is called once, with none where there is nothing to suggest. Returns a
--- function that cancels the request.
---@param callback fun(entries: table[])
---@return fun()
function M.ask(callback)
  local bufnr = vim.api.nvim_get_current_buf()
  if not client.is_attached(bufnr) or not client.is_eligible(bufnr) then
    callback({})
    return function() end
  end
  local place = vim.api.nvim_win_get_cursor(0)
  local row, column, line = place[1] - 1, place[2], vim.api.nvim_get_current_line()
  client.sync(bufnr)
  local id = client.request("textDocument/inlineCompletion", {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    position = { line = row, character = client.client_column(line, column) },
    context = { triggerKind = AUTOMATIC },
  }, function(error, result)
    local entries = {}
    if not error and type(result) == "table" and vim.api.nvim_get_current_buf() == bufnr then
      for _, item in ipairs(require("dovetail.ghost.answer").items_of(result, line, row, column)) do
        entries[#entries + 1] = entry_of(item, row, column, line)
      end
    end
    callback(entries)
  end, bufnr)
  if not id then
    callback({})
  end
  return function()
    if id then
      client.cancel(id)
    end
  end
end

--- Notify the server that an entry was accepted.
---@param entry table
function M.accepted(entry)
  local command = entry.data
  if type(command) == "table" then
    local params = { command = command.command, arguments = command.arguments }
    client.request("workspace/executeCommand", params, function() end)
  end
end

return M
