"""Which app is asking, and how it proves that: by nothing, a secret, or a signed assertion.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from fakegraph.dataclass import dataclass
from fakegraph.signin.accounts import Registration
from fakegraph.signin.oauth import Form, OAuthError, refusal
from fakegraph.signin.office import Ask
from fakegraph.tenants.concealed import matches
from fakegraph.tenants.directory import App, Issued
from fakegraph.tokens.bearer import base64url, part_of_jwt
from fakegraph.tokens.claims import seconds

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from joserfc.jwk import RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PARAMETERS = ("client_id", "client_secret", "client_assertion", "client_assertion_type")
_ALGORITHMS = ("RS256", "PS256")
_MAX_ASSERTION = 16_384


@dataclass(frozen=True)
class Client:
    """An app that may ask. ``proof`` as in ``appidacr``: 0 nothing, 1 a secret, 2 an assertion."""

    id: str
    registration: Registration | None
    proof: str

    @property
    def app(self) -> App | None:
        """What is known of it."""
        return None if self.registration is None else self.registration.app

    @property
    def oid(self) -> str:
        """The id of its service principal; empty where there is none."""
        principal = None if self.registration is None else self.registration.principal
        return "" if principal is None else str(principal.record["id"])

    @property
    def name(self) -> str:
        """What it is called."""
        return self.id if self.app is None else self.app.name


def authenticate(ask: Ask, form: Form) -> Client:
    """The client of a request. Raises OAuthError where it is not who it says."""
    id_, secret = _named(ask, form)
    known = ask.app(id_)
    app = None if known is None else known.app
    assertion = form.get("client_assertion")
    if secret is None and assertion is None:
        if app is not None and not (app.public or app.unproven) and _has_credentials(app):
            raise refusal(7000218)
        return Client(id_, known, "0")
    if app is not None and app.public:
        raise refusal(700025)
    if secret is not None and assertion is not None:
        raise refusal(90023, hint="Send client_secret or client_assertion, not both.")
    if secret is not None:
        _check_secret(secret, id_, known)
        return Client(id_, known, "1")
    if form.need("client_assertion_type") != ASSERTION_TYPE:
        raise refusal(90023, hint=f"client_assertion_type takes {ASSERTION_TYPE}.")
    _Assertion(str(assertion), id_).check(ask, known)
    return Client(id_, known, "2")


def require_proof(client: Client, grant: str) -> None:
    """Raise OAuthError for a client that has shown nothing, in a grant for confidential ones."""
    if client.proof == "0":
        raise refusal(7000216, grant=grant)


def _has_credentials(app: App) -> bool:
    return app.secrets is not None or app.certificates is not None


def _named(ask: Ask, form: Form) -> tuple[str, str | None]:
    """The client's id and secret, from the form or from Basic credentials (RFC 6749, 2.3.1)."""
    scheme, _, value = ask.exchange.header("HTTP_AUTHORIZATION").partition(" ")
    if not scheme:
        return form.need("client_id"), form.get("client_secret")
    try:
        if scheme.casefold() != "basic":
            raise ValueError
        pair = base64.b64decode(value.strip(), validate=True).decode()
        id_, colon, secret = pair.partition(":")
        if not colon or not id_:
            raise ValueError
    except ValueError as error:
        hint = "The Authorization header takes Basic credentials: the client's id and secret."
        raise refusal(90023, hint=hint) from error
    if "client_secret" in form or form.get("client_id", unquote_plus(id_)) != unquote_plus(id_):
        raise refusal(90023, hint="The client is named in the header and again in the body.")
    return unquote_plus(id_), unquote_plus(secret)


def _check_secret(secret: str, id_: str, known: Registration | None) -> None:
    if known is None or not _has_credentials(known.app):
        return  # nobody said what its secret is
    if any(matches(kept, secret) for kept in known.app.secrets or ()):
        return
    expired = any(matches(kept, secret) for kept in known.expired)
    raise refusal(7000222 if expired else 7000215, app=id_)


class _Assertion:
    """A JWT by which a client proves that it has a certificate's key."""

    def __init__(self, text: str, client_id: str) -> None:
        if len(text) > _MAX_ASSERTION:
            raise _bad("It is too long.")
        parts = text.split(".")
        try:
            if len(parts) != 3:
                raise ValueError
            self.header, self.claims = (part_of_jwt(part) for part in parts[:2])
            base64url(parts[2])
        except (ValueError, RecursionError) as error:
            raise _bad("It is not a JWT.") from error
        if not isinstance(self.header, dict) or not isinstance(self.claims, dict):
            raise _bad("It is not a JWT.")
        self.text = text
        self.client_id = client_id

    def check(self, ask: Ask, known: Registration | None) -> None:
        """Raise OAuthError unless it is the client's, for this endpoint, now, and well signed.

        Its times are compared with the machine's clock: who made it knows nothing of the tenant's.
        """
        if self.header.get("alg") not in _ALGORITHMS:
            raise _bad(f"Its alg must be one of {', '.join(_ALGORITHMS)}.")
        if self.claims.get("iss") != self.client_id and known is not None and known.federated:
            self._check_federated(known.federated)
            self._check_ours(ask)
            self._check_times(seconds(ask.office.tenants.clock()))
            return
        if not self.claims.get("iss") == self.claims.get("sub") == self.client_id:
            raise _bad("Its iss and sub must be the client_id.")
        wanted = [
            f"{ask.host}/{name}{path}"
            for name in dict.fromkeys((ask.authority, ask.tenant.id, ask.tenant.guid))
            for path in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0")
        ]
        if self.claims.get("aud") not in wanted:
            raise refusal(700023, wanted=wanted[0])
        self._check_times(seconds(ask.office.tenants.clock()))
        if known is not None and _has_credentials(known.app):
            self._check_signature(known.app)

    def _check_federated(self, trusted: Sequence[Mapping[str, Any]]) -> None:
        """Raise OAuthError for what no federated identity credential trusts.

        Its signature may be another service's, whose keys are not asked for here.
        """
        for name, number in (("issuer", 700211), ("subject", 700213), ("audiences", 700212)):
            sent = self.claims.get(name[:3])
            trusted = [each for each in trusted if _trusts(each.get(name), sent)]
            if not trusted:
                raise refusal(number, sent=str(sent))

    def _check_ours(self, ask: Ask) -> None:
        """Raise OAuthError where it says that this server signed it, and it did not."""
        key = ask.office.key
        if self.header.get("kid") == key.kid:
            self._check_signed(key.key)

    def _check_times(self, now: int) -> None:
        expires, begins = self.claims.get("exp"), self.claims.get("nbf", 0)
        for value in (expires, begins):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise refusal(700024, hint="exp and nbf take numbers.")
        skew = 300
        if not begins - skew <= now < expires + skew:
            raise refusal(700024, hint=f"It is {now}, and it is good from {begins} to {expires}.")

    def _check_signature(self, app: App) -> None:
        self._check_signed(self._issued(app.issued) or self._key(app.certificates or ()))

    def _check_signed(self, key: RSAKey) -> None:
        from joserfc import jws
        from joserfc.errors import JoseError

        registry = jws.JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)
        registry.max_header_length = _MAX_ASSERTION  # a certificate may be in it
        try:
            jws.deserialize_compact(self.text, key, registry=registry)
        except (JoseError, ValueError) as error:
            raise _bad("The signature is not of that certificate's key.") from error

    def _issued(self, trusted: Sequence[Issued]) -> RSAKey | None:
        """The key of the certificate that comes along, where its subject and issuer are
        trusted.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.x509 import Name, load_pem_x509_certificate
        from joserfc.jwk import RSAKey

        if not trusted or "x5c" not in self.header:
            return None
        sent, now = _carried(self.header["x5c"]), datetime.now(UTC)
        if not sent.not_valid_before_utc <= now <= sent.not_valid_after_utc:
            return None
        for subject, issuer in trusted:
            if sent.subject != Name.from_rfc4514_string(subject):
                continue
            try:
                sent.verify_directly_issued_by(load_pem_x509_certificate(issuer.encode()))
            except (InvalidSignature, ValueError, TypeError):
                continue
            return RSAKey.import_key(_public_pem(sent))
        return None

    def _key(self, registered: Sequence[str]) -> RSAKey:
        """The public key of the registered certificate that the header names."""
        from cryptography.x509 import load_pem_x509_certificate
        from joserfc.jwk import RSAKey

        named = _named_thumbprints(self.header)
        for text in registered:
            if "BEGIN" in text:
                try:
                    certificate = load_pem_x509_certificate(text.encode())
                except ValueError:  # a keyCredential's key may be anything
                    continue
            elif text.casefold() in named and "x5c" in self.header:
                certificate = _carried(self.header["x5c"])
            elif text.casefold() in named:
                raise _bad(
                    "directory.json has this certificate's thumbprint only: put its PEM there, or "
                    "have the client send it (x5c)."
                )
            else:
                continue
            if named & _thumbprints(certificate):
                return RSAKey.import_key(_public_pem(certificate))
        raise _bad(f"The thumbprint it names is {' or '.join(sorted(named))}.")


def _trusts(said: object, sent: object) -> bool:
    return sent in said if isinstance(said, list) else said == sent


def _bad(hint: str) -> OAuthError:
    return refusal(700027, hint=hint)


def _named_thumbprints(header: Mapping[str, Any]) -> set[str]:
    """The certificate that a header names: by ``x5t``, or else by bringing it along."""
    value = header.get("x5t#S256") or header.get("x5t")
    if value is None and "x5c" in header:
        return _thumbprints(_carried(header["x5c"]))
    try:
        return {base64url(value).hex()} if isinstance(value, str) else set()
    except ValueError as error:
        raise _bad("Its x5t is not base64url.") from error


def _carried(chain: object) -> Certificate:
    """The certificate that a header brings along."""
    from cryptography.x509 import load_der_x509_certificate

    first = chain[0] if isinstance(chain, list) and chain else chain
    try:
        return load_der_x509_certificate(base64.b64decode(str(first), validate=True))
    except ValueError as error:
        raise _bad("Its x5c holds no certificate.") from error


def _thumbprints(certificate: Certificate) -> set[str]:
    from cryptography.hazmat.primitives import hashes

    # SHA-1 is what x5t is defined by (RFC 7515, 4.1.7): a name, not a proof.
    return {certificate.fingerprint(kind()).hex() for kind in (hashes.SHA1, hashes.SHA256)}


def _public_pem(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise _bad("Only RSA certificates are taken.")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
