"""The front door's tokens: Ed25519 signatures, for one deployment, good for a few minutes."""

from typing import Any

import jwt

ISSUER = "windsock"
ROLES = frozenset({"ADMIN", "OP", "USER", "VIEWER"})
LEEWAY_SECONDS = 10


class FrontDoor:
    """Checks tokens against the front door's public keys, given as the text of a JWKS."""

    def __init__(self, keys: str, audience: str) -> None:
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_json(keys).keys}
        self._audience = audience

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token whose `kid`, signature, issuer, audience, expiry and role are right.

        Raises jwt.ExpiredSignatureError when only its time is over, else another jwt.InvalidTokenError.
        """
        key = self._keys.get(jwt.get_unverified_header(token).get("kid"))
        if key is None:
            raise jwt.InvalidTokenError("the token is signed with no key of the front door")
        claims = jwt.decode(
            token,
            key,
            algorithms=["EdDSA"],
            issuer=ISSUER,
            audience=self._audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub", "aud", "iss"]},
        )
        if claims.get("role") not in ROLES:
            raise jwt.InvalidTokenError("the token gives no role that Airflow knows")
        return claims
