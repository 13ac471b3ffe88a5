"""The forms in which code, settings files and commands write a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Names of kinds of values, which `placements.py` draws.
PLAIN_PASSWORDS = ("12 characters", "12 characters", "base36, 24", "letters and digits, 32")
PASSWORDS = (*PLAIN_PASSWORDS, "with signs", "word and digits")
ODD_PASSWORDS = ("in braces", "with braces", "with a dollar", "with %d", "with ${", "with signs")
KEYS = ("hexadecimal, 32", "letters and digits, 32", "lower case, 32", "letters, 32", "base36, 24", "base64, 44")

# In a form, «V» is the value, «A» and «B» its two halves, «N» the name in the style of the form.


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written: a kind, a unique name, a file, the style of the name, the text."""

    kind: str
    title: str
    path: str
    style: str
    text: str
    values: tuple[str, ...] = PASSWORDS
    escape: Callable[[str], str] = str


def _escaped_hex(value: str) -> str:
    return "".join(f"\\x{ord(each):02x}" for each in value)


def _escaped_unicode(value: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in value)


def _escaped_quote(value: str) -> str:
    return value[:5] + '\\"' + value[5:]


_Q = '"'
FORMS = (
    # names in their ordinary places
    Form("names", "Python", "a.py", "snake", '«N» = "«V»"\n'),
    Form("names", "Python argument", "a.py", "snake", 'connect(host, «N»="«V»", timeout=3)\n'),
    Form("names", "Python dictionary", "a.py", "snake", "settings = {'host': 'db', '«N»': '«V»'}\n"),
    Form("names", "JavaScript object", "a.js", "camel", "const conn = {\n  user: 'app',\n  «N»: '«V»',\n}\n"),
    Form("names", "TypeScript field", "a.ts", "camel", "class A {\n  private readonly «N»: string = '«V»'\n}\n"),
    Form("names", "Java field", "A.java", "camel", 'class A {\n  private static final String «N» = "«V»";\n}\n'),
    Form("names", "Java setter", "A.java", "pascal", 'factory.set«N»("«V»");\n'),
    Form("names", "C# property", "A.cs", "pascal", 'public string «N» { get; set; } = "«V»";\n'),
    Form("names", "Go struct", "a.go", "pascal", 'cfg := Config{Host: "db", «N»: "«V»"}\n'),
    Form("names", "Go variable", "a.go", "camel", 'var «N» string = "«V»"\n'),
    Form("names", "Rust constant", "a.rs", "upper", 'const «N»: &str = "«V»";\n'),
    Form("names", "Rust builder", "a.rs", "snake", 'let c = Config::new().«N»("«V»".to_string());\n'),
    Form("names", "C array", "a.c", "snake", 'static const char «N»[] = "«V»";\n'),
    Form("names", "C macro", "a.h", "upper", '#define «N» "«V»"\n'),
    Form("names", "C++ member", "a.cpp", "camel", 'options.«N» = std::string("«V»");\n'),
    Form("names", "PHP array", "a.php", "snake", "return ['host' => 'db', '«N»' => '«V»'];\n"),
    Form("names", "Ruby hash", "a.rb", "snake", "config = { host: 'db', «N»: '«V»' }\n"),
    Form("names", "Kotlin", "A.kt", "camel", 'val «N»: String = "«V»"\n'),
    Form("names", "Swift", "A.swift", "camel", 'let «N» = "«V»"\n'),
    Form("names", "environment", "a.py", "upper", 'os.environ["«N»"] = "«V»"\n'),
    Form("names", "default of the environment", "a.py", "upper", 'x = os.environ.get("«N»", "«V»")\n'),
    Form("names", "default of the environment, JavaScript", "a.js", "upper", "const x = process.env.«N» || '«V»'\n"),
    Form(
        "names",
        "default of the environment, Rust",
        "a.rs",
        "upper",
        'let x = env::var("«N»").unwrap_or("«V»".into());\n',
    ),
    Form("names", "C# configuration", "A.cs", "pascal", 'builder.Configuration["Db:«N»"] = "«V»";\n'),
    Form("names", "XML attribute", "a.xml", "camel", '<property name="«N»" value="«V»"/>\n'),
    Form("names", "XML element", "a.xml", "camel", "<server><«N»>«V»</«N»></server>\n"),
    Form("names", "JSON", "a.json", "camel", '{\n  "host": "db",\n  "«N»": "«V»"\n}\n'),
    Form("names", "TOML", "a.toml", "snake", 'host = "db"\n«N» = "«V»"\n'),
    Form("names", "comparison", "a.go", "camel", 'if «N» == "«V»" {\n'),
    Form("names", "wrapped in a type", "a.py", "snake", '«N» = SecretStr("«V»")\n'),
    Form("names", "wrapped in two types", "a.rs", "snake", '«N»: Some(String::from("«V»")),\n'),
    Form("names", "list in brackets", "a.php", "snake", "$«N»[] = '«V»';\n"),
    Form("names", "list of values", "a.py", "snake", '«N»s = ["«V»", "«W»"]\n'),
    Form("names", "list of values, Java", "A.java", "camel", 'List<String> «N»s = List.of("«V»", "«W»");\n'),
    Form("names", "Lua", "a.lua", "snake", "local «N» = '«V»'\n"),
    Form("names", "R", "a.R", "snake", '«N» <- "«V»"\n'),
    Form("names", "PowerShell", "a.ps1", "pascal", '$«N» = "«V»"\n'),
    Form("names", "Clojure", "a.clj", "kebab", '(def «N» "«V»")\n'),
    Form("names", "SQL", "a.sql", "snake", "ALTER ROLE app WITH PASSWORD '«V»';\n"),
    # literals
    Form("literals", "triple-quoted", "a.py", "snake", '«N» = """«V»"""\n'),
    Form("literals", "triple-quoted, own line", "a.py", "snake", "«N» = '''\n    «V»\n'''\n"),
    Form("literals", "raw Python", "a.py", "snake", '«N» = r"«V»"\n'),
    Form("literals", "raw Rust", "a.rs", "snake", 'let «N» = r#"«V»"#;\n'),
    Form("literals", "raw Rust, more hashes", "a.rs", "snake", 'let «N» = r##"«V»"##;\n'),
    Form("literals", "raw C#", "A.cs", "camel", 'var «N» = """«V»""";\n'),
    Form("literals", "raw C#, own line", "A.cs", "camel", 'var «N» = """\n    «V»\n    """;\n'),
    Form("literals", "verbatim C#", "A.cs", "camel", 'var «N» = @"«V»";\n'),
    Form("literals", "raw C++", "a.cpp", "snake", 'auto «N» = R"(«V»)";\n'),
    Form("literals", "raw C++, delimiter", "a.cpp", "snake", 'auto «N» = R"xx(«V»)xx";\n'),
    Form("literals", "raw Go", "a.go", "camel", "«N» := `«V»`\n"),
    Form("literals", "text block", "A.java", "camel", 'String «N» = """\n    «V»\n    """;\n'),
    Form("literals", "Lua long string", "a.lua", "snake", "«N» = [[«V»]]\n"),
    Form("literals", "adjacent", "a.py", "snake", '«N» = "«A»" "«B»"\n', KEYS),
    Form("literals", "adjacent lines", "a.py", "snake", '«N» = (\n    "«A»"\n    "«B»"\n)\n', KEYS),
    Form("literals", "adjacent, C", "a.c", "snake", 'const char *«N» = "«A»"\n    "«B»";\n', KEYS),
    Form("literals", "plus", "a.js", "camel", "const «N» = '«A»' + '«B»'\n", KEYS),
    Form("literals", "plus, lines", "A.java", "camel", 'String «N» = "«A»" +\n    "«B»";\n', KEYS),
    Form("literals", "dot", "a.php", "snake", "$«N» = '«A»' . '«B»';\n", KEYS),
    Form("literals", "two dots", "a.lua", "snake", '«N» = "«A»" .. "«B»"\n', KEYS),
    Form("literals", "ampersand", "a.vb", "pascal", 'Dim «N» As String = "«A»" & "«B»"\n', KEYS),
    Form("literals", "hexadecimal escapes", "a.py", "snake", '«N» = "«V»"\n', PASSWORDS, _escaped_hex),
    Form("literals", "Unicode escapes", "a.js", "camel", "const «N» = '«V»'\n", PASSWORDS, _escaped_unicode),
    Form("literals", "escaped quote", "a.go", "camel", '«N» := "«V»"\n', PASSWORDS, _escaped_quote),
    Form("literals", "bytes", "a.py", "upper", '«N» = b"«V»"\n'),
    Form("literals", "byte slice", "a.go", "camel", '«N» := []byte("«V»")\n'),
    Form("literals", "byte string", "a.rs", "upper", 'const «N»: &[u8] = b"«V»";\n'),
    # settings inside a string
    Form("inside strings", "JSON in a literal", "a.py", "snake", 'body = \'{"user": "app", "«N»": "«V»"}\'\n'),
    Form(
        "inside strings",
        "escaped JSON",
        "A.java",
        "camel",
        'String body = "{\\"user\\": \\"app\\", \\"«N»\\": \\"«V»\\"}";\n',
    ),
    Form(
        "inside strings", "JSON twice escaped", "a.js", "camel", 'const x = "{\\\\\\"«N»\\\\\\": \\\\\\"«V»\\\\\\"}"\n'
    ),
    Form(
        "inside strings",
        "JSON in a docstring",
        "a.py",
        "camel",
        'def f():\n    """Send it.\n\n    {"«N»": "«V»"}\n    """\n',
    ),
    Form(
        "inside strings",
        "netrc in a docstring",
        "a.py",
        "joined",
        'def f():\n    """\n    machine x.example.com login me password «V»\n    """\n',
    ),
    Form(
        "inside strings",
        "netrc in a literal",
        "a.go",
        "joined",
        'rc := "machine x.example.com login me password «V»"\n',
    ),
    Form(
        "inside strings",
        "netrc, lines",
        "a.py",
        "joined",
        'rc = """\nmachine x.example.com\n  login me\n  password «V»\n"""\n',
    ),
    Form(
        "inside strings", "YAML in a literal", "a.py", "snake", 'doc = """\nhost: db\n«N»: «V»\n"""\n', PLAIN_PASSWORDS
    ),
    Form(
        "inside strings",
        "connection string",
        "A.cs",
        "joined",
        'var s = "Server=db;User Id=sa;Password=«V»;";\n',
        PLAIN_PASSWORDS,
    ),
    Form(
        "inside strings",
        "connection string, short",
        "A.cs",
        "joined",
        'var s = "Server=db;Uid=sa;Pwd=«V»";\n',
        PLAIN_PASSWORDS,
    ),
    Form(
        "inside strings",
        "parameter of an address",
        "a.py",
        "snake",
        'url = "https://x.example/a?«N»=«V»&b=1"\n',
        PLAIN_PASSWORDS,
    ),
    Form("inside strings", "comment", "a.py", "snake", "# «N»: «V»\nx = 1\n", PLAIN_PASSWORDS),
    Form("inside strings", "header", "a.ts", "kebab", "headers: { 'x-«N»': '«V»' }\n", KEYS),
    # values that look like templates
    Form("odd values", "Python", "a.py", "snake", '«N» = "«V»"\n', ODD_PASSWORDS),
    Form("odd values", "JavaScript", "a.js", "camel", "const «N» = '«V»';\n", ODD_PASSWORDS),
    Form("odd values", "Go", "a.go", "camel", "«N» := `«V»`\n", ODD_PASSWORDS),
    Form("odd values", "JSON", "a.json", "camel", '{"«N»": "«V»"}\n', ODD_PASSWORDS),
    Form("odd values", "YAML, quoted", "a.yaml", "snake", "host: db\n«N»: '«V»'\n", ODD_PASSWORDS),
    Form("odd values", "environment file", ".envfile", "upper", "HOST=db\n«N»=«V»\n", ODD_PASSWORDS),
    Form("odd values", "properties", "a.properties", "dotted", "db.host=db\n«N»=«V»\n", ODD_PASSWORDS),
    Form("odd values", "Java", "A.java", "camel", 'props.put("«N»", "«V»");\n', ODD_PASSWORDS),
    # settings files
    Form("settings", "YAML", "a.yaml", "snake", "database:\n  host: db\n  «N»: «V»\n  port: 5432\n"),
    Form("settings", "YAML, kebab", "a.yaml", "kebab", "spring:\n  «N»: «V»\n"),
    Form("settings", "YAML list", "a.yaml", "snake", "«N»s:\n  - «V»\n  - «W»\n"),
    Form("settings", "YAML list, quoted", "a.yaml", "snake", '«N»s:\n- "«V»"\n- "«W»"\n'),
    Form("settings", "YAML block", "a.yaml", "snake", "«N»: |\n  «V»\nport: 3\n"),
    Form("settings", "YAML folded block", "a.yaml", "snake", "db:\n  «N»: >-\n    «V»\n  port: 3\n"),
    Form("settings", "container", "a.yaml", "upper", "env:\n  - name: «N»\n    value: «V»\n"),
    Form("settings", "container, quoted", "a.yaml", "upper", 'env:\n  - name: «N»\n    value: "«V»"\n'),
    Form("settings", "compose", "a.yaml", "upper", "environment:\n  - HOST=db\n  - «N»=«V»\n"),
    Form("settings", "compose, map", "a.yaml", "upper", "environment:\n  HOST: db\n  «N»: «V»\n"),
    Form("settings", "INI", "a.ini", "snake", "[db]\nhost = db\n«N» = «V»\n"),
    Form("settings", "INI, narrow", "a.ini", "joined", "[db]\nhost=db\n«N»=«V»\n"),
    Form("settings", "properties", "a.properties", "dotted", "db.host=db\n«N»=«V»\n", PLAIN_PASSWORDS),
    Form("settings", "environment file", "a.sh", "upper", "export HOST=db\nexport «N»=«V»\n"),
    Form("settings", "environment file, quoted", "a.sh", "upper", "HOST='db'\n«N»='«V»'\n"),
    Form(
        "settings", "Terraform default", "a.tf", "snake", 'variable "«N»" {\n  type    = string\n  default = "«V»"\n}\n'
    ),
    Form("settings", "Terraform argument", "a.tf", "snake", 'resource "x" "y" {\n  «N» = "«V»"\n}\n'),
    Form("settings", "image", "Dockerfile", "upper", "FROM x\nENV «N» «V»\n"),
    Form("settings", "image argument", "Dockerfile", "upper", "FROM x\nARG «N»=«V»\n"),
    Form("settings", "shell default", "a.sh", "upper", 'export X="${«N»:-«V»}"\n', PLAIN_PASSWORDS),
    Form("settings", "Android", "a.xml", "snake", '<resources><string name="«N»">«V»</string></resources>\n'),
    Form("settings", "parameter object", "a.json", "upper", '{"name": "«N»", "value": "«V»"}\n'),
    # options that a program declares
    Form("options", "click", "a.py", "kebab", '@click.option("--«N»", "-p", default="«V»", help="What to use.")\n'),
    Form(
        "options",
        "click, lines",
        "a.py",
        "kebab",
        '@click.option(\n    "--«N»",\n    show_default=False,\n    default="«V»",\n)\n',
    ),
    Form("options", "argparse", "a.py", "kebab", 'parser.add_argument("--«N»", type=str, default="«V»")\n'),
    Form("options", "typer", "a.py", "snake", 'def main(«N»: str = typer.Option("«V»", help="x")): ...\n'),
    Form("options", "Go flag", "a.go", "kebab", 'p := flag.String("«N»", "«V»", "what to use")\n'),
    Form("options", "cobra", "a.go", "kebab", 'cmd.Flags().StringVar(&x, "«N»", "«V»", "what to use")\n'),
    Form("options", "picocli", "A.java", "kebab", '@Option(names = {"--«N»"}, defaultValue = "«V»")\n'),
    Form("options", "clap", "a.rs", "snake", '#[arg(long, default_value = "«V»")]\n«N»: String,\n'),
    Form("options", "commander", "a.js", "kebab", "program.option('--«N» <value>', 'what to use', '«V»')\n"),
    Form("options", "pydantic", "a.py", "snake", '«N»: str = Field(default="«V»", min_length=8)\n'),
    Form("options", "Spring", "A.java", "dotted", '@Value("${«N»:«V»}")\n', PLAIN_PASSWORDS),
    # addresses
    Form(
        "addresses",
        "PostgreSQL",
        "a.py",
        "snake",
        'url = "postgres://app:«V»@db.example.com:5432/app"\n',
        PLAIN_PASSWORDS,
    ),
    Form("addresses", "slash", "a.py", "snake", 'url = "postgres://app:«Vx/y9»@db.example.com/app"\n', PLAIN_PASSWORDS),
    Form(
        "addresses",
        "hash and question mark",
        "a.go",
        "snake",
        'url := "amqp://app:«Vq#r?1»@mq.example.com/"\n',
        PLAIN_PASSWORDS,
    ),
    Form("addresses", "at", "a.js", "snake", "const u = 'mongodb://root:«p@Vz»@db.example.com/x'\n", PLAIN_PASSWORDS),
    Form("addresses", "colon", "a.js", "snake", "const u = 'redis://:«x:V»@cache:6379/0'\n", PLAIN_PASSWORDS),
    Form("addresses", "git", "a.sh", "snake", "git clone https://me:«V»@git.example.com/a/b.git\n", PLAIN_PASSWORDS),
    Form(
        "addresses",
        "all signs",
        "a.yaml",
        "snake",
        "url: mysql://app:«V/a#b?c@d:e!f»@db.example.com/app\n",
        PLAIN_PASSWORDS,
    ),
    Form(
        "addresses",
        "token alone",
        "a.sh",
        "snake",
        "pip install git+https://«V»@git.example.com/a/b.git\n",
        ("letters and digits, 32",),
    ),
    # commands
    Form("commands", "curl --user", "a.sh", "snake", "curl --user me:«V» https://x.example\n"),
    Form("commands", "curl -u, quoted", "a.sh", "snake", "curl -s -u 'me:«V»' https://x.example\n"),
    Form("commands", "curl in a list", "a.py", "snake", 'run(["curl", "--user", "me:«V»", url])\n'),
    Form("commands", "curl header", "a.sh", "kebab", "curl -H 'X-«N»: «V»' https://x.example\n", KEYS),
    Form("commands", "redis-cli", "a.sh", "snake", "redis-cli -h cache -a «V» ping\n"),
    Form("commands", "redis-cli in a list", "a.py", "snake", 'run(["redis-cli", "-a", "«V»", "ping"])\n'),
    Form("commands", "mysql", "a.sh", "snake", "mysql -u root -p«V» app\n"),
    Form("commands", "sshpass", "a.sh", "snake", "sshpass -p «V» ssh me@host\n"),
    Form("commands", "option", "a.sh", "kebab", "tool --«N» «V» --verbose\n"),
    Form("commands", "option, equals", "a.sh", "kebab", "tool --«N»=«V» --verbose\n"),
    Form("commands", "option in a list", "a.py", "kebab", 'run(["tool", "--«N»", "«V»"])\n'),
    Form("commands", "docker login", "a.sh", "snake", "docker login -u me -p «V» registry.example.com\n"),
    Form("commands", "docker run", "a.sh", "upper", "docker run -e «N»=«V» image\n"),
    Form("commands", "psql", "a.sh", "snake", "PGPASSWORD=«V» psql -h db\n"),
    Form("commands", "ldapsearch", "a.sh", "snake", "ldapsearch -D cn=admin -w «V» -b dc=x\n"),
    Form("commands", "openssl", "a.sh", "snake", "openssl rsa -in k.txt -passin pass:«V»\n"),
    Form("commands", "mongo", "a.sh", "snake", "mongosh -u root -p «V» admin\n"),
    Form("commands", "smbclient", "a.sh", "snake", "smbclient //host/share -U me%«V»\n"),
    Form("commands", "chpasswd", "a.sh", "snake", 'echo "me:«V»" | chpasswd\n'),
    Form("commands", "keytool", "a.sh", "snake", "keytool -genkey -storepass «V» -alias x\n"),
    Form("commands", "kubectl", "a.sh", "snake", "kubectl create secret generic x --from-literal=«N»=«V»\n"),
    Form("commands", "wget", "a.sh", "snake", "wget --user=me --password=«V» https://x.example\n"),
    Form("commands", "7z", "a.sh", "snake", "7z x archive.7z -p«V»\n"),
    Form("commands", "zip", "a.sh", "snake", "zip -P «V» out.zip in.txt\n"),
    Form("commands", "sqlcmd", "a.sh", "snake", "sqlcmd -S db -U sa -P «V» -Q 'select 1'\n"),
    # keys of services by name alone
    Form("API keys", "Python", "a.py", "snake", '«N» = "«V»"\n', KEYS),
    Form("API keys", "JavaScript", "a.js", "camel", "const «N» = '«V»'\n", KEYS),
    Form("API keys", "Java", "A.java", "upper", 'static final String «N» = "«V»";\n', KEYS),
    Form("API keys", "JSON", "a.json", "camel", '{"«N»": "«V»"}\n', KEYS),
    Form("API keys", "YAML", "a.yaml", "snake", "service:\n  «N»: «V»\n", KEYS),
    Form("API keys", "environment file", "a.sh", "upper", "«N»=«V»\n", KEYS),
    Form("API keys", "INI", "a.ini", "snake", "[api]\n«N» = «V»\n", KEYS),
    Form("API keys", "header", "a.py", "kebab", 'headers = {"X-«N»": "«V»"}\n', KEYS),
    Form("API keys", "property", "a.properties", "dotted", "«N»=«V»\n", KEYS),
    # notes
    Form("notes", "assignment", ".dovetail.toml", "snake", 'notes = ["Staging: «N»=«V»"]\n', PLAIN_PASSWORDS),
    Form("notes", "sentence", ".dovetail.toml", "snake", 'notes = ["The staging password is «V»."]\n', PLAIN_PASSWORDS),
    Form("notes", "colon", ".dovetail.toml", "snake", 'notes = ["Log in as admin, password: «V»"]\n', PLAIN_PASSWORDS),
    Form(
        "notes",
        "address",
        ".dovetail.toml",
        "snake",
        'notes = ["Use postgres://app:«V»@db.example.com/app"]\n',
        PLAIN_PASSWORDS,
    ),
)
