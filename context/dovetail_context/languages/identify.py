"""Map the names that editors and first lines of scripts use for a language to one set of ids. Pure, on text alone.

The ids are those of LSP's `TextDocumentItem`. They are finer than our languages where a grammar depends on it: `c` and
`cpp` are one language here, and so are `typescript` and `javascriptreact`. `registry.py` maps each id to its language.
"""

import re

# A cell of a Python notebook: Python, and the commands of IPython among its lines.
IPYTHON = "ipython"
# The id of text in no supported language, regardless of its path.
PLAIN = "plaintext"

# The supported ids, each with the file suffix that means the same.
SUFFIX_OF_ID = {
    "python": ".py",
    IPYTHON: ".py",
    "javascript": ".js",
    "javascriptreact": ".jsx",
    "typescript": ".ts",
    "typescriptreact": ".tsx",
    "java": ".java",
    "csharp": ".cs",
    "go": ".go",
    "rust": ".rs",
    "c": ".c",
    "cpp": ".cpp",
    "kotlin": ".kt",
    "php": ".php",
    "ruby": ".rb",
    "swift": ".swift",
    "scala": ".scala",
    "lua": ".lua",
    "shellscript": ".sh",
    "sql": ".sql",
    "css": ".css",
    "elixir": ".ex",
    "dart": ".dart",
    "zig": ".zig",
    "haskell": ".hs",
    "julia": ".jl",
}
# What else these are called: by file types of Vim and modes of Emacs, by Sublime Text, Kate, Helix, Zed.
_OTHER_NAMES = {
    "python": "python2 python3 py magicpython python-ts",
    "javascript": "js js2 js-ts javascript-ts node",
    "javascriptreact": "jsx js-jsx js2-jsx rjsx javascript.jsx",
    "typescript": "ts typescript-ts deno",
    "typescriptreact": "tsx tsx-ts typescript-tsx typescript.tsx",
    "java": "java-ts",
    "csharp": "cs c# c-sharp csharp-ts csx",
    "go": "golang go-ts",
    "rust": "rs rust-ts rustic",
    "c": "c-ts",
    "cpp": "c++ c++-ts cxx arduino ino cuda cuda-cpp",
    "kotlin": "kt kts kotlin-ts",
    "php": "php-ts phtml",
    "ruby": "rb ruby-ts rake",
    "swift": "swift-ts",
    "scala": "scala-ts sbt",
    "lua": "luau lua-ts",
    "shellscript": "sh bash zsh ksh bash-ts shell",
    "sql": "mysql plsql pgsql postgres tsql",
    "css": "css-ts",
    "elixir": "ex eelixir elixir-ts",
    "haskell": "hs haskell-ts literate-haskell",
    "julia": "jl julia-ts",
}
# Languages that an editor may well find in a file whose suffix speaks of another, as Qt's translations in `.ts`.
_FOREIGN = "markdown html xml json jsonc yaml toml restructuredtext latex"
_IDS = {
    **{name: name for name in SUFFIX_OF_ID},
    **{name: language for language, names in _OTHER_NAMES.items() for name in names.split()},
    **dict.fromkeys(_FOREIGN.split(), PLAIN),
}

# Who runs a script, by the name of the program. (`deno`, `bun` and the like run JavaScript as well, which the grammar
# of TypeScript understands.)
_PROGRAMS = {
    **dict.fromkeys(("python", "pypy", "pyston", "ipython", "uv", "pipx"), "python"),
    **dict.fromkeys(("node", "nodejs", "zx", "qjs"), "javascript"),
    **dict.fromkeys(("deno", "bun", "ts-node", "tsx"), "typescript"),
    **dict.fromkeys(("java", "jbang"), "java"),
    **dict.fromkeys(("dotnet", "dotnet-script", "csi", "csharp"), "csharp"),
    **dict.fromkeys(("go", "gorun", "yaegi"), "go"),
    **dict.fromkeys(("rust-script", "cargo", "cargo-eval", "run-cargo-script"), "rust"),
    **dict.fromkeys(("tcc",), "c"),
    **dict.fromkeys(("cling",), "cpp"),
    **dict.fromkeys(("kotlin", "kotlinc"), "kotlin"),
    **dict.fromkeys(("php",), "php"),
    **dict.fromkeys(("ruby", "jruby", "rake"), "ruby"),
    **dict.fromkeys(("swift",), "swift"),
    **dict.fromkeys(("scala", "scala-cli", "amm"), "scala"),
    **dict.fromkeys(("lua", "luajit", "texlua"), "lua"),
    **dict.fromkeys(("sh", "bash", "zsh", "dash", "ksh"), "shellscript"),
    **dict.fromkeys(("elixir",), "elixir"),
    **dict.fromkeys(("dart",), "dart"),
    **dict.fromkeys(("runhaskell", "runghc", "stack"), "haskell"),
    **dict.fromkeys(("julia",), "julia"),
}
FIRST_LINE = 200  # characters of it that are looked at
_PROGRAM = re.compile(r"(?:[^\s=]*[/\\])?([A-Za-z][A-Za-z+-]*)[\d.]*t?(?:\.exe)?", re.IGNORECASE)


def id_of_name(name: str) -> str:
    """Return the id for an editor's name of a language: `PLAIN` for a known but unsupported language, "" for names
    that identify none. Of Vim's `python.django` the first part counts."""
    name = name.strip().lower()
    return _IDS.get(name) or _IDS.get(name.partition(".")[0], "")


def id_of_beginning(text: str) -> str:
    """The id of the language of a script, by the program that its first line gives it to; "" if there is no such
    line. The beginning of its text is enough."""
    if not text.startswith(("#!", "\ufeff#!")):
        return ""
    for word in text[:FIRST_LINE].splitlines()[0].partition("#!")[2].split():
        program = _PROGRAM.fullmatch(word.strip("\"'"))
        if program is not None and program[1].lower() in _PROGRAMS:
            return _PROGRAMS[program[1].lower()]
    return ""
