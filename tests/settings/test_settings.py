"""A wrong or missing variable stops the start with one line that names it and shows no value."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from payments_service.settings import BadSettings, Settings, load_database_url, load_settings

KEYS = {
    name: base64.urlsafe_b64encode(
        bytes((number * 37 + step * step * 11 + 5) % 256 for step in range(33))
    ).decode()
    for number, name in enumerate(
        ("api", "ops", "callback", "client", "subscription", "backend", "webhook", "jwt")
    )
}
GOOD = {
    "DATABASE_URL": "postgresql://payments@db.internal/payments",
    "PUBLIC_URL": "https://betaling.tihlde.org",
    "SERVICE_API_KEYS": f"backend:{KEYS['api']},ops:{KEYS['ops']}",
    "VIPPS_BASE_URL": "https://api.vipps.no",
    "VIPPS_CLIENT_ID": "fb492b5e-7907-4d83-ba20-c7fb60ca35de",
    "VIPPS_CLIENT_SECRET": KEYS["client"],
    "VIPPS_SUBSCRIPTION_KEY": KEYS["subscription"],
    "VIPPS_MERCHANT_SERIAL_NUMBER": "718204",
    "VIPPS_CALLBACK_SECRET": KEYS["callback"],
    "RETURN_URL": "https://tihlde.org/arrangementer/{event_id}/?order={order_id}",
    "EVENT_SERVICE_URL": "https://api.tihlde.org/api",
    "EVENT_SERVICE_TOKEN": KEYS["backend"],
    "ENVIRONMENT": "production",
}
LOCAL = GOOD | {
    "ENVIRONMENT": "development",
    "PUBLIC_URL": "http://localhost:8000",
    "VIPPS_BASE_URL": "http://127.0.0.1:9000",
    "EVENT_SERVICE_URL": "http://127.0.0.1:9001/api",
    "RETURN_URL": "http://localhost:3000/{event_id}",
}
WEBHOOK_SECRET = "whsec_" + base64.b64encode(KEYS["webhook"].encode()[:32]).decode()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def problems_of(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load(monkeypatch, variables)
    return caught.value.problems


def test_a_good_production_environment_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, GOOD)
    assert settings.database_dsn == "postgresql+asyncpg://payments@db.internal/payments"
    assert list(settings.service_api_keys) == ["backend", "ops"]
    assert settings.allowed_return_origins == ("https://tihlde.org",)
    assert (settings.sweep_seconds, settings.waiting_list_paytime) == (5, 43200)


def test_a_laptop_needs_no_https(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, LOCAL).public_url == "http://localhost:8000"


REQUIRED = [name for name in GOOD if name not in {"ENVIRONMENT", "VIPPS_BASE_URL"}]


@pytest.mark.parametrize("variable", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_each_required_variable_is_named_when_missing_or_empty(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    environment = {k: v for k, v in GOOD.items() if k != variable} | (
        {} if value is None else {variable: value}
    )
    (line,) = problems_of(monkeypatch, environment)
    assert line.startswith(f"{variable} is missing")


def test_all_missing_variables_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = problems_of(monkeypatch, {})
    assert len(lines) == 10
    assert all(line.endswith(" is missing") for line in lines)


#: One broken value a line; the secret-looking ones must never be printed.
WRONG_ANYWHERE = [
    ("DATABASE_URL", "mysql://root:hunter2@db/x"),
    ("DATABASE_URL", "postgresql://db"),
    ("DATABASE_URL", "postgresql://db:port/x"),
    ("DATABASE_URL", "postgresql://db/x?sslmode=perhaps"),
    ("DATABASE_URL", "postgresql://db/x?statement_cache_size=0"),
    ("PUBLIC_URL", "betaling.tihlde.org"),
    ("PUBLIC_URL", "http://betaling.tihlde.org"),
    ("PUBLIC_URL", "https://betaling.tihlde.org/vipps"),
    ("PUBLIC_URL", "https://betaling.tihlde.org?x=1"),
    ("PUBLIC_URL", "https://user:hunter2@betaling.tihlde.org"),
    ("PUBLIC_URL", "https://betaling.tihlde.org:99999"),
    ("PUBLIC_URL", "https://bet\\aling.org"),
    ("PORT", "70000"),
    ("PORT", "8000.0"),
    ("PORT", "1_000"),
    ("ENVIRONMENT", "prodution"),
    ("SERVICE_API_KEYS", "backend"),
    ("SERVICE_API_KEYS", "backend:"),
    ("SERVICE_API_KEYS", ":hunter2"),
    ("SERVICE_API_KEYS", "a:hunter2,,b:hunter3"),
    ("SERVICE_API_KEYS", "a:hunter2,a:hunter2"),
    ("SERVICE_API_KEYS", "a:hunter2,a:hunter3,a:hunter4"),
    ("SERVICE_API_KEYS", "a:hunter2,b:hunter2"),
    ("SERVICE_API_KEYS", "a:hun ter2"),
    ("SERVICE_API_KEYS", "a:hunter2ø"),
    ("JWT_KEY", "hunter2-is-too-short"),
    ("JWT_ALGORITHM", "none"),
    ("JWT_ALGORITHM", "hs256"),
    ("JWT_AUDIENCE", "a b"),
    ("VIPPS_API", "checkout"),
    ("VIPPS_BASE_URL", "ftp://api.vipps.no"),
    ("VIPPS_CLIENT_ID", "a b"),
    ("VIPPS_CLIENT_SECRET", "hunter2 hunter2"),
    ("VIPPS_SUBSCRIPTION_KEY", "hunter2\u00a0"),
    ("VIPPS_MERCHANT_SERIAL_NUMBER", "abc"),
    ("VIPPS_CALLBACK_SECRET", "hunter2 hunter2"),
    ("VIPPS_WEBHOOK_SECRETS", "hunter2,,hunter3"),
    ("VIPPS_WEBHOOK_SECRETS", "hunter2,hunter2"),
    ("VIPPS_CHECKOUT_SECONDS", "0"),
    ("VIPPS_CHECKOUT_SECONDS", "10m"),
    ("VIPPS_TIMEOUT_SECONDS", "0"),
    ("VIPPS_TIMEOUT_SECONDS", "nan"),
    ("EVENT_SERVICE_TIMEOUT_SECONDS", "-1"),
    ("EVENT_SERVICE_TIMEOUT_SECONDS", "inf"),
    ("VIPPS_USER_FLOW", "NATIVE_REDIRECT"),
    ("VIPPS_CAPTURE", "auto"),
    ("RETURN_URL", "/tilbake"),
    ("RETURN_URL", "http://tihlde.org/"),
    ("RETURN_URL", "https://tihlde.org/{user_id}"),
    ("RETURN_URL", "https://tihlde.org/{event_id"),
    ("RETURN_URL", "https://tihlde.org/{}"),
    ("RETURN_URL", "https://tihlde.org/{event_id!r}"),
    ("RETURN_URL", "https://{event_id}.tihlde.org/"),
    ("RETURN_URL", "https://user@tihlde.org/"),
    ("RETURN_URL", "https://tihlde.org/" + "x" * 240),
    ("RETURN_ORIGINS", "https://tihlde.org/sti"),
    ("RETURN_ORIGINS", "https://tihlde.org,"),
    ("RETURN_ORIGINS", "http://tihlde.org"),
    ("EVENT_SERVICE_URL", "api.tihlde.org"),
    ("EVENT_SERVICE_URL", "https://api.tihlde.org/?a=b"),
    ("EVENT_SERVICE_TOKEN", "hunter2 hunter2"),
    ("EVENT_SERVICE_TOKEN_HEADER", "X CSRF"),
    ("EVENT_SERVICE_TOKEN_HEADER", "X-CSRF:"),
    ("EVENT_SERVICE_RELEASE", "delete"),
    ("EVENT_WEBHOOK_URL", "https://hook.tihlde.org/"),
    ("EVENT_WEBHOOK_SECRET", "hunter2"),
    ("EVENT_WEBHOOK_SECRET", "whsec_aHVudGVyMg=="),
    ("EVENT_WEBHOOK_SECRET", f"{WEBHOOK_SECRET},hunter2"),
    ("EVENT_WEBHOOK_SECRET", f"{WEBHOOK_SECRET},{WEBHOOK_SECRET}"),
    ("EVENT_WEBHOOK_SECRET", f"{WEBHOOK_SECRET},"),
    ("EXPIRY_MODE", "on"),
    ("WAITING_LIST_PAYTIME", "12 hours"),
    ("WAITING_LIST_PAYTIME", "43200"),
    ("WAITING_LIST_PAYTIME", "00:00:00"),
    ("WAITING_LIST_PAYTIME", "12:60:00"),
    ("LATE_MONEY", "keep"),
    ("SWEEP_SECONDS", "0"),
    ("SWEEP_SECONDS", "1.5"),
    ("LEASE_SECONDS", "0"),
    ("PULL_SECONDS", "-1"),
    ("LOG_FORMAT", "xml"),
    ("LOG_LEVEL", "LOUD"),
]


@pytest.mark.parametrize(("variable", "value"), WRONG_ANYWHERE)
def test_each_wrong_value_makes_exactly_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    lines = problems_of(monkeypatch, LOCAL | {variable: value})
    assert len(lines) == 1
    # A webhook URL without its secret is the secret missing.
    assert lines[0].startswith("EVENT_WEBHOOK_SECRET" if variable == "EVENT_WEBHOOK_URL" else variable)
    assert "hunter" not in "".join(lines)
    assert "\n" not in lines[0]


WRONG_IN_PRODUCTION = [
    ("PUBLIC_URL", "http://localhost:8000"),
    ("PUBLIC_URL", "https://localhost"),
    ("VIPPS_BASE_URL", "https://apitest.vipps.no"),
    ("VIPPS_BASE_URL", "http://api.vipps.no"),
    ("VIPPS_BASE_URL", "https://127.0.0.1:9000"),
    ("VIPPS_MERCHANT_SERIAL_NUMBER", "123456"),
    ("RETURN_URL", "http://localhost:3000/"),
    ("RETURN_ORIGINS", "https://tihlde.org,http://localhost:3000"),
    ("EVENT_SERVICE_URL", "http://lepton:8000"),
    ("EVENT_SERVICE_URL", "https://localhost:8000"),
    ("SERVICE_API_KEYS", "backend:" + "short"),
    ("SERVICE_API_KEYS", "backend:" + "a" * 40),
    ("SERVICE_API_KEYS", "backend:" + "abcd1234" * 5),
    ("SERVICE_API_KEYS", f"backend:{KEYS['api']},ops:changeme-changeme-changeme-changeme1"),
    ("VIPPS_CALLBACK_SECRET", "this-is-a-test-callback-key-of-length-40"),
    ("VIPPS_CALLBACK_SECRET", KEYS["api"]),
    ("VIPPS_CLIENT_SECRET", "Y8Kteew6GE3ZmeycEt6egg=="),
    ("VIPPS_CLIENT_SECRET", "secret"),
    ("VIPPS_SUBSCRIPTION_KEY", "0" * 32),
    ("EVENT_SERVICE_TOKEN", "token"),
    ("JWT_KEY", "supersecretsupersecretjwtkey012345"),
]


@pytest.mark.parametrize(("variable", "value"), WRONG_IN_PRODUCTION)
def test_production_refuses_what_is_only_good_for_tests(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    lines = problems_of(monkeypatch, GOOD | {variable: value})
    assert [line.split()[0].rstrip(":") for line in lines] == [variable]
    assert value not in lines[0]


def test_the_real_vipps_is_not_called_outside_production(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = problems_of(monkeypatch, LOCAL | {"VIPPS_BASE_URL": "https://api.vipps.no"})
    assert line.startswith("VIPPS_BASE_URL")


def test_epayment_needs_webhook_secrets_and_no_callback_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {name: value for name, value in GOOD.items() if name != "VIPPS_CALLBACK_SECRET"}
    (line,) = problems_of(monkeypatch, environment | {"VIPPS_API": "epayment"})
    assert line.startswith("VIPPS_WEBHOOK_SECRETS")
    settings = load(
        monkeypatch, environment | {"VIPPS_API": "epayment", "VIPPS_WEBHOOK_SECRETS": KEYS["webhook"]}
    )
    assert [secret.get_secret_value() for secret in settings.vipps_webhook_secrets] == [KEYS["webhook"]]


def test_an_empty_optional_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch, LOCAL | {"JWT_KEY": "", "EVENT_WEBHOOK_URL": "", "PORT": "", "RETURN_ORIGINS": ""}
    )
    assert (settings.jwt_key, settings.event_webhook_url, settings.port) == (None, None, 8000)


def test_small_values_for_tests_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = {
        "LEASE_SECONDS": "5",
        "VIPPS_TIMEOUT_SECONDS": "2",
        "EVENT_SERVICE_TIMEOUT_SECONDS": "0.5",
        "VIPPS_CHECKOUT_SECONDS": "1",
        "SWEEP_SECONDS": "1",
        "PULL_SECONDS": "0",
        "WAITING_LIST_PAYTIME": "00:00:01",
    }
    settings = load(monkeypatch, LOCAL | quick)
    assert (settings.lease_seconds, settings.vipps_timeout_seconds, settings.pull_seconds) == (5, 2.0, 0)


def test_a_service_secret_may_contain_colons(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, LOCAL | {"SERVICE_API_KEYS": "ops:a:b:c"})
    assert [key.get_secret_value() for key in settings.service_api_keys["ops"]] == ["a:b:c"]


def test_a_name_has_two_secrets_while_one_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    both = f"backend:{KEYS['api']},ops:{KEYS['ops']},backend:{KEYS['jwt']}"
    keys = load(monkeypatch, GOOD | {"SERVICE_API_KEYS": both}).service_api_keys
    assert {name: len(secrets) for name, secrets in keys.items()} == {"backend": 2, "ops": 1}
    short = f"backend:{KEYS['api']},backend:short"
    (line,) = problems_of(monkeypatch, GOOD | {"SERVICE_API_KEYS": short})
    assert line == "SERVICE_API_KEYS is shorter than 32 characters, which production refuses"


def test_a_trailing_slash_is_tolerated(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        GOOD | {"PUBLIC_URL": "https://Betaling.TIHLDE.org/", "EVENT_SERVICE_URL": "https://a.no/api/"},
    )
    assert (settings.public_url, settings.event_service_url) == (
        "https://betaling.tihlde.org",
        "https://a.no/api",
    )


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
SHORT_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused
ED_KEY = ed25519.Ed25519PrivateKey.generate()
PRIVATE_PEM = RSA_KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", pem(RSA_KEY.public_key())),
        ("ES256", pem(EC_KEY.public_key())),
        ("EdDSA", pem(ED_KEY.public_key())),
        ("HS512", "x1" * 32),
    ],
)
def test_a_fitting_jwt_key_is_accepted_also_in_one_line(
    monkeypatch: pytest.MonkeyPatch, algorithm: str, key: str
) -> None:
    one_line = key.replace("\n", "\\n")
    settings = load(monkeypatch, LOCAL | {"JWT_ALGORITHM": algorithm, "JWT_KEY": one_line})
    assert settings.jwt_verification_key == key.strip()


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", PRIVATE_PEM),
        ("RS256", pem(EC_KEY.public_key())),
        ("ES256", pem(RSA_KEY.public_key())),
        ("ES384", pem(EC_KEY.public_key())),
        ("EdDSA", pem(EC_KEY.public_key())),
        ("RS256", "hunter2" * 10),
        ("HS256", pem(RSA_KEY.public_key())),
        ("HS256", PRIVATE_PEM),
        ("HS512", "x1" * 31),
        ("RS256", pem(SHORT_RSA_KEY.public_key())),
        ("PS256", pem(ED_KEY.public_key())),
        ("RS256", '{"kty": "RSA", "n": "hunter2", "e": "AQAB"}'),
        ("HS256", '{"kty": "oct", "k": "hunter2-hunter2-hunter2-hunter2-hunter2"}'),
        ("HS256", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIhunter2hunter2"),
        ("ES256", "-----BEGIN PUBLIC KEY-----\nhunter2\n-----END PUBLIC KEY-----"),
    ],
)
def test_a_jwt_key_of_the_wrong_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, algorithm: str, key: str
) -> None:
    (line,) = problems_of(monkeypatch, LOCAL | {"JWT_ALGORITHM": algorithm, "JWT_KEY": key})
    assert line.startswith("JWT_KEY")
    assert key[:20] not in line.replace("JWT_KEY", "")
    assert "hunter2" not in line


def test_the_line_says_what_kind_of_key_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for algorithm, key, said in (
        ("RS256", pem(SHORT_RSA_KEY.public_key()), "is an RSA key of 1024 bits; RS256 takes 2048 or more"),
        ("RS256", PRIVATE_PEM, "is a private key; only the public one belongs here"),
        ("ES256", pem(RSA_KEY.public_key()), "is a public key of another kind than ES256 takes: RSA"),
        ("ES384", pem(EC_KEY.public_key()), "than ES384 takes: elliptic-curve (secp256r1)"),
        ("HS256", pem(RSA_KEY.public_key()), "is a PEM key, but JWT_ALGORITHM is HS256"),
    ):
        (line,) = problems_of(monkeypatch, LOCAL | {"JWT_ALGORITHM": algorithm, "JWT_KEY": key})
        assert said in line


def test_webhook_url_and_secret_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"EVENT_WEBHOOK_URL": "https://api.tihlde.org/hook", "EVENT_WEBHOOK_SECRET": WEBHOOK_SECRET}
    assert load(monkeypatch, GOOD | both).event_webhook_url == both["EVENT_WEBHOOK_URL"]
    monkeypatch.delenv("EVENT_WEBHOOK_URL")
    with pytest.raises(BadSettings, match=r"^EVENT_WEBHOOK_URL is missing"):
        load_settings()


def test_a_webhook_url_is_kept_as_it_is_written_and_its_secrets_may_be_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = "whsec_" + base64.b64encode(KEYS["webhook"].encode()[1:33]).decode()
    both = {
        "EVENT_WEBHOOK_URL": "https://api.tihlde.org/hook/",
        "EVENT_WEBHOOK_SECRET": f"{WEBHOOK_SECRET}, {other}",
    }
    settings = load(monkeypatch, GOOD | both)
    assert settings.event_webhook_url == "https://api.tihlde.org/hook/"
    assert [s.get_secret_value() for s in settings.event_webhook_secret] == [WEBHOOK_SECRET, other]


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("postgres://u:p%40@db:5433/x", "postgresql+asyncpg://u:p%40@db:5433/x"),
        ("postgresql://db/x?sslmode=verify-full", "postgresql+asyncpg://db/x?ssl=verify-full"),
        ("postgresql:///x?host=/tmp/s", "postgresql+asyncpg:///x?host=%2Ftmp%2Fs"),
    ],
)
def test_migrate_needs_the_database_address_only(monkeypatch: pytest.MonkeyPatch, url: str, dsn: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load_database_url() == dsn


def test_migrate_names_the_database_address_when_it_is_missing() -> None:
    with pytest.raises(BadSettings, match=r"\ADATABASE_URL is missing\Z"):
        load_database_url()


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{name}={value}" for name, value in LOCAL.items()]
    Path(".env").write_text("\n".join([*lines, "PORT=1234", "LATE_MONEY=flag", "SOMETHING_ELSE=1"]))
    settings = load(monkeypatch, {"PORT": "4321"})
    assert (settings.port, settings.late_money) == (4321, "flag")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(load(monkeypatch, GOOD | {"JWT_KEY": KEYS["jwt"]}))
    assert not any(key in shown for key in KEYS.values())
