--- The commands that install the server, and what their failures mean. Pure: nothing is run here.
---
--- The steps, their order and their words are those of the VS Code extension (`editors/vscode/src/plan.ts`).
local M = {}

---@class dovetail.Step
---@field title string
---@field command string[]

---@class dovetail.Tools
---@field uv? string command of uv
---@field python? string[] command of a Python 3.11 or newer

---@class dovetail.Goal
---@field folder string where the environment is to be
---@field python string its interpreter
---@field source string what to install: a name for the package index, a folder or a wheel
---@field index string of ready-made builds of llama.cpp
---@field may_compile boolean

-- Ready-made builds of llama.cpp for Python; PyPI has its source alone.
local WHEEL_INDEX = "https://abetlen.github.io/llama-cpp-python/whl/"
-- The dependency that is compiled where no wheel fits.
local NATIVE = "llama-cpp-python"

M.NO_PYTHON = "No Python at least 3.11"

--- Return the index of ready-made builds for a machine.
---@param system string as `uv.os_uname().sysname` has it
---@param machine string as `uv.os_uname().machine` has it
---@return string
function M.wheel_index(system, machine)
  return WHEEL_INDEX .. (system == "Darwin" and machine == "arm64" and "metal" or "cpu")
end

--- Return the steps from nothing to an environment with the server in it; nil where there is no Python.
---@param tools dovetail.Tools
---@param goal dovetail.Goal
---@return dovetail.Step[]?
function M.steps(tools, goal)
  local make, install
  if tools.uv then
    make = { tools.uv, "venv", "--no-project", "--clear", "--python", ">=3.11", goal.folder }
    install = { tools.uv, "pip", "install", "--python", goal.python, "--index-strategy", "unsafe-best-match" }
  elseif tools.python then
    make = vim.list_extend(vim.deepcopy(tools.python), { "-E", "-P", "-m", "venv", "--clear", goal.folder })
    install = { goal.python, "-E", "-P", "-m", "pip", "install", "--disable-pip-version-check", "--no-input" }
    vim.list_extend(install, { "--retries", "1", "--prefer-binary" })
  else
    return nil
  end
  vim.list_extend(install, { "--extra-index-url", goal.index })
  if not goal.may_compile then
    vim.list_extend(install, { "--only-binary", NATIVE })
  end
  install[#install + 1] = goal.source
  return {
    { title = "Making an environment", command = make },
    {
      title = goal.may_compile and "Installing, with a compiler (this takes minutes)"
        or "Installing Dovetail and what it needs",
      command = install,
    },
    { title = "Starting it once", command = { goal.python, "-E", "-P", "-m", "dovetail", "--version" } },
  }
end

--- Whether the output of a step says that only a compiler can help.
---@param output string
---@return boolean
function M.needs_compiler(output)
  local text = output:lower():gsub("[-_]", " ")
  local name = "llama cpp python"
  if text:find("no matching distribution found for " .. name, 1, true) then
    return true
  end
  for line in vim.gsplit(text, "\n") do
    if line:find(name, 1, true) and (line:find("only binary", 1, true) or line:find("no usable wheels", 1, true)) then
      return true
    end
    if line:find(name .. ".*no wheels") then
      return true
    end
  end
  -- uv breaks its explanation over several lines.
  local because = text:find("because", 1, true)
  local explanation = because and text:sub(because):gsub("%s+", " ") or ""
  local at = explanation:find(name, 1, true)
  local rest = at and explanation:sub(at) or ""
  return rest:find("no wheels", 1, true) ~= nil
    or rest:find("no usable wheels", 1, true) ~= nil
    or rest:find("building from source is disabled", 1, true) ~= nil
end

---@type { patterns: string[], reason: string }[]
local reasons = {
  {
    patterns = { "no space left", "enospc", "not enough space on the disk" },
    reason = "The disk is full: free about 500 MB and install again.",
  },
  {
    patterns = { "erofs", "read-only file system", "eacces", "permission denied", "eperm" },
    reason = "Neovim's data folder cannot be written: correct its permissions, or set `server.cmd`.",
  },
  {
    patterns = { "ensurepip is not available", "no module named venv", "no module named ensurepip" },
    reason = "This Python cannot make environments: install python3-venv (Debian, Ubuntu) or uv, then install again.",
  },
  {
    patterns = { "cmake_c_compiler", "no cmake_cxx_compiler", "failed building wheel", "microsoft visual c++" },
    reason = "Building llama.cpp failed: install a C++ compiler, then install again.",
  },
  {
    patterns = { "no python at least", "no interpreter found", "requires a different python", "requires-python" },
    reason = "No Python 3.11 or newer was found: install one from python.org, then install again.",
  },
  {
    patterns = {
      "temporary failure in name resolution",
      "getaddrinfo",
      "could not connect",
      "connection refused",
      "connecttimeout",
      "network is unreachable",
      "dns error",
      "error sending request",
    },
    reason = "The package index cannot be reached: check the network or proxy, then install again.",
  },
  {
    patterns = { "certificate_verify_failed", "invalid peer certificate" },
    reason = "The package index's certificate is not trusted: set SSL_CERT_FILE for your proxy, then install again.",
  },
  {
    patterns = { "hash mismatch", "hashes do not match", "is not a valid wheel", "bad magic number for file" },
    reason = "A package arrived damaged: install again.",
  },
}

--- Return what happened and what to do next, in one line.
---@param output string of the step that failed
---@return string
function M.failure_reason(output)
  local text = output:lower()
  for _, each in ipairs(reasons) do
    for _, pattern in ipairs(each.patterns) do
      if text:find(pattern, 1, true) then
        return each.reason
      end
    end
  end
  return "The installation failed: `:Dovetail install log` has the details."
end

--- Return commands that may be a Python 3.11 or newer, best first.
---@param is_windows boolean
---@return string[][]
function M.python_commands(is_windows)
  if is_windows then
    return { { "py", "-3" }, { "python" } }
  end
  return { { "python3.13" }, { "python3.12" }, { "python3.11" }, { "python3" }, { "python" } }
end

--- Whether the output of `python --version` names 3.11 or newer.
---@param output string
---@return boolean
function M.is_new_enough(output)
  local major_text, minor_text = output:match("Python (%d+)%.(%d+)")
  local major, minor = tonumber(major_text), tonumber(minor_text)
  return major ~= nil and (major > 3 or (major == 3 and minor >= 11))
end

return M
