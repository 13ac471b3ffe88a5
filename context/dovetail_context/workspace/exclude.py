"""Which paths are no source of the project, judged by name and by the head of the file. Pure.

`gitignore.py` applies the rules of `.gitignore` files.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cache

# Folders that tools fill: dependencies, build output, caches. `.git` and other tools' folders begin with a dot.
VENDORED_FOLDERS = frozenset(
    """
    node_modules bower_components jspm_packages site-packages dist-packages __pycache__ __pypackages__ venv
    env.bak virtualenv third_party thirdparty Pods Carthage DerivedData htmlcov elm-stuff cmake-build-debug
    cmake-build-release
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
# Dot folders that hold a project's own sources.
KEPT_DOT_FOLDERS = frozenset({".github", ".ci"})
# A folder of these names is build output only beside the project file that makes it so.
BUILD_FOLDERS = {
    "build": (
        "setup.py",
        "pyproject.toml",
        "build.gradle",
        "build.gradle.kts",
        "CMakeLists.txt",
        "package.json",
        "meson.build",
    ),
    "dist": ("setup.py", "pyproject.toml", "package.json"),
    "target": ("Cargo.toml", "pom.xml", "build.sbt"),
    "out": ("package.json", "tsconfig.json", "build.gradle", "build.gradle.kts", "CMakeLists.txt"),
    "bin": ("*.csproj", "*.sln", "build.gradle"),
    "obj": ("*.csproj", "*.sln"),
    "vendor": ("go.mod", "composer.json", "Gemfile", "Cargo.toml"),
}

# In these languages a file about secrets is code; in JavaScript `secrets.js` is more often a file of settings.
_SOURCES = ("py", "pyi", "go", "java", "cs", "rs", "c", "h", "cc", "cpp", "hpp")
# Plain lists of secrets: files of these names, or whose names end so, with no ending or that of a file of data.
_LISTS = frozenset(
    """
    password passwords apikey apikeys api-key api_key api-keys api_keys .password .passwd .token access-token
    access_token auth-token auth_token github-token github_token private-key private_key
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_LIST_ENDINGS = tuple(
    f"{mark}{word}"
    for mark in "-_."
    for word in (
        *("passwords", "apikey", "apikeys", "api-key", "api_key", "api-keys", "api_keys", "access-token"),
        *("access_token", "private-key", "private_key"),
    )
)
_DATA = frozenset(
    "txt csv tsv json yml yaml toml ini conf cfg config properties xml lst xls xlsx xlsm xlsb".split()  # noqa: SIM905
)
# Files that hold secrets, by name: they are never opened. Matched without regard to case.
SECRET_NAMES = (
    *(".env", ".env.*", "*.env", ".envrc", ".flaskenv", ".dev.vars", ".dev.vars.*"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.p8", "*.ppk", "*.jks", "*.jceks", "*.bks", "*.keystore", "*.agekey"),
    *("*.kdb", "*.kdbx", "*.gpg", "*.pgp", "*.asc.key", "secring.*", "*.ovpn", "*.mobileprovision"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "id_ecdsa_sk*", "id_ed25519_sk*", "ssh_host_*_key"),
    *("credentials", "credentials.*", ".credentials*", "*credentials.json", "*-credentials.*", "*_credentials.*"),
    *("secrets.*", ".secrets*", "*.secrets", "secret.*", "*.secret", "*secrets.json", "*secrets.y*ml", "*secrets.toml"),
    *(".netrc", "_netrc", ".git-credentials", ".npmrc", ".yarnrc.yml", ".pypirc", ".pgpass", "pgpass.conf", ".my.cnf"),
    *(".htpasswd", "htpasswd", ".dockercfg", ".dockerconfigjson", ".s3cfg", ".boto", "rclone.conf", ".terraformrc"),
    *("*.tfvars", "*.tfvars.json", "*.tfstate", "*.tfstate.*", ".vault_pass*", "vault_pass*", ".vault-token"),
    *("kubeconfig", "*.kubeconfig", "service-account*.json", "service_account*.json", "*-service-account.json"),
    *("firebase-adminsdk*.json", "*-firebase-adminsdk-*.json", "google-services.json", "googleservice-info.plist"),
    *("client_secret*.json", "application_default_credentials.json", "local.settings.json", "*.publishsettings"),
    *("keystore.properties", "key.properties", "master.key", "wp-config.php", ".rediscli_auth", "shadow", "passwd"),
    *(".env-*", ".env_*", "*.env.local", "auth.json", ".databrickscfg", "accesstokens.json", "token.json", "*.token"),
    *(
        f"env.{stage}"
        for stage in ("local", "prod", "production", "stag*", "dev", "development", "test", "qa", "secret*")
    ),
    # What was typed, passwords among it.
    *(".*history", "fish_history", "consolehost_history.txt", ".histfile", ".dbshell", ".viminfo", ".lesshst"),
)
# The same for names that identify a secret only together with the name of their folder.
SECRET_PATHS = (
    *(".kube/config", ".kube/*.conf", ".docker/config.json", ".aws/config", ".m2/settings*.xml", "gh/hosts.yml"),
    *(
        ".config/hub",
        ".dbt/profiles.yml",
        ".snowsql/config",
        ".netlify/config.json",
        ".fly/config.yml",
        ".azure/*.json",
    ),
    *(".ssh/*", ".gnupg/*", "private-keys-v1.d/*", "helm/registry/config.json", "registry/config.json"),
)
# Names that look like the above and are templates or code about them; a secret in these is known by its content.
HARMLESS_NAMES = (
    *(f"{env}[-_.]{word}" for env in (".env", "env") for word in ("example", "sample", "template", "dist", "defaults")),
    *("*.env*.example", "*.env*.sample", "*.env*.template", "*.env*.dist", "*.env*.defaults"),
    *("*.tfvars.example", "credentials.example.*", "secrets.example.*"),
    *(f"{name}.{suffix}" for name in ("secret", "secrets", "credentials") for suffix in _SOURCES),
    *(f"*[-_]credentials.{suffix}" for suffix in _SOURCES),
)

LOCK_FILES = frozenset(
    """
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lockb poetry.lock uv.lock pdm.lock
    Pipfile.lock Cargo.lock go.sum composer.lock Gemfile.lock packages.lock.json
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
MINIFIED_NAMES = ("*.min.js", "*.min.css", "*.bundle.js")
# Their symbols are wanted like others (who calls a service writes the names that its stub defines), their text is not.
GENERATED_NAMES = (
    "*_pb2.py",
    "*_pb2_grpc.py",
    "*.pb.go",
    "*.g.cs",
    "*.designer.cs",
    "*.generated.*",
)

MAX_FILE_BYTES = 1_000_000  # larger source files are generated or data; parsing one takes over 100 ms
# The compilation database of a large C++ project names every file with all its flags: 5 to 30 MB are usual.
LARGER_FILES = {"compile_commands.json": 32_000_000}
HEAD_BYTES = 4096  # binary and generated files show themselves in the first block
LONG_LINE_BYTES = 2000  # a head without a line end in this many bytes is minified or data

_GENERATED = re.compile(
    rb"@generated\b|\bdo not edit\b|\bdo not modify (?:this|manually|directly|by hand)\b|"
    rb"\b(?:auto-?generated|automatically generated) (?:by|from|file|code)\b|<auto-generated\b|\bcode generated by\b"
)


def excluded_folder(name: str, siblings: frozenset[str]) -> str | None:
    """Why a folder is not entered, judged by its name and by the names beside it; None if it is."""
    if name.startswith(".") and name not in KEPT_DOT_FOLDERS:
        return "hidden folder"
    if name in BUILD_FOLDERS:
        makers = BUILD_FOLDERS[name]
        if any(fnmatchcase(sibling, maker) for maker in makers for sibling in siblings):
            return "vendored or built folder"
        return None
    if name in VENDORED_FOLDERS or name.endswith(".egg-info"):
        return "vendored or built folder"
    return None


def excluded_name(path: str) -> str | None:
    """Why a file is not read, judged by its name and that of its folder, if `path` has one; None if it may be."""
    folder, _, name = path.rpartition("/")
    lowered = _BACKUP.sub("", name.lower()) or name.lower()
    if (_is_list(lowered) or _matches(lowered, SECRET_NAMES)) and not _matches(lowered, HARMLESS_NAMES):
        return "may hold secrets"
    if folder and _matches(f"{folder.rpartition('/')[2].lower()}/{lowered}", SECRET_PATHS) and lowered not in _OF_SSH:
        return "may hold secrets"
    if name in LOCK_FILES:
        return "lock file"
    if _matches(lowered, MINIFIED_NAMES):
        return "minified or data"
    return None


def max_bytes(name: str) -> int:
    """How large a file of this name may be to be read."""
    return LARGER_FILES.get(name, MAX_FILE_BYTES)


def is_generated(path: str, text: str) -> bool:
    """Whether a file was written by a program, judged by its name and by the comments at its top."""
    name = path.rpartition("/")[2].lower()
    head = text[:HEAD_BYTES].encode("utf-8", "replace")
    lowered = head.lower()
    may_say_so = b"generated" in lowered or b"do not" in lowered  # the pattern is slow, and few files say such things
    return _matches(name, GENERATED_NAMES) or (may_say_so and _GENERATED.search(_comments_of(head).lower()) is not None)


def excluded_head(head: bytes) -> str | None:
    """Why a file is not used, judged by its first `HEAD_BYTES`; None if it is."""
    if is_binary(head):
        return "binary"
    if b"\n" not in head and b"\r" not in head and len(head) > LONG_LINE_BYTES:
        return "minified or data"
    return None


def is_binary(head: bytes) -> bool:
    """Whether a file holds no text, judged by its first `HEAD_BYTES`."""
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))


# What editors and people add to the name of an older copy.
_BACKUP = re.compile(r"^\.?#|(?:#|~|\.(?:bak|backup|old|orig|save|swp|copy|[0-9]))+$")
_OF_SSH = frozenset({"known_hosts", "authorized_keys"})  # these anybody may see


def _is_list(name: str) -> bool:
    """Whether a file is a plain list of secrets."""
    stem, _, ending = name.rpartition(".")
    if stem and ending in _DATA:
        name = stem
    return name in _LISTS or name.endswith(_LIST_ENDINGS)


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Patterns sorted by form: every file of a project is checked, and compiling hundreds takes 40 ms.

    `names` are whole names, `starts` and `ends` what names begin or end with; `others` are all the rest.
    """

    names: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    others: re.Pattern[str]

    def match(self, name: str) -> bool:
        """Return whether one of them matches the whole name."""
        if name in self.names or name.startswith(self.starts) or name.endswith(self.ends):
            return True
        return self.others.match(name) is not None


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return _sorted_by_form(patterns).match(name)


@cache
def _sorted_by_form(patterns: tuple[str, ...]) -> _Patterns:
    plain = {pattern for pattern in patterns if not _WILD.search(pattern)}
    starts = {pattern for pattern in patterns if pattern.endswith("*") and not _WILD.search(pattern[:-1])}
    ends = {pattern for pattern in patterns if pattern.startswith("*") and not _WILD.search(pattern[1:])}
    others = [pattern for pattern in patterns if pattern not in plain | starts | ends]
    return _Patterns(
        frozenset(plain),
        tuple(pattern[:-1] for pattern in sorted(starts)),
        tuple(pattern[1:] for pattern in sorted(ends)),
        re.compile("|".join(map(translate, others)) if others else r"(?!)"),
    )


_WILD = re.compile(r"[*?\[]")


def _comments_of(head: bytes) -> bytes:
    """The comment lines at the top: a marker counts there, not in a string of code that writes such markers."""
    lines: list[bytes] = []
    for line in head.splitlines()[:40]:
        stripped = line.strip().removeprefix(b"\xef\xbb\xbf")
        if stripped.startswith((b"#", b"//", b"/*", b"*", b"--", b"<!--", b'"""', b"'''", b";", b"%")):
            lines.append(stripped)
        elif stripped and (lines or not stripped.startswith((b"package ", b"<?"))):
            break
    return b"\n".join(lines)
