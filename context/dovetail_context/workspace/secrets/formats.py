"""What keys of well-known services look like: one line a format. Data only; `secrets.py` looks for them.

Formats are those that the services publish for secret scanners. Python searches fast for a pattern that begins with
plain characters, and slowly for any other. So each pattern begins with its marker, and looks back from there at the
text that must precede it.
"""

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of key: its name for the user; the marker, which every such key holds; the pattern, which begins with it
    and which `compiled` compiles.

    The secret is the pattern's first group, or the entire match if there is none, and the `before` characters before
    it. `is_word`: the marker and the key form one long word. `begins_name`: no letter, digit or `_` precedes the
    marker. Both make the search faster. `is_password`: the match may also be a word or a placeholder, which the search
    ignores. If there are `words`, a text with such a key has one of them, between spaces, quotes or brackets.
    """

    kind: str
    marker: str
    pattern: str
    before: int = 0
    is_word: bool = True
    begins_name: bool = False
    is_password: bool = False
    words: tuple[bytes, ...] = ()


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of this module. It is compiled when a text holds its marker, which few do: all of them take 50 ms."""
    return re.compile(pattern)


def _key(kind: str, marker: str, rest: str) -> Format:
    """A key that begins with its marker; where the marker is a part of a longer word there is none."""
    plain = re.escape(marker)
    return Format(kind, marker, rf"{plain}(?<![A-Za-z0-9_]{plain}){rest}", begins_name=True)


def _with(kind: str, marker: str, rest: str, before: int = 0) -> Format:
    """A text around a secret, that begins with the marker."""
    return Format(kind, marker, re.escape(marker) + rest, before)


def _beside(kind: str, marker: str, rest: str, *words: bytes) -> Format:
    """A secret that follows on a marker with spaces, quotes or brackets between."""
    return Format(kind, marker, re.escape(marker) + rest, is_word=False, words=words)


def _password(kind: str, marker: str, rest: str, *words: bytes) -> Format:
    """A password, or a placeholder for one, that follows a marker."""
    return Format(kind, marker, re.escape(marker) + rest, is_word=False, is_password=True, words=words)


# This begins with no marker and is looked for only in texts that hold its own, which are few.
_JSON_WEB_KEY = r'"(?:d|p|q|dp|dq|qi|k)"\s*:\s*"([A-Za-z0-9_\-]{20,})"'

_IDENTIFIED_BY = r"(?i:\s+(?:WITH\s+\S+\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?)['\"]?([^\s'\"`;,()]{6,})"

FORMATS: tuple[Format, ...] = (
    _key("AWS access key", "AKIA", r"[0-9A-Z]{16}"),
    _key("AWS access key", "ASIA", r"[0-9A-Z]{16}"),
    _key("AWS session token", "IQoJb3JpZ2lu", r"[A-Za-z0-9+/=]{40,}"),
    _key("AWS Bedrock key", "ABSK", r"[A-Za-z0-9+/]{100,}={0,2}"),
    _key("GitHub token", "ghp_", r"[A-Za-z0-9]{30,}"),
    _key("GitHub token", "gho_", r"[A-Za-z0-9]{30,}"),
    _key("GitHub token", "ghu_", r"[A-Za-z0-9]{30,}"),
    _key("GitHub token", "ghs_", r"[A-Za-z0-9]{30,}"),
    _key("GitHub token", "ghr_", r"[A-Za-z0-9]{30,}"),
    _key("GitHub token", "github_pat_", r"[A-Za-z0-9_]{40,}"),
    _key("GitLab token", "glpat-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "gldt-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glrt-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glptt-", r"[0-9a-f]{40}"),
    _key("GitLab token", "glsoat-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glft-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glimt-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glcbt-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glagent-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "gloas-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glffct-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glrtr-", r"[A-Za-z0-9_\-]{20,}"),
    _key("GitLab token", "glwt-", r"[A-Za-z0-9_\-]{20,}"),
    _key("Bitbucket password", "ATBB", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _key("Bitbucket token", "BBDC-", r"[A-Za-z0-9+/@_\-]{40,}"),
    _key("Brevo key", "xkeysib-", r"[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    _key("Cloudflare token", "cfk_", r"[A-Za-z0-9]{40,}"),
    _key("Cloudflare token", "cfat_", r"[A-Za-z0-9]{40,}"),
    _key("Cloudflare token", "cfut_", r"[A-Za-z0-9]{40,}"),
    _key("Dynatrace token", "dt0c01.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    _key("Docker token", "dckr_oat_", r"[A-Za-z0-9_\-]{20,}"),
    _key("Docker Swarm token", "SWMTKN-1-", r"[a-z0-9]{40,}-[a-z0-9]{20,}"),
    _key("Docker Swarm key", "SWMKEY-1-", r"[A-Za-z0-9+/]{40,}"),
    _key("Heroku key", "HRKU-", r"[A-Za-z0-9_\-]{36,}"),
    _key("JFrog key", "AKCp", r"[A-Za-z0-9]{60,}"),
    _key("LlamaCloud key", "llx-", r"[A-Za-z0-9_\-]{40,}"),
    _key("New Relic key", "NRII-", r"[A-Za-z0-9_\-]{20,}"),
    _key("New Relic key", "NRJS-", r"[0-9a-f]{19}"),
    _key("Postman token", "PMAT-", r"[A-Z0-9]{26}"),
    _key("PostHog key", "phx_", r"[A-Za-z0-9]{40,}"),
    _key("PostHog key", "phs_", r"[A-Za-z0-9]{40,}"),
    _key("PostHog key", "pha_", r"[A-Za-z0-9]{40,}"),
    _key("PostHog key", "phr_", r"[A-Za-z0-9]{40,}"),
    _key("Pinecone key", "pcsk_", r"[A-Za-z0-9_]{40,}"),
    _key("SonarQube token", "sqp_", r"[0-9a-f]{40}"),
    _key("SonarQube token", "squ_", r"[0-9a-f]{40}"),
    _key("SonarQube token", "sqa_", r"[0-9a-f]{40}"),
    _key("Sourcegraph token", "sgp_", r"[A-Za-z0-9_]{40,}"),
    _key("Supabase token", "sbp_v0_", r"[0-9a-f]{40}"),
    _key("Tailscale key", "tskey-", r"[a-z]+-[A-Za-z0-9]{8,}-[A-Za-z0-9]{20,}"),
    _key("Tavily key", "tvly-", r"[A-Za-z0-9\-]{28,}"),
    _key("Together key", "tgp_v1_", r"[A-Za-z0-9_\-]{40,}"),
    _key("Vercel token", "vcp_", r"[A-Za-z0-9]{50,}"),
    _key("HubSpot token", "pat-", r"(?:na|eu)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    _key("LangSmith key", "lsv2_", r"(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    _key("GitLab token", "GR1348941", r"[A-Za-z0-9_\-]{20,}"),
    _key("Slack token", "xox", r"[abeoprs](?:\.xox[bp])?-[A-Za-z0-9\-]{10,}"),
    _key("Slack token", "xapp-", r"\d-[A-Z0-9]+-\d+-[A-Za-z0-9]+"),
    _with("Slack webhook", "hooks.slack.com/", r"(?:services|workflows|triggers)/([A-Za-z0-9+/]{20,})"),
    _with("Discord webhook", "/api/webhooks/", r"(\d{10,}/[\w\-]{30,})"),
    _with("Teams webhook", "webhook.office.com/", r"webhookb2/([A-Za-z0-9@\-/]{40,})"),
    _key("Stripe key", "sk_live_", r"[A-Za-z0-9]{10,}"),
    _key("Stripe key", "sk_test_", r"[A-Za-z0-9]{10,}"),
    _key("Stripe key", "rk_live_", r"[A-Za-z0-9]{10,}"),
    _key("Stripe key", "rk_test_", r"[A-Za-z0-9]{10,}"),
    _key("Stripe webhook secret", "whsec_", r"[A-Za-z0-9+/=]{20,}"),
    _key("Google API key", "AIza", r"[A-Za-z0-9_\-]{35}"),
    _key("Google OAuth token", "ya29.", r"[A-Za-z0-9_\-]{20,}"),
    _key("Google OAuth secret", "GOCSPX-", r"[A-Za-z0-9_\-]{20,}"),
    _key("Google OAuth refresh token", "1//0", r"[A-Za-z0-9_\-]{30,}"),
    _with("Azure storage key", "AccountKey=", r"([A-Za-z0-9+/]{20,}={0,2})"),
    _with("Azure shared access key", "SharedAccessKey=", r"([A-Za-z0-9+/]{20,}={0,2})"),
    _with("Azure signature", "sig=", r"(?<=[?&;]sig=)([A-Za-z0-9%+/=]{30,})"),
    _with("Azure client secret", "Q~", r"(?<=[\w.~\-]{3}\dQ~)[\w.~\-]{30,40}", before=4),
    _key("OpenAI or Anthropic key", "sk-", r"(?:[a-z]+[a-z0-9]*-)*[A-Za-z0-9_\-]{20,}"),
    _key("Groq key", "gsk_", r"[A-Za-z0-9]{40,}"),
    _key("xAI key", "xai-", r"[A-Za-z0-9]{60,}"),
    _key("Perplexity key", "pplx-", r"[A-Za-z0-9]{40,}"),
    _key("Replicate key", "r8_", r"[A-Za-z0-9]{30,}"),
    _key("Hugging Face token", "hf_", r"[A-Za-z0-9]{30,}"),
    _key("npm token", "npm_", r"[A-Za-z0-9]{30,}"),
    _key("PyPI token", "pypi-AgE", r"[A-Za-z0-9_\-]{20,}"),
    _key("RubyGems key", "rubygems_", r"[0-9a-f]{40,}"),
    _key("crates.io token", "cio", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _key("NuGet key", "oy2", r"[a-z0-9]{43}(?![a-z0-9])"),
    _key("Clojars token", "CLOJARS_", r"[a-z0-9]{50,}"),
    _key("Docker token", "dckr_pat_", r"[A-Za-z0-9_\-]{20,}"),
    _with("DigitalOcean token", "_v1_", r"(?<=do[opr]_v1_)[0-9a-f]{40,}", before=3),
    _key("Shopify token", "shp", r"(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _key("Square token", "sq0", r"[a-z]{3}-[A-Za-z0-9_\-]{22,}"),
    _key("SendGrid key", "SG.", r"[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"),
    _key("Mailgun key", "key-", r"[0-9a-f]{32}(?![0-9a-f])"),
    _with("Mailchimp key", "-us", r"(?<=[0-9a-f]{32}-us)\d{1,2}", before=32),
    _key("Twilio key", "SK", r"[0-9a-f]{32}(?![0-9a-f])"),
    _with("Telegram bot token", ":AA", r"(?<=\d{8}:AA)[A-Za-z0-9_\-]{32,}", before=8),
    _with("Discord bot token", ".", r"(?<=[MNO][A-Za-z\d_\-]{23}\.)[\w\-]{6}\.[\w\-]{27,}", before=24),
    _key("Vault token", "hvs.", r"[A-Za-z0-9_\-]{20,}"),
    _key("Vault token", "hvb.", r"[A-Za-z0-9_\-]{20,}"),
    _with("Terraform Cloud token", ".atlasv1.", r"(?<=[A-Za-z0-9]{14}\.atlasv1\.)[\w\-]{60,}", before=14),
    _key("Databricks token", "dapi", r"[0-9a-f]{32}(?:-\d)?"),
    _key("Linear key", "lin_", r"(?:api|oauth)_[A-Za-z0-9]{30,}"),
    _key("Notion token", "ntn_", r"[A-Za-z0-9]{40,}"),
    _key("Notion token", "secret_", r"[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    _key("Figma token", "figd_", r"[A-Za-z0-9_\-]{30,}"),
    _key("Postman key", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    _key("New Relic key", "NRAK-", r"[A-Z0-9]{27}"),
    _key("Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[0-9a-fA-F]{8}"),
    _key("Grafana token", "glc_", r"[A-Za-z0-9+/]{32,}={0,2}"),
    _key("Sentry token", "sntry", r"[su]_[A-Za-z0-9_=+/]{40,}"),
    _key("Doppler token", "dp.", r"(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.\-_]{40,}"),
    _key("PlanetScale secret", "pscale_", r"(?:tkn|pw|oauth)_[A-Za-z0-9_\-.=]{30,}"),
    _key("Supabase token", "sbp_", r"[0-9a-f]{40}"),
    _key("Supabase key", "sb_secret_", r"[A-Za-z0-9_\-]{20,}"),
    _beside("Fly token", "FlyV1 ", r"([A-Za-z0-9+/=_,\-]{40,})", b"FlyV1"),
    _key("Netlify token", "nfp_", r"[A-Za-z0-9]{36,}"),
    _key("Atlassian token", "ATATT3", r"[A-Za-z0-9_\-=]{50,}"),
    _key("Atlassian token", "ATCTT3", r"[A-Za-z0-9_\-=]{50,}"),
    _key("Airtable token", "pat", r"[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    _key("Facebook token", "EAAC", r"[A-Za-z0-9]{40,}"),
    _key("Dropbox token", "sl.", r"[A-Za-z0-9_\-]{100,}"),
    _key("Alibaba key", "LTAI", r"[A-Za-z0-9]{16,24}(?![A-Za-z0-9])"),
    _key("Tencent key", "AKID", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _with("age key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{40,}"),
    _key("1Password token", "ops_eyJ", r"[A-Za-z0-9+/]{100,}={0,3}"),
    _key("Pulumi token", "pul-", r"[0-9a-f]{40}"),
    _key("JSON web token", "eyJ", r"[A-Za-z0-9_\-=]{8,}\.[A-Za-z0-9_\-=]{8,}(?:\.[A-Za-z0-9_\-+/=]*)?"),
    _with("private key in base64", "LS0tLS1CRUdJTi", r"[A-Za-z0-9+/=]{20,}"),
    _beside(
        "bearer token",
        "earer ",
        r"\s*((?=[A-Za-z\-._~+/]*\d)[A-Za-z0-9\-._~+/]{16,}=*)",
        b"Bearer",
        b"bearer",
        b"BEARER",
        b"Authorization:Bearer",
        b"authorization:Bearer",
        b"Authorization=Bearer",
    ),
    _beside(
        "basic credentials",
        "asic ",
        r"\s*((?=[A-Za-z+/]*[\dA-Z])[A-Za-z0-9+/]{16,}={0,2})(?![A-Za-z0-9])",
        b"Basic",
        b"basic",
        b"BASIC",
        b"Authorization:Basic",
        b"authorization:Basic",
        b"Authorization=Basic",
    ),
    _with("password hash", "$2", r"[abxy]\$\d\d\$[./A-Za-z0-9]{53}"),
    _with("password hash", "$argon2", r"(?:id|i|d)\$v=\d+\$m=\d{3}[A-Za-z0-9$,=+/]{20,}"),
    _with("password hash", "$6$", r"[./A-Za-z0-9=$]{60,}"),
    _password("password in SQL", "IDENTIFIED", _IDENTIFIED_BY, b"IDENTIFIED"),
    _password("password in SQL", "identified", _IDENTIFIED_BY, b"identified"),
    _password("password of a network", "iFi.begin(", r"\s*[^,;()]{1,80},\s*[\"']([^\"'\n]{6,63})[\"']", b"WiFi.begin"),
    _password("password of a login", "login(", r"\s*[\"'][^\"'\n]{1,80}[\"']\s*,\s*[\"']([^\"'\n]{6,200})[\"']"),
    _password(
        "password of a login", "auth=(", r"\s*[\"'][^\"'\n]{1,80}[\"']\s*,\s*[\"']([^\"'\n]{6,200})[\"']", b"auth="
    ),
    _password(
        "signing key",
        "jwt.",
        r"(?:sign|encode|verify|decode)\([^\n\"'`]{1,80},\s*[\"'`]([^\"'`\n]{8,200})[\"'`]",
        b"jwt.sign",
        b"jwt.encode",
        b"jwt.verify",
        b"jwt.decode",
    ),
    _password("signing key", "hmac.new(", r"\s*b?[\"']([^\"'\n]{8,200})[\"']", b"hmac.new"),
    _beside("RSA key in XML", "<RSAKeyValue>", r"(?s:.{0,4000}?)<D>([A-Za-z0-9+/=\s]{20,})</D>", b"RSAKeyValue"),
    _beside(
        "token in a header",
        "oken ",
        r"\s*([0-9a-f]{32,})(?![A-Za-z0-9])",
        b"token",
        b"Token",
        b"TOKEN",
        b"Authorization:token",
        b"Authorization=token",
    ),
    Format("private part of a JSON web key", '"kty"', _JSON_WEB_KEY, is_word=False, words=(b"kty",)),
    _beside("PuTTY key", "Private-MAC:", r"\s*([0-9a-f]{20,})", b"Private-MAC:"),
)


_ARGUMENT = r"(?:[\"']?[ \t,=]{1,3})[\"']?([^\s\"'$<{\-][^\s\"']{3,})"
_ATTACHED = r"[\"']?([^\s\"'$<{\-][^\s\"']{3,})"


def _option(commands: str, options: str, value: str = _ARGUMENT) -> dict[bytes, str]:
    """The password that each of these commands is given by an option, in a line of a shell or a list of arguments."""
    before = r"[\"']?(?:[ \t,]|\\\r?\n)[^|;\r\n]{0,300}?(?<=[\s\"',\[])"
    return {
        command.encode(): rf"{re.escape(command)}(?:\.exe)?{before}(?:{options}){value}" for command in commands.split()
    }


# Commands, by their names, and the pattern of where they are given a password.
COMMANDS: dict[bytes, str] = {
    **_option("curl", "-u|--user|-U|--proxy-user", r"[\"']?[ \t,=]{0,3}[\"']?[\w.\-@+\\]+:([^\s\"']{4,})"),
    **_option("wget", "--password|--http-password|--ftp-password"),
    **_option("redis-cli", "-a|--pass"),
    **_option("mysql mysqldump mysqladmin mysqlimport mariadb mariadb-dump", "-p", _ATTACHED),
    **_option("7z 7za 7zz rar unrar", "-p", _ATTACHED),
    **_option("zip unzip", "-P|--password"),
    **_option("sshpass", "-p", _ARGUMENT.replace("{1,3}", "{0,3}")),
    **_option("mongo mongosh mongodump mongorestore mongoimport mongoexport", "-p|--password"),
    **_option("docker podman helm twine az nerdctl skopeo buildah crane", "-p|--password"),
    **_option("oc", "-p|--password|--token"),
    **_option("sqlcmd bcp", "-P"),
    **_option("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd", "-w"),
    **_option("openssl", "-passin|-passout|-pass|--passin|--passout", r"[\"']?[ \t,=]{1,3}[\"']?pass:([^\s\"'$]{4,})"),
    **_option("smbclient", "-U|--user", r"[\"']?[ \t,=]{0,3}[\"']?[\w.\-\\/]+%([^\s\"'$]{4,})"),
    **_option("http https xh", "-a|--auth", r"[\"']?[ \t,=]{1,3}[\"']?[\w.\-@]+:([^\s\"']{4,})"),
    **_option("gh", "--body|-b"),
    **_option("lftp", "-u", r"[\"']?[ \t,=]{1,3}[\"']?[\w.\-]+,([^\s\"'$]{4,})"),
    **_option("htpasswd", r"-[a-zA-Z]*b[a-zA-Z]*(?:[ \t]+-\w+)*", r"[ \t]+\S+[ \t]+\S+[ \t]+[\"']?([^\s\"'$<]{4,})"),
    **_option(
        "rabbitmqctl",
        "add_user|change_password",
        r"[\"']?[ \t,]{1,3}[\"']?[\w.\-]+[\"']?[ \t,]{1,3}[\"']?([^\s\"'$<]{4,})",
    ),
    **_option("vault", "login"),
    **_option("xfreerdp", "/p:", _ATTACHED),
    **_option("nmcli", "password|wifi-sec.psk"),
    **_option("net", r"use[^\r\n]{0,120}?/user:\S+", r"[ \t]+[\"']?([^\s\"'$<*/]{4,})"),
    **_option("wpa_passphrase", r"[^\s]+", r"[ \t]+[\"']?([^\s\"'$<]{8,63})"),
    **_option("sqlplus", r"[\w.\-]+/", r"([^\s\"'@$<]{4,})@"),
    b"chpasswd": r"[\"' \t][\w.\-]+:([^\s\"'$]{4,})[\"']?[ \t]*\|[ \t]*(?:sudo[ \t]+)?chpasswd",
    b"sudo": r"echo[ \t]+[\"']?([^\s\"'$]{4,})[\"']?[ \t]*\|[ \t]*sudo[ \t]+(?:-\w+[ \t]+)*?-\w*S",
    b"--password-stdin": r"echo[ \t]+(?:-n[ \t]+)?[\"']?([^\s\"'$]{4,})[\"']?[ \t]*\|[^|\r\n]*--password-stdin",
}
