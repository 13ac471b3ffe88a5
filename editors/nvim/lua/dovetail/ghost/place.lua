--- Where the cursor is, and whether ghost text may be shown there.
local M = {}

local client = require("dovetail.client")
local config = require("dovetail.config")

local api = vim.api

--- Whether Neovim is in Insert mode; Replace mode is none.
---@return boolean
function M.is_inserting()
  return api.nvim_get_mode().mode:sub(1, 1) == "i"
end

--- Return the cursor of the current window.
---@return integer row from 0
---@return integer column in bytes, from 0
function M.cursor()
  local place = api.nvim_win_get_cursor(0)
  return place[1] - 1, place[2]
end

--- Return one line of a buffer; the empty text for a row that does not exist.
---@param bufnr integer
---@param row integer from 0
---@return string
function M.line_at(bufnr, row)
  return api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
end

--- Whether a completion menu is on the screen: Neovim's own, nvim-cmp's or blink.cmp's.
---@return boolean
local function is_menu_open()
  if vim.fn.pumvisible() == 1 then
    return true
  end
  local cmp, blink = package.loaded["cmp"], package.loaded["blink.cmp"]
  for _, visible in ipairs({ cmp and cmp.visible or false, blink and blink.is_visible or false }) do
    if visible then
      -- Both raise an error where their plugin is loaded but not set up.
      local ok, on = pcall(visible)
      if ok and on then
        return true
      end
    end
  end
  return false
end

--- Whether a snippet waits for its next part, in Neovim's own snippets or in LuaSnip.
---@return boolean
local function is_snippet_active()
  if vim.snippet.active() then
    return true
  end
  local luasnip = package.loaded["luasnip"]
  if luasnip and luasnip.in_snippet and luasnip.jumpable then
    local ok, is_inside = pcall(function()
      return luasnip.in_snippet() and luasnip.jumpable(1)
    end)
    return ok and is_inside == true
  end
  return false
end

--- Whether ghost text may be shown at the cursor.
---@param bufnr integer the current buffer
---@return boolean
function M.is_fit(bufnr)
  return M.is_inserting()
    and client.is_attached(bufnr)
    and client.is_eligible(bufnr)
    -- A macro that is replayed would press the accept key where nothing is shown.
    and vim.fn.reg_recording() == ""
    and vim.fn.reg_executing() == ""
    and not (config.current.suggestion.hide_during_completion and is_menu_open())
    and not is_snippet_active()
    and vim.fn.getcurpos()[4] == 0 -- beyond the end of the line with 'virtualedit'
end

return M
