--- Starts the language server, attaches buffers to it, and hides what differs between Neovim 0.10 and 0.12.
local M = {}

local config = require("dovetail.config")
local server = require("dovetail.server")
local status = require("dovetail.status")

local NAME = "dovetail"
local HAS_11 = vim.fn.has("nvim-0.11") == 1
-- A server that ends by itself is started again, unless it has ended this often in this many seconds.
local RESTARTS, RESTARTS_WITHIN_S = 4, 180

local ends = {} ---@type number[] when the server ended by itself, in seconds
local expected_end = {} ---@type table<integer, true> clients that were asked to stop
local gave_up = false

local function call(client, method, ...)
  if HAS_11 then
    return client[method](client, ...)
  end
  return client[method](...)
end

--- Return the running client, if there is one.
---@return vim.lsp.Client?
function M.get()
  for _, client in ipairs(vim.lsp.get_clients({ name = NAME })) do
    if not call(client, "is_stopped") then
      return client
    end
  end
end

--- Send a request about a buffer. Returns the request's number, or nil where the server has ended.
---@param method string
---@param params table
---@param callback fun(error: table?, result: any)
---@param bufnr? integer
---@return integer?
function M.request(method, params, callback, bufnr)
  local client = M.get()
  if not client then
    return nil
  end
  local ok, request = call(client, "request", method, params, function(error, result)
    callback(error, result)
  end, bufnr or vim.api.nvim_get_current_buf())
  return ok and request or nil
end

---@param request integer
function M.cancel(request)
  local client = M.get()
  if client and client.requests[request] then
    call(client, "cancel_request", request)
  end
end

---@param method string
---@param params table
function M.notify(method, params)
  local client = M.get()
  if client then
    call(client, "notify", method, params)
  end
end

--- Whether a buffer is attached to the server.
---@param bufnr integer
---@return boolean
function M.is_attached(bufnr)
  local client = M.get()
  return client ~= nil and client.attached_buffers[bufnr] ~= nil
end

--- The byte column of a position's column in the client's units.
---@param line string
---@param units integer
---@return integer
function M.byte_column(line, units)
  local client = M.get()
  local encoding = client and client.offset_encoding or "utf-16"
  if encoding == "utf-8" then
    return math.min(units, #line)
  end
  if HAS_11 then
    return vim.str_byteindex(line, encoding, units, false)
  end
  ---@diagnostic disable-next-line: param-type-mismatch -- these are the parameters of Neovim 0.10
  local ok, column = pcall(vim.str_byteindex, line, units, encoding == "utf-16")
  return ok and column or #line
end

--- The column of a byte in the client's units.
---@param line string
---@param column integer
---@return integer
function M.client_column(line, column)
  local client = M.get()
  local encoding = client and client.offset_encoding or "utf-16"
  column = math.min(column, #line)
  if encoding == "utf-8" then
    return column
  end
  if HAS_11 then
    return vim.str_utfindex(line, encoding, column, false)
  end
  ---@diagnostic disable-next-line: param-type-mismatch -- these are the parameters of Neovim 0.10
  local utf32, utf16 = vim.str_utfindex(line, column)
  return encoding == "utf-16" and utf16 or utf32
end

--- Send a buffer's whole text if Neovim has not sent its last changes.
---
--- Neovim stops following a buffer when it changes while no client is attached, as in the moment after a server ended,
--- and does not begin again with the next client.
---@param bufnr integer
function M.sync(bufnr)
  local versions, tick = vim.lsp.util.buf_versions, vim.api.nvim_buf_get_changedtick(bufnr)
  if not versions or versions[bufnr] == tick then
    return
  end
  versions[bufnr] = tick
  local text = table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), "\n")
  M.notify("textDocument/didChange", {
    textDocument = { uri = vim.uri_from_bufnr(bufnr), version = tick },
    contentChanges = { { text = vim.bo[bufnr].endofline and text .. "\n" or text } },
  })
end

--- Whether suggestions make sense in a buffer: a normal file of an enabled filetype that can be changed.
---@param bufnr integer
---@return boolean
function M.is_eligible(bufnr)
  if not vim.api.nvim_buf_is_loaded(bufnr) or vim.b[bufnr].dovetail == false then
    return false
  end
  local options = vim.bo[bufnr]
  return options.buftype == ""
    and options.modifiable
    and not options.readonly
    and config.is_enabled_for(options.filetype)
end

--- The nearest folder with a marker; nil where the server chooses: it knows which manifests name the inner ones.
local function root_of(bufnr)
  local markers = config.current.root_markers
  local root = #markers > 0 and vim.fs.root(bufnr, markers) or nil
  -- A marker in the home folder, such as a repository of dotfiles, would make all of it one project.
  local home = vim.uv.os_homedir()
  if root and (root == home or root == "/") then
    return nil
  end
  return root
end

local function settings()
  local given = config.current.server.settings
  return vim.tbl_isempty(given) and vim.empty_dict() or vim.deepcopy(given)
end

local function add_folder(client, root)
  local uri = vim.uri_from_fname(root)
  for _, folder in ipairs(client.workspace_folders or {}) do
    if folder.uri == uri then
      return
    end
  end
  local folder = { uri = uri, name = root }
  call(client, "notify", "workspace/didChangeWorkspaceFolders", {
    event = { added = { folder }, removed = {} },
  })
  client.workspace_folders = client.workspace_folders or {}
  table.insert(client.workspace_folders, folder)
end

local function capabilities()
  local own = vim.lsp.protocol.make_client_capabilities()
  own.textDocument.inlineCompletion = { dynamicRegistration = false }
  return own
end

local function attach_everywhere()
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    M.attach(bufnr)
  end
end

local function on_exit(code, signal, id)
  vim.schedule(function()
    require("dovetail.ghost").forget()
    if expected_end[id] then
      expected_end[id] = nil
      status.reset("stopped")
      return
    end
    if vim.v.exiting ~= vim.NIL then
      return
    end
    local now = vim.uv.now() / 1000
    ends = vim.tbl_filter(function(at)
      return now - at < RESTARTS_WITHIN_S
    end, ends)
    ends[#ends + 1] = now
    local how = signal ~= 0 and ("signal %d"):format(signal) or ("status %d"):format(code)
    if #ends > RESTARTS then
      gave_up = true
      status.reset(
        "failed",
        ("the server ended %d times (%s): see `:Dovetail log`, then `:Dovetail restart`"):format(#ends, how)
      )
      vim.notify("dovetail: " .. status.get().message, vim.log.levels.WARN)
      return
    end
    status.reset("stopped", ("the server ended (%s) and is started again"):format(how))
    attach_everywhere()
  end)
end

--- The configuration of the client, for `vim.lsp.start` and for `lsp/dovetail.lua`.
---@param root? string
---@return vim.lsp.ClientConfig
function M.client_config(root)
  return {
    name = NAME,
    cmd = (server.command()),
    -- Modules that the project or the shell puts on Python's path must not replace the server's own.
    cmd_env = { PYTHONPATH = "" },
    root_dir = root,
    workspace_folders = root and { { uri = vim.uri_from_fname(root), name = root } } or nil,
    init_options = settings(),
    settings = { dovetail = settings() },
    capabilities = capabilities(),
    flags = { debounce_text_changes = 0 },
    handlers = {
      ["dovetail/status"] = function(_, params)
        status.set(vim.tbl_extend("keep", params or {}, { progress = vim.NIL, snoozedUntil = vim.NIL }))
      end,
      ["didChangeStatus"] = function() end,
    },
    on_exit = on_exit,
  }
end

--- Attach a buffer to the server, starting it if needed. Does nothing for buffers that are not eligible.
---@param bufnr integer
function M.attach(bufnr)
  if gave_up or not M.is_eligible(bufnr) or M.is_attached(bufnr) then
    return
  end
  if not server.is_installed() then
    local command, origin = server.command()
    local message = origin == "option" and ("`%s` cannot be run: correct `server.cmd`"):format(command[1])
      or "no server is installed: `:Dovetail install` installs it"
    status.reset("failed", message)
    vim.notify_once(("dovetail: %s (see `:checkhealth dovetail`)"):format(message), vim.log.levels.WARN)
    return
  end
  local root = root_of(bufnr)
  if not M.get() then
    status.set({ state = "starting", message = "" })
  end
  local id = vim.lsp.start(M.client_config(root), {
    bufnr = bufnr,
    silent = true,
    reuse_client = function(client)
      return client.name == NAME and not call(client, "is_stopped")
    end,
  })
  local client = id and vim.lsp.get_client_by_id(id)
  if not client then
    status.reset("failed", "the server did not start: see `:Dovetail log`")
    return
  end
  if root then
    add_folder(client, root)
  end
  if vim.lsp.inline_completion then -- Neovim's own ghost text would show the same suggestion a second time
    vim.lsp.inline_completion.enable(false, { client_id = client.id })
  end
end

--- Detach buffers that are no longer eligible, and attach those that are.
---@param bufnr integer
function M.refresh(bufnr)
  local client = M.get()
  if client and M.is_attached(bufnr) and not M.is_eligible(bufnr) then
    vim.lsp.buf_detach_client(bufnr, client.id)
    return
  end
  M.attach(bufnr)
end

--- Stop the server. `after` is called when it has ended.
---@param after? fun()
function M.stop(after)
  local client = M.get()
  if not client then
    if after then
      after()
    end
    return
  end
  expected_end[client.id] = true
  call(client, "stop")
  local waited = 0
  local function look()
    waited = waited + 50
    if vim.lsp.get_client_by_id(client.id) == nil then
      if after then
        after()
      end
    elseif waited < 5000 then
      if waited == 2000 then
        call(client, "stop", true)
      end
      vim.defer_fn(look, 50)
    end
  end
  vim.defer_fn(look, 50)
end

--- Stop the server and start it again for all open buffers.
function M.restart()
  ends, gave_up = {}, false
  M.stop(attach_everywhere)
end

--- Notify the running server of changed settings.
---@param changes table<string, any>
function M.configure(changes)
  for name, value in pairs(changes) do
    config.current.server.settings[name] = value
  end
  local client = M.get()
  if client then
    client.settings = { dovetail = settings() }
    call(client, "notify", "workspace/didChangeConfiguration", { settings = { dovetail = settings() } })
  end
end

--- Attach and detach as buffers come and go.
---@param group integer
function M.enable(group)
  vim.api.nvim_create_autocmd({ "FileType", "BufEnter" }, {
    group = group,
    callback = function(event)
      M.refresh(event.buf)
      if event.event == "BufEnter" and M.is_attached(event.buf) then
        M.notify("textDocument/didFocus", { textDocument = { uri = vim.uri_from_bufnr(event.buf) } })
      end
    end,
  })
  vim.api.nvim_create_autocmd("OptionSet", {
    group = group,
    pattern = { "readonly", "modifiable", "buftype" },
    callback = function()
      M.refresh(vim.api.nvim_get_current_buf())
    end,
  })
  vim.api.nvim_create_autocmd("VimLeavePre", {
    group = group,
    callback = function()
      local client = M.get()
      if client then
        expected_end[client.id] = true
      end
    end,
  })
  attach_everywhere()
end

return M
