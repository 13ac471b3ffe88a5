"""Secrets: blanked out by content, in place and by kind; files by name; and never in an index."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from dovetail_context.index.extraction.build import is_wanted
from dovetail_context.languages.registry import language_for
from dovetail_context.workspace.read import read_source
from dovetail_context.workspace.scan import scan
from dovetail_context.workspace.secrets.find import BLANK, find_secrets, redact
from dovetail_context.workspace.secrets.names import Level, level_of
from tests.benchmarks.secrets.innocents import innocents
from tests.benchmarks.secrets.placements import HALVES, placements
from tests.planted import planted

PLANTED = {one.kind: one for one in planted()}


@pytest.mark.parametrize("kind", PLANTED)
def test_every_kind_is_blanked_out_in_place(kind: str) -> None:
    one = PLANTED[kind]
    text = f"import os\n\n\ndef before(): ...\n\n\n{one.code}\n\n\ndef after(): ...\n"
    shown = redact(text)
    for secret in one.secrets:
        assert secret not in shown and secret[-12:] not in shown
    assert len(shown) == len(text)
    assert all(new == old or (new == BLANK and old not in "\r\n\"'`") for new, old in zip(shown, text, strict=True))
    assert "def before(): ..." in shown and "def after(): ..." in shown
    compile(shown, "shown.py", "exec")  # still code
    assert redact(shown) == shown
    assert find_secrets(text) and not any(secret in repr(find_secrets(text)) for secret in one.secrets)


def test_there_are_thirty_kinds_and_more() -> None:
    assert len(PLANTED) >= 30


def test_many_at_once_with_any_line_ends() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = end.join(one.code.replace("\n", end) for one in planted())
        shown = redact(text)
        assert len(shown) == len(text)
        assert [each for one in planted() for each in one.secrets if each in shown] == []
        assert shown.count("\r") == text.count("\r") and shown.count("\n") == text.count("\n")


def test_a_key_of_which_the_top_or_the_end_is_cut_off() -> None:
    key = PLANTED["RSA private key"]
    lines = key.code.split("\n")
    for part in (lines[2:], lines[:-2]):
        shown = redact("\n".join(part))
        assert not any(secret in shown for secret in key.secrets)


OTHER_FORMS = {
    "settings without quotes": ("database:\n  password: {}\n", "h4ckMe9xQ2"),
    "an environment file": ("export GITHUB_TOKEN={}\n", "a8Jd03kLmN4pQ7rStU9vWx"),
    "a properties file": ("db.password={}\n", "s3cr3t-Pw#99"),
    "an INI file": ("[x]\napi_key = {}\n", "9f86d081884c7d659a2feaa0"),
    "XML": ("<add key='ApiKey' value='{}' />\n", "9f86d081884c7d659a2feaa0"),
    "an XML element": ("<password>{}</password>\n", "Tr0ub4dor&3"),
    "Go": ('cfg := Config{{Token: "{}"}}\n', "a8Jd03kLmN4pQ7rStU9vWx"),
    "Go, declared": ('apiSecret := "{}"\n', "a8Jd03kLmN4pQ7rStU9vWx"),
    "Rust": ('const API_KEY: &str = "{}";\n', "a8Jd03kLmN4pQ7rStU9vWx"),
    "Java": ('private static final String API_SECRET = "{}";\n', "a8Jd03kLmN4pQ7rStU9vWx"),
    "a setter": ('builder.setPassword("{}");\n', "Tr0ub4dor&3x"),
    "TypeScript": ("const token: string = `{}`;\n", "a8Jd03kLmN4pQ7rStU9vWx"),
    "PHP": ("define('DB_PASSWORD', '{}');\n", "Tr0ub4dor&3x"),
    "a comparison": ('if password == "{}":\n', "Tr0ub4dor&3x"),
    "an address's parameter": ('url = "https://x.example/a?access_token={}&b=1"\n', "a8Jd03kLmN4pQ7rStU9vWx"),
    "a parenthesis": ('API_KEY = (\n    "{}"\n)\n', "a8Jd03kLmN4pQ7rStU9vWx"),
    "bytes": ('SECRET_KEY = b"{}"\n', "a8Jd03kLmN4pQ7rStU9vWx"),
    "a web key": ('{{"kty": "EC", "d": "{}"}}\n', "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"),
    "Kubernetes": ("kind: Secret\ndata:\n  plain: {}\n", "c3VwZXJzZWNyZXQ="),
    "a word with a digit": ("password = '{}'\n", "hunter2"),
    "letters alone": ("$password = '{}';\n", "ITvNsUHbDwxR"),
    "a default": ("os.environ.get('DB_PASSWORD', default='{}')\n", "q8b8Vw2zbJYA"),
    "another default": ("const secret = process.env.SECRET || '{}';\n", "xyL1aCcTlN99mhWp708DwGw5"),
    "Spring": ('@Value("${{api.key:{}}}") String key;\n', "fFrGYJ3GxeYYXwSLQcWtxJTQ"),
    "C": ('#define API_KEY "{}"\n', "V0LicaqJDR6g4RImaBXZBMKST9OPE261"),
    "SQL": ("CREATE USER a WITH PASSWORD '{}';\n", "7EYcpFr2jUssFM"),
    "more SQL": ("CREATE USER a IDENTIFIED BY '{}';\n", "7EYcpFr2jUssFM"),
    "an image": ("ENV API_TOKEN {}\n", "7LHQ7AtNJX3OrUbmkLCNPloWRlOTcEok"),
    "a key in hexadecimal": ("key = bytes.fromhex('{}')\n", "23115661ffb0df9daee36452bcf48385971f1bba10ef43a9"),
    "a key in an address": ("git+https://{}@github.com/a/b.git\n", "tPH5IU1e9PR1rhzWtqDtta4WuHQ5FDyjPn8qu8Nn"),
    "a header": ("curl -H 'Authorization: token {}' x\n", "a9b4ddbe45cf642b0c3a4acdd7f9fcc589f8d0a9"),
    "a login": ("smtp.login('me@example.org', '{}')\n", "nArl63XykWZeiNNC"),
    "a pair": ("requests.get(url, auth=('admin', '{}'))\n", "Xn9k3ksu9mI4ROnl"),
    "a signature": ("jwt.sign(payload, '{}')\n", "EQTdaaXnAoGTNpYtdZGpcSy4wXbJtCCg"),
    "a command": ("mysql -uroot -p{} app\n", "F7sjEbhQN9Cp"),
    "another command": ("sshpass -p '{}' ssh me@host\n", "scYi0zaEIJrp"),
    "curl": ("curl -u admin:{} https://x.example\n", "hunter2hunter"),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_other_forms_and_languages(form: str) -> None:
    text, secret = OTHER_FORMS[form]
    shown = redact(text.format(secret))
    assert shown == text.format(BLANK * len(secret))


NAMES = (
    *("DB_PASS", "smtp_pw", "wifi_password", "target_password", "thread_password", "required_password", "bindpw"),
    *("widget_secret", "loaderPassword", "budget.api-key", "MYSQL_PWD", "dbpassword", "ssh-passphrase", "rootPasswd"),
    *("clientSecret", "x-api-key", "authToken", "privateKey", "jwt_secret_key", "keystorePass", "passWord", "APIKEY"),
)
NO_NAMES = (
    *("author", "keyboard", "monkey", "tokenizer", "compass", "bypass", "passenger", "primary_key", "public_key"),
    *("secretary", "passwordless", "assert", "authenticate"),
)


def test_what_names_are_given_secrets() -> None:
    assert [name for name in NAMES if (level_of(name) or 0) < Level.SECRET] == []
    assert [name for name in NO_NAMES if (level_of(name) or 0) > Level.MAYBE] == []
    about = ("password_field", "tokenUrl", "secret_name", "apiKeyHeader", "passwordPattern")
    assert [name for name in about if level_of(name) is not Level.MAYBE] == []


# «» is around what must not remain, and nothing else may be blanked out.
WAYS = {
    "an abbreviation in an object": "const c = { user: 'a', pass: '«hunter2»' }\n",
    "an innocent verb in a name": 'target_password = "«Xk29dmQlwp3z»"\n',
    "a list to which one is added": "$wifi_password[] = '«Xk29dmQlwp3z»';\n",
    "three quotes": 'db_pass = """«Xk29dmQlwp3z»"""\n',
    "three quotes, on a line of its own": "db_pass = '''\n    «Xk29dmQlwp3z»\n'''\n",
    "a raw literal of Rust": 'let db_pass = r#"«Xk29"dmQlwp3z»"#;\n',
    "a raw literal of C#": 'var dbPass = """\n    «Xk29dmQlwp3z»\n    """;\n',
    "a raw literal of C++": 'auto db_pass = R"x(«Xk29)dmQlwp3z»)x";\n',
    "a long literal of Lua": "db_pass = [[«Xk29dmQlwp3z»]]\n",
    "adjacent literals": 'api_key = ("«k3j9x0q2m4w8»"\n    "«z7v1b5n6t0r4»")\n',
    "a sum of literals": "const apiKey = '«k3j9x0q2m4w8»' +\n  '«z7v1b5n6t0r4»'\n",
    "joined literals of PHP": "$apiKey = '«k3j9x0q2m4w8»' . '«z7v1b5n6t0r4»';\n",
    "escapes": 'db_pass = "«\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\\x21»"\n',
    "Unicode escapes": 'dbPass = "«\\u0068\\u0075\\u006e\\u0074\\u0065\\u0072\\u0032»"\n',
    "an escaped quote": 'db_pass = "«Xk29\\"dmQlwp3z»"\n',
    "JSON in a literal": 'body = \'{"user": "a", "password": "«Xk29dmQlwp3z»"}\'\n',
    "escaped JSON": 'String body = "{\\"password\\": \\"«Xk29dmQlwp3z»\\"}";\n',
    "JSON, escaped twice": 'x = "{\\\\\\"password\\\\\\": \\\\\\"«Xk29dmQlwp3z»\\\\\\"}"\n',
    "a netrc in a docstring": '"""\nmachine h.example login me password «Xk29dmQlwp3z»\n"""\n',
    "braces": 'db_pass = "«Xk{3x}dmQ%lwp3z»"\n',
    "braces with a letter": 'db_pass = "«Xk9{q}dmQlwp3z»"\n',
    "a dollar": 'db_pass = "«Xk29$dmQlwp3z»"\n',
    "a directive": 'db_pass = "«Xk2%d9mQlwp3z»"\n',
    "a list in YAML": "db_passwords:\n  - «Xk29dmQlwp3z»\n  - «Zq81nfRtye5k»\n",
    "a block in YAML": "db:\n  password: |\n    «Xk29dmQlwp3z»\n  port: 1\n",
    "a folded block in YAML": "password: >-\n  «Xk29dmQlwp3z»\nport: 1\n",
    "a word with a number in YAML": "db:\n  host: h\n  password: «hunter2»\n  port: 1\n",
    "a default of Terraform": 'variable "db_pass" {\n  type    = string\n  default = "«Xk29dmQlwp3z»"\n}\n',
    "a default of click": '@click.option("--db-pass", "-p", show_default=True, default="«Xk29dmQlwp3z»")\n',
    "a default of argparse": 'x.add_argument(\n    "--token",\n    type=str,\n    default="«Xk29dmQlwp3zaa81»",\n)\n',
    "a default in an annotation": '#[arg(long, default_value = "«Xk29dmQlwp3z»")]\npassword: String,\n',
    "a container's variable": "env:\n  - name: DB_PASSWORD\n    value: «Xk29dmQlwp3z»\n",
    "raw signs in an address": 'url = "postgres://app:«p@Xk/9#m?Q:z»@db.example.com:5432/app"\n',
    "credentials of curl": "curl --user me:«Xk29dmQlwp3z» https://x.example\n",
    "credentials of curl in a list": 'run(["curl", "--user", "me:«Xk29dmQlwp3z»", url])\n',
    "the password of redis-cli": "redis-cli -h cache -a «Xk29dmQlwp3z» ping\n",
    "the password of docker": "docker login -u me -p «Xk29dmQlwp3z» registry.example.com\n",
    "the password of openssl": "openssl rsa -in k.txt -passin pass:«Xk29dmQlwp3z»\n",
    "letters of one case": 'api_key = "«qzkvjwpxmtbrhgdcfylnqsvxzkwp»"\n',
    "letters of both cases": 'api_key = "«qZkVjwpxMtbRhGDcfYlnQsvXzkWp»"\n',
    "small letters and digits, bare": "service:\n  api_key: «k3j9x0q2m4w8z7v1b5n6t0r4»\n",
    "twelve characters, bare": "db:\n  password: «aB3xK9mQ2pLz»\n",
    "a variable of a shell": "DB_PASS=«Xk{9$m,Q%d2;z»\n",
    "a default of a shell": 'X="${DB_PASSWORD:-«Xk29dmQlwp3z»}"\n',
    "a wrapper": 'password = SecretStr("«Xk29dmQlwp3z»")\n',
    "two wrappers": 'password: Some(String::from("«Xk29dmQlwp3z»")),\n',
    "another value instead": "const secret = cfg.value ?? '«Xk29dmQlwp3z»'\n",
    "a list": 'List<String> tokens = List.of("«k3j9x0q2m4w8z7v1b5»", "«z7v1b5n6t0r4k3j9x0»");\n',
    "a table": 'passwords = {"alice": "«Xk29dmQlwp3z»", "bob": "«Zq81nfRtye5k»"}\n',
    "a sentence": "The staging password is «aB3xK9mQ2pLz».\n",
    "a property of C#": 'public string DbPass { get; set; } = "«Xk29dmQlwp3z»";\n',
    "a variable of Go": 'var dbPass string = "«Xk29dmQlwp3z»"\n',
    "a function of Clojure": '(def db-pass "«Xk29dmQlwp3z»")\n',
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_write_a_value(way: str) -> None:
    marked = WAYS[way]
    parts = re.split("[«»]", marked)
    expected = "".join(part if number % 2 == 0 else BLANK * len(part) for number, part in enumerate(parts))
    assert redact("".join(parts)) == expected


def test_long_values_are_blanked_out_whole() -> None:
    rng = random.Random(7)
    encoded = "".join(
        rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") for _ in range(9000)
    )
    for form in (
        'GOOGLE_CREDENTIALS = "{}"\n',
        "GOOGLE_CREDENTIALS={}\n",
        "google:\n  credentials: {}\n",
        'secret = """{}"""\n',
    ):
        assert redact(form.format(encoded)) == form.format(BLANK * len(encoded))


def test_keys_of_other_formats() -> None:
    rng = random.Random(8)
    body = ["".join(rng.choice("ABCDEFGHabcdefgh0123456789+/") for _ in range(70)) for _ in range(6)]
    lines = "\n".join(body)
    putty = f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 6\n{lines}\nPrivate-MAC: x\n"
    ssh2 = f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{lines}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n"
    for text in (ssh2, f"{putty}\n{putty.replace('6', '6')}", f"<RSAKeyValue><D>{body[0]}</D></RSAKeyValue>\n"):
        assert not any(line in redact(text) for line in body)


def test_of_placements_of_any_kind_nineteen_in_twenty_are_found_and_of_innocents_one_in_fifty() -> None:
    """Other names, forms and values than those above; `tests/benchmarks/secrets` reports them kind by kind."""
    for half in HALVES:
        placed = [one for seed in (1, 2) for one in placements(half, seed, each=2)]
        missed = [one for one in placed if any(set(redact(one.text)[a:b]) - {BLANK} for a, b in one.spans)]
        assert len(missed) * 20 <= len(placed), [(one.form, one.text) for one in missed]
        harmless = [text for _, text in innocents(half)]
        assert sum(redact(text) is not text for text in harmless) * 50 <= len(harmless)


def test_code_parses_after_as_it_did_before() -> None:
    for half in HALVES:
        for one in placements(half, 3):
            language = language_for(one.path)
            grammar = language.grammar(one.path) if language is not None else None
            if grammar is not None:
                before, after = (grammar.parse(text).root for text in (one.text, redact(one.text)))
                assert before.has_error or not after.has_error, (one.form, one.text)
        for path, text in innocents(half, 3):
            assert redact(text) is text or language_for(path) is None, text


HARMLESS = [
    "return { apiKey: this.#apiKey, host }",
    "const apiKey = this.#options.apiKey ?? defaults.apiKey",
    "class A:\n    user: str1\n    password: Bytes32\n    token: float64\n",
    "password = other_password2\nname = first_name1\n",
    'pass_ = "render_pass_2"',
    "We pass `utc=True` here, and pass 'left_on2' there.",
    'SENSITIVE = {"password": ("api_key", "group_id")}',
    "pw.printf('%sOptions2:', indent)",
    "key_[0] = 0x243F6A8885A308D3ull;",
    'secret = f"{self._key_prefix}:{self.session_id}"',
    'pattern = {"password": "^(?=.*[A-Z])[A-Za-z0-9]{8,}$"}',
    "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef: {name: app2, key: password}\n",
    'url = "http://host:8080/a@2x.png?user=a@b.example"',
    "mysql -uroot -p$PASSWORD app",
    'url = "test://b1:2:1/@a1,root/foo"',
    'if os.Getenv("GOOGLE_APPLICATION_CREDENTIALS")+os.Getenv("HOME") == "": pass',
    'password = config.get("database.password")',
    'secret = load_secret("projects/my-project-1/name2")',
    'key = session.get("user_profile_id_2")',
    'jwt.decode(token, key, algorithms=["HS256"])',
    'hash_type = "sha256"',
    'auth = "oauth2"',
    'password = os.environ["DATABASE_PASSWORD"]',
    "password = getpass.getpass()",
    'password = ""',
    'password = "your-password-here"',
    'password: str = Field(..., description="The password of the account2")',
    "token = parse_token(request.headers)",
    "token = self.tokens[index2].value",
    'token_type = "access_token"',
    'secret_name = "projects/secrets"',
    'SECRET_KEY = "${SECRET_KEY}"',
    'api_key = "<your api key>"',
    'api_key = f"{prefix}{value}"',
    'url = f"postgres://{user}:{password}@{host}/{name}"',
    'url = "postgres://user:password@localhost/db"',
    'url = "https://example.com:8080/path@2x.png"',
    'key = "settings.appearance.theme.dark"',
    'key = "550e8400-e29b-41d4-a716-446655440000"',
    'keyboard = "a8Jd03kLmN4pQ7rStU9vWx"',
    'author = "a8Jd03kLmN4pQ7rStU9vWx"',
    'tokenizer = AutoTokenizer.from_pretrained("org/model-v01-7b-instruct-q4")',
    'digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    'commit = "f64135b2d7c1a0e9f3b5d8c7a6e4f2b1c0d9e8f7"',
    'error = "Authorization required: Bearer authentication failed"',
    'text = "basic understanding of the matter"',
    'PASSWORD_FIELD = "password1"',
    'passwordInput.className = "input-lg2 form-control"',
    'sha = "sha256:9f86d081884c7d65"',
    "-----BEGIN CERTIFICATE-----",
    "task-list-item-checkbox-container-element-wrapper",
    'import { describe } from "task-runner-with-a-long-name"',
    "risk-assessment-for-the-next-quarter-and-beyond",
    'if token.kind == "identifier_or_keyword_token":',
    'X = "key-value-pairs-of-the-store"',
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text
    assert redact(text) is text  # and costs no copy


def test_any_text_keeps_its_length_and_never_raises() -> None:
    rng = random.Random(3)
    pieces = [one.code for one in planted()] + [
        "password",
        "=",
        '"',
        "'",
        "://",
        "@",
        ":",
        "\n",
        "-----BEGIN ",
        " ",
        "é",
    ]
    pieces += ["PRIVATE KEY-----", "-----END ", "İ", "ß", "\ud800", "\0", "{", "\\"]
    for _ in range(300):
        text = "".join(rng.choice(pieces)[rng.randrange(3) :] for _ in range(rng.randrange(30)))
        shown = redact(text)
        assert len(shown) == len(text)
        assert [i for i, each in enumerate(text) if each in "\r\n"] == [
            i for i, each in enumerate(shown) if each in "\r\n"
        ]


@pytest.mark.long
def test_time_grows_with_the_text_alone() -> None:
    """Texts that make careless patterns so slow that the test would not end."""
    for text in (
        "password" * 20_000,
        "a" * 300_000,
        '"' * 100_000,
        "key=" * 50_000,
        "://" * 50_000,
        "-----BEGIN " * 20_000,
    ):
        assert len(redact(text)) == len(text)
    for text in (
        "sk-" + "a-" * 100_000,
        "eyJ" + "." * 100_000,
        "Bearer " * 30_000,
        "token " + " " * 100_000,
        "A" * 300_000,
    ):
        assert len(redact(text)) == len(text)
    for text in (
        "-----END PRIVATE KEY-----" * 8_000,
        "Private-Lines: " * 10_000,
        "kind: Secret\ndata:\n" * 3_000,
        " ".join(f"key{number}" for number in range(40_000)),
        'password = """' * 20_000,
        '("password", ' * 20_000,
        "passwords = [" + '"a",' * 60_000,
        "\n" * 200_000 + 'password = "x1y2z3w4"' + "\n\n" * 100_000,
        "curl -u " * 20_000,
    ):
        assert len(redact(text)) == len(text)


def test_few_literals_of_real_projects_are_touched(shared: Path) -> None:
    """Every literal that is blanked out needlessly costs context: fewer than one file in a hundred has one."""
    files = touched = 0
    for project in sorted((shared / "eval" / "repos").iterdir()):
        if project.name in ("zod", "restic", "mcp", "leveldb"):
            for file in scan(project, is_wanted).files:
                text = read_source(project / file.path).text
                files += text is not None
                touched += text is not None and redact(text) is not text
    assert files > 300 and touched * 100 <= files
