--- The log of an installation, in a buffer that can be looked at while it grows.
local M = {}

local NAME = "dovetail://install"
local bufnr ---@type integer?

local function buffer()
  if not bufnr or not vim.api.nvim_buf_is_valid(bufnr) then
    bufnr = vim.api.nvim_create_buf(false, true)
    vim.bo[bufnr].bufhidden = "hide"
    vim.bo[bufnr].modifiable = false
    vim.api.nvim_buf_set_name(bufnr, NAME)
    vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = bufnr, nowait = true, desc = "close" })
  end
  return bufnr
end

--- Empty the log.
function M.clear()
  local log = buffer()
  vim.bo[log].modifiable = true
  vim.api.nvim_buf_set_lines(log, 0, -1, false, {})
  vim.bo[log].modifiable = false
end

--- Add text at the end. A window whose cursor is in the last line follows it.
---@param text string
function M.add(text)
  local log = buffer()
  local last = vim.api.nvim_buf_line_count(log)
  local lines = vim.split(text:gsub("\r\n?", "\n"), "\n", { plain = true })
  local before = vim.api.nvim_buf_get_lines(log, last - 1, last, false)[1]
  lines[1] = before .. lines[1]
  vim.bo[log].modifiable = true
  vim.api.nvim_buf_set_lines(log, last - 1, last, false, lines)
  vim.bo[log].modifiable = false
  for _, window in ipairs(vim.fn.win_findbuf(log)) do
    if vim.api.nvim_win_get_cursor(window)[1] == last then
      vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(log), 0 })
    end
  end
end

--- Show the log in a split, without leaving the current window.
function M.show()
  local log = buffer()
  if #vim.fn.win_findbuf(log) == 0 then
    local window = vim.api.nvim_open_win(log, false, { split = "below", win = -1, height = 10 })
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(log), 0 })
  end
end

return M
