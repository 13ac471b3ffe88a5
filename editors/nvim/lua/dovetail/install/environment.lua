--- The environment of our own in Neovim's data folder: where it is, and which one is in use.
---
--- Each installation makes a new folder. A pointer file names the one in use, so that an installation that fails leaves
--- the environment before it in use.
local M = {}

local IS_WINDOWS = vim.fn.has("win32") == 1
local POINTER = "environment.json"
-- Another Neovim may still run the server of a replaced environment; a week is enough for that.
local KEPT_S = 7 * 86400

--- Return the folder that holds the environments.
---@return string
function M.storage()
  return vim.fs.joinpath(vim.fn.stdpath("data"), "dovetail")
end

--- Return the interpreter of an environment.
---@param folder string
---@return string
function M.python_in(folder)
  return IS_WINDOWS and vim.fs.joinpath(folder, "Scripts", "python.exe") or vim.fs.joinpath(folder, "bin", "python")
end

--- Return the name and the path of a new folder.
---@return string name
---@return string path
function M.new_folder()
  local seconds, microseconds = vim.uv.gettimeofday()
  local name = ("environment-%d%06d"):format(seconds, microseconds)
  return name, vim.fs.joinpath(M.storage(), name)
end

--- Make the storage folder. Returns an error's name, such as "EACCES: permission denied", or nil.
---@return string?
function M.prepare()
  local ok, message = pcall(vim.fn.mkdir, M.storage(), "p")
  if not ok then
    return tostring(message)
  end
  local probe = vim.fs.joinpath(M.storage(), ".writable")
  local handle, problem = vim.uv.fs_open(probe, "w", 384)
  if not handle then
    return problem
  end
  vim.uv.fs_close(handle)
  vim.uv.fs_unlink(probe)
  return nil
end

--- Return the name of the folder in use, or nil.
---@return string?
local function name_in_use()
  local file = io.open(vim.fs.joinpath(M.storage(), POINTER))
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  local ok, pointer = pcall(vim.json.decode, text)
  local name = ok and type(pointer) == "table" and pointer.folder or nil
  return type(name) == "string" and name:match("^environment%-%d+$") or nil
end

--- Return the interpreter of the environment in use, or nil where none is installed.
---@return string?
function M.python()
  local name = name_in_use()
  local python = name and M.python_in(vim.fs.joinpath(M.storage(), name))
  return python and vim.fn.executable(python) == 1 and python or nil
end

--- Use a folder from now on. Returns an error's name or nil.
---@param name string
---@return string?
function M.use(name)
  local pointer = vim.fs.joinpath(M.storage(), POINTER)
  local file, message = io.open(pointer .. ".new", "w")
  if not file then
    return message
  end
  file:write(vim.json.encode({ folder = name }))
  file:close()
  local _, problem = vim.uv.fs_rename(pointer .. ".new", pointer)
  return problem
end

--- Remove a folder that an installation left incomplete.
---@param folder string
function M.remove(folder)
  vim.fn.delete(folder, "rf")
end

--- Remove environments that were replaced some time ago.
---@param now integer seconds of Unix time
function M.remove_replaced(now)
  local used = name_in_use()
  for name, kind in vim.fs.dir(M.storage()) do
    local made = tonumber(name:match("^environment%-(%d+)%d%d%d%d%d%d$"))
    if kind == "directory" and made and name ~= used and now - made > KEPT_S then
      M.remove(vim.fs.joinpath(M.storage(), name))
    end
  end
end

return M
